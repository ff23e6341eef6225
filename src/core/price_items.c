/*-------------------------------------------------------------------------
 *
 * price_items.c
 *	  Items of a price, read and written.
 *
 *-------------------------------------------------------------------------
 */
#include "core/price_items.h"

#include "core/text.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static const int32_t units[] = {1, 60, 1000, 3600, 60000, 1000000, 3600000};

/* Longest price and number of units, as they may be written. */
#define NUMBER_SIZE 48

static int
compare_items(const void *left, const void *right)
{
	return strcmp(((const PriceItem *) left)->meter, ((const PriceItem *) right)->meter);
}

static bool
is_digits(const char *text)
{
	return text[0] != '\0' && text[strspn(text, "0123456789")] == '\0';
}

/* Reads behind how many units a price is for; false where it is none of those. */
static bool
read_per(const char *text, int32_t *per)
{
	long value = is_digits(text) && strlen(text) <= 7 ? strtol(text, NULL, 10) : 0;

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (units[i] == value)
		{
			*per = units[i];
			return true;
		}
	return false;
}

/* Reads a price, and for how many units it is; NULL, or what is wrong with it. */
static const char *
read_amount(char *text, PriceItem *item)
{
	char *per = strchr(text, '/');

	item->per = 1;
	if (per)
		*per++ = '\0';
	if (!money_parse(text, &item->nano) || item->nano > UNIT_NANO_MAX)
		return "a price is 0 to 1,000,000, with at most 9 decimals";
	if (per && !read_per(per, &item->per))
		return "a price is for " PRICE_ITEMS_PER_TEXT " units";
	return NULL;
}

/* Copies a word; false where it does not fit. */
static bool
copy_word(const char *from, size_t length, char *to, size_t size)
{
	if (length >= size)
		return false;
	memcpy(to, from, length);
	to[length] = '\0';
	return true;
}

/* Reads one item, of so many bytes. */
static const char *
read_item(const char *text, size_t length, PriceItem *item)
{
	size_t name = strcspn(text, " ,");
	size_t blanks = name < length ? strspn(text + name, " ") : 0;
	size_t left = length - name - blanks;
	char amount[NUMBER_SIZE];

	while (left > 0 && text[name + blanks + left - 1] == ' ')
		left--;
	if (!copy_word(text, name, item->meter, sizeof(item->meter)) ||
		!text_is_label(item->meter, METER_NAME_BYTES_MAX))
		return "a meter is 1 to 64 letters, digits and _ - . : /";
	if (!copy_word(text + name + blanks, left, amount, sizeof(amount)))
		return "a price is 0 to 1,000,000, with at most 9 decimals";
	return read_amount(amount, item);
}

/* Sorts the items; false where a meter is there twice. */
static bool
sort_items(PriceItems *items)
{
	qsort(items->of, items->count, sizeof(PriceItem), compare_items);
	for (size_t i = 1; i < items->count; i++)
		if (strcmp(items->of[i - 1].meter, items->of[i].meter) == 0)
			return false;
	return true;
}

const char *
price_items_read(const char *text, PriceItems *items)
{
	const char *problem = NULL;
	bool has_more;

	items->count = 0;
	text += strspn(text, " ");
	has_more = *text != '\0';
	while (has_more && problem == NULL)
	{
		size_t length = strcspn(text, ",");

		if (items->count == PRICE_ITEMS_MAX)
			return "there are more than 64";
		problem = read_item(text, length, &items->of[items->count++]);
		has_more = text[length] == ',';
		text += length + has_more;
		text += strspn(text, " ");
	}
	return problem ? problem : sort_items(items) ? NULL : "a meter is there twice";
}

/* Writes a price without the zeros at its end; returns the end. */
static char *
print_amount(char *end, int64_t nano)
{
	char *point;

	money_print(nano, end);
	point = strchr(end, '.');
	end += strlen(end);
	while (end > point && end[-1] == '0')
		end--;
	return end - 1 == point ? point : end;
}

char *
price_items_print(const PriceItems *items, char text[PRICE_ITEMS_TEXT_SIZE])
{
	char *end = text;

	for (size_t i = 0; i < items->count; i++)
	{
		const PriceItem *item = &items->of[i];

		end += sprintf(end, "%s%s ", i > 0 ? ", " : "", item->meter);
		end = print_amount(end, item->nano);
		if (item->per > 1)
			end += sprintf(end, "/%" PRId32, item->per);
	}
	*end = '\0';
	return text;
}

const PriceItem *
price_items_find(const PriceItems *items, const char *meter)
{
	PriceItem wanted;

	if (!copy_word(meter, strlen(meter), wanted.meter, sizeof(wanted.meter)))
		return NULL;
	return bsearch(&wanted, items->of, items->count, sizeof(PriceItem), compare_items);
}
