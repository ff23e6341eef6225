/*-------------------------------------------------------------------------
 *
 * template.c
 *	  Finding placeholders, and escaping what takes their places.
 *
 *-------------------------------------------------------------------------
 */
#include "message/template.h"

#include <stdio.h>

/* Up to the next "{{", which *rest begins with then, or all. */
static Bytes
take_plain(Bytes *rest)
{
	Bytes plain = {rest->data, 0};

	while (plain.size < rest->size &&
		   (rest->data[plain.size] != '{' || plain.size + 1 == rest->size ||
			rest->data[plain.size + 1] != '{'))
		plain.size++;
	*rest = (Bytes){rest->data + plain.size, rest->size - plain.size};
	return plain;
}

static bool
is_name_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
}

/* Takes a placeholder, and its name; false, and fault says why, where it is none. */
static bool
take_name(Bytes *rest, char name[TEMPLATE_NAME_SIZE], TemplateFault *fault)
{
	size_t size = 0;
	size_t end;

	while (2 + size < rest->size && size < TEMPLATE_NAME_SIZE - 1 &&
		   is_name_char(rest->data[2 + size]))
	{
		name[size] = rest->data[2 + size];
		size++;
	}
	name[size] = '\0';
	end = 2 + size + 2;
	if (size > 0 && end <= rest->size && memcmp(rest->data + end - 2, "}}", 2) == 0)
	{
		*rest = (Bytes){rest->data + end, rest->size - end};
		return true;
	}
	fault->problem = size > 0 ? TEMPLATE_UNCLOSED : TEMPLATE_NO_NAME;
	(void) snprintf(fault->name, TEMPLATE_NAME_SIZE, "%s", name);
	return false;
}

static bool
is_known(const char *name, const char *const *names, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(names[i], name) == 0)
			return true;
	return false;
}

bool
template_check(Bytes text, const char *const *names, size_t count, TemplateFault *fault)
{
	Bytes rest = text;
	char name[TEMPLATE_NAME_SIZE];

	for ((void) take_plain(&rest); rest.size > 0; (void) take_plain(&rest))
	{
		*fault = (TemplateFault){.offset = (size_t) (rest.data - text.data)};
		if (!take_name(&rest, name, fault))
			return false;
		if (is_known(name, names, count))
			continue;
		fault->problem = TEMPLATE_UNKNOWN_NAME;
		(void) snprintf(fault->name, TEMPLATE_NAME_SIZE, "%s", name);
		return false;
	}
	return true;
}

/* ---- expanding ------------------------------------------------------------- */

typedef struct Output
{
	char *room;
	size_t size_max;
	size_t size;
} Output;

static bool
put(Output *output, Bytes bytes)
{
	if (bytes.size > output->size_max - output->size)
		return false;
	if (bytes.size > 0)
		memcpy(output->room + output->size, bytes.data, bytes.size);
	output->size += bytes.size;
	return true;
}

/* What stands for a character of HTML; NULL: itself. */
static const char *
html_escape(char c)
{
	switch (c)
	{
		case '&':
			return "&amp;";
		case '<':
			return "&lt;";
		case '>':
			return "&gt;";
		case '"':
			return "&quot;";
		case '\'':
			return "&#39;";
		default:
			return NULL;
	}
}

/* The same of JSON; room is for one of the longest kind. */
static const char *
json_escape(char c, char room[7])
{
	if (c == '"')
		return "\\\"";
	if (c == '\\')
		return "\\\\";
	if ((unsigned char) c >= ' ')
		return NULL;
	(void) snprintf(room, 7, "\\u%04x", (unsigned) (unsigned char) c);
	return room;
}

static bool
is_control(char c)
{
	return (unsigned char) c < ' ' || c == 0x7f;
}

static bool
put_char(Output *output, TemplatePlace place, char c)
{
	char room[7];
	const char *escaped = NULL;

	if (place == TEMPLATE_JSON)
		escaped = json_escape(c, room);
	else if (is_control(c) && (place == TEMPLATE_LINE || (c != '\n' && c != '\t')))
		escaped = " ";
	else if (place == TEMPLATE_HTML)
		escaped = html_escape(c);
	return put(output, escaped ? bytes_of(escaped) : (Bytes){&c, 1});
}

static bool
put_value(Output *output, TemplatePlace place, Bytes value)
{
	for (size_t i = 0; i < value.size; i++)
		if (!put_char(output, place, value.data[i]))
			return false;
	return true;
}

static const TemplateValue *
find_value(const TemplateValue *values, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(values[i].name, name) == 0)
			return &values[i];
	return NULL;
}

bool
template_expand(Bytes text, TemplatePlace place, const TemplateValue *values, size_t count,
				char *room, size_t size_max, size_t *size)
{
	Output output = {room, size_max, 0};
	TemplateFault fault;
	char name[TEMPLATE_NAME_SIZE];
	bool fits = put(&output, take_plain(&text));

	while (fits && text.size > 0)
	{
		const TemplateValue *value = NULL;

		if (take_name(&text, name, &fault))
			value = find_value(values, count, name);
		fits = value && put_value(&output, place, value->value) && put(&output, take_plain(&text));
	}
	*size = fits ? output.size : 0;
	return fits;
}
