/*-------------------------------------------------------------------------
 *
 * channel.h
 *	  The socket to the worker: frames in, frames out, neither waited for.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PROGRAM_CHANNEL_H
#define PROGRAM_CHANNEL_H

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
	size_t calls_room;
	size_t call_max; /* of one */
	char *answers;	 /* those of sent to queued wait */
	size_t sent;
	size_t queued;
	size_t answers_room;
	size_t answer_max;
} Channel;

/* How much there is at a time, in bytes of frames with their prefixes. */
typedef struct ChannelSizes
{
	size_t call_max; /* of one */
	size_t calls;	 /* of all that wait to be looked at; at least as one */
	size_t answer_max;
	size_t answers_late; /* how many calls may be under way */
} ChannelSizes;

/* False where there is no memory. */
extern bool channel_open(Channel *channel, int descriptor, const ChannelSizes *sizes);

/* True where answers wait, and where so many do that nothing is taken. */
extern bool channel_has_answers(const Channel *channel);
extern bool channel_is_clogged(const Channel *channel);

/* True where more calls can be received. */
extern bool channel_has_room(const Channel *channel);

/* True where rows of bills, or pieces of documents, may be put. */
extern bool channel_takes_rows(const Channel *channel);

/* Receive, or send, what goes without waiting. */
extern ChannelState channel_receive(Channel *channel);
extern ChannelState channel_send(Channel *channel);

/* The next frame, good until the next channel_receive(); empty where none is whole, or it is
 * clogged. */
extern ChannelState channel_take(Channel *channel, Bytes *frame);

/* Where the next frame goes, of at most answer_max bytes; NULL where there is no room. */
extern char *channel_room(Channel *channel);

/* Queues what was written there; false where that is nothing. */
extern bool channel_queue(Channel *channel, size_t size);

#endif
