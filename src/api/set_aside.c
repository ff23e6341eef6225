/*-------------------------------------------------------------------------
 *
 * set_aside.c
 *	  What operators do about rows that were set aside.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/array.h"

#include "api/arguments.h"
#include "clock.h"
#include "errors.h"
#include "spi/scope.h"
#include "store/audit_store.h"
#include "store/set_aside_store.h"

/* Numbers of rows; not none and not too many. */
static int64 *
arg_numbers(FunctionCallInfo fcinfo, size_t *count)
{
	Datum *elements;
	bool *nulls;
	int elements_count;
	int64 *numbers;

	if (PG_ARGISNULL(0))
		refuse(ERROR_NULL_ARGUMENT, "set_aside_nos");
	deconstruct_array(PG_GETARG_ARRAYTYPE_P(0), INT8OID, sizeof(int64), FLOAT8PASSBYVAL,
					  TYPALIGN_DOUBLE, &elements, &nulls, &elements_count);
	arg_check(LIMIT_SET_ASIDE_ROWS, "count of set_aside_nos", elements_count);
	numbers = palloc(elements_count * sizeof(int64));
	for (int i = 0; i < elements_count; i++)
	{
		if (nulls[i])
			refuse(ERROR_NULL_ARGUMENT, "set_aside_nos");
		numbers[i] = DatumGetInt64(elements[i]);
	}
	*count = elements_count;
	return numbers;
}

static int
compare_numbers(const void *left, const void *right)
{
	int64 a = *(const int64 *) left;
	int64 b = *(const int64 *) right;

	return (a > b) - (a < b);
}

/* Refuses where one of the numbers, in any order, is none of the rows, which are in theirs. */
static void
check_all(int64 *numbers, size_t numbers_count, const SetAsideRow *rows, size_t count)
{
	size_t row = 0;

	qsort(numbers, numbers_count, sizeof(int64), compare_numbers);
	for (size_t i = 0; i < numbers_count; i++)
	{
		while (row < count && rows[row].set_aside_no < numbers[i])
			row++;
		if (row == count || rows[row].set_aside_no != numbers[i])
			refuse(ERROR_SET_ASIDE_UNKNOWN, numbers[i]);
	}
}

static void
audit(const SetAsideRow *rows, size_t count, const char *action, const SetAsideHandling *handling)
{
	AuditLine *lines = palloc((count + 1) * sizeof(AuditLine));

	for (size_t i = 0; i < count; i++)
		lines[i] = (AuditLine){.account_id = rows[i].account_id,
							   .action = action,
							   .object = psprintf("set aside " INT64_FORMAT, rows[i].set_aside_no),
							   .actor = handling->actor,
							   .reason = handling->reason};
	audit_insert_all(lines, count);
}

static Datum
handle(FunctionCallInfo fcinfo, const char *action, bool retries)
{
	SetAsideHandling handling = {
		.retries = retries,
		.reason = arg_text(fcinfo, 1, "reason", REASON_BYTES_MAX),
		.actor = arg_actor(fcinfo, 2),
		.at = clock_now(),
	};
	size_t numbers_count;
	int64 *numbers = arg_numbers(fcinfo, &numbers_count);
	SetAsideRow *rows;
	size_t count;
	Scope scope;

	scope_open(&scope);
	rows = set_aside_handle(numbers, numbers_count, &handling, &count);
	check_all(numbers, numbers_count, rows, count);
	audit(rows, count, action, &handling);
	scope_close(&scope);
	PG_RETURN_INT64((int64) count);
}

PG_FUNCTION_INFO_V1(billing_retry_set_aside);
Datum
billing_retry_set_aside(PG_FUNCTION_ARGS)
{
	return handle(fcinfo, "retry_set_aside", true);
}

PG_FUNCTION_INFO_V1(billing_dismiss_set_aside);
Datum
billing_dismiss_set_aside(PG_FUNCTION_ARGS)
{
	return handle(fcinfo, "dismiss_set_aside", false);
}
