/*-------------------------------------------------------------------------
 *
 * fuzz_frame.c
 *	  Frames: what is read is written and read again alike.
 *
 * Input: what it is ('0' a whole frame, '1' a call, '2' an answer, '3' a fact,
 * '4' a piece, the last four as JSON), and its bytes.
 *
 *-------------------------------------------------------------------------
 */
#include "fuzz.h"

#include "gateway/frame.h"

static char written[FRAME_ROOM];
static char again[FRAME_ROOM];

static void
check_call_texts(const GatewayCall *call)
{
	MUST((int) call->operation >= 0 && (int) call->operation < CALL_OPERATIONS_COUNT);
	fuzz_check_text(call->gateway, sizeof(call->gateway));
	fuzz_check_text(call->product, sizeof(call->product));
	fuzz_check_text(call->order_number, sizeof(call->order_number));
	fuzz_check_text(call->refund_number, sizeof(call->refund_number));
	fuzz_check_text(call->transaction_id, sizeof(call->transaction_id));
	fuzz_check_text(call->currency, sizeof(call->currency));
	fuzz_check_text(call->description, sizeof(call->description));
	fuzz_check_text(call->client_ip, sizeof(call->client_ip));
	fuzz_check_text(call->return_url, sizeof(call->return_url));
	fuzz_check_text(call->invoice.number, sizeof(call->invoice.number));
	fuzz_check_text(call->invoice.goods_name, sizeof(call->invoice.goods_name));
	fuzz_check_text(call->invoice.document_url, sizeof(call->invoice.document_url));
	MUST(call->invoice.lines_count <= INVOICE_LINES_MAX);
}

static void
check_fact_texts(const PaymentFact *fact)
{
	MUST((int) fact->state >= 0 && (int) fact->state < FACT_STATES_COUNT);
	fuzz_check_text(fact->order_number, sizeof(fact->order_number));
	fuzz_check_text(fact->transaction_id, sizeof(fact->transaction_id));
	fuzz_check_text(fact->merchant_id, sizeof(fact->merchant_id));
	fuzz_check_text(fact->app_id, sizeof(fact->app_id));
	fuzz_check_text(fact->currency, sizeof(fact->currency));
}

static void
try_call(Bytes frame)
{
	GatewayCall call;
	GatewayCall read;
	int64_t id;
	int64_t id_again;
	size_t size;

	if (!frame_read_call(frame, &id, &call))
		return;
	check_call_texts(&call);
	size = frame_write_call(id, &call, written);
	MUST(size > FRAME_PREFIX_BYTES && frame_size((Bytes){written, size}) == size);
	MUST(frame_read_call((Bytes){written, size}, &id_again, &read) && id_again == id);
	MUST(frame_write_call(id, &read, again) == size && memcmp(written, again, size) == 0);
	MUST(read.operation == call.operation && strcmp(read.description, call.description) == 0);
	MUST(read.amount_nano == call.amount_nano && read.expires_at == call.expires_at);
}

static void
try_answer(Bytes frame)
{
	GatewayAnswer answer;
	GatewayAnswer read;
	int64_t id;
	int64_t id_again;
	size_t size;

	if (!frame_read_answer(frame, &id, &answer))
		return;
	MUST((int) answer.result >= 0 && (int) answer.result < CALL_RESULTS_COUNT);
	MUST((int) answer.refund.state >= 0 && (int) answer.refund.state < REFUND_STATES_COUNT);
	fuzz_check_text(answer.code, sizeof(answer.code));
	fuzz_check_text(answer.pay_url, sizeof(answer.pay_url));
	fuzz_check_text(answer.refund.refund_id, sizeof(answer.refund.refund_id));
	check_fact_texts(&answer.payment);
	size = frame_write_answer(id, &answer, written);
	MUST(size > FRAME_PREFIX_BYTES && frame_size((Bytes){written, size}) == size);
	MUST(frame_read_answer((Bytes){written, size}, &id_again, &read) && id_again == id);
	MUST(frame_write_answer(id, &read, again) == size && memcmp(written, again, size) == 0);
	MUST(read.result == answer.result && strcmp(read.pay_url, answer.pay_url) == 0);
	MUST(fuzz_facts_equal(&read.payment, &answer.payment));
}

static void
try_fact(Bytes text)
{
	char *room = malloc(FRAME_FACT_ROOM);
	PaymentFact fact;
	PaymentFact read;
	size_t size;

	if (frame_read_payment(text, &fact))
	{
		check_fact_texts(&fact);
		size = frame_write_payment(&fact, room);
		MUST(size > 0 && size < FRAME_FACT_ROOM && strlen(room) == size);
		MUST(frame_read_payment((Bytes){room, size}, &read) && fuzz_facts_equal(&read, &fact));
	}
	free(room);
}

static void
try_piece(Bytes frame)
{
	FramePiece piece;
	FramePiece read;
	int64_t id;
	int64_t id_again;
	size_t size;

	if (!frame_read_piece(frame, &id, &piece))
		return;
	MUST(piece.size > 0 && piece.size <= FRAME_PIECE_BYTES_MAX);
	size = frame_write_piece(id, (Bytes){(const char *) piece.bytes, piece.size}, written);
	MUST(frame_read_piece((Bytes){written, size}, &id_again, &read) && id_again == id);
	MUST(read.size == piece.size && memcmp(read.bytes, piece.bytes, read.size) == 0);
}

/* The size is known from the fourth byte on, and does not depend on what follows. */
static void
check_size(Bytes frame)
{
	size_t size = frame_size(frame);

	for (size_t known = 0; known < frame.size && known < FRAME_PREFIX_BYTES; known++)
		MUST(frame_size((Bytes){frame.data, known}) == 0);
	MUST((size == 0) == (frame.size < FRAME_PREFIX_BYTES));
	MUST(size == 0 || size >= FRAME_PREFIX_BYTES);
}

/* A frame of its exact size, its prefix made where the input has none. */
static Bytes
make_frame(Bytes input, bool with_prefix)
{
	char prefix[FRAME_PREFIX_BYTES];

	for (int i = 0; i < FRAME_PREFIX_BYTES; i++)
		prefix[i] = (char) (input.size >> 8 * (FRAME_PREFIX_BYTES - 1 - i) & 0xff);
	return fuzz_join((Bytes[]){{prefix, with_prefix ? sizeof(prefix) : 0}, input}, 2);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	Bytes input = {(const char *) data, size};
	unsigned kind = fuzz_choose(&input, 5);
	Bytes frame = make_frame(input, kind == 1 || kind == 2 || kind == 4);

	check_size(frame);
	if (kind <= 1)
		try_call(frame);
	if (kind == 0 || kind == 2)
		try_answer(frame);
	if (kind == 0 || kind == 4)
		try_piece(frame);
	if (kind == 3)
		try_fact(frame);
	free((void *) frame.data);
	return 0;
}
