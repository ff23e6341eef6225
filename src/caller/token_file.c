/*-------------------------------------------------------------------------
 *
 * token_file.c
 *	  A token with the instant at which it ends; beside it a lock, which holds
 *	  when it was asked for last.
 *
 *-------------------------------------------------------------------------
 */
#include "caller/token_file.h"

#include "caller/key_file.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define RENEWED_S 3600 /* before it ends */
#define PAUSE_S 600	   /* from one asking to the next */
#define INSTANT_DIGITS 20
#define TEXT_SIZE (INSTANT_DIGITS + 1 + MERCHANT_TOKEN_SIZE + 1)
#define LOCK_NAME_SIZE (MERCHANT_SERIAL_SIZE + 8)

/* ---- what is kept ---------------------------------------------------------- */

/* "1767232800 TOKEN": false where a text is none such. */
static bool
parse(char *text, ProviderToken *token)
{
	size_t digits = strspn(text, "0123456789");
	char *kept = text + digits + 1;

	if (digits == 0 || digits >= INSTANT_DIGITS || text[digits] != ' ')
		return false;
	kept[strcspn(kept, "\r\n")] = '\0';
	token->ends_s = strtoll(text, NULL, 10);
	return kept[0] != '\0' &&
		   snprintf(token->text, sizeof(token->text), "%s", kept) < (int) sizeof(token->text);
}

static TokenHeld
judge(const ProviderToken *token, int64_t now_s)
{
	if (token->ends_s <= now_s)
		return TOKEN_NONE;
	return token->ends_s - now_s <= RENEWED_S ? TOKEN_ENDS_SOON : TOKEN_GOOD;
}

TokenHeld
token_file_read(const char *directory, const char *file, int64_t now_s, ProviderToken *token,
				char fault[SECRETS_FAULT_SIZE])
{
	char text[TEXT_SIZE] = "";
	size_t size;
	TokenHeld held = TOKEN_NONE;

	if (!key_file_is_there(directory, file, fault))
		return fault[0] == '\0' ? TOKEN_NONE : TOKEN_UNSOUND;
	if (!secrets_read(directory, file, text, sizeof(text) - 1, &size, fault))
		held = TOKEN_UNSOUND;
	else if (parse(text, token))
		held = judge(token, now_s);
	OPENSSL_cleanse(text, sizeof(text));
	return held;
}

bool
token_file_keep(const char *directory, const char *file, const ProviderToken *token,
				char fault[SECRETS_FAULT_SIZE])
{
	char text[TEXT_SIZE];
	int size = snprintf(text, sizeof(text), "%lld %s\n", (long long) token->ends_s, token->text);
	bool is_kept = key_file_replace(directory, file, (Bytes){text, (size_t) size}, fault);

	OPENSSL_cleanse(text, sizeof(text));
	return is_kept;
}

/* ---- whose turn it is ------------------------------------------------------ */

/* The lock's name begins with a dot: no merchant's file can name it. */
static int
open_lock(const char *directory, const char *file, char *fault)
{
	char name[LOCK_NAME_SIZE];
	int opened = secrets_open(directory, file, fault);
	int lock;

	if (opened < 0)
		return -1;
	(void) snprintf(name, sizeof(name), ".%s.lock", file);
	lock = openat(opened, name, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, S_IRUSR | S_IWUSR);
	(void) close(opened);
	if (lock < 0)
		(void) snprintf(fault, SECRETS_FAULT_SIZE, "its lock cannot be opened: %s",
						strerror(errno));
	return lock;
}

/* When it was asked for last; 0: never. */
static int64_t
read_asked(int lock)
{
	char text[INSTANT_DIGITS + 1] = "";

	return pread(lock, text, sizeof(text) - 1, 0) > 0 ? strtoll(text, NULL, 10) : 0;
}

static bool
write_asked(int lock, int64_t now_s)
{
	char text[INSTANT_DIGITS + 1];
	int size = snprintf(text, sizeof(text), "%lld\n", (long long) now_s);

	return ftruncate(lock, 0) == 0 && pwrite(lock, text, (size_t) size, 0) == size;
}

/* An asking that lies ahead was before the clock was set back. */
static TokenTurn
take_turn(int lock, int64_t now_s, char *fault)
{
	int64_t asked_s;

	if (flock(lock, LOCK_EX | LOCK_NB) != 0)
		return TOKEN_TURN_OTHERS;
	asked_s = read_asked(lock);
	if (asked_s <= now_s && now_s - asked_s < PAUSE_S)
		return TOKEN_TURN_LATER;
	if (write_asked(lock, now_s))
		return TOKEN_TURN_TAKEN;
	(void) snprintf(fault, SECRETS_FAULT_SIZE, "its lock cannot be written: %s", strerror(errno));
	return TOKEN_TURN_FAULT;
}

TokenTurn
token_file_begin(const char *directory, const char *file, int64_t now_s, int *lock,
				 char fault[SECRETS_FAULT_SIZE])
{
	TokenTurn turn;

	*lock = open_lock(directory, file, fault);
	if (*lock < 0)
		return TOKEN_TURN_FAULT;
	turn = take_turn(*lock, now_s, fault);
	if (turn != TOKEN_TURN_TAKEN)
		(void) close(*lock);
	return turn;
}

void
token_file_end(int lock, bool was_sent)
{
	if (!was_sent)
		(void) write_asked(lock, 0);
	(void) close(lock);
}
