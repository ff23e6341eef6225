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

/* Looks at the row that stands there now; InvalidTransactionId where nobody is seen to hold it. */
extern TransactionId row_holder_find(Oid table, ItemPointer place);

#endif
