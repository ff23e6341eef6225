/*-------------------------------------------------------------------------
 *
 * fuzz_meters.c
 *	  Meters, tags and items of prices: what is read is within its bounds, is
 *	  written in one form, and costs what it costs counted otherwise.
 *
 * Input: a text, which is read as each.
 *
 *-------------------------------------------------------------------------
 */
#include "fuzz.h"

#include "core/meters.h"
#include "core/price_items.h"
#include "core/rating.h"
#include "core/tags.h"
#include "core/text.h"

static void
check_meters(const char *json)
{
	char text[METERS_TEXT_SIZE];
	Meters meters;
	Meters again;

	if (meters_read(json, &meters) != NULL)
		return;
	MUST(meters.count <= METERS_MAX);
	for (size_t i = 0; i < meters.count; i++)
	{
		MUST(text_is_label(meters.of[i].name, METER_NAME_BYTES_MAX));
		MUST(meters.of[i].quantity > 0 && meters.of[i].quantity <= METER_QUANTITY_MAX);
		MUST(i == 0 || strcmp(meters.of[i - 1].name, meters.of[i].name) < 0);
	}
	MUST(strlen(meters_print(&meters, text)) < sizeof(text));
	MUST(meters_read(text, &again) == NULL && meters_are_same(&meters, &again));
}

static void
check_tags(const char *json)
{
	char text[TAGS_TEXT_SIZE];
	char again[TAGS_TEXT_SIZE];

	if (tags_read(json, text) != NULL)
		return;
	MUST(strlen(text) < sizeof(text));
	MUST(text[0] == '\0' || (tags_read(text, again) == NULL && strcmp(text, again) == 0));
}

/* The most of each meter that there can be, of so many meters. */
static Meters
most_of(const PriceItems *items)
{
	Meters meters = {.count = items->count < METERS_MAX ? items->count : METERS_MAX};

	for (size_t i = 0; i < meters.count; i++)
	{
		memcpy(meters.of[i].name, items->of[i].meter, sizeof(meters.of[i].name));
		meters.of[i].quantity = METER_QUANTITY_MAX - (int64_t) i;
	}
	return meters;
}

/* What meters cost by items in the same order: whole nano-units, and the rest of each apart. */
static int128_t
count_cost(const Meters *meters, const PriceItems *items)
{
	int128_t whole = 0;
	int64_t rest = 0;

	for (size_t i = 0; i < meters->count; i++)
	{
		const PriceItem *item = &items->of[i];
		int128_t cost = (int128_t) meters->of[i].quantity * item->nano;

		whole += cost / item->per;
		rest += (int64_t) (cost % item->per) * (PRICE_ITEMS_COMMON / item->per);
	}
	return whole + (rest * 2 + PRICE_ITEMS_COMMON) / (2 * PRICE_ITEMS_COMMON);
}

static void
check_cost(const PriceItems *items)
{
	const Meters meters = most_of(items);
	const Price price = {.items = items};
	const TokenCounts tokens = {0};
	int128_t cost = count_cost(&meters, items);
	int64_t charge_nano = 0;
	Outcome outcome = rating_charge(&tokens, &meters, &price, &charge_nano);

	MUST(rating_covers(&price, &meters));
	MUST((outcome == OUTCOME_OK) == (cost <= MONEY_NANO_MAX));
	MUST(outcome != OUTCOME_OK || charge_nano == cost);
}

static void
check_items(const char *text)
{
	char printed[PRICE_ITEMS_TEXT_SIZE];
	char again[PRICE_ITEMS_TEXT_SIZE];
	PriceItems items;
	PriceItems read;

	if (price_items_read(text, &items) != NULL)
		return;
	MUST(items.count <= PRICE_ITEMS_MAX);
	for (size_t i = 0; i < items.count; i++)
	{
		MUST(items.of[i].nano >= 0 && items.of[i].nano <= UNIT_NANO_MAX);
		MUST(items.of[i].per > 0 && PRICE_ITEMS_COMMON % items.of[i].per == 0);
		MUST(price_items_find(&items, items.of[i].meter) == &items.of[i]);
	}
	MUST(strlen(price_items_print(&items, printed)) < sizeof(printed));
	MUST(price_items_read(printed, &read) == NULL);
	MUST(strcmp(price_items_print(&read, again), printed) == 0);
	check_cost(&items);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_text((Bytes){(const char *) data, size});

	check_meters(text);
	check_tags(text);
	check_items(text);
	free(text);
	return 0;
}
