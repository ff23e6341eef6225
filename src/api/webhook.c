/*-------------------------------------------------------------------------
 *
 * webhook.c
 *	  Endpoints that accounts are told at, and their secrets (B&S 4.9).
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <openssl/crypto.h>

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "api/arguments.h"
#include "api/idempotent_call.h"
#include "api/result.h"
#include "booking/booking.h"
#include "booking/delivering.h"
#include "booking/webhook_secret.h"
#include "core/notification.h"
#include "errors.h"
#include "spi/catalog.h"
#include "spi/scope.h"
#include "store/audit_store.h"
#include "store/webhook_store.h"

/* Endpoints of one account that are not deleted. */
#define ENDPOINTS_MAX 16

/* After a change of its secret the one before signs, too, for so long. */
#define OVERLAP_US USECS_PER_DAY

/* Names of events, without nulls; all of them where the argument is null. */
static const char **
arg_events(FunctionCallInfo fcinfo, int index, size_t *count)
{
	Datum *elements;
	bool *nulls;
	int elements_count;
	const char **names;
	NotificationEvent event;

	*count = 0;
	if (PG_ARGISNULL(index))
		return NULL;
	deconstruct_array(PG_GETARG_ARRAYTYPE_P(index), TEXTOID, -1, false, TYPALIGN_INT, &elements,
					  &nulls, &elements_count);
	if (elements_count == 0 || elements_count > NOTIFICATION_EVENTS_COUNT)
		refuse(ERROR_OUT_OF_RANGE, "events", psprintf("1 to %d names", NOTIFICATION_EVENTS_COUNT),
			   psprintf("%d", elements_count));
	names = palloc(elements_count * sizeof(char *));
	for (int i = 0; i < elements_count; i++)
	{
		names[i] = nulls[i] ? "null" : TextDatumGetCString(elements[i]);
		if (!notification_event_from_name(names[i], &event))
			refuse(ERROR_INVALID_VALUE, "events", names[i]);
	}
	*count = elements_count;
	return names;
}

static void
audit(const WebhookEndpoint *endpoint, const char *action)
{
	audit_insert(&(AuditLine){.account_id = endpoint->account_id,
							  .action = action,
							  .object = psprintf("webhook " INT64_FORMAT, endpoint->endpoint_id),
							  .new_value = endpoint->url,
							  .actor = catalog_login_name()});
}

/* ---- secrets ------------------------------------------------------------------- */

/* The answer with the secret, which is shown this once; what is stored for a replay has none. */
static Datum
show(FunctionCallInfo fcinfo, const WebhookEndpoint *endpoint, const IdempotentCall *call)
{
	char secret[WEBHOOK_SECRET_SIZE];
	Datum values[3] = {Int64GetDatum(endpoint->endpoint_id), [2] = BoolGetDatum(false)};
	bool nulls[3] = {[1] = true};
	const char *fault;

	if (call)
		idempotent_call_end(fcinfo, call, result_row(fcinfo, values, nulls));
	fault = webhook_secret_make(endpoint->account_id, endpoint->endpoint_id,
								endpoint->secret_version, secret);
	if (fault)
		refuse(ERROR_WEBHOOK, fault);
	nulls[1] = false;
	values[1] = CStringGetTextDatum(secret);
	OPENSSL_cleanse(secret, sizeof(secret));
	return result_row(fcinfo, values, nulls);
}

/* ---- endpoints ------------------------------------------------------------------ */

static void
check_room(int64 account_id)
{
	if (webhook_count(account_id) >= ENDPOINTS_MAX)
		refuse(ERROR_WEBHOOK, psprintf("the account has %d already", ENDPOINTS_MAX));
}

