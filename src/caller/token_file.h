/*-------------------------------------------------------------------------
 *
 * token_file.h
 *	  The file in which a gateway's token is kept, and whose turn it is to ask
 *	  for another.
 *
 * Providers give few tokens: one is asked for by one caller of all that use the
 * file, and not again for ten minutes, whatever came of it.
 *
 *-------------------------------------------------------------------------
 */
#ifndef CALLER_TOKEN_FILE_H
#define CALLER_TOKEN_FILE_H

#include "gateway/provider.h"
#include "secrets.h"

typedef enum TokenHeld
{
	TOKEN_GOOD,
	TOKEN_ENDS_SOON, /* within an hour: still good */
	TOKEN_NONE,
	TOKEN_UNSOUND /* the file cannot be read; fault says why */
} TokenHeld;

/* Reads what is kept. */
extern TokenHeld token_file_read(const char *directory, const char *file, int64_t now_s,
								 ProviderToken *token, char fault[SECRETS_FAULT_SIZE]);

/* Keeps a token at once and for good; false, and fault says why, where it cannot be. */
extern bool token_file_keep(const char *directory, const char *file, const ProviderToken *token,
							char fault[SECRETS_FAULT_SIZE]);

typedef enum TokenTurn
{
	TOKEN_TURN_TAKEN,  /* it is ours until token_file_end() */
	TOKEN_TURN_OTHERS, /* somebody asks now */
	TOKEN_TURN_LATER,  /* somebody asked lately */
	TOKEN_TURN_FAULT   /* nothing can be kept here; fault says why */
} TokenTurn;

/* Takes the turn, and notes that it was asked for now; *lock holds the turn. */
extern TokenTurn token_file_begin(const char *directory, const char *file, int64_t now_s, int *lock,
								  char fault[SECRETS_FAULT_SIZE]);

/* Gives the turn back. was_sent false: nothing was asked. */
extern void token_file_end(int lock, bool was_sent);

#endif
