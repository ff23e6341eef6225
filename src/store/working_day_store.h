/*-------------------------------------------------------------------------
 *
 * working_day_store.h
 *	  Rows of working_day.
 *
 *-------------------------------------------------------------------------
 */
#ifndef STORE_WORKING_DAY_STORE_H
#define STORE_WORKING_DAY_STORE_H

#include "postgres.h"

/* Says of a day whether people work on it, or that it is as its weekday. */
extern void working_day_set(Datum day, bool working);
extern void working_day_unset(Datum day);

#endif
