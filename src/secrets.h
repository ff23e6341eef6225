/*-------------------------------------------------------------------------
 *
 * secrets.h
 *	  Files of billing.secrets_dir: read only where nobody else could have read or
 *	  written them.
 *
 * Linked into the server and into billing-caller: no postgres.h.
 *
 *-------------------------------------------------------------------------
 */
#ifndef BILLING_SECRETS_H
#define BILLING_SECRETS_H

#include <stdbool.h>
#include <stddef.h>

#define SECRETS_FAULT_SIZE 160

/*
 * Reads a whole file of at most size_max bytes. False, and fault says why in words
 * without any name or content (a secret may stand where a file's name should), where
 * it is missing, or its owner or mode or those of the directory are not safe.
 */
extern bool secrets_read(const char *directory, const char *file, char *room, size_t size_max,
						 size_t *size, char fault[SECRETS_FAULT_SIZE]);

/*
 * Opens the directory, of a file that is to be looked at there; its descriptor. Below 0, and
 * fault says why, where it is not safe, or the name leads out of it or to a hidden file.
 */
extern int secrets_open(const char *directory, const char *file, char fault[SECRETS_FAULT_SIZE]);

#endif
