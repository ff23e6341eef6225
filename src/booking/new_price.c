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

#include "booking/new_price.h"
#include "clock.h"
#include "core/books.h"
#include "core/policy.h"
#include "errors.h"
#include "spi/catalog.h"
#include "spi/subscriber.h"
#include "store/audit_store.h"
#include "store/partition_store.h"

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
	TimestampTz newest = Max(looks->newest, newest_charge(looks, currency, looks->began_at));

	return Max(clock_now(), newest + 1);
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
		refuse(ERROR_PRICE_BACKDATED, charge.model, charge.request_id, charge.account_id);
}

static char *
describe_price(const Price *price)
{
	char text[TOKEN_CLASSES][MONEY_TEXT_SIZE];

	for (int token_class = 0; token_class < TOKEN_CLASSES; token_class++)
		money_print(price->nano_of[token_class], text[token_class]);
	return psprintf("input %s, cache read %s, cache write %s, output %s", text[TOKENS_INPUT],
					text[TOKENS_CACHE_READ], text[TOKENS_CACHE_WRITE], text[TOKENS_OUTPUT]);
}

static AuditLine
audit_line(const PriceRow *row, const char *action)
{
	const Price *price = &row->price;

	return (AuditLine){
		.action = action,
		.object = psprintf(
			"price " INT64_FORMAT ": %s%s in %s over " INT64_FORMAT " prompt tokens, from %s",
			price->price_id, row->model, price_variant_text(price->variant), row->currency,
			price->prompt_tokens_over, timestamptz_to_str(price->effective_from)),
		.new_value = describe_price(price),
		.actor = catalog_login_name(),
	};
}

static bool
same_price(const Price *a, const Price *b)
{
	return memcmp(a->nano_of, b->nano_of, sizeof(a->nano_of)) == 0;
}

/*
 * True where there is no such row yet; else it takes that one's number. Of two
 * calls that say "from now on" in one moment the later counts.
 */
static bool
is_new(PriceRow *row, TimestampTz effective_from, bool is_from_now)
{
	Price existing;
	bool exists;

	row->price.effective_from = effective_from;
	while ((exists = price_find_same(row, &existing)) && is_from_now)
		row->price.effective_from++;
	if (!exists)
		return true;
	if (!same_price(&existing, &row->price))
		refuse(ERROR_PRICE_CONFLICT, row->model, row->currency, row->price.prompt_tokens_over);
	row->price.price_id = existing.price_id;
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
		lines[i] = audit_line(added[i], prices->action);
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

int64
new_price_add(const NewPrices *prices)
{
	Looks looks;

	if (prices->count == 0)
		return 0;
	subscriber_check_none();
	price_hold_for_changing();
	looks.began_at = clock_now();
	price_wait_for_readers();
	partition_summarize(looks.began_at);
	return prices->effective_from == DT_NOBEGIN ? add_from_now_on(prices, &looks)
												: add_from(prices, &looks);
}
