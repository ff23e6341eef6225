/*-------------------------------------------------------------------------
 *
 * xiaomi.c
 *	  Xiaomi Pay: building and signing what is asked; reading what comes, first
 *	  whose it is, then what it says.
 *
 *-------------------------------------------------------------------------
 */
#include "gateway/xiaomi.h"

#include "core/money.h"
#include "gateway/document.h"
#include "gateway/form.h"
#include "gateway/instant.h"

#include <stdio.h>
#include <stdlib.h>

#define HOURS(n) ((n) *INT64_C(3600000000))

#define QUERY_PATH "/api/biz/service/queryOrder.do"

#define STATE_SIZE 33
#define FEN_SIZE 14 /* of an amount as text: 13 digits are more than there is money */

static Bytes
secret_of(const Merchant *merchant)
{
	return bytes_of(merchant->app_secret);
}

/* The pieces of the text that is signed: all fields with a value but that of the signature. */
static size_t
signed_pieces(const Form *form, const Merchant *merchant, Bytes pieces[4 * FORM_FIELDS_MAX])
{
	Bytes signature = bytes_of(merchant_field(merchant, "signature"));
	size_t count = 0;

	for (size_t i = 0; i < form->count; i++)
	{
		const FormField *field = &form->fields[i];

		if (field->value.size > 0 && !bytes_equal(field->name, signature))
			count = form_add_pieces(field, pieces, count);
	}
	return count;
}

/*
 * What is signed is the decoded fields, joined: a value with "&", or a name with that or "=",
 * would let one signature stand for other fields.
 */
static bool
is_unambiguous(const Form *form)
{
	for (size_t i = 0; i < form->count; i++)
	{
		const FormField *field = &form->fields[i];

		if (memchr(field->name.data, '&', field->name.size) ||
			memchr(field->name.data, '=', field->name.size) ||
			(field->value.size > 0 && memchr(field->value.data, '&', field->value.size)))
			return false;
	}
	return true;
}

static bool
is_signed(const Form *form, const Merchant *merchant)
{
	Bytes pieces[4 * FORM_FIELDS_MAX];
	size_t count = signed_pieces(form, merchant, pieces);

	return is_unambiguous(form) &&
		   mac_matches(merchant->digest, secret_of(merchant), pieces, count,
					   form_value(form, merchant_field(merchant, "signature")));
}

/* ---- orders, as notices and replies have them ------------------------------ */

/* A field, by the name that it has in the public protocol. */
static bool
read_text(const Form *form, const Merchant *merchant, const char *name, char *text, size_t size)
{
	return form_text(form, merchant_field(merchant, name), text, size);
}

static bool
read_state(const Form *form, const Merchant *merchant, FactState *state)
{
	char name[STATE_SIZE];

	if (!read_text(form, merchant, "orderStatus", name, sizeof(name)))
		return false;
	*state = strcmp(name, "TRADE_SUCCESS") == 0 ? FACT_PAID : FACT_PENDING;
	return *state == FACT_PAID || strcmp(name, "WAIT_BUYER_PAY") == 0;
}

/* An amount above zero, in fen, the hundredth of a yuan. */
static bool
read_fen(const Form *form, const Merchant *merchant, int64_t *nano)
{
	char text[FEN_SIZE];
	int64_t fen;

	if (!read_text(form, merchant, "payFee", text, sizeof(text)) ||
		text[strspn(text, "0123456789")] != '\0')
		return false;
	fen = strtoll(text, NULL, 10);
	if (fen == 0 || fen > MONEY_NANO_MAX / MONEY_NANO_PER_CENT)
		return false;
	*nano = fen * MONEY_NANO_PER_CENT;
	return true;
}

/* The user of the app whose order it is; false where one is there and cannot be read. */
static bool
read_uid(const Form *form, const Merchant *merchant, PaymentFact *fact)
{
	return form_value(form, merchant_field(merchant, "uid")).size == 0 ||
		   read_text(form, merchant, "uid", fact->uid, sizeof(fact->uid));
}

/* Xiaomi knows apps alone: an order of the merchant's app is the merchant's. */
static bool
read_parties(const Form *form, const Merchant *merchant, PaymentFact *fact)
{
	if (!read_text(form, merchant, "appId", fact->app_id, sizeof(fact->app_id)))
		return false;
	memcpy(fact->merchant_id,
		   strcmp(fact->app_id, merchant->app_id) == 0 ? merchant->merchant_id : fact->app_id,
		   sizeof(fact->merchant_id));
	return true;
}

