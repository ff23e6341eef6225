/*-------------------------------------------------------------------------
 *
 * new_price.c
 *	  Adding price rows that price no charge anew.
 *
 * Charges go on while the usage booked so far is looked at. Who booked usage
 * before that look is waited for; who books after it reads his instant under a
 * lock that he took later. So under the exclusive lock, for which everybody
 * waits, only what was received since the look began is left to look at.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "utils/timestamp.h"

#include "booking/moment.h"
#include "booking/new_price.h"
#include "core/books.h"
#include "core/policy.h"
#include "errors.h"
#include "spi/subscriber.h"
#include "store/audit_store.h"
#include "store/partition_store.h"
#include "store/rerate_store.h"

/*
 * Charges stamped at or after an instant were recorded since this one: callers'
 * clocks may have been ahead by the tolerance, at the most by its upper bound.
 */
static TimestampTz
recorded_since(TimestampTz stamped_since)
{
	return stamped_since - policy_catalog[POLICY_FUTURE_TOLERANCE].max;
}

/* What is booked until the end of both looks. */
typedef struct Looks
{
	TimestampTz began_at; /* whatever the first look may have missed is recorded since */
	TimestampTz newest;	  /* stamp of a charge that the first look found; DT_NOBEGIN: none */
} Looks;

/* The newest stamp of a charge in a currency, among those stamped since the first look began. */
static TimestampTz
newest_charge(const Looks *looks, const char *currency, TimestampTz recorded_since)
{
	return price_newest_charge(currency, looks->began_at, recorded_since);
}

/* The instant from which prices hold that are to hold from now on, under the exclusive lock. */
static TimestampTz
from_now_on(const Looks *looks, const char *currency)
{
	return moment_behind(Max(looks->newest, newest_charge(looks, currency, looks->began_at)));
}

/* What is asked for would give that charge another price. */
no_return static void
refuse_backdated(const PricedCharge *charge)
{
	refuse(ERROR_PRICE_BACKDATED, charge->model, charge->request_id, charge->account_id);
}

/*
 * Refuses where one of the rows added, from an instant on, would have priced a
 * charge that is booked and was recorded since another.
 */
static void
check_not_backdated(int64 first_price_id, TimestampTz effective_from, TimestampTz recorded_since)
{
	PricedCharge charge;

	if (first_price_id != NO_NUMBER &&
		price_find_backdated(first_price_id, effective_from, recorded_since, &charge))
		refuse_backdated(&charge);
}

static const char *
describe_price(const Price *price)
{
	char text[TOKEN_CLASSES][MONEY_TEXT_SIZE];

	if (price->is_end)
		return "no price";
	for (int token_class = 0; token_class < TOKEN_CLASSES; token_class++)
		money_print(price->nano_of[token_class], text[token_class]);
	return psprintf("input %s, cache read %s, cache write %s, output %s%s", text[TOKENS_INPUT],
					text[TOKENS_CACHE_READ], text[TOKENS_CACHE_WRITE], text[TOKENS_OUTPUT],
					price_meters_text(price));
}

/* A key as people read it. */
static char *
describe_key(const PriceRow *row)
{
	const Price *price = &row->price;

	return psprintf(
		"price " INT64_FORMAT "%s: %s%s in %s over " INT64_FORMAT " prompt tokens%s%s, from %s",
		price->price_id, price_list_text(price->price_list), row->model,
		price_variant_text(price->variant), row->currency, price->prompt_tokens_over,
		price->hours[0] ? ", " : "", price->hours, timestamptz_to_str(price->effective_from));
}

static AuditLine
audit_line(const NewPrices *prices, const PriceRow *row)
{
	return (AuditLine){
		.action = prices->action,
		.object = describe_key(row),
		.new_value = describe_price(&row->price),
		.actor = prices->actor,
		.reason = prices->reason,
	};
}

/* True where what stands holds not always in its hours: newer prices of other hours go before it.
 */
static bool
is_passed(const PriceRow *row, const Price *standing)
{
	size_t count;
	const char **newer;

	if (row->price.hours[0] == '\0')
		return false;
	newer = price_list_newer_hours(row, standing, &count);
	for (size_t i = 0; i < count; i++)
		if (price_hours_may_meet(row->price.hours, newer[i]))
			return true;
	return false;
}

/*
 * True where that is not said yet; else it takes the number of the row that says it. Of two calls
 * that say "from now on" in one moment the later counts, and what holds need not be said again.
 */
