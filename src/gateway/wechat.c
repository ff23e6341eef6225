/*-------------------------------------------------------------------------
 *
 * wechat.c
 *	  WeChat Pay: building and signing what is asked; reading what comes, first
 *	  whose it is, then what it says.
 *
 *-------------------------------------------------------------------------
 */
#include "gateway/wechat.h"

#include "core/money.h"
#include "gateway/document.h"
#include "gateway/instant.h"
#include "gateway/wechat_bill.h"
#include "gateway/wechat_keys.h"
#include "gateway/wechat_sealed.h"

#include <stdio.h>
#include <stdlib.h>

#define MINUTES(n) ((n) *INT64_C(60000000))

/* Reads a whole number of at most 12 digits; false where it is none. */
static bool
read_seconds(Bytes text, int64_t *seconds)
{
	*seconds = 0;
	if (text.size == 0 || text.size > 12)
		return false;
	for (size_t i = 0; i < text.size; i++)
	{
		if (text.data[i] < '0' || text.data[i] > '9')
			return false;
		*seconds = *seconds * 10 + (text.data[i] - '0');
	}
	return true;
}

/* The serial number of the key that signed a message. */
static Bytes
serial_of(const HttpMessage *message)
{
	return http_header(message, "Wechatpay-Serial");
}

/* Whether a message was signed by a key, and when. NULL: the key is not here. */
static NoticeVerdict
judge_by_key(const HttpMessage *message, SignatureKey *key, int64_t now_s)
{
	const Bytes line_feed = {"\n", 1};
	Bytes timestamp = http_header(message, "Wechatpay-Timestamp");
	Bytes pieces[] = {timestamp, line_feed,		http_header(message, "Wechatpay-Nonce"),
					  line_feed, message->body, line_feed};
	int64_t signed_s;

	if (key == NULL)
		return NOTICE_UNKNOWN_KEY;
	if (!read_seconds(timestamp, &signed_s) ||
		!signature_holds(key, pieces, sizeof(pieces) / sizeof(pieces[0]),
						 http_header(message, "Wechatpay-Signature")))
		return NOTICE_FORGED;
	if (signed_s - now_s > WECHAT_CLOCK_TOLERANCE_S || now_s - signed_s > WECHAT_CLOCK_TOLERANCE_S)
		return NOTICE_STALE;
	return NOTICE_OF_PAYMENT;
}

/* Whose a message is, and when it was signed. */
static NoticeVerdict
judge_signature(const HttpMessage *message, const Merchant *merchant, int64_t now_s)
{
	return judge_by_key(message, merchant_key(merchant, serial_of(message)), now_s);
}

/* An amount in fen, the hundredth of a yuan. */
static bool
read_fen(const json_t *amount, const char *name, int64_t *nano)
{
	int64_t fen;

	if (!document_count(amount, name, &fen) || fen < 0 ||
		fen > MONEY_NANO_MAX / MONEY_NANO_PER_CENT)
		return false;
	*nano = fen * MONEY_NANO_PER_CENT;
	return true;
}

static bool
read_state(const json_t *transaction, FactState *state)
{
	static const struct
	{
		const char *name;
		FactState state;
	} states[] = {
		{"SUCCESS", FACT_PAID}, /* REFUND is one that was paid, and of which something went back */
		{"REFUND", FACT_PAID},	 {"NOTPAY", FACT_PENDING}, {"USERPAYING", FACT_PENDING},
		{"CLOSED", FACT_CLOSED}, {"REVOKED", FACT_CLOSED},
	};
	Bytes name = document_bytes(transaction, "trade_state");

	for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++)
		if (bytes_equal(bytes_of(states[i].name), name))
		{
			*state = states[i].state;
			return true;
		}
	return false;
}

