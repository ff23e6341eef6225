/*-------------------------------------------------------------------------
 *
 * document.c
 *	  Reading a document by the shapes of its objects.
 *
 *-------------------------------------------------------------------------
 */
#include "pdf/document.h"

#include "core/text.h"

#include <stdio.h>
#include <stdlib.h>

#define LINES_MAX 2000
#define ENTRIES_MAX 20000
#define TOTALS_MAX 30
#define PATH_SIZE 64

typedef struct Shape Shape;

typedef struct Field
{
	const char *name;
	size_t offset;		/* in the struct of its shape */
	const Shape *shape; /* of an object, or of a list's elements; NULL: a text */
	size_t most;		/* bytes of a text, elements of a list; 0: an object */
	int lines_most;		/* of a text */
	bool is_required;
} Field;

struct Shape
{
	const Field *fields;
	size_t count;
};

/* ---- shapes ------------------------------------------------------------------- */

#define SHORT(type, member, name, required)                                 \
	{                                                                       \
		name, offsetof(type, member), NULL, DOCUMENT_SHORT_MAX, 1, required \
	}
#define LINE(type, member, name, required)                                 \
	{                                                                      \
		name, offsetof(type, member), NULL, DOCUMENT_LINE_MAX, 4, required \
	}
#define LONG(type, member, name, lines)                                     \
	{                                                                       \
		name, offsetof(type, member), NULL, DOCUMENT_LONG_MAX, lines, false \
	}
#define OBJECT(member, name, shape, required)                      \
	{                                                              \
		name, offsetof(Document, member), &(shape), 0, 0, required \
	}
#define LIST(member, name, shape, most, required)                     \
	{                                                                 \
		name, offsetof(Document, member), &(shape), most, 0, required \
	}
#define SHAPE(fields)                                \
	{                                                \
		fields, sizeof(fields) / sizeof((fields)[0]) \
	}

static const Field seller_fields[] = {
	LINE(DocumentParty, name, "name", true),
	{"address", offsetof(DocumentParty, address), NULL, DOCUMENT_LINE_MAX, 10, false},
	SHORT(DocumentParty, tax_number, "tax_number", false),
	SHORT(DocumentParty, registration, "registration", false),
	SHORT(DocumentParty, email, "email", false),
	SHORT(DocumentParty, phone, "phone", false),
};
static const Field buyer_fields[] = {
	LINE(DocumentParty, name, "name", true),
	{"address", offsetof(DocumentParty, address), NULL, DOCUMENT_LINE_MAX, 10, false},
	SHORT(DocumentParty, tax_number, "tax_number", false),
	SHORT(DocumentParty, email, "email", false),
	SHORT(DocumentParty, account, "account", false),
};
static const Field line_fields[] = {
	LINE(DocumentRow, description, "description", true),
	LINE(DocumentRow, detail, "detail", false),
	SHORT(DocumentRow, quantity, "quantity", false),
	SHORT(DocumentRow, unit_price, "unit_price", false),
	SHORT(DocumentRow, amount, "amount", true),
};
static const Field entry_fields[] = {
	SHORT(DocumentRow, at, "at", true),
	LINE(DocumentRow, description, "description", true),
	LINE(DocumentRow, detail, "detail", false),
	SHORT(DocumentRow, amount, "amount", true),
	SHORT(DocumentRow, balance, "balance", true),
};
static const Field total_fields[] = {
	LINE(DocumentRow, description, "label", true),
	SHORT(DocumentRow, amount, "amount", true),
};
static const Field payment_fields[] = {
	SHORT(DocumentPayment, method, "method", false),
	SHORT(DocumentPayment, at, "at", false),
	SHORT(DocumentPayment, reference, "reference", false),
};
static const Shape seller = SHAPE(seller_fields);
static const Shape buyer = SHAPE(buyer_fields);
static const Shape line = SHAPE(line_fields);
static const Shape entry = SHAPE(entry_fields);
static const Shape total = SHAPE(total_fields);
static const Shape payment = SHAPE(payment_fields);

