/*-------------------------------------------------------------------------
 *
 * alipay.h
 *	  Alipay (RSA2): its notices.
 *
 * A form, signed over its decoded fields but sign and sign_type, sorted by name
 * and joined as name=value with "&" between them, empty values kept; some are
 * signed with sign_type. It says nothing of when it was sent that could be
 * relied on, so an old one may come again: what it says is monotone.
 * (opendocs.alipay.com: asynchronous notifications; alipay-sdk's
 * checkNotifySignV2.)
 *
 *-------------------------------------------------------------------------
 */
#ifndef GATEWAY_ALIPAY_H
#define GATEWAY_ALIPAY_H

#include "gateway/fact.h"
#include "gateway/signature.h"

/* Alipay's public keys; two or more while they change: a notice does not name its own. */
typedef struct AlipayTrust
{
	SignatureKey *const *keys;
	size_t keys_count;
} AlipayTrust;

/* *fact is set where it is NOTICE_OF_PAYMENT. */
extern NoticeVerdict alipay_read_notice(Bytes body, const AlipayTrust *trust, PaymentFact *fact);

#endif
