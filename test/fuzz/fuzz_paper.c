/*-------------------------------------------------------------------------
 *
 * fuzz_paper.c
 *	  A document to be drawn: what is read of it has its bounds.
 *
 * Input: a document.
 *
 *-------------------------------------------------------------------------
 */
#include "fuzz.h"

#include "pdf/paper.h"

static void
check_text(const char *text, size_t most, bool is_required)
{
	MUST(text ? text[0] != '\0' && strlen(text) <= most : !is_required);
}

static void
check_party(const PaperParty *party)
{
	check_text(party->name, PAPER_LINE_MAX, true);
	check_text(party->address, PAPER_LINE_MAX, false);
	check_text(party->tax_number, PAPER_MARK_MAX, false);
	check_text(party->registration, PAPER_MARK_MAX, false);
	check_text(party->email, PAPER_MARK_MAX, false);
	check_text(party->phone, PAPER_MARK_MAX, false);
	check_text(party->account, PAPER_MARK_MAX, false);
}

static void
check_rows(const PaperRows *rows)
{
	const char *longest = paper_longest(rows, offsetof(PaperRow, detail));

	for (size_t i = 0; i < rows->count; i++)
	{
		const PaperRow *row = &rows->rows[i];

		check_text(row->at, PAPER_SHORT_MAX, false);
		check_text(row->description, PAPER_LINE_MAX, true);
		check_text(row->detail, PAPER_LINE_MAX, false);
		check_text(row->amount, PAPER_SHORT_MAX, true);
		MUST(row->detail == NULL || longest != NULL);
	}
}

static void
check_paper(const Paper *paper)
{
	bool is_statement = paper->kind == PAPER_STATEMENT;

	check_party(&paper->seller);
	check_party(&paper->buyer);
	check_rows(&paper->lines);
	check_rows(&paper->totals);
	check_text(paper->currency, PAPER_SHORT_MAX, true);
	check_text(paper->number, PAPER_SHORT_MAX, !is_statement);
	check_text(paper->total, PAPER_SHORT_MAX, !is_statement);
	check_text(paper->closing, PAPER_SHORT_MAX, is_statement);
	check_text(paper->of_invoice, PAPER_SHORT_MAX, paper->kind == PAPER_CREDIT_NOTE);
	check_text(paper->notes, PAPER_LONG_MAX, false);
	MUST(strlen(paper->issued_on) == strlen("YYYY-MM-DD"));
	MUST(is_statement || paper->lines.count > 0);
}

static void
check_fault(const char *fault)
{
	size_t size = strnlen(fault, PAPER_FAULT_SIZE);

	MUST(size > 0 && size < PAPER_FAULT_SIZE);
	for (size_t i = 0; i < size; i++)
		MUST(fault[i] >= ' ' && fault[i] <= '~');
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_copy((Bytes){(const char *) data, size});
	char fault[PAPER_FAULT_SIZE];
	Paper paper;

	if (paper_read(text, size, &paper, fault))
		check_paper(&paper);
	else
		check_fault(fault);
	paper_close(&paper);
	free(text);
	return 0;
}
