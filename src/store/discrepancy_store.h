/*-------------------------------------------------------------------------
 *
 * discrepancy_store.h
 *	  What verify() tells: rows of type billing.discrepancy, of each check the first ones.
 *
 *-------------------------------------------------------------------------
 */
#ifndef STORE_DISCREPANCY_STORE_H
#define STORE_DISCREPANCY_STORE_H

#include "postgres.h"

#include "nodes/execnodes.h"
#include "utils/hsearch.h"

#include "spi/sql.h"

/* Who damages millions of rows does not fill memory and disk by what is told of them. */
#define DISCREPANCIES_TOLD_MAX 1000

/* What a reading finds, and of which check how much. */
typedef struct Telling
{
	ReturnSetInfo *result;
	MemoryContext context;
	HTAB *checks; /* NULL: nothing is found yet */
	uint64 found;
} Telling;

extern Telling discrepancy_begin(ReturnSetInfo *result);

/* Counts what a check found; true where it is to be told. The one behind the last says so. */
extern bool discrepancy_is_told(Telling *telling, const char *check);

/* Tells it, of an account or NO_NUMBER, where it is to be told; put_row() does in any case. */
extern void discrepancy_put(Telling *telling, const char *check, int64 account_id,
							const char *detail);
extern void discrepancy_put_row(ReturnSetInfo *result, const char *check, int64 account_id,
								const char *detail);

/* Tells the rows of a statement, check_name, account_id and detail; returns how many there are. */
extern uint64 discrepancy_put_rows(Sql *check, Datum *values, ReturnSetInfo *result);

#endif