/* What only a transaction that was paid has. */
static bool
read_payment(const json_t *transaction, const json_t *amount, PaymentFact *fact)
{
	char paid_at[INSTANT_TEXT_SIZE];

	fact->payer_nano = fact->amount_nano;
	if (json_object_get(amount, "payer_total") &&
		!read_fen(amount, "payer_total", &fact->payer_nano))
		return false;
	return document_text(transaction, "transaction_id", fact->transaction_id,
						 sizeof(fact->transaction_id)) &&
		   document_text(transaction, "success_time", paid_at, sizeof(paid_at)) &&
		   instant_from_rfc3339(paid_at, &fact->paid_at) && fact->paid_at > 0 &&
		   fact->amount_nano > 0 && fact->payer_nano <= fact->amount_nano;
}

/* Reads a transaction, as notices and queries have it. */
static bool
read_transaction(const json_t *transaction, PaymentFact *fact)
{
	const json_t *amount = document_object(transaction, "amount");

	*fact = (PaymentFact){0};
	if (!read_state(transaction, &fact->state) ||
		!document_text(transaction, "out_trade_no", fact->order_number,
					   sizeof(fact->order_number)) ||
		!document_text(transaction, "mchid", fact->merchant_id, sizeof(fact->merchant_id)) ||
		!document_text(transaction, "appid", fact->app_id, sizeof(fact->app_id)))
		return false;
	if (fact->state != FACT_PAID)
		return true;
	if (!read_fen(amount, "total", &fact->amount_nano))
		return false;
	/* How much went back is not said here. */
	if (bytes_equal(document_bytes(transaction, "trade_state"), bytes_of("REFUND")))
		fact->refunded_nano = fact->amount_nano;
	return document_text(amount, "currency", fact->currency, sizeof(fact->currency)) &&
		   read_payment(transaction, amount, fact);
}

/* Which state stands in a member of a refund; the names are the same in notices and replies. */
static bool
read_refund_state(const json_t *refund, const char *member, RefundState *state)
{
	static const struct
	{
		const char *name;
		RefundState state;
	} states[] = {{"PROCESSING", REFUND_PENDING},
				  {"SUCCESS", REFUND_PAID},
				  {"CLOSED", REFUND_FAILED},
				  {"ABNORMAL", REFUND_ABNORMAL}};
	Bytes name = document_bytes(refund, member);

	for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++)
		if (bytes_equal(bytes_of(states[i].name), name))
		{
			*state = states[i].state;
			return true;
		}
	return false;
}

/* When it was paid back; nobody says so of one that was not. */
static bool
read_refunded_at(const json_t *refund, RefundFact *fact)
{
	char text[INSTANT_TEXT_SIZE];

	if (fact->state != REFUND_PAID)
		return true;
	return document_text(refund, "success_time", text, sizeof(text)) &&
		   instant_from_rfc3339(text, &fact->refunded_at) && fact->refunded_at > 0;
}

/* What notices and replies say alike of a refund, but for whose it is and its state. */
static bool
read_refund_parts(const json_t *refund, RefundFact *fact)
{
	const json_t *amount = document_object(refund, "amount");

	(void) snprintf(fact->currency, sizeof(fact->currency), "CNY");
	return document_text(refund, "out_trade_no", fact->order_number, sizeof(fact->order_number)) &&
		   document_text(refund, "transaction_id", fact->transaction_id,
						 sizeof(fact->transaction_id)) &&
		   document_text(refund, "out_refund_no", fact->refund_number,
						 sizeof(fact->refund_number)) &&
		   document_text(refund, "refund_id", fact->refund_id, sizeof(fact->refund_id)) &&
		   read_fen(amount, "refund", &fact->amount_nano) && fact->amount_nano > 0 &&
		   read_fen(amount, "payer_refund", &fact->payer_nano) &&
		   fact->payer_nano <= fact->amount_nano && read_refunded_at(refund, fact);
}

static bool
read_refund_notice(const json_t *refund, RefundFact *fact)
{
	*fact = (RefundFact){0};
	return read_refund_state(refund, "refund_status", &fact->state) &&
		   document_text(refund, "mchid", fact->merchant_id, sizeof(fact->merchant_id)) &&
		   read_refund_parts(refund, fact);
}

