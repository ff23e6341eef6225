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
write_title(const Document *document, char title[TEXT_BYTES_MAX])
{
	char text[TEXT_BYTES_MAX];

	(void) snprintf(text, sizeof(text), "%s %s",
					label_of(document->language, masthead_title(document->kind)),
					document->kind == DOCUMENT_STATEMENT ? document->account : document->number);
	text_clean(title, text, true);
}

/* The date is the document's own, and no clock's. */
static void
describe(cairo_surface_t *surface, const Document *document, const char *title)
{
	char author[TEXT_BYTES_MAX];
	char instant[DOCUMENT_SHORT_MAX + sizeof("T00:00:00Z")];

	text_clean(author, document->seller.name, true);
	(void) snprintf(instant, sizeof(instant), "%sT00:00:00Z", document->issued_on);
	cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_TITLE, title);
	cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_AUTHOR, author);
	cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_CREATE_DATE, instant);
}

static void
draw(Page *page, const Document *document)
{
	page_next(page);
	if (document->kind == DOCUMENT_STATEMENT)
		statement_draw(page, document);
	else
		sale_draw(page, document);
}

/* Draws it into the room; NULL, or a fault. */
static const char *
write_pages(const Document *document, const Page *counted, RenderRoom *room)
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

	describe(surface, document, page.footer);
	draw(&page, document);
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
render_document(const Document *document, RenderRoom *room, char fault[DOCUMENT_FAULT_SIZE])
{
	TextSetter setter;
	char title[TEXT_BYTES_MAX];
	Page page = {.setter = &setter, .language = document->language, .footer = title};
	const char *found;

	write_title(document, title);
	text_open(&setter, document->language);
	setter.is_counting = true;
	draw(&page, document);
	setter.is_counting = false;
	found = page.fault ? page.fault : write_pages(document, &page, room);
	text_close(&setter);
	if (found)
		(void) snprintf(fault, DOCUMENT_FAULT_SIZE, "%s", found);
	return found == NULL;
}
