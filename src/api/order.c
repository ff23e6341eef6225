/*-------------------------------------------------------------------------
 *
 * order.c
 *	  Top-ups and plans that are paid through a gateway: placing, watching and
 *	  cancelling their orders (R1, R3, R4, R19).
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "executor/executor.h"
#include "funcapi.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "api/arguments.h"
#include "api/idempotent_call.h"
#include "api/payer.h"
#include "api/result.h"
#include "booking/booking.h"
#include "booking/order.h"
#include "clock.h"
#include "errors.h"
#include "gateway/providers.h"
#include "spi/nano.h"
#include "spi/scope.h"
#include "store/account_range_store.h"
#include "store/gateway_store.h"
#include "store/overseas_store.h"
#include "store/promotion_store.h"
#include "store/report_store.h"
#include "store/subscription_store.h"

/* How often one order's gateway may be asked at a caller's wish. */
#define REFRESH_US (5 * USECS_PER_SEC)

/* A pay URL that is older is renewed: the payer needs some time. */
#define URL_LEFT_US (60 * USECS_PER_SEC)

/* The way of paying that an order takes, found and usable. */
typedef struct Chosen
{
	PaymentMethod method;
	Gateway gateway;
	const Provider *provider;
	const ProviderProduct *product;
} Chosen;

/* ---- what is shown of an order -------------------------------------------- */

/* An open order that has run out is expired, for everybody at once (R4). */
static const char *
shown_state(const Order *order, TimestampTz now)
{
	return order_is_payable(order) && order->payable_until <= now
			   ? "expired"
			   : lifecycle_state_name(&lifecycle_order, order->state);
}

static bool
has_url(const Order *order, TimestampTz now)
{
	return order->pay_url && order->state == ORDER_PENDING && order->pay_url_until > now &&
		   order->payable_until > now;
}

/* A row of type billing.topup; replayed: NULL where the call has no key. */
static Datum
order_row(FunctionCallInfo fcinfo, const Order *order, TimestampTz now, const bool *replayed)
{
	bool shows_url = has_url(order, now);
	int64 invoice_id = order->state == ORDER_PAID
						   ? overseas_invoice_of_order(order->account_id, order->order_id)
						   : NO_NUMBER;
	Datum values[] = {
		Int64GetDatum(order->order_id),
		CStringGetTextDatum(shown_state(order, now)),
		order->close_reason ? CStringGetTextDatum(order->close_reason) : (Datum) 0,
		CStringGetTextDatum(order->method),
		CStringGetTextDatum(order->currency),
		nano_datum(order_amount_nano(order)),
		nano_datum(order->pay_nano),
		nano_datum(order->discount_nano),
		nano_datum(order->gift_nano),
		TimestampTzGetDatum(order->created_at),
		TimestampTzGetDatum(order->expires_at),
		TimestampTzGetDatum(order->paid_at),
		shows_url ? CStringGetTextDatum(order->pay_url) : (Datum) 0,
		TimestampTzGetDatum(Min(order->pay_url_until, order->expires_at)),
		Int64GetDatum(invoice_id),
		BoolGetDatum(replayed && *replayed),
	};
	bool nulls[] = {
		false,
		false,
		order->close_reason == NULL,
		false,
		false,
		false,
		false,
		false,
		false,
		false,
		order->expires_at == DT_NOEND,
		order->paid_at == DT_NOBEGIN,
		!shows_url,
		!shows_url,
		invoice_id == NO_NUMBER,
		replayed == NULL,
	};

	return result_row(fcinfo, values, nulls);
}

/* ---- placing one ---------------------------------------------------------- */

static Chosen
choose(const char *name)
{
	Chosen chosen;

	if (!gateway_find_method(name, sql_run, &chosen.method))
		refuse(ERROR_GATEWAY_UNKNOWN, "payment method", name);
	if (!gateway_find(chosen.method.gateway, sql_run, &chosen.gateway))
		refuse(ERROR_GATEWAY_UNKNOWN, "gateway", chosen.method.gateway);
	chosen.provider = providers_find(chosen.gateway.provider);
	chosen.product = chosen.provider ? providers_product(chosen.provider, chosen.method.product)
									 : NULL;
	if (chosen.product == NULL)
		refuse(ERROR_METHOD_UNAVAILABLE, name, "its provider does not offer it");
	return chosen;
}