/* Reads what was sealed; verdict says what it is about. */
static NoticeVerdict
read_opened(const unsigned char *plain, size_t size, NoticeVerdict verdict, NoticeFact *fact)
{
	json_t *resource = document_read((Bytes){(const char *) plain, size});
	bool is_read = resource &&
				   (verdict == NOTICE_OF_PAYMENT ? read_transaction(resource, &fact->payment)
												 : read_refund_notice(resource, &fact->refund));

	json_decref(resource);
	return is_read ? verdict : NOTICE_MALFORMED;
}

static NoticeVerdict
kind_of_event(const json_t *event)
{
	Bytes type = document_bytes(event, "event_type");

	if (bytes_equal(type, bytes_of("TRANSACTION.SUCCESS")))
		return NOTICE_OF_PAYMENT;
	return type.size > 7 && memcmp(type.data, "REFUND.", 7) == 0 ? NOTICE_OF_REFUND
																 : NOTICE_OF_ANOTHER_KIND;
}

/* Reads a body that is WeChat Pay's. */
static NoticeVerdict
read_event(const json_t *event, const Merchant *merchant, NoticeFact *fact)
{
	const json_t *resource = document_object(event, "resource");
	NoticeVerdict verdict = kind_of_event(event);
	unsigned char *plain;
	size_t size;

	if (verdict == NOTICE_OF_ANOTHER_KIND)
		return verdict;
	if (!wechat_sealed_is_known(resource))
		return NOTICE_MALFORMED;
	/* Genuine, but sealed with another APIv3 key: it was changed a moment ago. */
	plain = wechat_sealed_open(resource, merchant, &size);
	if (plain == NULL)
		return NOTICE_UNKNOWN_KEY;
	verdict = read_opened(plain, size, verdict, fact);
	free(plain);
	return verdict;
}

static NoticeVerdict
read_notice(const HttpMessage *notice, const Merchant *merchant, int64_t now_s, NoticeFact *fact)
{
	NoticeVerdict verdict = judge_signature(notice, merchant, now_s);
	json_t *event;

	if (verdict != NOTICE_OF_PAYMENT)
		return verdict;
	event = document_read(notice->body);
	if (event == NULL)
		return NOTICE_MALFORMED;
	verdict = read_event(event, merchant, fact);
	json_decref(event);
	return verdict;
}

/* ---- what is asked ------------------------------------------------------- */

/* An amount; whole fen, as orders have it. */
static json_t *
fen_of(int64_t nano)
{
	return json_integer(nano / MONEY_NANO_PER_CENT);
}

static json_t *
order_body(const GatewayCall *call, const Merchant *merchant)
{
	char expires_at[INSTANT_TEXT_SIZE];
	json_t *body = json_pack("{s:s,s:s,s:s,s:s,s:s,s:s,s:{s:o,s:s}}", "mchid",
							 merchant->merchant_id, "appid", merchant->app_id, "description",
							 call->description, "out_trade_no", call->order_number, "time_expire",
							 instant_to_rfc3339(call->expires_at, expires_at), "notify_url",
							 merchant->notify_url, "amount", "total", fen_of(call->amount_nano),
							 "currency", call->currency);

	if (body && strcmp(call->product, "h5") == 0)
		(void) json_object_set_new(body, "scene_info",
								   json_pack("{s:s,s:{s:s}}", "payer_client_ip", call->client_ip,
											 "h5_info", "type", "Wap"));
	return body;
}

static json_t *
refund_body(const GatewayCall *call)
{
	return json_pack("{s:s,s:s,s:{s:o,s:o,s:s}}", "transaction_id", call->transaction_id,
					 "out_refund_no", call->refund_number, "amount", "refund",
					 fen_of(call->refund_nano), "total", fen_of(call->amount_nano), "currency",
					 call->currency);
}

