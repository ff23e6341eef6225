/*-------------------------------------------------------------------------
 *
 * document.c
 *	  Reading JSON.
 *
 *-------------------------------------------------------------------------
 */
#include "gateway/document.h"

json_t *
document_read(Bytes text)
{
	return document_read_up_to(text, DOCUMENT_BYTES_MAX);
}

static json_t *
read_object(Bytes text, size_t bytes_max, size_t flags)
{
	json_t *read;

	if (text.size > bytes_max)
		return NULL;
	read = json_loadb(text.data, text.size, JSON_REJECT_DUPLICATES | flags, NULL);
	if (json_is_object(read))
		return read;
	json_decref(read);
	return NULL;
}

json_t *
document_read_up_to(Bytes text, size_t bytes_max)
{
	return read_object(text, bytes_max, 0);
}

json_t *
document_read_loosely(Bytes text, size_t bytes_max)
{
	return read_object(text, bytes_max, JSON_ALLOW_NUL);
}

const json_t *
document_object(const json_t *object, const char *name)
{
	const json_t *found = json_object_get(object, name);

	return json_is_object(found) ? found : NULL;
}

Bytes
document_bytes(const json_t *object, const char *name)
{
	const json_t *found = json_object_get(object, name);

	if (!json_is_string(found))
		return (Bytes){"", 0};
	return (Bytes){json_string_value(found), json_string_length(found)};
}

static bool
has_control(Bytes text)
{
	for (size_t i = 0; i < text.size; i++)
		if ((unsigned char) text.data[i] < ' ' || text.data[i] == 0x7f)
			return true;
	return false;
}

bool
document_text(const json_t *object, const char *name, char *text, size_t size)
{
	Bytes found = document_bytes(object, name);

	text[0] = '\0';
	if (found.size == 0 || found.size >= size || has_control(found))
		return false;
	memcpy(text, found.data, found.size);
	text[found.size] = '\0';
	return true;
}

bool
document_count(const json_t *object, const char *name, int64_t *count)
{
	const json_t *found = json_object_get(object, name);

	*count = json_is_integer(found) ? json_integer_value(found) : 0;
	return json_is_integer(found);
}

/* Behind a string that begins at *at, which is a quotation mark; what stands in it. */
static Bytes
skip_string(Bytes text, size_t *at)
{
	size_t began = ++*at;

	while (*at < text.size && text.data[*at] != '"')
		*at += text.data[*at] == '\\' ? 2 : 1;
	if (*at >= text.size)
		return (Bytes){"", 0};
	return (Bytes){text.data + began, (*at)++ - began};
}

/* Behind a value: up to the comma or bracket, outside of it, that ends it. */
static void
skip_value(Bytes text, size_t *at)
{
	int depth = 0;

	while (*at < text.size)
	{
		char c = text.data[*at];

		if (c == '"')
		{
			(void) skip_string(text, at);
			continue;
		}
		if (depth == 0 && (c == ',' || c == '}'))
			return;
		depth += (c == '{' || c == '[') - (c == '}' || c == ']');
		(*at)++;
	}
}

static void
skip_blanks(Bytes text, size_t *at)
{
	while (*at < text.size && strchr(" \t\r\n", text.data[*at]) != NULL)
		(*at)++;
}

Bytes
document_span(Bytes text, const char *name)
{
	size_t at = 0;

	skip_blanks(text, &at);
	for (at++; at < text.size; at++)
	{
		Bytes member;
		size_t began;

		skip_blanks(text, &at);
		if (at >= text.size || text.data[at] != '"')
			break;
		member = skip_string(text, &at);
		skip_blanks(text, &at);
		at++; /* the colon */
		skip_blanks(text, &at);
		began = at;
		skip_value(text, &at);
		if (!bytes_equal(member, bytes_of(name)) || at > text.size)
			continue;
		while (at > began && strchr(" \t\r\n", text.data[at - 1]) != NULL)
			at--;
		return (Bytes){text.data + began, at - began};
	}
	return (Bytes){"", 0};
}
