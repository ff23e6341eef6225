/*-------------------------------------------------------------------------
 *
 * fuzz_wechat_notice.c
 *	  WeChat Pay's notices.
 *
 * Input: '0' and a raw message, headers and body; or '1', a damage and the body of
 * an event, which is signed; or '2', a damage and a transaction, which is sealed
 * and signed.
 *
 *-------------------------------------------------------------------------
 */
#include "wechat_message.h"

#include "gateway/wechat.h"

/* The event about a transaction; to be freed. */
static Bytes
event_of(Bytes transaction)
{
	char *cipher = message_seal(transaction);
	Bytes event = fuzz_join(
		(Bytes[]){bytes_of("{\"event_type\":\"TRANSACTION.SUCCESS\",\"resource\":{\"algorithm\":"
						   "\"AEAD_AES_256_GCM\",\"associated_data\":\"\",\"nonce\":\""),
				  bytes_of(MESSAGE_SEAL_NONCE), bytes_of("\",\"ciphertext\":\""), bytes_of(cipher),
				  bytes_of("\"}}")},
		5);

	free(cipher);
	return event;
}

static NoticeVerdict
read_notice(const Message *message)
{
	NoticeFact *fact = malloc(sizeof(NoticeFact));
	NoticeVerdict verdict = wechat_provider.read_notice(&message->http, fuzz_merchant(), FUZZ_NOW_S,
														fact);

	MUST((int) verdict >= 0 && verdict <= NOTICE_MALFORMED);
	if (verdict == NOTICE_OF_PAYMENT)
		fuzz_check_fact(&fact->payment);
	if (verdict == NOTICE_OF_REFUND)
		fuzz_check_refund(&fact->refund);
	free(fact);
	return verdict;
}

/* Nothing but the vector was ever signed. */
static void
try_raw(Bytes input)
{
	Message message;
	NoticeVerdict verdict;

	message_read(input, 0, &message);
	verdict = read_notice(&message);
	MUST(verdict == NOTICE_UNKNOWN_KEY || verdict == NOTICE_FORGED || message_is_vector(&message));
	message_free(&message);
}

static void
try_signed(Bytes body, Damage damage)
{
	static const NoticeVerdict verdicts[DAMAGES_COUNT] = {
		[DAMAGE_SIGNATURE] = NOTICE_FORGED,	  [DAMAGE_BODY] = NOTICE_FORGED,
		[DAMAGE_NONCE] = NOTICE_FORGED,		  [DAMAGE_TIMESTAMP] = NOTICE_STALE,
		[DAMAGE_SERIAL] = NOTICE_UNKNOWN_KEY,
	};
	Message message;
	NoticeVerdict verdict;

	message_sign(body, 0, damage, &message);
	verdict = read_notice(&message);
	if (damage == DAMAGE_NONE)
		MUST(verdict != NOTICE_FORGED && verdict != NOTICE_STALE);
	else
		MUST(verdict == verdicts[damage]);
	message_free(&message);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	Bytes input = {(const char *) data, size};
	unsigned kind = fuzz_choose(&input, 3);
	Damage damage = kind > 0 ? fuzz_choose(&input, DAMAGES_COUNT) : DAMAGE_NONE;
	Bytes event = {NULL, 0};

	if (kind == 0)
		try_raw(input);
	else if (kind == 1)
		try_signed(input, damage);
	else
	{
		event = event_of(input);
		try_signed(event, damage);
		free((void *) event.data);
	}
	return 0;
}
