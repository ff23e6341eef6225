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

/* The default of a column, ready to be evaluated. */
typedef struct ColumnDefault
{
	int index;
	ExprState *expression;
} ColumnDefault;

static List *
add_default(List *defaults, RowWrite *write, Form_pg_attribute attribute)
{
	Node *expression = find_default(&write->in, attribute);
	ColumnDefault *column;

	if (expression == NULL)
		return defaults;
	column = palloc(sizeof(ColumnDefault));
	*column = (ColumnDefault){attribute->attnum - 1,
							  ExecPrepareExpr((Expr *) expression, write->state)};
	return lappend(defaults, column);
}

List *
row_default_prepare(RowWrite *write)
{
	TupleDesc descriptor = RelationGetDescr(write->in.relation);
	List *defaults = NIL;

	for (int i = 0; write->in.table.others > 0 && i < descriptor->natts; i++)
	{
		Form_pg_attribute attribute = TupleDescAttr(descriptor, i);

		if (!attribute->attisdropped && !attribute->attgenerated &&
			!is_known(&write->in, attribute->attnum))
			defaults = add_default(defaults, write, attribute);
	}
	return defaults;
}

void
row_default_fill(RowWrite *write, List *defaults, TupleTableSlot *slot)
{
	ListCell *cell;

	foreach (cell, defaults)
	{
		const ColumnDefault *column = lfirst(cell);

		slot->tts_values[column->index] = ExecEvalExprSwitchContext(
			column->expression, GetPerTupleExprContext(write->state),
			&slot->tts_isnull[column->index]);
	}
}
