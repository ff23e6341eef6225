/*-------------------------------------------------------------------------
 *
 * notice.c
 *	  receive_notice(): what gateways send (B&S 4.12).
 *
 * The raw message is stored before anything of it is looked at; secrets are read
 * behind that, and wiped before the next statement.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/detoast.h"
#include "access/xact.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"
#include "utils/timestamp.h"

#include "api/arguments.h"
#include "api/result.h"
#include "booking/merchant_file.h"
#include "booking/receipt.h"
#include "booking/take_back.h"
#include "clock.h"
#include "core/books.h"
#include "errors.h"
#include "gateway/frame.h"
#include "gateway/instant.h"
#include "gateway/providers.h"
#include "spi/scope.h"
#include "spi/subscriber.h"
#include "store/gateway_store.h"
#include "store/notice_store.h"
#include "subtransaction.h"
#include "wake.h"

#define HEADERS_BYTES_MAX (16 * 1024)
#define HEADERS_COUNT_MAX 64
#define QUERY_BYTES_MAX (8 * 1024)
#define BODY_BYTES_MAX (64 * 1024)

/* Messages that nobody signed and that are kept, a minute: more are forgotten at once. */
#define UNVERIFIED_MAX 600
#define UNVERIFIED_BYTES_MAX (8 * 1024)

static const char *const verdict_names[] = {
	[NOTICE_OF_PAYMENT] = "payment",
	[NOTICE_OF_REFUND] = "refund",
	[NOTICE_OF_ANOTHER_KIND] = "other_kind",
	[NOTICE_UNKNOWN_KEY] = "unknown_key",
	[NOTICE_FORGED] = "forged",
	[NOTICE_STALE] = "stale",
	[NOTICE_MALFORMED] = "malformed",
};

/* A message while it is worked on. */
typedef struct Reception
{
	Gateway gateway;
	const Provider *provider;
	int64 notice_id;
	TimestampTz at;
	NoticeFact fact;
	Receipt receipt;
	ReceiptResult result;
	TakeBackReport report;
	const char *verdict;
} Reception;

/* Looks at a size before anything is copied. */
static void
check_size(FunctionCallInfo fcinfo, int index, const char *name, Size bytes_max)
{
	if (!PG_ARGISNULL(index) && toast_raw_datum_size(PG_GETARG_DATUM(index)) > bytes_max + VARHDRSZ)
		refuse(ERROR_TEXT_TOO_LONG, name, (int) bytes_max);
}

static void
check_sizes(FunctionCallInfo fcinfo)
{
	check_size(fcinfo, 2, "headers", HEADERS_BYTES_MAX);
	check_size(fcinfo, 3, "query", QUERY_BYTES_MAX);
	check_size(fcinfo, 4, "body", BODY_BYTES_MAX);
	if (PG_ARGISNULL(2) || !JB_ROOT_IS_OBJECT(PG_GETARG_JSONB_P(2)))
		refuse(ERROR_NOTICE, "headers must be an object");
	if (PG_ARGISNULL(4))
		refuse(ERROR_NULL_ARGUMENT, "body");
}

/* The headers that are texts; those beyond HEADERS_COUNT_MAX are left out. */
static size_t
read_headers(Jsonb *object, HttpHeader headers[HEADERS_COUNT_MAX])
{
	JsonbIterator *iterator = JsonbIteratorInit(&object->root);
	JsonbValue name;
	JsonbValue value;
	size_t count = 0;

	(void) JsonbIteratorNext(&iterator, &value, true);
	while (JsonbIteratorNext(&iterator, &name, true) == WJB_KEY)
	{
		(void) JsonbIteratorNext(&iterator, &value, true);
		if (value.type == jbvString && count < HEADERS_COUNT_MAX)
			headers[count++] = (HttpHeader){{name.val.string.val, name.val.string.len},
											{value.val.string.val, value.val.string.len}};
	}
	return count;
}

/* Stores the message as it came. */
static void
store_raw(FunctionCallInfo fcinfo, Reception *reception)
{
	Notice notice = {
		.gateway = reception->gateway.gateway,
		.headers = PG_GETARG_DATUM(2),
		.query = PG_ARGISNULL(3) ? NULL : text_to_cstring(PG_GETARG_TEXT_PP(3)),
		.body = PG_GETARG_DATUM(4),
	};

	reception->at = clock_now();
	reception->notice_id = notice_insert(&notice, reception->at);
}

/* Whether what it tells of is the gateway's own merchant's. */
static bool
is_of_merchant(const Reception *reception, const Merchant *merchant, NoticeVerdict verdict)
{
	return verdict == NOTICE_OF_PAYMENT
			   ? merchant_is_of(merchant, &reception->fact.payment)
			   : verdict == NOTICE_OF_REFUND &&
					 merchant_is_named(merchant, reception->fact.refund.merchant_id);
}

