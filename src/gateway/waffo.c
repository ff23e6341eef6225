/*-------------------------------------------------------------------------
 *
 * waffo.c
 *	  Waffo: building and signing what is asked; reading what comes, first whose
 *	  it is, then what it says.
 *
 *-------------------------------------------------------------------------
 */
#include "gateway/waffo.h"

#include "core/money.h"
#include "gateway/document.h"
#include "gateway/instant.h"

#include <stdio.h>

#define HOURS(n) ((n) *INT64_C(3600000000))

/* A page lives as long as its order, which says when it ends. Waffo itself gives one that does not
 * say so four hours: after them the page is asked for anew. */
#define PAGE_LIVES_US HOURS(4)

#define SIGNATURE_HEADER "X-SIGNATURE"
#define ACCEPTED_BODY "{\"message\":\"success\"}"

#define NUMBER_CHARS_MAX 32 /* of ours */
#define GOODS_BYTES_MAX 64

static bool
is_signed(const HttpMessage *message, const Merchant *merchant)
{
	return merchant_believes(merchant, &message->body, 1, http_header(message, SIGNATURE_HEADER));
}

/* ---- payments and refunds, as notices and replies have them --------------- */

typedef struct Word
{
	const char *word;
	int means;
} Word;

/* What a member's text means; false where it is no word of the list. */
static bool
read_word(const json_t *object, const char *member, const Word *words, size_t count, int *means)
{
	Bytes text = document_bytes(object, member);

	for (size_t i = 0; i < count; i++)
		if (bytes_equal(bytes_of(words[i].word), text))
		{
			*means = words[i].means;
			return true;
		}
	return false;
}

static bool
read_state(const json_t *order, FactState *state)
{
	static const Word words[] = {
		{"PAY_IN_PROGRESS", FACT_PENDING},
		{"AUTHORIZATION_REQUIRED", FACT_PENDING},
		{"AUTHED_WAITING_CAPTURE", FACT_PENDING},
		{"PAY_SUCCESS", FACT_PAID},
		{"ORDER_CLOSE", FACT_CLOSED},
	};
	int means = 0;
	bool read = read_word(order, "orderStatus", words, sizeof(words) / sizeof(words[0]), &means);

	*state = (FactState) means;
	return read;
}

static bool
read_refund_state(const json_t *refund, RefundState *state)
{
	static const Word words[] = {
		{"REFUND_IN_PROGRESS", REFUND_PENDING},
		{"ORDER_PARTIALLY_REFUNDED", REFUND_PAID},
		{"ORDER_FULLY_REFUNDED", REFUND_PAID},
		{"ORDER_REFUND_FAILED", REFUND_FAILED},
	};
	int means = 0;
	bool read = read_word(refund, "refundStatus", words, sizeof(words) / sizeof(words[0]), &means);

	*state = (RefundState) means;
	return read;
}

/* True where a member is there and says something, readable or not. */
static bool
has(const json_t *object, const char *name)
{
	const json_t *found = json_object_get(object, name);

	return found && !json_is_null(found) &&
		   (!json_is_string(found) || json_string_length(found) > 0);
}

/* Copies a text that need not be there; false where it is there and cannot be read. */
static bool
read_if_there(const json_t *object, const char *name, char *text, size_t size)
{
	return !has(object, name) || document_text(object, name, text, size);
}

/* An amount above zero, with at most two decimals. */
static bool
read_amount(const json_t *object, const char *name, int64_t *nano)
{
	char text[MONEY_TEXT_SIZE];

	return document_text(object, name, text, sizeof(text)) && money_parse(text, nano) &&
		   *nano > 0 && *nano % MONEY_NANO_PER_CENT == 0;
}

static bool
read_instant(const json_t *object, const char *name, int64_t *instant)
{
	char text[INSTANT_TEXT_SIZE];

	return document_text(object, name, text, sizeof(text)) && instant_from_utc(text, instant) &&
		   *instant > 0;
}

