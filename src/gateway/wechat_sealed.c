/*-------------------------------------------------------------------------
 *
 * wechat_sealed.c
 *	  Opening what is sealed.
 *
 *-------------------------------------------------------------------------
 */
#include "gateway/wechat_sealed.h"

#include "gateway/base64.h"

#include <stdlib.h>

/* What is sealed is a few hundred bytes, a certificate two thousand; its plain text is shorter. */
#define SEALED_BYTES_MAX (16 * 1024)

bool
wechat_sealed_is_known(const json_t *object)
{
	return bytes_equal(document_bytes(object, "algorithm"), bytes_of("AEAD_AES_256_GCM"));
}

unsigned char *
wechat_sealed_open(const json_t *object, const Merchant *merchant, size_t *size)
{
	unsigned char *sealed = malloc(SEALED_BYTES_MAX);
	unsigned char *plain = malloc(SEALED_BYTES_MAX);
	size_t sealed_size;
	bool opened = sealed && plain && merchant->has_sealing_key &&
				  base64_decode(document_bytes(object, "ciphertext"), sealed, SEALED_BYTES_MAX,
								&sealed_size) &&
				  sealed_open(merchant->sealing_key, document_bytes(object, "nonce"),
							  document_bytes(object, "associated_data"),
							  (Bytes){(const char *) sealed, sealed_size}, plain);

	free(sealed);
	if (opened)
	{
		*size = sealed_size - SEALED_TAG_BYTES;
		return plain;
	}
	free(plain);
	return NULL;
}
