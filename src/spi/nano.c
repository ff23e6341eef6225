/*-------------------------------------------------------------------------
 *
 * nano.c
 *	  From numeric to nano-units and back.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "utils/builtins.h"

#include "core/money.h"
#include "errors.h"
#include "spi/nano.h"

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

int64
nano_from_exact(Numeric value)
{
	if (numeric_is_nan(value) || numeric_is_inf(value))
		refuse(ERROR_ROW_ALTERED, "an amount is no number");
	return scaled_to_int64(scale(value));
}

/* True where the scaled value is an int64. */
static bool
is_in_range(Numeric value)
{
	Datum size = DirectFunctionCall1(numeric_abs, NumericGetDatum(value));
	Datum limit = NumericGetDatum(int64_to_numeric(PG_INT64_MAX / MONEY_NANO_PER_UNIT));

	return DatumGetBool(DirectFunctionCall2(numeric_lt, size, limit));
}

bool
nano_from_numeric(Numeric value, int64 *amount_nano)
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

Numeric
nano_sum_to_numeric(int128 sum_nano)
{
	Datum high = DirectFunctionCall2(
		numeric_mul, NumericGetDatum(int64_to_numeric((int64) (sum_nano / MONEY_NANO_MAX))),
		NumericGetDatum(nano_to_numeric(MONEY_NANO_MAX)));
	Datum low = nano_datum((int64) (sum_nano % MONEY_NANO_MAX));

	return DatumGetNumeric(DirectFunctionCall2(numeric_add, high, low));
}

const char *
nano_text(int128 sum_nano)
{
	return DatumGetCString(
		DirectFunctionCall1(numeric_out, NumericGetDatum(nano_sum_to_numeric(sum_nano))));
}
