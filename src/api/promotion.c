/*-------------------------------------------------------------------------
 *
 * promotion.c
 *	  What customers may get with a top-up (R19).
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "api/arguments.h"
#include "booking/moment.h"
#include "errors.h"
#include "spi/scope.h"
#include "spi/subscriber.h"
#include "store/audit_store.h"
#include "store/promotion_store.h"

/* R19 */
#define GIFT_DAYS 40

static int64
arg_gain(FunctionCallInfo fcinfo, int index, const char *name)
{
	return PG_ARGISNULL(index) ? 0 : arg_amount(fcinfo, index, name, LIMIT_PAYMENT);
}

/* How long a gift lasts; 0 where there is none. */
static int32
arg_days(FunctionCallInfo fcinfo, int index, int64 gift_nano)
{
	if (PG_ARGISNULL(index))
		return gift_nano > 0 ? GIFT_DAYS : 0;
	return (int32) arg_count(fcinfo, index, "gift_days", LIMIT_GIFT_DAYS);
}

static void
check_gains(const Promotion *promotion)
{
	if (strcmp(promotion->region, "cn") != 0 && strcmp(promotion->region, "global") != 0)
		refuse(ERROR_INVALID_VALUE, "region", promotion->region);
	if (promotion->discount_nano + promotion->gift_nano == 0)
		refuse(ERROR_NULL_ARGUMENT, "discount, or gift");
	if (promotion->discount_nano >= promotion->min_nano)
		refuse(ERROR_INVALID_VALUE, "discount", "not below amount_min");
	if (promotion->gift_days > 0 && promotion->gift_nano == 0)
		refuse(ERROR_INVALID_VALUE, "gift_days", "without a gift");
}

static const char *
describe(const Promotion *promotion)
{
	char min[MONEY_TEXT_SIZE];
	char discount[MONEY_TEXT_SIZE];
	char gift[MONEY_TEXT_SIZE];

	return psprintf("%s, from %s: discount %s, gift %s, %d orders", promotion->region,
					money_print(promotion->min_nano, min),
					money_print(promotion->discount_nano, discount),
					money_print(promotion->gift_nano, gift), promotion->orders_max);
}

PG_FUNCTION_INFO_V1(billing_create_promotion);
Datum
billing_create_promotion(PG_FUNCTION_ARGS)
{
	Promotion promotion = {
		.promotion = arg_text(fcinfo, 0, "name", VALUE_BYTES_MAX),
		.region = arg_text(fcinfo, 1, "region", VALUE_BYTES_MAX),
		.min_nano = arg_amount(fcinfo, 2, "amount_min", LIMIT_PAYMENT),
		.discount_nano = arg_gain(fcinfo, 3, "discount"),
		.gift_nano = arg_gain(fcinfo, 4, "gift"),
		.orders_max = (int32) arg_count(fcinfo, 6, "orders_max", LIMIT_PROMOTION_ORDERS),
		.ends_at = arg_instant(fcinfo, 7, "ends_at", DT_NOEND),
	};
	AuditLine line = {.action = "create_promotion",
					  .object = promotion.promotion,
					  .actor = arg_actor(fcinfo, 8),
					  .reason = arg_reason(fcinfo, 9)};
	TimestampTz now;
	Scope scope;

	promotion.gift_days = arg_days(fcinfo, 5, promotion.gift_nano);
	check_gains(&promotion);
	scope_open(&scope);
	now = moment_now();
	if (promotion.ends_at <= now)
		refuse(ERROR_OUT_OF_RANGE, "ends_at", "later than now",
			   timestamptz_to_str(promotion.ends_at));
	line.new_value = describe(&promotion);
	subscriber_check_none();
	if (!promotion_insert(&promotion, now))
		refuse(ERROR_PROMOTION_UNAVAILABLE, promotion.promotion,
			   "one of that name was made before");
	audit_insert(&line);
	scope_close(&scope);
	PG_RETURN_VOID();
}

PG_FUNCTION_INFO_V1(billing_end_promotion);
Datum
billing_end_promotion(PG_FUNCTION_ARGS)
{
	char *name = arg_text(fcinfo, 0, "name", VALUE_BYTES_MAX);
	AuditLine line = {.action = "end_promotion",
					  .object = name,
					  .actor = arg_actor(fcinfo, 1),
					  .reason = arg_reason(fcinfo, 2)};
	bool ended;
	Scope scope;

	scope_open(&scope);
	subscriber_check_none();
	ended = promotion_end(name, moment_now());
	if (ended)
		audit_insert(&line);
	scope_close(&scope);
	PG_RETURN_BOOL(ended);
}
