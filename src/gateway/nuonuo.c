/*-------------------------------------------------------------------------
 *
 * nuonuo.c
 *	  Nuonuo: building and signing what is asked.
 *
 *-------------------------------------------------------------------------
 */
#include "gateway/nuonuo.h"

#include "core/money.h"
#include "gateway/form.h"
#include "gateway/instant.h"
#include "gateway/mac.h"
#include "gateway/nuonuo_reply.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#define SERVICES_PATH "/open/v1/services"
#define TOKEN_PATH "/accessToken"
#define METHOD_PREFIX "nuonuo.OpeMplatform."

#define NONCE_DIGITS 8
#define RATE_SIZE 24
#define BANK_SIZE (INVOICE_NAME_SIZE + INVOICE_ACCOUNT_SIZE)

#define SELLER "0" /* who asks */

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

/* ---- what is asked ------------------------------------------------------- */

/* What a text is in a request where it is empty: left out. */
static const char *
if_given(const char *text)
{
	return text[0] != '\0' ? text : NULL;
}

/* Of a special invoice, and of an ordinary one: both without paper. */
static const char *
line_of(const CallInvoice *invoice)
{
	return invoice->is_special ? "bs" : "pc";
}

/* 600 is 0.06. */
static void
print_rate(int32_t rate_bp, char text[RATE_SIZE])
{
	char *end;

	(void) snprintf(text, RATE_SIZE, "%d.%04d", (int) (rate_bp / 10000), (int) (rate_bp % 10000));
	for (end = text + strlen(text) - 1; *end == '0' && end[-1] != '.'; end--)
		*end = '\0';
}

/* A bank and the account there are one field. */
static void
print_bank(const char *bank, const char *account, char text[BANK_SIZE])
{
	(void) snprintf(text, BANK_SIZE, "%s%s%s", bank, bank[0] && account[0] ? " " : "", account);
}

/* One piece of goods at the price of all of it; NULL where an amount has parts of a cent. */
static json_t *
pack_line(const CallInvoice *invoice, const CallInvoiceLine *line, const char *rate)
{
	char amount[MONEY_TEXT_SIZE];
	char tax[MONEY_TEXT_SIZE];
	char net[MONEY_TEXT_SIZE];

	if (line->amount_nano % MONEY_NANO_PER_CENT != 0 || line->tax_nano % MONEY_NANO_PER_CENT != 0)
		return NULL;
	(void) money_print_cents(line->amount_nano, amount);
	(void) money_print_cents(line->tax_nano, tax);
	(void) money_print_cents(line->amount_nano - line->tax_nano, net);
	return json_pack("{s:s,s:s*,s:s,s:s,s:s,s:s*,s:s,s:s,s:s,s:s,s:s}", "goodsName",
					 invoice->goods_name, "goodsCode", if_given(invoice->goods_code), "withTaxFlag",
					 "1", "price", amount, "num", "1", "unit", if_given(invoice->goods_unit),
					 "taxRate", rate, "taxIncludedAmount", amount, "taxExcludedAmount", net, "tax",
					 tax, "invoiceLineProperty", "0");
}

static json_t *
pack_lines(const CallInvoice *invoice)
{
	json_t *lines = json_array();
	char rate[RATE_SIZE];
	bool is_whole = lines != NULL;

	print_rate(invoice->tax_rate_bp, rate);
	for (size_t i = 0; i < invoice->lines_count && is_whole; i++)
		is_whole = json_array_append_new(lines, pack_line(invoice, &invoice->lines[i], rate)) == 0;
	if (is_whole)
		return lines;
	json_decref(lines);
	return NULL;
}

static json_t *
pack_buyer(const CallInvoice *invoice)
{
	char bank[BANK_SIZE];

	print_bank(invoice->buyer_bank, invoice->buyer_bank_account, bank);
	return json_pack("{s:s,s:s*,s:s*,s:s*,s:s*,s:s,s:s*,s:s*}", "buyerName", invoice->buyer_name,
					 "buyerTaxNum", if_given(invoice->buyer_tax_number), "buyerTel",
					 if_given(invoice->buyer_phone), "buyerAddress",
					 if_given(invoice->buyer_address), "buyerAccount", if_given(bank),
					 "naturalPersonFlag", invoice->is_individual ? "1" : "0", "email",
					 if_given(invoice->email), "buyerPhone", if_given(invoice->mobile));
}

