/*-------------------------------------------------------------------------
 *
 * notes.h
 *	  What is to be said besides, under its heading.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PDF_NOTES_H
#define PDF_NOTES_H

#include "pdf/page.h"

/* Nothing where there are none. */
extern void notes_draw(Page *page, const char *notes);

#endif
