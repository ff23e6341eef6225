/*-------------------------------------------------------------------------
 *
 * subscription.c
 *	  What an account has of Token Plans, and what operators do about it (R3).
 *
 * Buying is an order: api/order.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "funcapi.h"
#include "utils/timestamp.h"

#include "api/arguments.h"
#include "api/operator_call.h"
#include "api/result.h"
#include "booking/each_account.h"
#include "booking/earning.h"
#include "booking/moment.h"
#include "booking/subscription.h"
#include "clock.h"
#include "errors.h"
#include "spi/scope.h"
#include "store/quota_store.h"
#include "store/subscription_report_store.h"

/* What one earn_plans() does at the most, so that its transaction stays bounded. */
#define EARNING_ACCOUNTS_MAX 1000

/* ---- what there is --------------------------------------------------------- */

static void
put_status(int64 account_id, ReturnSetInfo *result)
{
	subscription_report_status(account_id, clock_statement(), result);
}

PG_FUNCTION_INFO_V1(billing_plan_status);
Datum
billing_plan_status(PG_FUNCTION_ARGS)
{
	return result_of_account(fcinfo, arg_account_id(fcinfo), put_status);
}

static Subscription
must_find(int64 account_id, int64 subscription_no)
{
	Subscription subscription;

	if (!subscription_find(account_id, subscription_no, &subscription))
		refuse(ERROR_SUBSCRIPTION_UNKNOWN, account_id, subscription_no);
	return subscription;
}

PG_FUNCTION_INFO_V1(billing_plan_usage);
Datum
billing_plan_usage(PG_FUNCTION_ARGS)
{
	int64 account_id = arg_account_id(fcinfo);
	int64 subscription_no = arg_int64(fcinfo, 1, "subscription_no");
	Scope scope;

	InitMaterializedSRF(fcinfo, 0);
	scope_open(&scope);
	if (!subscription_report_usage(account_id, subscription_no,
								   (ReturnSetInfo *) fcinfo->resultinfo))
		refuse(ERROR_SUBSCRIPTION_UNKNOWN, account_id, subscription_no);
	scope_close(&scope);
	return (Datum) 0;
}

/* ---- compensation ---------------------------------------------------------- */

/* An operator's call about one subscription that runs. */
typedef struct Compensation
{
	OperatorCall call;
	Subscription subscription;
	Quotas quotas; /* of its account, from now on */
} Compensation;

/* Refuses one that does not run: nothing can be drawn on it. */
static void
find_running(Compensation *compensation, int64 subscription_no)
{
	const Booking *booking = &compensation->call.booking;
	int64 account_id = booking->account.account_id;
	Subscription *subscription = &compensation->subscription;

	*subscription = must_find(account_id, subscription_no);
	if (subscription->state != SUBSCRIPTION_PAID || subscription->starts_at > booking->at ||
		subscription->ends_at <= booking->at)
		refuse(ERROR_SUBSCRIPTION_STATE, subscription_no, account_id, "it does not run");
	compensation->quotas = quota_list(account_id, booking->at, 0, sql_run);
}

/* The quota of the subscription of that kind, now; NULL where there is none. */
static const Quota *
current_quota(const Compensation *compensation, QuotaKind kind)
{
	TimestampTz at = compensation->call.booking.at;
	const Quotas *quotas = &compensation->quotas;

	for (size_t i = 0; i < quotas->count; i++)
		if (quotas->list[i].kind == kind && quotas->list[i].starts_at <= at &&
			quotas->list[i].subscription_no == compensation->subscription.money.subscription_no)
			return &quotas->list[i];
	return NULL;
}

/* What credits are worth, by the price and the quota that were bought. */
static int64
worth_nano(const Subscription *subscription, int64 credits_nano)
{
	const TokenPlan *plan = &subscription->plan;
	int64 whole_nano = plan->quota_nano;
	int64 parts = plan->monthly_quota ? plan->months : 1;
	int128_t product = (int128_t) subscription->price_nano * credits_nano;
	int64 worth = MONEY_NANO_MAX;

	(void) money_divide_half_up(product / parts, whole_nano, &worth);
	return worth;
}

static Datum
finish(FunctionCallInfo fcinfo, Compensation *compensation, int64 worth)
{
	Booking *booking = &compensation->call.booking;
	int64 subscription_no = compensation->subscription.money.subscription_no;

	booking_source(booking, SOURCE_SUBSCRIPTION, subscription_no, booking->at);
	return operator_call_end(fcinfo, &compensation->call, subscription_no, NO_NUMBER, worth);
}

/* Gives credits on top of a quota. */
static Datum
give(FunctionCallInfo fcinfo, Compensation *compensation, const Quota *quota, int64 credits_nano)
{
	int64 worth = worth_nano(&compensation->subscription, credits_nano);
	Datum answer;

	if (!operator_call_approved(fcinfo, &compensation->call, worth, &answer))
		return answer;
	if (quota->given_nano > QUOTA_NANO_MAX - credits_nano)
		refuse(ERROR_SUBSCRIPTION_STATE, quota->subscription_no,
			   compensation->subscription.account_id, "as much as can be was given to it");
	booking_load(&compensation->call.booking, LOTS_OPEN, 0);
	quota_give(compensation->subscription.account_id, quota, credits_nano);
	return finish(fcinfo, compensation, worth);
}

