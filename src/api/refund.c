/*-------------------------------------------------------------------------
 *
 * refund.c
 *	  Refunds: asked for by customers, decided by operators (R12 to R14).
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "funcapi.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "api/arguments.h"
#include "api/operator_call.h"
#include "api/result.h"
#include "booking/lock.h"
#include "booking/refund.h"
#include "booking/subscription.h"
#include "clock.h"
#include "core/lock_reason.h"
#include "errors.h"
#include "spi/nano.h"
#include "spi/scope.h"
#include "store/account_range_store.h"
#include "store/audit_store.h"
#include "store/inbox_store.h"
#include "store/order_store.h"
#include "store/refund_report_store.h"
#include "store/usage_store.h"

/* ---- quote -------------------------------------------------------------------- */

/* A line of type billing.refund_quote. */
typedef struct QuoteLine
{
	const char *subject;
	const QuotedOrder *order; /* NULL: it is of no top-up */
	const Subscription *plan; /* NULL: it is of no plan */
	int64 remaining_nano;
	int64 refundable_nano;
	const char *reason;
} QuoteLine;

static Datum
text_or_null(const char *text, bool *is_null)
{
	*is_null = text == NULL;
	return text ? CStringGetTextDatum(text) : (Datum) 0;
}

/* Why nothing of an order can be refunded; NULL where something can. */
static const char *
reason_of(const QuotedOrder *order)
{
	const RefundBasis *basis = &order->basis;

	if (order->refundable_nano > 0)
		return NULL;
	if (basis->refunded_nano >= basis->paid_nano)
		return "refunded";
	if (basis->refunded_nano + basis->invoiced_nano >= basis->paid_nano)
		return "invoiced";
	return basis->remaining_nano < MONEY_NANO_PER_CENT ? "consumed" : "coupons";
}

static void
put_line(ReturnSetInfo *result, const QuoteLine *line, TimestampTz now)
{
	const QuotedOrder *order = line->order;
	const RefundBasis *basis = order ? &order->basis : NULL;
	TimestampTz until = order ? refund_until(order) : DT_NOEND;
	int64 plan_order_id = line->plan ? line->plan->order_id : NO_NUMBER;
	int64 plan_paid_nano = line->plan ? line->plan->price_nano : 0;
	bool nulls[12] = {0};
	Datum values[12] = {
		CStringGetTextDatum(line->subject),
		Int64GetDatum(order ? order->order_id : plan_order_id),
		text_or_null(order ? order->method : NULL, &nulls[2]),
		nano_datum(basis ? basis->paid_nano : plan_paid_nano),
		nano_datum(order ? order->consumed_nano : 0),
		nano_datum(basis ? basis->invoiced_nano : 0),
		nano_datum(basis ? basis->refunded_nano : 0),
		nano_datum(line->remaining_nano),
		nano_datum(line->refundable_nano),
		TimestampTzGetDatum(until),
		text_or_null(order && order->refundable_nano > 0 ? refund_manual_reason(order, now) : NULL,
					 &nulls[10]),
		text_or_null(line->reason, &nulls[11]),
	};

	nulls[9] = until == DT_NOEND;
	for (int i = 1; i < 7 && order == NULL; i++)
		nulls[i] = line->plan == NULL || (i != 1 && i != 3);
	tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
}

/* The plans that have not ended: never refundable (R3), and stopped by the lock of a request. */
static void
put_plan_lines(ReturnSetInfo *result, int64 account_id, TimestampTz now)
{
	bool stops = policy_values(NULL).of[POLICY_REFUND_BLOCKS_PLAN] != 0;
	size_t count;
	Subscription *open = subscription_list_open(account_id, now, sql_read, &count);

	for (size_t i = 0; i < count; i++)
		put_line(result,
				 &(QuoteLine){"plan", NULL, &open[i], open[i].money.deferred_nano, 0,
							  stops ? "plan_stopped" : "plan"},
				 now);
}