PG_FUNCTION_INFO_V1(billing_set_webhook);
Datum
billing_set_webhook(PG_FUNCTION_ARGS)
{
	WebhookEndpoint endpoint = {.account_id = arg_customer_id(fcinfo),
								.url = arg_line(fcinfo, 1, "url", PARCEL_URL_SIZE - 1)};
	bool is_keyed = !PG_ARGISNULL(3);
	HttpAddress address;
	const char *fault;
	IdempotentCall call;
	Booking booking;
	Scope scope;
	Datum row;

	endpoint.events = arg_events(fcinfo, 2, &endpoint.events_count);
	if (is_keyed)
		call = idempotent_call_read(fcinfo, "set_webhook", 3, -1, -1);
	scope_open(&scope);
	booking_begin(&booking, endpoint.account_id);
	if (is_keyed && idempotent_call_begin(fcinfo, &call, &row))
		return scope_close_with(&scope, row);
	booking_check_open(&booking);
	check_room(endpoint.account_id);
	fault = webhook_secret_read_url(endpoint.url, &address);
	if (fault)
		refuse(ERROR_WEBHOOK, fault);
	endpoint.host = address.host;
	endpoint.secret_version = webhook_secret_new_version();
	endpoint.created_at = booking.at;
	webhook_insert(&endpoint);
	audit(&endpoint, "set_webhook");
	booking_finish_unmoved(&booking);
	return scope_close_with(&scope, show(fcinfo, &endpoint, is_keyed ? &call : NULL));
}

/* An endpoint of a held account that is not deleted. */
static WebhookEndpoint
must_find(int64 account_id, int64 endpoint_id)
{
	WebhookEndpoint endpoint;

	if (!webhook_find(account_id, endpoint_id, sql_run, &endpoint) ||
		endpoint.deleted_at != DT_NOEND)
		refuse(ERROR_WEBHOOK_UNKNOWN, account_id, endpoint_id);
	return endpoint;
}

PG_FUNCTION_INFO_V1(billing_rotate_webhook_secret);
Datum
billing_rotate_webhook_secret(PG_FUNCTION_ARGS)
{
	int64 account_id = arg_customer_id(fcinfo);
	int64 endpoint_id = arg_int64(fcinfo, 1, "endpoint_id");
	bool is_keyed = !PG_ARGISNULL(2);
	WebhookEndpoint endpoint;
	IdempotentCall call;
	Booking booking;
	Scope scope;
	Datum row;

	if (is_keyed)
		call = idempotent_call_read(fcinfo, "rotate_webhook_secret", 2, -1, -1);
	scope_open(&scope);
	booking_begin(&booking, account_id);
	if (is_keyed && idempotent_call_begin(fcinfo, &call, &row))
		return scope_close_with(&scope, row);
	endpoint = must_find(account_id, endpoint_id);
	endpoint.previous_version = endpoint.secret_version;
	endpoint.previous_until = booking.at + OVERLAP_US;
	endpoint.secret_version = webhook_secret_new_version();
	webhook_update(&endpoint);
	audit(&endpoint, "rotate_webhook_secret");
	booking_finish_unmoved(&booking);
	return scope_close_with(&scope, show(fcinfo, &endpoint, is_keyed ? &call : NULL));
}

PG_FUNCTION_INFO_V1(billing_delete_webhook);
Datum
billing_delete_webhook(PG_FUNCTION_ARGS)
{
	int64 account_id = arg_customer_id(fcinfo);
	int64 endpoint_id = arg_int64(fcinfo, 1, "endpoint_id");
	WebhookEndpoint endpoint;
	Booking booking;
	Scope scope;
	bool deletes;

	scope_open(&scope);
	booking_begin(&booking, account_id);
	if (!webhook_find(account_id, endpoint_id, sql_run, &endpoint))
		refuse(ERROR_WEBHOOK_UNKNOWN, account_id, endpoint_id);
	deletes = endpoint.deleted_at == DT_NOEND;
	if (deletes)
	{
		endpoint.deleted_at = booking.at;
		webhook_update(&endpoint);
		audit(&endpoint, "delete_webhook");
		booking_finish_unmoved(&booking);
	}
	scope_close(&scope);
	PG_RETURN_BOOL(deletes);
}

PG_FUNCTION_INFO_V1(billing_replay_webhook);
Datum
billing_replay_webhook(PG_FUNCTION_ARGS)
{
	int64 account_id = arg_customer_id(fcinfo);
	int64 notification_no = arg_int64(fcinfo, 1, "notification_no");
	Scope scope;

	scope_open(&scope);
	(void) delivering_repeat(account_id, notification_no, "webhook");
	scope_close(&scope);
	PG_RETURN_VOID();
}

PG_FUNCTION_INFO_V1(billing_webhooks);
Datum
billing_webhooks(PG_FUNCTION_ARGS)
{
	return result_of_account(fcinfo, arg_customer_id(fcinfo), webhook_report);
}
