/*-------------------------------------------------------------------------
 *
 * member.h
 *	  Members of structs that are members of JSON's objects by the same names.
 *
 *-------------------------------------------------------------------------
 */
#ifndef GATEWAY_MEMBER_H
#define GATEWAY_MEMBER_H

#include "gateway/document.h"

/* A member of a struct that is a text, or a number. */
typedef struct Member
{
	const char *name;
	size_t offset;
	size_t size; /* of the text, with its NUL; 0: an int64 */
} Member;

#define MEMBER_TEXT(type, field)                                   \
	{                                                              \
#field, offsetof(type, field), sizeof(((type *) 0)->field) \
	}
#define MEMBER_NUMBER(type, field)       \
	{                                    \
#field, offsetof(type, field), 0 \
	}

/* Puts what is not empty into an object; false where a text has control characters. */
extern bool member_put(json_t *object, const Member *members, size_t count, const void *from);

/* Gets them; false where one is of another kind, or too long. */
extern bool member_get(const json_t *object, const Member *members, size_t count, void *to);

/* An object in an object, with a state beside the members; got: one below states_count. */
extern bool member_put_part(json_t *object, const char *name, int state, const Member *members,
							size_t count, const void *from);
extern bool member_get_part(const json_t *object, const char *name, int states_count,
							int64_t *state, const Member *members, size_t count, void *to);

#endif
