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
call_work_only_asks(const CallWork *work)
{
	return work->row.kind == KIND_FOLLOW || work->row.kind == KIND_TAKE_BACK;
}

void
call_work_put(CallWork *work, TimestampTz due_at)
{
	work->row.due_at = call_work_is_due(work) ? due_at : DT_NOEND;
	gateway_call_update(&work->row);
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

const char *
call_work_number(int64 account_id, int64 epoch, OrderNumberKind kind, int64 id)
{
	OrderNumber number = {account_id, epoch, kind, id};

	return order_number_print(&number, palloc(ORDER_NUMBER_SIZE));
}
