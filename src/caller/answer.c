/*-------------------------------------------------------------------------
 *
 * answer.c
 *	  Frames of answers, rows and pieces.
 *
 *-------------------------------------------------------------------------
 */
#include "caller/answer.h"

bool
answer_put(Channel *channel, int64_t id, const GatewayAnswer *answer)
{
	char *room = channel_room(channel);

	return room && channel_queue(channel, frame_write_answer(id, answer, room));
}

bool
answer_put_row(Channel *channel, int64_t id, const BillRow *row)
{
	char *room = channel_room(channel);

	return room && channel_queue(channel, frame_write_row(id, row, room));
}

bool
answer_put_piece(Channel *channel, int64_t id, Bytes piece)
{
	char *room = channel_room(channel);

	return room && channel_queue(channel, frame_write_piece(id, piece, room));
}