static void
put_quote(ReturnSetInfo *result, const Account *account, TimestampTz now)
{
	RefundQuote quote = refund_quote(account->account_id, NO_NUMBER, sql_read);
	QuoteLine bonus = {"bonus",
					   NULL,
					   NULL,
					   account->bonus_nano - (account->next_expiry_at <= now
												  ? lot_expired(account->account_id, now)
												  : 0),
					   0,
					   "bonus"};
	QuoteLine total = {"total", NULL, NULL, account->cash_nano, quote.total_nano, NULL};

	for (size_t i = 0; i < quote.count; i++)
	{
		const QuotedOrder *order = &quote.orders[i];

		put_line(result,
				 &(QuoteLine){"order", order, NULL, order->basis.remaining_nano,
							  order->refundable_nano, reason_of(order)},
				 now);
	}
	if (bonus.remaining_nano > 0)
		put_line(result, &bonus, now);
	put_plan_lines(result, account->account_id, now);
	put_line(result, &total, now);
}

/* Begins the answer with rows about an account. */
static ReturnSetInfo *
begin_rows(FunctionCallInfo fcinfo, int64 account_id, Account *account)
{
	if (!account_read(account_id, account))
		account_range_refuse(account_id);
	return (ReturnSetInfo *) fcinfo->resultinfo;
}

PG_FUNCTION_INFO_V1(billing_refund_quote);
Datum
billing_refund_quote(PG_FUNCTION_ARGS)
{
	int64 account_id = arg_customer_id(fcinfo);
	Account account;
	Scope scope;

	InitMaterializedSRF(fcinfo, 0);
	scope_open(&scope);
	put_quote(begin_rows(fcinfo, account_id, &account), &account, clock_statement());
	scope_close(&scope);
	return (Datum) 0;
}

/* ---- reports ------------------------------------------------------------------ */

PG_FUNCTION_INFO_V1(billing_refunds);
Datum
billing_refunds(PG_FUNCTION_ARGS)
{
	int64 account_id = arg_customer_id(fcinfo);
	Account account;
	Scope scope;

	InitMaterializedSRF(fcinfo, 0);
	scope_open(&scope);
	refund_report_list(account_id, clock_statement(), begin_rows(fcinfo, account_id, &account));
	scope_close(&scope);
	return (Datum) 0;
}

PG_FUNCTION_INFO_V1(billing_refund_items);
Datum
billing_refund_items(PG_FUNCTION_ARGS)
{
	int64 account_id = arg_customer_id(fcinfo);
	int64 refund_id = PG_ARGISNULL(1) ? NO_NUMBER : PG_GETARG_INT64(1);
	ReturnSetInfo *result;
	Account account;
	Refund refund;
	Scope scope;

	InitMaterializedSRF(fcinfo, 0);
	scope_open(&scope);
	result = begin_rows(fcinfo, account_id, &account);
	if (!PG_ARGISNULL(1) && !refund_find(account_id, refund_id, sql_read, &refund))
		refuse(ERROR_REFUND_UNKNOWN, account_id, refund_id);
	refund_report_items(account_id, refund_id, result);
	scope_close(&scope);
	return (Datum) 0;
}

PG_FUNCTION_INFO_V1(billing_refund_queue);
Datum
billing_refund_queue(PG_FUNCTION_ARGS)
{
	TimestampTz now = clock_statement();
	int64 wait_us = 0;
	Scope scope;

	InitMaterializedSRF(fcinfo, 0);
	scope_open(&scope);
	(void) policy_get(POLICY_REFUND_SETTLE_WAIT, NULL, &wait_us);
	refund_report_queue(now, wait_us, (ReturnSetInfo *) fcinfo->resultinfo);
	scope_close(&scope);
	return (Datum) 0;
}

/* ---- asking ------------------------------------------------------------------- */

static void
audit(const Refund *refund, const char *action, const char *actor, const char *reason)
{
	char amount[MONEY_TEXT_SIZE];

	audit_insert(&(AuditLine){.account_id = refund->account_id,
							  .action = action,
							  .object = psprintf("refund " INT64_FORMAT, refund->refund_id),
							  .new_value = pstrdup(money_print_cents(refund->amount_nano, amount)),
							  .actor = actor,
							  .reason = reason});
}

/* A row of type billing.refund, of one that was accepted now. */
static Datum
refund_row(FunctionCallInfo fcinfo, const Refund *refund)
{
	Datum values[] = {
		Int64GetDatum(refund->refund_id),
		(Datum) 0,
		CStringGetTextDatum(lifecycle_state_name(&lifecycle_refund, refund->state)),
		nano_datum(refund->amount_nano),
		nano_datum(0),
		nano_datum(0),
		nano_datum(0),
		CStringGetTextDatum(refund->reason),
		TimestampTzGetDatum(refund->requested_at),
		(Datum) 0,
		(Datum) 0,
		Int64GetDatum(0),
		BoolGetDatum(false),
	};
	bool nulls[13] = {[1] = true, [9] = true, [10] = true};

	return result_row(fcinfo, values, nulls);
}

