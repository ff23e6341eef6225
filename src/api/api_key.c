/*-------------------------------------------------------------------------
 *
 * api_key.c
 *	  Making, changing and deleting API keys.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "api/arguments.h"
#include "api/idempotent_call.h"
#include "api/result.h"
#include "booking/booking.h"
#include "booking/notify.h"
#include "clock.h"
#include "errors.h"
#include "spi/catalog.h"
#include "spi/scope.h"
#include "store/api_key_store.h"
#include "store/audit_store.h"
#include "store/notification_store.h"

/* What is said beside the key, and what a replay says in its place. */
#define SHOWN_NOTE "the key is shown this once, and kept nowhere"
#define REPLAY_NOTE                                                                          \
	"the key was shown when this was first called, and is kept nowhere: it cannot be shown " \
	"again; billing.rotate_api_key() gives it a new secret"

/* Makes a secret; the key's text is written for the caller alone, its hash for the row. */
static void
make_secret(int64 account_id, ApiKeyRow *row, char text[API_KEY_TEXT_LENGTH + 1])
{
	ApiKey key = {.kind = row->kind, .account_id = account_id, .key_id = (int32) row->key_id};

	if (!pg_strong_random(key.secret, sizeof(key.secret)))
		refuse(ERROR_INTERNAL, "the system has no random bytes");
	api_key_encode(&key, text);
	if (!api_key_hash(text, API_KEY_TEXT_LENGTH, row->hash))
		refuse(ERROR_INTERNAL, "a key could not be hashed");
}

/* Makes a key and stores its hash. */
static void
make_key(Booking *booking, ApiKeyRow *row, char text[API_KEY_TEXT_LENGTH + 1])
{
	int64 account_id = booking->account.account_id;

	row->key_id = api_key_next_id(account_id);
	arg_check(LIMIT_KEY_ID, "key_id", row->key_id);
	make_secret(account_id, row, text);
	api_key_insert(account_id, row,
				   &(ApiKeyChange){.at = booking->at, .actor = catalog_login_name()});
}

/* The answer with the key, which is shown this once; what is stored for a replay has none. */
static Datum
show(FunctionCallInfo fcinfo, int64 key_id, const char *text, const IdempotentCall *call)
{
	Datum values[4] = {[0] = Int64GetDatum(key_id), [3] = BoolGetDatum(false)};
	bool nulls[4] = {[1] = true};

	values[2] = CStringGetTextDatum(REPLAY_NOTE);
	if (call)
		idempotent_call_end(fcinfo, call, result_row(fcinfo, values, nulls));
	values[1] = CStringGetTextDatum(text);
	values[2] = CStringGetTextDatum(SHOWN_NOTE);
	nulls[1] = false;
	return result_row(fcinfo, values, nulls);
}

/* Whether people have been told of so many keys within a day that they hear of no more. */
static bool
is_told_enough(const Booking *booking)
{
	return notification_count_of_keys(booking->account.account_id, booking->at - USECS_PER_DAY,
									  KEY_MESSAGES_MAX) >= KEY_MESSAGES_MAX;
}

static void
tell(const Booking *booking, const ApiKeyRow *key, NotificationEvent event)
{
	NotifyNews news = {.event = event,
					   .source_id = key->key_id,
					   .webhooks_alone = is_told_enough(booking),
					   .facts = {{"key_id", notify_number(key->key_id)},
								 {"name", key->name},
								 {"kind", api_key_kind_name(key->kind)}}};

	notify_account(booking->account.account_id, &news, booking->at);
}

/* Who did something to a key is worth knowing, though it is mostly the application. */
static void
audit_key(const Booking *booking, const char *action, int64 key_id, const ApiKeyChange *change)
{
	audit_insert(&(AuditLine){.account_id = booking->account.account_id,
							  .action = action,
							  .object = psprintf("key " INT64_FORMAT, key_id),
							  .actor = change ? change->actor : catalog_login_name(),
							  .reason = change ? change->reason : NULL});
}

static ApiKeyKind
arg_kind(FunctionCallInfo fcinfo, int index)
{
	char *name = arg_text(fcinfo, index, "kind", VALUE_BYTES_MAX);
	ApiKeyKind kind;

	if (!api_key_kind_from_name(name, &kind))
		refuse(ERROR_INVALID_VALUE, "kind", name);
	return kind;
}

/* A label that groups keys; empty, as null is: none. */
static const char *
arg_project(FunctionCallInfo fcinfo, int index)
{
	return arg_text_or_empty(fcinfo, index, "project", PROJECT_BYTES_MAX);
}

