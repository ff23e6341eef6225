/*-------------------------------------------------------------------------
 *
 * seal.c
 *	  Reading the text of a seal.
 *
 *-------------------------------------------------------------------------
 */
#include "core/seal.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* A line that is being read, and what is left of it. */
typedef struct Line
{
	const char *at;
	const char *end;
} Line;

/* The next line of the text, without its end; false: there is none. */
static bool
next_line(const char **text, Line *line)
{
	size_t length = strcspn(*text, "\n");

	*line = (Line){*text, *text + length};
	if (length > 0 && line->end[-1] == '\r')
		line->end--;
	*text += length + ((*text)[length] == '\n');
	return line->at < line->end;
}

static bool
take_word(Line *line, const char *word)
{
	size_t length = strlen(word);

	if ((size_t) (line->end - line->at) < length || memcmp(line->at, word, length) != 0)
		return false;
	line->at += length;
	return true;
}

/* A whole number as it is printed: no sign but of one below zero, no zeros in front. */
static bool
take_number(Line *line, int64_t *number)
{
	const char *digits = line->at + (line->at < line->end && *line->at == '-');
	char *stop;

	if (digits == line->end || !isdigit((unsigned char) *digits))
		return false;
	errno = 0;
	*number = strtoll(line->at, &stop, 10);
	if (errno != 0 || stop > line->end || (*digits == '0' && (stop > digits + 1 || *number < 0)))
		return false;
	line->at = stop;
	return true;
}

static int
nibble(char digit)
{
	static const char digits[] = "0123456789abcdef";
	const char *found = digit ? strchr(digits, digit) : NULL;

	return found ? (int) (found - digits) : -1;
}

static bool
take_digest(Line *line, Digest *digest)
{
	if (line->end - line->at < 2 * DIGEST_BYTES)
		return false;
	for (int i = 0; i < DIGEST_BYTES; i++, line->at += 2)
	{
		int high = nibble(line->at[0]);
		int low = nibble(line->at[1]);

		if (high < 0 || low < 0)
			return false;
		digest->bytes[i] = (uint8_t) (high << 4 | low);
	}
	return true;
}

/* An instant, or none: nobody asks which, but that it is of these characters. */
static bool
take_instant(Line *line)
{
	const char *begin = line->at;

	if (take_word(line, "none"))
		return true;
	while (line->at < line->end && strchr("0123456789-: .", *line->at))
		line->at++;
	return line->at > begin;
}

static bool
is_at_end(const Line *line)
{
	return line->at == line->end;
}

/* One of the lines in front, by its place. */
static bool
read_head(Line *line, int place, SealText *seal)
{
	int64_t version;
	Digest before;

	switch (place)
	{
		case 1:
			return take_word(line, "billing seal ") && take_number(line, &version) &&
				   version == SEAL_VERSION && is_at_end(line);
		case 2:
			return take_word(line, "seal ") && take_number(line, &seal->seal_no) &&
				   seal->seal_no > 0 && is_at_end(line);
		case 3:
			return take_word(line, "sealed at ") && take_instant(line) && is_at_end(line);
		case 4:
			return take_word(line, "rows before ") && take_instant(line) && is_at_end(line);
		default:
			return take_word(line, "after ") &&
				   (take_word(line, "none") || take_digest(line, &before)) && is_at_end(line);
	}
}

#define HEAD_LINES 5

/* A line of rows, or of an account. */
static bool
read_content(Line *line)
{
	int64_t number;
	Digest digest;

	if (take_word(line, "rows "))
		return take_number(line, &number) && take_word(line, " ") && take_digest(line, &digest) &&
			   take_word(line, " ") && !is_at_end(line);
	return take_word(line, "account ") && take_number(line, &number) && take_word(line, " ") &&
		   take_number(line, &number) && number > 0 && take_word(line, " ") &&
		   take_digest(line, &digest) && is_at_end(line);
}

static bool
read_line(Line *line, SealText *seal, bool *is_root)
{
	*is_root = seal->line > HEAD_LINES && take_word(line, "root ");
	if (*is_root)
		return take_digest(line, &seal->root) && is_at_end(line);
	return seal->line <= HEAD_LINES ? read_head(line, seal->line, seal) : read_content(line);
}

/* The last line was read: nothing but empty ones may follow, and it must be the root of the others.
 */
static SealFault
judge_root(const char *rest, Hasher *hasher, const SealText *seal)
{
	Digest root;

	if (!hasher_end(hasher, &root) || memcmp(root.bytes, seal->root.bytes, DIGEST_BYTES) != 0)
		return SEAL_IS_ALTERED;
	return rest[strspn(rest, "\r\n")] == '\0' ? SEAL_IS_SOUND : SEAL_IS_MALFORMED;
}

SealFault
seal_read(const char *text, SealText *seal)
{
	Hasher hasher;
	Digest unused;
	Line line;
	bool is_root = false;

	*seal = (SealText){0};
	hasher_begin(&hasher);
	while (next_line(&text, &line))
	{
		Line whole = line;

		seal->line++;
		if (!read_line(&line, seal, &is_root))
			break;
		if (is_root)
			return judge_root(text, &hasher, seal);
		hasher_put_bytes(&hasher, whole.at, (size_t) (whole.end - whole.at));
		hasher_put_byte(&hasher, '\n');
	}
	(void) hasher_end(&hasher, &unused);
	return SEAL_IS_MALFORMED;
}
