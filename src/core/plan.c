/*-------------------------------------------------------------------------
 *
 * plan.c
 *	  Choosing among an account's quotas.
 *
 *-------------------------------------------------------------------------
 */
#include "core/plan.h"

#include "core/books.h"
#include "core/limits.h"

static bool
covers(const Quota *quota, int64_t at)
{
	return quota->starts_at <= at && at < quota->ends_at;
}

/* The first quota of a kind at an instant: of a subscription, or (pack_of) of a pack with something
 * left. */
static Quota *
find(const Quotas *quotas, QuotaKind kind, int64_t at, int64_t subscription_no, int64_t pack_of)
{
	Quota *found = NULL;

	for (size_t i = 0; i < quotas->count; i++)
	{
		Quota *quota = &quotas->list[i];

		if (quota->kind != kind || !covers(quota, at) || quota->pack_of != pack_of ||
			(subscription_no != NO_NUMBER && quota->subscription_no != subscription_no) ||
			(pack_of != NO_NUMBER && plan_left_nano(quota) <= 0))
			continue;
		if (found == NULL || quota->subscription_no < found->subscription_no)
			found = quota;
	}
	return found;
}

static bool
has_left(const QuotaChoice *choice)
{
	return plan_left_nano(choice->part) > 0 &&
		   (choice->window == NULL || plan_left_nano(choice->window) > 0);
}

QuotaChoice
plan_choose(const Quotas *quotas, int64_t at)
{
	QuotaChoice choice = {find(quotas, QUOTA_PART, at, NO_NUMBER, NO_NUMBER), NULL};
	Quota *pack;

	if (choice.part == NULL)
		return choice;
	if (choice.part->window_us > 0)
		choice.window = find(quotas, QUOTA_WINDOW, at, choice.part->subscription_no, NO_NUMBER);
	if (has_left(&choice))
		return choice;
	pack = find(quotas, QUOTA_PART, at, NO_NUMBER, choice.part->subscription_no);
	return pack ? (QuotaChoice){pack, NULL} : choice;
}

bool
plan_is_nearly_used(const Quota *quota)
{
	int64_t little_nano = (quota->amount_nano + quota->given_nano) / 10;
	int64_t left_nano = plan_left_nano(quota);

	return quota->kind == QUOTA_PART && left_nano <= little_nano &&
		   left_nano + quota->used_nano - quota->loaded_nano > little_nano;
}

bool
plan_allows(const Quotas *quotas, int64_t at)
{
	QuotaChoice choice = plan_choose(quotas, at);

	return choice.part && has_left(&choice);
}

/* The earliest begin of a part after an instant; INT64_MAX: there is none. */
static int64_t
next_part(const Quotas *quotas, int64_t at)
{
	int64_t next = INT64_MAX;

	for (size_t i = 0; i < quotas->count; i++)
	{
		const Quota *quota = &quotas->list[i];

		if (quota->kind == QUOTA_PART && quota->pack_of == NO_NUMBER && quota->starts_at > at &&
			quota->starts_at < quota->ends_at && quota->starts_at < next)
			next = quota->starts_at;
	}
	return next;
}

/* When something may be different after an instant: a window ends, or a part begins. */
static int64_t
next_turn(const Quotas *quotas, int64_t at)
{
	QuotaChoice choice = plan_choose(quotas, at);
	int64_t next = next_part(quotas, at);

	return choice.part && choice.window && choice.window->ends_at < next ? choice.window->ends_at
																		 : next;
}

int64_t
plan_resets_at(const Quotas *quotas, int64_t at)
{
	do
		at = next_turn(quotas, at);
	while (at != INT64_MAX && !plan_allows(quotas, at));
	return at;
}

/* Whether a part was cut, and its rest runs, or will, in windows of its own. */
static bool
is_continued(const Quotas *quotas, const Quota *part)
{
	for (size_t i = 0; i < quotas->count; i++)
		if (quotas->list[i].subscription_no == part->subscription_no &&
			quotas->list[i].continues != NO_NUMBER && quotas->list[i].continues == part->quota_no)
			return true;
	return false;
}

/* The window of a part at an instant, in which nothing was drawn before. */
static Quota
make_window(const Quotas *quotas, const Quota *part, int64_t at)
{
	int64_t starts_at = at - (at - part->windows_from) % part->window_us;
	int64_t ends_at = starts_at + part->window_us;
	bool is_cut = part->ends_at < ends_at && is_continued(quotas, part);

	return (Quota){
		.subscription_no = part->subscription_no,
		.kind = QUOTA_WINDOW,
		.starts_at = starts_at,
		.ends_at = is_cut ? part->ends_at : ends_at,
		.amount_nano = part->window_nano,
		.is_new = true,
	};
}

/* What is done with a sum of a quota. */
typedef void (*SumVisitor)(Quota *quota, int64_t *sum_nano, void *argument);

/* The sums that usage adds to: what is used of a quota, and what the rests of one that was cut
 * carry. */
static void
visit_sums(Quotas *quotas, Quota *quota, SumVisitor visit, void *argument)
{
	int64_t quota_no = quota->quota_no;

	visit(quota, &quota->used_nano, argument);
	/* Rests stand behind what they continue. */
	for (size_t i = 0; i < quotas->count && quota->kind == QUOTA_PART; i++)
	{
		Quota *rest = &quotas->list[i];

		if (rest->subscription_no != quota->subscription_no || rest->continues == NO_NUMBER ||
			rest->continues != quota_no)
			continue;
		visit(rest, &rest->carried_nano, argument);
		quota_no = rest->quota_no;
	}
}

static void
note_greatest(Quota *quota, int64_t *sum_nano, void *argument)
{
	int64_t *greatest_nano = argument;

	(void) quota;
	if (*sum_nano > *greatest_nano)
		*greatest_nano = *sum_nano;
}

static void
add(Quota *quota, int64_t *sum_nano, void *argument)
{
	*sum_nano += *(int64_t *) argument;
	quota->changed = true;
}

/* Draws on a part and its window, or on neither. */
static Outcome
draw(Quotas *quotas, const QuotaChoice *from, int64_t credits_nano)
{
	int64_t greatest_nano = 0;

	visit_sums(quotas, from->part, note_greatest, &greatest_nano);
	if (from->window)
		visit_sums(quotas, from->window, note_greatest, &greatest_nano);
	if (greatest_nano > CREDITS_NANO_MAX - credits_nano)
		return OUTCOME_OUT_OF_RANGE;
	visit_sums(quotas, from->part, add, &credits_nano);
	if (from->window)
		visit_sums(quotas, from->window, add, &credits_nano);
	return OUTCOME_OK;
}

Outcome
plan_count(Quotas *quotas, int64_t at, int64_t credits_nano, QuotaChoice *drawn)
{
	*drawn = plan_choose(quotas, at);
	if (drawn->part->window_us > 0 && drawn->window == NULL)
	{
		if (quotas->count == quotas->capacity)
			return OUTCOME_TOO_MANY;
		drawn->window = &quotas->list[quotas->count];
		*drawn->window = make_window(quotas, drawn->part, at);
		quotas->count++;
	}
	return draw(quotas, drawn, credits_nano);
}

int64_t
plan_unearned_nano(int64_t amount_nano, int64_t first_day, int64_t end_day, int64_t day)
{
	int64_t days = end_day - first_day;
	int64_t over = day - first_day;
	int64_t earned_nano = 0;

	if (over <= 0 || days <= 0)
		return amount_nano;
	if (over >= days)
		over = days;
	(void) money_divide_half_up((int128_t) amount_nano * over, days, &earned_nano);
	return amount_nano - earned_nano;
}