static bool
read_order(const Form *form, const Merchant *merchant, PaymentFact *fact)
{
	char paid_at[INSTANT_TEXT_SIZE];

	*fact = (PaymentFact){.currency = "CNY"};
	if (!read_state(form, merchant, &fact->state) || !read_parties(form, merchant, fact) ||
		!read_uid(form, merchant, fact) ||
		!read_text(form, merchant, "cpOrderId", fact->order_number, sizeof(fact->order_number)))
		return false;
	if (fact->state != FACT_PAID)
		return true;
	if (!read_fen(form, merchant, &fact->amount_nano))
		return false;
	fact->payer_nano = fact->amount_nano; /* what Xiaomi gave to it is not said */
	return read_text(form, merchant, "orderId", fact->transaction_id,
					 sizeof(fact->transaction_id)) &&
		   read_text(form, merchant, "payTime", paid_at, sizeof(paid_at)) &&
		   instant_from_china(paid_at, &fact->paid_at) && fact->paid_at > 0;
}

/* ---- notices ------------------------------------------------------------- */

static NoticeVerdict
judge(const Form *form, const Merchant *merchant, PaymentFact *fact)
{
	if (!is_signed(form, merchant))
		return NOTICE_FORGED;
	return read_order(form, merchant, fact) ? NOTICE_OF_PAYMENT : NOTICE_MALFORMED;
}

static NoticeVerdict
read_notice(const HttpMessage *notice, const Merchant *merchant, int64_t now_s, NoticeFact *fact)
{
	Form *form = malloc(sizeof(Form));
	NoticeVerdict verdict = NOTICE_MALFORMED;

	(void) now_s;
	if (form && form_read(notice->query, form))
		verdict = judge(form, merchant, &fact->payment);
	free(form);
	return verdict;
}

/* ---- what is asked ------------------------------------------------------- */

/* What the library in the payer's app creates the order from. */
static ProviderBuild
answer_create(const GatewayCall *call, const Merchant *merchant, GatewayAnswer *answer)
{
	json_t *order = json_pack("{s:s,s:s,s:I}", merchant_field(merchant, "appId"), merchant->app_id,
							  merchant_field(merchant, "cpOrderId"), call->order_number,
							  merchant_field(merchant, "payFee"),
							  (json_int_t) (call->amount_nano / MONEY_NANO_PER_CENT));
	size_t size;

	*answer = (GatewayAnswer){.result = RESULT_DONE};
	size = order ? json_dumpb(order, answer->pay_url, CALL_PAY_URL_SIZE - 1, JSON_COMPACT) : 0;
	json_decref(order);
	return size > 0 && size < CALL_PAY_URL_SIZE ? BUILD_ANSWERS : BUILD_IMPOSSIBLE;
}

static FormField
field_of(const Merchant *merchant, const char *name, const char *value)
{
	return (FormField){bytes_of(merchant_field(merchant, name)), bytes_of(value)};
}

/* Signs what stands in a text, sorted in the form. */
static bool
sign_fields(const char *text, const Merchant *merchant, char signature[MAC_TEXT_SIZE])
{
	Form *form = malloc(sizeof(Form));
	Bytes pieces[4 * FORM_FIELDS_MAX];
	bool is_made = form && form_read(bytes_of(text), form) &&
				   mac_make(merchant->digest, secret_of(merchant), pieces,
							signed_pieces(form, merchant, pieces), signature);

	free(form);
	return is_made;
}

/* Writes the fields behind the path, signed. */
static bool
write_target(const GatewayCall *call, const Merchant *merchant, HttpRequest *request)
{
	char *target = request->target;
	size_t path = (size_t) snprintf(target, HTTP_TARGET_SIZE, "%s?",
									merchant->query_path[0] ? merchant->query_path : QUERY_PATH);
	char signature[MAC_TEXT_SIZE];
	FormField fields[] = {
		field_of(merchant, "appId", merchant->app_id),
		field_of(merchant, "cpOrderId", call->order_number),
		field_of(merchant, "uid", call->uid),
		field_of(merchant, "signature", ""),
	};

	if (!form_write(fields, 3, target + path, HTTP_TARGET_SIZE - path) ||
		!sign_fields(target + path, merchant, signature))
		return false;
	fields[3].value = bytes_of(signature);
	return form_write(fields, 4, target + path, HTTP_TARGET_SIZE - path);
}

static ProviderBuild
build(const GatewayCall *call, const Merchant *merchant, const ProviderMoment *moment,
	  HttpRequest *request, GatewayAnswer *answer)
{
	(void) moment;
	if (strcmp(call->currency, "CNY") != 0 || call->uid[0] == '\0' || !call_numbers_are_sound(call))
		return BUILD_IMPOSSIBLE;
	if (call->operation == CALL_CREATE)
		return answer_create(call, merchant, answer);
	request->method = "GET";
	request->headers_count = 0;
	request->body_size = 0;
	return call->operation == CALL_QUERY && write_target(call, merchant, request)
			   ? BUILD_SENDS
			   : BUILD_IMPOSSIBLE;
}

