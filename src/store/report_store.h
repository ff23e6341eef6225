/*-------------------------------------------------------------------------
 *
 * report_store.h
 *	  Sets of rows computed from the books, as they leave to the caller.
 *
 *-------------------------------------------------------------------------
 */
#ifndef STORE_REPORT_STORE_H
#define STORE_REPORT_STORE_H

#include "postgres.h"

#include "datatype/timestamp.h"
#include "nodes/execnodes.h"

#include "store/ledger_store.h"

/* Rows of type billing.statement_line of the entries recorded in [from, to). */
extern void report_statement(int64 account_id, TimestampTz from, TimestampTz to,
							 ReturnSetInfo *result);

/* Rows of type billing.journal_line of the entries that count in [from, to), by day or month. */
extern void report_journal(TimestampTz from, TimestampTz to, const char *by, const char *time_zone,
						   ReturnSetInfo *result);

/* What the account held at an instant: as recorded by then, without what had expired by then. */
extern void report_balance_at(int64 account_id, TimestampTz at, int64 *cash_nano, int64 *bonus_nano,
							  int64 *arrears_nano);

/* Rows of type billing.charge_line: who paid the slices of a charge. */
extern void report_slices(int64 account_id, const ChargeShare *share, ReturnSetInfo *result);

/* Rows of type billing.charge_line: what a reversal gave back of a charge. */
extern void report_reversal(int64 account_id, int64 request_hash, int16 probe,
							TimestampTz event_recorded_at, ReturnSetInfo *result);

/* What the functions of these names return. */
extern void report_unsettled_usage(ReturnSetInfo *result);
extern void report_unpriced_usage(ReturnSetInfo *result);
extern void report_awaiting_second(ReturnSetInfo *result);

/* Rows of type billing.status_line about tables and their contents; no instant of a right clock is
 * later than latest. */
extern void report_status(TimestampTz latest, ReturnSetInfo *result);

/* How many instants of what can be looked at cheaply are later than one, up to REPORT_AHEAD_MAX;
 * *furthest says which is the latest, NULL: none is. */
#define REPORT_AHEAD_MAX 1000
extern int64 report_ahead(TimestampTz latest, char **furthest);

/* Rows of account_references(), and what price_fingerprint() says. */
extern void report_account_references(ReturnSetInfo *result);
extern char *report_price_fingerprint(void);

/* What needs a person, of payments and gateways. */
extern void report_attention(ReturnSetInfo *result);
extern void report_reconciled_days(ReturnSetInfo *result);
extern void report_gateway_balances(ReturnSetInfo *result);
extern void report_dead_notifications(ReturnSetInfo *result);

/* All that is known under a number of ours or a gateway's; gateway NULL: of any. */
extern void report_find_payment(const char *gateway, const char *number, ReturnSetInfo *result);

#endif
