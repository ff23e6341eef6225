/*-------------------------------------------------------------------------
 *
 * policy.c
 *	  set_policy(), and the rows of the view policy.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "common/int.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "api/arguments.h"
#include "core/money.h"
#include "errors.h"
#include "spi/scope.h"
#include "spi/subscriber.h"
#include "store/audit_store.h"
#include "store/policy_store.h"
#include "subtransaction.h"

/* A duration in the largest unit that it is a whole number of. */
static char *
print_duration(int64 duration_us)
{
	static const struct
	{
		int64 us;
		const char *name;
	} units[] = {
		{USECS_PER_DAY, "days"},	{USECS_PER_HOUR, "hours"}, {USECS_PER_MINUTE, "minutes"},
		{USECS_PER_SEC, "seconds"}, {1, "microseconds"},
	};
	size_t i = 0;

	while (duration_us % units[i].us != 0)
		i++;
	return psprintf(INT64_FORMAT " %s", duration_us / units[i].us, units[i].name);
}

/* A policy's value as text, in a form that set_policy() reads again. */
static char *
print_value(PolicyId id, int64 value)
{
	switch (policy_catalog[id].type)
	{
		case POLICY_BOOLEAN:
			return pstrdup(value ? "on" : "off");
		case POLICY_DURATION:
			return print_duration(value);
		case POLICY_INSTANT:
			return pstrdup(timestamptz_to_str(value));
		case POLICY_AMOUNT:
			return money_print(value, palloc(MONEY_TEXT_SIZE));
		case POLICY_CHOICE:
			return pstrdup(policy_choice(id, value));
	}
	return NULL;
}

/* A text to be read in a subtransaction, and its value. */
typedef struct ValueText
{
	const char *text;
	int64 value;
	bool is_valid;
} ValueText;

/* A duration without months, whose length nobody knows. */
static void
read_duration(void *argument)
{
	ValueText *read = argument;
	Interval *interval = DatumGetIntervalP(DirectFunctionCall3(
		interval_in, CStringGetDatum(read->text), ObjectIdGetDatum(InvalidOid), Int32GetDatum(-1)));
	int64 days_us;

	read->is_valid = interval->month == 0 &&
					 !pg_mul_s64_overflow(interval->day, USECS_PER_DAY, &days_us) &&
					 !pg_add_s64_overflow(days_us, interval->time, &read->value);
}

static void
read_instant(void *argument)
{
	ValueText *read = argument;

	read->value = DatumGetTimestampTz(
		DirectFunctionCall3(timestamptz_in, CStringGetDatum(read->text),
							ObjectIdGetDatum(InvalidOid), Int32GetDatum(-1)));
	read->is_valid = !TIMESTAMP_NOT_FINITE(read->value);
}

/* One of a policy's words. */
static void
read_choice(PolicyId id, ValueText *read)
{
	const char *choice;

	while ((choice = policy_choice(id, read->value)) != NULL && strcmp(choice, read->text) != 0)
		read->value++;
	read->is_valid = choice != NULL;
}

static int64
read_value(PolicyId id, const char *text)
{
	const Policy *policy = &policy_catalog[id];
	ValueText read = {.text = text};
	bool on = false;
	const char *needed = NULL;

	switch (policy->type)
	{
		case POLICY_BOOLEAN:
			needed = "on or off is needed";
			read.is_valid = parse_bool(text, &on);
			read.value = on;
			break;
		case POLICY_DURATION:
			needed = "a duration in days, hours or less is needed";
			read.is_valid = subtransaction_read(read_duration, &read) && read.is_valid;
			break;
		case POLICY_INSTANT:
			needed = "a finite instant is needed";
			read.is_valid = subtransaction_read(read_instant, &read) && read.is_valid;
			break;
		case POLICY_AMOUNT:
			needed = "an amount is needed";
			read.is_valid = money_parse(text, &read.value);
			break;
		case POLICY_CHOICE:
			needed = "one of the words of its description is needed";
			read_choice(id, &read);
			break;
	}
	if (!read.is_valid)
		refuse(ERROR_POLICY_VALUE, policy->name, needed);
	return read.value;
}

