/*-------------------------------------------------------------------------
 *
 * alipay.h
 *	  Alipay (gateway.do, RSA2): a QR code, and the page for a browser.
 *
 * Requests are forms, signed over their decoded fields but sign, sorted by name
 * and joined as name=value with "&" between them. A reply is signed over the very
 * bytes of its one member that is not the signature. A notice is a form like a
 * request, but signed without sign_type; some are signed with it. It says
 * nothing of when it was sent that could be relied on, so an old one may come
 * again: what it says is monotone. (opendocs.alipay.com; alipay-sdk's
 * checkNotifySignV2.)
 *
 * A QR code makes a trade only when it is scanned: until then query and close
 * answer that there is none.
 *
 *-------------------------------------------------------------------------
 */
#ifndef GATEWAY_ALIPAY_H
#define GATEWAY_ALIPAY_H

#include "gateway/provider.h"

extern const Provider alipay_provider;

#endif
