/*-------------------------------------------------------------------------
 *
 * nonce.h
 *	  Texts that nobody can guess, and that never come twice.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PROGRAM_NONCE_H
#define PROGRAM_NONCE_H

#include <stdbool.h>
#include <stddef.h>

/* Fills a text of an odd size with random digits of hexadecimal and a NUL; false where there
 * are none. */
extern bool nonce_make(char *text, size_t size);

#endif
