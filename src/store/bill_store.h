/*-------------------------------------------------------------------------
 *
 * bill_store.h
 *	  Rows of bill_row.
 *
 *-------------------------------------------------------------------------
 */
#ifndef STORE_BILL_STORE_H
#define STORE_BILL_STORE_H

#include "postgres.h"

#include "datatype/timestamp.h"

#include "spi/row_set.h"
#include "store/reconciliation_store.h"

/* Numbers of orders, transactions and refunds, with a NUL. */
#define BILL_NUMBER_SIZE 65

/* A row as it is stored; an empty text: not said. */
typedef struct BillLine
{
	const char *kind; /* payment, refund, settlement, funding or other */
	const char *order_number;
	const char *transaction_id;
	const char *refund_number;
	const char *refund_id;
	int64 amount_nano;
	int64 fee_nano;
	TimestampTz at; /* 0: not said */
} BillLine;

/* Many rows of a run by one statement. */
extern void bill_rows_begin(RowSet *rows);
extern void bill_rows_put(RowSet *rows, const ReconciliationKey *key, int64 row_no,
						  const BillLine *line);
extern void bill_rows_insert(RowSet *rows);

/* Forgets what stands behind a row of a run: its bill is fetched anew. */
extern void bill_forget_behind(const ReconciliationKey *key, int64 row_no);

/* Forgets rows of runs that ended before an instant, or that a later one has replaced, so many at
 * the most; returns how many. */
extern int64 bill_forget_old(TimestampTz before, int64 max);

/* Looks at rows behind one and up to another: which the books have, and which are to be asked for.
 */
extern void bill_match(const ReconciliationKey *key, int64 from, int64 to, TimestampTz now);

/* True where a row of a run is still asked for. */
extern bool bill_is_asked(const ReconciliationKey *key);

/* What the gateway is asked for: a payment by its order's number, or a refund. */
typedef struct AskedRow
{
	ReconciliationKey key;
	int64 row_no;
	bool is_refund;
	char order_number[BILL_NUMBER_SIZE];
	char transaction_id[BILL_NUMBER_SIZE];
	char refund_number[BILL_NUMBER_SIZE];
	char refund_id[BILL_NUMBER_SIZE];
	int64 amount_nano;
	int32 attempts;
} AskedRow;

/* The longest due one that nobody else works on, due again at an instant; false where there is
 * none, gateways with commas between them left out. */
extern bool bill_claim_asked(TimestampTz now, TimestampTz due_at, const char *busy, AskedRow *row);

/* It is asked again at an instant, or has an outcome. */
extern void bill_ask_again(const AskedRow *row, TimestampTz due_at);
extern void bill_end_asking(const AskedRow *row, const char *outcome);

#endif
