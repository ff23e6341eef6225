/*-------------------------------------------------------------------------
 *
 * row_snapshot.h
 *	  What a command on rows sees.
 *
 *-------------------------------------------------------------------------
 */
#ifndef ROWS_ROW_SNAPSHOT_H
#define ROWS_ROW_SNAPSHOT_H

#include "postgres.h"

typedef enum RowSight
{
	ROW_SEES_ALL, /* what is committed by now, where the isolation level takes a snapshot for each
					 statement: as sql_run() */
	ROW_SEES_AS_QUERY, /* what the caller's query sees: as sql_read() */
	ROW_SEES_LATEST	   /* what is committed by now, whatever the isolation level: as sql_latest() */
} RowSight;

/* Between the two such a snapshot is active. */
extern void row_snapshot_begin(RowSight sight);
extern void row_snapshot_end(void);

#endif