static void
check_usable(const Chosen *chosen, const Account *account)
{
	const char *because = NULL;

	if (strcmp(chosen->provider->currency, account->currency) != 0)
		because = "it is of another region";
	else if (!chosen->method.enabled)
		because = "it is disabled";
	else if (chosen->gateway.is_retired)
		because = "its gateway is retired";
	else if (chosen->gateway.is_unavailable)
		because = "its gateway does not answer";
	if (because)
		refuse(ERROR_METHOD_UNAVAILABLE, chosen->method.method, because);
}

static void
check_amount(const char *name, int64 amount_nano, int64 min_nano, int64 max_nano)
{
	char min[MONEY_TEXT_SIZE];
	char max[MONEY_TEXT_SIZE];
	char amount[MONEY_TEXT_SIZE];

	if (amount_nano < min_nano || amount_nano > max_nano)
		refuse(ERROR_OUT_OF_RANGE, name,
			   psprintf("%s to %s", money_print(min_nano, min), money_print(max_nano, max)),
			   money_print(amount_nano, amount));
}

static const char *
why_not(const Promotion *promotion, const Booking *booking, const Order *order)
{
	const char *region = strcmp(booking->account.currency, "CNY") == 0 ? "cn" : "global";

	if (promotion->ends_at <= booking->at)
		return "it has ended";
	if (strcmp(promotion->region, region) != 0)
		return "it is of another region";
	if (order->pay_nano < promotion->min_nano)
		return "the amount is too small";
	if (order_count_promoted(order->account_id, promotion->promotion) >= promotion->orders_max)
		return "the account has used it as often as it may";
	return NULL;
}

/* Splits the amount by a promotion. The account is held: nobody else counts it meanwhile. */
static void
promote(Order *order, const Booking *booking)
{
	Promotion promotion;
	const char *because;

	if (!promotion_find(order->promotion, &promotion))
		refuse(ERROR_PROMOTION_UNAVAILABLE, order->promotion, "it does not exist");
	because = why_not(&promotion, booking, order);
	if (because)
		refuse(ERROR_PROMOTION_UNAVAILABLE, order->promotion, because);
	order->discount_nano = promotion.discount_nano;
	order->pay_nano -= promotion.discount_nano;
	order->gift_nano = promotion.gift_nano;
	order->gift_days = promotion.gift_days;
}

/* Where the payer's browser is sent back to: an address of the web. */
static char *
arg_return_url(FunctionCallInfo fcinfo, int index)
{
	char *url = arg_text_or_null(fcinfo, index, "return_url", CALL_URL_SIZE - 1);

	if (url == NULL)
		return NULL;
	if (strncmp(url, "https://", 8) != 0 && strncmp(url, "http://", 7) != 0)
		refuse(ERROR_INVALID_VALUE, "return_url", url);
	for (const char *c = url; *c; c++)
		if (*c <= ' ' || *c >= 0x7f)
			refuse(ERROR_INVALID_VALUE, "return_url", url);
	return url;
}

/* What all orders have, of the arguments and on the held account; what is bought is set. */
static void
complete_order(FunctionCallInfo fcinfo, const Booking *booking, Order *bought)
{
	Order order = {
		.account_id = booking->account.account_id,
		.pay_nano = bought->pay_nano,
		.method = arg_text(fcinfo, 2, "method", VALUE_BYTES_MAX),
		.promotion = bought->promotion,
		.plan = bought->plan,
		.plan_version = bought->plan_version,
		.replaces = bought->replaces,
		.pack_of = bought->pack_of,
		.return_url = arg_return_url(fcinfo, 6),
		.state = ORDER_CREATED,
		.currency = booking->account.currency,
		.created_at = booking->at,
		.expires_at = booking->at + booking->policies.of[POLICY_PAYMENT_TIMEOUT],
		.paid_at = DT_NOBEGIN,
		.pay_url_until = DT_NOBEGIN,
		.refreshed_at = DT_NOBEGIN,
		.actor = catalog_login_name(),
	};
	Chosen chosen = choose(order.method);

	order.payable_until = order.expires_at;
	order.gateway = chosen.method.gateway;
	order.product = chosen.method.product;
	order.subject = chosen.gateway.subject;
	check_usable(&chosen, &booking->account);
	order.payer = payer_read(fcinfo, 5, chosen.product);
	if (order.promotion)
		promote(&order, booking);
	check_amount("amount to pay", order.pay_nano, chosen.method.min_nano, chosen.method.max_nano);
	*bought = order;
}

