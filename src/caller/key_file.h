/*-------------------------------------------------------------------------
 *
 * key_file.h
 *	  The files that this program writes: keys of a gateway, fetched from it, and
 *	  its token.
 *
 * It is not in secrets.c: what only reads has nothing by which to write.
 *
 *-------------------------------------------------------------------------
 */
#ifndef CALLER_KEY_FILE_H
#define CALLER_KEY_FILE_H

#include "gateway/bytes.h"
#include "gateway/merchant.h"
#include "secrets.h"

#define KEY_FILE_BYTES_MAX CONF_LINE_BYTES_MAX

/*
 * Puts a text in the place of a file, at once and for good, unless the file holds it
 * already. False, and fault says why, where the directory is not safe, it cannot be
 * written, or something stands there that cannot be read, which is left alone.
 */
extern bool key_file_replace(const char *directory, const char *file, Bytes text,
							 char fault[SECRETS_FAULT_SIZE]);

/* False: nothing of that name is there, or fault says why nobody can know. */
extern bool key_file_is_there(const char *directory, const char *file,
							  char fault[SECRETS_FAULT_SIZE]);

#endif
