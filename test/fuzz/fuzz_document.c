/*-------------------------------------------------------------------------
 *
 * fuzz_document.c
 *	  JSON: what the getters say of every member, and its span.
 *
 * Input: a document.
 *
 *-------------------------------------------------------------------------
 */
#include "fuzz.h"

#include "gateway/document.h"

static void
check_getters(const json_t *object, const char *name, const json_t *member)
{
	Bytes bytes = document_bytes(object, name);
	size_t size = 1 + bytes.size % 40;
	char *text = malloc(size);
	int64_t count;

	MUST(document_object(object, name) == (json_is_object(member) ? member : NULL));
	MUST(document_count(object, name, &count) == json_is_integer(member));
	MUST(json_is_integer(member) ? count == json_integer_value(member) : count == 0);
	MUST(bytes.size == (json_is_string(member) ? json_string_length(member) : 0));
	if (document_text(object, name, text, size))
	{
		fuzz_check_text(text, size);
		MUST(bytes_equal(bytes_of(text), bytes));
	}
	else
		MUST(text[0] == '\0');
	free(text);
}

/* The bytes that a signature would be over are those of the very member that is read. */
static void
check_span(Bytes document, const char *name, const json_t *member)
{
	Bytes span = document_span(document, name);
	json_t *read;

	if (span.size == 0)
	{
		MUST(memchr(document.data, '\\', document.size) != NULL);
		return;
	}
	MUST(span.data > document.data && span.data + span.size < document.data + document.size);
	read = json_loadb(span.data, span.size, JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, NULL);
	MUST(read != NULL && json_equal(read, member));
	json_decref(read);
}

static void
check_object(Bytes document, json_t *object, int depth)
{
	const char *name;
	json_t *member;

	json_object_foreach(object, name, member)
	{
		check_getters(object, name, member);
		if (depth == 0)
			check_span(document, name, member);
		if (json_is_object(member) && depth < 3)
			check_object(document, member, depth + 1);
	}
	check_getters(object, "", json_object_get(object, ""));
	check_getters(object, "no such name", json_object_get(object, "no such name"));
	if (json_object_get(object, "no such name") == NULL && depth == 0)
		MUST(document_span(document, "no such name").size == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	Bytes document = {fuzz_copy((Bytes){(const char *) data, size}), size};
	json_t *object = document_read(document);

	if (object)
	{
		MUST(json_is_object(object) && size <= DOCUMENT_BYTES_MAX);
		check_object(document, object, 0);
	}
	json_decref(object);
	free((void *) document.data);
	return 0;
}
