/*-------------------------------------------------------------------------
 *
 * authorities.h
 *	  The certificates in secrets_dir that a peer's own must come from.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PROGRAM_AUTHORITIES_H
#define PROGRAM_AUTHORITIES_H

#include "gateway/bytes.h"

/*
 * Reads a file of certificates; no bytes where it has no name: the system's. False where it
 * cannot be read. The data is to be freed.
 */
extern bool authorities_read(const char *directory, const char *file, Bytes *authorities);

#endif
