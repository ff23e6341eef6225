/*-------------------------------------------------------------------------
 *
 * mac.c
 *	  HMAC by OpenSSL.
 *
 *-------------------------------------------------------------------------
 */
#include "gateway/mac.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>

static bool
make(EVP_MAC_CTX *context, MacDigest digest, Bytes key, const Bytes *pieces, size_t count,
	 unsigned char bytes[MAC_BYTES_MAX], size_t *size)
{
	char *name = digest == MAC_SHA256 ? "SHA256" : "SHA1";
	const OSSL_PARAM parameters[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, name, 0),
		OSSL_PARAM_construct_end(),
	};

	if (EVP_MAC_init(context, (const unsigned char *) key.data, key.size, parameters) != 1)
		return false;
	for (size_t i = 0; i < count; i++)
		if (EVP_MAC_update(context, (const unsigned char *) pieces[i].data, pieces[i].size) != 1)
			return false;
	return EVP_MAC_final(context, bytes, size, MAC_BYTES_MAX) == 1;
}

static void
write_hex(const unsigned char *bytes, size_t size, char text[MAC_TEXT_SIZE])
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < size; i++)
	{
		text[2 * i] = digits[bytes[i] / 16];
		text[2 * i + 1] = digits[bytes[i] % 16];
	}
	text[2 * size] = '\0';
}

bool
mac_make_bytes(MacDigest digest, Bytes key, const Bytes *pieces, size_t count,
			   unsigned char bytes[MAC_BYTES_MAX], size_t *size)
{
	EVP_MAC *mac = key.size > 0 ? EVP_MAC_fetch(NULL, "HMAC", NULL) : NULL;
	EVP_MAC_CTX *context = mac ? EVP_MAC_CTX_new(mac) : NULL;
	bool made = context && make(context, digest, key, pieces, count, bytes, size);

	EVP_MAC_CTX_free(context);
	EVP_MAC_free(mac);
	return made;
}

bool
mac_make(MacDigest digest, Bytes key, const Bytes *pieces, size_t count, char text[MAC_TEXT_SIZE])
{
	unsigned char bytes[MAC_BYTES_MAX];
	size_t size;
	bool made = mac_make_bytes(digest, key, pieces, count, bytes, &size);

	if (made)
		write_hex(bytes, size, text);
	return made;
}

bool
mac_make_base64(MacDigest digest, Bytes key, const Bytes *pieces, size_t count,
				char text[MAC_BASE64_SIZE])
{
	unsigned char bytes[MAC_BYTES_MAX];
	size_t size;

	if (!mac_make_bytes(digest, key, pieces, count, bytes, &size))
		return false;
	base64_encode((Bytes){(const char *) bytes, size}, text);
	return true;
}

bool
mac_matches(MacDigest digest, Bytes key, const Bytes *pieces, size_t count, Bytes text)
{
	char expected[MAC_TEXT_SIZE];

	return mac_make(digest, key, pieces, count, expected) && text.size == strlen(expected) &&
		   CRYPTO_memcmp(text.data, expected, text.size) == 0;
}
