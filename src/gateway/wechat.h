/*-------------------------------------------------------------------------
 *
 * wechat.h
 *	  WeChat Pay v3: Native (a QR code) and H5 (the browser of a phone).
 *
 * Requests are signed with the merchant's key over method, target, timestamp,
 * nonce and body; replies and notices with a key of WeChat Pay's over timestamp,
 * nonce and body, which the header Wechatpay-Serial names: a platform
 * certificate's serial number (wechat_keys.h), or PUB_KEY_ID_... . What a notice is
 * about is sealed with the merchant's APIv3 key. (pay.weixin.qq.com/doc/v3/merchant.)
 *
 * An order's expiry only ends paying; it is closed by a call. After "nobody
 * knows" the same order, with the same fields, may be sent again.
 *
 *-------------------------------------------------------------------------
 */
#ifndef GATEWAY_WECHAT_H
#define GATEWAY_WECHAT_H

#include "gateway/provider.h"

/* How far the timestamp of a reply or notice may be from our clock. */
#define WECHAT_CLOCK_TOLERANCE_S 300

extern const Provider wechat_provider;

#endif
