/*-------------------------------------------------------------------------
 *
 * alipay.c
 *	  Alipay: building and signing what is asked; reading what comes, first
 *	  whose it is, then what it says.
 *
 *-------------------------------------------------------------------------
 */
#include "gateway/alipay.h"

#include "core/money.h"
#include "gateway/alipay_bill.h"
#include "gateway/document.h"
#include "gateway/form.h"
#include "gateway/instant.h"

#include <stdio.h>
#include <stdlib.h>

#define HOURS(n) ((n) *INT64_C(3600000000))

#define TEXT_SIZE 33

/* The pieces of the text that is signed: all fields but those of the signature. */
static size_t
signed_pieces(const Form *form, bool with_sign_type, Bytes pieces[4 * FORM_FIELDS_MAX])
{
	size_t count = 0;

	for (size_t i = 0; i < form->count; i++)
	{
		const FormField *field = &form->fields[i];

		if (bytes_equal(field->name, bytes_of("sign")) ||
			(!with_sign_type && bytes_equal(field->name, bytes_of("sign_type"))))
			continue;
		count = form_add_pieces(field, pieces, count);
	}
	return count;
}

static bool
is_signed(const Form *form, const Merchant *merchant)
{
	Bytes sign = form_value(form, "sign");
	Bytes pieces[4 * FORM_FIELDS_MAX];

	for (int with_sign_type = 0; with_sign_type <= 1; with_sign_type++)
	{
		size_t count = signed_pieces(form, with_sign_type, pieces);

		if (merchant_believes(merchant, pieces, count, sign))
			return true;
	}
	return false;
}

/* ---- trades, as notices and replies have them ---------------------------- */

/* Copies a text of 1 to size - 1 bytes without control characters: of a form, or of a document. */
typedef bool (*TextReader)(const void *source, const char *name, char *text, size_t size);

static bool
read_form_text(const void *source, const char *name, char *text, size_t size)
{
	return form_text(source, name, text, size);
}

static bool
read_document_text(const void *source, const char *name, char *text, size_t size)
{
	return document_text(source, name, text, size);
}

/* True where a field is there and not empty, readable or not. */
typedef bool (*FieldFinder)(const void *source, const char *name);

static bool
form_has(const void *source, const char *name)
{
	return form_value(source, name).size > 0;
}

static bool
document_has(const void *source, const char *name)
{
	const json_t *found = json_object_get(source, name);

	return found && (!json_is_string(found) || json_string_length(found) > 0);
}

/* What a trade is read from; the same things have other names in notices and in replies. */
typedef struct TradeSource
{
	TextReader text;
	FieldFinder has;
	const void *from;
	const char *paid_at; /* the name of the time of payment */
} TradeSource;

/* An amount in yuan with at most two decimals; if_none where the field is missing. */
static bool
read_yuan(const TradeSource *source, const char *name, int64_t if_none, int64_t *nano)
{
	char text[TEXT_SIZE];

	*nano = if_none;
	if (!source->has(source->from, name))
		return if_none >= 0;
	return source->text(source->from, name, text, sizeof(text)) && money_parse(text, nano) &&
		   *nano % MONEY_NANO_PER_CENT == 0;
}

/*
 * TRADE_CLOSED is said of a trade that nobody paid and of one that was given back
 * whole: the time of payment tells them apart.
 */
static bool
read_state(const TradeSource *source, FactState *state)
{
	char name[TEXT_SIZE];

	if (!source->text(source->from, "trade_status", name, sizeof(name)))
		return false;
	if (strcmp(name, "TRADE_SUCCESS") == 0 || strcmp(name, "TRADE_FINISHED") == 0)
		*state = FACT_PAID;
	else if (strcmp(name, "TRADE_CLOSED") == 0)
		*state = source->has(source->from, source->paid_at) ? FACT_PAID : FACT_CLOSED;
	else if (strcmp(name, "WAIT_BUYER_PAY") == 0)
		*state = FACT_PENDING;
	else
		return false;
	return true;
}

/* One that was paid and is closed was given back whole. */
static bool
is_closed(const TradeSource *source)
{
	char name[TEXT_SIZE];

	return source->text(source->from, "trade_status", name, sizeof(name)) &&
		   strcmp(name, "TRADE_CLOSED") == 0;
}

