/*-------------------------------------------------------------------------
 *
 * row_holder.c
 *	  Which transaction keeps others from holding a row.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/heapam.h"
#include "access/multixact.h"
#include "access/subtrans.h"
#include "access/table.h"
#include "catalog/pg_am.h"
#include "storage/bufmgr.h"
#include "storage/procarray.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

#include "spi/row_holder.h"

/* The member of a multixact that stands in the way of FOR NO KEY UPDATE. */
static TransactionId
find_member(MultiXactId multi, bool only_locks)
{
	MultiXactMember *members;
	int count = GetMultiXactIdMembers(multi, &members, false, only_locks);

	for (int i = 0; i < count; i++)
		if (members[i].status != MultiXactStatusForKeyShare &&
			TransactionIdIsInProgress(members[i].xid))
			return members[i].xid;
	return InvalidTransactionId;
}

static TransactionId
find_xid(HeapTupleHeader row)
{
	TransactionId xid = HeapTupleHeaderGetRawXmax(row);

	if (row->t_infomask & HEAP_XMAX_INVALID)
		return InvalidTransactionId;
	if (row->t_infomask & HEAP_XMAX_IS_MULTI)
		return find_member(xid, HEAP_XMAX_IS_LOCKED_ONLY(row->t_infomask));
	return TransactionIdIsInProgress(xid) ? xid : InvalidTransactionId;
}

TransactionId
row_holder_find(Oid table, ItemPointer place)
{
	Relation relation = table_open(table, AccessShareLock);
	HeapTupleData row = {.t_self = *place};
	TransactionId xid = InvalidTransactionId;
	Buffer buffer;

	if (relation->rd_rel->relam == HEAP_TABLE_AM_OID &&
		heap_fetch(relation, SnapshotAny, &row, &buffer, false))
	{
		xid = find_xid(row.t_data);
		ReleaseBuffer(buffer);
	}
	table_close(relation, AccessShareLock);
	return TransactionIdIsValid(xid) ? SubTransGetTopmostTransaction(xid) : xid;
}
