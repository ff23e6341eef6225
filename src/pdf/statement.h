/*-------------------------------------------------------------------------
 *
 * statement.h
 *	  An account's statement for a period.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PDF_STATEMENT_H
#define PDF_STATEMENT_H

#include "pdf/document.h"
#include "pdf/page.h"

extern void statement_draw(Page *page, const Document *document);

#endif
