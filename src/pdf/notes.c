/*-------------------------------------------------------------------------
 *
 * notes.c
 *	  Notes, in one piece.
 *
 *-------------------------------------------------------------------------
 */
#include "pdf/notes.h"

void
notes_draw(Page *page, const char *notes)
{
	const char *label = label_of(page->language, LABEL_NOTES);
	double height;

	if (notes == NULL)
		return;
	height = page_measure(page, TEXT_LABEL, PAGE_BODY_WIDTH, label) + 1 +
			 page_measure(page, TEXT_BODY, PAGE_BODY_WIDTH, notes);
	if (!page_reserve(page, height))
		return;
	page->y += page_text(page, TEXT_LABEL, TEXT_LEFT, PAGE_MARGIN, page->y, PAGE_BODY_WIDTH, label);
	page->y += 1;
	page->y += page_text(page, TEXT_BODY, TEXT_LEFT, PAGE_MARGIN, page->y, PAGE_BODY_WIDTH, notes);
}
