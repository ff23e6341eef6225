/*-------------------------------------------------------------------------
 *
 * statement.c
 *	  Balances and totals of the period, and its entries.
 *
 *-------------------------------------------------------------------------
 */
#include "pdf/statement.h"

#include "pdf/masthead.h"
#include "pdf/notes.h"
#include "pdf/sums.h"
#include "pdf/table.h"

/* The detail has a column of its own: most rows take one line. */
static const TableColumn columns[] = {
	{LABEL_AT, TABLE_TEXT, offsetof(PaperRow, at)},
	{LABEL_DESCRIPTION, TABLE_PROSE, offsetof(PaperRow, description)},
	{LABEL_DETAIL, TABLE_PROSE, offsetof(PaperRow, detail)},
	{LABEL_AMOUNT, TABLE_NUMBER, offsetof(PaperRow, amount)},
	{LABEL_BALANCE, TABLE_NUMBER, offsetof(PaperRow, balance)},
};
static const TableShape shape = {columns, sizeof(columns) / sizeof(columns[0]), false, 2};

/* They are about the entries, which follow. */
static void
draw_notes(Page *page, const char *notes)
{
	notes_draw(page, notes);
	if (notes)
		page->y += 12;
}

static void
draw_sums(Page *page, const Paper *paper)
{
	Sums sums = {0};

	sums_add(&sums, label_of(page->language, LABEL_OPENING), paper->opening);
	for (size_t i = 0; i < paper->totals.count; i++)
		sums_add(&sums, paper->totals.rows[i].description, paper->totals.rows[i].amount);
	sums_conclude(&sums, label_of(page->language, LABEL_CLOSING), paper->currency, paper->closing);
	if (page_reserve(page, sums_height(&sums, page)))
		sums_draw(&sums, page);
	page->y += 20;
}

void
statement_draw(Page *page, const Paper *paper)
{
	const MastheadFact facts[] = {
		{LABEL_ACCOUNT, paper->account},	 {LABEL_PERIOD_FROM, paper->period_from},
		{LABEL_PERIOD_TO, paper->period_to}, {LABEL_TIME_ZONE, paper->time_zone},
		{LABEL_CURRENCY, paper->currency},	 {LABEL_ISSUED_ON, paper->issued_on},
	};

	masthead_draw(page, paper, facts, sizeof(facts) / sizeof(facts[0]));
	draw_sums(page, paper);
	draw_notes(page, paper->notes);
	table_draw(page, &shape, &paper->lines, 0);
}
