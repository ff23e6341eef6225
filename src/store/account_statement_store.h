/*-------------------------------------------------------------------------
 *
 * account_statement_store.h
 *	  Rows of account_statement, and statements as CSV.
 *
 *-------------------------------------------------------------------------
 */
#ifndef STORE_ACCOUNT_STATEMENT_STORE_H
#define STORE_ACCOUNT_STATEMENT_STORE_H

#include "postgres.h"

#include "datatype/timestamp.h"
#include "nodes/execnodes.h"

/* What was recorded in [from, to) of an account. */
typedef struct AccountStatement
{
	int64 account_id;
	int64 statement_no;
	TimestampTz from;
	TimestampTz to;
	int64 opening_nano;
	int64 closing_nano;
	TimestampTz requested_at;
	int64 last_entry_no; /* the last one before to; 0: none */
	int64 lines;
	bool has_seller;
	char *says; /* NULL: it has too many lines, or nobody sells */
} AccountStatement;

/* Sets all that is read of the ledger, as it is committed by now. */
extern void account_statement_read(AccountStatement *statement);

/* Is there an entry of its period behind the last one that was read? */
extern bool account_statement_is_behind(const AccountStatement *statement);

/* Sets its number. */
extern void account_statement_insert(AccountStatement *statement);

/* As CSV; NULL where it has more entries than that. */
extern char *account_statement_csv(int64 account_id, TimestampTz from, TimestampTz to,
								   int64 entries_max);

/* Rows of type billing.account_statement. */
extern void account_statement_report(int64 account_id, ReturnSetInfo *result);

#endif
