/*-------------------------------------------------------------------------
 *
 * mac.h
 *	  HMAC (RFC 2104): in lower hexadecimal as Xiaomi signs, in base64 as Nuonuo
 *	  does, or as bytes.
 *
 *-------------------------------------------------------------------------
 */
#ifndef GATEWAY_MAC_H
#define GATEWAY_MAC_H

#include "gateway/base64.h"
#include "gateway/bytes.h"

#define MAC_BYTES_MAX 32
#define MAC_TEXT_SIZE (2 * MAC_BYTES_MAX + 1)
#define MAC_BASE64_SIZE (BASE64_SIZE(MAC_BYTES_MAX) + 1)

typedef enum MacDigest
{
	MAC_SHA1,
	MAC_SHA256
} MacDigest;

/* Signs the pieces as one message; false where the key is empty, which would be no secret. */
extern bool mac_make(MacDigest digest, Bytes key, const Bytes *pieces, size_t count,
					 char text[MAC_TEXT_SIZE]);

/* The same in base64. */
extern bool mac_make_base64(MacDigest digest, Bytes key, const Bytes *pieces, size_t count,
							char text[MAC_BASE64_SIZE]);

/* The same as bytes. */
extern bool mac_make_bytes(MacDigest digest, Bytes key, const Bytes *pieces, size_t count,
						   unsigned char bytes[MAC_BYTES_MAX], size_t *size);

/* True where the text is what mac_make() writes; how much of it is right does not show in time. */
extern bool mac_matches(MacDigest digest, Bytes key, const Bytes *pieces, size_t count, Bytes text);

#endif
