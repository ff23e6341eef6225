/*-------------------------------------------------------------------------
 *
 * arguments.c
 *	  From SQL arguments to values that the core accepts.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/detoast.h"
#include "common/int.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/datetime.h"
#include "utils/timestamp.h"

#include "api/arguments.h"
#include "core/price_hours.h"
#include "core/rating.h"
#include "errors.h"
#include "local_time.h"
#include "message/parcel.h"
#include "spi/catalog.h"
#include "spi/nano.h"
#include "spi/sql.h"

static void
check_not_null(FunctionCallInfo fcinfo, int index, const char *name)
{
	if (PG_ARGISNULL(index))
		refuse(ERROR_NULL_ARGUMENT, name);
}

int64
arg_int64(FunctionCallInfo fcinfo, int index, const char *name)
{
	check_not_null(fcinfo, index, name);
	return PG_GETARG_INT64(index);
}

int64
arg_account_id(FunctionCallInfo fcinfo)
{
	return arg_int64(fcinfo, 0, "account_id");
}

int64
arg_customer_id(FunctionCallInfo fcinfo)
{
	int64 account_id = arg_account_id(fcinfo);

	if (account_id <= 0)
		refuse(ERROR_ACCOUNT_RESERVED, account_id);
	return account_id;
}

void
arg_check(LimitId limit, const char *name, int64 value)
{
	Fault fault = fault_of_limit(limit, name, value);

	if (fault.message)
		refuse_fault(&fault);
}

int64
arg_count(FunctionCallInfo fcinfo, int index, const char *name, LimitId limit)
{
	int64 count = arg_int64(fcinfo, index, name);

	arg_check(limit, name, count);
	return count;
}

bool
arg_bool(FunctionCallInfo fcinfo, int index, const char *name)
{
	check_not_null(fcinfo, index, name);
	return PG_GETARG_BOOL(index);
}

/* Refuses a text that is too long by what its header says, before a byte of it is read. */
static void
check_bytes(FunctionCallInfo fcinfo, int index, const char *name, int bytes_max)
{
	if (!PG_ARGISNULL(index) &&
		toast_raw_datum_size(PG_GETARG_DATUM(index)) - VARHDRSZ > (Size) bytes_max)
		refuse(ERROR_TEXT_TOO_LONG, name, bytes_max);
}

char *
arg_text(FunctionCallInfo fcinfo, int index, const char *name, int bytes_max)
{
	char *value;
	Fault fault;

	check_bytes(fcinfo, index, name, bytes_max);
	value = PG_ARGISNULL(index) ? NULL : text_to_cstring(PG_GETARG_TEXT_PP(index));
	fault = fault_of_text(name, value, bytes_max);
	if (fault.message)
		refuse_fault(&fault);
	return value;
}

char *
arg_text_or_null(FunctionCallInfo fcinfo, int index, const char *name, int bytes_max)
{
	return PG_ARGISNULL(index) ? NULL : arg_text(fcinfo, index, name, bytes_max);
}

TimestampTz
arg_instant(FunctionCallInfo fcinfo, int index, const char *name, TimestampTz if_null)
{
	TimestampTz instant;

	if (PG_ARGISNULL(index))
		return if_null;
	instant = PG_GETARG_TIMESTAMPTZ(index);
	if (TIMESTAMP_NOT_FINITE(instant))
		refuse(ERROR_NOT_FINITE, name);
	return instant;
}

bool
arg_day(FunctionCallInfo fcinfo, int index, char day[ARG_DAY_SIZE])
{
	DateADT date = PG_ARGISNULL(index) ? DATEVAL_NOBEGIN : PG_GETARG_DATEADT(index);
	int year;
	int month;
	int day_of_month;

	if (PG_ARGISNULL(index))
		return false;
	if (DATE_NOT_FINITE(date))
		refuse(ERROR_NOT_FINITE, "day");
	j2date(date + POSTGRES_EPOCH_JDATE, &year, &month, &day_of_month);
	if (year < 2000 || year > 9999)
		refuse(ERROR_OUT_OF_RANGE, "day", "a day from 2000 on", psprintf("%d", year));
	snprintf(day, ARG_DAY_SIZE, "%04d-%02d-%02d", year % 10000, month % 100, day_of_month % 100);
	return true;
}