/*
 * A notice of a refund says how much went back of the trade so far, and by which number
 * it was asked for: how much that one was is to be queried. Without a number it is the
 * trade's own. (opendocs: alipay.trade.fastpay.refund.query, out_request_no)
 */
static void
read_refund_number(const TradeSource *source, PaymentFact *fact)
{
	if (!source->has(source->from, "refund_fee") && !is_closed(source))
		return;
	if (!source->text(source->from, "out_biz_no", fact->refund_number, sizeof(fact->refund_number)))
		memcpy(fact->refund_number, fact->order_number, sizeof(fact->refund_number));
}

/* Reads a trade but for whose it is. Alipay names no currency on the mainland. */
static bool
read_trade(const TradeSource *source, PaymentFact *fact)
{
	char paid_at[INSTANT_TEXT_SIZE];

	*fact = (PaymentFact){.currency = "CNY"};
	if (!read_state(source, &fact->state) ||
		!source->text(source->from, "out_trade_no", fact->order_number, sizeof(fact->order_number)))
		return false;
	if (fact->state != FACT_PAID)
		return true;
	read_refund_number(source, fact);
	return source->text(source->from, "trade_no", fact->transaction_id,
						sizeof(fact->transaction_id)) &&
		   read_yuan(source, "total_amount", -1, &fact->amount_nano) &&
		   read_yuan(source, "invoice_amount", fact->amount_nano, &fact->payer_nano) &&
		   read_yuan(source, "refund_fee", is_closed(source) ? fact->amount_nano : 0,
					 &fact->refunded_nano) &&
		   source->text(source->from, source->paid_at, paid_at, sizeof(paid_at)) &&
		   instant_from_china(paid_at, &fact->paid_at) && fact->paid_at > 0 &&
		   fact->amount_nano > 0 && fact->payer_nano >= 0 &&
		   fact->payer_nano <= fact->amount_nano && fact->refunded_nano >= 0 &&
		   fact->refunded_nano <= fact->amount_nano;
}

/* ---- notices ------------------------------------------------------------- */

static bool
read_notified(const Form *form, PaymentFact *fact)
{
	TradeSource source = {read_form_text, form_has, form, "gmt_payment"};

	return read_trade(&source, fact) &&
		   form_text(form, "app_id", fact->app_id, sizeof(fact->app_id)) &&
		   form_text(form, "seller_id", fact->merchant_id, sizeof(fact->merchant_id));
}

static NoticeVerdict
judge(const Form *form, const Merchant *merchant, PaymentFact *fact)
{
	if (!is_signed(form, merchant))
		return NOTICE_FORGED;
	if (!bytes_equal(form_value(form, "notify_type"), bytes_of("trade_status_sync")))
		return NOTICE_OF_ANOTHER_KIND;
	return read_notified(form, fact) ? NOTICE_OF_PAYMENT : NOTICE_MALFORMED;
}

static NoticeVerdict
read_notice(const HttpMessage *notice, const Merchant *merchant, int64_t now_s, NoticeFact *fact)
{
	Form *form = malloc(sizeof(Form));
	NoticeVerdict verdict = NOTICE_MALFORMED;

	(void) now_s;
	if (form && form_read(notice->body, form))
		verdict = judge(form, merchant, &fact->payment);
	free(form);
	return verdict;
}

/* ---- what is asked ------------------------------------------------------- */

static const struct
{
	const char *method;
	const char *root; /* of its reply */
} methods[CALL_OPERATIONS_COUNT] = {
	[CALL_CREATE] = {"alipay.trade.precreate", "alipay_trade_precreate_response"},
	[CALL_QUERY] = {"alipay.trade.query", "alipay_trade_query_response"},
	[CALL_CLOSE] = {"alipay.trade.close", "alipay_trade_close_response"},
	[CALL_REFUND] = {"alipay.trade.refund", "alipay_trade_refund_response"},
	[CALL_REFUND_QUERY] = {"alipay.trade.fastpay.refund.query",
						   "alipay_trade_fastpay_refund_query_response"},
	[CALL_BILL] = {"alipay.data.dataservice.bill.downloadurl.query",
				   "alipay_data_dataservice_bill_downloadurl_query_response"},
};

