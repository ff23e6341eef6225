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

typedef struct ApiKeyRow
{
	int64 key_id;
	ApiKeyKind kind;
	const char *name;
	uint8 hash[API_KEY_HASH_BYTES];
	TimestampTz created_at;
	TimestampTz deleted_at; /* DT_NOEND where it is not */
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
	Account account; /* balance, expiry and locks only */
	ApiKeyRow key;	 /* hash, kind and deletion only */
} GateRow;

extern int64 api_key_next_id(int64 account_id);
extern void api_key_insert(int64 account_id, const ApiKeyRow *key, TimestampTz created_at);
extern bool api_key_get(int64 account_id, int64 key_id, ApiKeyRow *key);

/* The same for many by one statement. */
extern void api_key_get_all(ApiKeyRef *keys, size_t count);

extern void api_key_delete(int64 account_id, int64 key_id, TimestampTz deleted_at);

/* Reads account and key in the snapshot of the caller's query; false if there is no such key. */
extern bool api_key_read_gate(int64 account_id, int64 key_id, GateRow *row);

#endif
