/*-------------------------------------------------------------------------
 *
 * arming.c
 *	  From which books gateways may be called (design 4).
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xact.h"

#include "api/arguments.h"
#include "armed.h"
#include "clock.h"
#include "core/order_number.h"
#include "errors.h"
#include "spi/catalog.h"
#include "spi/scope.h"
#include "spi/subscriber.h"
#include "store/arming_store.h"
#include "store/audit_store.h"
#include "store/gateway_call_store.h"
#include "store/gateway_store.h"
#include "store/invoice_series_store.h"
#include "wake.h"

/* Random bits, which must be had. */
static void
fill_random(void *to, size_t size)
{
	if (!pg_strong_random(to, size))
		refuse(ERROR_INTERNAL, "no random number is to be had");
}

static int64
new_epoch(void)
{
	uint64 bits;

	fill_random(&bits, sizeof(bits));
	return (int64) (bits >> (64 - ORDER_NUMBER_EPOCH_BITS));
}

static char *
new_token(void)
{
	unsigned char bytes[(ARMED_TOKEN_SIZE - 1) / 2];
	char *token = palloc(ARMED_TOKEN_SIZE);

	fill_random(bytes, sizeof(bytes));
	for (size_t i = 0; i < sizeof(bytes); i++)
		snprintf(token + 2 * i, 3, "%02x", bytes[i]);
	return token;
}

/* The first arming of these books: nothing can have been given back, or numbered, that they do not
 * know. */
static void
begin_epoch(const Arming *arming, const char *actor)
{
	bool is_first = arming_count() == 0;
	const char *fault;

	arming_insert(arming, actor, clock_now());
	if (is_first)
	{
		(void) gateway_release_refunds(NULL, arming->epoch);
		(void) invoice_series_release(NULL, arming->epoch);
	}
	/* Last: where the transaction fails behind it, the token agrees with no row. */
	fault = armed_write(arming->token, catalog_table("arming"));
	if (fault)
		refuse(ERROR_NOT_ARMED, fault);
}

PG_FUNCTION_INFO_V1(billing_arm);
Datum
billing_arm(PG_FUNCTION_ARGS)
{
	AuditLine line = {
		.action = "arm", .actor = arg_actor(fcinfo, 0), .reason = arg_reason(fcinfo, 1)};
	Arming arming = {.epoch = new_epoch(), .token = new_token(), .login = catalog_login_name()};
	Scope scope;

	ForceSyncCommit();
	scope_open(&scope);
	subscriber_check_none();
	begin_epoch(&arming, line.actor);
	line.object = psprintf("epoch " INT64_FORMAT, arming.epoch);
	audit_insert(&line);
	scope_close(&scope);
	wake_at_commit(WORKER_GATEWAY);
	wake_at_commit(WORKER_CLERK);
	PG_RETURN_VOID();
}

PG_FUNCTION_INFO_V1(billing_disarm);
Datum
billing_disarm(PG_FUNCTION_ARGS)
{
	AuditLine line = {
		.action = "disarm", .actor = arg_actor(fcinfo, 0), .reason = arg_reason(fcinfo, 1)};
	Arming arming;
	bool is_armed;
	Scope scope;

	scope_open(&scope);
	subscriber_check_none();
	is_armed = arming_find(&arming);
	if (is_armed)
	{
		arming_end(clock_now(), line.actor);
		line.object = psprintf("epoch " INT64_FORMAT, arming.epoch);
		audit_insert(&line);
	}
	scope_close(&scope);
	wake_at_commit(WORKER_GATEWAY);
	wake_at_commit(WORKER_CLERK);
	PG_RETURN_BOOL(is_armed);
}

/* The arming that counts; whoever armed releases nothing. */
static Arming
arming_to_release(const AuditLine *line)
{
	Arming arming;

	if (!arming_find(&arming))
		refuse(ERROR_NOT_ARMED, "arm() first");
	if (strcmp(arming.login, catalog_login_name()) == 0 ||
		strcmp(arming.armed_by, line->actor) == 0)
		refuse(ERROR_SECOND_PERSON, psprintf("%s()", line->action), "armed");
	return arming;
}

PG_FUNCTION_INFO_V1(billing_release_refunds);
Datum
billing_release_refunds(PG_FUNCTION_ARGS)
{
	AuditLine line = {.action = "release_refunds",
					  .object = arg_text(fcinfo, 0, "gateway", VALUE_BYTES_MAX),
					  .reason = arg_text(fcinfo, 1, "reason", REASON_BYTES_MAX),
					  .actor = arg_actor(fcinfo, 2)};
	Arming arming;
	Scope scope;

	scope_open(&scope);
	subscriber_check_none();
	arming = arming_to_release(&line);
	if (!gateway_release_refunds(line.object, arming.epoch))
		refuse(ERROR_GATEWAY_UNKNOWN, "gateway", line.object);
	(void) gateway_call_hasten(line.object, "held", clock_now());
	audit_insert(&line);
	scope_close(&scope);
	wake_at_commit(WORKER_GATEWAY);
	PG_RETURN_VOID();
}

PG_FUNCTION_INFO_V1(billing_release_numbers);
Datum
billing_release_numbers(PG_FUNCTION_ARGS)
{
	AuditLine line = {.action = "release_numbers",
					  .object = arg_text(fcinfo, 0, "series", VALUE_BYTES_MAX),
					  .reason = arg_text(fcinfo, 1, "reason", REASON_BYTES_MAX),
					  .actor = arg_actor(fcinfo, 2)};
	Scope scope;

	scope_open(&scope);
	subscriber_check_none();
	if (!invoice_series_release(line.object, arming_to_release(&line).epoch))
		refuse(ERROR_INVALID_VALUE, "series", line.object);
	audit_insert(&line);
	scope_close(&scope);
	wake_at_commit(WORKER_CLERK);
	PG_RETURN_VOID();
}
