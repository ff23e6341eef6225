/*-------------------------------------------------------------------------
 *
 * usage_report.c
 *	  usage_report(): usage by key, model, variant, project, a tag, day and hour.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "funcapi.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "api/arguments.h"
#include "core/policy.h"
#include "core/text.h"
#include "errors.h"
#include "local_time.h"
#include "spi/scope.h"
#include "store/account_range_store.h"
#include "store/account_store.h"
#include "store/partition_store.h"
#include "store/usage_report_store.h"

#define TAG_PREFIX "tag:"

/* Notes the one tag whose values are told apart; false where it is none, or another. */
static bool
add_tag(UsageReport *report, const char *name)
{
	if (!text_is_label(name, TAG_BYTES_MAX) ||
		(report->by_tag && strcmp(report->by_tag, name) != 0))
		return false;
	report->by_tag = name;
	return true;
}

/* Notes one word of group_by; false where it is none, or contradicts another. */
static bool
add_grouping(UsageReport *report, const char *word)
{
	if (strcmp(word, "key") == 0)
		report->by_key = true;
	else if (strcmp(word, "model") == 0)
		report->by_model = true;
	else if (strcmp(word, "variant") == 0)
		report->by_variant = true;
	else if (strcmp(word, "project") == 0)
		report->by_project = true;
	else if (strncmp(word, TAG_PREFIX, strlen(TAG_PREFIX)) == 0)
		return add_tag(report, word + strlen(TAG_PREFIX));
	else if (strcmp(word, "day") != 0 && strcmp(word, "hour") != 0)
		return false;
	else if (report->period && strcmp(report->period, word) != 0)
		return false;
	else
		report->period = word;
	return true;
}

static void
read_grouping(FunctionCallInfo fcinfo, int index, UsageReport *report)
{
	Datum *words;
	bool *nulls;
	int count;

	if (PG_ARGISNULL(index))
		refuse(ERROR_NULL_ARGUMENT, "group_by");
	deconstruct_array(PG_GETARG_ARRAYTYPE_P(index), TEXTOID, -1, false, TYPALIGN_INT, &words,
					  &nulls, &count);
	for (int i = 0; i < count; i++)
	{
		const char *word = nulls[i] ? "null" : TextDatumGetCString(words[i]);

		if (strlen(word) > VALUE_BYTES_MAX)
			refuse(ERROR_TEXT_TOO_LONG, "group_by", VALUE_BYTES_MAX);
		if (!add_grouping(report, word))
			refuse(ERROR_INVALID_VALUE, "group_by", word);
	}
}

static bool
arg_by_occurred_at(FunctionCallInfo fcinfo, int index)
{
	return strcmp(arg_word_of(fcinfo, index, "by", "occurred_at", "recorded_at"), "occurred_at") ==
		   0;
}

/* Refuses what cannot be told of months that are sums of the account's days by now. */
static void
check_closed(const UsageReport *report)
{
	TimestampTz closed_until = usage_report_closed_until();
	const char *because = NULL;
	const char *other_zone;

	if (closed_until == DT_NOBEGIN)
		return;
	/* Usage may be stamped a little ahead of its receipt. */
	if (report->by_occurred_at)
		closed_until += policy_catalog[POLICY_FUTURE_TOLERANCE].max;
	if (report->from >= closed_until)
		return;
	if (report->by_occurred_at)
		because = "not when its calls started";
	else if (report->by_tag)
		because = "not their tags";
	else if (report->period && strcmp(report->period, "hour") == 0)
		because = "not its hours";
	else if (report->period && (other_zone = usage_report_other_zone(report)) != NULL)
		because = psprintf("days of time zone %s, not of %s", other_zone, report->time_zone);
	else if (usage_report_day_is_cut(report->account_id, report->from) ||
			 usage_report_day_is_cut(report->account_id, report->to))
		because = "not parts of days";
	if (because)
		refuse(ERROR_REPORT_CLOSED, timestamptz_to_str(closed_until), because);
}

/* Sums know no tags, and when calls were received, not when they started. */
static void
find_sums(UsageReport *report)
{
	report->summed = (UsageStretch){report->account_id, DT_NOEND, DT_NOEND};
	if (!report->by_occurred_at && report->by_tag == NULL)
		(void) usage_sum_covers(report->account_id, report->from, report->to, report->time_zone,
								&report->summed);
}

PG_FUNCTION_INFO_V1(billing_known_time_zone);
Datum
billing_known_time_zone(PG_FUNCTION_ARGS)
{
	const char *zone = PG_ARGISNULL(0) ? NULL
									   : local_time_zone(text_to_cstring(PG_GETARG_TEXT_PP(0)));

	PG_RETURN_TEXT_P(cstring_to_text(zone ? zone : "UTC"));
}

PG_FUNCTION_INFO_V1(billing_usage_report);
Datum
billing_usage_report(PG_FUNCTION_ARGS)
{
	UsageReport report = {
		.account_id = arg_account_id(fcinfo),
		.from = arg_instant(fcinfo, 1, "from", DT_NOBEGIN),
		.to = arg_instant(fcinfo, 2, "to", DT_NOEND),
		.time_zone = arg_time_zone_or_null(fcinfo, 4),
		.by_occurred_at = arg_by_occurred_at(fcinfo, 5),
	};
	Account account;
	Scope scope;

	read_grouping(fcinfo, 3, &report);
	InitMaterializedSRF(fcinfo, 0);
	scope_open_to_scan(&scope);
	if (!account_read(report.account_id, &account))
		account_range_refuse(report.account_id);
	if (report.time_zone == NULL)
		report.time_zone = usage_report_time_zone(report.account_id);
	partition_check_snapshot();
	check_closed(&report);
	find_sums(&report);
	usage_report(&report, (ReturnSetInfo *) fcinfo->resultinfo);
	scope_close(&scope);
	return (Datum) 0;
}
