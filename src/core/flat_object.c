/*-------------------------------------------------------------------------
 *
 * flat_object.c
 *	  Reading a JSON object that a caller gives with a request.
 *
 *-------------------------------------------------------------------------
 */
#include "core/flat_object.h"

json_t *
flat_object_read(const char *json, size_t members_max, const char **problem)
{
	json_t *value = json_loads(json, JSON_REJECT_DUPLICATES, NULL);

	*problem = NULL;
	if (!json_is_object(value))
		*problem = "it is no JSON object, or has a name twice";
	else if (json_object_size(value) > members_max)
		*problem = "it has too many members";
	else
		return value;
	json_decref(value);
	return NULL;
}