/* When a key expires; infinity, as null is: never. */
static TimestampTz
arg_expires_at(FunctionCallInfo fcinfo, int index)
{
	if (!PG_ARGISNULL(index) && TIMESTAMP_IS_NOEND(PG_GETARG_TIMESTAMPTZ(index)))
		return DT_NOEND;
	return arg_instant(fcinfo, index, "expires_at", DT_NOEND);
}

static int
compare_names(const void *left, const void *right)
{
	return strcmp(*(const char *const *) left, *(const char *const *) right);
}

/* Leaves each name of a sorted list once; returns how many are left. */
static size_t
leave_distinct(const char **names, size_t count)
{
	size_t distinct = 0;

	for (size_t i = 0; i < count; i++)
		if (i == 0 || strcmp(names[i], names[distinct - 1]) != 0)
			names[distinct++] = names[i];
	return distinct;
}

/* Names of models, each once and in byte order; none, as null is: all. */
static const char **
arg_models(FunctionCallInfo fcinfo, int index, size_t *count)
{
	Datum *elements;
	bool *nulls;
	int elements_count;
	const char **names;

	*count = 0;
	if (PG_ARGISNULL(index))
		return NULL;
	deconstruct_array(PG_GETARG_ARRAYTYPE_P(index), TEXTOID, -1, false, TYPALIGN_INT, &elements,
					  &nulls, &elements_count);
	arg_check(LIMIT_KEY_MODELS, "models", elements_count);
	names = palloc((elements_count + 1) * sizeof(char *));
	for (int i = 0; i < elements_count; i++)
	{
		Fault fault;

		names[i] = nulls[i] ? NULL : TextDatumGetCString(elements[i]);
		fault = fault_of_text("models", names[i], MODEL_BYTES_MAX);
		if (fault.message)
			refuse_fault(&fault);
	}
	qsort(names, elements_count, sizeof(char *), compare_names);
	*count = leave_distinct(names, elements_count);
	return names;
}

/* A key that could never call is a mistake. */
static void
check_comes(const Booking *booking, const ApiKeyRow *row)
{
	if (row->expires_at <= booking->at)
		refuse(ERROR_OUT_OF_RANGE, "expires_at", "an instant to come",
			   timestamptz_to_str(row->expires_at));
}

PG_FUNCTION_INFO_V1(billing_create_api_key);
Datum
billing_create_api_key(PG_FUNCTION_ARGS)
{
	ApiKeyRow row = {.name = arg_text(fcinfo, 1, "name", IDENTIFIER_BYTES_MAX),
					 .kind = arg_kind(fcinfo, 2),
					 .project = arg_project(fcinfo, 4),
					 .expires_at = arg_expires_at(fcinfo, 5)};
	bool is_keyed = !PG_ARGISNULL(3);
	char text[API_KEY_TEXT_LENGTH + 1];
	IdempotentCall call;
	Booking booking;
	Scope scope;
	Datum answer;

	row.models = arg_models(fcinfo, 6, &row.models_count);
	if (is_keyed)
		call = idempotent_call_read(fcinfo, "create_api_key", 3, -1, -1);
	scope_open(&scope);
	booking_begin(&booking, arg_customer_id(fcinfo));
	if (is_keyed && idempotent_call_begin(fcinfo, &call, &answer))
		return scope_close_with(&scope, answer);
	booking_check_open(&booking);
	check_comes(&booking, &row);
	make_key(&booking, &row, text);
	audit_key(&booking, "create_api_key", row.key_id, NULL);
	tell(&booking, &row, EVENT_KEY_CREATED);
	booking_finish_unmoved(&booking);
	return scope_close_with(&scope, show(fcinfo, row.key_id, text, is_keyed ? &call : NULL));
}

static ApiKeyChange
arg_change(FunctionCallInfo fcinfo, int actor_index)
{
	return (ApiKeyChange){.actor = arg_actor(fcinfo, actor_index),
						  .reason = arg_reason(fcinfo, actor_index + 1)};
}

/*
 * Finds a key that can be changed. The change is later than all that is booked, so
 * that what was judged before it and what comes after can be told apart (R10).
 */
