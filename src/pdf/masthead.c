/*-------------------------------------------------------------------------
 *
 * masthead.c
 *	  The upper part of a first page.
 *
 *-------------------------------------------------------------------------
 */
#include "pdf/masthead.h"

#include <stdio.h>

#define FACTS_IN_LINE 4
#define FACT_WIDTH ((PAGE_BODY_WIDTH - (FACTS_IN_LINE - 1) * PAGE_GUTTER) / FACTS_IN_LINE)
#define FACTS_SPACING 8
#define PARTY_GUTTER (2 * PAGE_GUTTER)
#define PARTY_WIDTH ((PAGE_BODY_WIDTH - PARTY_GUTTER) / 2)

Label
masthead_title(PaperKind kind)
{
	static const Label titles[] = {
		[PAPER_INVOICE] = LABEL_INVOICE,
		[PAPER_CREDIT_NOTE] = LABEL_CREDIT_NOTE,
		[PAPER_STATEMENT] = LABEL_STATEMENT,
	};

	return titles[kind];
}

/* ---- facts ---------------------------------------------------------------------- */

/* A fact's place in its line; the last one has the rest of it. */
static double
fact_width(size_t place, size_t count)
{
	double rest = (double) (FACTS_IN_LINE - count) * (FACT_WIDTH + PAGE_GUTTER);

	return FACT_WIDTH + (place + 1 == count ? rest : 0);
}

/* The next of those that have a value, up to a line of them; how many. */
static size_t
next_line(const MastheadFact **at, const MastheadFact *end, const MastheadFact *line[])
{
	size_t count = 0;

	for (; *at < end && count < FACTS_IN_LINE; (*at)++)
		if ((*at)->value)
			line[count++] = *at;
	return count;
}

/* Labels in one line and values in the next; false where no page has the room. */
static bool
draw_line(Page *page, const MastheadFact *const line[], size_t count)
{
	double label_height = page_measure(page, TEXT_LABEL, FACT_WIDTH,
									   label_of(page->language, line[0]->label)) +
						  1;
	double height = 0;

	for (size_t i = 0; i < count; i++)
		height = MAX(height, page_measure(page, TEXT_BODY, fact_width(i, count), line[i]->value));
	if (!page_reserve(page, label_height + height))
		return false;
	for (size_t i = 0; i < count; i++)
	{
		double x = PAGE_MARGIN + (double) i * (FACT_WIDTH + PAGE_GUTTER);

		(void) page_text(page, TEXT_LABEL, TEXT_LEFT, x, page->y, FACT_WIDTH,
						 label_of(page->language, line[i]->label));
		(void) page_text(page, TEXT_BODY, TEXT_LEFT, x, page->y + label_height,
						 fact_width(i, count), line[i]->value);
	}
	page->y += label_height + height + FACTS_SPACING;
	return true;
}

void
masthead_facts(Page *page, const MastheadFact *facts, size_t count)
{
	const MastheadFact *line[FACTS_IN_LINE];
	const MastheadFact *at = facts;
	size_t found;

	do
		found = next_line(&at, facts + count, line);
	while (found > 0 && draw_line(page, line, found));
}

/* ---- parties ---------------------------------------------------------------------- */

/* "Tax number: 123", if there is one. */
static double
draw_mark(Page *page, double x, double y, Label label, const char *value)
{
	char text[PAPER_MARK_MAX + LABEL_PAGE_SIZE];

	if (value == NULL)
		return 0;
	(void) snprintf(text, sizeof(text), "%s%s%s", label_of(page->language, label),
					label_of(page->language, LABEL_COLON), value);
	return page_text(page, TEXT_BODY, TEXT_LEFT, x, y, PARTY_WIDTH, text);
}

/* From page->y down; where it ends. */
static double
draw_party(Page *page, const PaperParty *party, Label label, double x)
{
	double y = page->y;

	y += page_text(page, TEXT_LABEL, TEXT_LEFT, x, y, PARTY_WIDTH,
				   label_of(page->language, label)) +
		 2;
	y += page_text(page, TEXT_NAME, TEXT_LEFT, x, y, PARTY_WIDTH, party->name) + 1;
	y += page_text(page, TEXT_BODY, TEXT_LEFT, x, y, PARTY_WIDTH, party->address);
	y += draw_mark(page, x, y, LABEL_TAX_NUMBER, party->tax_number);
	y += draw_mark(page, x, y, LABEL_REGISTRATION, party->registration);
	y += draw_mark(page, x, y, LABEL_EMAIL, party->email);
	y += draw_mark(page, x, y, LABEL_PHONE, party->phone);
	return y + draw_mark(page, x, y, LABEL_ACCOUNT, party->account);
}

static void
draw_parties(Page *page, const Paper *paper)
{
	double left = draw_party(page, &paper->seller, LABEL_SELLER, PAGE_MARGIN);
	double right = draw_party(page, &paper->buyer, LABEL_BUYER,
							  PAGE_MARGIN + PARTY_WIDTH + PARTY_GUTTER);

	page_move(page, MAX(left, right) - page->y);
}

void
masthead_draw(Page *page, const Paper *paper, const MastheadFact *facts, size_t count)
{
	page->y += page_text(page, TEXT_TITLE, TEXT_LEFT, PAGE_MARGIN, page->y, PAGE_BODY_WIDTH,
						 label_of(page->language, masthead_title(paper->kind))) +
			   8;
	page_rule(page, false);
	page->y += 12;
	masthead_facts(page, facts, count);
	page->y += 10;
	draw_parties(page, paper);
	page->y += 24;
}