/* Whose an order is. Waffo need not say so: then it is the merchant's whose key verified it. */
static bool
read_parties(const json_t *order, const Merchant *merchant, PaymentFact *fact)
{
	memcpy(fact->merchant_id, merchant->merchant_id, sizeof(fact->merchant_id));
	memcpy(fact->app_id, merchant->app_id, sizeof(fact->app_id));
	return read_if_there(document_object(order, "merchantInfo"), "merchantId", fact->merchant_id,
						 sizeof(fact->merchant_id));
}

static bool
read_order(const json_t *order, const Merchant *merchant, PaymentFact *fact)
{
	*fact = (PaymentFact){0};
	if (!read_state(order, &fact->state) || !read_parties(order, merchant, fact) ||
		!document_text(order, "paymentRequestId", fact->order_number, sizeof(fact->order_number)))
		return false;
	if (fact->state != FACT_PAID)
		return true;
	if (!read_amount(order, "orderAmount", &fact->amount_nano))
		return false;
	fact->payer_nano = fact->amount_nano; /* it knows no coupons */
	return document_text(order, "acquiringOrderId", fact->transaction_id,
						 sizeof(fact->transaction_id)) &&
		   document_text(order, "orderCurrency", fact->currency, sizeof(fact->currency)) &&
		   read_instant(order, "orderCompletedAt", &fact->paid_at);
}

/* Who gave it back: the merchant, or a scheme that settles disputes before they are one. */
static bool
read_dispute(const json_t *refund, RefundFact *fact)
{
	if (!read_if_there(refund, "refundSource", fact->dispute, sizeof(fact->dispute)))
		return false;
	if (strcmp(fact->dispute, "MERCHANT") == 0)
		fact->dispute[0] = '\0';
	return true;
}

static bool
read_refund(const json_t *refund, const Merchant *merchant, RefundFact *fact)
{
	*fact = (RefundFact){.currency = "USD"};
	memcpy(fact->merchant_id, merchant->merchant_id, sizeof(fact->merchant_id));
	if (!read_refund_state(refund, &fact->state) ||
		!read_amount(refund, "refundAmount", &fact->amount_nano))
		return false;
	fact->payer_nano = fact->amount_nano;
	if (fact->state == REFUND_PAID && has(refund, "refundCompletedAt") &&
		!read_instant(refund, "refundCompletedAt", &fact->refunded_at))
		return false;
	return document_text(refund, "acquiringRefundOrderId", fact->refund_id,
						 sizeof(fact->refund_id)) &&
		   document_text(refund, "acquiringOrderId", fact->transaction_id,
						 sizeof(fact->transaction_id)) &&
		   read_if_there(refund, "refundRequestId", fact->refund_number,
						 sizeof(fact->refund_number)) &&
		   read_if_there(refund, "origPaymentRequestId", fact->order_number,
						 sizeof(fact->order_number)) &&
		   read_if_there(refund, "refundCurrency", fact->currency, sizeof(fact->currency)) &&
		   read_dispute(refund, fact);
}

/* ---- notices ------------------------------------------------------------- */

static NoticeVerdict
read_event(const json_t *event, const Merchant *merchant, NoticeFact *fact)
{
	const json_t *result = document_object(event, "result");
	const json_t *told = result ? result : event;
	Bytes type = document_bytes(event, "eventType");

	if (bytes_equal(type, bytes_of("PAYMENT_NOTIFICATION")))
		return read_order(told, merchant, &fact->payment) ? NOTICE_OF_PAYMENT : NOTICE_MALFORMED;
	if (bytes_equal(type, bytes_of("REFUND_NOTIFICATION")))
		return read_refund(told, merchant, &fact->refund) ? NOTICE_OF_REFUND : NOTICE_MALFORMED;
	return NOTICE_OF_ANOTHER_KIND;
}

static NoticeVerdict
read_notice(const HttpMessage *notice, const Merchant *merchant, int64_t now_s, NoticeFact *fact)
{
	NoticeVerdict verdict;
	json_t *event;

	(void) now_s;
	if (!is_signed(notice, merchant))
		return NOTICE_FORGED;
	event = document_read(notice->body);
	verdict = event ? read_event(event, merchant, fact) : NOTICE_MALFORMED;
	json_decref(event);
	return verdict;
}

