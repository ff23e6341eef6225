/*-------------------------------------------------------------------------
 *
 * account_range.c
 *	  set_account_range(), and what texts tell of whose account they are.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/builtins.h"

#include "api/arguments.h"
#include "clock.h"
#include "core/api_key.h"
#include "core/order_number.h"
#include "errors.h"
#include "spi/scope.h"
#include "spi/subscriber.h"
#include "store/account_range_store.h"
#include "store/account_store.h"
#include "store/audit_store.h"

static char *
print_range(const AccountRange *range)
{
	if (range->last_id == PG_INT64_MAX)
		return "all";
	return psprintf(INT64_FORMAT " to " INT64_FORMAT, range->first_id, range->last_id);
}

/* Sets the range, which is another one by now; ids are made inside from then on. */
static void
set_range(const AccountRange *range, const AccountRange *old, const char *actor, const char *reason)
{
	int64 outside = account_range_find_outside(range);

	if (outside != 0)
		refuse(ERROR_RANGE_TOO_NARROW, print_range(range), outside);
	account_range_insert(range, clock_now(), actor, reason);
	(void) account_move_ids(range->first_id, range->last_id);
	audit_insert(&(AuditLine){.action = "set_account_range",
							  .object = "account range",
							  .old_value = print_range(old),
							  .new_value = print_range(range),
							  .actor = actor,
							  .reason = reason});
}

PG_FUNCTION_INFO_V1(billing_set_account_range);
Datum
billing_set_account_range(PG_FUNCTION_ARGS)
{
	AccountRange range = {.first_id = arg_count(fcinfo, 0, "first_id", LIMIT_ACCOUNT_ID),
						  .last_id = arg_count(fcinfo, 1, "last_id", LIMIT_ACCOUNT_ID)};
	char *actor = arg_actor(fcinfo, 2);
	char *reason = arg_reason(fcinfo, 3);
	AccountRange old;
	Scope scope;
	bool changes;

	if (range.first_id > range.last_id)
		refuse(ERROR_INVALID_VALUE, "range", print_range(&range));
	scope_open(&scope);
	subscriber_check_none();
	account_range_hold_for_changing();
	old = account_range_get();
	changes = range.first_id != old.first_id || range.last_id != old.last_id;
	if (changes)
		set_range(&range, &old, actor, reason);
	scope_close(&scope);
	PG_RETURN_BOOL(changes);
}

PG_FUNCTION_INFO_V1(billing_api_key_account);
Datum
billing_api_key_account(PG_FUNCTION_ARGS)
{
	text *api_key = PG_ARGISNULL(0) ? NULL : PG_GETARG_TEXT_PP(0);
	ApiKey key;

	if (api_key == NULL || !api_key_decode(VARDATA_ANY(api_key), VARSIZE_ANY_EXHDR(api_key), &key))
		PG_RETURN_NULL();
	PG_RETURN_INT64(key.account_id);
}

PG_FUNCTION_INFO_V1(billing_order_number_account);
Datum
billing_order_number_account(PG_FUNCTION_ARGS)
{
	OrderNumber number;

	if (PG_ARGISNULL(0) || !order_number_parse(text_to_cstring(PG_GETARG_TEXT_PP(0)), &number))
		PG_RETURN_NULL();
	PG_RETURN_INT64(number.account_id);
}
