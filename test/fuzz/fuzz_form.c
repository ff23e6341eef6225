/*-------------------------------------------------------------------------
 *
 * fuzz_form.c
 *	  Forms: sorted, no name twice; written and read again alike.
 *
 * Input: a body.
 *
 *-------------------------------------------------------------------------
 */
#include "fuzz.h"

#include "gateway/form.h"

static void
check_bytes(const Form *form, Bytes bytes)
{
	MUST(bytes.data >= form->room && bytes.data + bytes.size <= form->room + FORM_BYTES_MAX);
	MUST(bytes.size == 0 || memchr(bytes.data, '\0', bytes.size) == NULL);
}

static bool
is_before(Bytes a, Bytes b)
{
	size_t shorter = a.size < b.size ? a.size : b.size;
	int order = memcmp(a.data, b.data, shorter);

	return order < 0 || (order == 0 && a.size < b.size);
}

static void
check_field(const Form *form, size_t i)
{
	const FormField *field = &form->fields[i];
	char *name = fuzz_text(field->name);
	size_t size = 1 + field->value.size % 40;
	char *text = malloc(size);

	check_bytes(form, field->name);
	check_bytes(form, field->value);
	MUST(field->name.size > 0);
	MUST(i == 0 || is_before(form->fields[i - 1].name, field->name));
	MUST(bytes_equal(form_value(form, name), field->value));
	if (form_text(form, name, text, size))
	{
		fuzz_check_text(text, size);
		MUST(bytes_equal(bytes_of(text), field->value));
	}
	else
		MUST(text[0] == '\0');
	free(text);
	free(name);
}

static bool
forms_equal(const Form *a, const Form *b)
{
	if (a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++)
		if (!bytes_equal(a->fields[i].name, b->fields[i].name) ||
			!bytes_equal(a->fields[i].value, b->fields[i].value))
			return false;
	return true;
}

/* Writes it into room of its exact size, and into a byte less. */
static void
check_written(const Form *form, size_t size, Form *again)
{
	size_t size_max = 3 * size + 2 * FORM_FIELDS_MAX + 1;
	char *text = malloc(size_max);
	char *exact;

	MUST(form_write(form->fields, form->count, text, size_max));
	size = strlen(text) + 1;
	exact = malloc(size);
	MUST(form_write(form->fields, form->count, exact, size) && strcmp(exact, text) == 0);
	MUST(size == 1 || !form_write(form->fields, form->count, exact, size - 1));
	if (size <= FORM_BYTES_MAX)
		MUST(form_read(bytes_of(text), again) && forms_equal(form, again));
	free(exact);
	free(text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	Bytes body = {fuzz_copy((Bytes){(const char *) data, size}), size};
	Form *form = malloc(sizeof(Form));
	Form *again = malloc(sizeof(Form));

	if (form_read(body, form))
	{
		MUST(form->count <= FORM_FIELDS_MAX && size <= FORM_BYTES_MAX);
		for (size_t i = 0; i < form->count; i++)
			check_field(form, i);
		check_written(form, size, again);
	}
	free(again);
	free(form);
	free((void *) body.data);
	return 0;
}
