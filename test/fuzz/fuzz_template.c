/*-------------------------------------------------------------------------
 *
 * fuzz_template.c
 *	  Templates: what is checked is expanded, what is expanded is escaped.
 *
 * Input: the place ('0' text, '1' HTML, '2' line, '3' JSON), the value of {{a}}, a line break, the
 * template.
 *
 *-------------------------------------------------------------------------
 */
#include "fuzz.h"

#include "gateway/document.h"
#include "message/template.h"

#define LONGEST_ESCAPE 6

static const char *const names[] = {"a", "b"};

static void
check_fault(Bytes text, const TemplateFault *fault)
{
	MUST(fault->offset + 2 <= text.size && memcmp(text.data + fault->offset, "{{", 2) == 0);
	fuzz_check_text(fault->name, sizeof(fault->name));
	MUST((fault->problem == TEMPLATE_NO_NAME) == (fault->name[0] == '\0'));
}

/* A value alone can end nothing that stands around it. */
static void
check_escaped(TemplatePlace place, Bytes value)
{
	const TemplateValue values[] = {{"a", value}};
	size_t size_max = 6 + value.size * LONGEST_ESCAPE;
	char *room = malloc(size_max + 16);
	size_t size;

	MUST(template_expand(bytes_of("{{a}}"), place, values, 1, room, size_max, &size));
	for (size_t i = 0; i < size; i++)
	{
		MUST(place != TEMPLATE_LINE || ((unsigned char) room[i] >= ' ' && room[i] != 0x7f));
		MUST(place != TEMPLATE_HTML || strchr("<>\"'", room[i] ? room[i] : 'x') == NULL);
	}
	free(room);
}

/* JSON gives back what went in, where that is text. */
static void
check_json(Bytes value)
{
	const TemplateValue values[] = {{"a", value}};
	size_t size_max = 16 + value.size * LONGEST_ESCAPE;
	char *room = malloc(size_max);
	json_t *plain = json_stringn(value.data, value.size);
	json_t *object = NULL;
	size_t size;

	MUST(template_expand(bytes_of("{\"x\":\"{{a}}\"}"), TEMPLATE_JSON, values, 1, room, size_max,
						 &size));
	if (plain && !memchr(value.data, '\0', value.size))
	{
		object = document_read_up_to((Bytes){room, size}, size_max);
		MUST(object && bytes_equal(document_bytes(object, "x"), value));
	}
	json_decref(plain);
	json_decref(object);
	free(room);
}

/* In a room of the very size, and in one that is smaller by a byte. */
static void
check_expanded(Bytes text, TemplatePlace place, const TemplateValue *values, bool is_good)
{
	size_t size_max = text.size + (text.size / 5 + 1) * values[0].value.size * LONGEST_ESCAPE;
	char *room = malloc(size_max + 1);
	size_t size;
	size_t again;

	MUST(template_expand(text, place, values, LENGTH(names), room, size_max, &size) == is_good);
	if (is_good)
	{
		char *exact = malloc(size);

		MUST(template_expand(text, place, values, LENGTH(names), exact, size, &again));
		MUST(again == size && (size == 0 || memcmp(exact, room, size) == 0));
		MUST(size == 0 ||
			 !template_expand(text, place, values, LENGTH(names), exact, size - 1, &again));
		free(exact);
	}
	free(room);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	Bytes input = {(const char *) data, size};
	TemplatePlace place = (TemplatePlace) fuzz_choose(&input, 4);
	Bytes cut = fuzz_cut(&input, "\n");
	Bytes value = {fuzz_copy(cut), cut.size};
	Bytes text = {fuzz_copy(input), input.size};
	const TemplateValue values[] = {{"a", value}, {"b", {"", 0}}};
	TemplateFault fault;
	bool is_good = template_check(text, names, LENGTH(names), &fault);

	if (!is_good)
		check_fault(text, &fault);
	check_escaped(place, value);
	check_json(value);
	check_expanded(text, place, values, is_good);
	free((void *) value.data);
	free((void *) text.data);
	return 0;
}
