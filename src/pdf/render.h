/*-------------------------------------------------------------------------
 *
 * render.h
 *	  A document as the bytes of a PDF, the same ones whenever it is the same.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PDF_RENDER_H
#define PDF_RENDER_H

#include "pdf/paper.h"

/* Bytes that are written; what does not fit is a fault. */
typedef struct RenderRoom
{
	char *bytes;
	size_t size;
	size_t most;
} RenderRoom;

/* False, and fault says why, where it cannot be drawn. */
extern bool render_document(const Paper *paper, RenderRoom *room, char fault[PAPER_FAULT_SIZE]);

#endif
