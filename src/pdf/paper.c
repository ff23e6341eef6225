/*-------------------------------------------------------------------------
 *
 * paper.c
 *	  Reading a document by the shapes of its objects.
 *
 *-------------------------------------------------------------------------
 */
#include "pdf/paper.h"

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

#define SHORT(type, member, name, required)                              \
	{                                                                    \
		name, offsetof(type, member), NULL, PAPER_SHORT_MAX, 1, required \
	}
#define MARK(type, member, name)                                     \
	{                                                                \
		name, offsetof(type, member), NULL, PAPER_MARK_MAX, 1, false \
	}
#define LINE(type, member, name, required)                              \
	{                                                                   \
		name, offsetof(type, member), NULL, PAPER_LINE_MAX, 4, required \
	}
#define LONG(type, member, name, lines)                                  \
	{                                                                    \
		name, offsetof(type, member), NULL, PAPER_LONG_MAX, lines, false \
	}
#define OBJECT(member, name, shape, required)                   \
	{                                                           \
		name, offsetof(Paper, member), &(shape), 0, 0, required \
	}
#define LIST(member, name, shape, most, required)                  \
	{                                                              \
		name, offsetof(Paper, member), &(shape), most, 0, required \
	}
#define SHAPE(fields)                                \
	{                                                \
		fields, sizeof(fields) / sizeof((fields)[0]) \
	}

static const Field seller_fields[] = {
	LINE(PaperParty, name, "name", true),
	{"address", offsetof(PaperParty, address), NULL, PAPER_LINE_MAX, 10, false},
	MARK(PaperParty, tax_number, "tax_number"),
	MARK(PaperParty, registration, "registration"),
	MARK(PaperParty, email, "email"),
	MARK(PaperParty, phone, "phone"),
};
static const Field buyer_fields[] = {
	LINE(PaperParty, name, "name", true),
	{"address", offsetof(PaperParty, address), NULL, PAPER_LINE_MAX, 10, false},
	MARK(PaperParty, tax_number, "tax_number"),
	MARK(PaperParty, email, "email"),
	MARK(PaperParty, account, "account"),
};
static const Field line_fields[] = {
	LINE(PaperRow, description, "description", true),
	LINE(PaperRow, detail, "detail", false),
	SHORT(PaperRow, quantity, "quantity", false),
	SHORT(PaperRow, unit_price, "unit_price", false),
	SHORT(PaperRow, amount, "amount", true),
};
static const Field entry_fields[] = {
	SHORT(PaperRow, at, "at", true),		   LINE(PaperRow, description, "description", true),
	LINE(PaperRow, detail, "detail", false),   SHORT(PaperRow, amount, "amount", true),
	SHORT(PaperRow, balance, "balance", true),
};
static const Field total_fields[] = {
	LINE(PaperRow, description, "label", true),
	SHORT(PaperRow, amount, "amount", true),
};
static const Field payment_fields[] = {
	MARK(PaperPayment, method, "method"),
	MARK(PaperPayment, at, "at"),
	MARK(PaperPayment, reference, "reference"),
};
static const Shape seller = SHAPE(seller_fields);
static const Shape buyer = SHAPE(buyer_fields);
static const Shape line = SHAPE(line_fields);
static const Shape entry = SHAPE(entry_fields);
static const Shape total = SHAPE(total_fields);
static const Shape payment = SHAPE(payment_fields);

static const Field sale_fields[] = {
	SHORT(Paper, kind_name, "kind", true),
	SHORT(Paper, language_name, "language", true),
	SHORT(Paper, number, "number", true),
	SHORT(Paper, issued_on, "issued_on", true),
	SHORT(Paper, of_invoice, "of_invoice", false),
	LINE(Paper, reason, "reason", false),
	OBJECT(seller, "seller", seller, true),
	OBJECT(buyer, "buyer", buyer, true),
	SHORT(Paper, currency, "currency", true),
	LIST(lines, "lines", line, LINES_MAX, true),
	SHORT(Paper, subtotal, "subtotal", false),
	SHORT(Paper, discount, "discount", false),
	LINE(Paper, tax_label, "tax_label", false),
	SHORT(Paper, tax, "tax", false),
	SHORT(Paper, total, "total", true),
	OBJECT(paid, "paid", payment, false),
	LONG(Paper, notes, "notes", 30),
};
static const Field statement_fields[] = {
	SHORT(Paper, kind_name, "kind", true),
	SHORT(Paper, language_name, "language", true),
	SHORT(Paper, issued_on, "issued_on", true),
	SHORT(Paper, account, "account", true),
	SHORT(Paper, period_from, "period_from", true),
	SHORT(Paper, period_to, "period_to", true),
	SHORT(Paper, time_zone, "time_zone", true),
	OBJECT(seller, "seller", seller, true),
	OBJECT(buyer, "buyer", buyer, true),
	SHORT(Paper, currency, "currency", true),
	SHORT(Paper, opening, "opening", true),
	SHORT(Paper, closing, "closing", true),
	LIST(totals, "totals", total, TOTALS_MAX, false),
	LIST(lines, "entries", entry, ENTRIES_MAX, true),
	LONG(Paper, notes, "notes", 30),
};
static const Shape sale = SHAPE(sale_fields);
static const Shape statement = SHAPE(statement_fields);

