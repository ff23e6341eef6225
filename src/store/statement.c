/*-------------------------------------------------------------------------
 *
 * statement.c
 *	  Saved plans, and values between SQL and C.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/xact.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/snapmgr.h"

#include "core/money.h"
#include "errors.h"
#include "store/statement.h"

static void
prepare(Statement *statement)
{
	SPIPlanPtr plan;
	int count = 0;

	while (count < STATEMENT_ARGUMENTS_MAX && OidIsValid(statement->types[count]))
		count++;
	plan = SPI_prepare(statement->sql, count, statement->types);
	if (plan == NULL || SPI_keepplan(plan) != 0)
		refuse(ERROR_INTERNAL, "a statement could not be prepared");
	statement->plan = plan;
}

void
statement_replace(Statement *statement, const char *sql)
{
	SPIPlanPtr old_plan = statement->plan;

	statement->plan = NULL;
	if (old_plan)
		SPI_freeplan(old_plan);
	statement->sql = sql;
	prepare(statement);
	statement->sql = NULL;
}

static uint64
run(Statement *statement, Datum *values, const char *nulls, bool read_only)
{
	int code;

	if (statement->plan == NULL)
		prepare(statement);
	/* Nobody reads the result of the statement before this one any more. */
	SPI_freetuptable(SPI_tuptable);
	SPI_tuptable = NULL;
	code = SPI_execute_plan(statement->plan, values, nulls, read_only, 0);
	if (code < 0)
		refuse(ERROR_INTERNAL, SPI_result_code_string(code));
	return SPI_processed;
}

uint64
statement_run(Statement *statement, Datum *values, const char *nulls)
{
	return run(statement, values, nulls, false);
}

uint64
statement_read(Statement *statement, Datum *values, const char *nulls)
{
	return run(statement, values, nulls, true);
}

uint64
statement_latest(Statement *statement, Datum *values, const char *nulls)
{
	uint64 count;

	CommandCounterIncrement();
	PushActiveSnapshot(GetLatestSnapshot());
	count = run(statement, values, nulls, true);
	PopActiveSnapshot();
	return count;
}

int64
next_number(Statement *statement, int64 account_id)
{
	statement_run(statement, (Datum[]){Int64GetDatum(account_id)}, NULL);
	return column_int64(0, 1);
}

/* value x 10^9 */
static Numeric
scale(Numeric value)
{
	return numeric_mul_opt_error(value, int64_to_numeric(MONEY_NANO_PER_UNIT), NULL);
}

static int64
scaled_to_int64(Numeric scaled)
{
	return DatumGetInt64(DirectFunctionCall1(numeric_int8, NumericGetDatum(scaled)));
}

static Datum
read_column(uint64 row, int column, bool *is_null)
{
	return SPI_getbinval(SPI_tuptable->vals[row], SPI_tuptable->tupdesc, column, is_null);
}

void
row_values(uint64 row, Datum *values, bool *nulls)
{
	heap_deform_tuple(SPI_tuptable->vals[row], SPI_tuptable->tupdesc, values, nulls);
}

bool
column_is_null(uint64 row, int column)
{
	bool is_null;

	(void) read_column(row, column, &is_null);
	return is_null;
}

Datum
column_datum(uint64 row, int column)
{
	bool is_null;

	return read_column(row, column, &is_null);
}

int32
column_int32(uint64 row, int column)
{
	return DatumGetInt32(column_datum(row, column));
}

int64
column_int64(uint64 row, int column)
{
	bool is_null;
	Datum value = read_column(row, column, &is_null);

	return is_null ? 0 : DatumGetInt64(value);
}

int64 *
column_numbers(uint64 count)
{
	int64 *numbers = palloc((count + 1) * sizeof(int64));

	for (uint64 row = 0; row < count; row++)
		numbers[row] = column_int64(row, 1);
	return numbers;
}

bool
column_bool(uint64 row, int column)
{
	return DatumGetBool(column_datum(row, column));
}

int64
column_nano(uint64 row, int column)
{
	bool is_null;
	Datum value = read_column(row, column, &is_null);

	/* A numeric(18,9) is in range and exact by its type, a NaN fails here. */
	return is_null ? 0 : scaled_to_int64(scale(DatumGetNumeric(value)));
}

TimestampTz
column_instant(uint64 row, int column, TimestampTz if_null)
{
	bool is_null;
	Datum value = read_column(row, column, &is_null);

	return is_null ? if_null : DatumGetTimestampTz(value);
}

char *
column_text(uint64 row, int column)
{
	bool is_null;
	Datum value = read_column(row, column, &is_null);

	return is_null ? NULL : TextDatumGetCString(value);
}

/* True for |value| < 10^9, the range of numeric(18,9). */
static bool
is_in_range(Numeric value)
{
	Datum size = DirectFunctionCall1(numeric_abs, NumericGetDatum(value));
	Datum limit = NumericGetDatum(int64_to_numeric(MONEY_NANO_MAX / MONEY_NANO_PER_UNIT + 1));

	return DatumGetBool(DirectFunctionCall2(numeric_lt, size, limit));
}

bool
numeric_to_nano(Numeric value, int64 *amount_nano)
{
	Numeric scaled;

	if (numeric_is_nan(value) || numeric_is_inf(value) || !is_in_range(value))
		return false;
	scaled = scale(value);
	*amount_nano = scaled_to_int64(scaled);
	return DatumGetBool(DirectFunctionCall2(numeric_eq, NumericGetDatum(scaled),
											NumericGetDatum(int64_to_numeric(*amount_nano))));
}

Numeric
nano_to_numeric(int64 amount_nano)
{
	return int64_div_fast_to_numeric(amount_nano, MONEY_DECIMALS);
}

void
set_text(Datum *values, char *nulls, int index, const char *text)
{
	nulls[index] = text ? ' ' : 'n';
	values[index] = text ? CStringGetTextDatum(text) : (Datum) 0;
}

void
set_instant(Datum *values, char *nulls, int index, TimestampTz instant, TimestampTz none)
{
	nulls[index] = instant == none ? 'n' : ' ';
	values[index] = TimestampTzGetDatum(instant);
}

void
set_number(Datum *values, char *nulls, int index, int64 number)
{
	nulls[index] = number == 0 ? 'n' : ' ';
	values[index] = Int64GetDatum(number);
}

void
set_nano(Datum *values, char *nulls, int index, int64 amount_nano, int64 none)
{
	nulls[index] = amount_nano == none ? 'n' : ' ';
	values[index] = amount_nano == none ? (Datum) 0 : nano_datum(amount_nano);
}

Datum
int64_array_datum(const int64 *numbers, size_t count)
{
	Datum *elements = palloc((count + 1) * sizeof(Datum));

	for (size_t i = 0; i < count; i++)
		elements[i] = Int64GetDatum(numbers[i]);
	return PointerGetDatum(construct_array(elements, (int) count, INT8OID, sizeof(int64),
										   FLOAT8PASSBYVAL, TYPALIGN_DOUBLE));
}