static bool
is_page(const GatewayCall *call)
{
	return call->operation == CALL_CREATE && strcmp(call->product, "page") == 0;
}

/* A bill by Alipay's name; NULL where it has none such. */
static const char *
bill_type(const GatewayCall *call)
{
	if (strcmp(call->bill, "trade") == 0)
		return "trade";
	return strcmp(call->bill, "fund") == 0 ? "signcustomer" : NULL;
}

/* What a call is about: the field biz_content. */
static json_t *
content_of(const GatewayCall *call)
{
	char amount[MONEY_TEXT_SIZE];
	char expires_at[INSTANT_TEXT_SIZE];

	switch (call->operation)
	{
		case CALL_CREATE:
			return json_pack("{s:s,s:s,s:s,s:s,s:s}", "out_trade_no", call->order_number,
							 "total_amount", money_print_cents(call->amount_nano, amount),
							 "subject", call->description, "product_code",
							 is_page(call) ? "FAST_INSTANT_TRADE_PAY" : "FACE_TO_FACE_PAYMENT",
							 "time_expire", instant_to_china(call->expires_at, expires_at));
		case CALL_QUERY:
		case CALL_CLOSE:
			return json_pack("{s:s}", "out_trade_no", call->order_number);
		case CALL_REFUND:
			return json_pack("{s:s,s:s,s:s}", "trade_no", call->transaction_id, "refund_amount",
							 money_print_cents(call->refund_nano, amount), "out_request_no",
							 call->refund_number);
		case CALL_REFUND_QUERY:
			return json_pack("{s:s,s:s,s:[s]}", "trade_no", call->transaction_id, "out_request_no",
							 call->refund_number, "query_options", "gmt_refund_pay");
		case CALL_BILL:
			return json_pack("{s:s,s:s}", "bill_type", bill_type(call), "bill_date",
							 call->bill_day);
		default:
			return NULL;
	}
}

/* The fields of a request, which point into these texts, by name in byte order; sign is the last
 * but goes into no signature. */
typedef struct Fields
{
	char content[HTTP_BODY_SIZE / 4];
	char timestamp[INSTANT_TEXT_SIZE];
	char signature[SIGNATURE_TEXT_SIZE];
	FormField fields[16];
	size_t count;
} Fields;

static void
add_field(Fields *fields, const char *name, const char *value)
{
	if (value[0] != '\0')
		fields->fields[fields->count++] = (FormField){bytes_of(name), bytes_of(value)};
}

static bool
write_content(const GatewayCall *call, Fields *fields)
{
	json_t *content = content_of(call);
	size_t size = content ? json_dumpb(content, fields->content, sizeof(fields->content) - 1,
									   JSON_COMPACT)
						  : 0;

	json_decref(content);
	if (size == 0 || size >= sizeof(fields->content))
		return false;
	fields->content[size] = '\0';
	return true;
}

static void
write_fields(const GatewayCall *call, const Merchant *merchant, const ProviderMoment *moment,
			 Fields *fields)
{
	bool creates = call->operation == CALL_CREATE;

	(void) instant_to_china((moment->now_s - INSTANT_EPOCH_S) * 1000000, fields->timestamp);
	add_field(fields, "app_id", merchant->app_id);
	add_field(fields, "biz_content", fields->content);
	add_field(fields, "charset", "utf-8");
	add_field(fields, "format", "JSON");
	add_field(fields, "method",
			  is_page(call) ? "alipay.trade.page.pay" : methods[call->operation].method);
	add_field(fields, "notify_url", creates ? merchant->notify_url : "");
	add_field(fields, "return_url", is_page(call) ? call->return_url : "");
	add_field(fields, "sign_type", "RSA2");
	add_field(fields, "timestamp", fields->timestamp);
	add_field(fields, "version", "1.0");
}

static bool
sign_fields(const Merchant *merchant, Fields *fields)
{
	Bytes pieces[4 * 16];
	size_t count = 0;

	for (size_t i = 0; i < fields->count; i++)
	{
		if (i > 0)
			pieces[count++] = bytes_of("&");
		pieces[count++] = fields->fields[i].name;
		pieces[count++] = bytes_of("=");
		pieces[count++] = fields->fields[i].value;
	}
	if (!signature_make(merchant->private_key, pieces, count, fields->signature))
		return false;
	add_field(fields, "sign", fields->signature);
	return true;
}

