/*-------------------------------------------------------------------------
 *
 * fuzz_seal.c
 *	  Texts of seals: none is read whose root is not that of its lines.
 *
 * Input: a text.
 *
 *-------------------------------------------------------------------------
 */
#include "fuzz.h"

#include "core/seal.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_text((Bytes){(const char *) data, size});
	SealText seal;

	if (seal_read(text, &seal) == SEAL_IS_SOUND)
	{
		MUST(seal.seal_no > 0 && seal.line > 5);
		MUST(strncmp(text, "billing seal 1", 14) == 0);
		MUST(strstr(text, "\nroot ") != NULL);
	}
	free(text);
	return 0;
}
