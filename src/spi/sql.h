/*-------------------------------------------------------------------------
 *
 * sql.h
 *	  Running SQL: fixed statements, prepared once per backend and kept, and text.
 *
 * All SQL of the extension's C code goes through here and stands in store/. The
 * tables' owner can alter them: what comes back is read by spi/column.h, which
 * looks at types and numbers, and what was written is counted.
 * Arguments: spi/bind.h; the rows that come back: spi/column.h; amounts of
 * money, int64 nano-units in C and numeric(18,9) in SQL: spi/nano.h.
 *
 *-------------------------------------------------------------------------
 */
#ifndef SPI_SQL_H
#define SPI_SQL_H

#include "postgres.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "nodes/execnodes.h"
#include "utils/timestamp.h"

#include "spi/catalog.h"

#define SQL_ARGUMENTS_MAX 32

typedef struct Sql
{
	const char *text;
	Oid types[SQL_ARGUMENTS_MAX]; /* up to the first InvalidOid */
	SPIPlanPtr plan;
} Sql;

/* SQL("SELECT ... $1 ...", INT8OID) */
#define SQL(statement, ...)                           \
	{                                                 \
		.text = (statement), .types = { __VA_ARGS__ } \
	}

/* Called once, when the library is loaded. */
extern void sql_init(void);

/* Gives a statement another text; its plan is dropped when the transaction ends: it may be running.
 */
extern void sql_replace(Sql *statement, const char *text);

/* Runs a statement that may write; returns the number of rows. nulls as in SPI. */
extern uint64 sql_run(Sql *statement, Datum *values, const char *nulls);

/* Runs a statement that writes one row, and refuses where it does not. */
extern void sql_write(Sql *statement, Datum *values, const char *nulls);

/* Runs a statement in the snapshot of the caller's query; it must not write. */
extern uint64 sql_read(Sql *statement, Datum *values, const char *nulls);

/*
 * Runs a statement that must not write on all that is committed by now,
 * whatever snapshot the transaction's isolation level keeps.
 */
extern uint64 sql_latest(Sql *statement, Datum *values, const char *nulls);

/*
 * Puts the rows of such a read into the result of a set-returning call, whose
 * types they must have; returns how many there are.
 */
extern uint64 sql_put_rows(Sql *statement, Datum *values, const char *nulls, ReturnSetInfo *result);

/* Opens a portal over the rows of such a read: see spi/cursor.h. */
extern Portal sql_open(Sql *statement, Datum *values);

/*
 * Runs SQL that is put together each time: DDL, what names a partition or a
 * type. May hold several statements; returns the number of rows of the last.
 */
extern uint64 sql_execute(const char *text);

/* The same of one statement with arguments. */
extern uint64 sql_execute_with(const char *text, int count, Oid *types, Datum *values,
							   const char *nulls);

/* sql_run(), sql_read() or sql_latest(), where a look serves readers and writers alike. */
typedef uint64 (*SqlRunner)(Sql *statement, Datum *values, const char *nulls);

/* The statement by which an account's things of a kind are numbered, from 1. */
#define SQL_NEXT_NUMBER(table, column)                                                   \
	SQL("SELECT coalesce(max(" column "), 0) + 1 FROM " BOOKS table " WHERE account_id " \
		"= $1",                                                                          \
		INT8OID)

/* Runs such a statement; who holds the account keeps the number free. */
extern int64 sql_next_number(Sql *statement, int64 account_id);

#endif
