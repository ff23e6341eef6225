/*-------------------------------------------------------------------------
 *
 * fuzz.c
 *	  What the fuzzers share.
 *
 *-------------------------------------------------------------------------
 */
#include "fuzz.h"

#include "../unit/gateway_vectors.h"
#include "core/money.h"
#include "gateway/base64.h"
#include "gateway/frame.h"

#include <openssl/evp.h>

unsigned
fuzz_choose(Bytes *input, unsigned count)
{
	unsigned choice;

	if (input->size == 0)
		return 0;
	choice = (uint8_t) (input->data[0] - '0') % count;
	*input = (Bytes){input->data + 1, input->size - 1};
	return choice;
}

Bytes
fuzz_cut(Bytes *input, const char *separator)
{
	size_t size = strlen(separator);
	Bytes part = *input;

	for (size_t at = 0; at + size <= input->size; at++)
		if (memcmp(input->data + at, separator, size) == 0)
		{
			part.size = at;
			*input = (Bytes){input->data + at + size, input->size - at - size};
			return part;
		}
	*input = (Bytes){input->data + input->size, 0};
	return part;
}

static char *
allocate(size_t size)
{
	char *block = malloc(size);

	MUST(block != NULL || size == 0);
	return block;
}

char *
fuzz_copy(Bytes bytes)
{
	char *copy = allocate(bytes.size);

	if (bytes.size > 0)
		memcpy(copy, bytes.data, bytes.size);
	return copy;
}

char *
fuzz_text(Bytes bytes)
{
	char *text = allocate(bytes.size + 1);

	if (bytes.size > 0)
		memcpy(text, bytes.data, bytes.size);
	text[bytes.size] = '\0';
	return text;
}

Bytes
fuzz_join(const Bytes *pieces, size_t count)
{
	size_t size = 0;
	char *joined;
	char *to;

	for (size_t i = 0; i < count; i++)
		size += pieces[i].size;
	joined = to = allocate(size);
	for (size_t i = 0; i < count; i++)
	{
		if (pieces[i].size > 0)
			memcpy(to, pieces[i].data, pieces[i].size);
		to += pieces[i].size;
	}
	return (Bytes){joined, size};
}

/* ---- whose messages they are ---------------------------------------------- */

SignatureKey *
fuzz_platform_key(void)
{
	static SignatureKey *key;

	if (key == NULL)
		key = signature_private_key(bytes_of(PLATFORM_PRIVATE_KEY));
	MUST(key != NULL);
	return key;
}

const Merchant *
fuzz_merchant(void)
{
	static Merchant merchant = {
		.provider = "fuzz",
		.merchant_id = "1900000001",
		.app_id = "wxd678efh567hg6787",
		.serial = "3775B6A45ACD588826D15E583A95F5DD00000001",
		.host = "127.0.0.1",
		.port = 8443,
		.notify_url = "https://bill.example.com/n/wechat",
		.has_sealing_key = true,
		.api_key = "key-of-the-api",
		.app_secret = XIAOMI_APP_SECRET,
		.token = "5d6f",
	};

	if (merchant.keys_count > 0)
		return &merchant;
	memcpy(merchant.sealing_key, WECHAT_APIV3_KEY, SEALED_KEY_BYTES);
	merchant.private_key = signature_private_key(bytes_of(MERCHANT_PRIVATE_KEY));
	merchant.keys[0] = (MerchantKey){"", signature_public_key(bytes_of(MERCHANT_PUBLIC_KEY))};
	merchant.keys[1] = (MerchantKey){WECHAT_NOTICE_SERIAL,
									 signature_public_key(bytes_of(PLATFORM_PUBLIC_KEY))};
	merchant.keys_count = 2;
	MUST(merchant.private_key && merchant.keys[0].key && merchant.keys[1].key);
	return &merchant;
}

