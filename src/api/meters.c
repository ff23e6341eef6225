/*-------------------------------------------------------------------------
 *
 * meters.c
 *	  sum_meters(): sums of what requests counted beside tokens.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "common/hashfn.h"
#include "fmgr.h"
#include "utils/fmgrprotos.h"
#include "utils/jsonb.h"
#include "utils/memutils.h"

#include "errors.h"

/* Callers choose names: of a month there may be very many, and each is found by its hash. */
typedef struct MeterSum
{
	char *name;
	Numeric quantity;
	char status; /* the table's own */
} MeterSum;

#define SH_PREFIX sums
#define SH_ELEMENT_TYPE MeterSum
#define SH_KEY_TYPE char *
#define SH_KEY name
#define SH_HASH_KEY(table, key) hash_bytes((const unsigned char *) (key), strlen(key))
#define SH_EQUAL(table, a, b) (strcmp(a, b) == 0)
#define SH_SCOPE static inline
#define SH_DECLARE
#define SH_DEFINE
#include "lib/simplehash.h"

/* Of a group that may be one of many. */
#define NAMES_AT_FIRST 2

/* In memory that lives as long as the sums. */
static void
add_quantity(sums_hash *sums, char *name, Numeric quantity)
{
	bool found;
	MeterSum *sum = sums_insert(sums, name, &found);
	Numeric before = sum->quantity;

	if (!found)
	{
		sum->name = MemoryContextStrdup(sums->ctx, name);
		sum->quantity = DatumGetNumericCopy(NumericGetDatum(quantity));
		return;
	}
	sum->quantity = DatumGetNumeric(
		DirectFunctionCall2(numeric_add, NumericGetDatum(before), NumericGetDatum(quantity)));
	pfree(before);
}

static void
add_object(sums_hash *sums, Jsonb *meters)
{
	MemoryContext caller = CurrentMemoryContext;
	JsonbIterator *iterator = JsonbIteratorInit(&meters->root);
	JsonbIteratorToken token;
	JsonbValue name;
	JsonbValue quantity;
	char *key;

	while ((token = JsonbIteratorNext(&iterator, &name, true)) != WJB_DONE)
	{
		if (token != WJB_KEY)
			continue;
		JsonbIteratorNext(&iterator, &quantity, true);
		if (quantity.type != jbvNumeric)
			refuse(ERROR_USAGE_METERS, "a quantity is no number");
		key = pnstrdup(name.val.string.val, name.val.string.len);
		MemoryContextSwitchTo(sums->ctx);
		add_quantity(sums, key, quantity.val.numeric);
		MemoryContextSwitchTo(caller);
	}
}

PG_FUNCTION_INFO_V1(billing_sum_meters_add);
Datum
billing_sum_meters_add(PG_FUNCTION_ARGS)
{
	MemoryContext memory;
	sums_hash *sums = PG_ARGISNULL(0) ? NULL : (sums_hash *) PG_GETARG_POINTER(0);
	Jsonb *meters;

	if (!AggCheckCallContext(fcinfo, &memory))
		refuse(ERROR_USAGE_METERS, "sum_meters_add() is for sum_meters() alone");
	if (PG_ARGISNULL(1))
	{
		if (sums == NULL)
			PG_RETURN_NULL();
		PG_RETURN_POINTER(sums);
	}
	meters = PG_GETARG_JSONB_P(1);
	if (!JB_ROOT_IS_OBJECT(meters))
		refuse(ERROR_USAGE_METERS, "they are no object");
	if (sums == NULL)
		sums = sums_create(memory, NAMES_AT_FIRST, NULL);
	add_object(sums, meters);
	PG_RETURN_POINTER(sums);
}

PG_FUNCTION_INFO_V1(billing_sum_meters_end);
Datum
billing_sum_meters_end(PG_FUNCTION_ARGS)
{
	sums_iterator iterator;
	JsonbParseState *state = NULL;
	sums_hash *sums;
	MeterSum *sum;

	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	sums = (sums_hash *) PG_GETARG_POINTER(0);
	pushJsonbValue(&state, WJB_BEGIN_OBJECT, NULL);
	sums_start_iterate(sums, &iterator);
	while ((sum = sums_iterate(sums, &iterator)) != NULL)
	{
		JsonbValue name = {.type = jbvString,
						   .val.string = {.val = sum->name, .len = strlen(sum->name)}};
		JsonbValue quantity = {.type = jbvNumeric, .val.numeric = sum->quantity};

		pushJsonbValue(&state, WJB_KEY, &name);
		pushJsonbValue(&state, WJB_VALUE, &quantity);
	}
	PG_RETURN_JSONB_P(JsonbValueToJsonb(pushJsonbValue(&state, WJB_END_OBJECT, NULL)));
}
