/*-------------------------------------------------------------------------
 *
 * refund_store.h
 *	  Rows of refund.
 *
 *-------------------------------------------------------------------------
 */
#ifndef STORE_REFUND_STORE_H
#define STORE_REFUND_STORE_H

#include "postgres.h"

#include "datatype/timestamp.h"

#include "core/lifecycle.h"
#include "spi/sql.h"

typedef struct Refund
{
	int64 account_id;
	int64 refund_id;
	int64 order_id; /* the one that an operator refunds; else NO_NUMBER */
	RefundRequestState state;
	int64 amount_nano;
	const char *reason; /* NULL: none was given */
	TimestampTz requested_at;
	const char *requested_by;
	TimestampTz decided_at; /* DT_NOBEGIN: it is not, as the next two */
	const char *decided_by;
	const char *decision_reason;
	TimestampTz ended_at; /* DT_NOBEGIN: it has not */
} Refund;

/* Stores a refund; sets its number. */
extern void refund_insert(Refund *refund);

/* False where the account has no such refund. */
extern bool refund_find(int64 account_id, int64 refund_id, SqlRunner run, Refund *refund);

/* The refund of the account that has not ended; false where there is none. */
extern bool refund_find_open(int64 account_id, Refund *refund);

/* Writes back what changes of a refund. */
extern void refund_update(const Refund *refund);

#endif