/* The address at which a browser pays. */
static bool
write_page(const Merchant *merchant, const Fields *fields, GatewayAnswer *answer)
{
	char port[16] = "";
	int size;

	if (merchant->port > 0)
		(void) snprintf(port, sizeof(port), ":%d", merchant->port);
	size = snprintf(answer->pay_url, CALL_PAY_URL_SIZE, "%s://%s%s/gateway.do?",
					merchant->allow_http ? "http" : "https", merchant->host, port);
	return size > 0 && size < CALL_PAY_URL_SIZE &&
		   form_write(fields->fields, fields->count, answer->pay_url + size,
					  CALL_PAY_URL_SIZE - (size_t) size);
}

static ProviderBuild
write_request(const GatewayCall *call, const Merchant *merchant, const Fields *fields,
			  HttpRequest *request, GatewayAnswer *answer)
{
	if (is_page(call))
	{
		*answer = (GatewayAnswer){.result = RESULT_DONE};
		return write_page(merchant, fields, answer) ? BUILD_ANSWERS : BUILD_IMPOSSIBLE;
	}
	request->method = "POST";
	request->headers_count = 0;
	(void) snprintf(request->target, HTTP_TARGET_SIZE, "/gateway.do");
	if (!form_write(fields->fields, fields->count, request->body, HTTP_BODY_SIZE) ||
		!http_add_header(request, "Content-Type: application/x-www-form-urlencoded;charset=utf-8"))
		return BUILD_IMPOSSIBLE;
	request->body_size = strlen(request->body);
	return BUILD_SENDS;
}

static ProviderBuild
build(const GatewayCall *call, const Merchant *merchant, const ProviderMoment *moment,
	  HttpRequest *request, GatewayAnswer *answer)
{
	Fields *fields = calloc(1, sizeof(Fields));
	ProviderBuild built = BUILD_IMPOSSIBLE;
	bool is_ours = call->operation == CALL_BILL || strcmp(call->currency, "CNY") == 0;

	if (fields && is_ours && merchant->private_key && call_numbers_are_sound(call) &&
		strpbrk(call->description, "&=/\r\n\t") == NULL && write_content(call, fields))
	{
		write_fields(call, merchant, moment, fields);
		if (sign_fields(merchant, fields))
			built = write_request(call, merchant, fields, request, answer);
	}
	free(fields);
	return built;
}

/* ---- what is answered ---------------------------------------------------- */

static bool
begins(const char *text, const char *with)
{
	return strncmp(text, with, strlen(with)) == 0;
}

/* What a sub_code says: of a business failure. */
static CallResult
result_of_failure(CallOperation operation, const char *sub_code)
{
	static const struct
	{
		const char *sub_code;
		CallResult result;
	} results[] = {
		{"ACQ.SYSTEM_ERROR", RESULT_UNANSWERED},
		{"AQC.SYSTEM_ERROR", RESULT_UNANSWERED},
		{"ACQ.TRADE_NOT_EXIST", RESULT_ABSENT},
		{"ACQ.TRADE_HAS_SUCCESS", RESULT_UNCLEAR},
		{"ACQ.TRADE_STATUS_ERROR", RESULT_UNCLEAR},
		{"ACQ.REASON_TRADE_STATUS_INVALID", RESULT_UNCLEAR},
		{"ACQ.REASON_ILLEGAL_STATUS", RESULT_UNCLEAR},
		{"ACQ.SELLER_BALANCE_NOT_ENOUGH", RESULT_NO_FUNDS},
		/* A bill: of a day without one, or not there yet. The gateway's spelling is the first. */
		{"isp.bill_not_exist", RESULT_ABSENT},
		{"BILL_NOT_EXIST", RESULT_ABSENT},
		{"NO_BILL_DATA", RESULT_ABSENT},
	};

	for (size_t i = 0; i < sizeof(results) / sizeof(results[0]); i++)
		if (strcmp(results[i].sub_code, sub_code) == 0)
			return results[i].result;
	/* Whatever else is said of a refund: whether it was made is to be queried. */
	return operation == CALL_REFUND ? RESULT_UNCLEAR : RESULT_REFUSED;
}

