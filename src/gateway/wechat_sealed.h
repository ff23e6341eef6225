/*-------------------------------------------------------------------------
 *
 * wechat_sealed.h
 *	  What WeChat Pay seals with the merchant's APIv3 key: what notices are about,
 *	  and its own certificates.
 *
 *-------------------------------------------------------------------------
 */
#ifndef GATEWAY_WECHAT_SEALED_H
#define GATEWAY_WECHAT_SEALED_H

#include "gateway/document.h"
#include "gateway/merchant.h"

/* True where an object says that it is sealed in the one way that there is. */
extern bool wechat_sealed_is_known(const json_t *object);

/* Decodes and opens what an object has sealed; NULL where that fails. To be freed. */
extern unsigned char *wechat_sealed_open(const json_t *object, const Merchant *merchant,
										 size_t *size);

#endif
