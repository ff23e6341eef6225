/*-------------------------------------------------------------------------
 *
 * plan_usage.c
 *	  Counting usage on plans.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "utils/timestamp.h"

#include "booking/plan_usage.h"
#include "core/rating.h"
#include "errors.h"
#include "store/price_store.h"
#include "store/quota_store.h"

/* Events of a batch come in no order of time: what is loaded reaches back a bit further. */
#define BEFORE_US USECS_PER_HOUR

/* Windows that a booking can begin before it needs more room. */
#define WINDOWS_ROOM 4

/* The weights of a model on a plan, as found once. */
typedef struct Weights
{
	const char *plan;
	const char *model;
	Price *rows;
	size_t count;
	struct Weights *next;
} Weights;

typedef struct PlanUsage
{
	TimestampTz since;	 /* quotas that end later are loaded */
	Subscription period; /* the one looked at last; number NO_NUMBER: none */
	Weights *weights;
} PlanUsage;

/* Loads the booking's quotas, those that cover an instant among them. */
static void
load(Booking *booking, TimestampTz at)
{
	PlanUsage *usage = booking->plan_usage;

	if (usage && usage->since <= at)
		return;
	if (usage == NULL)
		booking->plan_usage = usage = palloc0(sizeof(PlanUsage));
	booking_write_quotas(booking);
	usage->since = at - BEFORE_US;
	booking->quotas = quota_list(booking->account.account_id, usage->since, WINDOWS_ROOM, sql_run);
}

GateReason
plan_usage_reason(Booking *booking, TimestampTz at, int64 *subscription_no)
{
	const Quota *part;
	TimestampTz starts_at;

	load(booking, at);
	part = plan_choose(&booking->quotas, at).part;
	*subscription_no = NO_NUMBER;
	if (part == NULL)
		return subscription_reason(booking->account.account_id, at, sql_run, &starts_at);
	*subscription_no = part->pack_of != NO_NUMBER ? part->pack_of : part->subscription_no;
	return GATE_OPEN;
}

/* The plan of a period, which is that of the event before more often than not. */
static const char *
plan_of(PlanUsage *usage, int64 account_id, int64 subscription_no)
{
	if (usage->period.money.subscription_no != subscription_no &&
		!subscription_find(account_id, subscription_no, &usage->period))
		refuse(ERROR_INTERNAL, "usage is of a subscription that is not there");
	return usage->period.plan.plan;
}

static const Weights *
find_weights(PlanUsage *usage, const char *plan, const char *model)
{
	Weights *weights;

	for (weights = usage->weights; weights; weights = weights->next)
		if (strcmp(weights->plan, plan) == 0 && strcmp(weights->model, model) == 0)
			return weights;
	weights = palloc(sizeof(Weights));
	*weights = (Weights){.plan = plan, .model = model, .next = usage->weights};
	weights->rows = plan_weights(plan, model, sql_latest, &weights->count);
	return usage->weights = weights;
}

/* Makes room for one more window. */
static void
make_room(Quotas *quotas)
{
	if (quotas->count < quotas->capacity)
		return;
	quotas->capacity *= 2;
	quotas->list = repalloc(quotas->list, quotas->capacity * sizeof(Quota));
}

/* A window that is new gets its number: the rows of other new ones are not there yet. */
static void
number_window(const Quotas *quotas, int64 account_id, Quota *window)
{
	if (!window->is_new || window->quota_no != NO_NUMBER)
		return;
	window->quota_no = quota_next_no(account_id, window->subscription_no);
	for (size_t i = 0; i < quotas->count; i++)
		if (quotas->list[i].subscription_no == window->subscription_no &&
			&quotas->list[i] != window)
			window->quota_no = Max(window->quota_no, quotas->list[i].quota_no + 1);
}

/* Draws the credits of an event, by the weights of its model. */
static bool
draw(Quotas *quotas, UsageEvent *event, const Price *weight)
{
	QuotaChoice drawn;

	make_room(quotas);
	if (rating_credits(&event->payload.tokens, event->payload.meters, weight,
					   &event->credits_nano) != OUTCOME_OK ||
		plan_count(quotas, event->occurred_at, event->credits_nano, &drawn) != OUTCOME_OK)
	{
		event->reason = "credits_limit";
		return false;
	}
	event->subscription_no = drawn.part->subscription_no;
	event->quota_no = drawn.part->quota_no;
	event->weight_id = weight->price_id;
	if (drawn.window)
	{
		number_window(quotas, event->account_id, drawn.window);
		event->window_no = drawn.window->quota_no;
	}
	return true;
}

static void
settle(UsageEvent *event, UsageStatus status, const char *reason, TimestampTz at)
{
	event->status = status;
	event->reason = reason;
	event->settled_at = at;
}

bool
plan_usage_count(Booking *booking, UsageEvent *event)
{
	GateReason because = plan_usage_reason(booking, event->occurred_at, &event->subscription_no);
	PlanUsage *usage = booking->plan_usage;
	PriceQuery query = usage_price_query(event);
	const Weights *weights;
	const Price *weight;

	Assert(price_is_held());
	/* Its period was cut before it while it waited: it was stamped ahead of the clock. */
	if (because != GATE_OPEN)
	{
		settle(event, USAGE_STATUS_REJECTED, gate_reason_name(because), booking->at);
		return true;
	}
	settle(event, USAGE_STATUS_UNPRICED, "no_weight", 0);
	weights = find_weights(usage, plan_of(usage, event->account_id, event->subscription_no),
						   event->payload.model);
	weight = rating_choose_price(weights->rows, weights->count, &query);
	if (weight == NULL)
		return false;
	event->reason = USAGE_METER_UNLISTED;
	if (!rating_covers(weight, event->payload.meters) || !draw(&booking->quotas, event, weight))
		return false;
	settle(event, USAGE_STATUS_PLAN, NULL, booking->at);
	return true;
}
