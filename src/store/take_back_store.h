/*-------------------------------------------------------------------------
 *
 * take_back_store.h
 *	  Rows of take_back.
 *
 *-------------------------------------------------------------------------
 */
#ifndef STORE_TAKE_BACK_STORE_H
#define STORE_TAKE_BACK_STORE_H

#include "postgres.h"

#include "datatype/timestamp.h"

typedef enum TakeBackKind
{
	TAKE_BACK_OFFLINE_REVERSAL, /* of a payment that was booked by mistake */
	TAKE_BACK_REFUND,			/* by the merchant, elsewhere */
	TAKE_BACK_DISPUTE,
	TAKE_BACK_UNDONE /* one of the others came again */
} TakeBackKind;

typedef struct TakeBack
{
	int64 account_id;
	int64 take_back_id;
	int64 payment_id;
	const char *gateway;
	TakeBackKind kind;
	int64 amount_nano;
	int64 payer_nano;		   /* of it what the payer himself got back (R15) */
	const char *refund_id;	   /* the gateway's number of it; NULL: it has none */
	const char *refund_number; /* by which it was asked for; NULL: it is not known */
	int64 undoes;			   /* TAKE_BACK_UNDONE: which; else NO_NUMBER */
	bool from_suspense;
	TimestampTz occurred_at;
	TimestampTz recorded_at;
	const char *actor;
	const char *reason;
} TakeBack;

/* Its name in the table; from there: false where there is none of that name. */
extern const char *take_back_kind_name(TakeBackKind kind);
extern bool take_back_kind_from_name(const char *name, TakeBackKind *kind);

/* Stores one; sets its number. */
extern void take_back_insert(TakeBack *take_back);

/* False where the account has no such take-back. */
extern bool take_back_find(int64 account_id, int64 take_back_id, TakeBack *take_back);

extern bool take_back_is_undone(int64 account_id, int64 take_back_id);

/* What of a payment was taken back once it was credited, less what came again. */
extern int64 take_back_total(int64 account_id, int64 payment_id);

#endif
