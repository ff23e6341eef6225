/*-------------------------------------------------------------------------
 *
 * gateway_store.h
 *	  Rows of gateway and payment_method.
 *
 *-------------------------------------------------------------------------
 */
#ifndef STORE_GATEWAY_STORE_H
#define STORE_GATEWAY_STORE_H

#include "postgres.h"

#include "datatype/timestamp.h"

#include "spi/sql.h"

/* Keys of a gateway's own are fetched so often. */
#define GATEWAY_KEYS_US (12 * USECS_PER_HOUR)

typedef struct Gateway
{
	const char *gateway;
	const char *provider;
	const char *region;
	const char *subject;
	bool is_retired;
	bool is_unavailable;		 /* calls to it fail */
	const char *reply_signature; /* NULL: it needs none, or there is none yet; only read */
} Gateway;

/* A way of paying, with the gateway that it leads to. */
typedef struct PaymentMethod
{
	const char *method;
	const char *gateway;
	const char *product;
	int64 min_nano;
	int64 max_nano;
	bool enabled;
} PaymentMethod;

/* False where there is none of that name. */
extern bool gateway_find(const char *name, SqlRunner run, Gateway *gateway);

/* All there are. */
typedef struct GatewayName
{
	const char *gateway;
	const char *provider;
	bool has_signature;				 /* its reply to messages */
	const char *unavailable_because; /* NULL: it answers */
} GatewayName;

extern GatewayName *gateway_list(size_t *count);

/* The next gateway of some providers (with commas between them) whose keys are to be fetched, which
 * is due again at an instant; NULL where there is none. */
extern char *gateway_claim_keys(const char *providers, TimestampTz now, TimestampTz due_at);

/* When the next one's are; DT_NOEND where there is none. */
extern TimestampTz gateway_next_keys_due(const char *providers);

/* Its keys are fetched at an instant; or now, unless they were a minute ago. */
extern void gateway_set_keys_due(const char *name, TimestampTz due_at);
extern void gateway_want_keys(const char *name, TimestampTz now);

/*
 * The next gateway of some providers whose red confirmations are to be listed, which is due again
 * at an instant; when they were listed last, DT_NOBEGIN: never. NULL where there is none.
 */
extern char *gateway_claim_confirmations(const char *providers, TimestampTz now, TimestampTz due_at,
										 TimestampTz *seen_at);

/* When the next one's are; DT_NOEND where there is none. */
extern TimestampTz gateway_next_confirmations_due(const char *providers);

/* They were listed at an instant; they are listed next at one. */
extern void gateway_set_confirmations_seen(const char *name, TimestampTz seen_at);
extern void gateway_set_confirmations_due(const char *name, TimestampTz due_at);

/* What part of payments it keeps, in nano-units of one; below 0: not known. False where there is
 * none. */
extern bool gateway_set_fee_rate(const char *name, int64 rate_nano);

/* What is under its reply to messages from now on. */
extern void gateway_set_reply_signature(const char *name, const char *signature);

/* Stores one, or what may change of one that there is: subject, and whether it is retired. */
extern void gateway_store(const Gateway *gateway, TimestampTz now);

/* Calls to it fail from now on, because; NULL: it answers again. False where its row is locked. */
extern bool gateway_set_unavailable(const char *name, TimestampTz now, const char *because);

/* The epoch in which refunds may be sent to it; -1 where there was none. */
extern int64 gateway_refunds_epoch(const char *name);

/* Lets refunds go in an epoch: of one, or of all (NULL). False where there is none. */
extern bool gateway_release_refunds(const char *name, int64 epoch);

extern bool gateway_find_method(const char *name, SqlRunner run, PaymentMethod *method);
extern void gateway_store_method(const PaymentMethod *method);

/* A way of paying as an account is offered it. */
typedef struct OfferedMethod
{
	PaymentMethod method;
	const char *provider;
	const char *unavailable; /* disabled, retired or gateway; NULL: it can be used */
} OfferedMethod;

/* Those of an account's region, by name, in the caller's snapshot. */
extern OfferedMethod *gateway_list_methods(int64 account_id, size_t *count);

#endif
