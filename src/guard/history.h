/*-------------------------------------------------------------------------
 *
 * history.h
 *	  The trigger functions of the books.
 *
 *-------------------------------------------------------------------------
 */
#ifndef GUARD_HISTORY_H
#define GUARD_HISTORY_H

/* Registers billing.allow_history_change. */
extern void history_init(void);

#endif