PG_FUNCTION_INFO_V1(billing_request_refund);
Datum
billing_request_refund(PG_FUNCTION_ARGS)
{
	IdempotentCall call = idempotent_call_read(fcinfo, "request_refund", 2, 3, 1);
	Refund refund = {.account_id = arg_customer_id(fcinfo),
					 .reason = arg_text(fcinfo, 1, "reason", REASON_BYTES_MAX),
					 .decided_at = DT_NOBEGIN,
					 .ended_at = DT_NOBEGIN};
	Booking booking;
	Scope scope;
	Datum row;

	scope_open(&scope);
	booking_begin(&booking, call.account_id);
	booking.actor = arg_actor(fcinfo, 3);
	if (idempotent_call_begin(fcinfo, &call, &row))
		return scope_close_with(&scope, row);
	refund_accept(&booking, &refund);
	audit(&refund, "request_refund", booking.actor, refund.reason);
	booking_finish_unmoved(&booking);
	row = refund_row(fcinfo, &refund);
	idempotent_call_end(fcinfo, &call, row);
	return scope_close_with(&scope, row);
}

/* ---- deciding ----------------------------------------------------------------- */

static Refund
must_find(int64 account_id, int64 refund_id)
{
	Refund refund;

	if (!refund_find(account_id, refund_id, sql_run, &refund))
		refuse(ERROR_REFUND_UNKNOWN, account_id, refund_id);
	return refund;
}

/* What was used before the lock is charged first. */
static void
check_settled(const Booking *booking, const Refund *refund)
{
	int64 wait_us = booking->policies.of[POLICY_REFUND_SETTLE_WAIT];
	const char *because = NULL;

	if (booking->at < refund->requested_at + wait_us)
		because = "policy refund_settle_wait is not over";
	else if (inbox_has_rows(refund->account_id))
		because = "there is metered usage that is not settled";
	else if (usage_is_unsettled(refund->account_id))
		because = "there is usage without a price";
	if (because)
		refuse(ERROR_REFUND_WAITS, refund->refund_id, refund->account_id, because);
}

/* Reserves and sends back what the quote says; the answer of the call. */
static Datum
pay(FunctionCallInfo fcinfo, OperatorCall *call, const Refund *refund, const RefundQuote *quote)
{
	booking_load(&call->booking, LOTS_ALL, quote->count);
	refund_pay(&call->booking, refund, quote);
	booking_source(&call->booking, SOURCE_REFUND, refund->refund_id, call->booking.at);
	return operator_call_end(fcinfo, call, refund->refund_id, NO_NUMBER, refund->amount_nano);
}

PG_FUNCTION_INFO_V1(billing_approve_refund);
Datum
billing_approve_refund(PG_FUNCTION_ARGS)
{
	int64 refund_id = arg_int64(fcinfo, 1, "refund_id");
	OperatorCall call;
	RefundQuote quote;
	Refund refund;
	Datum answer;

	if (operator_call_begin(fcinfo, &call, "approve_refund", (OperatorArguments){2, 3, 4}, &answer))
		return answer;
	refund = must_find(call.idempotent.account_id, refund_id);
	refund_check(&refund, REFUND_APPROVE);
	check_settled(&call.booking, &refund);
	quote = refund_quote(refund.account_id, NO_NUMBER, sql_run);
	refund.amount_nano = quote.total_nano;
	if (quote.total_nano == 0)
		refuse(ERROR_NOTHING_TO_REFUND, refund.account_id);
	if (!operator_call_approved(fcinfo, &call, quote.total_nano, &answer))
		return answer;
	refund_decide(&call.booking, &refund, REFUND_APPROVE, call.reason);
	return pay(fcinfo, &call, &refund, &quote);
}

/* Lifts the lock of a refund: plans that were paid meanwhile begin. */
static void
lift_lock(Booking *booking, LockChange *change)
{
	lock_lift(booking, change);
	booking_load(booking, LOTS_OPEN, 1);
	subscription_place_all(booking);
	booking_finish(booking);
}

