/*-------------------------------------------------------------------------
 *
 * statement.c
 *	  Balances and totals of the period, and its entries.
 *
 *-------------------------------------------------------------------------
 */
#include "pdf/statement.h"

#include "pdf/masthead.h"
#include "pdf/sums.h"
#include "pdf/table.h"

/* The detail has a column of its own: most rows take one line. */
static const TableColumn columns[] = {
	{LABEL_AT, TABLE_TEXT, offsetof(DocumentRow, at)},
	{LABEL_DESCRIPTION, TABLE_PROSE, offsetof(DocumentRow, description)},
	{LABEL_DETAIL, TABLE_PROSE, offsetof(DocumentRow, detail)},
	{LABEL_AMOUNT, TABLE_NUMBER, offsetof(DocumentRow, amount)},
	{LABEL_BALANCE, TABLE_NUMBER, offsetof(DocumentRow, balance)},
};
static const TableShape shape = {columns, sizeof(columns) / sizeof(columns[0]), false, 2};

static void
draw_sums(Page *page, const Document *document)
{
	Sums sums = {0};

	sums_add(&sums, label_of(page->language, LABEL_OPENING), document->opening);
	for (size_t i = 0; i < document->totals.count; i++)
		sums_add(&sums, document->totals.rows[i].description, document->totals.rows[i].amount);
	sums_conclude(&sums, label_of(page->language, LABEL_CLOSING), document->currency,
				  document->closing);
	if (page_reserve(page, sums_height(&sums, page)))
		sums_draw(&sums, page);
	page->y += 20;
}

void
statement_draw(Page *page, const Document *document)
{
	const MastheadFact facts[] = {
		{LABEL_ACCOUNT, document->account},		{LABEL_PERIOD_FROM, document->period_from},
		{LABEL_PERIOD_TO, document->period_to}, {LABEL_TIME_ZONE, document->time_zone},
		{LABEL_CURRENCY, document->currency},	{LABEL_ISSUED_ON, document->issued_on},
	};

	masthead_draw(page, document, facts, sizeof(facts) / sizeof(facts[0]));
	draw_sums(page, document);
	table_draw(page, &shape, &document->lines, 0);
}
