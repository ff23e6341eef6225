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

#define NONE_HEIGHT 30.0

/* ---- the period in short ------------------------------------------------------------ */

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

/* ---- entries ------------------------------------------------------------------------ */

/* The detail has a column of its own, where there is any: most rows take one line. */
static void
add_columns(Table *table, const Page *page, const DocumentRows *entries, const char *detail)
{
	table_add(table, page, label_of(page->language, LABEL_AT), TABLE_TEXT,
			  document_longest(entries, offsetof(DocumentRow, at)));
	table_add(table, page, label_of(page->language, LABEL_DESCRIPTION), TABLE_PROSE,
			  document_longest(entries, offsetof(DocumentRow, description)));
	if (detail)
		table_add(table, page, label_of(page->language, LABEL_DETAIL), TABLE_PROSE, detail);
	table_add(table, page, label_of(page->language, LABEL_AMOUNT), TABLE_NUMBER,
			  document_longest(entries, offsetof(DocumentRow, amount)));
	table_add(table, page, label_of(page->language, LABEL_BALANCE), TABLE_NUMBER,
			  document_longest(entries, offsetof(DocumentRow, balance)));
	table_fit(table);
}

static void
draw_entry(Page *page, Table *table, const DocumentRow *entry, bool has_details)
{
	TableCell cells[TABLE_COLUMNS_MAX];
	int count = 0;

	cells[count++] = (TableCell){entry->at, NULL};
	cells[count++] = (TableCell){entry->description, NULL};
	if (has_details)
		cells[count++] = (TableCell){entry->detail, NULL};
	cells[count++] = (TableCell){entry->amount, NULL};
	cells[count++] = (TableCell){entry->balance, NULL};
	table_row(table, page, cells, 0);
}

static void
draw_none(Page *page, Table *table)
{
	table_heading(table, page, NONE_HEIGHT);
	page->y += 6;
	page->y += page_text(page, TEXT_DETAIL, TEXT_LEFT, PAGE_MARGIN + PAGE_PADDING, page->y,
						 PAGE_BODY_WIDTH - 2 * PAGE_PADDING,
						 label_of(page->language, LABEL_NO_ENTRIES));
}

static void
draw_entries(Page *page, const DocumentRows *entries)
{
	Table table = {.spacing = 2};
	const char *detail = document_longest(entries, offsetof(DocumentRow, detail));

	add_columns(&table, page, entries, detail);
	if (entries->count == 0)
		draw_none(page, &table);
	for (size_t i = 0; i < entries->count; i++)
		draw_entry(page, &table, &entries->rows[i], detail != NULL);
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
	draw_entries(page, &document->lines);
}
