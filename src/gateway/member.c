/*-------------------------------------------------------------------------
 *
 * member.c
 *	  Texts and numbers from structs to JSON and back.
 *
 *-------------------------------------------------------------------------
 */
#include "gateway/member.h"

#include "core/text.h"

bool
member_put(json_t *object, const Member *members, size_t count, const void *from)
{
	bool put = object != NULL;

	for (size_t i = 0; i < count && put; i++)
	{
		const char *field = (const char *) from + members[i].offset;

		if (members[i].size == 0 && *(const int64_t *) field != 0)
			put = json_object_set_new(object, members[i].name,
									  json_integer(*(const int64_t *) field)) == 0;
		else if (members[i].size > 0 && field[0] != '\0')
			put = !text_has_control(field) &&
				  json_object_set_new(object, members[i].name, json_string(field)) == 0;
	}
	return put;
}

bool
member_get(const json_t *object, const Member *members, size_t count, void *to)
{
	for (size_t i = 0; i < count; i++)
	{
		char *field = (char *) to + members[i].offset;

		if (json_object_get(object, members[i].name) == NULL)
			continue;
		if (members[i].size == 0 ? !document_count(object, members[i].name, (int64_t *) field)
								 : !document_text(object, members[i].name, field, members[i].size))
			return false;
	}
	return true;
}

bool
member_put_part(json_t *object, const char *name, int state, const Member *members, size_t count,
				const void *from)
{
	json_t *part = json_pack("{s:i}", "state", state);

	if (member_put(part, members, count, from))
		return json_object_set_new(object, name, part) == 0;
	json_decref(part);
	return false;
}

bool
member_get_part(const json_t *object, const char *name, int states_count, int64_t *state,
				const Member *members, size_t count, void *to)
{
	const json_t *part = document_object(object, name);

	return part && document_count(part, "state", state) && *state >= 0 && *state < states_count &&
		   member_get(part, members, count, to);
}