/* What a code other than success says. (opendocs.alipay.com: public error codes) */
static CallResult
result_of_code(CallOperation operation, const char *code, const char *sub_code)
{
	if (strcmp(code, "40004") == 0)
		return result_of_failure(operation, sub_code);
	if (strcmp(code, "20001") == 0 || strcmp(code, "40006") == 0 ||
		begins(sub_code, "isv.invalid-signature") || begins(sub_code, "isv.missing-signature") ||
		begins(sub_code, "isv.invalid-app-id"))
		return RESULT_MISCONFIGURED;
	if (strcmp(code, "40001") == 0 || strcmp(code, "40002") == 0)
		return RESULT_REFUSED;
	return strcmp(code, "40005") == 0 ? RESULT_BUSY : RESULT_UNANSWERED;
}

static bool
is_about(const TradeSource *source, const char *name, const char *expected)
{
	char number[FACT_NUMBER_SIZE];

	return source->text(source->from, name, number, sizeof(number)) &&
		   strcmp(number, expected) == 0;
}

/* Reads a refund that was paid, of the number and the trade that were asked for. */
static bool
read_refund(const TradeSource *source, const GatewayCall *call, RefundFact *refund)
{
	char refunded_at[INSTANT_TEXT_SIZE];

	if (source->text(source->from, "gmt_refund_pay", refunded_at, sizeof(refunded_at)) &&
		!instant_from_china(refunded_at, &refund->refunded_at))
		return false;
	(void) snprintf(refund->currency, sizeof(refund->currency), "CNY");
	memcpy(refund->transaction_id, call->transaction_id, sizeof(refund->transaction_id));
	memcpy(refund->refund_number, call->refund_number, sizeof(refund->refund_number));
	/* Alipay has no number of its own for a refund: the trade's and the one asked for tell it. */
	memcpy(refund->refund_id, call->refund_number, sizeof(refund->refund_id));
	return is_about(source, "trade_no", call->transaction_id) &&
		   is_about(source, "out_request_no", call->refund_number) &&
		   source->text(source->from, "out_trade_no", refund->order_number,
						sizeof(refund->order_number)) &&
		   (call->order_number[0] == '\0' ||
			strcmp(refund->order_number, call->order_number) == 0) &&
		   read_yuan(source, "refund_amount", -1, &refund->amount_nano) && refund->amount_nano > 0;
}

/* The whole amount that went back for this trade is no fact about one refund: that is queried. */
static bool
read_refund_query(const TradeSource *source, const GatewayCall *call, GatewayAnswer *answer)
{
	char state[TEXT_SIZE];
	const GatewayAnswer absent = {.result = RESULT_ABSENT};

	if (!source->text(source->from, "refund_status", state, sizeof(state)))
		*answer = absent;
	else if (strcmp(state, "REFUND_SUCCESS") != 0)
		answer->refund.state = REFUND_PENDING;
	else
		answer->refund.state = REFUND_PAID;
	return answer->result == RESULT_ABSENT || answer->refund.state == REFUND_PENDING ||
		   read_refund(source, call, &answer->refund);
}

/* Queries are answered to who signed them: the merchant is the one of the file. */
static bool
read_queried(const TradeSource *source, const GatewayCall *call, const Merchant *merchant,
			 PaymentFact *fact)
{
	if (!is_about(source, "out_trade_no", call->order_number) || !read_trade(source, fact))
		return false;
	memcpy(fact->merchant_id, merchant->merchant_id, sizeof(fact->merchant_id));
	memcpy(fact->app_id, merchant->app_id, sizeof(fact->app_id));
	return true;
}

static bool
read_success(const json_t *node, const GatewayCall *call, const Merchant *merchant,
			 GatewayAnswer *answer)
{
	TradeSource source = {read_document_text, document_has, node, "send_pay_date"};

	switch (call->operation)
	{
		case CALL_CREATE:
			return is_about(&source, "out_trade_no", call->order_number) &&
				   document_text(node, "qr_code", answer->pay_url, sizeof(answer->pay_url));
		case CALL_QUERY:
			return read_queried(&source, call, merchant, &answer->payment);
		case CALL_CLOSE:
			return is_about(&source, "out_trade_no", call->order_number);
		case CALL_REFUND:
			/* fund_change N: this call moved nothing, an earlier one may have. */
			answer->refund.state = REFUND_PENDING;
			return is_about(&source, "trade_no", call->transaction_id);
		case CALL_REFUND_QUERY:
			return read_refund_query(&source, call, answer);
		case CALL_BILL:
			return document_text(node, "bill_download_url", answer->pay_url,
								 sizeof(answer->pay_url));
		default:
			return false;
	}
}

