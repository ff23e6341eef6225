/*-------------------------------------------------------------------------
 *
 * pieces.h
 *	  A document on its way: as it comes it goes to the worker, as fast as the
 *	  worker takes it.
 *
 *-------------------------------------------------------------------------
 */
#ifndef CALLER_PIECES_H
#define CALLER_PIECES_H

#include "program/channel.h"
#include "program/transfer.h"

/* Of the call of that id. */
typedef struct Pieces
{
	int64_t id;
	Channel *channel;
	int64_t size;	   /* of what came */
	const char *fault; /* NULL: none yet */
} Pieces;

/* Takes what came, as a TransferTaker does. */
extern TransferTaken pieces_take(Pieces *pieces, Bytes *rest);

/* The answer, once the transfer is over. */
extern void pieces_conclude(const Pieces *pieces, const Transfer *transfer, GatewayAnswer *answer);

#endif