/* ---- what is asked ------------------------------------------------------- */

static const char *const paths[CALL_OPERATIONS_COUNT] = {
	[CALL_CREATE] = "/api/v1/order/create",			[CALL_QUERY] = "/api/v1/order/inquiry",
	[CALL_CLOSE] = "/api/v1/order/cancel",			[CALL_REFUND] = "/api/v1/order/refund",
	[CALL_REFUND_QUERY] = "/api/v1/refund/inquiry",
};

/* NULL: it has no such product. */
static const char *
pay_method_type(const char *product)
{
	static const char *const types[][2] = {
		{"credit_card", "CREDITCARD"},
		{"debit_card", "DEBITCARD"},
		{"apple_pay", "APPLEPAY"},
		{"google_pay", "GOOGLEPAY"},
	};

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (strcmp(types[i][0], product) == 0)
			return types[i][1];
	return NULL;
}

/* NULL where a text is empty: such a member is left out. */
static const char *
if_given(const char *text)
{
	return text[0] != '\0' ? text : NULL;
}

/* How many bytes of a description a name of goods can have, and not end within a character. */
static size_t
goods_size(const char *description)
{
	size_t size = strlen(description);

	if (size > GOODS_BYTES_MAX)
		size = GOODS_BYTES_MAX;
	while (size > 0 && ((unsigned char) description[size] & 0xc0) == 0x80)
		size--;
	return size;
}

static bool
has_terminal(const GatewayCall *call)
{
	return strcmp(call->terminal, "WEB") == 0 || strcmp(call->terminal, "APP") == 0;
}

/* What it is for; NULL where the file does not name the merchant's app, which Waffo wants with it.
 */
static json_t *
goods_part(const GatewayCall *call, const Merchant *merchant)
{
	return merchant->app_id[0] == '\0'
			   ? NULL
			   : json_pack("{s:s%,s:s}", "goodsName", call->description,
						   goods_size(call->description), "appName", merchant->app_id);
}

/* How and by whom it is paid, and what for. */
static json_t *
payer_parts(const GatewayCall *call, const Merchant *merchant)
{
	return json_pack("{s:{s:s},s:{s:s,s:s,s:s},s:{s:s,s:s},s:o*}", "merchantInfo", "merchantId",
					 merchant->merchant_id, "userInfo", "userId",
					 call->uid[0] != '\0' ? call->uid : call->order_number, "userEmail",
					 call->email, "userTerminal", call->terminal, "paymentInfo", "productName",
					 "ONE_TIME_PAYMENT", "payMethodType", pay_method_type(call->product),
					 "goodsInfo", goods_part(call, merchant));
}

static json_t *
order_body(const GatewayCall *call, const Merchant *merchant)
{
	char amount[MONEY_TEXT_SIZE];
	char requested_at[INSTANT_TEXT_SIZE];
	char expires_at[INSTANT_TEXT_SIZE];
	const char *return_url = if_given(call->return_url);
	json_t *body;

	if (!has_terminal(call) || call->email[0] == '\0' || pay_method_type(call->product) == NULL)
		return NULL;
	body = json_pack("{s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:s*,s:s*,s:s*}", "paymentRequestId",
					 call->order_number, "merchantOrderId", call->order_number, "orderCurrency",
					 call->currency, "orderAmount", money_print_cents(call->amount_nano, amount),
					 "orderDescription", call->description, "orderRequestedAt",
					 instant_to_utc(call->created_at, requested_at), "orderExpiredAt",
					 instant_to_utc(call->expires_at, expires_at), "notifyUrl",
					 merchant->notify_url, "successRedirectUrl", return_url, "failedRedirectUrl",
					 return_url, "cancelRedirectUrl", return_url);
	if (body && json_object_update_new(body, payer_parts(call, merchant)) == 0)
		return body;
	json_decref(body);
	return NULL;
}

/* Without a time of its own: sent again it must be the same. */
static json_t *
cancel_body(const GatewayCall *call, const Merchant *merchant)
{
	char requested_at[INSTANT_TEXT_SIZE];

	return json_pack("{s:s,s:s,s:s}", "paymentRequestId", call->order_number, "merchantId",
					 merchant->merchant_id, "orderRequestedAt",
					 instant_to_utc(call->created_at, requested_at));
}

