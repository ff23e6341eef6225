/*-------------------------------------------------------------------------
 *
 * account_range_store.h
 *	  Which accounts are these books', where several databases share them out.
 *
 *-------------------------------------------------------------------------
 */
#ifndef STORE_ACCOUNT_RANGE_STORE_H
#define STORE_ACCOUNT_RANGE_STORE_H

#include "postgres.h"

#include "datatype/timestamp.h"

#include "errors.h"

typedef struct AccountRange
{
	int64 first_id;
	int64 last_id;
} AccountRange;

extern void account_range_init(void);

/* The range in force, which is remembered; all ids where none was set. */
extern AccountRange account_range_get(void);

/* Whether an account may be these books'; the house's always. */
extern bool account_range_has(int64 account_id);

/* Why there is no such account here: it is another database's, or nobody's. */
extern Fault account_range_fault(int64 account_id);
no_return extern void account_range_refuse(int64 account_id);

/* Holds the range: as it is, for who makes an account; against those, for who changes it. */
extern void account_range_hold(void);
extern void account_range_hold_for_changing(void);

/* An account outside of a range; 0 where there is none. */
extern int64 account_range_find_outside(const AccountRange *range);

extern void account_range_insert(const AccountRange *range, TimestampTz now, const char *actor,
								 const char *reason);

#endif
