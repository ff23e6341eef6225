/*-------------------------------------------------------------------------
 *
 * wechat.c
 *	  Reading WeChat Pay's notices: first whose they are, then what they say.
 *
 *-------------------------------------------------------------------------
 */
#include "gateway/wechat.h"

#include "core/money.h"
#include "gateway/base64.h"
#include "gateway/document.h"
#include "gateway/instant.h"

#include <stdlib.h>

/* A sealed notice is a few hundred bytes; its plain text is shorter. */
#define SEALED_BYTES_MAX (16 * 1024)

#define INSTANT_TEXT_SIZE 32

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

static SignatureKey *
find_key(const WechatTrust *trust, Bytes serial)
{
	for (size_t i = 0; i < trust->keys_count; i++)
		if (bytes_equal(bytes_of(trust->keys[i].serial), serial))
			return trust->keys[i].key;
	return NULL;
}

static bool
is_signed(const WechatNotice *notice, SignatureKey *key)
{
	const Bytes line_feed = {"\n", 1};
	const Bytes pieces[] = {notice->timestamp, line_feed,	 notice->nonce,
							line_feed,		   notice->body, line_feed};

	return signature_holds(key, pieces, sizeof(pieces) / sizeof(pieces[0]), notice->signature);
}

/* Decodes and opens what is sealed; NULL where that fails. To be freed. */
static unsigned char *
open_resource(const json_t *resource, const WechatTrust *trust, size_t *size)
{
	unsigned char *sealed = malloc(SEALED_BYTES_MAX);
	unsigned char *plain = malloc(SEALED_BYTES_MAX);
	size_t sealed_size;
	bool opened = sealed && plain &&
				  base64_decode(document_bytes(resource, "ciphertext"), sealed, SEALED_BYTES_MAX,
								&sealed_size) &&
				  sealed_open(trust->apiv3_key, document_bytes(resource, "nonce"),
							  document_bytes(resource, "associated_data"),
							  (Bytes){(const char *) sealed, sealed_size}, plain);

	free(sealed);
	if (opened)
	{
		*size = sealed_size - SEALED_TAG_BYTES;
		return plain;
	}
	free(plain);
	return NULL;
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
		   instant_from_rfc3339(paid_at, &fact->paid_at);
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
	return read_fen(amount, "total", &fact->amount_nano) &&
		   document_text(amount, "currency", fact->currency, sizeof(fact->currency)) &&
		   read_payment(transaction, amount, fact);
}

static NoticeVerdict
read_opened(const unsigned char *plain, size_t size, PaymentFact *fact)
{
	json_t *transaction = document_read((Bytes){(const char *) plain, size});
	bool is_read = transaction && read_transaction(transaction, fact);

	json_decref(transaction);
	return is_read ? NOTICE_OF_PAYMENT : NOTICE_MALFORMED;
}

/* Reads a body that is WeChat Pay's. */
static NoticeVerdict
read_event(const json_t *event, const WechatTrust *trust, PaymentFact *fact)
{
	const json_t *resource = document_object(event, "resource");
	NoticeVerdict verdict;
	unsigned char *plain;
	size_t size;

	if (!bytes_equal(document_bytes(event, "event_type"), bytes_of("TRANSACTION.SUCCESS")))
		return NOTICE_OF_ANOTHER_KIND;
	if (!bytes_equal(document_bytes(resource, "algorithm"), bytes_of("AEAD_AES_256_GCM")))
		return NOTICE_MALFORMED;
	/* Genuine, but sealed with another APIv3 key: it was changed a moment ago. */
	plain = open_resource(resource, trust, &size);
	if (plain == NULL)
		return NOTICE_UNKNOWN_KEY;
	verdict = read_opened(plain, size, fact);
	free(plain);
	return verdict;
}

NoticeVerdict
wechat_read_notice(const WechatNotice *notice, const WechatTrust *trust, int64_t now_s,
				   PaymentFact *fact)
{
	SignatureKey *key = find_key(trust, notice->serial);
	NoticeVerdict verdict;
	int64_t signed_s;
	json_t *event;

	if (key == NULL)
		return NOTICE_UNKNOWN_KEY;
	if (!read_seconds(notice->timestamp, &signed_s) || !is_signed(notice, key))
		return NOTICE_FORGED;
	if (signed_s - now_s > WECHAT_CLOCK_TOLERANCE_S || now_s - signed_s > WECHAT_CLOCK_TOLERANCE_S)
		return NOTICE_STALE;
	event = document_read(notice->body);
	if (event == NULL)
		return NOTICE_MALFORMED;
	verdict = read_event(event, trust, fact);
	json_decref(event);
	return verdict;
}
