/*-------------------------------------------------------------------------
 *
 * link.h
 *	  The gateway worker's connection to billing-caller, the program that makes
 *	  the calls: starting it, sending frames and receiving them.
 *
 * The program is ours and may still die, hang or send rubbish: then the link is
 * closed, and what was sent is unknown. It never waits.
 *
 *-------------------------------------------------------------------------
 */
#ifndef WORKER_LINK_H
#define WORKER_LINK_H

#include "postgres.h"

#include "datatype/timestamp.h"

#include "gateway/bill.h"
#include "gateway/call.h"
#include "gateway/frame.h"

/* True where the program runs, or could be started; not more often than its failures allow. */
extern bool link_open(void);
extern TimestampTz link_opens_at(void);
extern bool link_is_open(void);
extern void link_close(void);

/* To be waited for: readable when an answer comes, or the program has ended. */
extern int link_socket(void);

/* True where there is something that could not be sent yet. */
extern bool link_is_clogged(void);

/* Sends a call, or keeps it to be sent by link_flush(); false where it cannot be. */
extern bool link_send(int64 id, const GatewayCall *call);
extern void link_flush(void);

typedef enum LinkReceived
{
	LINK_NOTHING,
	LINK_ANSWER,
	LINK_ROW,  /* of a bill */
	LINK_PIECE /* of a document */
} LinkReceived;

/* The next thing that is there; it may close the link. */
extern LinkReceived link_receive(int64 *id, GatewayAnswer *answer, BillRow *row, FramePiece *piece);

#endif
