/*-------------------------------------------------------------------------
 *
 * masthead.h
 *	  What stands above the table of every document: title, facts, parties.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PDF_MASTHEAD_H
#define PDF_MASTHEAD_H

#include "pdf/page.h"
#include "pdf/paper.h"

#include <stddef.h>

/* A value under its label; one that was not given takes no place. */
typedef struct MastheadFact
{
	Label label;
	const char *value;
} MastheadFact;

/* The title's label: of the document's kind. */
extern Label masthead_title(PaperKind kind);

extern void masthead_draw(Page *page, const Paper *paper, const MastheadFact *facts, size_t count);

/* Facts beside each other, as many in a line as a page has room for. */
extern void masthead_facts(Page *page, const MastheadFact *facts, size_t count);

#endif
