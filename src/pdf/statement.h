/*-------------------------------------------------------------------------
 *
 * statement.h
 *	  An account's statement for a period.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PDF_STATEMENT_H
#define PDF_STATEMENT_H

#include "pdf/page.h"
#include "pdf/paper.h"

extern void statement_draw(Page *page, const Paper *paper);

#endif