/* ---- what is answered ---------------------------------------------------- */

/* Writes a field of a document, which is a text, a whole number or nothing, behind *used. */
static bool
write_field(const char *name, const json_t *value, char *text, size_t *used)
{
	char number[24];
	FormField field = {bytes_of(name), {number, 0}};

	if (json_is_string(value))
		field.value = (Bytes){json_string_value(value), json_string_length(value)};
	else if (json_is_integer(value))
		field.value.size = (size_t) snprintf(number, sizeof(number), "%" JSON_INTEGER_FORMAT,
											 json_integer_value(value));
	else if (!json_is_null(value))
		return false;
	if (*used > 0)
		text[(*used)++] = '&'; /* over the NUL */
	if (!form_write(&field, 1, text + *used, FORM_BYTES_MAX - *used))
		return false;
	*used += strlen(text + *used);
	return true;
}

/* A document as the form that a notice would have: both are signed alike. */
static bool
read_fields(json_t *document, Form *form)
{
	char *text = malloc(FORM_BYTES_MAX);
	size_t used = 0;
	bool is_read = text != NULL;
	const char *name;
	json_t *value;

	json_object_foreach(document, name, value)
		is_read = is_read && write_field(name, value, text, &used);
	is_read = is_read && form_read((Bytes){text, used}, form);
	free(text);
	return is_read;
}

/*
 * What an error says. Of an app or a secret: nothing will be answered until somebody acts.
 * The payer's number is that of one order, which is asked for again.
 */
static CallResult
result_of_error(int64_t code)
{
	switch (code)
	{
		case 1506: /* cpOrderId: the payer's app has not created it, or not yet */
			return RESULT_ABSENT;
		case 1516: /* uid */
			return RESULT_REFUSED;
		case 1515: /* appId */
		case 1525: /* signature */
			return RESULT_MISCONFIGURED;
		default:
			return RESULT_UNANSWERED;
	}
}

/* True where it is one; then what it says is in the answer. */
static bool
read_error(const json_t *document, const Merchant *merchant, GatewayAnswer *answer)
{
	int64_t code;

	if (!document_count(document, merchant_field(merchant, "errcode"), &code))
		return false;
	(void) snprintf(answer->code, sizeof(answer->code), "%lld", (long long) code);
	answer->result = result_of_error(code);
	return true;
}

/* Of the order that was asked for, and of its user. */
static bool
is_asked(const PaymentFact *fact, const GatewayCall *call)
{
	return strcmp(fact->order_number, call->order_number) == 0 &&
		   (fact->uid[0] == '\0' || strcmp(fact->uid, call->uid) == 0);
}

static bool
read_asked_order(json_t *document, const GatewayCall *call, const Merchant *merchant,
				 PaymentFact *fact)
{
	Form *form = malloc(sizeof(Form));
	bool is_read = form && read_fields(document, form) && is_signed(form, merchant) &&
				   read_order(form, merchant, fact) && is_asked(fact, call);

	free(form);
	return is_read;
}

static void
read_reply(const GatewayCall *call, const Merchant *merchant, int64_t now_s,
		   const HttpMessage *reply, GatewayAnswer *answer)
{
	json_t *document = reply->status < 500 ? document_read(reply->body) : NULL;

	(void) now_s;
	*answer = (GatewayAnswer){.result = RESULT_UNANSWERED};
	if (document && !read_error(document, merchant, answer) && reply->status == 200 &&
		call->operation == CALL_QUERY &&
		read_asked_order(document, call, merchant, &answer->payment))
		answer->result = RESULT_DONE;
	json_decref(document);
}

const Provider xiaomi_provider = {
	.name = "xiaomi",
	.region = "cn",
	.currency = "CNY",
	.day_offset_us = INSTANT_CHINA_US,
	/* Nothing there ends it; it is short, and said anew as it was. */
	.products = {{"sdk", PAYER_UID, HOURS(2), PAYS_BY_SDK}},
	.settings = {"app_id", "app_secret"},
	.lacks = PROVIDER_LACKS_INVOICES | PROVIDER_LACKS(CALL_CLOSE) | PROVIDER_LACKS(CALL_REFUND) |
			 PROVIDER_LACKS(CALL_REFUND_QUERY) | PROVIDER_LACKS(CALL_SIGN) |
			 PROVIDER_LACKS(CALL_BILL) | PROVIDER_LACKS(CALL_KEYS),
	.build = build,
	.read_reply = read_reply,
	.read_notice = read_notice,
	.accepted = {200, "application/json", "{\"errcode\":200}"},
	/* It has no word for "later": an error that it knows, by a status that all know. */
	.again = {500, "application/json", "{\"errcode\":1525}"},
};
