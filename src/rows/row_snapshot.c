/*-------------------------------------------------------------------------
 *
 * row_snapshot.c
 *	  A snapshot for each command, as SPI takes it.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xact.h"
#include "utils/snapmgr.h"

#include "rows/row_snapshot.h"

/* As for a statement that may write. */
static void
take_new(void)
{
	PushActiveSnapshot(GetTransactionSnapshot());
	CommandCounterIncrement();
	UpdateActiveSnapshotCommandId();
}

void
row_snapshot_begin(RowSight sight)
{
	switch (sight)
	{
		case ROW_SEES_ALL:
			take_new();
			break;
		case ROW_SEES_AS_QUERY:
			PushActiveSnapshot(GetActiveSnapshot());
			break;
		case ROW_SEES_LATEST:
			CommandCounterIncrement();
			PushActiveSnapshot(GetLatestSnapshot());
			break;
	}
}

void
row_snapshot_end(void)
{
	PopActiveSnapshot();
}
