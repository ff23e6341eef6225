/*-------------------------------------------------------------------------
 *
 * caller_cursor.h
 *	  Keeping the caller's open cursors from the code of the books' owner.
 *
 * A cursor is found by its name, whoever opened it, and runs with the rights of who
 * fetches from it. Triggers of the owner's that run within a call could read what the
 * caller reads, or put another cursor in the place of his, with code of theirs.
 *
 *-------------------------------------------------------------------------
 */
#ifndef SPI_CALLER_CURSOR_H
#define SPI_CALLER_CURSOR_H

#include "postgres.h"

/* Registers what undoes it where a transaction fails. */
extern void caller_cursor_init(void);

/*
 * Until caller_cursor_show() of what this returns, no cursor that is open now can be read, moved,
 * closed or seen in pg_cursors.
 */
extern int caller_cursor_hide(void);

/* Closes those that were opened since, too: what the owner's code leaves, the caller might fetch
 * from. Its end may run that code, so it is called with the owner's rights still. */
extern void caller_cursor_show(int first);

#endif