static const struct
{
	const char *name;
	const Shape *shape;
} kinds[] = {
	[PAPER_INVOICE] = {"invoice", &sale},
	[PAPER_CREDIT_NOTE] = {"credit_note", &sale},
	[PAPER_STATEMENT] = {"statement", &statement},
};
static const char *const languages[] = {[LABEL_EN] = "en", [LABEL_ZH] = "zh"};

/* ---- reading by them ------------------------------------------------------------ */

/* path is "" or "seller" or "lines[3]"; name may be "". */
static bool
refuse(char *fault, const char *path, const char *name, const char *what)
{
	(void) snprintf(fault, PAPER_FAULT_SIZE, "%s%s%s%s%s", path, *path && *name ? "." : "", name,
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
read_list(const json_t *value, const Field *field, PaperRows *list, char *fault)
{
	char path[PATH_SIZE];
	size_t count = json_array_size(value);

	if (!json_is_array(value))
		return refuse(fault, field->name, "", "is no list");
	if (count > field->most)
		return refuse(fault, field->name, "", "is too long");
	list->rows = calloc(count ? count : 1, sizeof(PaperRow));
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
check_members(const Paper *paper, char *fault)
{
	bool is_credit_note = paper->kind == PAPER_CREDIT_NOTE;

	if (!is_date(paper->issued_on))
		return refuse(fault, "", "issued_on", "is no date");
	if (is_credit_note && paper->of_invoice == NULL)
		return refuse(fault, "", "of_invoice", "is missing");
	if (!is_credit_note && (paper->of_invoice || paper->reason))
		return refuse(fault, "", "", "of_invoice and reason are a credit note's");
	return paper->kind == PAPER_STATEMENT || paper->lines.count > 0 ||
		   refuse(fault, "", "lines", "is empty");
}

bool
paper_read(const char *text, size_t size, Paper *paper, char fault[PAPER_FAULT_SIZE])
{
	const char *const kind_names[] = {kinds[PAPER_INVOICE].name, kinds[PAPER_CREDIT_NOTE].name,
									  kinds[PAPER_STATEMENT].name};
	int kind, language;

	*paper = (Paper){.json = json_loadb(text, size, JSON_REJECT_DUPLICATES, NULL)};
	if (!json_is_object(paper->json))
		return refuse(fault, "", "", "no JSON object");
	if (!find_name(paper->json, "kind", kind_names, 3, &kind))
		return refuse(fault, "", "kind", "is not known");
	if (!find_name(paper->json, "language", languages, LABEL_LANGUAGES, &language))
		return refuse(fault, "", "language", "is not known");
	paper->kind = (PaperKind) kind;
	paper->language = (LabelLanguage) language;
	return read_shape(paper->json, kinds[kind].shape, paper, "", fault) &&
		   check_members(paper, fault);
}

void
paper_close(Paper *paper)
{
	free(paper->lines.rows);
	free(paper->totals.rows);
	json_decref(paper->json);
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
paper_member(const PaperRow *row, size_t offset)
{
	return *(const char *const *) ((const char *) row + offset);
}

const char *
paper_longest(const PaperRows *rows, size_t offset)
{
	const char *longest = NULL;
	size_t most = 0;

	for (size_t i = 0; i < rows->count; i++)
	{
		const char *text = paper_member(&rows->rows[i], offset);
		size_t count = text ? count_characters(text) : 0;

		if (count > most)
		{
			most = count;
			longest = text;
		}
	}
	return longest;
}
