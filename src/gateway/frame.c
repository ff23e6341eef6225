/*-------------------------------------------------------------------------
 *
 * frame.c
 *	  Calls and answers as bytes.
 *
 *-------------------------------------------------------------------------
 */
#include "gateway/frame.h"

#include "gateway/base64.h"
#include "gateway/document.h"
#include "gateway/invoice_frame.h"
#include "gateway/member.h"

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

#define TEXT(type, field) MEMBER_TEXT(type, field)
#define NUMBER(type, field) MEMBER_NUMBER(type, field)

static const Member call_members[] = {
	TEXT(GatewayCall, gateway),		  TEXT(GatewayCall, database),
	TEXT(GatewayCall, product),		  TEXT(GatewayCall, order_number),
	TEXT(GatewayCall, refund_number), TEXT(GatewayCall, transaction_id),
	TEXT(GatewayCall, currency),	  NUMBER(GatewayCall, amount_nano),
	NUMBER(GatewayCall, refund_nano), NUMBER(GatewayCall, created_at),
	NUMBER(GatewayCall, expires_at),  NUMBER(GatewayCall, clock_offset_s),
	TEXT(GatewayCall, description),	  TEXT(GatewayCall, client_ip),
	TEXT(GatewayCall, email),		  TEXT(GatewayCall, terminal),
	TEXT(GatewayCall, uid),			  TEXT(GatewayCall, return_url),
	TEXT(GatewayCall, refund_id),	  TEXT(GatewayCall, bill),
	TEXT(GatewayCall, bill_day),
};

static const Member answer_members[] = {
	TEXT(GatewayAnswer, code),
	TEXT(GatewayAnswer, pay_url),
	TEXT(GatewayAnswer, signature),
	NUMBER(GatewayAnswer, rows),
};

static const Member payment_members[] = {
	TEXT(PaymentFact, order_number), TEXT(PaymentFact, transaction_id),
	TEXT(PaymentFact, merchant_id),	 TEXT(PaymentFact, app_id),
	TEXT(PaymentFact, currency),	 NUMBER(PaymentFact, amount_nano),
	NUMBER(PaymentFact, payer_nano), NUMBER(PaymentFact, refunded_nano),
	NUMBER(PaymentFact, paid_at),	 TEXT(PaymentFact, refund_number),
	TEXT(PaymentFact, uid),
};

static const Member refund_members[] = {
	TEXT(RefundFact, order_number),	 TEXT(RefundFact, transaction_id),
	TEXT(RefundFact, refund_number), TEXT(RefundFact, refund_id),
	TEXT(RefundFact, merchant_id),	 TEXT(RefundFact, dispute),
	TEXT(RefundFact, currency),		 NUMBER(RefundFact, amount_nano),
	NUMBER(RefundFact, payer_nano),	 NUMBER(RefundFact, refunded_at),
};

static const Member row_members[] = {
	TEXT(BillRow, order_number), TEXT(BillRow, transaction_id), TEXT(BillRow, refund_number),
	TEXT(BillRow, refund_id),	 NUMBER(BillRow, amount_nano),	NUMBER(BillRow, fee_nano),
	NUMBER(BillRow, at),
};

size_t
frame_write_object(json_t *object, bool is_whole, char *room, size_t bytes_max)
{
	size_t size = is_whole ? json_dumpb(object, room + FRAME_PREFIX_BYTES, bytes_max, JSON_COMPACT)
						   : 0;

	json_decref(object);
	if (size == 0 || size > bytes_max)
		return 0;
	for (int i = 0; i < FRAME_PREFIX_BYTES; i++)
		room[i] = (char) (size >> 8 * (FRAME_PREFIX_BYTES - 1 - i) & 0xff);
	return FRAME_PREFIX_BYTES + size;
}

static size_t
write_frame(json_t *object, bool is_whole, char *room)
{
	return frame_write_object(object, is_whole, room, FRAME_BYTES_MAX);
}

size_t
frame_write_call(int64_t id, const GatewayCall *call, char *room)
{
	json_t *object = json_pack("{s:I,s:s}", "id", (json_int_t) id, "operation",
							   call_operation_name(call->operation));
	bool is_whole = member_put(object, call_members, LENGTH(call_members), call) &&
					(!call_is_of_invoice(call->operation) ||
					 invoice_frame_put_call(object, &call->invoice));

	return write_frame(object, is_whole, room);
}

size_t
frame_write_answer(int64_t id, const GatewayAnswer *answer, char *room)
{
	json_t *object = json_pack("{s:I,s:s}", "id", (json_int_t) id, "result",
							   call_result_name(answer->result));
	bool is_whole = member_put(object, answer_members, LENGTH(answer_members), answer) &&
					member_put_part(object, "payment", (int) answer->payment.state, payment_members,
									LENGTH(payment_members), &answer->payment) &&
					member_put_part(object, "refund", (int) answer->refund.state, refund_members,
									LENGTH(refund_members), &answer->refund) &&
					invoice_frame_put_answer(object, answer);

	return write_frame(object, is_whole, room);
}

size_t
frame_write_piece(int64_t id, Bytes piece, char *room)
{
	char text[BASE64_SIZE(FRAME_PIECE_BYTES_MAX) + 1];
	json_t *object;

	if (piece.size == 0 || piece.size > FRAME_PIECE_BYTES_MAX)
		return 0;
	base64_encode(piece, text);
	object = json_pack("{s:I,s:s}", "id", (json_int_t) id, "piece", text);
	return write_frame(object, object != NULL, room);
}

size_t
frame_write_row(int64_t id, const BillRow *row, char *room)
{
	json_t *object = json_pack("{s:I}", "id", (json_int_t) id);
	bool is_whole = object && member_put_part(object, "row", (int) row->kind, row_members,
											  LENGTH(row_members), row);

	return write_frame(object, is_whole, room);
}

