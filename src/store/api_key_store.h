/*-------------------------------------------------------------------------
 *
 * api_key_store.h
 *	  Rows of api_key.
 *
 *-------------------------------------------------------------------------
 */
#ifndef STORE_API_KEY_STORE_H
#define STORE_API_KEY_STORE_H

#include "postgres.h"

#include "datatype/timestamp.h"

#include "core/api_key.h"
#include "store/account_store.h"

/* An expiry that a key had from an instant on. */
typedef struct ApiKeyExpiry
{
	TimestampTz set_at;
	TimestampTz expires_at; /* DT_NOEND: never */
} ApiKeyExpiry;

typedef struct ApiKeyRow
{
	int64 key_id;
	ApiKeyKind kind;
	const char *name;
	const char *project;	   /* empty: none */
	const char *const *models; /* written only */
	size_t models_count;	   /* 0: it may call all */
	uint8 hash[API_KEY_HASH_BYTES];
	uint8 old_hash[API_KEY_HASH_BYTES];
	TimestampTz old_until; /* DT_NOBEGIN: it had no other secret */
	TimestampTz created_at;
	TimestampTz deleted_at;	   /* DT_NOEND where it is not */
	TimestampTz expires_at;	   /* DT_NOEND: never */
	TimestampTz expiry_set_at; /* DT_NOBEGIN: since it was made */
	ApiKeyExpiry *expiries;	   /* before expiry_set_at; NULL: not read */
	size_t expiries_count;
} ApiKeyRow;

/* A key that is looked for with others. */
typedef struct ApiKeyRef
{
	int64 account_id;
	int64 key_id;
	bool exists;
	ApiKeyRow row; /* where it exists */
} ApiKeyRef;

/* What the gate reads of an account and one of its keys, in one row. */
typedef struct GateRow
{
	Account account;
	ApiKeyRow key; /* hashes, kind, deletion and expiry only */
	bool model_allowed;
} GateRow;

/* Who changed a key, when and why. */
typedef struct ApiKeyChange
{
	TimestampTz at;
	const char *actor;
	const char *reason;
} ApiKeyChange;

extern int64 api_key_next_id(int64 account_id);
extern void api_key_insert(int64 account_id, const ApiKeyRow *key, const ApiKeyChange *made);
extern bool api_key_get(int64 account_id, int64 key_id, ApiKeyRow *key);

/* True where a key has expired by the clock, or was set to when that was done: books may be ahead
 * of the clock. */
extern bool api_key_has_expired(const ApiKeyRow *key, TimestampTz now);

/* The expiry that was set when a call started: what is set later decides about later calls (R10).
 */
extern TimestampTz api_key_expiry_at(int64 account_id, ApiKeyRow *key, TimestampTz at);

/* The same for many by one statement. */
extern void api_key_get_all(ApiKeyRef *keys, size_t count);

extern void api_key_delete(int64 account_id, int64 key_id, TimestampTz deleted_at);

/* Gives a key that name, project and expiry, and with sets_models those models; false where it has
 * them. */
extern bool api_key_update(int64 account_id, const ApiKeyRow *key, bool sets_models,
						   const ApiKeyChange *change);

/* Gives a key the secret of key->hash; the one it has works until an instant, and none before it.
 */
extern void api_key_rotate(int64 account_id, const ApiKeyRow *key, TimestampTz old_until,
						   const ApiKeyChange *change);

/* Reads account and key in the snapshot of the caller's query; false if there is no such key.
 * model_is_null: whether a model may be called is not asked. */
extern bool api_key_read_gate(int64 account_id, int64 key_id, Datum model, bool model_is_null,
							  GateRow *row);

#endif
