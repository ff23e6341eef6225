/*-------------------------------------------------------------------------
 *
 * row_default.c
 *	  Defaults, as COPY evaluates them.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "executor/executor.h"
#include "rewrite/rewriteHandler.h"
#include "utils/lsyscache.h"

#include "rows/row_default.h"

static bool
is_known(const RowOpened *in, AttrNumber number)
{
	int known = row_shape_count(in->shape);

	for (int i = 0; i < known; i++)
		if (in->table.numbers[i] == number)
			return true;
	return false;
}

/* A domain may refuse the null that a column without a default gets. */
static Node *
find_default(const RowOpened *in, Form_pg_attribute attribute)
{
	Node *expression = build_column_default(in->relation, attribute->attnum);

	if (expression == NULL && get_typtype(attribute->atttypid) == TYPTYPE_DOMAIN)
		row_shape_refuse(in->shape, psprintf("column %s is of a domain and has no default",
											 NameStr(attribute->attname)));
	return expression;
}

static void
fill(RowWrite *write, TupleTableSlot *slot, Form_pg_attribute attribute)
{
	Node *expression = find_default(&write->in, attribute);
	int index = attribute->attnum - 1;

	if (expression)
		slot->tts_values[index] = ExecEvalExprSwitchContext(
			ExecPrepareExpr((Expr *) expression, write->state),
			GetPerTupleExprContext(write->state), &slot->tts_isnull[index]);
}

void
row_default_fill(RowWrite *write, TupleTableSlot *slot)
{
	TupleDesc descriptor = slot->tts_tupleDescriptor;

	for (int i = 0; write->in.table.others > 0 && i < descriptor->natts; i++)
	{
		Form_pg_attribute attribute = TupleDescAttr(descriptor, i);

		if (!attribute->attisdropped && !attribute->attgenerated &&
			!is_known(&write->in, attribute->attnum))
			fill(write, slot, attribute);
	}
}
