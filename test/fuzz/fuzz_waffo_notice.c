/*-------------------------------------------------------------------------
 *
 * fuzz_waffo_notice.c
 *	  Waffo's notices.
 *
 * Input: '0' and a raw body, which comes with the vector's signature; or '1', a
 * damage (an index of WaffoDamage) and a body, which is signed.
 *
 *-------------------------------------------------------------------------
 */
#include "waffo_message.h"

#include "../unit/gateway_vectors.h"
#include "gateway/waffo.h"

static NoticeVerdict
read_notice(const HttpMessage *message)
{
	NoticeFact *fact = malloc(sizeof(NoticeFact));
	NoticeVerdict verdict;

	verdict = waffo_provider.read_notice(message, fuzz_merchant(), FUZZ_NOW_S, fact);
	MUST((int) verdict >= 0 && verdict <= NOTICE_MALFORMED);
	if (verdict == NOTICE_OF_PAYMENT)
		fuzz_check_fact(&fact->payment);
	if (verdict == NOTICE_OF_REFUND)
	{
		fuzz_check_refund(&fact->refund);
		MUST(strcmp(fact->refund.dispute, "MERCHANT") != 0);
	}
	free(fact);
	return verdict;
}

/* Nothing but the vector was ever signed. */
static void
try_raw(Bytes input)
{
	Bytes body = {fuzz_copy(input), input.size};
	HttpHeader header = {bytes_of("X-SIGNATURE"), bytes_of(WAFFO_NOTICE_SIGNATURE)};
	HttpMessage message = {.headers = &header, .headers_count = 1, .body = body};
	bool is_vector = bytes_equal(body, bytes_of(WAFFO_NOTICE_BODY));

	MUST(read_notice(&message) == (is_vector ? NOTICE_OF_PAYMENT : NOTICE_FORGED));
	free((void *) body.data);
}

static void
try_signed(Bytes body, WaffoDamage damage)
{
	WaffoMessage message;
	NoticeVerdict verdict;

	waffo_message_sign(body, 0, damage, &message);
	verdict = read_notice(&message.http);
	MUST((verdict == NOTICE_FORGED) == (damage != WAFFO_DAMAGE_NONE));
	MUST(verdict != NOTICE_UNKNOWN_KEY && verdict != NOTICE_STALE);
	waffo_message_free(&message);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	Bytes input = {(const char *) data, size};

	if (fuzz_choose(&input, 2) == 0)
		try_raw(input);
	else
	{
		WaffoDamage damage = fuzz_choose(&input, WAFFO_DAMAGES_COUNT);

		try_signed(input, damage);
	}
	return 0;
}