/* All but its parties' other half and its lines. pushMode -1: it sends nothing to anybody. */
static json_t *
pack_order(const GatewayCall *call, const Merchant *merchant)
{
	const CallInvoice *invoice = &call->invoice;
	char bank[BANK_SIZE];
	char created_at[INSTANT_TEXT_SIZE];

	print_bank(invoice->seller_bank, invoice->seller_bank_account, bank);
	return json_pack("{s:s,s:s,s:s,s:s,s:s,s:s*,s:s*,s:s*,s:s,s:s,s:s*}", "orderNo",
					 invoice->number, "invoiceDate", instant_to_china(call->created_at, created_at),
					 "invoiceType", "1", "invoiceLine", line_of(invoice), "salerTaxNum",
					 merchant->merchant_id, "salerTel", if_given(invoice->seller_phone),
					 "salerAddress", if_given(invoice->seller_address), "salerAccount",
					 if_given(bank), "pushMode", "-1", "clerk", invoice->drawer, "callBackUrl",
					 if_given(merchant->notify_url));
}

/* True where what an invoice must have is there, and the seller is who calls. */
static bool
can_be_issued(const GatewayCall *call, const Merchant *merchant)
{
	const CallInvoice *invoice = &call->invoice;

	return invoice->buyer_name[0] != '\0' && invoice->goods_name[0] != '\0' &&
		   invoice->drawer[0] != '\0' && call->created_at > 0 && invoice->tax_rate_bp >= 0 &&
		   invoice->tax_rate_bp < INVOICE_RATE_BP_MAX &&
		   (invoice->buyer_tax_number[0] != '\0' ||
			(invoice->is_individual && !invoice->is_special)) &&
		   (invoice->seller_tax_number[0] == '\0' ||
			merchant_is_named(merchant, invoice->seller_tax_number));
}

static json_t *
issue_body(const GatewayCall *call, const Merchant *merchant)
{
	json_t *order = can_be_issued(call, merchant) ? pack_order(call, merchant) : NULL;
	json_t *body;

	if (order && json_object_update_new(order, pack_buyer(&call->invoice)) == 0 &&
		json_object_set_new(order, "invoiceDetail", pack_lines(&call->invoice)) == 0 &&
		(body = json_pack("{s:O}", "order", order)) != NULL)
	{
		json_decref(order);
		return body;
	}
	json_decref(order);
	return NULL;
}

/* Of a whole invoice: without lines. The red one gets the number of the confirmation. */
static json_t *
red_body(const GatewayCall *call, const Merchant *merchant)
{
	const CallInvoice *invoice = &call->invoice;

	if (invoice->buyer_name[0] == '\0')
		return NULL;
	return json_pack("{s:s,s:s,s:s,s:s,s:s,s:s*,s:s*,s:s,s:s,s:s,s:s,s:s*}", "billId",
					 invoice->red_number, "blueInvoiceLine", line_of(invoice), "applySource",
					 SELLER, "blueElecInvoiceNumber", invoice->blue_number, "sellerTaxNo",
					 merchant->merchant_id, "sellerName", if_given(invoice->seller_name),
					 "buyerTaxNo", if_given(invoice->buyer_tax_number), "buyerName",
					 invoice->buyer_name, "redReason", nuonuo_red_reasons[invoice->red_reason],
					 "autoInvoice", "1", "orderNo", invoice->red_number, "callbackUrl",
					 if_given(merchant->notify_url));
}

static json_t *
red_answer_body(const CallInvoice *invoice)
{
	const char *agrees = invoice->red_answer == RED_AGREE ? "1" : "0";

	return json_pack("{s:s*,s:s*,s:s,s:s*}", "billId", if_given(invoice->red_number), "billNo",
					 if_given(invoice->confirmation_number), "identity", SELLER, "confirmAgreement",
					 invoice->red_answer == RED_WITHDRAW ? NULL : agrees);
}

/* A day of the bureau's calendar. */
static const char *
print_day(int64_t instant, char day[INSTANT_TEXT_SIZE])
{
	(void) instant_to_china(instant, day);
	day[strcspn(day, " ")] = '\0';
	return day;
}

/* The days of entry that are listed, by the names that a method has for them. */
static json_t *
days_body(const CallInvoice *invoice, const char *from, const char *to)
{
	char from_day[INSTANT_TEXT_SIZE];
	char to_day[INSTANT_TEXT_SIZE];

	return json_pack("{s:s,s:s,s:s}", "identity", SELLER, from,
					 print_day(invoice->from_at, from_day), to, print_day(invoice->to_at, to_day));
}

static json_t *
red_list_body(const CallInvoice *invoice)
{
	json_t *body = days_body(invoice, "billTimeStart", "billTimeEnd");

	if (json_object_set_new(body, "pageSize", json_sprintf("%d", RED_SEEN_MAX)) == 0 &&
		json_object_set_new(body, "pageNo", json_sprintf("%lld", (long long) invoice->page)) == 0)
		return body;
	json_decref(body);
	return NULL;
}

