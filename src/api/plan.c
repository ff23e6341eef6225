/*-------------------------------------------------------------------------
 *
 * plan.c
 *	  The catalog of Token Plans and quota packs, and what models weigh (R3).
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "fmgr.h"
#include "funcapi.h"
#include "utils/timestamp.h"

#include "api/arguments.h"
#include "booking/moment.h"
#include "core/policy.h"
#include "errors.h"
#include "spi/catalog.h"
#include "spi/scope.h"
#include "spi/subscriber.h"
#include "store/audit_store.h"
#include "store/plan_store.h"
#include "store/price_store.h"

/* ---- plans ----------------------------------------------------------------- */

static int32
arg_count_or_zero(FunctionCallInfo fcinfo, int index, const char *name, LimitId limit)
{
	return PG_ARGISNULL(index) ? 0 : (int32) arg_count(fcinfo, index, name, limit);
}

static void
check_terms(const TokenPlan *plan)
{
	if (strcmp(plan->region, "cn") != 0 && strcmp(plan->region, "global") != 0)
		refuse(ERROR_INVALID_VALUE, "region", plan->region);
	if (plan->months > 0 && plan->days > 0)
		refuse(ERROR_INVALID_VALUE, "days", "given with months");
	if (plan->monthly_quota && plan->months < 2)
		refuse(ERROR_INVALID_VALUE, "monthly_quota", "without a period of several months");
	if ((plan->window_hours > 0) != (plan->window_nano > 0))
		refuse(ERROR_NULL_ARGUMENT, plan->window_hours > 0 ? "window_quota" : "window_hours");
	if (plan->window_hours > 0 && plan_is_pack(plan))
		refuse(ERROR_INVALID_VALUE, "window_hours", "of a quota pack");
	if (plan->window_nano > plan->quota_nano)
		refuse(ERROR_INVALID_VALUE, "window_quota", "above quota");
}

static bool
same_terms(const TokenPlan *a, const TokenPlan *b)
{
	return strcmp(a->region, b->region) == 0 && a->price_nano == b->price_nano &&
		   a->quota_nano == b->quota_nano && a->months == b->months && a->days == b->days &&
		   a->monthly_quota == b->monthly_quota && a->window_hours == b->window_hours &&
		   a->window_nano == b->window_nano;
}

static const char *
describe(const TokenPlan *plan)
{
	char price[MONEY_TEXT_SIZE];
	char quota[MONEY_TEXT_SIZE];
	char window[MONEY_TEXT_SIZE];

	return psprintf("version %d, %s: %s for %s credits%s, %d months, %d days; %s in %d hours",
					plan->version, plan->region, money_print(plan->price_nano, price),
					money_print(plan->quota_nano, quota), plan->monthly_quota ? " each month" : "",
					plan->months, plan->days, money_print(plan->window_nano, window),
					plan->window_hours);
}

/* Adds a version unless the newest one has the same terms and can be bought; sets the number. */
static void
add_version(TokenPlan *plan, AuditLine *line)
{
	TokenPlan newest;

	plan_hold_for_adding();
	if (plan_find_newest(plan->plan, &newest))
	{
		if (strcmp(plan->region, newest.region) != 0)
			refuse(ERROR_PLAN_UNAVAILABLE, plan->plan, "it is of another region");
		if (plan_is_pack(plan) != plan_is_pack(&newest))
			refuse(ERROR_PLAN_UNAVAILABLE, plan->plan,
				   "a plan does not become a quota pack, nor a pack a plan");
		plan->version = newest.version;
		if (newest.retired_at == DT_NOEND && same_terms(plan, &newest))
			return;
	}
	plan->version++;
	plan_insert(plan, moment_now());
	line->new_value = describe(plan);
	audit_insert(line);
}

PG_FUNCTION_INFO_V1(billing_create_plan);
Datum
billing_create_plan(PG_FUNCTION_ARGS)
{
	TokenPlan plan = {
		.plan = arg_text(fcinfo, 0, "name", VALUE_BYTES_MAX),
		.region = arg_text(fcinfo, 1, "region", VALUE_BYTES_MAX),
		.price_nano = arg_amount(fcinfo, 2, "price", LIMIT_PAYMENT),
		.quota_nano = arg_amount(fcinfo, 3, "quota", LIMIT_CREDITS),
		.months = arg_count_or_zero(fcinfo, 4, "months", LIMIT_PLAN_MONTHS),
		.days = arg_count_or_zero(fcinfo, 5, "days", LIMIT_PLAN_DAYS),
		.monthly_quota = arg_bool(fcinfo, 6, "monthly_quota"),
		.window_hours = arg_count_or_zero(fcinfo, 7, "window_hours", LIMIT_WINDOW_HOURS),
		.window_nano = PG_ARGISNULL(8) ? 0 : arg_amount(fcinfo, 8, "window_quota", LIMIT_CREDITS),
	};
	AuditLine line = {.action = "create_plan",
					  .object = plan.plan,
					  .actor = arg_actor(fcinfo, 9),
					  .reason = arg_reason(fcinfo, 10)};
	Scope scope;

	check_terms(&plan);
	scope_open(&scope);
	subscriber_check_none();
	add_version(&plan, &line);
	scope_close(&scope);
	PG_RETURN_INT32(plan.version);
}

