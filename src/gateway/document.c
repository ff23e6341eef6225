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
	json_t *read;

	if (text.size > DOCUMENT_BYTES_MAX)
		return NULL;
	read = json_loadb(text.data, text.size, JSON_REJECT_DUPLICATES, NULL);
	if (json_is_object(read))
		return read;
	json_decref(read);
	return NULL;
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
