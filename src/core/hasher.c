/*-------------------------------------------------------------------------
 *
 * hasher.c
 *	  SHA-256, by OpenSSL.
 *
 *-------------------------------------------------------------------------
 */
#include "core/hasher.h"

#include "core/big_endian.h"

#include <openssl/evp.h>
#include <string.h>

/*
 * The algorithm, looked up once: OpenSSL would do so for each digest, which takes longer than the
 * digest itself. It never changes, so it is the one thing that the core keeps.
 */
static const EVP_MD *
algorithm(void)
{
	static const EVP_MD *found = NULL;

	if (found == NULL)
		found = EVP_MD_fetch(NULL, "SHA256", NULL);
	return found;
}

void
hasher_begin(Hasher *hasher)
{
	hasher->context = EVP_MD_CTX_new();
	hasher->failed = hasher->context == NULL || algorithm() == NULL ||
					 EVP_DigestInit_ex2(hasher->context, algorithm(), NULL) != 1;
}

void
hasher_put_bytes(Hasher *hasher, const void *bytes, size_t length)
{
	if (!hasher->failed)
		hasher->failed = EVP_DigestUpdate(hasher->context, bytes, length) != 1;
}

void
hasher_put_byte(Hasher *hasher, uint8_t byte)
{
	hasher_put_bytes(hasher, &byte, 1);
}

void
hasher_put_int64(Hasher *hasher, int64_t value)
{
	uint8_t bytes[8];

	big_endian_put(bytes, (uint64_t) value, 8);
	hasher_put_bytes(hasher, bytes, 8);
}

void
hasher_put_text(Hasher *hasher, const char *text)
{
	size_t length = strlen(text);
	uint8_t bytes[4];

	big_endian_put(bytes, length, 4);
	hasher_put_bytes(hasher, bytes, 4);
	hasher_put_bytes(hasher, text, length);
}

void
hasher_put_digest(Hasher *hasher, const Digest *digest)
{
	hasher_put_bytes(hasher, digest->bytes, DIGEST_BYTES);
}

void
hasher_put_number_or_null(Hasher *hasher, int64_t value)
{
	hasher_put_byte(hasher, value != 0);
	if (value != 0)
		hasher_put_int64(hasher, value);
}

void
hasher_put_text_or_null(Hasher *hasher, const char *text)
{
	hasher_put_byte(hasher, text != NULL);
	if (text)
		hasher_put_text(hasher, text);
}

void
hasher_put_digest_or_null(Hasher *hasher, const Digest *digest)
{
	hasher_put_byte(hasher, digest != NULL);
	if (digest)
		hasher_put_digest(hasher, digest);
}

bool
hasher_look(const Hasher *hasher, Digest *digest)
{
	EVP_MD_CTX *copy = hasher->failed ? NULL : EVP_MD_CTX_new();
	bool is_made = copy != NULL && EVP_MD_CTX_copy_ex(copy, hasher->context) == 1 &&
				   EVP_DigestFinal_ex(copy, digest->bytes, NULL) == 1;

	EVP_MD_CTX_free(copy);
	return is_made;
}

bool
hasher_end(Hasher *hasher, Digest *digest)
{
	bool is_made = !hasher->failed && EVP_DigestFinal_ex(hasher->context, digest->bytes, NULL) == 1;

	EVP_MD_CTX_free(hasher->context);
	*hasher = (Hasher){.failed = true};
	return is_made;
}

bool
hasher_digest(const void *bytes, size_t length, Digest *digest)
{
	return algorithm() && EVP_Digest(bytes, length, digest->bytes, NULL, algorithm(), NULL) == 1;
}