/* The body of a call, NULL where it has none or there is no memory. */
static json_t *
call_body(const GatewayCall *call, const Merchant *merchant)
{
	switch (call->operation)
	{
		case CALL_CREATE:
			return order_body(call, merchant);
		case CALL_CLOSE:
			return json_pack("{s:s}", "mchid", merchant->merchant_id);
		case CALL_REFUND:
			return refund_body(call);
		default:
			return NULL;
	}
}

static int
write_bill_target(const GatewayCall *call, char *target)
{
	if (strcmp(call->bill, "trade") == 0)
		return snprintf(target, HTTP_TARGET_SIZE,
						"/v3/bill/tradebill?bill_date=%s&bill_type=ALL&tar_type=GZIP",
						call->bill_day);
	if (strcmp(call->bill, "fund") == 0)
		return snprintf(target, HTTP_TARGET_SIZE,
						"/v3/bill/fundflowbill?bill_date=%s&account_type=BASIC&tar_type=GZIP",
						call->bill_day);
	return -1;
}

/* Writes path and query; its parts are of letters, digits and such that need no escape. */
static bool
write_target(const GatewayCall *call, const Merchant *merchant, HttpRequest *request)
{
	char *target = request->target;
	int size = -1;

	if (!call_numbers_are_sound(call))
		return false;

	switch (call->operation)
	{
		case CALL_CREATE:
			size = snprintf(target, HTTP_TARGET_SIZE, "/v3/pay/transactions/%s", call->product);
			break;
		case CALL_QUERY:
			size = snprintf(target, HTTP_TARGET_SIZE,
							"/v3/pay/transactions/out-trade-no/%s?mchid=%s", call->order_number,
							merchant->merchant_id);
			break;
		case CALL_CLOSE:
			size = snprintf(target, HTTP_TARGET_SIZE, "/v3/pay/transactions/out-trade-no/%s/close",
							call->order_number);
			break;
		case CALL_REFUND:
			size = snprintf(target, HTTP_TARGET_SIZE, "/v3/refund/domestic/refunds");
			break;
		case CALL_REFUND_QUERY:
			size = snprintf(target, HTTP_TARGET_SIZE, "/v3/refund/domestic/refunds/%s",
							call->refund_number);
			break;
		case CALL_BILL:
			size = write_bill_target(call, target);
			break;
		case CALL_KEYS:
			size = snprintf(target, HTTP_TARGET_SIZE, "/v3/certificates");
			break;
		default:
			return false;
	}
	return size > 0 && size < HTTP_TARGET_SIZE;
}

static bool
write_body(const GatewayCall *call, const Merchant *merchant, HttpRequest *request)
{
	bool asks = call->operation == CALL_QUERY || call->operation == CALL_REFUND_QUERY ||
				call->operation == CALL_BILL || call->operation == CALL_KEYS;
	json_t *body = asks ? NULL : call_body(call, merchant);

	request->method = asks ? "GET" : "POST";
	request->body_size = body ? json_dumpb(body, request->body, HTTP_BODY_SIZE, JSON_COMPACT) : 0;
	json_decref(body);
	return asks || (request->body_size > 0 && request->body_size <= HTTP_BODY_SIZE);
}

static bool
sign_request(const Merchant *merchant, const ProviderMoment *moment, HttpRequest *request)
{
	const Bytes line_feed = {"\n", 1};
	char timestamp[24];
	char signature[SIGNATURE_TEXT_SIZE];

	(void) snprintf(timestamp, sizeof(timestamp), "%lld", (long long) moment->now_s);
	return signature_make(merchant->private_key,
						  (Bytes[]){bytes_of(request->method), line_feed, bytes_of(request->target),
									line_feed, bytes_of(timestamp), line_feed,
									bytes_of(moment->nonce), line_feed,
									(Bytes){request->body, request->body_size}, line_feed},
						  10, signature) &&
		   http_add_header(request,
						   "Authorization: WECHATPAY2-SHA256-RSA2048 mchid=\"%s\",nonce_str=\"%s\","
						   "signature=\"%s\",timestamp=\"%s\",serial_no=\"%s\"",
						   merchant->merchant_id, moment->nonce, signature, timestamp,
						   merchant->serial);
}

