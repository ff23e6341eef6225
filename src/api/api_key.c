/*-------------------------------------------------------------------------
 *
 * api_key.c
 *	  Making and deleting API keys.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "api/arguments.h"
#include "api/idempotent_call.h"
#include "api/result.h"
#include "booking/booking.h"
#include "booking/notify.h"
#include "errors.h"
#include "spi/catalog.h"
#include "spi/scope.h"
#include "store/api_key_store.h"
#include "store/audit_store.h"
#include "store/notification_store.h"

/* Makes a key and stores its hash; the text is written for the caller alone. */
static void
make_key(Booking *booking, ApiKeyRow *row, char text[API_KEY_TEXT_LENGTH + 1])
{
	ApiKey key = {.kind = row->kind, .account_id = booking->account.account_id};

	row->key_id = api_key_next_id(key.account_id);
	arg_check(LIMIT_KEY_ID, "key_id", row->key_id);
	key.key_id = (int32) row->key_id;
	if (!pg_strong_random(key.secret, sizeof(key.secret)))
		refuse(ERROR_INTERNAL, "the system has no random bytes");
	api_key_encode(&key, text);
	if (!api_key_hash(text, API_KEY_TEXT_LENGTH, row->hash))
		refuse(ERROR_INTERNAL, "a key could not be hashed");
	api_key_insert(key.account_id, row, booking->at);
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

/* Who made or deleted a key is worth knowing, though it is mostly the application. */
static void
audit_key(const Booking *booking, const char *action, int64 key_id)
{
	audit_insert(&(AuditLine){.account_id = booking->account.account_id,
							  .action = action,
							  .object = psprintf("key " INT64_FORMAT, key_id),
							  .actor = catalog_login_name()});
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

PG_FUNCTION_INFO_V1(billing_create_api_key);
Datum
billing_create_api_key(PG_FUNCTION_ARGS)
{
	ApiKeyRow row = {.name = arg_text(fcinfo, 1, "name", IDENTIFIER_BYTES_MAX),
					 .kind = arg_kind(fcinfo, 2)};
	bool is_keyed = !PG_ARGISNULL(3);
	char text[API_KEY_TEXT_LENGTH + 1];
	Datum values[3] = {[2] = BoolGetDatum(false)};
	bool nulls[3] = {[1] = true};
	IdempotentCall call;
	Booking booking;
	Scope scope;
	Datum answer;

	if (is_keyed)
		call = idempotent_call_read(fcinfo, "create_api_key", 3, -1, -1);
	scope_open(&scope);
	booking_begin(&booking, arg_customer_id(fcinfo));
	if (is_keyed && idempotent_call_begin(fcinfo, &call, &answer))
		return scope_close_with(&scope, answer);
	booking_check_open(&booking);
	make_key(&booking, &row, text);
	audit_key(&booking, "create_api_key", row.key_id);
	tell(&booking, &row, EVENT_KEY_CREATED);
	booking_finish_unmoved(&booking);

	/* What is stored for a replay has no key in it. */
	values[0] = Int64GetDatum(row.key_id);
	if (is_keyed)
		idempotent_call_end(fcinfo, &call, result_row(fcinfo, values, nulls));
	values[1] = CStringGetTextDatum(text);
	nulls[1] = false;
	return scope_close_with(&scope, result_row(fcinfo, values, nulls));
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
		audit_key(&booking, "delete_api_key", key_id);
		tell(&booking, &key, EVENT_KEY_DELETED);
		booking_finish_unmoved(&booking);
	}
	scope_close(&scope);
	PG_RETURN_BOOL(deletes);
}