/* Prices of another century are a mistake. */
TimestampTz
arg_effective_from(FunctionCallInfo fcinfo, int index)
{
	TimestampTz effective_from = arg_instant(fcinfo, index, "effective_from", DT_NOBEGIN);

	if (effective_from != DT_NOBEGIN && effective_from < INSTANT_MIN)
		refuse(ERROR_OUT_OF_RANGE, "effective_from", INSTANT_MIN_TEXT " or later",
			   timestamptz_to_str(effective_from));
	return effective_from;
}

/* A value that is no int64, as text. */
no_return static void
refuse_value(LimitId limit, const char *name, const char *value)
{
	char range[LIMITS_TEXT_SIZE];

	refuse(ERROR_OUT_OF_RANGE, name, limits_print_range(limit, range), value);
}

int64
arg_duration(FunctionCallInfo fcinfo, int index, const char *name, LimitId limit)
{
	Interval *interval;
	int64 days_us;
	int64 duration_us;

	check_not_null(fcinfo, index, name);
	interval = PG_GETARG_INTERVAL_P(index);
	if (interval->month != 0 || pg_mul_s64_overflow(interval->day, USECS_PER_DAY, &days_us) ||
		pg_add_s64_overflow(days_us, interval->time, &duration_us) ||
		!limits_allow(limit, duration_us))
		refuse_value(
			limit, name,
			DatumGetCString(DirectFunctionCall1(interval_out, IntervalPGetDatum(interval))));
	return duration_us;
}

/* True when the value has no digit behind that many decimals. */
static bool
has_decimals(Numeric value, int decimals)
{
	Datum rounded = DirectFunctionCall2(numeric_round, NumericGetDatum(value),
										Int32GetDatum(decimals));

	return DatumGetBool(DirectFunctionCall2(numeric_eq, rounded, NumericGetDatum(value)));
}

int64
arg_amount(FunctionCallInfo fcinfo, int index, const char *name, LimitId limit)
{
	int decimals = limits_table[limit].decimals;
	char text[LIMITS_TEXT_SIZE];
	Numeric value;
	int64 amount_nano;

	check_not_null(fcinfo, index, name);
	value = PG_GETARG_NUMERIC(index);
	if (numeric_is_nan(value) || numeric_is_inf(value))
		refuse(ERROR_NOT_FINITE, name);
	if (!has_decimals(value, decimals))
		refuse(ERROR_TOO_PRECISE, name, decimals);
	if (!nano_from_numeric(value, &amount_nano))
		refuse_value(limit, name, limits_print_number(numeric_normalize(value), text));
	if (amount_nano <= 0 && limits_table[limit].min > 0)
		refuse(ERROR_NOT_POSITIVE, name);
	arg_check(limit, name, amount_nano);
	return amount_nano;
}

char *
arg_actor(FunctionCallInfo fcinfo, int index)
{
	if (PG_ARGISNULL(index))
		return catalog_login_name();
	return arg_text(fcinfo, index, "actor", IDENTIFIER_BYTES_MAX);
}

char *
arg_reason(FunctionCallInfo fcinfo, int index)
{
	return arg_text_or_null(fcinfo, index, "reason", REASON_BYTES_MAX);
}

static bool
is_null_or_empty(FunctionCallInfo fcinfo, int index)
{
	return PG_ARGISNULL(index) || VARSIZE_ANY_EXHDR(PG_GETARG_TEXT_PP(index)) == 0;
}

char *
arg_text_or_empty(FunctionCallInfo fcinfo, int index, const char *name, int bytes_max)
{
	return is_null_or_empty(fcinfo, index) ? pstrdup("") : arg_text(fcinfo, index, name, bytes_max);
}

char *
arg_variant(FunctionCallInfo fcinfo, int index)
{
	return arg_text_or_empty(fcinfo, index, "variant", VARIANT_BYTES_MAX);
}

char *
arg_price_items(FunctionCallInfo fcinfo, int index)
{
	char canonical[PRICE_ITEMS_TEXT_SIZE];
	const char *problem;
	PriceItems items;
	char *asked;

	if (is_null_or_empty(fcinfo, index))
		return pstrdup("");
	asked = arg_text(fcinfo, index, "meters", PRICE_ITEMS_TEXT_SIZE);
	problem = price_items_read(asked, &items);
	if (problem)
		refuse(ERROR_PRICE_ITEMS, problem);
	return pstrdup(price_items_print(&items, canonical));
}

