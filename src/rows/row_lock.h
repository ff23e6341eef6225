/*-------------------------------------------------------------------------
 *
 * row_lock.h
 *	  Locking a row that was found, as it is by now.
 *
 *-------------------------------------------------------------------------
 */
#ifndef ROWS_ROW_LOCK_H
#define ROWS_ROW_LOCK_H

#include "postgres.h"

#include "access/tableam.h"
#include "nodes/lockoptions.h"
#include "nodes/nodes.h"

#include "rows/row.h"

typedef enum RowLockResult
{
	ROW_IS_LOCKED, /* and read anew: another transaction may have changed it since the snapshot */
	ROW_IS_BUSY,   /* somebody else has it, and the caller does not wait */
	ROW_IS_GONE,
	ROW_IS_OURS /* this transaction changed or deleted it after the snapshot was taken */
} RowLockResult;

/* Where the isolation level keeps a snapshot, a row that changed since is an error (40001).
 * failure: which command of ours it was. */
extern RowLockResult row_lock(Row *row, LockTupleMode mode, LockWaitPolicy wait, CommandId command,
							  TM_FailureData *failure);

/* Refuses where another transaction changed or deleted the row and the isolation level keeps a
 * snapshot (40001), and where not the command itself, but one that it caused, did so (27000). */
extern void row_lock_check(TM_Result result, const TM_FailureData *failure, CommandId command,
						   CmdType wanted);

#endif
