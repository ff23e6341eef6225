/*-------------------------------------------------------------------------
 *
 * channel.c
 *	  Two buffers beside a socket.
 *
 *-------------------------------------------------------------------------
 */
#include "caller/channel.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>

#define CALLS_ROOM (4 * FRAME_ROOM)

bool
channel_open(Channel *channel, int descriptor, size_t answers_late)
{
	/* Clogged, one answer more, and the late ones; memory that is not used takes none. */
	size_t answers_room = CHANNEL_CLOGGED_BYTES + (1 + answers_late) * FRAME_ROOM;

	*channel = (Channel){.descriptor = descriptor,
						 .calls = malloc(CALLS_ROOM),
						 .answers = malloc(answers_room),
						 .answers_room = answers_room};
	return channel->calls && channel->answers;
}

bool
channel_has_answers(const Channel *channel)
{
	return channel->queued > channel->sent;
}

bool
channel_is_clogged(const Channel *channel)
{
	return channel->queued - channel->sent > CHANNEL_CLOGGED_BYTES;
}

bool
channel_takes_rows(const Channel *channel)
{
	return channel->queued - channel->sent < CHANNEL_ROWS_BYTES;
}

/* What a failed call of the socket means: a worker that was killed leaves unread answers behind. */
static ChannelState
state_of_error(void)
{
	if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)
		return CHANNEL_OPEN;
	return errno == EPIPE || errno == ECONNRESET ? CHANNEL_ENDED : CHANNEL_BROKEN;
}

ChannelState
channel_receive(Channel *channel)
{
	ssize_t got;

	channel->received -= channel->taken;
	memmove(channel->calls, channel->calls + channel->taken, channel->received);
	channel->taken = 0;
	if (channel->received == CALLS_ROOM)
		return CHANNEL_OPEN; /* clogged: nothing was taken */
	got = recv(channel->descriptor, channel->calls + channel->received,
			   CALLS_ROOM - channel->received, MSG_DONTWAIT);
	if (got == 0)
		return CHANNEL_ENDED;
	if (got < 0)
		return state_of_error();
	channel->received += (size_t) got;
	return CHANNEL_OPEN;
}

ChannelState
channel_send(Channel *channel)
{
	ssize_t gone;

	if (!channel_has_answers(channel))
		return CHANNEL_OPEN;
	gone = send(channel->descriptor, channel->answers + channel->sent,
				channel->queued - channel->sent, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (gone < 0)
		return state_of_error();
	channel->sent += (size_t) gone;
	if (!channel_has_answers(channel))
		channel->sent = channel->queued = 0;
	return CHANNEL_OPEN;
}

ChannelState
channel_take(Channel *channel, Bytes *frame)
{
	Bytes rest = {channel->calls + channel->taken, channel->received - channel->taken};
	size_t size = frame_size(rest);

	*frame = (Bytes){NULL, 0};
	if (size > FRAME_ROOM)
		return CHANNEL_BROKEN;
	if (size == 0 || size > rest.size || channel_is_clogged(channel))
		return CHANNEL_OPEN;
	*frame = (Bytes){rest.data, size};
	channel->taken += size;
	return CHANNEL_OPEN;
}

static void
make_room(Channel *channel)
{
	if (channel->answers_room - channel->queued >= FRAME_ROOM)
		return;
	channel->queued -= channel->sent;
	memmove(channel->answers, channel->answers + channel->sent, channel->queued);
	channel->sent = 0;
}

/* Where the next frame goes; NULL where there is no room. */
static char *
room_of_next(Channel *channel)
{
	make_room(channel);
	return channel->answers_room - channel->queued < FRAME_ROOM
			   ? NULL
			   : channel->answers + channel->queued;
}

bool
channel_put(Channel *channel, int64_t id, const GatewayAnswer *answer)
{
	char *room = room_of_next(channel);
	size_t size = room ? frame_write_answer(id, answer, room) : 0;

	channel->queued += size;
	return size > 0;
}

bool
channel_put_row(Channel *channel, int64_t id, const BillRow *row)
{
	char *room = room_of_next(channel);
	size_t size = room ? frame_write_row(id, row, room) : 0;

	channel->queued += size;
	return size > 0;
}

bool
channel_put_piece(Channel *channel, int64_t id, Bytes piece)
{
	char *room = room_of_next(channel);
	size_t size = room ? frame_write_piece(id, piece, room) : 0;

	channel->queued += size;
	return size > 0;
}