/* NULL where there is none, a field is missing or there is no memory. */
static json_t *
call_body(const GatewayCall *call, const Merchant *merchant)
{
	switch (call->operation)
	{
		case CALL_ISSUE:
			return issue_body(call, merchant);
		case CALL_ISSUE_QUERY:
			return json_pack("{s:[s],s:s}", "orderNos", call->invoice.number,
							 "isOfferInvoiceDetail", "0");
		case CALL_RESEAL:
			return json_pack("{s:s}", "orderno", call->invoice.number);
		case CALL_RED:
			return red_body(call, merchant);
		case CALL_RED_QUERY:
			return json_pack("{s:s,s:s*,s:s*}", "identity", SELLER, "billId",
							 if_given(call->invoice.red_number), "billUuid",
							 if_given(call->invoice.confirmation_id));
		case CALL_RED_ANSWER:
			return red_answer_body(&call->invoice);
		case CALL_RED_LIST:
			return red_list_body(&call->invoice);
		default:
			return NULL;
	}
}

static const char *
method_of(const GatewayCall *call)
{
	static const char *const methods[CALL_OPERATIONS_COUNT] = {
		[CALL_ISSUE] = "requestBillingNew",
		[CALL_ISSUE_QUERY] = "queryInvoiceResult",
		[CALL_RESEAL] = "reInvoice",
		[CALL_RED] = "saveInvoiceRedConfirm",
		[CALL_RED_QUERY] = "queryInvoiceRedConfirm",
		[CALL_RED_ANSWER] = "confirm",
		[CALL_RED_LIST] = "queryInvoiceRedConfirm",
	};

	if (call->operation == CALL_RED_ANSWER && call->invoice.red_answer == RED_WITHDRAW)
		return "confirmInfoCancel";
	return methods[call->operation];
}

/* Eight digits of the moment's number, which is hexadecimal. */
static void
print_nonce(const ProviderMoment *moment, char nonce[NONCE_DIGITS + 1])
{
	for (int i = 0; i < NONCE_DIGITS; i++)
	{
		const char digit[2] = {moment->nonce[i + 1], '\0'};

		nonce[i] = (char) ('0' + strtol(digit, NULL, 16) % 10);
	}
	nonce[NONCE_DIGITS] = '\0';
	if (nonce[0] == '0')
		nonce[0] = '1'; /* it is a whole number of eight digits */
}

/* The path is signed by its parts: the last, the middle and the first. */
static bool
sign(const Merchant *merchant, const ProviderMoment *moment, const char *nonce,
	 const HttpRequest *request, char signature[MAC_BASE64_SIZE])
{
	char now[24];
	Bytes pieces[] = {
		bytes_of("a=services&l=v1&p=open&k="),
		bytes_of(merchant->app_id),
		bytes_of("&i="),
		bytes_of(moment->nonce),
		bytes_of("&n="),
		bytes_of(nonce),
		bytes_of("&t="),
		{now, (size_t) snprintf(now, sizeof(now), "%lld", (long long) moment->now_s)},
		bytes_of("&f="),
		{request->body, request->body_size},
	};

	return mac_make_base64(MAC_SHA1, bytes_of(merchant->app_secret), pieces, LENGTH(pieces),
						   signature);
}

/* It becomes a part of a target as it stands. */
static bool
is_app_key(const char *key)
{
	return key[0] != '\0' && strspn(key, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
										 "abcdefghijklmnopqrstuvwxyz_-") == strlen(key);
}

/* Writes everything but the body, which is there. */
static bool
seal(const Merchant *merchant, const ProviderMoment *moment, const char *method,
	 HttpRequest *request)
{
	char nonce[NONCE_DIGITS + 1];
	char signature[MAC_BASE64_SIZE];

	print_nonce(moment, nonce);
	request->method = "POST";
	request->headers_count = 0;
	(void) snprintf(request->target, HTTP_TARGET_SIZE,
					SERVICES_PATH "?senid=%s&nonce=%s&timestamp=%lld&appkey=%s", moment->nonce,
					nonce, (long long) moment->now_s, merchant->app_id);
	return is_app_key(merchant->app_id) && merchant->token[0] != '\0' &&
		   sign(merchant, moment, nonce, request, signature) &&
		   http_add_header(request, "Content-Type: application/json") &&
		   http_add_header(request, "X-Nuonuo-Sign: %s", signature) &&
		   http_add_header(request, "accessToken: %s", merchant->token) &&
		   http_add_header(request, "userTax: %s", merchant->merchant_id) &&
		   http_add_header(request, "method: " METHOD_PREFIX "%s", method);
}