bool
arg_unlisted_are_free(FunctionCallInfo fcinfo, int index)
{
	char *asked;

	if (is_null_or_empty(fcinfo, index))
		return false;
	asked = arg_text(fcinfo, index, "unlisted_meters", VALUE_BYTES_MAX);
	if (strcmp(asked, RATING_UNLISTED_FREE) != 0)
		refuse(ERROR_INVALID_VALUE, "unlisted_meters", asked);
	return true;
}

char *
arg_hours(FunctionCallInfo fcinfo, int index)
{
	char canonical[PRICE_HOURS_TEXT_SIZE];
	char zone[PRICE_HOURS_ZONE_SIZE];
	PriceHours hours;
	const char *zone_name;
	char *asked;

	if (is_null_or_empty(fcinfo, index))
		return pstrdup("");
	asked = arg_text(fcinfo, index, "hours", VALUE_BYTES_MAX);
	if (!price_hours_parse(asked, &hours, zone) || (zone_name = local_time_zone(zone)) == NULL)
		refuse(ERROR_INVALID_VALUE, "hours", asked);
	price_hours_print(&hours, zone_name, canonical);
	return pstrdup(canonical);
}

char *
arg_price_list(FunctionCallInfo fcinfo, int index)
{
	return PG_ARGISNULL(index) ? pstrdup(RATING_STANDARD_LIST)
							   : arg_text(fcinfo, index, "price_list", VARIANT_BYTES_MAX);
}

char *
arg_currency(FunctionCallInfo fcinfo, int index)
{
	return arg_word_of(fcinfo, index, "currency", "CNY", "USD");
}

/* Whether a text has no control characters, such as the end of a line. */
static bool
is_one_line(const char *text)
{
	for (; *text; text++)
		if ((unsigned char) *text < ' ' || *text == 0x7f)
			return false;
	return true;
}

char *
arg_line(FunctionCallInfo fcinfo, int index, const char *name, int bytes_max)
{
	char *line = arg_text(fcinfo, index, name, bytes_max);

	if (!is_one_line(line))
		refuse(ERROR_INVALID_VALUE, name, "more than one line");
	return line;
}

char *
arg_line_or_null(FunctionCallInfo fcinfo, int index, const char *name, int bytes_max)
{
	return PG_ARGISNULL(index) ? NULL : arg_line(fcinfo, index, name, bytes_max);
}

char *
arg_word_of(FunctionCallInfo fcinfo, int index, const char *name, const char *one,
			const char *other)
{
	char *word = arg_text(fcinfo, index, name, VALUE_BYTES_MAX);

	if (strcmp(word, one) != 0 && strcmp(word, other) != 0)
		refuse(ERROR_INVALID_VALUE, name, word);
	return word;
}

/* One that a message can go to: what sends it asks the same. */
char *
arg_email(FunctionCallInfo fcinfo, int index)
{
	char *email = arg_text_or_null(fcinfo, index, "email", IDENTIFIER_BYTES_MAX);

	if (email && !parcel_is_address(email))
		refuse(ERROR_INVALID_VALUE, "email", email);
	return email;
}

/* Digits, with a + in front where the country is named. */
char *
arg_mobile(FunctionCallInfo fcinfo, int index)
{
	char *mobile = arg_text_or_null(fcinfo, index, "mobile", VALUE_BYTES_MAX);
	size_t digits;

	if (mobile == NULL)
		return NULL;
	digits = strspn(mobile + (mobile[0] == '+'), "0123456789");
	if (mobile[digits + (mobile[0] == '+')] != '\0' || digits < MOBILE_DIGITS_MIN ||
		digits > MOBILE_DIGITS_MAX)
		refuse(ERROR_INVALID_VALUE, "mobile", mobile);
	return mobile;
}

char *
arg_time_zone_or_null(FunctionCallInfo fcinfo, int index)
{
	char *name = arg_text_or_null(fcinfo, index, "time_zone", VALUE_BYTES_MAX);

	if (name && local_time_zone(name) == NULL)
		refuse(ERROR_INVALID_VALUE, "time_zone", name);
	return name;
}