/* Reads it by its provider's rules; a file that lacks something is none. */
static NoticeVerdict
read_by(Reception *reception, const HttpMessage *message, const Merchant *merchant)
{
	int64 now_s = reception->at / USECS_PER_SEC + INSTANT_EPOCH_S;
	char fault[MERCHANT_FAULT_SIZE];

	return providers_of(merchant, fault) == reception->provider
			   ? reception->provider->read_notice(message, merchant, now_s, &reception->fact)
			   : NOTICE_UNKNOWN_KEY;
}

/* What the message is; the merchant's keys are in memory here alone. */
static NoticeVerdict
verify(Reception *reception, const HttpMessage *message)
{
	Merchant merchant;
	NoticeVerdict verdict;
	bool is_merchants;

	if (!merchant_file_load(reception->gateway.gateway, &merchant))
	{
		reception->verdict = "no_merchant";
		return NOTICE_UNKNOWN_KEY;
	}
	verdict = read_by(reception, message, &merchant);
	is_merchants = is_of_merchant(reception, &merchant, verdict);
	merchant_free(&merchant);
	reception->receipt.is_merchants = reception->report.is_merchants = is_merchants;
	reception->verdict = verdict_names[verdict];
	if (!is_merchants && verdict == NOTICE_OF_PAYMENT)
		reception->verdict = "other_merchant";
	else if (!is_merchants && verdict == NOTICE_OF_REFUND)
		reception->verdict = "other_refund";
	return verdict;
}

/* Writes down what became of the message. */
static void
settle_notice(const Reception *reception, const char *state, const char *fact)
{
	notice_update(reception->notice_id, &(NoticeOutcome){
											.state = state,
											.verdict = reception->verdict,
											.account_id = reception->receipt.account_id,
											.payment_id = reception->receipt.payment_id,
											.fact = fact,
										});
}

/* One that nobody signed is kept for a while, unless there are too many, or it is longer than any.
 */
static void
keep_unverified(const Reception *reception, const HttpMessage *message)
{
	bool is_long = message->body.size + message->query.size > UNVERIFIED_BYTES_MAX;

	if (is_long ||
		notice_count_unverified(reception->at - USECS_PER_MINUTE, UNVERIFIED_MAX) >= UNVERIFIED_MAX)
		notice_delete(reception->notice_id);
	else
		settle_notice(reception, "unverified", NULL);
}

static void
book(void *argument)
{
	Reception *reception = argument;

	scope_open_inner();
	reception->result = receipt_book(&reception->receipt);
	if (reception->result != RECEIPT_OF_HOUSE)
		settle_notice(reception, reception->result == RECEIPT_KNOWN ? "duplicate" : "applied",
					  NULL);
	scope_close_inner();
}

/* What ends everybody's work goes on; all else leaves the message waiting. */
static bool
leaves_waiting(int sqlstate)
{
	int category = ERRCODE_TO_CATEGORY(sqlstate);

	return category != ERRCODE_OPERATOR_INTERVENTION && category != ERRCODE_INSUFFICIENT_RESOURCES;
}

/* Leaves it to the worker; error: why, NULL where it is the worker's anyway. */
static void
leave_waiting(Reception *reception, const ErrorData *error, const char *fact)
{
	if (error)
		ereport(LOG, (errmsg("billing left a message of gateway \"%s\" waiting: %s",
							 reception->gateway.gateway, error->message)));
	reception->receipt.account_id = reception->receipt.payment_id = NO_NUMBER;
	settle_notice(reception, "waiting", fact);
	wake_at_commit(WORKER_GATEWAY);
}

/* Books what it says, or leaves it to the worker. */
static void
book_or_leave(Reception *reception)
{
	ErrorData *error;

	reception->receipt.fact = &reception->fact.payment;
	reception->receipt.gateway = reception->gateway.gateway;
	error = subtransaction_run(book, reception, leaves_waiting);
	if (error || reception->result == RECEIPT_OF_HOUSE)
		leave_waiting(reception, error, receipt_fact_text(&reception->receipt));
}

static void
book_refund(void *argument)
{
	Reception *reception = argument;
	TakeBackReport *report = &reception->report;
	TakeBackResult result;

	scope_open_inner();
	result = take_back_report(report);
	reception->receipt.account_id = report->account_id;
	reception->receipt.payment_id = report->payment_id;
	settle_notice(reception, take_back_notice_state(result),
				  result >= TAKE_BACK_UNMATCHED ? take_back_fact_text(report->fact) : NULL);
	scope_close_inner();
}

