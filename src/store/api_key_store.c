/*-------------------------------------------------------------------------
 *
 * api_key_store.c
 *	  API keys, and the one read of the gate.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "core/books.h"
#include "rows/row_scan.h"
#include "spi/altered.h"
#include "spi/bind.h"
#include "spi/column.h"
#include "spi/sql.h"
#include "store/api_key_store.h"

static ApiKeyKind
kind_from_name(const char *name)
{
	return strcmp(name, "plan") == 0 ? API_KEY_PLAN : API_KEY_PAYG;
}

int64
api_key_next_id(int64 account_id)
{
	static Sql next = SQL_NEXT_NUMBER("api_key", "key_id");

	return sql_next_number(&next, account_id);
}

/* Adds the key as it is by now to its versions. */
static void
add_version(int64 account_id, int64 key_id, const ApiKeyChange *change)
{
	static Sql insert = SQL(
		"INSERT INTO " BOOKS "api_key_version (account_id, key_id, version_no, set_at, expires_at, "
		"old_secret_until, name, project, models, secret_hash, old_secret_hash, actor, reason) "
		"SELECT account_id, key_id, version_no, $3, expires_at, old_secret_until, name, project, "
		"models, secret_hash, old_secret_hash, $4, $5 FROM " BOOKS
		"api_key WHERE account_id = $1 AND key_id = $2",
		INT8OID, INT8OID, TIMESTAMPTZOID, TEXTOID, TEXTOID);
	char nulls[] = "     ";
	Datum values[5] = {Int64GetDatum(account_id), Int64GetDatum(key_id),
					   TimestampTzGetDatum(change->at)};

	bind_text(values, nulls, 3, change->actor);
	bind_text(values, nulls, 4, change->reason);
	sql_write(&insert, values, nulls);
}

/* None stands for all: it is null. */
static void
bind_models(Datum *values, char *nulls, int index, const ApiKeyRow *key)
{
	nulls[index] = key->models_count > 0 ? ' ' : 'n';
	values[index] = bind_text_array(key->models, key->models_count);
}

void
api_key_insert(int64 account_id, const ApiKeyRow *key, const ApiKeyChange *made)
{
	static Sql insert = SQL(
		"INSERT INTO " BOOKS "api_key (account_id, key_id, kind, name, secret_hash, created_at, "
		"project, models, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
		INT8OID, INT8OID, TEXTOID, TEXTOID, BYTEAOID, TIMESTAMPTZOID, TEXTOID, TEXTARRAYOID,
		TIMESTAMPTZOID);
	char nulls[] = "         ";
	Datum values[9] = {Int64GetDatum(account_id), Int64GetDatum(key->key_id)};

	bind_text(values, nulls, 2, api_key_kind_name(key->kind));
	bind_text(values, nulls, 3, key->name);
	values[4] = bind_bytes(key->hash, API_KEY_HASH_BYTES);
	values[5] = TimestampTzGetDatum(made->at);
	bind_text(values, nulls, 6, key->project);
	bind_models(values, nulls, 7, key);
	bind_instant(values, nulls, 8, key->expires_at, DT_NOEND);
	sql_write(&insert, values, nulls);
	add_version(account_id, key->key_id, made);
}

enum
{
	ACCOUNT_ID,
	KEY_ID,
	KIND,
	NAME,
	CREATED_AT,
	DELETED_AT,
	PROJECT,
	EXPIRES_AT,
	EXPIRY_SET_AT
};

static RowShape key_shape = {
	.name = "api_key",
	.columns = "account_id, key_id, kind, name, created_at, deleted_at, project, expires_at, "
			   "expiry_set_at",
	.types = {INT8OID, INT8OID, TEXTOID, TEXTOID, TIMESTAMPTZOID, TIMESTAMPTZOID, TEXTOID,
			  TIMESTAMPTZOID, TIMESTAMPTZOID},
	.keys = {{2, {ACCOUNT_ID, KEY_ID}}},
};