/* Writes a fact by itself, as text with a NUL; its size, 0 where it does not fit. */
static size_t
write_fact(int state, const Member *members, size_t count, const void *fact,
		   char room[FRAME_FACT_ROOM])
{
	json_t *object = json_pack("{s:i}", "state", state);
	size_t size = 0;

	if (member_put(object, members, count, fact))
		size = json_dumpb(object, room, FRAME_FACT_ROOM - 1, JSON_COMPACT);
	json_decref(object);
	if (size >= FRAME_FACT_ROOM)
		size = 0;
	room[size] = '\0';
	return size;
}

static bool
read_fact(Bytes text, int states_count, int64_t *state, const Member *members, size_t count,
		  void *fact)
{
	json_t *object = document_read(text);
	bool is_read = object && member_get(object, members, count, fact) &&
				   document_count(object, "state", state) && *state >= 0 && *state < states_count;

	json_decref(object);
	return is_read;
}

size_t
frame_write_payment(const PaymentFact *fact, char room[FRAME_FACT_ROOM])
{
	return write_fact((int) fact->state, payment_members, LENGTH(payment_members), fact, room);
}

size_t
frame_write_refund(const RefundFact *fact, char room[FRAME_FACT_ROOM])
{
	return write_fact((int) fact->state, refund_members, LENGTH(refund_members), fact, room);
}

bool
frame_read_payment(Bytes text, PaymentFact *fact)
{
	int64_t state = 0;
	bool is_read;

	*fact = (PaymentFact){0};
	is_read = read_fact(text, FACT_STATES_COUNT, &state, payment_members, LENGTH(payment_members),
						fact);
	fact->state = (FactState) state;
	return is_read;
}

bool
frame_read_refund(Bytes text, RefundFact *fact)
{
	int64_t state = 0;
	bool is_read;

	*fact = (RefundFact){0};
	is_read = read_fact(text, REFUND_STATES_COUNT, &state, refund_members, LENGTH(refund_members),
						fact);
	fact->state = (RefundState) state;
	return is_read;
}

size_t
frame_size(Bytes received)
{
	size_t size = 0;

	if (received.size < FRAME_PREFIX_BYTES)
		return 0;
	for (int i = 0; i < FRAME_PREFIX_BYTES; i++)
		size = size << 8 | (unsigned char) received.data[i];
	return FRAME_PREFIX_BYTES + size;
}

json_t *
frame_read_object(Bytes frame, size_t bytes_max, int64_t *id)
{
	json_t *object;

	if (frame.size < FRAME_PREFIX_BYTES || frame.size - FRAME_PREFIX_BYTES > bytes_max)
		return NULL;
	object = document_read_up_to(
		(Bytes){frame.data + FRAME_PREFIX_BYTES, frame.size - FRAME_PREFIX_BYTES}, bytes_max);
	if (object && document_count(object, "id", id))
		return object;
	json_decref(object);
	return NULL;
}

static json_t *
read_frame(Bytes frame, int64_t *id)
{
	return frame_read_object(frame, FRAME_BYTES_MAX, id);
}

bool
frame_read_call(Bytes frame, int64_t *id, GatewayCall *call)
{
	json_t *object = read_frame(frame, id);
	char operation[CALL_NAME_SIZE];
	bool is_read;

	*call = (GatewayCall){0};
	is_read = object && document_text(object, "operation", operation, sizeof(operation)) &&
			  call_operation_from_name(operation, &call->operation) &&
			  member_get(object, call_members, LENGTH(call_members), call) &&
			  (!call_is_of_invoice(call->operation) ||
			   invoice_frame_get_call(object, &call->invoice));
	json_decref(object);
	return is_read;
}

bool
frame_read_answer(Bytes frame, int64_t *id, GatewayAnswer *answer)
{
	json_t *object = read_frame(frame, id);
	char result[CALL_NAME_SIZE];
	int64_t payment_state = 0;
	int64_t refund_state = 0;
	bool is_read;

	*answer = (GatewayAnswer){0};
	is_read = object && document_text(object, "result", result, sizeof(result)) &&
			  call_result_from_name(result, &answer->result) &&
			  member_get(object, answer_members, LENGTH(answer_members), answer) &&
			  member_get_part(object, "payment", FACT_STATES_COUNT, &payment_state, payment_members,
							  LENGTH(payment_members), &answer->payment) &&
			  member_get_part(object, "refund", REFUND_STATES_COUNT, &refund_state, refund_members,
							  LENGTH(refund_members), &answer->refund) &&
			  invoice_frame_get_answer(object, answer);
	answer->payment.state = (FactState) payment_state;
	answer->refund.state = (RefundState) refund_state;
	json_decref(object);
	return is_read;
}

bool
frame_read_row(Bytes frame, int64_t *id, BillRow *row)
{
	json_t *object = read_frame(frame, id);
	int64_t kind = 0;
	bool is_read;

	*row = (BillRow){0};
	is_read = object && member_get_part(object, "row", BILL_ROW_KINDS_COUNT, &kind, row_members,
										LENGTH(row_members), row);
	row->kind = (BillRowKind) kind;
	json_decref(object);
	return is_read;
}

bool
frame_read_piece(Bytes frame, int64_t *id, FramePiece *piece)
{
	json_t *object = read_frame(frame, id);
	bool is_read = object &&
				   base64_decode(document_bytes(object, "piece"), piece->bytes,
								 FRAME_PIECE_BYTES_MAX, &piece->size) &&
				   piece->size > 0;

	json_decref(object);
	return is_read;
}
