/*-------------------------------------------------------------------------
 *
 * press.c
 *	  The frames to and from billing-pdf: four bytes that say the size, highest
 *	  first, and a JSON text; back, + and the document, or - and why not.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "core/limits.h"
#include "port/pg_bswap.h"
#include "utils/timestamp.h"

#include "worker/child.h"
#include "worker/press.h"

#define HEAD_BYTES 4
#define TEXT_BYTES_MAX (4 * 1024 * 1024)
#define ANSWER_BYTES_MAX (INVOICE_DOCUMENT_BYTES_MAX + 1)
#define DRAWING_MS 20000

static Child pdf = {
	.program = "billing-pdf",
	.out_max = HEAD_BYTES + TEXT_BYTES_MAX,
	.in_max = HEAD_BYTES + ANSWER_BYTES_MAX,
};
static TimestampTz answers_at;

bool
press_open(void)
{
	return child_open(&pdf);
}

TimestampTz
press_opens_at(void)
{
	return pdf.start_at;
}

void
press_close(void)
{
	child_close(&pdf);
}

const Child *
press_child(void)
{
	return &pdf;
}

void
press_watch(void)
{
	child_fill(&pdf);
	if (child_received(&pdf).size > 0)
		press_close();
}

bool
press_draw(const char *text)
{
	size_t size = strlen(text);
	char *room = size <= TEXT_BYTES_MAX ? child_room(&pdf, HEAD_BYTES + size) : NULL;
	uint32 head = pg_hton32((uint32) size);

	if (room == NULL)
		return false;
	memcpy(room, &head, HEAD_BYTES);
	memcpy(room + HEAD_BYTES, text, size);
	child_add(&pdf, HEAD_BYTES + size);
	child_flush(&pdf);
	answers_at = TimestampTzPlusMilliseconds(GetCurrentTimestamp(), DRAWING_MS);
	return true;
}

TimestampTz
press_answers_at(void)
{
	return answers_at;
}

/* The size of the frame that is there, or begins to be; 0: nothing says it yet. */
static size_t
frame_size(Bytes received)
{
	uint32 size;

	if (received.size < HEAD_BYTES)
		return 0;
	memcpy(&size, received.data, HEAD_BYTES);
	return HEAD_BYTES + (size_t) pg_ntoh32(size);
}

/* Ends it: what it was drawing it will not finish. */
static PressAnswer
give_up(const char *because, Bytes *answer)
{
	press_close();
	*answer = bytes_of(because);
	return PRESS_REFUSED;
}

static PressAnswer
read_frame(Bytes frame, Bytes *answer)
{
	char sign = frame.data[HEAD_BYTES];

	if (sign != '+' && sign != '-')
		return give_up("billing-pdf says what nobody understands", answer);
	*answer = (Bytes){frame.data + HEAD_BYTES + 1, frame.size - HEAD_BYTES - 1};
	return sign == '+' ? PRESS_DRAWN : PRESS_REFUSED;
}

PressAnswer
press_look(Bytes *answer)
{
	Bytes received;
	size_t size;

	child_flush(&pdf);
	child_fill(&pdf);
	if (!child_is_open(&pdf))
		return give_up("billing-pdf ended", answer);
	received = child_received(&pdf);
	size = frame_size(received);
	if (size == HEAD_BYTES || size > HEAD_BYTES + ANSWER_BYTES_MAX)
		return give_up("billing-pdf sends what is no document", answer);
	if (size > 0 && size <= received.size)
		return read_frame((Bytes){received.data, size}, answer);
	if (GetCurrentTimestamp() >= answers_at)
		return give_up("billing-pdf takes too long", answer);
	return PRESS_NOTHING;
}

void
press_take(void)
{
	Bytes received = child_received(&pdf);

	if (received.size > 0)
		child_take(&pdf, frame_size(received));
}
