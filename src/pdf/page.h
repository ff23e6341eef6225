/*-------------------------------------------------------------------------
 *
 * page.h
 *	  Pages of A4, filled from the top down.
 *
 * A document is drawn twice: first onto pages without cairo, to count them, since
 * each tells how many there are.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PDF_PAGE_H
#define PDF_PAGE_H

#include "pdf/text.h"

/* In points. */
#define PAGE_WIDTH 595.28
#define PAGE_HEIGHT 841.89
#define PAGE_MARGIN 50.0
#define PAGE_FOOTER 64.0
#define PAGE_BODY_WIDTH (PAGE_WIDTH - 2 * PAGE_MARGIN)
#define PAGE_BODY_HEIGHT (PAGE_HEIGHT - PAGE_MARGIN - PAGE_FOOTER)
#define PAGE_GUTTER 12.0 /* between columns */
#define PAGE_PADDING 8.0 /* beside what stands in a panel, or under one */

#define PAGES_MAX 500

typedef struct Page
{
	cairo_t *cairo; /* NULL: pages are counted */
	const TextSetter *setter;
	LabelLanguage language;
	const char *footer;
	int number;
	int count;		   /* of all pages, where they are not counted now */
	double y;		   /* what is above is filled */
	const char *fault; /* NULL: none; nothing is drawn behind one */
} Page;

/* Ends the page, if there is one, and begins the next. */
extern void page_next(Page *page);

/* Does so much fit on the rest of this page? */
extern bool page_fits(const Page *page, double height);

/* Begins the next page where it does not; false where it fits on none. */
extern bool page_reserve(Page *page, double height);

/* Goes down, past what was drawn without that question: a fault where it was too much. */
extern void page_move(Page *page, double height);

/* The height of a text. */
extern double page_measure(const Page *page, TextStyle style, double width, const char *text);

/* Sets a text and shows it; its height. */
extern double page_text(Page *page, TextStyle style, TextSide side, double x, double y,
						double width, const char *text);

/* Across the page; a fine one parts rows. */
extern void page_rule(Page *page, bool is_fine);
extern void page_panel(Page *page, double x, double y, double width, double height);

#endif
