/*-------------------------------------------------------------------------
 *
 * statement.h
 *	  Fixed SQL: prepared once per backend, kept, run, its result read.
 *
 * All SQL of the extension's C code goes through here and stands in store/.
 * Amounts of money are int64 nano-units in C and numeric(18,9) in SQL.
 *
 *-------------------------------------------------------------------------
 */
#ifndef STORE_STATEMENT_H
#define STORE_STATEMENT_H

#include "postgres.h"

#include "catalog/pg_type.h"
#include "datatype/timestamp.h"
#include "executor/spi.h"
#include "utils/numeric.h"
#include "utils/timestamp.h"

#define STATEMENT_ARGUMENTS_MAX 24

typedef struct Statement
{
	const char *sql;
	Oid types[STATEMENT_ARGUMENTS_MAX]; /* up to the first InvalidOid */
	SPIPlanPtr plan;
} Statement;

/* STATEMENT("SELECT ... $1 ...", INT8OID) */
#define STATEMENT(text, ...)                    \
	{                                           \
		.sql = (text), .types = { __VA_ARGS__ } \
	}

/* Gives a statement another text, and drops its plan. */
extern void statement_replace(Statement *statement, const char *sql);

/* Runs a statement that may write; returns the number of rows. nulls as in SPI. */
extern uint64 statement_run(Statement *statement, Datum *values, const char *nulls);

/* Runs a statement in the snapshot of the caller's query; it must not write. */
extern uint64 statement_read(Statement *statement, Datum *values, const char *nulls);

/*
 * Runs a statement that must not write on all that is committed by now,
 * whatever snapshot the transaction's isolation level keeps.
 */
extern uint64 statement_latest(Statement *statement, Datum *values, const char *nulls);

/* One of the three above, where a look serves readers and writers alike. */
typedef uint64 (*StatementRunner)(Statement *statement, Datum *values, const char *nulls);

/* The statement by which an account's things of a kind are numbered, from 1. */
#define NEXT_NUMBER(table, column)                                                               \
	STATEMENT("SELECT coalesce(max(" column "), 0) + 1 FROM billing." table " WHERE account_id " \
			  "= $1",                                                                            \
			  INT8OID)

/* Runs such a statement; the account's lock keeps the number free. */
extern int64 next_number(Statement *statement, int64 account_id);

/* The result of the statement that ran last; rows from 0, columns from 1. */
extern bool column_is_null(uint64 row, int column);
extern Datum column_datum(uint64 row, int column);
extern int32 column_int32(uint64 row, int column);
extern int64 column_int64(uint64 row, int column); /* 0 where null */
extern bool column_bool(uint64 row, int column);

/* The first column of all rows, of which there are so many. */
extern int64 *column_numbers(uint64 count);
extern int64 column_nano(uint64 row, int column);
extern TimestampTz column_instant(uint64 row, int column, TimestampTz if_null);
extern char *column_text(uint64 row, int column); /* NULL where null */

/* All columns of a row at once, for many rows; texts stay the statement's. */
extern void row_values(uint64 row, Datum *values, bool *nulls);

/* Nano-units of a numeric; false unless it is finite, exact and in range. */
extern bool numeric_to_nano(Numeric value, int64 *amount_nano);
extern Numeric nano_to_numeric(int64 amount_nano);

static inline Datum
nano_datum(int64 amount_nano)
{
	return NumericGetDatum(nano_to_numeric(amount_nano));
}

/* Sets one argument of a statement; a NULL text is a null. */
extern void set_text(Datum *values, char *nulls, int index, const char *text);

/* Sets an instant that is null where it equals none. */
extern void set_instant(Datum *values, char *nulls, int index, TimestampTz instant,
						TimestampTz none);

/* Sets a number that is null where it is zero. */
extern void set_number(Datum *values, char *nulls, int index, int64 number);

/* Sets an amount that is null where it equals none. */
extern void set_nano(Datum *values, char *nulls, int index, int64 amount_nano, int64 none);

/* A bigint[]. */
extern Datum int64_array_datum(const int64 *numbers, size_t count);

#endif
