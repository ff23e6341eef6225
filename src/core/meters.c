/*-------------------------------------------------------------------------
 *
 * meters.c
 *	  Reading meters from JSON, by jansson, and writing them.
 *
 *-------------------------------------------------------------------------
 */
#include "core/meters.h"

#include "core/flat_object.h"
#include "core/text.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static int
compare_meters(const void *left, const void *right)
{
	return strcmp(((const Meter *) left)->name, ((const Meter *) right)->name);
}

/* Adds one member; NULL, or what is wrong with it. */
static const char *
add_meter(Meters *meters, const char *name, const json_t *value)
{
	json_int_t quantity = json_integer_value(value);

	if (!text_is_label(name, METER_NAME_BYTES_MAX))
		return "a name is 1 to 64 letters, digits and _ - . : /";
	if (!json_is_integer(value) || quantity < 0 || quantity > METER_QUANTITY_MAX)
		return "a quantity is a whole number, 0 to 1,000,000,000,000";
	if (quantity == 0)
		return NULL;
	strcpy(meters->of[meters->count].name, name);
	meters->of[meters->count++].quantity = quantity;
	return NULL;
}

const char *
meters_read(const char *json, Meters *meters)
{
	const char *problem;
	json_t *object = flat_object_read(json, METERS_MAX, &problem);
	const char *name;
	json_t *value;

	meters->count = 0;
	json_object_foreach(object, name, value)
	{
		if (problem == NULL)
			problem = add_meter(meters, name, value);
	}
	json_decref(object);
	qsort(meters->of, meters->count, sizeof(Meter), compare_meters);
	return problem;
}

char *
meters_print(const Meters *meters, char text[METERS_TEXT_SIZE])
{
	char *end = text;

	*end++ = '{';
	for (size_t i = 0; i < meters->count; i++)
		end += sprintf(end, "%s\"%s\": %" PRId64, i > 0 ? ", " : "", meters->of[i].name,
					   meters->of[i].quantity);
	strcpy(end, "}");
	return text;
}

bool
meters_are_same(const Meters *a, const Meters *b)
{
	if (a == NULL || b == NULL)
		return a == b;
	if (a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++)
		if (a->of[i].quantity != b->of[i].quantity || strcmp(a->of[i].name, b->of[i].name) != 0)
			return false;
	return true;
}
