/*-------------------------------------------------------------------------
 *
 * erasing.c
 *	  The columns of history that hold contact data, and the mark in its place.
 *
 * A guard looks at the row alone: this much of history anybody may change who may
 * write the table, to the mark and to nothing else. erase_contact() does.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/detoast.h"
#include "catalog/pg_type.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

#include "core/erased.h"
#include "guard/erasing.h"

/* A column of the rows in which another has a value; by NULL: of all. */
static const struct
{
	const char *table;
	const char *column;
	const char *by;
	const char *value;
} erasable[] = {
	{"contact_history", "email", NULL, NULL},
	{"contact_history", "mobile", NULL, NULL},
	{"notification", "address", NULL, NULL},
	{"notification", "lane", "channel", "webhook"},
	{"webhook_endpoint", "url", NULL, NULL},
	{"webhook_endpoint", "host", NULL, NULL},
	{"payment_order", "payer", NULL, NULL},
	{"invoice", "email", NULL, NULL},
	{"invoice", "mobile", NULL, NULL},
	{"account_statement", "says", NULL, NULL},
	{"document", "pdf", "kind", "statement"},
	{"audit_log", "new_value", "action", "set_webhook"},
	{"audit_log", "new_value", "action", "rotate_webhook_secret"},
	{"audit_log", "new_value", "action", "delete_webhook"},
	{"idempotent_call", "arguments_hash", "function", "update_contact"},
	{"idempotent_call", "arguments_hash", "function", "request_invoice"},
	{"idempotent_call", "arguments_hash", "function", "set_webhook"},
};

static bool
has_value(const TriggerData *trigger, const char *column, const char *value)
{
	TupleDesc descriptor = RelationGetDescr(trigger->tg_relation);
	AttrNumber at = get_attnum(RelationGetRelid(trigger->tg_relation), column);
	bool is_null = true;
	Datum found = 0;

	if (at > 0 && TupleDescAttr(descriptor, at - 1)->atttypid == TEXTOID)
		found = heap_getattr(trigger->tg_trigtuple, at, descriptor, &is_null);
	return !is_null && strcmp(TextDatumGetCString(found), value) == 0;
}

static bool
may_be_erased(const TriggerData *trigger, const char *column)
{
	const char *table = RelationGetRelationName(trigger->tg_relation);

	for (size_t i = 0; i < lengthof(erasable); i++)
		if (strcmp(erasable[i].table, table) == 0 && strcmp(erasable[i].column, column) == 0 &&
			(erasable[i].by == NULL || has_value(trigger, erasable[i].by, erasable[i].value)))
			return true;
	return false;
}

static bool
is_mark(Oid type, Datum value)
{
	switch (type)
	{
		case TEXTOID:
			return strcmp(TextDatumGetCString(value), ERASED_TEXT) == 0;
		case JSONBOID:
			return strcmp(DatumGetCString(DirectFunctionCall1(jsonb_out, value)), ERASED_JSON) == 0;
		case BYTEAOID:
			return toast_raw_datum_size(value) == VARHDRSZ;
		default:
			return false;
	}
}

bool
erasing_allows(const TriggerData *trigger, int column)
{
	TupleDesc descriptor = RelationGetDescr(trigger->tg_relation);
	Form_pg_attribute attribute = TupleDescAttr(descriptor, column - 1);
	bool old_is_null;
	bool is_null;
	Datum value;

	(void) heap_getattr(trigger->tg_trigtuple, column, descriptor, &old_is_null);
	value = heap_getattr(trigger->tg_newtuple, column, descriptor, &is_null);
	return !old_is_null && !is_null && is_mark(attribute->atttypid, value) &&
		   may_be_erased(trigger, NameStr(attribute->attname));
}