static void
check_currency(const Policy *policy, const char *currency)
{
	if ((policy->type == POLICY_AMOUNT) != (currency != NULL))
		refuse(ERROR_POLICY_VALUE, policy->name,
			   currency ? "it has no currency" : "a currency is needed");
}

PG_FUNCTION_INFO_V1(billing_set_policy);
Datum
billing_set_policy(PG_FUNCTION_ARGS)
{
	char *name = arg_text(fcinfo, 0, "name", VALUE_BYTES_MAX);
	char *text = arg_text_or_null(fcinfo, 1, "value", VALUE_BYTES_MAX);
	char *currency = PG_ARGISNULL(2) ? NULL : arg_currency(fcinfo, 2);
	PolicyId id = policy_from_name(name);
	const Policy *policy = &policy_catalog[id];
	AuditLine line = {
		.action = "set_policy", .actor = arg_actor(fcinfo, 3), .reason = arg_reason(fcinfo, 4)};
	int64 value = 0;
	int64 old_value;
	Scope scope;

	if (id == POLICIES_COUNT)
		refuse(ERROR_POLICY_UNKNOWN, name);
	check_currency(policy, currency);
	if (text)
		value = read_value(id, text);
	if (text && !policy_accepts(id, value))
		refuse(ERROR_POLICY_VALUE, name,
			   psprintf("it must be from %s to %s", print_value(id, policy->min),
						print_value(id, policy->max)));

	scope_open(&scope);
	subscriber_check_none();
	/* Who books must not be the one who says from when on two are needed. */
	if (id == POLICY_SECOND_PERSON_ABOVE && !has_privs_of_role(scope.user_id, GetUserId()))
		refuse(ERROR_POLICY_OWNER, name);
	line.object = currency ? psprintf("%s in %s", name, currency) : name;
	if (policy_get(id, currency, &old_value))
		line.old_value = print_value(id, old_value);
	if (text)
	{
		policy_store(id, currency, value);
		line.new_value = print_value(id, value);
	}
	else
		policy_remove(id, currency);
	audit_insert(&line);
	scope_close(&scope);
	PG_RETURN_VOID();
}

/* An optional value of a row of the view. */
static void
put_value(Datum *values, bool *nulls, int column, PolicyId id, bool exists, int64 value)
{
	nulls[column] = !exists;
	if (exists)
		values[column] = CStringGetTextDatum(print_value(id, value));
}

static void
put_policy(ReturnSetInfo *result, PolicyId id, const char *currency)
{
	const Policy *policy = &policy_catalog[id];
	bool is_bounded = policy->type != POLICY_INSTANT;
	int64 value;
	bool is_set = policy_get(id, currency, &value);
	Datum values[8];
	bool nulls[8] = {0};

	values[0] = CStringGetTextDatum(policy->name);
	values[1] = CStringGetTextDatum(policy_type_name(policy->type));
	nulls[2] = currency == NULL;
	values[2] = currency ? CStringGetTextDatum(currency) : (Datum) 0;
	put_value(values, nulls, 3, id, is_set, value);
	put_value(values, nulls, 4, id, policy->has_default, policy->default_value);
	put_value(values, nulls, 5, id, is_bounded, policy->min);
	put_value(values, nulls, 6, id, is_bounded, policy->max);
	values[7] = CStringGetTextDatum(policy->description);
	tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
}

PG_FUNCTION_INFO_V1(billing_policies);
Datum
billing_policies(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	Scope scope;

	InitMaterializedSRF(fcinfo, 0);
	scope_open(&scope);
	for (int id = 0; id < POLICIES_COUNT; id++)
	{
		bool per_currency = policy_catalog[id].type == POLICY_AMOUNT;

		put_policy(result, (PolicyId) id, per_currency ? "CNY" : NULL);
		if (per_currency)
			put_policy(result, (PolicyId) id, "USD");
	}
	scope_close(&scope);
	return (Datum) 0;
}
