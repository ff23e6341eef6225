/*-------------------------------------------------------------------------
 *
 * row_holder.h
 *	  Which transaction keeps others from holding a row.
 *
 *-------------------------------------------------------------------------
 */
#ifndef SPI_ROW_HOLDER_H
#define SPI_ROW_HOLDER_H

#include "postgres.h"

#include "storage/itemptr.h"
#include "utils/timestamp.h"

typedef struct RowHolder
{
	TransactionId xid;
	int pid;		   /* of its process; 0: it is prepared, or has just ended */
	TimestampTz since; /* when it began; 0 where that is not known */
} RowHolder;

/* Looks at the row that stands there now; false where nobody is seen to hold it. */
extern bool row_holder_find(Oid table, ItemPointer place, RowHolder *holder);

#endif