static void
begin_change(Booking *booking, int64 key_id, ApiKeyRow *key, ApiKeyChange *change)
{
	int64 account_id = booking->account.account_id;

	booking_check_open(booking);
	if (!api_key_get(account_id, key_id, key))
		refuse(ERROR_KEY_UNKNOWN, account_id, key_id);
	if (key->deleted_at != DT_NOEND)
		refuse(ERROR_KEY_DELETED, key_id, account_id);
	booking->at = Max(booking->at, booking->account.last_booked_at + 1);
	change->at = booking->at;
}

/* Sets when a key expires: an instant that has passed is now, for what came before is judged. */
static void
set_expiry(ApiKeyRow *key, TimestampTz expires_at, TimestampTz now)
{
	if (expires_at == key->expires_at ||
		(expires_at <= now && api_key_has_expired(key, clock_now())))
		return;
	key->expires_at = Max(expires_at, now);
	key->expiry_set_at = now;
}

PG_FUNCTION_INFO_V1(billing_update_api_key);
Datum
billing_update_api_key(PG_FUNCTION_ARGS)
{
	int64 account_id = arg_customer_id(fcinfo);
	int64 key_id = arg_int64(fcinfo, 1, "key_id");
	char *name = arg_text_or_null(fcinfo, 2, "name", IDENTIFIER_BYTES_MAX);
	const char *project = arg_project(fcinfo, 3);
	TimestampTz expires_at = arg_expires_at(fcinfo, 4);
	size_t models_count;
	const char **models = arg_models(fcinfo, 5, &models_count);
	ApiKeyChange change = arg_change(fcinfo, 6);
	ApiKeyRow key;
	Booking booking;
	Scope scope;
	bool changes;

	scope_open(&scope);
	booking_begin(&booking, account_id);
	begin_change(&booking, key_id, &key, &change);
	if (name)
		key.name = name;
	if (!PG_ARGISNULL(3))
		key.project = project;
	if (!PG_ARGISNULL(4))
		set_expiry(&key, expires_at, booking.at);
	key.models = models;
	key.models_count = models_count;
	changes = api_key_update(account_id, &key, !PG_ARGISNULL(5), &change);
	if (changes)
	{
		audit_key(&booking, "update_api_key", key.key_id, &change);
		booking_finish_unmoved(&booking);
	}
	scope_close(&scope);
	PG_RETURN_BOOL(changes);
}

PG_FUNCTION_INFO_V1(billing_rotate_api_key);
Datum
billing_rotate_api_key(PG_FUNCTION_ARGS)
{
	int64 account_id = arg_customer_id(fcinfo);
	int64 key_id = arg_int64(fcinfo, 1, "key_id");
	int64 grace_us = arg_duration(fcinfo, 3, "grace", LIMIT_GRACE);
	ApiKeyChange change = arg_change(fcinfo, 4);
	IdempotentCall call = idempotent_call_read(fcinfo, "rotate_api_key", 2, 4, 5);
	char text[API_KEY_TEXT_LENGTH + 1];
	ApiKeyRow key;
	Booking booking;
	Scope scope;
	Datum answer;

	scope_open(&scope);
	booking_begin(&booking, account_id);
	if (idempotent_call_begin(fcinfo, &call, &answer))
		return scope_close_with(&scope, answer);
	begin_change(&booking, key_id, &key, &change);
	make_secret(account_id, &key, text);
	/* By the clock, which the gate goes by; the books may be ahead of it. */
	api_key_rotate(account_id, &key, Min(booking.at, clock_now()) + grace_us, &change);
	audit_key(&booking, "rotate_api_key", key.key_id, &change);
	booking_finish_unmoved(&booking);
	return scope_close_with(&scope, show(fcinfo, key.key_id, text, &call));
}

PG_FUNCTION_INFO_V1(billing_delete_api_key);
Datum
billing_delete_api_key(PG_FUNCTION_ARGS)
{
	int64 account_id = arg_customer_id(fcinfo);
	int64 key_id = arg_int64(fcinfo, 1, "key_id");
	ApiKeyRow key;
	Booking booking;
	Scope scope;
	bool deletes;

	scope_open(&scope);
	booking_begin(&booking, account_id);
	if (!api_key_get(account_id, key_id, &key))
		refuse(ERROR_KEY_UNKNOWN, account_id, key_id);
	deletes = key.deleted_at == DT_NOEND;
	if (deletes)
	{
		api_key_delete(account_id, key_id, booking.at);
		audit_key(&booking, "delete_api_key", key_id, NULL);
		tell(&booking, &key, EVENT_KEY_DELETED);
		booking_finish_unmoved(&booking);
	}
	scope_close(&scope);
	PG_RETURN_BOOL(deletes);
}
