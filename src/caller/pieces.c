/*-------------------------------------------------------------------------
 *
 * pieces.c
 *	  Pieces of a document, counted.
 *
 *-------------------------------------------------------------------------
 */
#include "caller/pieces.h"

#include "caller/answer.h"
#include "core/limits.h"

#include <stdio.h>

/* Takes one from the front. */
static void
take_one(Pieces *pieces, Bytes *rest)
{
	size_t size = rest->size < FRAME_PIECE_BYTES_MAX ? rest->size : FRAME_PIECE_BYTES_MAX;

	pieces->size += (int64_t) size;
	if (pieces->size > INVOICE_DOCUMENT_BYTES_MAX)
		pieces->fault = "too_long";
	else if (!answer_put_piece(pieces->channel, pieces->id, (Bytes){rest->data, size}))
		pieces->fault = "memory";
	*rest = (Bytes){rest->data + size, rest->size - size};
}

TransferTaken
pieces_take(Pieces *pieces, Bytes *rest)
{
	while (rest->size > 0 && !pieces->fault && channel_takes_rows(pieces->channel))
		take_one(pieces, rest);
	if (pieces->fault)
		return TRANSFER_STOPPED;
	return rest->size == 0 ? TRANSFER_TAKEN : TRANSFER_LATER;
}

/* Why it is no document; NULL: it is one. */
static const char *
find_fault(const Pieces *pieces, const Transfer *transfer)
{
	if (pieces->fault)
		return pieces->fault;
	if (!transfer->is_complete)
		return transfer->word;
	return pieces->size > 0 ? NULL : "empty";
}

void
pieces_conclude(const Pieces *pieces, const Transfer *transfer, GatewayAnswer *answer)
{
	const char *fault = find_fault(pieces, transfer);

	*answer = (GatewayAnswer){.result = fault ? RESULT_UNANSWERED : RESULT_DONE};
	if (fault)
		(void) snprintf(answer->code, sizeof(answer->code), "%s", fault);
	else
		answer->rows = pieces->size;
}
