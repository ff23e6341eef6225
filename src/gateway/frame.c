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

static const Member invoice_call_members[] = {
	MEMBER_TEXT(CallInvoice, number),		  MEMBER_TEXT(CallInvoice, red_number),
	MEMBER_TEXT(CallInvoice, buyer_name),	  MEMBER_TEXT(CallInvoice, buyer_tax_number),
	MEMBER_TEXT(CallInvoice, buyer_address),  MEMBER_TEXT(CallInvoice, buyer_phone),
	MEMBER_TEXT(CallInvoice, buyer_bank),	  MEMBER_TEXT(CallInvoice, buyer_bank_account),
	MEMBER_TEXT(CallInvoice, email),		  MEMBER_TEXT(CallInvoice, mobile),
	MEMBER_TEXT(CallInvoice, seller_name),	  MEMBER_TEXT(CallInvoice, seller_tax_number),
	MEMBER_TEXT(CallInvoice, seller_address), MEMBER_TEXT(CallInvoice, seller_phone),
	MEMBER_TEXT(CallInvoice, seller_bank),	  MEMBER_TEXT(CallInvoice, seller_bank_account),
	MEMBER_TEXT(CallInvoice, drawer),		  MEMBER_TEXT(CallInvoice, goods_name),
	MEMBER_TEXT(CallInvoice, goods_code),	  MEMBER_TEXT(CallInvoice, goods_unit),
	MEMBER_TEXT(CallInvoice, blue_number),	  MEMBER_TEXT(CallInvoice, document_url),
};

static const Member invoice_members[] = {
	MEMBER_TEXT(InvoiceFact, number),		MEMBER_NUMBER(InvoiceFact, issued_at),
	MEMBER_NUMBER(InvoiceFact, total_nano), MEMBER_NUMBER(InvoiceFact, tax_nano),
	MEMBER_TEXT(InvoiceFact, pdf_url),		MEMBER_TEXT(InvoiceFact, ofd_url),
	MEMBER_TEXT(InvoiceFact, cause),
};