GatewayCall
fuzz_call(CallOperation operation, const char *product)
{
	GatewayCall call = {
		.operation = operation,
		.gateway = "g",
		.order_number = FUZZ_ORDER_NUMBER,
		.refund_number = FUZZ_REFUND_NUMBER,
		.transaction_id = FUZZ_TRANSACTION_ID,
		.currency = "CNY",
		.amount_nano = INT64_C(88880000000),
		.refund_nano = INT64_C(20000000000),
		.expires_at = INT64_C(820549800000000),
		.description = "API 充值",
		.client_ip = "192.0.2.1",
		.email = "u1@example.com",
		.terminal = "WEB",
		.uid = "100010",
		.bill_day = "2026-01-01",
		.invoice = {.number = FUZZ_INVOICE_NUMBER, .red_number = FUZZ_RED_NUMBER},
	};

	(void) snprintf(call.product, sizeof(call.product), "%s", product);
	return call;
}

void
fuzz_sign(const Bytes *pieces, size_t count, char signature[SIGNATURE_TEXT_SIZE])
{
	MUST(signature_make(fuzz_platform_key(), pieces, count, signature));
}

void
fuzz_turn_bit(char signature[SIGNATURE_TEXT_SIZE], unsigned bit)
{
	unsigned char bytes[SIGNATURE_BYTES_MAX];
	size_t size;

	MUST(base64_decode(bytes_of(signature), bytes, sizeof(bytes), &size) && size > 0);
	bytes[bit / 8 % size] ^= (unsigned char) (1u << bit % 8);
	(void) EVP_EncodeBlock((unsigned char *) signature, bytes, (int) size);
}

/* ---- what must hold ------------------------------------------------------- */

void
fuzz_check_text(const char *text, size_t size)
{
	const char *end = memchr(text, '\0', size);

	MUST(end != NULL);
	for (; text < end; text++)
		MUST((unsigned char) *text >= ' ' && *text != 0x7f);
}

static void
check_amount(int64_t nano)
{
	MUST(nano >= 0 && nano <= MONEY_NANO_MAX && nano % MONEY_NANO_PER_CENT == 0);
}

/* What was paid has a number, a currency and a time; what was not has none of them. */
static void
check_payment(const PaymentFact *fact)
{
	if (fact->state == FACT_PAID)
	{
		MUST(fact->transaction_id[0] != '\0' && fact->currency[0] != '\0');
		MUST(fact->paid_at > 0);
		return;
	}
	MUST(fact->transaction_id[0] == '\0' && fact->paid_at == 0);
	MUST(fact->amount_nano == 0 && fact->payer_nano == 0 && fact->refunded_nano == 0);
}

bool
fuzz_facts_equal(const PaymentFact *a, const PaymentFact *b)
{
	return a->state == b->state && strcmp(a->order_number, b->order_number) == 0 &&
		   strcmp(a->transaction_id, b->transaction_id) == 0 &&
		   strcmp(a->merchant_id, b->merchant_id) == 0 && strcmp(a->app_id, b->app_id) == 0 &&
		   strcmp(a->currency, b->currency) == 0 && a->amount_nano == b->amount_nano &&
		   a->payer_nano == b->payer_nano && a->refunded_nano == b->refunded_nano &&
		   a->paid_at == b->paid_at && strcmp(a->refund_number, b->refund_number) == 0;
}

bool
fuzz_refunds_equal(const RefundFact *a, const RefundFact *b)
{
	return a->state == b->state && strcmp(a->order_number, b->order_number) == 0 &&
		   strcmp(a->transaction_id, b->transaction_id) == 0 &&
		   strcmp(a->refund_number, b->refund_number) == 0 &&
		   strcmp(a->refund_id, b->refund_id) == 0 && strcmp(a->merchant_id, b->merchant_id) == 0 &&
		   strcmp(a->dispute, b->dispute) == 0 && strcmp(a->currency, b->currency) == 0 &&
		   a->amount_nano == b->amount_nano && a->payer_nano == b->payer_nano &&
		   a->refunded_at == b->refunded_at;
}

