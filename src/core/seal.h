/*-------------------------------------------------------------------------
 *
 * seal.h
 *	  The text of a seal, as an auditor keeps it elsewhere (books-and-states 3.2).
 *
 * Lines, in this order: what it is, its number, when it was made, up to when it
 * holds rows of other tables, the root of the seal before it; then a line for each
 * kind of such rows, and one for each account that had moved; and its root, which is
 * SHA-256 over all lines before.
 *
 *-------------------------------------------------------------------------
 */
#ifndef CORE_SEAL_H
#define CORE_SEAL_H

#include "core/hasher.h"

/* Raised by another form of the text, another kind of rows in it, or another column of one. */
#define SEAL_VERSION 1

typedef enum SealFault
{
	SEAL_IS_SOUND,
	SEAL_IS_MALFORMED, /* in line */
	SEAL_IS_ALTERED	   /* its root is not that of its lines */
} SealFault;

typedef struct SealText
{
	int64_t seal_no;
	Digest root;
	int line; /* the last that was read */
} SealText;

/* Reads the text, which may end its lines with a carriage return, too, and have empty ones behind.
 */
extern SealFault seal_read(const char *text, SealText *seal);

#endif
