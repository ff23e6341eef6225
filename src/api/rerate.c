/*-------------------------------------------------------------------------
 *
 * rerate.c
 *	  begin_rerate() and what follows it: charges at prices that were wrong (R20).
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
#include "booking/moment.h"
#include "booking/rerating.h"
#include "errors.h"
#include "spi/nano.h"
#include "store/account_range_store.h"
#include "store/audit_store.h"

/* What is asked for again, by a second person or by one who did not hear the answer, is there
 * already. */
static Rerate
read_rerate(FunctionCallInfo fcinfo)
{
	Rerate rerate = {
		.account_id = PG_ARGISNULL(0) ? NO_NUMBER : arg_customer_id(fcinfo),
		.usage.occurred_from = arg_instant(fcinfo, 1, "occurred_from", DT_NOBEGIN),
		.usage.occurred_to = arg_instant(fcinfo, 2, "occurred_to", DT_NOEND),
		.usage.model = arg_text_or_null(fcinfo, 3, "model", MODEL_BYTES_MAX),
		.idempotency_key = arg_text(fcinfo, 4, "idempotency_key", IDENTIFIER_BYTES_MAX),
		.reason = arg_reason(fcinfo, 5),
		.actor = arg_actor(fcinfo, 6),
	};

	rerate.call_account_id = rerate.account_id == NO_NUMBER ? ACCOUNT_HOUSE_CNY : rerate.account_id;
	if (PG_ARGISNULL(1) || PG_ARGISNULL(2))
		refuse(ERROR_NULL_ARGUMENT, PG_ARGISNULL(1) ? "occurred_from" : "occurred_to");
	if (rerate.usage.occurred_from >= rerate.usage.occurred_to)
		refuse(ERROR_OUT_OF_RANGE, "occurred_to", "later than occurred_from",
			   timestamptz_to_str(rerate.usage.occurred_to));
	return rerate;
}

/* The dry run holds nobody's account: it may take long. */
static Rerate
plan(Rerate rerate)
{
	Rerate planned = rerate;
	Scope scope;

	scope_open_to_scan(&scope);
	rerate_hold_for_adding();
	if (rerate.account_id != NO_NUMBER && !account_exists(rerate.account_id))
		account_range_refuse(rerate.account_id);
	if (!rerate_find_call(rerate.call_account_id, rerate.idempotency_key, &planned))
		rerating_plan(&planned);
	rerate.rerate_no = planned.rerate_no;
	rerate.usage.prices_at = planned.usage.prices_at;
	rerate.outdated_by = planned.outdated_by;
	scope_close(&scope);
	return rerate;
}

static bool
begin_call(FunctionCallInfo fcinfo, OperatorCall *call, const Rerate *rerate, Datum *answer)
{
	OperatorArguments at = {4, 6, 5};

	if (rerate->account_id != NO_NUMBER)
		return operator_call_begin(fcinfo, call, "begin_rerate", at, answer);
	return operator_call_begin_on_house(fcinfo, call, "begin_rerate", "CNY", at, answer);
}

/* Whether a second person is needed by what is beyond an amount in the other currency, too. */
static bool
is_approved(OperatorCall *call, const Rerate *rerate, const RerateSums *sums)
{
	int64 amount_nano = Min(sums->less_nano, MONEY_NANO_MAX - sums->more_nano) + sums->more_nano;
	PolicyValues other = policy_values("USD");

	if (rerate->account_id == NO_NUMBER)
		call->needs_second = !other.is_unset[POLICY_SECOND_PERSON_ABOVE] &&
							 amount_nano > other.of[POLICY_SECOND_PERSON_ABOVE];
	return operator_call_is_approved(call, amount_nano);
}

static Datum
rerate_row(FunctionCallInfo fcinfo, const OperatorCall *call, const Rerate *rerate,
		   const RerateSums *sums, bool is_begun)
{
	Datum values[] = {
		CStringGetTextDatum(is_begun ? "begun" : "awaiting_second"),
		Int64GetDatum(rerate->rerate_no),
		Int64GetDatum(sums->accounts),
		Int64GetDatum(sums->events),
		nano_datum(sums->less_nano),
		nano_datum(sums->more_nano),
		BoolGetDatum(call->idempotent.is_waiting && !is_begun),
	};
	bool nulls[lengthof(values)] = {false};

	return result_row(fcinfo, values, nulls);
}

static void
audit(const OperatorCall *call, const Rerate *rerate, const RerateSums *sums)
{
	char less[MONEY_TEXT_SIZE];
	char more[MONEY_TEXT_SIZE];
	AuditLine line = {
		.account_id = rerate->account_id,
		.action = "begin_rerate",
		.object = psprintf("re-rating " INT64_FORMAT " of %s", rerate->rerate_no,
						   rerate->usage.model ? rerate->usage.model : "all models"),
		.new_value = psprintf("%s less, %s more", money_print(sums->less_nano, less),
							  money_print(sums->more_nano, more)),
		.actor = call->booking.actor,
		.reason = call->reason,
	};

	audit_insert(&line);
}