static ApiKeyRow
read_key(const Row *row)
{
	return (ApiKeyRow){
		.key_id = row_int64(row, KEY_ID),
		.kind = kind_from_name(row_text(row, KIND)),
		.name = row_text(row, NAME),
		.created_at = row_instant(row, CREATED_AT, 0),
		.deleted_at = row_instant(row, DELETED_AT, DT_NOEND),
		.project = row_text(row, PROJECT),
		.expires_at = row_instant(row, EXPIRES_AT, DT_NOEND),
		.expiry_set_at = row_instant(row, EXPIRY_SET_AT, DT_NOBEGIN),
	};
}

bool
api_key_get(int64 account_id, int64 key_id, ApiKeyRow *key)
{
	RowScan scan;
	bool found;

	row_scan_begin(&scan, &key_shape, ROW_SEES_ALL, 0, (int64[]){account_id, key_id});
	found = row_scan_next(&scan);
	if (found)
		*key = read_key(&scan.row);
	row_scan_end(&scan);
	return found;
}

void
api_key_get_all(ApiKeyRef *keys, size_t count)
{
	RowScan scan;

	if (count == 0)
		return;
	row_scan_begin(&scan, &key_shape, ROW_SEES_ALL, 0,
				   (int64[]){keys[0].account_id, keys[0].key_id});
	for (size_t i = 0; i < count; i++)
	{
		if (i > 0)
			row_scan_again(&scan, (int64[]){keys[i].account_id, keys[i].key_id});
		keys[i].exists = row_scan_next(&scan);
		if (keys[i].exists)
			keys[i].row = read_key(&scan.row);
	}
	row_scan_end(&scan);
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

/* The expiries that the key had before the one it has, the latest first. */
static void
read_expiries(int64 account_id, ApiKeyRow *key)
{
	static Sql read = SQL("SELECT set_at, expires_at FROM " BOOKS
						  "api_key_version WHERE account_id = $1 AND key_id = $2 AND set_at < $3 "
						  "ORDER BY version_no DESC",
						  INT8OID, INT8OID, TIMESTAMPTZOID);
	uint64 count = sql_run(&read,
						   (Datum[]){Int64GetDatum(account_id), Int64GetDatum(key->key_id),
									 TimestampTzGetDatum(key->expiry_set_at)},
						   NULL);

	if (count == 0)
		altered_refuse("no version of a key before the last");
	key->expiries = palloc(count * sizeof(ApiKeyExpiry));
	key->expiries_count = count;
	for (uint64 row = 0; row < count; row++)
		key->expiries[row] = (ApiKeyExpiry){column_instant(row, 1, DT_NOBEGIN),
											column_instant(row, 2, DT_NOEND)};
}

TimestampTz
api_key_expiry_at(int64 account_id, ApiKeyRow *key, TimestampTz at)
{
	/* Mostly nobody ever changed it, or the call came later. */
	if (at >= key->expiry_set_at)
		return key->expires_at;
	if (key->expiries == NULL)
		read_expiries(account_id, key);
	for (size_t i = 0; i < key->expiries_count; i++)
		if (key->expiries[i].set_at <= at)
			return key->expiries[i].expires_at;
	/* Stamped a little before the key was made. */
	return key->expiries[key->expiries_count - 1].expires_at;
}

bool
api_key_has_expired(const ApiKeyRow *key, TimestampTz now)
{
	return key->expires_at <= Max(now, key->expiry_set_at);
}

bool
api_key_update(int64 account_id, const ApiKeyRow *key, bool sets_models, const ApiKeyChange *change)
{
#define UPDATE_TYPES \
	INT8OID, INT8OID, TEXTOID, TEXTOID, TIMESTAMPTZOID, BOOLOID, TEXTARRAYOID, TIMESTAMPTZOID
	static Sql differs = SQL(
		"SELECT FROM " BOOKS "api_key WHERE account_id = $1 AND key_id = $2 AND (name <> $3 OR "
		"project <> $4 OR expires_at IS DISTINCT FROM $5 OR ($6 AND models IS DISTINCT FROM $7))",
		UPDATE_TYPES);
	static Sql update = SQL(
		"UPDATE " BOOKS "api_key SET version_no = version_no + 1, name = $3, project = $4, "
		"expires_at = $5, models = CASE WHEN $6 THEN $7 ELSE models END, expiry_set_at = $8 WHERE "
		"account_id = $1 AND key_id = $2",
		UPDATE_TYPES);
	char nulls[] = "        ";
	Datum values[8] = {Int64GetDatum(account_id), Int64GetDatum(key->key_id)};

	bind_text(values, nulls, 2, key->name);
	bind_text(values, nulls, 3, key->project);
	bind_instant(values, nulls, 4, key->expires_at, DT_NOEND);
	values[5] = BoolGetDatum(sets_models);
	bind_models(values, nulls, 6, key);
	bind_instant(values, nulls, 7, key->expiry_set_at, DT_NOBEGIN);
	if (sql_run(&differs, values, nulls) == 0)
		return false;
	sql_write(&update, values, nulls);
	add_version(account_id, key->key_id, change);
	return true;
}

void
api_key_rotate(int64 account_id, const ApiKeyRow *key, TimestampTz old_until,
			   const ApiKeyChange *change)
{
	static Sql update = SQL(
		"UPDATE " BOOKS "api_key SET version_no = version_no + 1, secret_hash = $3, "
		"old_secret_hash = secret_hash, old_secret_until = $4 WHERE account_id = $1 AND key_id = $2",
		INT8OID, INT8OID, BYTEAOID, TIMESTAMPTZOID);

	sql_write(&update,
			  (Datum[]){Int64GetDatum(account_id), Int64GetDatum(key->key_id),
						bind_bytes(key->hash, API_KEY_HASH_BYTES), TimestampTzGetDatum(old_until)},
			  NULL);
	add_version(account_id, key->key_id, change);
}

enum
{
	GATE_ACCOUNT_ID,
	GATE_KEY_ID,
	GATE_KIND,
	GATE_DELETED_AT,
	GATE_EXPIRES_AT,
	GATE_EXPIRY_SET_AT,
	GATE_HASH,
	GATE_OLD_UNTIL,
	GATE_OLD_HASH,
	GATE_MODELS
};

static RowShape gate_shape = {
	.name = "api_key",
	.columns = "account_id, key_id, kind, deleted_at, expires_at, expiry_set_at, secret_hash, "
			   "old_secret_until, old_secret_hash, models",
	.types = {INT8OID, INT8OID, TEXTOID, TIMESTAMPTZOID, TIMESTAMPTZOID, TIMESTAMPTZOID, BYTEAOID,
			  TIMESTAMPTZOID, BYTEAOID, TEXTARRAYOID},
	.keys = {{2, {GATE_ACCOUNT_ID, GATE_KEY_ID}}},
};

/* Is a model among those that the key may call? */
static bool
allows(const Row *row, Datum model)
{
	return row_is_null(row, GATE_MODELS) || row_has_text(row, GATE_MODELS, DatumGetTextPP(model));
}

static void
read_gate(const Row *key, Datum model, bool model_is_null, GateRow *row)
{
	row->key = (ApiKeyRow){
		.key_id = row_int64(key, GATE_KEY_ID),
		.kind = kind_from_name(row_text(key, GATE_KIND)),
		.deleted_at = row_instant(key, GATE_DELETED_AT, DT_NOEND),
		.expires_at = row_instant(key, GATE_EXPIRES_AT, DT_NOEND),
		.expiry_set_at = row_instant(key, GATE_EXPIRY_SET_AT, DT_NOBEGIN),
		.old_until = row_instant(key, GATE_OLD_UNTIL, DT_NOBEGIN),
	};
	row->model_allowed = model_is_null || allows(key, model);
	row_bytes(key, GATE_HASH, row->key.hash, API_KEY_HASH_BYTES);
	if (row->key.old_until != DT_NOBEGIN)
		row_bytes(key, GATE_OLD_HASH, row->key.old_hash, API_KEY_HASH_BYTES);
}

bool
api_key_read_gate(int64 account_id, int64 key_id, Datum model, bool model_is_null, GateRow *row)
{
	RowScan scan;
	bool found;

	row_scan_begin(&scan, &gate_shape, ROW_SEES_AS_QUERY, 0, (int64[]){account_id, key_id});
	found = row_scan_next(&scan);
	if (found)
		read_gate(&scan.row, model, model_is_null, row);
	row_scan_end(&scan);
	return found && account_read(account_id, &row->account);
}