PG_FUNCTION_INFO_V1(billing_retire_plan);
Datum
billing_retire_plan(PG_FUNCTION_ARGS)
{
	char *name = arg_text(fcinfo, 0, "name", VALUE_BYTES_MAX);
	AuditLine line = {.action = "retire_plan",
					  .object = name,
					  .actor = arg_actor(fcinfo, 1),
					  .reason = arg_reason(fcinfo, 2)};
	bool retired;
	Scope scope;

	scope_open(&scope);
	subscriber_check_none();
	retired = plan_retire(name, moment_now());
	if (retired)
		audit_insert(&line);
	scope_close(&scope);
	PG_RETURN_BOOL(retired);
}

PG_FUNCTION_INFO_V1(billing_plans);
Datum
billing_plans(PG_FUNCTION_ARGS)
{
	Scope scope;

	InitMaterializedSRF(fcinfo, 0);
	scope_open(&scope);
	plan_report((ReturnSetInfo *) fcinfo->resultinfo);
	scope_close(&scope);
	return (Datum) 0;
}

/* ---- weights --------------------------------------------------------------- */

static Price
read_weight(FunctionCallInfo fcinfo)
{
	int64 input_nano = arg_amount(fcinfo, 2, "input", LIMIT_WEIGHT);

	return (Price){
		.variant = arg_variant(fcinfo, 8),
		.meters = arg_price_items(fcinfo, 9),
		.unlisted_are_free = arg_unlisted_are_free(fcinfo, 10),
		.prompt_tokens_over = arg_count(fcinfo, 6, "prompt_tokens_over", LIMIT_PROMPT_TOKENS),
		.effective_from = arg_effective_from(fcinfo, 7),
		.nano_of = {
			[TOKENS_INPUT] = input_nano,
			[TOKENS_OUTPUT] = arg_amount(fcinfo, 3, "output", LIMIT_WEIGHT),
			[TOKENS_CACHE_READ] = PG_ARGISNULL(4)
									  ? input_nano
									  : arg_amount(fcinfo, 4, "cache_read", LIMIT_WEIGHT),
			[TOKENS_CACHE_WRITE] = PG_ARGISNULL(5)
									   ? input_nano
									   : arg_amount(fcinfo, 5, "cache_write", LIMIT_WEIGHT),
		}};
}

static const char *
describe_weight(const WeightRow *row)
{
	char text[TOKEN_CLASSES][MONEY_TEXT_SIZE];

	for (int token_class = 0; token_class < TOKEN_CLASSES; token_class++)
		money_print(row->weight.nano_of[token_class], text[token_class]);
	return psprintf("input %s, cache read %s, cache write %s, output %s%s, from %s",
					text[TOKENS_INPUT], text[TOKENS_CACHE_READ], text[TOKENS_CACHE_WRITE],
					text[TOKENS_OUTPUT], price_meters_text(&row->weight),
					timestamptz_to_str(row->weight.effective_from));
}

/*
 * When it begins: from now on means behind all that was counted; what was counted stays as it is.
 * As for prices: usage under way is waited for, and looked at, before usage to come is kept out.
 */
static void
fix_begin(WeightRow *row)
{
	bool is_from_now = row->weight.effective_from == DT_NOBEGIN;
	TimestampTz began_at;
	TimestampTz since;
	TimestampTz newest;

	price_hold_for_changing();
	began_at = moment_now();
	price_wait_for_readers();
	since = is_from_now ? began_at : row->weight.effective_from;
	newest = plan_weight_newest_use(row, since - policy_catalog[POLICY_FUTURE_TOLERANCE].max);
	price_hold_for_adding();
	newest = Max(newest, plan_weight_newest_use(row, began_at));
	if (is_from_now)
		row->weight.effective_from = moment_behind(newest);
	else if (newest >= since)
		refuse(ERROR_WEIGHT_BACKDATED, row->model, row->plan);
}

static void
add_weight(WeightRow *row, AuditLine *line)
{
	TokenPlan plan;
	Price existing;

	if (!plan_find_newest(row->plan, &plan))
		refuse(ERROR_PLAN_UNAVAILABLE, row->plan, "it does not exist");
	if (plan_is_pack(&plan))
		refuse(ERROR_PLAN_UNAVAILABLE, row->plan,
			   "a quota pack is drawn by the weights of its plan");
	fix_begin(row);
	if (plan_weight_insert(row, &existing))
	{
		line->object = psprintf("%s%s of %s, over " INT64_FORMAT " prompt tokens", row->model,
								price_variant_text(row->weight.variant), row->plan,
								row->weight.prompt_tokens_over);
		line->new_value = describe_weight(row);
		audit_insert(line);
		return;
	}
	if (!rating_is_same_price(&existing, &row->weight))
		refuse(ERROR_WEIGHT_CONFLICT, row->model, row->plan);
	row->weight.price_id = existing.price_id;
}

PG_FUNCTION_INFO_V1(billing_set_plan_weight);
Datum
billing_set_plan_weight(PG_FUNCTION_ARGS)
{
	WeightRow row = {.plan = arg_text(fcinfo, 0, "plan", VALUE_BYTES_MAX),
					 .model = arg_text(fcinfo, 1, "model", MODEL_BYTES_MAX),
					 .weight = read_weight(fcinfo)};
	AuditLine line = {.action = "set_plan_weight", .actor = catalog_login_name()};
	Scope scope;

	scope_open(&scope);
	subscriber_check_none();
	add_weight(&row, &line);
	scope_close(&scope);
	PG_RETURN_INT64(row.weight.price_id);
}

PG_FUNCTION_INFO_V1(billing_plan_weights);
Datum
billing_plan_weights(PG_FUNCTION_ARGS)
{
	Scope scope;

	InitMaterializedSRF(fcinfo, 0);
	scope_open(&scope);
	plan_report_weights((ReturnSetInfo *) fcinfo->resultinfo);
	scope_close(&scope);
	return (Datum) 0;
}
