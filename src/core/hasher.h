/*-------------------------------------------------------------------------
 *
 * hasher.h
 *	  SHA-256 over values in a fixed binary form.
 *
 * The form of a value does not depend on machine or settings: whole numbers are
 * 8 bytes, the highest first; a text is the number of its bytes as 4 bytes, and
 * then these; in front of what may be null stands a byte, 0 where it is.
 *
 *-------------------------------------------------------------------------
 */
#ifndef CORE_HASHER_H
#define CORE_HASHER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DIGEST_BYTES 32

typedef struct Digest
{
	uint8_t bytes[DIGEST_BYTES];
} Digest;

/* A digest that is being made: begun, put into, and ended once. */
typedef struct Hasher
{
	void *context;
	bool failed;
} Hasher;

extern void hasher_begin(Hasher *hasher);
extern void hasher_put_bytes(Hasher *hasher, const void *bytes, size_t length);
extern void hasher_put_byte(Hasher *hasher, uint8_t byte);
extern void hasher_put_int64(Hasher *hasher, int64_t value);
extern void hasher_put_text(Hasher *hasher, const char *text);
extern void hasher_put_digest(Hasher *hasher, const Digest *digest);

/* What may be null: a number is where it is 0, a text or a digest where it is NULL. */
extern void hasher_put_number_or_null(Hasher *hasher, int64_t value);
extern void hasher_put_text_or_null(Hasher *hasher, const char *text);
extern void hasher_put_digest_or_null(Hasher *hasher, const Digest *digest);

/* What it would be if nothing more came, and more may. False as below. */
extern bool hasher_look(const Hasher *hasher, Digest *digest);

/* False where the library could not: out of memory, or it has no SHA-256; or it was ended before.
 */
extern bool hasher_end(Hasher *hasher, Digest *digest);

/* Of some bytes at once. */
extern bool hasher_digest(const void *bytes, size_t length, Digest *digest);

#endif