static bool
is_new(PriceRow *row, TimestampTz effective_from, bool is_from_now)
{
	Price standing;
	bool stands;

	row->price.effective_from = effective_from;
	while ((stands = price_find_standing(row, &standing)) && is_from_now &&
		   standing.effective_from == row->price.effective_from)
		row->price.effective_from++;
	if (!stands)
		return true;
	if (is_from_now ? !rating_is_same_price(&standing, &row->price) || is_passed(row, &standing)
					: standing.effective_from != row->price.effective_from)
		return true;
	if (!rating_is_same_price(&standing, &row->price))
		refuse(ERROR_PRICE_CONFLICT, row->model, row->currency, row->price.prompt_tokens_over);
	row->price.price_id = standing.price_id;
	return false;
}

/* Adds the rows that are new, from an instant on; *first_price_id is the first one's, or NO_NUMBER.
 */
static int64
add_rows(const NewPrices *prices, TimestampTz effective_from, int64 *first_price_id)
{
	PriceRow **added = palloc(prices->count * sizeof(PriceRow *));
	AuditLine *lines = palloc(prices->count * sizeof(AuditLine));
	bool is_from_now = prices->effective_from == DT_NOBEGIN;
	size_t count = 0;

	for (size_t i = 0; i < prices->count; i++)
		if (is_new(&prices->rows[i], effective_from, is_from_now))
			added[count++] = &prices->rows[i];
	price_insert_all(added, count);
	for (size_t i = 0; i < count; i++)
		lines[i] = audit_line(prices, added[i]);
	audit_insert_all(lines, count);
	*first_price_id = count > 0 ? added[0]->price.price_id : NO_NUMBER;
	return (int64) count;
}

/* From now on means behind the newest charge: nothing that is booked can be priced anew. */
static int64
add_from_now_on(const NewPrices *prices, Looks *looks)
{
	int64 first_price_id;

	looks->newest = newest_charge(looks, prices->currency, recorded_since(looks->began_at));
	price_hold_for_adding();
	return add_rows(prices, from_now_on(looks, prices->currency), &first_price_id);
}

static int64
add_from(const NewPrices *prices, const Looks *looks)
{
	TimestampTz from = prices->effective_from;
	int64 first_price_id;
	int64 count = add_rows(prices, from, &first_price_id);

	check_not_backdated(first_price_id, from, recorded_since(from));
	price_hold_for_adding();
	check_not_backdated(first_price_id, from, looks->began_at);
	return count;
}

/* Holds the prices against others who change them, and begins the looks: readers go on. */
static Looks
begin_looks(void)
{
	Looks looks;

	subscriber_check_none();
	price_hold_for_changing();
	looks.began_at = moment_now();
	price_wait_for_readers();
	return looks;
}

int64
new_price_add(const NewPrices *prices)
{
	Looks looks;

	if (prices->count == 0)
		return 0;
	looks = begin_looks();
	partition_summarize(looks.began_at);
	return prices->effective_from == DT_NOBEGIN ? add_from_now_on(prices, &looks)
												: add_from(prices, &looks);
}

/* What stands when they shall end: from now on is behind all that is charged. */
int64
new_price_end(NewPrices *ends)
{
	Looks looks = {.newest = DT_NOBEGIN};
	TimestampTz at = ends->effective_from;

	subscriber_check_none();
	price_hold_for_changing();
	looks.began_at = moment_now();
	if (at == DT_NOBEGIN)
	{
		looks.newest = newest_charge(&looks, ends->currency, recorded_since(looks.began_at));
		at = from_now_on(&looks, ends->currency);
	}
	ends->rows = price_list_standing(&ends->rows[0], at, &ends->count);
	return new_price_add(ends);
}

/* Refuses where a charge that is recorded since an instant has another price without that row. */
static void
check_not_charged(const PriceRow *row, TimestampTz recorded_since)
{
	PricedCharge charge;

	if (price_find_withdrawn(row, recorded_since, &charge))
		refuse_backdated(&charge);
}

/* Nobody has been charged by it, but who stamped ahead of the clock, or since the first look. */
static void
withdraw(const PriceRow *row, const Looks *looks, const char *actor, const char *reason)
{
	TimestampTz from = row->price.effective_from;

	if (from <= looks->began_at)
		refuse(ERROR_PRICE_IN_FORCE, row->price.price_id, timestamptz_to_str(from));
	price_withdraw(row->price.price_id, looks->began_at, actor, reason);
	check_not_charged(row, recorded_since(from));
	price_hold_for_adding();
	if (from <= moment_now())
		refuse(ERROR_PRICE_IN_FORCE, row->price.price_id, timestamptz_to_str(from));
	check_not_charged(row, looks->began_at);
}