/* asked: the key that the reply is to be signed with; NULL: any. */
static bool
add_headers(const Merchant *merchant, const ProviderMoment *moment, const MerchantKey *asked,
			HttpRequest *request)
{
	request->headers_count = 0;
	return http_add_header(request, "Accept: application/json") &&
		   http_add_header(request, "Content-Type: application/json") &&
		   (asked == NULL || http_add_header(request, "Wechatpay-Serial: %s", asked->serial)) &&
		   sign_request(merchant, moment, request);
}

/* Nothing is sent whose reply nobody could believe. */
static ProviderBuild
refuse_without_keys(GatewayAnswer *answer)
{
	*answer = (GatewayAnswer){.result = RESULT_NOT_DELIVERED, .code = "no_keys"};
	return BUILD_ANSWERS;
}

static ProviderBuild
build(const GatewayCall *call, const Merchant *merchant, const ProviderMoment *moment,
	  HttpRequest *request, GatewayAnswer *answer)
{
	bool is_for_keys = call->operation == CALL_KEYS;
	bool is_ours = call->operation == CALL_BILL || is_for_keys ||
				   strcmp(call->currency, "CNY") == 0;

	if (merchant->keys_count == 0 && !is_for_keys)
		return refuse_without_keys(answer);
	return is_ours && merchant->private_key && write_target(call, merchant, request) &&
				   write_body(call, merchant, request) &&
				   add_headers(merchant, moment, is_for_keys ? NULL : &merchant->keys[0], request)
			   ? BUILD_SENDS
			   : BUILD_IMPOSSIBLE;
}

/* ---- what is answered ---------------------------------------------------- */

/*
 * What an error says of the call; spellings with and without the underscore occur.
 * None of them is signed, so none says that money moved or an order is closed:
 * where that may be, it is to be queried. (B&S 4.3)
 */
static CallResult
result_of_code(const char *code)
{
	static const struct
	{
		const char *code;
		CallResult result;
	} results[] = {
		{"FREQUENCY_LIMITED", RESULT_BUSY},
		{"FREQUENCY_LIMIT_EXCEED", RESULT_BUSY},
		{"RATELIMIT_EXCEEDED", RESULT_BUSY},
		{"NOT_ENOUGH", RESULT_NO_FUNDS},
		{"SIGN_ERROR", RESULT_MISCONFIGURED},
		{"NO_AUTH", RESULT_MISCONFIGURED},
		{"MCH_NOT_EXISTS", RESULT_MISCONFIGURED},
		{"APPID_MCHID_NOT_MATCH", RESULT_MISCONFIGURED},
		{"ORDER_NOT_EXIST", RESULT_ABSENT},
		{"ORDERNOTEXIST", RESULT_ABSENT},
		{"RESOURCE_NOT_EXISTS", RESULT_ABSENT},
		{"NO_STATEMENT_EXIST", RESULT_ABSENT}, /* a bill: of a day without one, or not there yet */
		{"STATEMENT_CREATING", RESULT_ABSENT},
		{"ORDERPAID", RESULT_UNCLEAR},
		{"ORDER_PAID", RESULT_UNCLEAR},
		{"ORDERCLOSED", RESULT_UNCLEAR},
		{"ORDER_CLOSED", RESULT_UNCLEAR},
		{"OUT_TRADE_NO_USED", RESULT_UNCLEAR},
		{"INVALID_REQUEST", RESULT_UNCLEAR},
		{"TRADE_ERROR", RESULT_REFUSED},
		{"PARAM_ERROR", RESULT_REFUSED},
		{"RULE_LIMIT", RESULT_REFUSED},
		{"USER_ACCOUNT_ABNORMAL", RESULT_REFUSED},
		{"SYSTEM_ERROR", RESULT_UNANSWERED},
		{"SYSTEMERROR", RESULT_UNANSWERED},
	};

	for (size_t i = 0; i < sizeof(results) / sizeof(results[0]); i++)
		if (strcmp(results[i].code, code) == 0)
			return results[i].result;
	/* It answers, and says what nobody knows: to be queried. */
	return RESULT_UNCLEAR;
}

