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

/* The booking's quotas, those that cover an instant among them. */
static PlanUsage *
load(Booking *booking, TimestampTz at)
{
	PlanUsage *usage = booking->plan_usage;

	if (usage && usage->since <= at)
		return usage;
	if (usage == NULL)
		booking->plan_usage = usage = palloc0(sizeof(PlanUsage));
	booking_write_quotas(booking);
	usage->since = at - BEFORE_US;
	booking->quotas = quota_list(booking->account.account_id, usage->since, WINDOWS_ROOM, sql_run);
	return usage;
}

GateReason
plan_usage_reason(Booking *booking, TimestampTz at, int64 *subscription_no)
{
	const Quota *part;
	TimestampTz starts_at;

	(void) load(booking, at);
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
	weights->rows = plan_weights(plan, model, &weights->count);
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

/* Draws the credits of an event, by the weights of its model. */
static bool
draw(Quotas *quotas, UsageEvent *event, const Price *weight)
{
	Quota *drawn;

	make_room(quotas);
	if (rating_charge(&event->payload.tokens, weight, &event->credits_nano) != OUTCOME_OK ||
		plan_count(quotas, event->occurred_at, event->credits_nano, &drawn) != OUTCOME_OK)
	{
		event->reason = "credits_limit";
		return false;
	}
	event->subscription_no = drawn->subscription_no;
	event->quota_no = drawn->quota_no;
	event->weight_id = weight->price_id;
	return true;
}

bool
plan_usage_count(Booking *booking, UsageEvent *event)
{
	PlanUsage *usage = load(booking, event->occurred_at);
	const char *plan = plan_of(usage, event->account_id, event->subscription_no);
	const Weights *weights = find_weights(usage, plan, event->payload.model);
	const Price *weight = rating_choose_price(weights->rows, weights->count,
											  rating_prompt_tokens(&event->payload.tokens),
											  event->occurred_at);

	Assert(price_is_held());
	event->status = USAGE_STATUS_UNPRICED;
	event->reason = "no_weight";
	/* Its period may have been cut before it, where it was stamped ahead of the clock. */
	if (weight == NULL || plan_choose(&booking->quotas, event->occurred_at).part == NULL ||
		!draw(&booking->quotas, event, weight))
		return false;
	event->status = USAGE_STATUS_PLAN;
	event->reason = NULL;
	event->settled_at = booking->at;
	return true;
}