/* The same for a refund. */
static void
book_refund_or_leave(Reception *reception)
{
	ErrorData *error;

	reception->report.fact = &reception->fact.refund;
	reception->report.gateway = reception->gateway.gateway;
	error = subtransaction_run(book_refund, reception, leaves_waiting);
	if (error)
		leave_waiting(reception, error, take_back_fact_text(reception->report.fact));
}

/* Verifies and books; returns what is answered. */
static const ProviderReply *
receive(Reception *reception, const HttpMessage *message)
{
	switch (verify(reception, message))
	{
		case NOTICE_OF_PAYMENT:
			book_or_leave(reception);
			return &reception->provider->accepted;
		case NOTICE_OF_REFUND:
			book_refund_or_leave(reception);
			return &reception->provider->accepted;
		case NOTICE_OF_ANOTHER_KIND:
			settle_notice(reception, "applied", NULL);
			return &reception->provider->accepted;
		case NOTICE_UNKNOWN_KEY:
			gateway_want_keys(reception->gateway.gateway, reception->at);
			wake_at_commit(WORKER_GATEWAY);
			keep_unverified(reception, message);
			return &reception->provider->again;
		default:
			keep_unverified(reception, message);
			return &reception->provider->again;
	}
}

static void
push_text(JsonbParseState **state, JsonbIteratorToken token, const char *text)
{
	JsonbValue value = {.type = jbvString};

	value.val.string.val = pstrdup(text);
	value.val.string.len = strlen(text);
	(void) pushJsonbValue(state, token, &value);
}

static void
push_header(JsonbParseState **state, const char *name, const char *value)
{
	push_text(state, WJB_KEY, name);
	push_text(state, WJB_VALUE, value);
}

/* The headers of a reply; some gateways believe none that is not signed. */
static Datum
reply_headers(const Reception *reception, const ProviderReply *reply)
{
	const char *signature_header = reception->provider->signature_header;
	JsonbParseState *state = NULL;

	(void) pushJsonbValue(&state, WJB_BEGIN_OBJECT, NULL);
	push_header(&state, "Content-Type", reply->content_type);
	if (signature_header && reply == &reception->provider->accepted)
		push_header(&state, signature_header, reception->gateway.reply_signature);
	return JsonbPGetDatum(JsonbValueToJsonb(pushJsonbValue(&state, WJB_END_OBJECT, NULL)));
}

/* It becomes a header: what is no base64 is none. */
static bool
is_signature(const char *text)
{
	return text && strlen(text) < SIGNATURE_TEXT_SIZE &&
		   strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=") ==
			   strlen(text);
}

/* Where the signature that belongs to it is not there yet, the gateway shall send it again. */
static Datum
reply_row(FunctionCallInfo fcinfo, const Reception *reception, const ProviderReply *reply)
{
	bool is_unsigned = reception->provider->signature_header &&
					   !is_signature(reception->gateway.reply_signature);
	const ProviderReply *given = is_unsigned ? &reception->provider->again : reply;
	Datum values[] = {Int32GetDatum(given->status), reply_headers(reception, given),
					  CStringGetTextDatum(given->body)};
	bool nulls[3] = {0};

	return result_row(fcinfo, values, nulls);
}

PG_FUNCTION_INFO_V1(billing_receive_notice);
Datum
billing_receive_notice(PG_FUNCTION_ARGS)
{
	char *name = arg_text(fcinfo, 0, "gateway", VALUE_BYTES_MAX);
	char *method = arg_text(fcinfo, 1, "method", VALUE_BYTES_MAX);
	HttpHeader headers[HEADERS_COUNT_MAX];
	HttpMessage message = {.headers = headers};
	Reception reception = {.receipt = {.account_id = NO_NUMBER, .payment_id = NO_NUMBER}};
	const ProviderReply *reply;
	bytea *body;
	Scope scope;

	if (strcmp(method, "POST") != 0 && strcmp(method, "GET") != 0)
		refuse(ERROR_NOTICE, "method must be GET or POST");
	check_sizes(fcinfo);
	message.headers_count = read_headers(PG_GETARG_JSONB_P(2), headers);
	body = PG_GETARG_BYTEA_PP(4);
	message.body = (Bytes){VARDATA_ANY(body), VARSIZE_ANY_EXHDR(body)};
	message.query = bytes_of(PG_ARGISNULL(3) ? "" : text_to_cstring(PG_GETARG_TEXT_PP(3)));
	scope_open(&scope);
	subscriber_check_none();
	ForceSyncCommit();
	if (!gateway_find(name, sql_run, &reception.gateway) ||
		(reception.provider = providers_find(reception.gateway.provider)) == NULL)
		refuse(ERROR_GATEWAY_UNKNOWN, "gateway", name);
	store_raw(fcinfo, &reception);
	reply = receive(&reception, &message);
	return scope_close_with(&scope, reply_row(fcinfo, &reception, reply));
}