static const Member red_members[] = {
	MEMBER_TEXT(RedFact, red_number),	   MEMBER_TEXT(RedFact, confirmation_number),
	MEMBER_TEXT(RedFact, confirmation_id), MEMBER_NUMBER(RedFact, issued_at),
	MEMBER_NUMBER(RedFact, entered_at),	   MEMBER_NUMBER(RedFact, amount_nano),
	MEMBER_TEXT(RedFact, cause),
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

/* Amounts and taxes by turns: a hundred lines have to fit. */
static json_t *
pack_lines(const CallInvoice *invoice)
{
	json_t *lines = json_array();
	bool is_whole = lines && invoice->lines_count <= INVOICE_LINES_MAX;

	for (size_t i = 0; i < invoice->lines_count && is_whole; i++)
		is_whole = json_array_append_new(lines, json_integer(invoice->lines[i].amount_nano)) == 0 &&
				   json_array_append_new(lines, json_integer(invoice->lines[i].tax_nano)) == 0;
	if (is_whole)
		return lines;
	json_decref(lines);
	return NULL;
}

static bool
put_call_invoice(json_t *object, const CallInvoice *invoice)
{
	json_t *part = json_pack("{s:b,s:b,s:i,s:i,s:i,s:o}", "is_special", invoice->is_special,
							 "is_individual", invoice->is_individual, "tax_rate_bp",
							 (int) invoice->tax_rate_bp, "red_reason", invoice->red_reason,
							 "red_answer", (int) invoice->red_answer, "lines", pack_lines(invoice));

	if (member_put(part, invoice_call_members, LENGTH(invoice_call_members), invoice))
		return json_object_set_new(object, "invoice", part) == 0;
	json_decref(part);
	return false;
}

size_t
frame_write_call(int64_t id, const GatewayCall *call, char *room)
{
	json_t *object = json_pack("{s:I,s:s}", "id", (json_int_t) id, "operation",
							   call_operation_name(call->operation));
	bool is_whole = member_put(object, call_members, LENGTH(call_members), call) &&
					(!call_is_of_invoice(call->operation) ||
					 put_call_invoice(object, &call->invoice));

	return write_frame(object, is_whole, room);
}

/* An object in an object. */
static bool
put_part(json_t *object, const char *name, int state, const Member *members, size_t count,
		 const void *from)
{
	json_t *part = json_pack("{s:i}", "state", state);

	if (member_put(part, members, count, from))
		return json_object_set_new(object, name, part) == 0;
	json_decref(part);
	return false;
}

size_t
frame_write_answer(int64_t id, const GatewayAnswer *answer, char *room)
{
	json_t *object = json_pack("{s:I,s:s}", "id", (json_int_t) id, "result",
							   call_result_name(answer->result));
	bool is_whole = member_put(object, answer_members, LENGTH(answer_members), answer) &&
					put_part(object, "payment", (int) answer->payment.state, payment_members,
							 LENGTH(payment_members), &answer->payment) &&
					put_part(object, "refund", (int) answer->refund.state, refund_members,
							 LENGTH(refund_members), &answer->refund) &&
					put_part(object, "invoice", (int) answer->invoice.state, invoice_members,
							 LENGTH(invoice_members), &answer->invoice) &&
					put_part(object, "red", (int) answer->red.state, red_members,
							 LENGTH(red_members), &answer->red) &&
					json_object_set_new(object, "red_is_partial",
										json_boolean(answer->red.is_partial)) == 0;

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
	bool is_whole = object &&
					put_part(object, "row", (int) row->kind, row_members, LENGTH(row_members), row);

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

static bool
get_lines(const json_t *lines, CallInvoice *invoice)
{
	size_t count = json_array_size(lines);

	if (!json_is_array(lines) || count % 2 != 0 || count > 2 * (size_t) INVOICE_LINES_MAX)
		return false;
	for (size_t i = 0; i < count; i++)
	{
		const json_t *number = json_array_get(lines, i);
		CallInvoiceLine *line = &invoice->lines[i / 2];

		if (!json_is_integer(number))
			return false;
		*(i % 2 == 0 ? &line->amount_nano : &line->tax_nano) = json_integer_value(number);
	}
	invoice->lines_count = count / 2;
	return true;
}

/* A whole number from 0 to most. */
static bool
get_small(const json_t *object, const char *name, int most, int *number)
{
	int64_t count;

	if (!document_count(object, name, &count) || count < 0 || count > most)
		return false;
	*number = (int) count;
	return true;
}

static bool
get_switch(const json_t *object, const char *name, bool *is_on)
{
	const json_t *found = json_object_get(object, name);

	*is_on = json_is_true(found);
	return json_is_boolean(found);
}

static bool
get_call_invoice(const json_t *object, CallInvoice *invoice)
{
	const json_t *part = document_object(object, "invoice");
	int rate = 0;
	int answer = 0;
	bool is_read = get_switch(part, "is_special", &invoice->is_special) &&
				   get_switch(part, "is_individual", &invoice->is_individual) &&
				   get_small(part, "tax_rate_bp", INVOICE_RATE_BP_MAX, &rate) &&
				   get_small(part, "red_reason", RED_ALLOWANCE, &invoice->red_reason) &&
				   get_small(part, "red_answer", RED_ANSWERS_COUNT - 1, &answer) &&
				   get_lines(json_object_get(part, "lines"), invoice) &&
				   member_get(part, invoice_call_members, LENGTH(invoice_call_members), invoice);

	invoice->tax_rate_bp = rate;
	invoice->red_answer = (RedAnswer) answer;
	return is_read;
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
			  (!call_is_of_invoice(call->operation) || get_call_invoice(object, &call->invoice));
	json_decref(object);
	return is_read;
}

/* Gets an object in an object, with its state below states_count. */
static bool
get_part(const json_t *object, const char *name, int states_count, int64_t *state,
		 const Member *members, size_t count, void *to)
{
	const json_t *part = document_object(object, name);

	return part && document_count(part, "state", state) && *state >= 0 && *state < states_count &&
		   member_get(part, members, count, to);
}

bool
frame_read_answer(Bytes frame, int64_t *id, GatewayAnswer *answer)
{
	json_t *object = read_frame(frame, id);
	char result[CALL_NAME_SIZE];
	int64_t payment_state = 0;
	int64_t refund_state = 0;
	int64_t invoice_state = 0;
	int64_t red_state = 0;
	bool is_read;

	*answer = (GatewayAnswer){0};
	is_read = object && document_text(object, "result", result, sizeof(result)) &&
			  call_result_from_name(result, &answer->result) &&
			  member_get(object, answer_members, LENGTH(answer_members), answer) &&
			  get_part(object, "payment", FACT_STATES_COUNT, &payment_state, payment_members,
					   LENGTH(payment_members), &answer->payment) &&
			  get_part(object, "refund", REFUND_STATES_COUNT, &refund_state, refund_members,
					   LENGTH(refund_members), &answer->refund) &&
			  get_part(object, "invoice", INVOICE_FACT_STATES_COUNT, &invoice_state,
					   invoice_members, LENGTH(invoice_members), &answer->invoice) &&
			  get_part(object, "red", RED_FACT_STATES_COUNT, &red_state, red_members,
					   LENGTH(red_members), &answer->red) &&
			  get_switch(object, "red_is_partial", &answer->red.is_partial);
	answer->payment.state = (FactState) payment_state;
	answer->refund.state = (RefundState) refund_state;
	answer->invoice.state = (InvoiceFactState) invoice_state;
	answer->red.state = (RedFactState) red_state;
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
	is_read = object && get_part(object, "row", BILL_ROW_KINDS_COUNT, &kind, row_members,
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
