/*-------------------------------------------------------------------------
 *
 * fuzz_base64.c
 *	  base64: no two texts are the same bytes, and nothing is written beyond the room.
 *
 * Input: a text.
 *
 *-------------------------------------------------------------------------
 */
#include "fuzz.h"

#include "gateway/base64.h"

#include <openssl/evp.h>

static void
check_decoded(Bytes text, const unsigned char *bytes, size_t size)
{
	unsigned char *encoded = malloc(size / 3 * 4 + 8);
	unsigned char *exact = malloc(size);
	size_t exact_size;
	int encoded_size = EVP_EncodeBlock(encoded, bytes, (int) size);

	MUST(bytes_equal((Bytes){(const char *) encoded, (size_t) encoded_size}, text));
	MUST(base64_decode(text, exact, size, &exact_size) && exact_size == size);
	MUST(size == 0 || !base64_decode(text, exact, size - 1, &exact_size));
	free(exact);
	free(encoded);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	Bytes text = {fuzz_copy((Bytes){(const char *) data, size}), size};
	unsigned char *bytes = malloc(size);
	size_t decoded;

	if (base64_decode(text, bytes, size, &decoded))
		check_decoded(text, bytes, decoded);
	free(bytes);
	free((void *) text.data);
	return 0;
}