static json_t *
refund_body(const GatewayCall *call, const Merchant *merchant)
{
	char amount[MONEY_TEXT_SIZE];
	char requested_at[INSTANT_TEXT_SIZE];

	return json_pack("{s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:s}", "refundRequestId", call->refund_number,
					 "merchantRefundOrderId", call->refund_number, "acquiringOrderId",
					 call->transaction_id, "merchantId", merchant->merchant_id, "requestedAt",
					 instant_to_utc(call->created_at, requested_at), "refundAmount",
					 money_print_cents(call->refund_nano, amount), "refundReason", "Refund",
					 "refundNotifyUrl", merchant->notify_url);
}

/* The body of a call, NULL where it has none, a field is missing or there is no memory. */
static json_t *
call_body(const GatewayCall *call, const Merchant *merchant)
{
	switch (call->operation)
	{
		case CALL_CREATE:
			return order_body(call, merchant);
		case CALL_QUERY:
			return json_pack("{s:s}", "paymentRequestId", call->order_number);
		case CALL_CLOSE:
			return cancel_body(call, merchant);
		case CALL_REFUND:
			return refund_body(call, merchant);
		case CALL_REFUND_QUERY:
			if (call->refund_number[0] != '\0')
				return json_pack("{s:s}", "refundRequestId", call->refund_number);
			return json_pack("{s:s}", "acquiringRefundOrderId", call->refund_id);
		default:
			return NULL;
	}
}

static bool
write_body(const GatewayCall *call, const Merchant *merchant, HttpRequest *request)
{
	json_t *body = call_body(call, merchant);

	request->body_size = body ? json_dumpb(body, request->body, HTTP_BODY_SIZE, JSON_COMPACT) : 0;
	json_decref(body);
	return request->body_size > 0 && request->body_size <= HTTP_BODY_SIZE;
}

static bool
add_headers(const Merchant *merchant, HttpRequest *request)
{
	char signature[SIGNATURE_TEXT_SIZE];

	return signature_make(merchant->private_key, &(Bytes){request->body, request->body_size}, 1,
						  signature) &&
		   http_add_header(request, "Content-Type: application/json") &&
		   http_add_header(request, "X-API-VERSION: 1.0.0") &&
		   http_add_header(request, "X-API-KEY: %s", merchant->api_key) &&
		   http_add_header(request, SIGNATURE_HEADER ": %s", signature);
}

/* The signature of the one reply to notices; of no text that who calls could choose. */
static ProviderBuild
sign_reply(const Merchant *merchant, GatewayAnswer *answer)
{
	Bytes body = bytes_of(ACCEPTED_BODY);

	*answer = (GatewayAnswer){.result = RESULT_DONE};
	return signature_make(merchant->private_key, &body, 1, answer->signature) ? BUILD_ANSWERS
																			  : BUILD_IMPOSSIBLE;
}

/* Waffo takes no longer ones. */
static bool
numbers_fit(const GatewayCall *call)
{
	return call_numbers_are_sound(call) && strlen(call->order_number) <= NUMBER_CHARS_MAX &&
		   strlen(call->refund_number) <= NUMBER_CHARS_MAX;
}

static ProviderBuild
build(const GatewayCall *call, const Merchant *merchant, const ProviderMoment *moment,
	  HttpRequest *request, GatewayAnswer *answer)
{
	(void) moment;
	if (merchant->private_key == NULL)
		return BUILD_IMPOSSIBLE;
	if (call->operation == CALL_SIGN)
		return sign_reply(merchant, answer);
	request->method = "POST";
	request->headers_count = 0;
	if (strcmp(call->currency, "USD") != 0 || !numbers_fit(call) ||
		!write_body(call, merchant, request) || !add_headers(merchant, request))
		return BUILD_IMPOSSIBLE;
	(void) snprintf(request->target, HTTP_TARGET_SIZE, "%s", paths[call->operation]);
	return BUILD_SENDS;
}

/* ---- what is answered ---------------------------------------------------- */