static Order
read_topup(FunctionCallInfo fcinfo, const Booking *booking)
{
	Order order = {
		.pay_nano = arg_amount(fcinfo, 1, "amount", LIMIT_PAYMENT),
		.promotion = arg_text_or_null(fcinfo, 4, "promotion", VALUE_BYTES_MAX),
	};

	check_amount("amount", order.pay_nano, booking->policies.of[POLICY_TOPUP_MIN],
				 booking->policies.of[POLICY_TOPUP_MAX]);
	complete_order(fcinfo, booking, &order);
	return order;
}

/* How many periods of the account have not begun, and how many more are ordered. */
static size_t
count_waiting(const Booking *booking)
{
	int64 account_id = booking->account.account_id;
	size_t count;
	Subscription *open = subscription_list_open(account_id, booking->at, sql_run, &count);
	size_t waiting = 0;
	Order *orders;

	for (size_t i = 0; i < count; i++)
		waiting += open[i].starts_at > booking->at;
	orders = order_list_open(account_id, &count);
	for (size_t i = 0; i < count; i++)
		waiting += orders[i].plan != NULL;
	return waiting;
}

/* Why a plan, or a pack, cannot be bought now; running NULL: no period runs. */
static const char *
why_not_plan(const TokenPlan *plan, const Order *order, const Booking *booking,
			 const Subscription *running)
{
	const char *region = strcmp(booking->account.currency, "CNY") == 0 ? "cn" : "global";

	if (strcmp(plan->region, region) != 0)
		return "it is of another region";
	if (plan->retired_at <= booking->at)
		return "it is retired";
	if (plan_is_pack(plan) && running == NULL)
		return "it is drawn beside a plan, and none runs";
	if (plan_is_pack(plan) && order->replaces != NO_NUMBER)
		return "a quota pack replaces nothing";
	if (order->replaces != NO_NUMBER &&
		(running == NULL || running->money.subscription_no != order->replaces))
		return "what it is to replace does not run";
	if (running && !plan_is_pack(plan) && order->replaces == NO_NUMBER &&
		count_waiting(booking) >= PERIODS_WAITING_MAX)
		return "too many periods wait for their begin, or are ordered";
	return NULL;
}

static Order
read_plan_order(FunctionCallInfo fcinfo, const Booking *booking)
{
	Order order = {
		.plan = arg_text(fcinfo, 1, "plan", VALUE_BYTES_MAX),
		.replaces = PG_ARGISNULL(4) ? NO_NUMBER : arg_int64(fcinfo, 4, "replaces"),
	};
	Subscription running;
	bool runs = subscription_find_running(booking->account.account_id, booking->at, sql_run,
										  &running);
	TokenPlan plan;
	const char *because = "it does not exist";

	if (plan_find_newest(order.plan, &plan))
		because = why_not_plan(&plan, &order, booking, runs ? &running : NULL);
	if (because)
		refuse(ERROR_PLAN_UNAVAILABLE, order.plan, because);
	order.plan_version = plan.version;
	order.pay_nano = plan.price_nano;
	order.pack_of = plan_is_pack(&plan) ? running.money.subscription_no : NO_NUMBER;
	complete_order(fcinfo, booking, &order);
	return order;
}

/* The order of a call that was made before, as it is by now. */
static Order
find_replayed(int64 account_id, Datum answer)
{
	bool is_null;
	int64 order_id = DatumGetInt64(
		GetAttributeByName(DatumGetHeapTupleHeader(answer), "order_id", &is_null));
	Order order;

	if (!order_find(account_id, order_id, sql_run, &order))
		refuse(ERROR_ORDER_UNKNOWN, account_id, order_id);
	return order;
}

