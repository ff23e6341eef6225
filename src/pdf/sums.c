/*-------------------------------------------------------------------------
 *
 * sums.c
 *	  A narrow block of amounts.
 *
 *-------------------------------------------------------------------------
 */
#include "pdf/sums.h"

#include <stdio.h>

#define WIDTH 304.0
#define AMOUNT_WIDTH 140.0
#define LABEL_WIDTH (WIDTH - AMOUNT_WIDTH - PAGE_GUTTER - 2 * PAGE_PADDING)
#define LEFT (PAGE_WIDTH - PAGE_MARGIN - WIDTH)
#define SPACING 3.0
#define ABOVE 8.0

void
sums_add(Sums *sums, const char *label, const char *amount)
{
	if (amount && sums->count < SUMS_MAX)
		sums->sums[sums->count++] = (Sum){label, amount};
}

void
sums_conclude(Sums *sums, const char *label, const char *currency, const char *amount)
{
	sums->last = (Sum){label, amount};
	sums->currency = currency;
}

/* Label and amount on one line; the height of the taller. */
static double
put(const Sum *sum, const Page *page, TextStyle style, bool is_shown)
{
	TextBlock label = text_set(page->setter, style, TEXT_LEFT, LABEL_WIDTH, sum->label);
	TextBlock amount = text_set(page->setter, style, TEXT_RIGHT, AMOUNT_WIDTH, sum->amount);
	double baseline = MAX(label.baseline, amount.baseline);
	cairo_t *cairo = is_shown ? page->cairo : NULL;

	label.height += baseline - label.baseline;
	amount.height += baseline - amount.baseline;
	text_show(&label, cairo, LEFT + PAGE_PADDING, page->y + baseline - label.baseline);
	text_show(&amount, cairo, LEFT + WIDTH - PAGE_PADDING - AMOUNT_WIDTH,
			  page->y + baseline - amount.baseline);
	return MAX(label.height, amount.height);
}

/* The currency stands with the total alone: "Total (USD)". */
static Sum
last_of(const Sums *sums, char text[TEXT_BYTES_MAX])
{
	(void) snprintf(text, TEXT_BYTES_MAX, "%s (%s)", sums->last.label, sums->currency);
	return (Sum){text, sums->last.amount};
}

double
sums_height(const Sums *sums, const Page *page)
{
	char text[TEXT_BYTES_MAX];
	Sum last = last_of(sums, text);
	double height = ABOVE + 3 * PAGE_PADDING + put(&last, page, TEXT_TOTAL, false);

	for (int i = 0; i < sums->count; i++)
		height += put(&sums->sums[i], page, TEXT_BODY, false) + SPACING;
	return height;
}

void
sums_draw(const Sums *sums, Page *page)
{
	char text[TEXT_BYTES_MAX];
	Sum last = last_of(sums, text);
	double height = put(&last, page, TEXT_TOTAL, false);

	page->y += ABOVE;
	for (int i = 0; i < sums->count; i++)
		page->y += put(&sums->sums[i], page, TEXT_BODY, true) + SPACING;
	page->y += PAGE_PADDING;
	page_panel(page, LEFT, page->y, WIDTH, height + 2 * PAGE_PADDING);
	page->y += PAGE_PADDING;
	page->y += put(&last, page, TEXT_TOTAL, true) + PAGE_PADDING;
}