static CallResult
read_error(const HttpMessage *reply, GatewayAnswer *answer)
{
	json_t *error = document_read(reply->body);
	bool is_read = error && document_text(error, "code", answer->code, sizeof(answer->code));

	json_decref(error);
	if (reply->status == 429)
		return RESULT_BUSY;
	if (reply->status >= 500 || reply->status < 400 || !is_read)
		return RESULT_UNANSWERED;
	return result_of_code(answer->code);
}

static bool
read_pay_url(const json_t *reply, const GatewayCall *call, GatewayAnswer *answer)
{
	return document_text(reply, strcmp(call->product, "h5") == 0 ? "h5_url" : "code_url",
						 answer->pay_url, sizeof(answer->pay_url));
}

/* A reply about an order that is not the one asked for says nothing. */
static bool
read_order(const json_t *reply, const GatewayCall *call, GatewayAnswer *answer)
{
	return read_transaction(reply, &answer->payment) &&
		   strcmp(answer->payment.order_number, call->order_number) == 0;
}

/* Of the refund that was asked for. */
static bool
read_refund(const json_t *refund, const GatewayCall *call, RefundFact *fact)
{
	return read_refund_state(refund, "status", &fact->state) && read_refund_parts(refund, fact) &&
		   strcmp(fact->refund_number, call->refund_number) == 0 &&
		   strcmp(fact->transaction_id, call->transaction_id) == 0;
}

static bool
read_success(const json_t *reply, const GatewayCall *call, GatewayAnswer *answer)
{
	switch (call->operation)
	{
		case CALL_CREATE:
			return read_pay_url(reply, call, answer);
		case CALL_QUERY:
			return read_order(reply, call, answer);
		case CALL_CLOSE:
			return true;
		case CALL_REFUND:
		case CALL_REFUND_QUERY:
			return read_refund(reply, call, &answer->refund);
		default:
			return false;
	}
}

static void
read_reply(const GatewayCall *call, const Merchant *merchant, int64_t now_s,
		   const HttpMessage *reply, GatewayAnswer *answer)
{
	json_t *document;

	*answer = (GatewayAnswer){.result = RESULT_UNANSWERED};
	if (reply->status < 200 || reply->status > 299)
	{
		answer->result = read_error(reply, answer);
		return;
	}
	/* wechatpay-go and others verify 200 alone; a success that nobody signed is none. */
	if (judge_signature(reply, merchant, now_s) != NOTICE_OF_PAYMENT)
		return;
	if (reply->status == 204)
	{
		answer->result = call->operation == CALL_CLOSE ? RESULT_DONE : RESULT_UNANSWERED;
		return;
	}
	document = document_read(reply->body);
	if (document && read_success(document, call, answer))
		answer->result = RESULT_DONE;
	json_decref(document);
}

/* ---- bills ----------------------------------------------------------------- */

/* What is signed to be sent there is nothing but a download. */
#define DOWNLOADS "/v3/billdownload/"

/* A digest in hexadecimal, in small letters. */
static bool
read_sha1(const json_t *reply, char sha1[PROVIDER_SHA1_SIZE])
{
	if (!bytes_equal(document_bytes(reply, "hash_type"), bytes_of("SHA1")) ||
		!document_text(reply, "hash_value", sha1, PROVIDER_SHA1_SIZE))
		return false;
	for (char *c = sha1; *c; c++)
		if (*c >= 'A' && *c <= 'F')
			*c = (char) (*c - 'A' + 'a');
	return strspn(sha1, "0123456789abcdef") == PROVIDER_SHA1_SIZE - 1;
}