/*
 * What a code other than success says. None of them is believed to say that money moved
 * or that an order is closed: where that may be, it is to be queried. E0001 (unknown),
 * B0004 (it waited too long), C0001 (its system) and codes that are not here: nobody knows.
 */
static CallResult
result_of_code(CallOperation operation, const char *code)
{
	static const struct
	{
		const char *code;
		CallResult created; /* of a create */
		CallResult other;	/* of another call */
	} results[] = {
		{"A0001", RESULT_MISCONFIGURED, RESULT_MISCONFIGURED}, /* the API key */
		{"A0002", RESULT_MISCONFIGURED, RESULT_MISCONFIGURED}, /* our signature */
		{"A0003", RESULT_REFUSED, RESULT_REFUSED},			   /* a field */
		{"A0008", RESULT_BUSY, RESULT_BUSY},
		{"A0009", RESULT_ABSENT, RESULT_ABSENT},
		{"A0011", RESULT_UNCLEAR, RESULT_UNCLEAR}, /* this number, with other fields */
		{"A0012", RESULT_UNANSWERED, RESULT_NO_FUNDS},
		{"A0013", RESULT_UNCLEAR, RESULT_UNCLEAR}, /* it was paid */
		{"A0014", RESULT_REFUSED, RESULT_REFUSED}, /* a rule of refunds */
		{"A0015", RESULT_UNCLEAR, RESULT_UNCLEAR}, /* it cannot be cancelled */
		{"A0016", RESULT_UNCLEAR, RESULT_UNCLEAR},
		{"A0017", RESULT_REFUSED, RESULT_REFUSED}, /* it cannot be refunded */
		{"A0027", RESULT_REFUSED, RESULT_REFUSED}, /* after 50 refunds */
		{"A0034", RESULT_REFUSED, RESULT_REFUSED}, /* it expired */
		{"A0039", RESULT_UNCLEAR, RESULT_UNCLEAR}, /* a dispute gave it back */
		{"A0040", RESULT_BUSY, RESULT_BUSY},	   /* it is just being created */
		{"B0003", RESULT_UNANSWERED, RESULT_NO_FUNDS},
		{"C0003", RESULT_REFUSED, RESULT_UNCLEAR}, /* of a state that does not allow it */
		{"C0005", RESULT_REFUSED, RESULT_UNCLEAR}, /* by the bank or scheme behind it */
		{"C0006", RESULT_REFUSED, RESULT_UNCLEAR},
		{"C0007", RESULT_REFUSED, RESULT_UNCLEAR},
		{"D0001", RESULT_REFUSED, RESULT_UNCLEAR}, /* a risk */
	};

	for (size_t i = 0; i < sizeof(results) / sizeof(results[0]); i++)
		if (strcmp(results[i].code, code) == 0)
			return operation == CALL_CREATE ? results[i].created : results[i].other;
	return RESULT_UNANSWERED;
}

/* A code that comes with 5xx says nothing, but for the one that Waffo sends so. */
static CallResult
result_of_error(CallOperation operation, int status, const char *code)
{
	if (status >= 500 && strcmp(code, "C0005") != 0)
		return RESULT_UNANSWERED;
	return result_of_code(operation, code);
}

static bool
begins(const char *text, const char *with)
{
	return strncmp(text, with, strlen(with)) == 0;
}

/* An address of the web that a browser takes as it stands. */
static bool
is_page(const char *url, const Merchant *merchant)
{
	if (!begins(url, "https://") && !(merchant->allow_http && begins(url, "http://")))
		return false;
	for (; *url; url++)
		if (*url <= ' ' || *url == 0x7f || strchr("\"<>\\^`{|}", *url) != NULL)
			return false;
	return true;
}

/* What is to be done stands in a text, as JSON again. */
static bool
read_pay_url(const json_t *order, const Merchant *merchant, GatewayAnswer *answer)
{
	json_t *action = document_read(document_bytes(order, "orderAction"));
	char *url = answer->pay_url;
	bool read = action && document_text(action, "webUrl", url, CALL_PAY_URL_SIZE) &&
				is_page(url, merchant);

	json_decref(action);
	if (!read)
		url[0] = '\0';
	return read;
}