PG_FUNCTION_INFO_V1(billing_give_back_quota);
Datum
billing_give_back_quota(PG_FUNCTION_ARGS)
{
	int64 subscription_no = arg_int64(fcinfo, 1, "subscription_no");
	int64 credits_nano = arg_amount(fcinfo, 2, "credits", LIMIT_CREDITS);
	Compensation compensation;
	const Quota *part;
	Datum answer;

	(void) arg_text(fcinfo, 4, "reason", REASON_BYTES_MAX);
	if (operator_call_begin(fcinfo, &compensation.call, "give_back_quota",
							(OperatorArguments){3, 5, 4}, &answer))
		return answer;
	find_running(&compensation, subscription_no);
	part = current_quota(&compensation, QUOTA_PART);
	if (part == NULL)
		refuse(ERROR_ROW_ALTERED, "a subscription that runs has no quota");
	return give(fcinfo, &compensation, part, credits_nano);
}

PG_FUNCTION_INFO_V1(billing_reset_quota_window);
Datum
billing_reset_quota_window(PG_FUNCTION_ARGS)
{
	int64 subscription_no = arg_int64(fcinfo, 1, "subscription_no");
	Compensation compensation;
	const Quota *window;
	Datum answer;

	(void) arg_text(fcinfo, 3, "reason", REASON_BYTES_MAX);
	if (operator_call_begin(fcinfo, &compensation.call, "reset_quota_window",
							(OperatorArguments){2, 4, 3}, &answer))
		return answer;
	find_running(&compensation, subscription_no);
	window = current_quota(&compensation, QUOTA_WINDOW);
	if (window == NULL || window->used_nano <= window->given_nano)
		refuse(ERROR_SUBSCRIPTION_STATE, subscription_no, compensation.subscription.account_id,
			   "nothing was drawn in a window of it");
	return give(fcinfo, &compensation, window, window->used_nano - window->given_nano);
}

/* What days are worth, by the length that it has. */
static int64
worth_of_days_nano(const Subscription *subscription, int64 days)
{
	int64 length_us = subscription->ends_at - subscription->starts_at;
	int64 worth = MONEY_NANO_MAX;

	(void) money_divide_half_up((int128_t) subscription->price_nano * days * USECS_PER_DAY,
								length_us, &worth);
	return worth;
}

static void
check_extensible(const Subscription *subscription, TimestampTz at)
{
	const char *because = NULL;

	if (subscription->state != SUBSCRIPTION_PAID)
		because = "it is revoked";
	else if (subscription->pack_of != NO_NUMBER)
		because = "it is a quota pack, which ends with its period";
	else if (subscription->starts_at == DT_NOEND)
		because = "it waits for the end of a lock";
	else if (subscription->ends_at <= at)
		because = "it has ended";
	if (because)
		refuse(ERROR_SUBSCRIPTION_STATE, subscription->money.subscription_no,
			   subscription->account_id, because);
}

PG_FUNCTION_INFO_V1(billing_extend_subscription);
Datum
billing_extend_subscription(PG_FUNCTION_ARGS)
{
	int64 subscription_no = arg_int64(fcinfo, 1, "subscription_no");
	int64 days = arg_count(fcinfo, 2, "days", LIMIT_EXTENSION_DAYS);
	Compensation compensation;
	Booking *booking = &compensation.call.booking;
	int64 worth;
	Datum answer;

	(void) arg_text(fcinfo, 4, "reason", REASON_BYTES_MAX);
	if (operator_call_begin(fcinfo, &compensation.call, "extend_subscription",
							(OperatorArguments){3, 5, 4}, &answer))
		return answer;
	compensation.subscription = must_find(booking->account.account_id, subscription_no);
	check_extensible(&compensation.subscription, booking->at);
	compensation.call.needs_second = true;
	worth = worth_of_days_nano(&compensation.subscription, days);
	if (!operator_call_approved(fcinfo, &compensation.call, worth, &answer))
		return answer;
	booking_load(booking, LOTS_OPEN, 1);
	subscription_extend(booking, &compensation.subscription, (int32) days);
	return finish(fcinfo, &compensation, worth);
}

/* ---- earned ---------------------------------------------------------------- */

static void
earn(Booking *booking, void *argument)
{
	size_t count;
	Subscription *unearned;

	booking_load(booking, LOTS_OPEN, 1);
	unearned = subscription_list_unearned(booking->account.account_id, &count);
	for (size_t i = 0; i < count; i++)
	{
		earning_book_due(booking, &unearned[i]);
		subscription_update(&unearned[i]);
	}
	subscription_tell_end(booking);
	booking_finish(booking);
}

PG_FUNCTION_INFO_V1(billing_earn_plans);
Datum
billing_earn_plans(PG_FUNCTION_ARGS)
{
	int64 booked;
	int64 *accounts;
	size_t count;
	Scope scope;

	scope_open(&scope);
	accounts = subscription_due_accounts(moment_now(), EARNING_ACCOUNTS_MAX, &count);
	booked = each_account_run(accounts, count, earn);
	scope_close(&scope);
	PG_RETURN_INT64(booked);
}
