/*-------------------------------------------------------------------------
 *
 * wechat.h
 *	  WeChat Pay v3: its notices.
 *
 * Signed over timestamp, nonce and body, each with a line feed, by a key that
 * the header Wechatpay-Serial names: a platform certificate's serial number, or
 * PUB_KEY_ID_... . What a notice is about is sealed with the merchant's APIv3
 * key. (pay.weixin.qq.com/doc/v3/merchant: signatures, callbacks.)
 *
 *-------------------------------------------------------------------------
 */
#ifndef GATEWAY_WECHAT_H
#define GATEWAY_WECHAT_H

#include "gateway/fact.h"
#include "gateway/sealed.h"
#include "gateway/signature.h"

/* How far a notice's timestamp may be from our clock. */
#define WECHAT_CLOCK_TOLERANCE_S 300

/* A key that WeChat Pay signs with; two or more while they change. */
typedef struct WechatKey
{
	const char *serial;
	SignatureKey *key;
} WechatKey;

typedef struct WechatTrust
{
	const WechatKey *keys;
	size_t keys_count;
	unsigned char apiv3_key[SEALED_KEY_BYTES];
} WechatTrust;

typedef struct WechatNotice
{
	Bytes serial; /* headers Wechatpay-Serial and so on; no bytes where one is missing */
	Bytes timestamp;
	Bytes nonce;
	Bytes signature;
	Bytes body;
} WechatNotice;

/* now_s: seconds of Unix's epoch. *fact is set where it is NOTICE_OF_PAYMENT. */
extern NoticeVerdict wechat_read_notice(const WechatNotice *notice, const WechatTrust *trust,
										int64_t now_s, PaymentFact *fact);

#endif
