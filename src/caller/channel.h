/*-------------------------------------------------------------------------
 *
 * channel.h
 *	  The socket to the gateway worker: frames in, frames out, neither waited for.
 *
 *-------------------------------------------------------------------------
 */
#ifndef CALLER_CHANNEL_H
#define CALLER_CHANNEL_H

#include "gateway/frame.h"

/* With more answers waiting, no call is taken. */
#define CHANNEL_CLOGGED_BYTES (4 * 1024 * 1024)

/* With more waiting, no rows of bills are taken: answers that come behind them wait little. */
#define CHANNEL_ROWS_BYTES (256 * 1024)

typedef enum ChannelState
{
	CHANNEL_OPEN,
	CHANNEL_ENDED, /* the worker is gone */
	CHANNEL_BROKEN /* it sent what is no frame, or the socket fails */
} ChannelState;

typedef struct Channel
{
	int descriptor;
	char *calls; /* those of taken to received are to be looked at */
	size_t taken;
	size_t received;
	char *answers; /* those of sent to queued wait */
	size_t sent;
	size_t queued;
	size_t answers_room;
} Channel;

/* answers_late: how many calls may be under way. False where there is no memory. */
extern bool channel_open(Channel *channel, int descriptor, size_t answers_late);

/* True where answers wait, and where so many do that nothing is taken. */
extern bool channel_has_answers(const Channel *channel);
extern bool channel_is_clogged(const Channel *channel);

/* True where rows of bills, or pieces of documents, may be put. */
extern bool channel_takes_rows(const Channel *channel);

/* Receive, or send, what goes without waiting. */
extern ChannelState channel_receive(Channel *channel);
extern ChannelState channel_send(Channel *channel);

/* The next frame, good until the next channel_receive(); empty where none is whole, or it is
 * clogged. */
extern ChannelState channel_take(Channel *channel, Bytes *frame);

/* Queue an answer, or a row or piece in front of it; false where it cannot be. */
extern bool channel_put(Channel *channel, int64_t id, const GatewayAnswer *answer);
extern bool channel_put_row(Channel *channel, int64_t id, const BillRow *row);
extern bool channel_put_piece(Channel *channel, int64_t id, Bytes piece);

#endif
