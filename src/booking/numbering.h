/*-------------------------------------------------------------------------
 *
 * numbering.h
 *	  Giving overseas invoices and credit notes their numbers (R18).
 *
 * One transaction at a time gives numbers, of what is committed, and holds no
 * account: one that stays open after a credit keeps nobody else's waiting.
 *
 *-------------------------------------------------------------------------
 */
#ifndef BOOKING_NUMBERING_H
#define BOOKING_NUMBERING_H

#include "postgres.h"

/* What one call gives at the most, of each series. */
#define NUMBERING_MAX 1000

/* Numbers what waits, in the order in which it was made; returns how many. None where somebody else
 * is at it, where no seller of region global is set, where the books are not armed though they were
 * once, and where they are in a new epoch whose series are not released. */
extern int64 numbering_run(void);

#endif
