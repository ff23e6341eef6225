/*-------------------------------------------------------------------------
 *
 * fuzz_alipay_notice.c
 *	  Alipay's notices.
 *
 * Input: '0' and a raw body; or '1' (signed without sign_type) or '2' (with it), a
 * damage ('0' none, '1' of the signature, '2' a field more) and a body without
 * "sign", which is signed and appended.
 *
 *-------------------------------------------------------------------------
 */
#include "fuzz.h"

#include "../unit/gateway_vectors.h"
#include "gateway/alipay.h"
#include "gateway/form.h"

#define DAMAGES_COUNT 3

static NoticeVerdict
read_notice(Bytes body, PaymentFact *fact)
{
	Bytes copy = {fuzz_copy(body), body.size};
	HttpMessage message = {.body = copy};
	NoticeFact told = {0};
	NoticeVerdict verdict = alipay_provider.read_notice(&message, fuzz_merchant(), 0, &told);

	MUST((int) verdict >= 0 && verdict <= NOTICE_MALFORMED);
	MUST(verdict != NOTICE_OF_REFUND);
	*fact = told.payment;
	if (verdict == NOTICE_OF_PAYMENT)
		fuzz_check_fact(fact);
	free((void *) copy.data);
	return verdict;
}

/* Nothing but the vector was ever signed; it may be written in several ways. */
static void
try_raw(Bytes body)
{
	PaymentFact vector;
	PaymentFact fact;
	NoticeVerdict verdict = read_notice(body, &fact);

	MUST(verdict == NOTICE_OF_PAYMENT || verdict == NOTICE_FORGED || verdict == NOTICE_MALFORMED);
	if (verdict != NOTICE_OF_PAYMENT)
		return;
	MUST(read_notice(bytes_of(ALIPAY_NOTICE_BODY), &vector) == NOTICE_OF_PAYMENT);
	MUST(fuzz_facts_equal(&fact, &vector));
}

/* The text that Alipay signs: decoded fields, sorted. To be freed. */
static Bytes
signed_text(const Form *form, bool with_sign_type)
{
	Bytes *pieces = malloc((4 * form->count + 1) * sizeof(Bytes));
	size_t count = 0;
	Bytes text;

	for (size_t i = 0; i < form->count; i++)
	{
		if (bytes_equal(form->fields[i].name, bytes_of("sign")) ||
			(!with_sign_type && bytes_equal(form->fields[i].name, bytes_of("sign_type"))))
			continue;
		if (count > 0)
			pieces[count++] = bytes_of("&");
		pieces[count++] = form->fields[i].name;
		pieces[count++] = bytes_of("=");
		pieces[count++] = form->fields[i].value;
	}
	text = fuzz_join(pieces, count);
	free(pieces);
	return text;
}

/* Signs a body, if it is a form: the field of the signature. */
static bool
sign_body(Bytes body, bool with_sign_type, unsigned damage, char *field, size_t size)
{
	char signature[SIGNATURE_TEXT_SIZE];
	Form *form = malloc(sizeof(Form));
	bool is_form = form_read(body, form);
	Bytes text;

	if (is_form)
	{
		text = signed_text(form, with_sign_type);
		fuzz_sign(&text, 1, signature);
		free((void *) text.data);
		if (damage == 1)
			fuzz_turn_bit(signature, (unsigned) body.size * 7 + 3);
		MUST(form_write(&(FormField){bytes_of("sign"), bytes_of(signature)}, 1, field, size));
	}
	free(form);
	return is_form;
}

static void
try_signed(Bytes body, bool with_sign_type, unsigned damage)
{
	char field[3 * SIGNATURE_TEXT_SIZE];
	PaymentFact fact;
	NoticeVerdict verdict;
	Bytes whole;

	if (!sign_body(body, with_sign_type, damage, field, sizeof(field)))
	{
		MUST(read_notice(body, &fact) == NOTICE_MALFORMED);
		return;
	}
	whole = fuzz_join((Bytes[]){body, bytes_of(body.size > 0 ? "&" : ""), bytes_of(field),
								bytes_of(damage == 2 ? "&zzzz=1" : "")},
					  4);
	verdict = read_notice(whole, &fact);
	MUST(damage == 0 ? verdict != NOTICE_FORGED
					 : verdict == NOTICE_FORGED || verdict == NOTICE_MALFORMED);
	free((void *) whole.data);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	Bytes input = {(const char *) data, size};
	unsigned kind = fuzz_choose(&input, 3);

	if (kind == 0)
		try_raw(input);
	else
	{
		unsigned damage = fuzz_choose(&input, DAMAGES_COUNT);

		try_signed(input, kind == 2, damage);
	}
	return 0;
}