static const Field sale_fields[] = {
	SHORT(Document, kind_name, "kind", true),
	SHORT(Document, language_name, "language", true),
	SHORT(Document, number, "number", true),
	SHORT(Document, issued_on, "issued_on", true),
	SHORT(Document, of_invoice, "of_invoice", false),
	LINE(Document, reason, "reason", false),
	OBJECT(seller, "seller", seller, true),
	OBJECT(buyer, "buyer", buyer, true),
	SHORT(Document, currency, "currency", true),
	LIST(lines, "lines", line, LINES_MAX, true),
	SHORT(Document, subtotal, "subtotal", false),
	SHORT(Document, discount, "discount", false),
	LINE(Document, tax_label, "tax_label", false),
	SHORT(Document, tax, "tax", false),
	SHORT(Document, total, "total", true),
	OBJECT(paid, "paid", payment, false),
	LONG(Document, notes, "notes", 30),
};
static const Field statement_fields[] = {
	SHORT(Document, kind_name, "kind", true),
	SHORT(Document, language_name, "language", true),
	SHORT(Document, issued_on, "issued_on", true),
	SHORT(Document, account, "account", true),
	SHORT(Document, period_from, "period_from", true),
	SHORT(Document, period_to, "period_to", true),
	SHORT(Document, time_zone, "time_zone", true),
	OBJECT(seller, "seller", seller, true),
	OBJECT(buyer, "buyer", buyer, true),
	SHORT(Document, currency, "currency", true),
	SHORT(Document, opening, "opening", true),
	SHORT(Document, closing, "closing", true),
	LIST(totals, "totals", total, TOTALS_MAX, false),
	LIST(lines, "entries", entry, ENTRIES_MAX, true),
};
static const Shape sale = SHAPE(sale_fields);
static const Shape statement = SHAPE(statement_fields);

static const struct
{
	const char *name;
	const Shape *shape;
} kinds[] = {
	[DOCUMENT_INVOICE] = {"invoice", &sale},
	[DOCUMENT_CREDIT_NOTE] = {"credit_note", &sale},
	[DOCUMENT_STATEMENT] = {"statement", &statement},
};
static const char *const languages[] = {[LABEL_EN] = "en", [LABEL_ZH] = "zh"};

/* ---- reading by them ------------------------------------------------------------ */

/* path is "" or "seller" or "lines[3]"; name may be "". */
static bool
refuse(char *fault, const char *path, const char *name, const char *what)
{
	(void) snprintf(fault, DOCUMENT_FAULT_SIZE, "%s%s%s%s%s", path, *path && *name ? "." : "", name,
					*path || *name ? " " : "", what);
	return false;
}

/* Null and blank texts are as if they were not there. */
static bool
is_given(const json_t *value)
{
	return value && !json_is_null(value) &&
		   !(json_is_string(value) && text_is_blank(json_string_value(value)));
}

static int
count_lines(const char *text)
{
	int lines = 1;

	while ((text = strchr(text, '\n')) != NULL)
	{
		lines++;
		text++;
	}
	return lines;
}

static bool
read_text(const json_t *value, const Field *field, const char **text, const char *path, char *fault)
{
	if (!json_is_string(value))
		return refuse(fault, path, field->name, "is no text");
	if (json_string_length(value) > field->most)
		return refuse(fault, path, field->name, "is too long");
	*text = json_string_value(value);
	return count_lines(*text) <= field->lines_most ||
		   refuse(fault, path, field->name, "has too many lines");
}

static bool read_shape(const json_t *object, const Shape *shape, void *to, const char *path,
					   char *fault);

static bool
read_list(const json_t *value, const Field *field, DocumentRows *list, char *fault)
{
	char path[PATH_SIZE];
	size_t count = json_array_size(value);

	if (!json_is_array(value))
		return refuse(fault, field->name, "", "is no list");
	if (count > field->most)
		return refuse(fault, field->name, "", "is too long");
	list->rows = calloc(count ? count : 1, sizeof(DocumentRow));
	if (list->rows == NULL)
		return refuse(fault, "", "", "out of memory");
	for (; list->count < count; list->count++)
	{
		(void) snprintf(path, sizeof(path), "%s[%zu]", field->name, list->count);
		if (!read_shape(json_array_get(value, list->count), field->shape, &list->rows[list->count],
						path, fault))
			return false;
	}
	return true;
}

