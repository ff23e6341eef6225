/*-------------------------------------------------------------------------
 *
 * channel.c
 *	  Two buffers beside a socket.
 *
 *-------------------------------------------------------------------------
 */
#include "program/channel.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>

bool
channel_open(Channel *channel, int descriptor, const ChannelSizes *sizes)
{
	/* Clogged, one answer more, and the late ones; memory that is not used takes none. */
	size_t answers_room = CHANNEL_CLOGGED_BYTES + (1 + sizes->answers_late) * sizes->answer_max;

	*channel = (Channel){.descriptor = descriptor,
						 .calls = malloc(sizes->calls),
						 .calls_room = sizes->calls,
						 .call_max = sizes->call_max,
						 .answers = malloc(answers_room),
						 .answers_room = answers_room,
						 .answer_max = sizes->answer_max};
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
channel_has_room(const Channel *channel)
{
	return channel->received - channel->taken < channel->calls_room;
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
	if (channel->taken > 0)
		memmove(channel->calls, channel->calls + channel->taken, channel->received);
	channel->taken = 0;
	if (channel->received == channel->calls_room)
		return CHANNEL_OPEN; /* clogged: nothing was taken */
	got = recv(channel->descriptor, channel->calls + channel->received,
			   channel->calls_room - channel->received, MSG_DONTWAIT);
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
	if (size > channel->call_max)
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
	if (channel->answers_room - channel->queued >= channel->answer_max)
		return;
	channel->queued -= channel->sent;
	memmove(channel->answers, channel->answers + channel->sent, channel->queued);
	channel->sent = 0;
}

char *
channel_room(Channel *channel)
{
	make_room(channel);
	return channel->answers_room - channel->queued < channel->answer_max
			   ? NULL
			   : channel->answers + channel->queued;
}

bool
channel_queue(Channel *channel, size_t size)
{
	channel->queued += size;
	return size > 0;
}