/* Who pays, and from where, is no part of what a repeated call is compared by. */
static Datum
place(FunctionCallInfo fcinfo, const char *function,
	  Order (*reader)(FunctionCallInfo fcinfo, const Booking *booking))
{
	IdempotentCall call = idempotent_call_read(fcinfo, function, 3, 5, -1);
	Booking booking;
	Scope scope;
	Order order;
	bool replayed;
	Datum row;

	(void) arg_customer_id(fcinfo);
	scope_open(&scope);
	booking_begin(&booking, call.account_id);
	replayed = idempotent_call_begin(fcinfo, &call, &row);
	if (replayed)
	{
		order = find_replayed(call.account_id, row);
		return scope_close_with(&scope, order_row(fcinfo, &order, booking.at, &replayed));
	}
	booking_check_locks(&booking, booking.account.locks);
	order = reader(fcinfo, &booking);
	order_place(&order);
	booking_finish_unmoved(&booking);
	row = order_row(fcinfo, &order, booking.at, &replayed);
	idempotent_call_end(fcinfo, &call, row);
	return scope_close_with(&scope, row);
}

PG_FUNCTION_INFO_V1(billing_create_topup);
Datum
billing_create_topup(PG_FUNCTION_ARGS)
{
	return place(fcinfo, "create_topup", read_topup);
}

PG_FUNCTION_INFO_V1(billing_subscribe);
Datum
billing_subscribe(PG_FUNCTION_ARGS)
{
	return place(fcinfo, "subscribe", read_plan_order);
}

/* ---- one that there is ---------------------------------------------------- */

PG_FUNCTION_INFO_V1(billing_order_status);
Datum
billing_order_status(PG_FUNCTION_ARGS)
{
	int64 account_id = arg_account_id(fcinfo);
	int64 order_id = arg_int64(fcinfo, 1, "order_id");
	Scope scope;
	Order order;

	scope_open(&scope);
	if (!order_find(account_id, order_id, sql_read, &order))
		refuse(ERROR_ORDER_UNKNOWN, account_id, order_id);
	return scope_close_with(&scope, order_row(fcinfo, &order, clock_statement(), NULL));
}

/* Holds the account and finds an order that is paid through a gateway. */
static Order
hold_order(FunctionCallInfo fcinfo, Booking *booking)
{
	int64 account_id = arg_account_id(fcinfo);
	int64 order_id = arg_int64(fcinfo, 1, "order_id");
	Order order;

	booking_begin(booking, account_id);
	if (!order_find(account_id, order_id, sql_run, &order) || order.product == NULL)
		refuse(ERROR_ORDER_UNKNOWN, account_id, order_id);
	return order;
}

/* A paid one is not cancelled; one that has ended or is about to stays as it is. */
PG_FUNCTION_INFO_V1(billing_cancel_order);
Datum
billing_cancel_order(PG_FUNCTION_ARGS)
{
	Booking booking;
	Scope scope;
	Order order;

	scope_open(&scope);
	order = hold_order(fcinfo, &booking);
	if (order.state != ORDER_CLOSING && order.state != ORDER_CLOSED)
	{
		order_stop(&order, ORDER_CANCEL, "cancelled", booking.at);
		booking_finish_unmoved(&booking);
	}
	return scope_close_with(&scope, order_row(fcinfo, &order, booking.at, NULL));
}

PG_FUNCTION_INFO_V1(billing_refresh_order);
Datum
billing_refresh_order(PG_FUNCTION_ARGS)
{
	Booking booking;
	Scope scope;
	Order order;

	scope_open(&scope);
	order = hold_order(fcinfo, &booking);
	if (order.refreshed_at != DT_NOBEGIN && booking.at - order.refreshed_at < REFRESH_US)
		refuse(ERROR_ORDER_TOO_SOON, order.order_id, order.account_id);
	if (!order_has_ended(&order))
	{
		order.refreshed_at = booking.at;
		order_update(&order);
		if (order.gateway_number)
			order_ask(&order, booking.at);
		if (order.pay_url && order.pay_url_until - booking.at < URL_LEFT_US)
			order_renew(&order, booking.at);
		booking_finish_unmoved(&booking);
	}
	return scope_close_with(&scope, order_row(fcinfo, &order, booking.at, NULL));
}