static void
read_node(const json_t *node, bool is_believed, const GatewayCall *call, const Merchant *merchant,
		  GatewayAnswer *answer)
{
	char code[TEXT_SIZE];
	char sub_code[CALL_CODE_SIZE];
	CallResult failure;

	if (!document_text(node, "code", code, sizeof(code)))
		return;
	if (!document_text(node, "sub_code", sub_code, sizeof(sub_code)))
		sub_code[0] = '\0';
	memcpy(answer->code, sub_code[0] ? sub_code : code,
		   sub_code[0] ? sizeof(sub_code) : sizeof(code));
	failure = result_of_code(call->operation, code, sub_code);
	if (strcmp(code, "10000") != 0)
		answer->result = failure;
	else if (is_believed)
	{
		answer->result = RESULT_DONE;
		if (!read_success(node, call, merchant, answer))
			answer->result = RESULT_UNANSWERED;
	}
}

static void
read_reply(const GatewayCall *call, const Merchant *merchant, int64_t now_s,
		   const HttpMessage *reply, GatewayAnswer *answer)
{
	const char *root = methods[call->operation].root;
	json_t *document = reply->status == 200 ? document_read(reply->body) : NULL;
	const json_t *node = document ? document_object(document, root) : NULL;
	Bytes span = node ? document_span(reply->body, root) : (Bytes){"", 0};

	(void) now_s;
	*answer = (GatewayAnswer){.result = RESULT_UNANSWERED};
	if (document && node == NULL)
		read_node(document_object(document, "error_response"), false, call, merchant, answer);
	else if (node)
		read_node(node, merchant_believes(merchant, &span, 1, document_bytes(document, "sign")),
				  call, merchant, answer);
	json_decref(document);
}

/* ---- bills ----------------------------------------------------------------- */

/* The reply to CALL_BILL has an address as that to CALL_CREATE has; it lives for 30 seconds. */
static bool
read_link(const GatewayCall *call, const Merchant *merchant, int64_t now_s,
		  const HttpMessage *reply, ProviderLink *link, GatewayAnswer *answer)
{
	bool is_read;

	read_reply(call, merchant, now_s, reply, answer);
	if (answer->result != RESULT_DONE)
		return false;
	is_read = merchant_bill_address(merchant, bytes_of(answer->pay_url), &link->address);
	link->sha1[0] = '\0';
	*answer = (GatewayAnswer){.result = RESULT_UNANSWERED};
	return is_read;
}

/* The address is a secret of its own: whoever has it gets the bill. */
static ProviderBuild
build_download(const Merchant *merchant, const ProviderMoment *moment, const ProviderLink *link,
			   HttpRequest *request)
{
	(void) merchant, (void) moment;
	request->method = "GET";
	request->headers_count = 0;
	request->body_size = 0;
	memcpy(request->target, link->address.target, sizeof(request->target));
	return BUILD_SENDS;
}

static const ProviderBills bills = {
	.packed = UNPACK_ZIP,
	.trade = &alipay_bill_trade,
	.fund = &alipay_bill_fund,
	.read_link = read_link,
	.build_download = build_download,
};

const Provider alipay_provider = {
	.name = "alipay",
	.region = "cn",
	.currency = "CNY",
	.day_offset_us = INSTANT_CHINA_US,
	.products = {{"qr", 0, HOURS(2), PAYS_BY_CODE}, {"page", 0, HOURS(2), PAYS_BY_URL}},
	.settings = {"app_id", "notify_url", "private_key", "public_key"},
	.lacks = PROVIDER_LACKS_INVOICES | PROVIDER_LACKS(CALL_SIGN) | PROVIDER_LACKS(CALL_KEYS),
	.refunds = {HOURS(24 * 365), INT64_C(3000000), 50, false},
	.build = build,
	.read_reply = read_reply,
	.read_notice = read_notice,
	.bills = &bills,
	.accepted = {200, "text/plain", "success"},
	.again = {500, "text/plain", "failure"},
};