PG_FUNCTION_INFO_V1(billing_begin_rerate);
Datum
billing_begin_rerate(PG_FUNCTION_ARGS)
{
	Rerate rerate = plan(read_rerate(fcinfo));
	OperatorCall call;
	RerateSums sums;
	Datum answer;
	bool is_begun;

	if (begin_call(fcinfo, &call, &rerate, &answer))
		return answer;
	sums = rerate_sums(rerate.rerate_no);
	is_begun = is_approved(&call, &rerate, &sums);
	if (is_begun)
	{
		rerating_begin(&rerate, call.booking.at);
		audit(&call, &rerate, &sums);
	}
	booking_finish_unmoved(&call.booking);
	answer = rerate_row(fcinfo, &call, &rerate, &sums, is_begun);
	if (is_begun)
		idempotent_call_end(fcinfo, &call.idempotent, answer);
	return scope_close_with(&call.scope, answer);
}

/* How many re-ratings a step of the job tries: what is held, or fails, keeps none from its turn. */
#define RERATES_MAX 100

/* Of the oldest that is open and has something that can be done now. */
static int64
continue_any(Rerate *rerate, int64 events_max)
{
	Rerate open;
	int64 after = 0;
	int64 done = 0;

	for (int i = 0; i < RERATES_MAX && done == 0 && rerate_find_open(after, &open); i++)
	{
		done = rerating_continue(&open, events_max, RERATE_FREE_ACCOUNTS);
		if (done > 0 || after == 0)
			*rerate = open;
		after = open.rerate_no;
	}
	return done;
}

/* One that has begun. */
static Rerate
find_begun(int64 rerate_no)
{
	Rerate rerate;

	if (!rerate_find(rerate_no, &rerate))
		refuse(ERROR_RERATE_UNKNOWN, rerate_no);
	if (rerate.begun_at == DT_NOEND)
		refuse(ERROR_RERATE_STATE, rerate_no, "waits for a second person");
	return rerate;
}

static int64
continue_one(Rerate *rerate, int64 events_max)
{
	*rerate = find_begun(rerate->rerate_no);
	if (rerate->finished_at != DT_NOEND)
		return 0;
	return rerating_continue(rerate, events_max, RERATE_ONE_ACCOUNT);
}

PG_FUNCTION_INFO_V1(billing_continue_rerate);
Datum
billing_continue_rerate(PG_FUNCTION_ARGS)
{
	bool is_any = PG_ARGISNULL(0);
	Rerate rerate = {.rerate_no = is_any ? NO_NUMBER : arg_int64(fcinfo, 0, "rerate_no")};
	int64 events_max = arg_count(fcinfo, 1, "max_events", LIMIT_SETTLE_EVENTS);
	int64 done;
	int64 left;
	Scope scope;

	scope_open(&scope);
	done = is_any ? continue_any(&rerate, events_max) : continue_one(&rerate, events_max);
	left = rerate.rerate_no == NO_NUMBER ? 0 : rerate_left(rerate.rerate_no);
	return scope_close_with(&scope,
							result_row(fcinfo,
									   (Datum[]){Int64GetDatum(rerate.rerate_no),
												 Int64GetDatum(done), Int64GetDatum(left)},
									   (bool[]){rerate.rerate_no == NO_NUMBER, false, false}));
}

PG_FUNCTION_INFO_V1(billing_end_rerate);
Datum
billing_end_rerate(PG_FUNCTION_ARGS)
{
	int64 rerate_no = arg_int64(fcinfo, 0, "rerate_no");
	char *reason = arg_reason(fcinfo, 1);
	char *actor = arg_actor(fcinfo, 2);
	Rerate rerate;
	int64 left;
	Scope scope;

	scope_open(&scope);
	rerate = find_begun(rerate_no);
	left = rerate.finished_at == DT_NOEND ? rerate_end(rerate_no, moment_now()) : 0;
	if (rerate.finished_at == DT_NOEND)
	{
		AuditLine line = {
			.account_id = rerate.account_id,
			.action = "end_rerate",
			.object = psprintf("re-rating " INT64_FORMAT, rerate_no),
			.new_value = psprintf(INT64_FORMAT " charges under way", left),
			.actor = actor,
			.reason = reason,
		};

		audit_insert(&line);
	}
	scope_close(&scope);
	PG_RETURN_INT64(left);
}

PG_FUNCTION_INFO_V1(billing_rerate_accounts);
Datum
billing_rerate_accounts(PG_FUNCTION_ARGS)
{
	int64 rerate_no = arg_int64(fcinfo, 0, "rerate_no");
	Scope scope;

	InitMaterializedSRF(fcinfo, 0);
	scope_open(&scope);
	if (!rerate_exists(rerate_no))
		refuse(ERROR_RERATE_UNKNOWN, rerate_no);
	rerate_report_accounts(rerate_no, (ReturnSetInfo *) fcinfo->resultinfo);
	scope_close(&scope);
	return (Datum) 0;
}
