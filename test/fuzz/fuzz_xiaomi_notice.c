/*-------------------------------------------------------------------------
 *
 * fuzz_xiaomi_notice.c
 *	  Xiaomi Pay's notices.
 *
 * Input: '0' and a raw query; or '1', a damage ('0' none, '1' of the signature,
 * '2' a field more) and a query without "signature", which is signed and appended.
 *
 *-------------------------------------------------------------------------
 */
#include "fuzz.h"

#include "../unit/gateway_vectors.h"
#include "gateway/form.h"
#include "gateway/xiaomi.h"

#define DAMAGES_COUNT 3

static NoticeVerdict
read_notice(Bytes query, PaymentFact *fact)
{
	Bytes copy = {fuzz_copy(query), query.size};
	HttpMessage message = {.query = copy};
	NoticeFact told = {0};
	NoticeVerdict verdict = xiaomi_provider.read_notice(&message, fuzz_merchant(), 0, &told);

	MUST(verdict == NOTICE_OF_PAYMENT || verdict == NOTICE_FORGED || verdict == NOTICE_MALFORMED);
	*fact = told.payment;
	if (verdict == NOTICE_OF_PAYMENT)
		fuzz_check_fact(fact);
	free((void *) copy.data);
	return verdict;
}

/* Nothing but the vector was ever signed; it may be written in several ways. */
static void
try_raw(Bytes query)
{
	PaymentFact vector;
	PaymentFact fact;

	if (read_notice(query, &fact) != NOTICE_OF_PAYMENT)
		return;
	MUST(read_notice(bytes_of(XIAOMI_NOTICE_QUERY), &vector) == NOTICE_OF_PAYMENT);
	MUST(fuzz_facts_equal(&fact, &vector));
}

/* Signs the fields that have a value, as a form sorts them. */
static void
sign(const Form *form, char signature[MAC_TEXT_SIZE])
{
	Bytes *pieces = malloc((4 * form->count + 1) * sizeof(Bytes));
	size_t count = 0;

	for (size_t i = 0; i < form->count; i++)
	{
		if (form->fields[i].value.size == 0)
			continue;
		if (count > 0)
			pieces[count++] = bytes_of("&");
		pieces[count++] = form->fields[i].name;
		pieces[count++] = bytes_of("=");
		pieces[count++] = form->fields[i].value;
	}
	MUST(mac_make(MAC_SHA1, bytes_of(XIAOMI_APP_SECRET), pieces, count, signature));
	free(pieces);
}

/* Whether the text that is signed could be of other fields too. */
static bool
is_ambiguous(const Form *form)
{
	for (size_t i = 0; i < form->count; i++)
	{
		Bytes name = form->fields[i].name;
		Bytes value = form->fields[i].value;

		for (size_t k = 0; k < name.size; k++)
			if (name.data[k] == '&' || name.data[k] == '=')
				return true;
		for (size_t k = 0; k < value.size; k++)
			if (value.data[k] == '&')
				return true;
	}
	return false;
}

/* False where the query is no form, or one that has a signature. */
static bool
sign_query(Bytes query, char signature[MAC_TEXT_SIZE], bool *ambiguous)
{
	Form *form = malloc(sizeof(Form));
	bool is_form = form_read(query, form) && form_value(form, "signature").size == 0;

	if (is_form)
		sign(form, signature);
	*ambiguous = is_form && is_ambiguous(form);
	free(form);
	return is_form;
}

static void
try_signed(Bytes query, unsigned damage)
{
	char signature[MAC_TEXT_SIZE];
	PaymentFact fact;
	NoticeVerdict verdict;
	bool ambiguous;
	Bytes whole;

	if (!sign_query(query, signature, &ambiguous))
		return;
	if (damage == 1)
		signature[query.size % 40] ^= 1;
	whole = fuzz_join((Bytes[]){query, bytes_of(query.size > 0 ? "&" : ""), bytes_of("signature="),
								bytes_of(signature), bytes_of(damage == 2 ? "&zzzz=1" : "")},
					  5);
	verdict = read_notice(whole, &fact);
	if (damage == 0)
		MUST((verdict == NOTICE_FORGED) == ambiguous);
	else
		MUST(verdict != NOTICE_OF_PAYMENT);
	free((void *) whole.data);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	Bytes input = {(const char *) data, size};

	if (fuzz_choose(&input, 2) == 0)
		try_raw(input);
	else
	{
		unsigned damage = fuzz_choose(&input, DAMAGES_COUNT);

		try_signed(input, damage);
	}
	return 0;
}
