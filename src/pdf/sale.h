/*-------------------------------------------------------------------------
 *
 * sale.h
 *	  An invoice, or the credit note of one.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PDF_SALE_H
#define PDF_SALE_H

#include "pdf/document.h"
#include "pdf/page.h"

extern void sale_draw(Page *page, const Document *document);

#endif