/* Writes the body, and drops it. */
static bool
write_body(json_t *body, HttpRequest *request)
{
	request->body_size = body ? json_dumpb(body, request->body, HTTP_BODY_SIZE, JSON_COMPACT) : 0;
	json_decref(body);
	return request->body_size > 0 && request->body_size <= HTTP_BODY_SIZE;
}

/* A document is had by its address alone; it goes to whom merchant_document_address() says. */
static ProviderBuild
build_document(const GatewayCall *call, const Merchant *merchant, HttpRequest *request)
{
	HttpAddress address;

	if (!merchant_document_address(merchant, bytes_of(call->invoice.document_url), &address))
		return BUILD_IMPOSSIBLE;
	request->method = "GET";
	request->headers_count = 0;
	request->body_size = 0;
	memcpy(request->target, address.target, HTTP_TARGET_SIZE);
	return BUILD_SENDS;
}

static ProviderBuild
build(const GatewayCall *call, const Merchant *merchant, const ProviderMoment *moment,
	  HttpRequest *request, GatewayAnswer *answer)
{
	(void) answer;
	if (!call_is_of_invoice(call->operation) || !call_numbers_are_sound(call))
		return BUILD_IMPOSSIBLE;
	if (call->operation == CALL_DOCUMENT)
		return build_document(call, merchant, request);
	return write_body(call_body(call, merchant), request) &&
				   seal(merchant, moment, method_of(call), request)
			   ? BUILD_SENDS
			   : BUILD_IMPOSSIBLE;
}

/* Of a confirmation that somebody may have acted on at the bureau; of days, once for all pages. */
static json_t *
refresh_body(const GatewayCall *call, const GatewayAnswer *answer)
{
	const RedFact *fact = &answer->red;
	bool is_open = fact->state == RED_FACT_WAITS_FOR_BUYER ||
				   fact->state == RED_FACT_WAITS_FOR_SELLER;

	if (call->operation == CALL_RED_LIST && call->invoice.page == 1)
		return days_body(&call->invoice, "startTime", "endTime");
	if (call->operation == CALL_RED_QUERY && is_open && fact->confirmation_id[0] != '\0')
		return json_pack("{s:s,s:s}", "identity", SELLER, "billUuid", fact->confirmation_id);
	return NULL;
}

/* Nuonuo looks at the bureau when it is asked to. */
static ProviderBuild
build_refresh(const GatewayCall *call, const Merchant *merchant, const ProviderMoment *moment,
			  const GatewayAnswer *answer, HttpRequest *request)
{
	return answer->result == RESULT_DONE && write_body(refresh_body(call, answer), request) &&
				   seal(merchant, moment, "refreshInvoiceRedConfirm", request)
			   ? BUILD_SENDS
			   : BUILD_IMPOSSIBLE;
}

/* ---- tokens -------------------------------------------------------------- */

static ProviderBuild
build_token(const Merchant *merchant, HttpRequest *request)
{
	const FormField fields[] = {
		{bytes_of("client_id"), bytes_of(merchant->app_id)},
		{bytes_of("client_secret"), bytes_of(merchant->app_secret)},
		{bytes_of("grant_type"), bytes_of("client_credentials")},
	};

	request->method = "POST";
	request->headers_count = 0;
	(void) snprintf(request->target, HTTP_TARGET_SIZE, TOKEN_PATH);
	if (!form_write(fields, LENGTH(fields), request->body, HTTP_BODY_SIZE) ||
		!http_add_header(request, "Content-Type: application/x-www-form-urlencoded"))
		return BUILD_IMPOSSIBLE;
	request->body_size = strlen(request->body);
	return BUILD_SENDS;
}

static const ProviderTokens tokens = {build_token, nuonuo_reply_token, nuonuo_reply_is_of_token};

/* Nobody signs what it sends, so that anybody could have. */
static NoticeVerdict
read_notice(const HttpMessage *notice, const Merchant *merchant, int64_t now_s, NoticeFact *fact)
{
	(void) notice, (void) merchant, (void) now_s, (void) fact;
	return NOTICE_FORGED;
}

const Provider nuonuo_provider = {
	.name = "nuonuo",
	.region = "cn",
	.currency = "CNY",
	.day_offset_us = INSTANT_CHINA_US,
	.settings = {"app_id", "app_secret", "token_file"},
	.lacks = PROVIDER_LACKS_PAYMENTS,
	.build = build,
	.read_reply = nuonuo_reply_read,
	.read_notice = read_notice,
	.tokens = &tokens,
	.build_refresh = build_refresh,
	.accepted = {200, "application/json", "{\"status\":\"0000\",\"message\":\"同步成功\"}"},
	.again = {500, "application/json", "{\"status\":\"9999\",\"message\":\"稍后重试\"}"},
};
