/*-------------------------------------------------------------------------
 *
 * link.c
 *	  Frames to and from billing-caller.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "gateway/frame.h"
#include "settings.h"
#include "worker/child.h"
#include "worker/link.h"

static Child caller = {
	.program = "billing-caller",
	.argument = settings_secrets_dir,
	.out_max = 4 * 1024 * 1024, /* as many frames as there are calls at a time */
	.in_max = 2 * FRAME_ROOM,
};

bool
link_open(void)
{
	return child_open(&caller);
}

TimestampTz
link_opens_at(void)
{
	return caller.start_at;
}

bool
link_is_open(void)
{
	return child_is_open(&caller);
}

void
link_close(void)
{
	child_close(&caller);
}

int
link_socket(void)
{
	return caller.fd;
}

bool
link_is_clogged(void)
{
	return link_is_open() && caller.out_size > 0;
}

void
link_flush(void)
{
	child_flush(&caller);
}

bool
link_send(int64 id, const GatewayCall *call)
{
	char *room = child_room(&caller, FRAME_ROOM);
	size_t size = room ? frame_write_call(id, call, room) : 0;

	child_add(&caller, size);
	return size > 0;
}

static LinkReceived
read_frame(Bytes frame, int64 *id, GatewayAnswer *answer, BillRow *row, FramePiece *piece)
{
	if (frame.size > FRAME_ROOM)
		return LINK_NOTHING;
	if (frame_read_answer(frame, id, answer))
		return LINK_ANSWER;
	if (frame_read_row(frame, id, row))
		return LINK_ROW;
	return frame_read_piece(frame, id, piece) ? LINK_PIECE : LINK_NOTHING;
}

/* The size of a frame that is there, or is none; 0: more is to come. */
static size_t
next_frame(void)
{
	Bytes received = child_received(&caller);
	size_t size = frame_size(received);

	return size > FRAME_ROOM || size <= received.size ? size : 0;
}

LinkReceived
link_receive(int64 *id, GatewayAnswer *answer, BillRow *row, FramePiece *piece)
{
	size_t size = next_frame();
	LinkReceived received;

	if (size == 0)
	{
		child_fill(&caller);
		size = next_frame();
	}
	if (size == 0)
		return LINK_NOTHING;
	received = read_frame((Bytes){caller.in, size}, id, answer, row, piece);
	if (received == LINK_NOTHING)
		link_close();
	else
		child_take(&caller, size);
	return received;
}
