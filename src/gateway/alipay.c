/*-------------------------------------------------------------------------
 *
 * alipay.c
 *	  Reading Alipay's notices: first whose they are, then what they say.
 *
 *-------------------------------------------------------------------------
 */
#include "gateway/alipay.h"

#include "core/money.h"
#include "gateway/form.h"
#include "gateway/instant.h"

#include <stdlib.h>

#define TEXT_SIZE 33

/* The pieces of the text that is signed: all fields but those of the signature. */
static size_t
signed_pieces(const Form *form, bool with_sign_type, Bytes pieces[4 * FORM_FIELDS_MAX])
{
	size_t count = 0;

	for (size_t i = 0; i < form->count; i++)
	{
		const FormField *field = &form->fields[i];

		if (bytes_equal(field->name, bytes_of("sign")) ||
			(!with_sign_type && bytes_equal(field->name, bytes_of("sign_type"))))
			continue;
		if (count > 0)
			pieces[count++] = bytes_of("&");
		pieces[count++] = field->name;
		pieces[count++] = bytes_of("=");
		pieces[count++] = field->value;
	}
	return count;
}

static bool
is_signed(const Form *form, const AlipayTrust *trust)
{
	Bytes sign = form_value(form, "sign");
	Bytes pieces[4 * FORM_FIELDS_MAX];

	for (int with_sign_type = 0; with_sign_type <= 1; with_sign_type++)
	{
		size_t count = signed_pieces(form, with_sign_type, pieces);

		for (size_t i = 0; i < trust->keys_count; i++)
			if (signature_holds(trust->keys[i], pieces, count, sign))
				return true;
	}
	return false;
}

/* An amount in yuan with at most two decimals; if_none where the field is missing. */
static bool
read_yuan(const Form *form, const char *name, int64_t if_none, int64_t *nano)
{
	char text[TEXT_SIZE];

	*nano = if_none;
	if (form_value(form, name).size == 0)
		return if_none >= 0;
	return form_text(form, name, text, sizeof(text)) && money_parse(text, nano) &&
		   *nano % MONEY_NANO_PER_CENT == 0;
}

/*
 * TRADE_CLOSED is said of a trade that nobody paid and of one that was given back
 * whole: the time of payment tells them apart.
 */
static bool
read_state(const Form *form, FactState *state)
{
	Bytes name = form_value(form, "trade_status");

	if (bytes_equal(name, bytes_of("TRADE_SUCCESS")) ||
		bytes_equal(name, bytes_of("TRADE_FINISHED")))
		*state = FACT_PAID;
	else if (bytes_equal(name, bytes_of("TRADE_CLOSED")))
		*state = form_value(form, "gmt_payment").size > 0 ? FACT_PAID : FACT_CLOSED;
	else if (bytes_equal(name, bytes_of("WAIT_BUYER_PAY")))
		*state = FACT_PENDING;
	else
		return false;
	return true;
}

static bool
read_trade(const Form *form, PaymentFact *fact)
{
	char paid_at[TEXT_SIZE];

	*fact = (PaymentFact){.currency = "CNY"}; /* Alipay's notices of the mainland name none */
	if (!read_state(form, &fact->state) ||
		!form_text(form, "out_trade_no", fact->order_number, sizeof(fact->order_number)) ||
		!form_text(form, "app_id", fact->app_id, sizeof(fact->app_id)) ||
		!form_text(form, "seller_id", fact->merchant_id, sizeof(fact->merchant_id)))
		return false;
	if (fact->state != FACT_PAID)
		return true;
	return form_text(form, "trade_no", fact->transaction_id, sizeof(fact->transaction_id)) &&
		   read_yuan(form, "total_amount", -1, &fact->amount_nano) &&
		   read_yuan(form, "invoice_amount", fact->amount_nano, &fact->payer_nano) &&
		   read_yuan(form, "refund_fee", 0, &fact->refunded_nano) &&
		   form_text(form, "gmt_payment", paid_at, sizeof(paid_at)) &&
		   instant_from_china(paid_at, &fact->paid_at);
}

static NoticeVerdict
judge(const Form *form, const AlipayTrust *trust, PaymentFact *fact)
{
	if (!is_signed(form, trust))
		return NOTICE_FORGED;
	if (!bytes_equal(form_value(form, "notify_type"), bytes_of("trade_status_sync")))
		return NOTICE_OF_ANOTHER_KIND;
	return read_trade(form, fact) ? NOTICE_OF_PAYMENT : NOTICE_MALFORMED;
}

NoticeVerdict
alipay_read_notice(Bytes body, const AlipayTrust *trust, PaymentFact *fact)
{
	Form *form = malloc(sizeof(Form));
	NoticeVerdict verdict = NOTICE_MALFORMED;

	if (form && form_read(body, form))
		verdict = judge(form, trust, fact);
	free(form);
	return verdict;
}
