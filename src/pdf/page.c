/*-------------------------------------------------------------------------
 *
 * page.c
 *	  Breaks, footers, lines and panels.
 *
 *-------------------------------------------------------------------------
 */
#include "pdf/page.h"

#define BOTTOM (PAGE_HEIGHT - PAGE_FOOTER)
#define FOOTER_Y (PAGE_HEIGHT - 46)
#define NUMBER_WIDTH 120

static void
draw_footer(Page *page)
{
	char number[LABEL_PAGE_SIZE];

	label_page(page->language, page->number, page->count, number);
	(void) page_text(page, TEXT_DETAIL, TEXT_LEFT, PAGE_MARGIN, FOOTER_Y,
					 PAGE_BODY_WIDTH - NUMBER_WIDTH - PAGE_GUTTER, page->footer);
	(void) page_text(page, TEXT_DETAIL, TEXT_RIGHT, PAGE_WIDTH - PAGE_MARGIN - NUMBER_WIDTH,
					 FOOTER_Y, NUMBER_WIDTH, number);
}

void
page_next(Page *page)
{
	if (page->cairo && page->number > 0)
		cairo_show_page(page->cairo);
	page->y = PAGE_MARGIN;
	if (++page->number > PAGES_MAX)
		page->fault = "too many pages";
	if (page->cairo)
		draw_footer(page);
}

bool
page_fits(const Page *page, double height)
{
	return page->y + height <= BOTTOM;
}

/* Nothing is cut off, and nothing runs into the footer. */
void
page_move(Page *page, double height)
{
	page->y += height;
	if (page->fault == NULL && !page_fits(page, 0))
		page->fault = "a text is taller than a page";
}

bool
page_reserve(Page *page, double height)
{
	if (page->fault == NULL && !page_fits(page, height))
		page_next(page);
	page_move(page, height);
	page->y -= height;
	return page->fault == NULL;
}

double
page_measure(const Page *page, TextStyle style, double width, const char *text)
{
	TextBlock block = text_set(page->setter, style, TEXT_LEFT, width, text);

	text_show(&block, NULL, 0, 0);
	return block.height;
}

double
page_text(Page *page, TextStyle style, TextSide side, double x, double y, double width,
		  const char *text)
{
	TextBlock block = text_set(page->setter, style, side, width, text);

	text_show(&block, page->cairo, x, y);
	return block.height;
}

void
page_rule(Page *page, bool is_fine)
{
	if (page->cairo == NULL)
		return;
	if (is_fine)
		cairo_set_source_rgb(page->cairo, 0.85, 0.87, 0.90);
	else
		cairo_set_source_rgb(page->cairo, 0.35, 0.40, 0.48);
	cairo_set_line_width(page->cairo, is_fine ? 0.5 : 0.8);
	cairo_move_to(page->cairo, PAGE_MARGIN, page->y);
	cairo_line_to(page->cairo, PAGE_WIDTH - PAGE_MARGIN, page->y);
	cairo_stroke(page->cairo);
}

void
page_panel(Page *page, double x, double y, double width, double height)
{
	if (page->cairo == NULL)
		return;
	cairo_set_source_rgb(page->cairo, 0.94, 0.955, 0.97);
	cairo_rectangle(page->cairo, x, y, width, height);
	cairo_fill(page->cairo);
}
