/*-------------------------------------------------------------------------
 *
 * tags.c
 *	  Reading tags from JSON, by jansson.
 *
 *-------------------------------------------------------------------------
 */
#include "core/tags.h"

#include "core/flat_object.h"
#include "core/text.h"

/* NULL, or what is wrong with one member. */
static const char *
tag_problem(const char *name, const json_t *value)
{
	if (!text_is_label(name, TAG_BYTES_MAX))
		return "a name is 1 to 64 letters, digits and _ - . : /";
	if (!json_is_string(value) || json_string_length(value) > TAG_BYTES_MAX)
		return "a value is a text of at most 64 bytes";
	return NULL;
}

const char *
tags_read(const char *json, char text[TAGS_TEXT_SIZE])
{
	const char *problem;
	json_t *object = flat_object_read(json, TAGS_MAX, &problem);
	size_t length = 0;
	const char *name;
	json_t *value;

	json_object_foreach(object, name, value)
	{
		if (problem == NULL)
			problem = tag_problem(name, value);
	}
	if (problem == NULL && json_object_size(object) > 0)
		length = json_dumpb(object, text, TAGS_TEXT_SIZE - 1, JSON_SORT_KEYS);
	text[length < TAGS_TEXT_SIZE ? length : 0] = '\0';
	json_decref(object);
	return problem;
}
