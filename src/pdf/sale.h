/*-------------------------------------------------------------------------
 *
 * sale.h
 *	  An invoice, or the credit note of one.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PDF_SALE_H
#define PDF_SALE_H

#include "pdf/page.h"
#include "pdf/paper.h"

extern void sale_draw(Page *page, const Paper *paper);

#endif
