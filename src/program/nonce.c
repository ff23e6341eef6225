/*-------------------------------------------------------------------------
 *
 * nonce.c
 *	  Random digits by OpenSSL.
 *
 *-------------------------------------------------------------------------
 */
#include "program/nonce.h"

#include <openssl/rand.h>
#include <stdio.h>

bool
nonce_make(char *text, size_t size)
{
	for (; size > 2; text += 2, size -= 2)
	{
		unsigned char byte;

		if (RAND_bytes(&byte, 1) != 1)
			return false;
		(void) snprintf(text, size, "%02x", byte);
	}
	return true;
}