PG_FUNCTION_INFO_V1(billing_reject_refund);
Datum
billing_reject_refund(PG_FUNCTION_ARGS)
{
	int64 account_id = arg_customer_id(fcinfo);
	int64 refund_id = arg_int64(fcinfo, 1, "refund_id");
	char *reason = arg_text(fcinfo, 2, "reason", REASON_BYTES_MAX);
	LockChange change = {
		.lock = lock_reason_name(LOCK_REFUND), .actor = arg_actor(fcinfo, 3), .reason = reason};
	Booking booking;
	Refund refund;
	Scope scope;

	scope_open(&scope);
	booking_begin(&booking, account_id);
	booking.actor = change.actor;
	refund = must_find(account_id, refund_id);
	refund_decide(&booking, &refund, REFUND_REJECT, reason);
	audit(&refund, "reject_refund", change.actor, reason);
	lift_lock(&booking, &change);
	scope_close(&scope);
	PG_RETURN_VOID();
}

/* The quote of one order, cut down to an amount of it. */
static RefundQuote
quote_of(int64 account_id, int64 order_id, int64 amount_nano)
{
	RefundQuote quote = refund_quote(account_id, order_id, sql_run);
	char most[MONEY_TEXT_SIZE];
	Order order;

	if (!order_find(account_id, order_id, sql_run, &order))
		refuse(ERROR_ORDER_UNKNOWN, account_id, order_id);
	if (quote.count != 1 || amount_nano > quote.total_nano)
		refuse(ERROR_REFUND_EXCEEDS, order_id, account_id,
			   money_print_cents(quote.total_nano, most));
	quote.orders[0].refundable_nano = quote.total_nano = amount_nano;
	return quote;
}

PG_FUNCTION_INFO_V1(billing_refund_order);
Datum
billing_refund_order(PG_FUNCTION_ARGS)
{
	Refund refund = {.account_id = arg_customer_id(fcinfo),
					 .order_id = arg_int64(fcinfo, 1, "order_id"),
					 .amount_nano = arg_amount(fcinfo, 2, "amount", LIMIT_PAYMENT),
					 .state = REFUND_IS_PAYING,
					 .ended_at = DT_NOBEGIN};
	OperatorCall call;
	RefundQuote quote;
	Refund open;
	Datum answer;

	if (operator_call_begin(fcinfo, &call, "refund_order", (OperatorArguments){3, 4, 5}, &answer))
		return answer;
	booking_check_open(&call.booking);
	if (refund_find_open(refund.account_id, &open))
		refuse(ERROR_REFUND_OPEN, refund.account_id, open.refund_id);
	quote = quote_of(refund.account_id, refund.order_id, refund.amount_nano);
	if (!operator_call_approved(fcinfo, &call, refund.amount_nano, &answer))
		return answer;
	refund.reason = refund.decision_reason = call.reason;
	refund.requested_at = refund.decided_at = call.booking.at;
	refund.requested_by = refund.decided_by = call.booking.actor;
	refund_insert(&refund);
	return pay(fcinfo, &call, &refund, &quote);
}

/* ---- behind it ---------------------------------------------------------------- */

PG_FUNCTION_INFO_V1(billing_reopen_account);
Datum
billing_reopen_account(PG_FUNCTION_ARGS)
{
	int64 account_id = arg_customer_id(fcinfo);
	LockChange change = {.lock = lock_reason_name(LOCK_REFUND),
						 .actor = arg_actor(fcinfo, 1),
						 .reason = arg_reason(fcinfo, 2)};
	Booking booking;
	Refund open;
	Scope scope;
	bool lifts;

	scope_open(&scope);
	booking_begin(&booking, account_id);
	lifts = (booking.account.locks & LOCK_REFUND) != 0;
	if (lifts && refund_find_open(account_id, &open))
		refuse(ERROR_REFUND_OPEN, account_id, open.refund_id);
	if (lifts)
	{
		audit_insert(&(AuditLine){.account_id = account_id,
								  .action = "reopen_account",
								  .object = "lock refund",
								  .actor = change.actor,
								  .reason = change.reason});
		lift_lock(&booking, &change);
	}
	scope_close(&scope);
	PG_RETURN_BOOL(lifts);
}
