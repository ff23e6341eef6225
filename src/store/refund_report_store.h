/*-------------------------------------------------------------------------
 *
 * refund_report_store.h
 *	  Refunds as their customers and the operators see them.
 *
 *-------------------------------------------------------------------------
 */
#ifndef STORE_REFUND_REPORT_STORE_H
#define STORE_REFUND_REPORT_STORE_H

#include "postgres.h"

#include "datatype/timestamp.h"
#include "nodes/execnodes.h"

/* An account's refunds, newest first. */
extern void refund_report_list(int64 account_id, TimestampTz now, ReturnSetInfo *result);

/* Their items; refund_id NO_NUMBER: of all. */
extern void refund_report_items(int64 account_id, int64 refund_id, ReturnSetInfo *result);

/* Refunds that have not ended; settle_wait_us: from when on one can be approved. */
extern void refund_report_queue(TimestampTz now, int64 settle_wait_us, ReturnSetInfo *result);

#endif
