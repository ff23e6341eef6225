/*-------------------------------------------------------------------------
 *
 * api_key_store.c
 *	  API keys, and the one read of the gate.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "core/books.h"
#include "spi/altered.h"
#include "spi/bind.h"
#include "spi/column.h"
#include "spi/sql.h"
#include "store/api_key_store.h"

static ApiKeyKind
read_kind(uint64 row, int column)
{
	return column_bool(row, column) ? API_KEY_PLAN : API_KEY_PAYG;
}

int64
api_key_next_id(int64 account_id)
{
	static Sql next = SQL_NEXT_NUMBER("api_key", "key_id");

	return sql_next_number(&next, account_id);
}

void
api_key_insert(int64 account_id, const ApiKeyRow *key, TimestampTz created_at)
{
	static Sql insert = SQL("INSERT INTO " BOOKS
							"api_key (account_id, key_id, kind, name, secret_hash, "
							"created_at) VALUES ($1, $2, $3, $4, $5, $6)",
							INT8OID, INT8OID, TEXTOID, TEXTOID, BYTEAOID, TIMESTAMPTZOID);
	char nulls[] = "      ";
	Datum values[6] = {Int64GetDatum(account_id), Int64GetDatum(key->key_id)};

	bind_text(values, nulls, 2, api_key_kind_name(key->kind));
	bind_text(values, nulls, 3, key->name);
	values[4] = bind_bytes(key->hash, API_KEY_HASH_BYTES);
	values[5] = TimestampTzGetDatum(created_at);
	sql_write(&insert, values, nulls);
}

#define KEY_COLUMNS "kind = 'plan', name, created_at, deleted_at"

/* Reads a key from the columns behind some others. */
static ApiKeyRow
read_key(int64 key_id, uint64 row, int before)
{
	return (ApiKeyRow){
		.key_id = key_id,
		.kind = read_kind(row, before + 1),
		.name = column_text(row, before + 2),
		.created_at = column_instant(row, before + 3, 0),
		.deleted_at = column_instant(row, before + 4, DT_NOEND),
	};
}

bool
api_key_get(int64 account_id, int64 key_id, ApiKeyRow *key)
{
	static Sql get = SQL("SELECT " KEY_COLUMNS " FROM " BOOKS
						 "api_key WHERE account_id = $1 AND key_id = $2",
						 INT8OID, INT8OID);

	if (sql_run(&get, (Datum[]){Int64GetDatum(account_id), Int64GetDatum(key_id)}, NULL) == 0)
		return false;
	*key = read_key(key_id, 0, 0);
	return true;
}

void
api_key_get_all(ApiKeyRef *keys, size_t count)
{
	static Sql get = SQL(
		"SELECT e.n, k.* FROM unnest($1, $2) WITH ORDINALITY AS e (account_id, key_id, n), LATERAL "
		"(SELECT " KEY_COLUMNS " FROM " BOOKS
		"api_key WHERE account_id = e.account_id AND key_id = "
		"e.key_id OFFSET 0) AS k",
		INT8ARRAYOID, INT8ARRAYOID);
	int64 *accounts = palloc((count + 1) * sizeof(int64));
	int64 *key_ids = palloc((count + 1) * sizeof(int64));
	uint64 found;

	for (size_t i = 0; i < count; i++)
	{
		accounts[i] = keys[i].account_id;
		key_ids[i] = keys[i].key_id;
		keys[i].exists = false;
	}
	found = sql_run(
		&get, (Datum[]){bind_int64_array(accounts, count), bind_int64_array(key_ids, count)}, NULL);
	for (uint64 row = 0; row < found; row++)
	{
		ApiKeyRef *key = &keys[column_int64(row, 1) - 1];

		key->exists = true;
		key->row = read_key(key->key_id, row, 1);
	}
}

void
api_key_delete(int64 account_id, int64 key_id, TimestampTz deleted_at)
{
	static Sql delete = SQL("UPDATE " BOOKS
							"api_key SET deleted_at = $3 WHERE account_id = $1 AND key_id = $2",
							INT8OID, INT8OID, TIMESTAMPTZOID);

	sql_write(&delete,
			  (Datum[]){Int64GetDatum(account_id), Int64GetDatum(key_id),
						TimestampTzGetDatum(deleted_at)},
			  NULL);
}

bool
api_key_read_gate(int64 account_id, int64 key_id, GateRow *row)
{
	static Sql read = SQL(
		"SELECT a.cash, a.bonus, a.arrears, a.next_expiry_at, a.locks, k.kind = 'plan', "
		"k.deleted_at, k.secret_hash FROM " BOOKS "account AS a JOIN " BOOKS "api_key AS k "
		"USING (account_id) WHERE account_id = $1 AND k.key_id = $2",
		INT8OID, INT8OID);
	bytea *hash;

	if (sql_read(&read, (Datum[]){Int64GetDatum(account_id), Int64GetDatum(key_id)}, NULL) == 0)
		return false;
	hash = DatumGetByteaPP(column_datum(0, 8, BYTEAOID));
	if (VARSIZE_ANY_EXHDR(hash) != API_KEY_HASH_BYTES)
		altered_refuse("a hash of another length");
	*row = (GateRow){
		.account.account_id = account_id,
		.account.cash_nano = column_nano(0, 1),
		.account.bonus_nano = column_nano(0, 2),
		.account.arrears_nano = column_nano(0, 3),
		.account.next_expiry_at = column_instant(0, 4, NEVER_EXPIRES),
		.account.locks = (unsigned) column_int32(0, 5),
		.key.key_id = key_id,
		.key.kind = read_kind(0, 6),
		.key.deleted_at = column_instant(0, 7, DT_NOEND),
	};
	memcpy(row->key.hash, VARDATA_ANY(hash), API_KEY_HASH_BYTES);
	return true;
}
