/*-------------------------------------------------------------------------
 *
 * call_work.c
 *	  The steps that all calls have.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "utils/timestamp.h"

#include "booking/call_work.h"
#include "wake.h"

void
call_work_move(CallWork *work, CallEvent event)
{
	int next;

	(void) lifecycle_next(&lifecycle_call, work->row.state, event, &next);
	work->row.state = (CallState) next;
}

bool
call_work_is_due(const CallWork *work)
{
	CallState state = work->row.state;

	return state == CALL_QUEUED || state == CALL_SENDING || state == CALL_UNKNOWN;
}

bool
call_work_only_asks(const CallRow *call)
{
	CallKind kind = call->kind;

	return kind == KIND_FOLLOW || kind == KIND_TAKE_BACK || kind == KIND_DOCUMENT;
}

void
call_work_put(CallWork *work, TimestampTz due_at)
{
	work->row.due_at = call_work_is_due(work) ? due_at : DT_NOEND;
	gateway_call_update(&work->row);
}

void
call_work_ask(CallWork *work, TimestampTz at)
{
	call_work_move(work, CALL_UNANSWERED);
	call_work_put(work, at);
}

void
call_work_deliver_later(CallWork *work)
{
	call_work_move(work, CALL_NOT_DELIVERED);
	call_work_put(work, call_work_back_off(work));
}

void
call_work_end(CallWork *work, CallEvent event)
{
	call_work_move(work, event);
	call_work_put(work, DT_NOEND);
}

TimestampTz
call_work_back_off(const CallWork *work)
{
	TimestampTz now = work->booking.at;
	int64 wait_us = 0;

	if (work->last_result && strcmp(work->last_result, work->row.result) == 0)
		wait_us = 2 * (now - work->last_answered_at);
	return now + Min(Max(wait_us, CALL_WORK_WAIT_MIN_US), CALL_WORK_WAIT_MAX_US);
}

void
call_work_resend(CallRow *call, TimestampTz at)
{
	bool is_in_doubt = !call_work_only_asks(call) && gateway_call_was_sent(call);
	int next;

	if (lifecycle_next(&lifecycle_call, call->state,
					   is_in_doubt ? CALL_RETRY_SENT : CALL_RETRY_UNSENT, &next) == LIFECYCLE_MOVES)
	{
		call->state = (CallState) next;
		call->due_at = at;
		call->attempts = 0;
	}
	gateway_call_update(call);
	wake_at_commit(WORKER_GATEWAY);
}

void
call_work_drop(CallRow *call)
{
	int next;

	if (lifecycle_next(&lifecycle_call, call->state, CALL_NOT_WANTED, &next) != LIFECYCLE_MOVES &&
		lifecycle_next(&lifecycle_call, call->state, CALL_ABSENT_NOT_WANTED, &next) !=
			LIFECYCLE_MOVES)
		return;
	call->state = (CallState) next;
	call->due_at = DT_NOEND;
	call->attempts = 0;
	gateway_call_update(call);
}

void
call_work_send_again(CallWork *work)
{
	TimestampTz known_at = work->row.first_sent_at + CALL_WORK_ABSENT_US;
	TimestampTz next = call_work_back_off(work);

	if (work->booking.at < known_at)
		next = Min(next, known_at);
	else
	{
		call_work_move(work, CALL_ABSENT);
		if (work->row.asked <= CALL_WORK_ASKED_FEW)
			next = work->booking.at;
	}
	call_work_put(work, next);
}

void
call_work_park(CallWork *work)
{
	call_work_move(work,
				   work->row.state == CALL_SENDING ? CALL_MISCONFIGURED : CALL_ATTEMPTS_SPENT);
}

void
call_work_contradict(CallWork *work)
{
	work->row.result = "contradiction";
	call_work_park(work);
	call_work_put(work, DT_NOEND);
}

void
call_work_ask_patiently(CallWork *work)
{
	if (++work->row.attempts >= CALL_WORK_ATTEMPTS_MAX)
		call_work_contradict(work);
	else
		call_work_ask(work, work->booking.at + (CALL_WORK_WAIT_MIN_US << 2 * work->row.attempts));
}

bool
call_work_doubt(CallWork *work)
{
	bool was_absent = work->last_result &&
					  strcmp(work->last_result, call_result_name(RESULT_ABSENT)) == 0;

	call_work_move(work, CALL_UNANSWERED);
	if (++work->row.attempts < CALL_WORK_ATTEMPTS_MAX)
		call_work_put(work, call_work_back_off(work));
	else if (!was_absent)
	{
		call_work_park(work);
		call_work_put(work, DT_NOEND);
	}
	return work->row.attempts >= CALL_WORK_ATTEMPTS_MAX && was_absent;
}

const char *
call_work_number(int64 account_id, int64 epoch, OrderNumberKind kind, int64 id)
{
	OrderNumber number = {account_id, epoch, kind, id};

	return order_number_print(&number, palloc(ORDER_NUMBER_SIZE));
}