/* A refund that is believed says which one it is, and of what; and travels as it is. */
void
fuzz_check_refund(const RefundFact *fact)
{
	char room[FRAME_FACT_ROOM];
	size_t size = frame_write_refund(fact, room);
	RefundFact read;

	MUST((int) fact->state >= 0 && (int) fact->state < REFUND_STATES_COUNT);
	MUST(fact->refund_id[0] != '\0' && fact->transaction_id[0] != '\0');
	MUST(fact->currency[0] != '\0' && fact->amount_nano > 0);
	check_amount(fact->amount_nano);
	MUST(fact->payer_nano >= 0 && fact->payer_nano <= fact->amount_nano);
	MUST(size > 0 && size == strlen(room));
	MUST(frame_read_refund((Bytes){room, size}, &read) && fuzz_refunds_equal(&read, fact));
}

/* Every fact that is believed can be sent as a frame has it, and is the same there. */
static void
check_travel(const PaymentFact *fact)
{
	char room[FRAME_FACT_ROOM];
	size_t size = frame_write_payment(fact, room);
	PaymentFact read;

	MUST(size > 0 && size == strlen(room));
	MUST(frame_read_payment((Bytes){room, size}, &read) && fuzz_facts_equal(&read, fact));
}

void
fuzz_check_fact(const PaymentFact *fact)
{
	MUST((int) fact->state >= 0 && (int) fact->state < FACT_STATES_COUNT);
	fuzz_check_text(fact->order_number, sizeof(fact->order_number));
	fuzz_check_text(fact->transaction_id, sizeof(fact->transaction_id));
	fuzz_check_text(fact->merchant_id, sizeof(fact->merchant_id));
	fuzz_check_text(fact->app_id, sizeof(fact->app_id));
	fuzz_check_text(fact->currency, sizeof(fact->currency));
	MUST(fact->order_number[0] != '\0');
	MUST(fact->merchant_id[0] != '\0' && fact->app_id[0] != '\0');
	check_amount(fact->amount_nano);
	check_amount(fact->payer_nano);
	check_amount(fact->refunded_nano);
	check_payment(fact);
	check_travel(fact);
}

/* What was issued has the bureau's number; nobody is told of amounts below zero. */
static void
check_invoice(const InvoiceFact *fact)
{
	MUST((int) fact->state >= 0 && (int) fact->state < INVOICE_FACT_STATES_COUNT);
	MUST(fact->state != INVOICE_FACT_ISSUED || strlen(fact->number) == INVOICE_NUMBER_SIZE - 1);
	MUST(strspn(fact->number, "0123456789") == strlen(fact->number));
	fuzz_check_text(fact->pdf_url, sizeof(fact->pdf_url));
	fuzz_check_text(fact->ofd_url, sizeof(fact->ofd_url));
	check_amount(fact->total_nano);
	check_amount(fact->tax_nano);
	MUST(fact->issued_at >= 0);
}

/* Lines of a part are its sum, where there are any. */
static void
check_lines(const RedFact *fact)
{
	int64_t sum_nano = 0;

	MUST(fact->lines_count <= INVOICE_LINES_MAX && (fact->is_partial || fact->lines_count == 0));
	for (size_t i = 0; i < fact->lines_count; i++)
	{
		check_amount(fact->lines_nano[i]);
		sum_nano += fact->lines_nano[i];
	}
	MUST(fact->lines_count == 0 || sum_nano == fact->amount_nano);
}

static void
check_red(const GatewayCall *call, const RedFact *fact)
{
	MUST((int) fact->state >= 0 && (int) fact->state < RED_FACT_STATES_COUNT);
	MUST(strspn(fact->red_number, "0123456789") == strlen(fact->red_number));
	MUST(fact->red_number[0] == '\0' || strlen(fact->red_number) == INVOICE_NUMBER_SIZE - 1);
	fuzz_check_text(fact->confirmation_number, sizeof(fact->confirmation_number));
	fuzz_check_text(fact->confirmation_id, sizeof(fact->confirmation_id));
	check_amount(fact->amount_nano);
	MUST(fact->is_partial == (fact->amount_nano > 0 && fact->amount_nano < call->amount_nano));
	check_lines(fact);
}

