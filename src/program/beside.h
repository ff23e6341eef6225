/*-------------------------------------------------------------------------
 *
 * beside.h
 *	  Files in secrets_dir that another one there names.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PROGRAM_BESIDE_H
#define PROGRAM_BESIDE_H

#include "gateway/bytes.h"

/* A ConfLineReader, whose argument is the directory. */
extern bool beside_read(void *directory, const char *file, char *room, size_t size_max,
						size_t *size);

/*
 * Reads the certificates that a peer's own must come from; no bytes where it has no name: the
 * system's. False where it cannot be read. The data is to be freed.
 */
extern bool beside_read_authorities(const char *directory, const char *file, Bytes *authorities);

#endif