bool
new_price_withdraw(int64 price_id, const char *actor, const char *reason)
{
	Looks looks = begin_looks();
	PlacedPrice placed;
	AuditLine line = {.action = "withdraw_price", .actor = actor, .reason = reason};

	if (!price_get_placed(price_id, &placed))
		refuse(ERROR_PRICE_ROW_UNKNOWN, price_id);
	if (placed.withdrawn_at != DT_NOEND)
		return false;
	withdraw(&placed.row, &looks, actor, reason);
	line.object = describe_key(&placed.row);
	line.old_value = describe_price(&placed.row.price);
	audit_insert(&line);
	return true;
}

/* ---- corrections --------------------------------------------------------------- */

static void
check_correctable(const PlacedPrice *placed, TimestampTz now)
{
	const Price *price = &placed->row.price;

	if (placed->withdrawn_at != DT_NOEND)
		refuse(ERROR_PRICE_NOT_CORRECTABLE, price->price_id, "it was withdrawn");
	if (price->is_end)
		refuse(ERROR_PRICE_NOT_CORRECTABLE, price->price_id, "it is the end of a price");
	if (price->effective_from > now)
		refuse(ERROR_PRICE_NOT_CORRECTABLE, price->price_id, "it is not in force yet");
}

/* Adds it behind all that was booked, or re-rated, at what it corrects: who books from here on
 * waits for it. */
static void
add_correction(PriceRow *row, const Looks *looks)
{
	TimestampTz newest;

	partition_summarize(looks->began_at);
	price_hold_for_adding();
	newest = Max(price_newest_booking(row->price.corrects, looks->began_at),
				 rerate_newest_prices(row->model));
	row->price.corrected_at = moment_behind(newest);
	price_insert_all(&row, 1);
}

int64
new_price_correct(int64 price_id, const Price *prices, const char *actor, const char *reason)
{
	Looks looks = begin_looks();
	NewPrices call = {.action = "correct_price", .actor = actor, .reason = reason};
	PlacedPrice placed;
	PriceRow row;
	Price standing;
	PricedCharge charge;
	AuditLine line;

	if (!price_get_placed(price_id, &placed))
		refuse(ERROR_PRICE_ROW_UNKNOWN, price_id);
	check_correctable(&placed, looks.began_at);
	row = placed.row;
	if (!price_find_standing(&row, &standing))
		refuse(ERROR_INTERNAL, "a price is not where it was found");
	memcpy(row.price.nano_of, prices->nano_of, sizeof(row.price.nano_of));
	row.price.meters = prices->meters ? prices->meters : standing.meters;
	row.price.unlisted_are_free = prices->meters ? prices->unlisted_are_free
												 : standing.unlisted_are_free;
	if (rating_is_same_price(&standing, &row.price))
		return standing.price_id;
	if (price_find_closed(&row, &charge))
		refuse_backdated(&charge);
	row.price.corrects = row.price.corrects ? row.price.corrects : price_id;
	add_correction(&row, &looks);
	line = audit_line(&call, &row);
	line.old_value = describe_price(&standing);
	audit_insert(&line);
	return row.price.price_id;
}

/* ---- accounts' lists ---------------------------------------------------------- */

/* True where that was said before; refuses another list from the same instant. */
static bool
is_said(const AccountPriceList *list)
{
	size_t count;
	AccountPriceList *lists = account_price_list_all(list->account_id, sql_latest, &count);

	for (size_t i = 0; i < count; i++)
	{
		if (lists[i].effective_from != list->effective_from)
			continue;
		if (strcmp(lists[i].price_list, list->price_list) != 0)
			refuse(ERROR_PRICE_LIST_CONFLICT, list->account_id, lists[i].price_list);
		return true;
	}
	return false;
}

bool
new_price_list_set(const Booking *booking, AccountPriceList *list)
{
	AuditLine line = {.account_id = list->account_id,
					  .action = "set_price_list",
					  .new_value = list->price_list,
					  .actor = list->actor,
					  .reason = list->reason};
	PricedCharge charge;
	TimestampTz newest;

	if (strcmp(list->price_list, RATING_STANDARD_LIST) != 0 && !price_list_exists(list->price_list))
		refuse(ERROR_PRICE_LIST_UNKNOWN, list->price_list);
	if (list->effective_from == DT_NOBEGIN)
	{
		newest = price_newest_charge_of(list->account_id, booking->at, recorded_since(booking->at));
		list->effective_from = Max(booking->at, newest + 1);
	}
	if (is_said(list))
		return false;
	account_price_list_insert(list);
	if (price_find_backdated_of(list->account_id, list->effective_from,
								recorded_since(list->effective_from), &charge))
		refuse_backdated(&charge);
	line.object = psprintf("price list, from %s", timestamptz_to_str(list->effective_from));
	audit_insert(&line);
	return true;
}