/* Those of a list are of invoices without paper, and have what they are asked for by. */
static void
check_list(const GatewayAnswer *answer)
{
	MUST(answer->rows >= 0 && answer->seen_count <= RED_SEEN_MAX);
	for (size_t i = 0; i < answer->seen_count; i++)
	{
		const RedSeen *seen = &answer->seen[i];

		fuzz_check_text(seen->confirmation_id, sizeof(seen->confirmation_id));
		fuzz_check_text(seen->confirmation_number, sizeof(seen->confirmation_number));
		MUST(seen->confirmation_id[0] != '\0' && seen->confirmation_number[0] != '\0');
		MUST(strlen(seen->blue_number) == INVOICE_NUMBER_SIZE - 1);
		MUST(seen->reason >= 0 && seen->reason <= RED_ALLOWANCE);
	}
}

static void
check_done(const GatewayCall *call, const GatewayAnswer *answer)
{
	switch (call->operation)
	{
		case CALL_CREATE:
			MUST(answer->pay_url[0] != '\0');
			return;
		case CALL_QUERY:
			fuzz_check_fact(&answer->payment);
			MUST(strcmp(answer->payment.order_number, call->order_number) == 0);
			return;
		case CALL_CLOSE:
			return;
		case CALL_REFUND:
		case CALL_REFUND_QUERY:
			MUST((int) answer->refund.state >= 0);
			MUST((int) answer->refund.state < REFUND_STATES_COUNT);
			check_amount(answer->refund.amount_nano);
			fuzz_check_text(answer->refund.refund_id, sizeof(answer->refund.refund_id));
			return;
		case CALL_SIGN:
			MUST(answer->signature[0] != '\0');
			return;
		case CALL_ISSUE_QUERY:
			check_invoice(&answer->invoice);
			return;
		case CALL_RED_QUERY:
			check_red(call, &answer->red);
			return;
		case CALL_RED_LIST:
			check_list(answer);
			return;
		default:
			return;
	}
}

/* Whatever it is, the worker can read what billing-caller writes of it. */
static void
check_answer_travels(const GatewayAnswer *answer)
{
	static char room[FRAME_ROOM];
	size_t size = frame_write_answer(7, answer, room);
	GatewayAnswer read;
	int64_t id;

	MUST(size > 0 && size == frame_size((Bytes){room, size}));
	MUST(frame_read_answer((Bytes){room, size}, &id, &read) && id == 7);
	MUST(read.result == answer->result && strcmp(read.code, answer->code) == 0);
	MUST(strcmp(read.pay_url, answer->pay_url) == 0);
	MUST(fuzz_facts_equal(&read.payment, &answer->payment));
	MUST(read.refund.state == answer->refund.state);
	MUST(read.refund.amount_nano == answer->refund.amount_nano);
	MUST(read.invoice.state == answer->invoice.state && read.red.state == answer->red.state);
	MUST(strcmp(read.invoice.number, answer->invoice.number) == 0);
	MUST(strcmp(read.red.red_number, answer->red.red_number) == 0);
	MUST(read.red.lines_count == answer->red.lines_count && read.seen_count == answer->seen_count);
}

void
fuzz_check_answer(const GatewayCall *call, const GatewayAnswer *answer)
{
	MUST((int) answer->result >= 0 && (int) answer->result < CALL_RESULTS_COUNT);
	fuzz_check_text(answer->code, sizeof(answer->code));
	fuzz_check_text(answer->pay_url, sizeof(answer->pay_url));
	fuzz_check_text(answer->signature, sizeof(answer->signature));
	fuzz_check_text(answer->invoice.cause, sizeof(answer->invoice.cause));
	fuzz_check_text(answer->red.cause, sizeof(answer->red.cause));
	if (answer->result == RESULT_DONE)
		check_done(call, answer);
	check_answer_travels(answer);
}
