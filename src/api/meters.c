/*-------------------------------------------------------------------------
 *
 * meters.c
 *	  add_meters(): sums of what requests counted beside tokens.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/fmgrprotos.h"
#include "utils/jsonb.h"

#include "errors.h"

/* A quantity of that name in an object; NULL: it has none. */
static const JsonbValue *
find_quantity(Jsonb *object, JsonbValue *name)
{
	JsonbValue *found = findJsonbValueFromContainer(&object->root, JB_FOBJECT, name);

	if (found && found->type != jbvNumeric)
		refuse(ERROR_USAGE_METERS, "a quantity is no number");
	return found;
}

static void
push_sum(JsonbParseState **state, JsonbValue *name, const JsonbValue *a, const JsonbValue *b)
{
	JsonbValue sum = *a;

	if (b)
		sum.val.numeric = DatumGetNumeric(DirectFunctionCall2(
			numeric_add, NumericGetDatum(a->val.numeric), NumericGetDatum(b->val.numeric)));
	pushJsonbValue(state, WJB_KEY, name);
	pushJsonbValue(state, WJB_VALUE, &sum);
}

/* Pushes what one has, with what the other has of the same name; or but what the other lacks. */
static void
push_sums(JsonbParseState **state, Jsonb *one, Jsonb *other, bool lacking_alone)
{
	JsonbIterator *iterator = JsonbIteratorInit(&one->root);
	JsonbIteratorToken token;
	JsonbValue name;

	while ((token = JsonbIteratorNext(&iterator, &name, true)) != WJB_DONE)
	{
		const JsonbValue *found;

		if (token != WJB_KEY)
			continue;
		found = find_quantity(other, &name);
		if (!lacking_alone || found == NULL)
			push_sum(state, &name, find_quantity(one, &name), found);
	}
}

PG_FUNCTION_INFO_V1(billing_add_meters);
Datum
billing_add_meters(PG_FUNCTION_ARGS)
{
	Jsonb *a = PG_GETARG_JSONB_P(0);
	Jsonb *b = PG_GETARG_JSONB_P(1);
	JsonbParseState *state = NULL;

	if (!JB_ROOT_IS_OBJECT(a) || !JB_ROOT_IS_OBJECT(b))
		refuse(ERROR_USAGE_METERS, "they are no object");
	pushJsonbValue(&state, WJB_BEGIN_OBJECT, NULL);
	push_sums(&state, a, b, false);
	push_sums(&state, b, a, true);
	PG_RETURN_JSONB_P(JsonbValueToJsonb(pushJsonbValue(&state, WJB_END_OBJECT, NULL)));
}
