/*-------------------------------------------------------------------------
 *
 * sale.c
 *	  Lines, totals, payment, notes.
 *
 *-------------------------------------------------------------------------
 */
#include "pdf/sale.h"

#include "pdf/masthead.h"
#include "pdf/notes.h"
#include "pdf/sums.h"
#include "pdf/table.h"

#define END_HEIGHT_MAX 350.0

static const TableColumn columns[] = {
	{LABEL_DESCRIPTION, TABLE_PROSE, offsetof(PaperRow, description)},
	{LABEL_QUANTITY, TABLE_NUMBER, offsetof(PaperRow, quantity)},
	{LABEL_UNIT_PRICE, TABLE_NUMBER, offsetof(PaperRow, unit_price)},
	{LABEL_AMOUNT, TABLE_NUMBER, offsetof(PaperRow, amount)},
};
static const TableShape shape = {columns, sizeof(columns) / sizeof(columns[0]), true, 4};

/* ---- what follows the lines --------------------------------------------------------- */

static void
draw_payment(Page *page, const PaperPayment *paid)
{
	const MastheadFact facts[] = {
		{LABEL_PAYMENT_METHOD, paid->method},
		{LABEL_PAID_AT, paid->at},
		{LABEL_REFERENCE, paid->reference},
	};

	masthead_facts(page, facts, sizeof(facts) / sizeof(facts[0]));
}

static void
draw_end(Page *page, const Paper *paper, const Sums *sums)
{
	if (!page_reserve(page, sums_height(sums, page)))
		return;
	sums_draw(sums, page);
	page->y += 20;
	draw_payment(page, &paper->paid);
	notes_draw(page, paper->notes);
}

/* What stays in one piece: all of the end, or its totals alone where it is long. */
static double
measure_end(const Page *page, const Paper *paper, const Sums *sums)
{
	Page tried = {.setter = page->setter, .language = page->language, .y = PAGE_MARGIN};

	draw_end(&tried, paper, sums);
	if (tried.number == 0 && tried.y < PAGE_MARGIN + END_HEIGHT_MAX)
		return tried.y - PAGE_MARGIN;
	return sums_height(sums, page);
}

/* ---- the whole ------------------------------------------------------------------------ */

static void
add_sums(Sums *sums, const Paper *paper)
{
	const char *tax_label = paper->tax_label;

	sums_add(sums, label_of(paper->language, LABEL_SUBTOTAL), paper->subtotal);
	sums_add(sums, label_of(paper->language, LABEL_DISCOUNT), paper->discount);
	sums_add(sums, tax_label ? tax_label : label_of(paper->language, LABEL_TAX), paper->tax);
	sums_conclude(sums,
				  label_of(paper->language,
						   paper->kind == PAPER_CREDIT_NOTE ? LABEL_TOTAL_CREDITED : LABEL_TOTAL),
				  paper->currency, paper->total);
}

void
sale_draw(Page *page, const Paper *paper)
{
	const MastheadFact facts[] = {
		{LABEL_NUMBER, paper->number},		 {LABEL_OF_INVOICE, paper->of_invoice},
		{LABEL_ISSUED_ON, paper->issued_on}, {LABEL_CURRENCY, paper->currency},
		{LABEL_REASON, paper->reason},
	};
	Sums sums = {0};

	masthead_draw(page, paper, facts, sizeof(facts) / sizeof(facts[0]));
	add_sums(&sums, paper);
	/* The last line goes to the page of what follows: that never stands alone. */
	table_draw(page, &shape, &paper->lines, measure_end(page, paper, &sums));
	draw_end(page, paper, &sums);
}
