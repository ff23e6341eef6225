/*-------------------------------------------------------------------------
 *
 * errand.h
 *	  What billing-caller does for a gateway that is of no account: signing its
 *	  reply to messages, fetching its keys and its bills, asking for what stands in
 *	  them, listing the confirmations that buyers began.
 *
 *-------------------------------------------------------------------------
 */
#ifndef WORKER_ERRAND_H
#define WORKER_ERRAND_H

#include "postgres.h"

#include "gateway/bill.h"
#include "gateway/call.h"
#include "store/bill_store.h"
#include "store/reconciliation_store.h"

typedef enum ErrandKind
{
	ERRAND_NONE,
	ERRAND_SIGN,
	ERRAND_KEYS,
	ERRAND_BILL,
	ERRAND_ASK,
	ERRAND_LIST
} ErrandKind;

/* One that is under way; what it points to is in itself. */
typedef struct Errand
{
	ErrandKind kind;
	char gateway[CALL_NAME_SIZE];
	Reconciliation run; /* ERRAND_BILL */
	AskedRow row;		/* ERRAND_ASK */
} Errand;

/*
 * Claims one that is due, in a transaction that is open; false where there is none.
 * Gateways in busy, with commas between them, are not asked.
 */
extern bool errand_claim(const char *busy, Errand *errand, GatewayCall *call);

/* Takes a row of a bill; stores many at a time, in a transaction of its own. */
extern void errand_take_row(const Errand *errand, const BillRow *row);

/* Records the answer, in a transaction that is open. */
extern void errand_record(Errand *errand, const GatewayAnswer *answer);

/* Goes on with what was answered, one step: bills are compared, confirmations taken; false where
 * nothing is due. */
extern bool errand_go_on(void);

/* When one is due next, by the server's clock. The transaction is open. */
extern TimestampTz errand_next_due(void);

#endif
