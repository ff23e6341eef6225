/*-------------------------------------------------------------------------
 *
 * wechat_keys.h
 *	  WeChat Pay's platform certificates, as it lists them (GET /v3/certificates).
 *
 * Each is sealed with the merchant's APIv3 key, and so WeChat Pay's: the first list
 * that is ever fetched has nothing else that speaks for it, since it is signed with
 * the key of a certificate that stands in it. A certificate is listed 24 hours before
 * it signs; they are to be fetched at least every 12.
 *
 *-------------------------------------------------------------------------
 */
#ifndef GATEWAY_WECHAT_KEYS_H
#define GATEWAY_WECHAT_KEYS_H

#include "gateway/certificate.h"
#include "gateway/merchant.h"

typedef struct WechatKeys WechatKeys;

/* Opens a list; NULL where anything in it is unsound, or a certificate has expired. To be freed. */
extern WechatKeys *wechat_keys_open(Bytes body, const Merchant *merchant, int64_t now_s);
extern void wechat_keys_free(WechatKeys *keys);

/* The key of a serial number; NULL where there is none. */
extern SignatureKey *wechat_keys_find(const WechatKeys *keys, Bytes serial);

/* Writes the certificates, newest first, as a file for fetched_keys; its size, 0 where it is longer
 * than size. */
extern size_t wechat_keys_write(const WechatKeys *keys, char *room, size_t size);

#endif