static bool
is_about(const json_t *object, const char *name, const char *number)
{
	return bytes_equal(document_bytes(object, name), bytes_of(number));
}

/* Sent again, it may have been paid or have ended meanwhile. */
static CallResult
read_created(const json_t *order, const Merchant *merchant, GatewayAnswer *answer)
{
	FactState state;

	if (!read_state(order, &state))
		return RESULT_UNANSWERED;
	if (state != FACT_PENDING)
		return RESULT_UNCLEAR;
	return read_pay_url(order, merchant, answer) ? RESULT_DONE : RESULT_UNANSWERED;
}

static CallResult
read_closed(const json_t *order)
{
	FactState state;

	if (!read_state(order, &state))
		return RESULT_UNANSWERED;
	return state == FACT_CLOSED ? RESULT_DONE : RESULT_UNCLEAR;
}

/* Of the refund, and of the payment, that were asked for. */
static bool
read_asked_refund(const json_t *refund, const GatewayCall *call, const Merchant *merchant,
				  RefundFact *fact)
{
	const bool by_number = call->refund_number[0] != '\0';

	return read_refund(refund, merchant, fact) &&
		   strcmp(fact->transaction_id, call->transaction_id) == 0 &&
		   (by_number ? strcmp(fact->refund_number, call->refund_number) == 0
					  : strcmp(fact->refund_id, call->refund_id) == 0);
}

/* Reads what a success that Waffo signed says. */
static CallResult
read_data(const json_t *data, const GatewayCall *call, const Merchant *merchant,
		  GatewayAnswer *answer)
{
	bool read = false;

	switch (call->operation)
	{
		case CALL_CREATE:
		case CALL_CLOSE:
			if (!is_about(data, "paymentRequestId", call->order_number))
				return RESULT_UNANSWERED;
			return call->operation == CALL_CREATE ? read_created(data, merchant, answer)
												  : read_closed(data);
		case CALL_QUERY:
			read = is_about(data, "paymentRequestId", call->order_number) &&
				   read_order(data, merchant, &answer->payment);
			break;
		case CALL_REFUND:
		case CALL_REFUND_QUERY:
			read = read_asked_refund(data, call, merchant, &answer->refund);
			break;
		default:
			break;
	}
	return read ? RESULT_DONE : RESULT_UNANSWERED;
}

static void
read_reply(const GatewayCall *call, const Merchant *merchant, int64_t now_s,
		   const HttpMessage *reply, GatewayAnswer *answer)
{
	json_t *document = document_read(reply->body);

	(void) now_s;
	*answer = (GatewayAnswer){.result = RESULT_UNANSWERED};
	if (document_text(document, "code", answer->code, sizeof(answer->code)))
	{
		if (strcmp(answer->code, "0") != 0)
			answer->result = result_of_error(call->operation, reply->status, answer->code);
		else if (reply->status == 200 && is_signed(reply, merchant))
			answer->result = read_data(document_object(document, "data"), call, merchant, answer);
	}
	json_decref(document);
}

#define PAGE(name)                                                     \
	{                                                                  \
		name, PAYER_EMAIL | PAYER_TERMINAL, PAGE_LIVES_US, PAYS_BY_URL \
	}

const Provider waffo_provider = {
	.name = "waffo",
	.region = "global",
	.currency = "USD",
	.products = {PAGE("credit_card"), PAGE("debit_card"), PAGE("apple_pay"), PAGE("google_pay")},
	.settings = {"notify_url", "private_key", "public_key", "api_key"},
	.lacks = PROVIDER_LACKS_INVOICES | PROVIDER_LACKS(CALL_BILL) | PROVIDER_LACKS(CALL_KEYS),
	.refunds = {0, INT64_C(60000000), 50, false},
	.build = build,
	.read_reply = read_reply,
	.read_notice = read_notice,
	.accepted = {200, "application/json", ACCEPTED_BODY},
	.again = {500, "application/json", "{\"message\":\"unknown\"}"},
	.signature_header = SIGNATURE_HEADER,
};
