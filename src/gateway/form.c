/*-------------------------------------------------------------------------
 *
 * form.c
 *	  Reading and writing forms.
 *
 *-------------------------------------------------------------------------
 */
#include "gateway/form.h"

#include <stdlib.h>

static int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Decodes one character, and moves behind it; -1 where it is none. */
static int
decode_char(Bytes text, size_t *at)
{
	char c = text.data[(*at)++];
	int high;
	int low;

	if (c != '%')
		return c == '+' ? ' ' : (unsigned char) c;
	if (text.size - *at < 2)
		return -1;
	high = hex_digit(text.data[*at]);
	low = hex_digit(text.data[*at + 1]);
	*at += 2;
	return high < 0 || low < 0 ? -1 : high * 16 + low;
}

/* Decodes a name or a value into the room behind *used. */
static bool
decode(Bytes text, char *room, size_t *used, Bytes *decoded)
{
	size_t began = *used;

	for (size_t at = 0; at < text.size;)
	{
		int c = decode_char(text, &at);

		if (c <= 0)
			return false;
		room[(*used)++] = (char) c;
	}
	*decoded = (Bytes){room + began, *used - began};
	return true;
}

/* The part up to a character, or all; the rest is what stands behind it. */
static Bytes
split(Bytes *rest, char separator)
{
	const char *end = rest->size > 0 ? memchr(rest->data, separator, rest->size) : NULL;
	Bytes part = {rest->data, end ? (size_t) (end - rest->data) : rest->size};
	size_t taken = part.size + (end != NULL);

	*rest = (Bytes){rest->data + taken, rest->size - taken};
	return part;
}

static int
compare_names(const void *left, const void *right)
{
	Bytes a = ((const FormField *) left)->name;
	Bytes b = ((const FormField *) right)->name;
	int order = memcmp(a.data, b.data, a.size < b.size ? a.size : b.size);

	return order != 0 ? order : (a.size > b.size) - (a.size < b.size);
}

static bool
has_duplicates(const Form *form)
{
	for (size_t i = 1; i < form->count; i++)
		if (bytes_equal(form->fields[i - 1].name, form->fields[i].name))
			return true;
	return false;
}

bool
form_read(Bytes body, Form *form)
{
	size_t used = 0;

	form->count = 0;
	if (body.size > FORM_BYTES_MAX)
		return false;
	while (body.size > 0)
	{
		Bytes value = split(&body, '&');
		Bytes name = split(&value, '=');
		FormField *field = &form->fields[form->count];

		if (form->count == FORM_FIELDS_MAX || name.size == 0 ||
			!decode(name, form->room, &used, &field->name) ||
			!decode(value, form->room, &used, &field->value))
			return false;
		form->count++;
	}
	qsort(form->fields, form->count, sizeof(FormField), compare_names);
	return !has_duplicates(form);
}

Bytes
form_value(const Form *form, const char *name)
{
	for (size_t i = 0; i < form->count; i++)
		if (bytes_equal(form->fields[i].name, bytes_of(name)))
			return form->fields[i].value;
	return (Bytes){"", 0};
}

bool
form_text(const Form *form, const char *name, char *text, size_t size)
{
	Bytes value = form_value(form, name);

	text[0] = '\0';
	if (value.size == 0 || value.size >= size)
		return false;
	for (size_t i = 0; i < value.size; i++)
		if ((unsigned char) value.data[i] < ' ' || (unsigned char) value.data[i] >= 0x7f)
			return false;
	memcpy(text, value.data, value.size);
	text[value.size] = '\0';
	return true;
}

size_t
form_add_pieces(const FormField *field, Bytes *pieces, size_t count)
{
	if (count > 0)
		pieces[count++] = bytes_of("&");
	pieces[count++] = field->name;
	pieces[count++] = bytes_of("=");
	pieces[count++] = field->value;
	return count;
}

static bool
needs_no_escape(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
		   (c != '\0' && strchr("-_.~", c) != NULL);
}

/* Writes bytes, escaped where it must be, behind *used; room is left for a NUL. */
static bool
write_bytes(Bytes bytes, bool escaped, char *text, size_t size, size_t *used)
{
	static const char digits[] = "0123456789ABCDEF";

	for (size_t i = 0; i < bytes.size; i++)
	{
		unsigned char c = (unsigned char) bytes.data[i];
		bool plain = !escaped || needs_no_escape((char) c);

		if (size - *used <= (plain ? 1 : 3))
			return false;
		text[(*used)++] = plain ? (char) c : '%';
		if (plain)
			continue;
		text[(*used)++] = digits[c / 16];
		text[(*used)++] = digits[c % 16];
	}
	return true;
}

bool
form_write(const FormField *fields, size_t count, char *text, size_t size)
{
	size_t used = 0;

	for (size_t i = 0; i < count; i++)
		if ((i > 0 && !write_bytes(bytes_of("&"), false, text, size, &used)) ||
			!write_bytes(fields[i].name, true, text, size, &used) ||
			!write_bytes(bytes_of("="), false, text, size, &used) ||
			!write_bytes(fields[i].value, true, text, size, &used))
			return false;
	text[used] = '\0';
	return true;
}

bool
form_escape(Bytes value, char *text, size_t size)
{
	size_t used = 0;

	if (!write_bytes(value, true, text, size, &used))
		return false;
	text[used] = '\0';
	return true;
}
