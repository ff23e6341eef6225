/*-------------------------------------------------------------------------
 *
 * test_template.c
 *	  Placeholders: which are found, and what takes their places where.
 *
 *-------------------------------------------------------------------------
 */
#include "message/template.h"

#include "unit.h"

static const char *const names[] = {"amount", "name", "a_1"};

static void
test_good_templates(void **state)
{
	static const char *const good[] = {
		"",
		"{",
		"}",
		"{ {name} }",
		"a { b } c",
		"}}",
		"{\"a\":{\"b\":1}}",
		"{{name}}",
		"x{{amount}}{{name}}{{a_1}}y",
		"{\"a\":{\"b\":\"{{name}}\"}}",
	};
	TemplateFault fault;

	(void) state;
	for (size_t i = 0; i < LENGTH(good); i++)
		assert_true(template_check(bytes_of(good[i]), names, LENGTH(names), &fault));
}

static void
test_bad_templates(void **state)
{
	static const struct
	{
		const char *text;
		TemplateProblem problem;
		size_t offset;
		const char *name;
	} bad[] = {
		{"{{", TEMPLATE_NO_NAME, 0, ""},
		{"a{{}}", TEMPLATE_NO_NAME, 1, ""},
		{"{{ name }}", TEMPLATE_NO_NAME, 0, ""},
		{"{{Name}}", TEMPLATE_NO_NAME, 0, ""},
		{"{{{name}}}", TEMPLATE_NO_NAME, 0, ""},
		{"{{name", TEMPLATE_UNCLOSED, 0, "name"},
		{"{{name}", TEMPLATE_UNCLOSED, 0, "name"},
		{"{{name}{{name}}", TEMPLATE_UNCLOSED, 0, "name"},
		{"{{name }}", TEMPLATE_UNCLOSED, 0, "name"},
		{"{{na-me}}", TEMPLATE_UNCLOSED, 0, "na"},
		{"{{name}} {{other}}", TEMPLATE_UNKNOWN_NAME, 9, "other"},
		{"{{nam}}", TEMPLATE_UNKNOWN_NAME, 0, "nam"},
		{"\xe4\xbd\x99\xe9\xa2\x9d{{x}}", TEMPLATE_UNKNOWN_NAME, 6, "x"},
	};
	TemplateFault fault;

	(void) state;
	for (size_t i = 0; i < LENGTH(bad); i++)
	{
		assert_false(template_check(bytes_of(bad[i].text), names, LENGTH(names), &fault));
		assert_int_equal(fault.problem, bad[i].problem);
		assert_int_equal(fault.offset, bad[i].offset);
		assert_string_equal(fault.name, bad[i].name);
	}
}

static void
test_long_names(void **state)
{
	char name[TEMPLATE_NAME_SIZE + 1];
	char text[TEMPLATE_NAME_SIZE + 8];
	const char *only = name;
	TemplateFault fault;

	(void) state;
	memset(name, 'n', sizeof(name));
	name[TEMPLATE_NAME_SIZE - 1] = '\0';
	(void) snprintf(text, sizeof(text), "{{%s}}", name);
	assert_true(template_check(bytes_of(text), &only, 1, &fault));
	(void) snprintf(text, sizeof(text), "{{%sn}}", name);
	assert_false(template_check(bytes_of(text), &only, 1, &fault));
	assert_int_equal(fault.problem, TEMPLATE_UNCLOSED);
	assert_string_equal(fault.name, name);
}

static const char *
expand(const char *text, TemplatePlace place, const char *value)
{
	static char room[256];
	const TemplateValue values[] = {{"amount", {"8.88", 4}}, {"name", bytes_of(value)}};
	size_t size;

	if (!template_expand(bytes_of(text), place, values, LENGTH(values), room, sizeof(room) - 1,
						 &size))
		return NULL;
	room[size] = '\0';
	return room;
}

static void
test_escaping(void **state)
{
	const char *value = "<b>&\"'\\\r\n\t\x01\x7f\xe4\xbd\x99";

	(void) state;
	assert_string_equal(expand("{{amount}}, {{name}}!", TEMPLATE_TEXT, "Li"), "8.88, Li!");
	assert_string_equal(expand("<i>{{name}}</i>", TEMPLATE_TEXT, value),
						"<i><b>&\"'\\ \n\t  \xe4\xbd\x99</i>");
	assert_string_equal(expand("<i>{{name}}</i>", TEMPLATE_HTML, value),
						"<i>&lt;b&gt;&amp;&quot;&#39;\\ \n\t  \xe4\xbd\x99</i>");
	assert_string_equal(expand("{{name}}", TEMPLATE_LINE, value), "<b>&\"'\\     \xe4\xbd\x99");
	assert_string_equal(expand("{{name}}", TEMPLATE_LINE, "a\r\nBcc: b@c.d"), "a  Bcc: b@c.d");
	assert_string_equal(expand("\"{{name}}\"", TEMPLATE_JSON, value),
						"\"<b>&\\\"'\\\\\\u000d\\u000a\\u0009\\u0001\x7f\xe4\xbd\x99\"");
	/* What stands in a value is no placeholder. */
	assert_string_equal(expand("{{name}}", TEMPLATE_TEXT, "{{amount}}"), "{{amount}}");
	assert_string_equal(expand("{{name}}{{name}}", TEMPLATE_TEXT, ""), "");
}

static void
test_not_expanded(void **state)
{
	(void) state;
	assert_null(expand("{{other}}", TEMPLATE_TEXT, "Li"));
	assert_null(expand("{{name", TEMPLATE_TEXT, "Li"));
	assert_null(expand("a{{", TEMPLATE_TEXT, "Li"));
}

/* It fits to the byte, or not at all: in blocks of the very size, for the sanitizers to see. */
static void
test_bounds(void **state)
{
	const TemplateValue value = {"name", {"<", 1}};
	const Bytes text = bytes_of("a{{name}}bc");
	const size_t whole = strlen("a&lt;bc");

	(void) state;
	for (size_t room_size = 0; room_size <= whole; room_size++)
	{
		char *room = malloc(room_size);
		size_t size;
		bool fits = template_expand(text, TEMPLATE_HTML, &value, 1, room, room_size, &size);

		assert_int_equal(fits, room_size == whole);
		assert_int_equal(size, fits ? whole : 0);
		free(room);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good_templates), cmocka_unit_test(test_bad_templates),
		cmocka_unit_test(test_long_names),	   cmocka_unit_test(test_escaping),
		cmocka_unit_test(test_not_expanded),   cmocka_unit_test(test_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
