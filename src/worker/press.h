/*-------------------------------------------------------------------------
 *
 * press.h
 *	  Having billing-pdf draw documents, one at a time.
 *
 * It may hang, die or send rubbish: then it is closed, and that is an answer.
 *
 *-------------------------------------------------------------------------
 */
#ifndef WORKER_PRESS_H
#define WORKER_PRESS_H

#include "postgres.h"

#include "datatype/timestamp.h"

#include "worker/child.h"

typedef enum PressAnswer
{
	PRESS_NOTHING, /* yet */
	PRESS_DRAWN,
	PRESS_REFUSED, /* by billing-pdf, or because there is none any more */
} PressAnswer;

/* True where it runs, or could be started; else it can be at press_opens_at(). */
extern bool press_open(void);
extern TimestampTz press_opens_at(void);
extern void press_close(void);

/* What it waits for. */
extern const Child *press_child(void);

/* While it draws nothing: notices that it has ended, or speaks unasked; then it is closed. */
extern void press_watch(void);

/* Begins to draw; false where the text is too long. It answers before press_answers_at(). */
extern bool press_draw(const char *text);
extern TimestampTz press_answers_at(void);

/* What came of it: the document, or in ASCII why there is none. It stays until press_take(). */
extern PressAnswer press_look(Bytes *answer);
extern void press_take(void);

#endif
