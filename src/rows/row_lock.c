/*-------------------------------------------------------------------------
 *
 * row_lock.c
 *	  What may have become of a row since the snapshot, in the server's words.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xact.h"
#include "utils/snapmgr.h"

#include "errors.h"
#include "rows/row_lock.h"

static void
check_snapshot(const char *message)
{
	if (IsolationUsesXactSnapshot())
		refuse_as_server(ERRCODE_T_R_SERIALIZATION_FAILURE, message, NULL);
}

static void
check_own(const TM_FailureData *failure, CommandId command, CmdType wanted)
{
	if (failure->cmax != command)
		refuse_as_server(
			ERRCODE_TRIGGERED_DATA_CHANGE_VIOLATION,
			psprintf("tuple to be %s was already modified by an operation triggered by the current "
					 "command",
					 wanted == CMD_DELETE ? "deleted" : "updated"),
			"Consider using an AFTER trigger instead of a BEFORE trigger to propagate "
			"changes to other rows.");
}

void
row_lock_check(TM_Result result, const TM_FailureData *failure, CommandId command, CmdType wanted)
{
	if (result == TM_SelfModified)
		check_own(failure, command, wanted);
	else if (result == TM_Deleted)
		check_snapshot("could not serialize access due to concurrent delete");
	else if (result == TM_Updated)
		check_snapshot("could not serialize access due to concurrent update");
}

static uint8
lock_flags(void)
{
	return TUPLE_LOCK_FLAG_LOCK_UPDATE_IN_PROGRESS |
		   (IsolationUsesXactSnapshot() ? 0 : TUPLE_LOCK_FLAG_FIND_LAST_VERSION);
}

RowLockResult
row_lock(Row *row, LockTupleMode mode, LockWaitPolicy wait, CommandId command,
		 TM_FailureData *failure)
{
	ItemPointerData place = row->slot->tts_tid;

	switch (table_tuple_lock(row->in.relation, &place, GetActiveSnapshot(), row->slot, command,
							 mode, wait, lock_flags(), failure))
	{
		case TM_Ok:
			return ROW_IS_LOCKED;
		case TM_WouldBlock:
			return ROW_IS_BUSY;
		case TM_SelfModified:
			return ROW_IS_OURS;
		case TM_Deleted:
			check_snapshot("could not serialize access due to concurrent update");
			return ROW_IS_GONE;
		case TM_Updated:
			check_snapshot("could not serialize access due to concurrent update");
			break;
		default:
			break;
	}
	refuse(ERROR_INTERNAL, "a row that was found cannot be locked");
}
