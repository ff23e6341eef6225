/*-------------------------------------------------------------------------
 *
 * render.c
 *	  Counting the pages, then drawing them.
 *
 *-------------------------------------------------------------------------
 */
#include "pdf/render.h"

#include "pdf/masthead.h"
#include "pdf/sale.h"
#include "pdf/statement.h"

#include <cairo-pdf.h>
#include <stdio.h>
#include <string.h>

static cairo_status_t
write_bytes(void *closure, const unsigned char *bytes, unsigned size)
{
	RenderRoom *room = closure;

	if (size > room->most - room->size)
		return CAIRO_STATUS_WRITE_ERROR;
	memcpy(room->bytes + room->size, bytes, size);
	room->size += size;
	return CAIRO_STATUS_SUCCESS;
}

/* "Invoice INV-1": the title of the file, and the footer of each page. */
static void
write_title(const Paper *paper, char title[TEXT_BYTES_MAX])
{
	char text[TEXT_BYTES_MAX];

	(void) snprintf(text, sizeof(text), "%s %s",
					label_of(paper->language, masthead_title(paper->kind)),
					paper->kind == PAPER_STATEMENT ? paper->account : paper->number);
	text_clean(title, text, true);
}

/* The date is the document's own, and no clock's. */
static void
describe(cairo_surface_t *surface, const Paper *paper, const char *title)
{
	char author[TEXT_BYTES_MAX];
	char instant[PAPER_SHORT_MAX + sizeof("T00:00:00Z")];

	text_clean(author, paper->seller.name, true);
	(void) snprintf(instant, sizeof(instant), "%sT00:00:00Z", paper->issued_on);
	cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_TITLE, title);
	cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_AUTHOR, author);
	cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_CREATE_DATE, instant);
}

static void
draw(Page *page, const Paper *paper)
{
	page_next(page);
	if (paper->kind == PAPER_STATEMENT)
		statement_draw(page, paper);
	else
		sale_draw(page, paper);
}

/* Draws it into the room; NULL, or a fault. */
static const char *
write_pages(const Paper *paper, const Page *counted, RenderRoom *room)
{
	cairo_surface_t *surface = cairo_pdf_surface_create_for_stream(write_bytes, room, PAGE_WIDTH,
																   PAGE_HEIGHT);
	Page page = {
		.cairo = cairo_create(surface),
		.setter = counted->setter,
		.language = counted->language,
		.footer = counted->footer,
		.count = counted->number,
	};
	cairo_status_t status;

	describe(surface, paper, page.footer);
	draw(&page, paper);
	cairo_show_page(page.cairo);
	cairo_surface_finish(surface);
	status = cairo_status(page.cairo);
	if (status == CAIRO_STATUS_SUCCESS)
		status = cairo_surface_status(surface);
	cairo_destroy(page.cairo);
	cairo_surface_destroy(surface);
	if (status == CAIRO_STATUS_WRITE_ERROR)
		return "its PDF is too long";
	return status == CAIRO_STATUS_SUCCESS ? page.fault : cairo_status_to_string(status);
}

bool
render_document(const Paper *paper, RenderRoom *room, char fault[PAPER_FAULT_SIZE])
{
	TextSetter setter;
	char title[TEXT_BYTES_MAX];
	Page page = {.setter = &setter, .language = paper->language, .footer = title};
	const char *found;

	write_title(paper, title);
	text_open(&setter, paper->language);
	setter.is_counting = true;
	draw(&page, paper);
	setter.is_counting = false;
	found = page.fault ? page.fault : write_pages(paper, &page, room);
	text_close(&setter);
	if (found)
		(void) snprintf(fault, PAPER_FAULT_SIZE, "%s", found);
	return found == NULL;
}
