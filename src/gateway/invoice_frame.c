/*-------------------------------------------------------------------------
 *
 * invoice_frame.c
 *	  What calls and answers say of invoices, as members of JSON's objects.
 *
 *-------------------------------------------------------------------------
 */
#include "gateway/invoice_frame.h"

#include "gateway/member.h"

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

static const Member invoice_call_members[] = {
	MEMBER_TEXT(CallInvoice, number),		   MEMBER_TEXT(CallInvoice, red_number),
	MEMBER_TEXT(CallInvoice, buyer_name),	   MEMBER_TEXT(CallInvoice, buyer_tax_number),
	MEMBER_TEXT(CallInvoice, buyer_address),   MEMBER_TEXT(CallInvoice, buyer_phone),
	MEMBER_TEXT(CallInvoice, buyer_bank),	   MEMBER_TEXT(CallInvoice, buyer_bank_account),
	MEMBER_TEXT(CallInvoice, email),		   MEMBER_TEXT(CallInvoice, mobile),
	MEMBER_TEXT(CallInvoice, seller_name),	   MEMBER_TEXT(CallInvoice, seller_tax_number),
	MEMBER_TEXT(CallInvoice, seller_address),  MEMBER_TEXT(CallInvoice, seller_phone),
	MEMBER_TEXT(CallInvoice, seller_bank),	   MEMBER_TEXT(CallInvoice, seller_bank_account),
	MEMBER_TEXT(CallInvoice, drawer),		   MEMBER_TEXT(CallInvoice, goods_name),
	MEMBER_TEXT(CallInvoice, goods_code),	   MEMBER_TEXT(CallInvoice, goods_unit),
	MEMBER_TEXT(CallInvoice, blue_number),	   MEMBER_TEXT(CallInvoice, document_url),
	MEMBER_TEXT(CallInvoice, confirmation_id), MEMBER_TEXT(CallInvoice, confirmation_number),
	MEMBER_NUMBER(CallInvoice, from_at),	   MEMBER_NUMBER(CallInvoice, to_at),
	MEMBER_NUMBER(CallInvoice, page),
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

static const Member seen_members[] = {
	MEMBER_TEXT(RedSeen, confirmation_id), MEMBER_TEXT(RedSeen, confirmation_number),
	MEMBER_TEXT(RedSeen, blue_number),	   MEMBER_NUMBER(RedSeen, reason),
	MEMBER_NUMBER(RedSeen, entered_at),
};

/* ---- putting ---------------------------------------------------------------- */

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

bool
invoice_frame_put_call(json_t *object, const CallInvoice *invoice)
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

/* What a partial confirmation reverses of each line. */
static bool
put_red_lines(json_t *object, const RedFact *fact)
{
	json_t *lines = json_array();
	bool is_whole = lines && fact->lines_count <= INVOICE_LINES_MAX;

	for (size_t i = 0; is_whole && i < fact->lines_count; i++)
		is_whole = json_array_append_new(lines, json_integer(fact->lines_nano[i])) == 0;
	if (is_whole)
		return json_object_set_new(object, "red_lines", lines) == 0;
	json_decref(lines);
	return false;
}

static bool
put_seen(json_t *object, const GatewayAnswer *answer)
{
	json_t *list = json_array();
	bool is_whole = list && answer->seen_count <= RED_SEEN_MAX;

	for (size_t i = 0; is_whole && i < answer->seen_count; i++)
	{
		json_t *seen = json_pack("{}");

		is_whole = member_put(seen, seen_members, LENGTH(seen_members), &answer->seen[i]) &&
				   json_array_append(list, seen) == 0;
		json_decref(seen);
	}
	if (is_whole)
		return json_object_set_new(object, "seen", list) == 0;
	json_decref(list);
	return false;
}

bool
invoice_frame_put_answer(json_t *object, const GatewayAnswer *answer)
{
	return member_put_part(object, "invoice", (int) answer->invoice.state, invoice_members,
						   LENGTH(invoice_members), &answer->invoice) &&
		   member_put_part(object, "red", (int) answer->red.state, red_members, LENGTH(red_members),
						   &answer->red) &&
		   json_object_set_new(object, "red_is_partial", json_boolean(answer->red.is_partial)) ==
			   0 &&
		   put_red_lines(object, &answer->red) && put_seen(object, answer);
}

/* ---- getting ---------------------------------------------------------------- */

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

bool
invoice_frame_get_call(const json_t *object, CallInvoice *invoice)
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

static bool
get_red_lines(const json_t *object, RedFact *fact)
{
	const json_t *lines = json_object_get(object, "red_lines");
	const json_t *line;
	size_t i;

	fact->lines_count = json_array_size(lines);
	if (!json_is_array(lines) || fact->lines_count > INVOICE_LINES_MAX)
		return false;
	json_array_foreach(lines, i, line)
	{
		if (!json_is_integer(line))
			return false;
		fact->lines_nano[i] = json_integer_value(line);
	}
	return true;
}

static bool
get_seen(const json_t *object, GatewayAnswer *answer)
{
	const json_t *list = json_object_get(object, "seen");
	const json_t *seen;
	size_t i;

	answer->seen_count = json_array_size(list);
	if (!json_is_array(list) || answer->seen_count > RED_SEEN_MAX)
		return false;
	json_array_foreach(list, i, seen) if (!member_get(seen, seen_members, LENGTH(seen_members),
													  &answer->seen[i])) return false;
	return true;
}

bool
invoice_frame_get_answer(const json_t *object, GatewayAnswer *answer)
{
	int64_t invoice_state = 0;
	int64_t red_state = 0;
	bool is_read = member_get_part(object, "invoice", INVOICE_FACT_STATES_COUNT, &invoice_state,
								   invoice_members, LENGTH(invoice_members), &answer->invoice) &&
				   member_get_part(object, "red", RED_FACT_STATES_COUNT, &red_state, red_members,
								   LENGTH(red_members), &answer->red) &&
				   get_switch(object, "red_is_partial", &answer->red.is_partial) &&
				   get_red_lines(object, &answer->red) && get_seen(object, answer);

	answer->invoice.state = (InvoiceFactState) invoice_state;
	answer->red.state = (RedFactState) red_state;
	return is_read;
}