static bool
read_field(const json_t *value, const Field *field, void *to, const char *path, char *fault)
{
	if (field->shape == NULL)
		return read_text(value, field, to, path, fault);
	if (field->most > 0)
		return read_list(value, field, to, fault);
	return read_shape(value, field->shape, to, field->name, fault);
}

static bool
read_shape(const json_t *object, const Shape *shape, void *to, const char *path, char *fault)
{
	size_t known = 0;

	if (!json_is_object(object))
		return refuse(fault, path, "", "is no object");
	for (size_t i = 0; i < shape->count; i++)
	{
		const Field *field = &shape->fields[i];
		const json_t *value = json_object_get(object, field->name);

		known += value != NULL;
		if (is_given(value))
		{
			if (!read_field(value, field, (char *) to + field->offset, path, fault))
				return false;
		}
		else if (field->is_required)
			return refuse(fault, path, field->name, "is missing");
	}
	return known == json_object_size(object) || refuse(fault, path, "", "has an unknown member");
}

/* ---- the whole ------------------------------------------------------------------- */

static bool
find_name(const json_t *object, const char *member, const char *const *names, int count, int *found)
{
	const char *name = json_string_value(json_object_get(object, member));

	for (*found = 0; *found < count; (*found)++)
		if (name && strcmp(name, names[*found]) == 0)
			return true;
	return false;
}

static bool
is_date(const char *text)
{
	static const char pattern[] = "dddd-dd-dd";
	size_t i = 0;

	for (; pattern[i]; i++)
		if (pattern[i] == 'd' ? text[i] < '0' || text[i] > '9' : text[i] != pattern[i])
			return false;
	return text[i] == '\0';
}

/* What one member asks of another. */
static bool
check_members(const Document *document, char *fault)
{
	bool is_credit_note = document->kind == DOCUMENT_CREDIT_NOTE;

	if (!is_date(document->issued_on))
		return refuse(fault, "", "issued_on", "is no date");
	if (is_credit_note && document->of_invoice == NULL)
		return refuse(fault, "", "of_invoice", "is missing");
	if (!is_credit_note && (document->of_invoice || document->reason))
		return refuse(fault, "", "", "of_invoice and reason are a credit note's");
	return document->kind == DOCUMENT_STATEMENT || document->lines.count > 0 ||
		   refuse(fault, "", "lines", "is empty");
}

bool
document_read(const char *text, size_t size, Document *document, char fault[DOCUMENT_FAULT_SIZE])
{
	const char *const kind_names[] = {kinds[DOCUMENT_INVOICE].name,
									  kinds[DOCUMENT_CREDIT_NOTE].name,
									  kinds[DOCUMENT_STATEMENT].name};
	int kind, language;

	*document = (Document){.json = json_loadb(text, size, JSON_REJECT_DUPLICATES, NULL)};
	if (!json_is_object(document->json))
		return refuse(fault, "", "", "no JSON object");
	if (!find_name(document->json, "kind", kind_names, 3, &kind))
		return refuse(fault, "", "kind", "is not known");
	if (!find_name(document->json, "language", languages, LABEL_LANGUAGES, &language))
		return refuse(fault, "", "language", "is not known");
	document->kind = (DocumentKind) kind;
	document->language = (LabelLanguage) language;
	return read_shape(document->json, kinds[kind].shape, document, "", fault) &&
		   check_members(document, fault);
}

void
document_close(Document *document)
{
	free(document->lines.rows);
	free(document->totals.rows);
	json_decref(document->json);
}

static size_t
count_characters(const char *text)
{
	size_t count = 0;

	for (; *text; text++)
		count += (*text & 0xc0) != 0x80;
	return count;
}

const char *
document_member(const DocumentRow *row, size_t offset)
{
	return *(const char *const *) ((const char *) row + offset);
}

const char *
document_longest(const DocumentRows *rows, size_t offset)
{
	const char *longest = NULL;
	size_t most = 0;

	for (size_t i = 0; i < rows->count; i++)
	{
		const char *text = document_member(&rows->rows[i], offset);
		size_t count = text ? count_characters(text) : 0;

		if (count > most)
		{
			most = count;
			longest = text;
		}
	}
	return longest;
}