static bool
read_address(const json_t *reply, const Merchant *merchant, ProviderLink *link)
{
	return merchant_bill_address(merchant, document_bytes(reply, "download_url"), &link->address) &&
		   strncmp(link->address.target, DOWNLOADS, strlen(DOWNLOADS)) == 0 &&
		   read_sha1(reply, link->sha1);
}

static bool
read_link(const GatewayCall *call, const Merchant *merchant, int64_t now_s,
		  const HttpMessage *reply, ProviderLink *link, GatewayAnswer *answer)
{
	json_t *document;
	bool is_read;

	(void) call;
	*answer = (GatewayAnswer){.result = RESULT_UNANSWERED};
	if (reply->status != 200)
	{
		answer->result = read_error(reply, answer);
		return false;
	}
	if (judge_signature(reply, merchant, now_s) != NOTICE_OF_PAYMENT)
		return false;
	document = document_read(reply->body);
	is_read = document && read_address(document, merchant, link);
	json_decref(document);
	return is_read;
}

static ProviderBuild
build_download(const Merchant *merchant, const ProviderMoment *moment, const ProviderLink *link,
			   HttpRequest *request)
{
	request->method = "GET";
	request->body_size = 0;
	memcpy(request->target, link->address.target, sizeof(request->target));
	return merchant->private_key && merchant->keys_count > 0 &&
				   add_headers(merchant, moment, &merchant->keys[0], request)
			   ? BUILD_SENDS
			   : BUILD_IMPOSSIBLE;
}

static const ProviderBills bills = {
	.packed = UNPACK_GZIP,
	.trade = &wechat_bill_trade,
	.fund = &wechat_bill_fund,
	.read_link = read_link,
	.build_download = build_download,
};

/* ---- its own keys ------------------------------------------------------------ */

/* A list is signed with a key that is known, or with one that stands in it. */
static SignatureKey *
key_of_list(const WechatKeys *keys, const Merchant *merchant, Bytes serial)
{
	SignatureKey *key = wechat_keys_find(keys, serial);

	return key ? key : merchant_key(merchant, serial);
}

static size_t
read_keys(const Merchant *merchant, int64_t now_s, const HttpMessage *reply, char *room,
		  size_t size, GatewayAnswer *answer)
{
	WechatKeys *keys;
	size_t written = 0;

	*answer = (GatewayAnswer){.result = RESULT_UNANSWERED};
	if (reply->status != 200)
	{
		answer->result = read_error(reply, answer);
		return 0;
	}
	keys = wechat_keys_open(reply->body, merchant, now_s);
	if (keys && judge_by_key(reply, key_of_list(keys, merchant, serial_of(reply)), now_s) ==
					NOTICE_OF_PAYMENT)
		written = wechat_keys_write(keys, room, size);
	wechat_keys_free(keys);
	return written;
}

const Provider wechat_provider = {
	.name = "wechat",
	.region = "cn",
	.currency = "CNY",
	.day_offset_us = INSTANT_CHINA_US,
	.products = {{"native", 0, MINUTES(120), PAYS_BY_CODE},
				 {"h5", PAYER_CLIENT_IP, MINUTES(5), PAYS_BY_URL}},
	.settings = {"app_id", "certificate_serial", "notify_url", "private_key", "public_key",
				 "apiv3_key"},
	.lacks = PROVIDER_LACKS_INVOICES | PROVIDER_LACKS(CALL_SIGN),
	.refunds = {MINUTES(60 * 24 * 365), MINUTES(1), 50, true},
	.build = build,
	.read_reply = read_reply,
	.read_notice = read_notice,
	.bills = &bills,
	.read_keys = read_keys,
	.accepted = {200, "application/json", "{\"code\":\"SUCCESS\"}"},
	.again = {500, "application/json", "{\"code\":\"FAIL\",\"message\":\"later\"}"},
};
