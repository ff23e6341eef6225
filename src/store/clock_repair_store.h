/*-------------------------------------------------------------------------
 *
 * clock_repair_store.h
 *	  Rows of clock_repair, and as of when something counts.
 *
 *-------------------------------------------------------------------------
 */
#ifndef STORE_CLOCK_REPAIR_STORE_H
#define STORE_CLOCK_REPAIR_STORE_H

#include "postgres.h"

#include "datatype/timestamp.h"

typedef struct ClockRepair
{
	int64 account_id;
	int64 last_entry_no;	  /* the newest then; 0: none */
	TimestampTz booked_until; /* how far the account was ahead */
	TimestampTz corrected_at;
	const char *actor;
	const char *reason;
} ClockRepair;

/* SQL: joins, as c.counts_at, as of when something of a row counts: billing.counts_at(). */
#define JOIN_COUNTS_AT(account_id, entry_no, recorded_at) \
	"CROSS JOIN LATERAL billing.counts_at(" account_id ", " entry_no ", " recorded_at ") AS c "

/* Bonus that had not expired at the instant of a repair, and was booked as expired before. */
typedef struct EarlyExpiry
{
	int64 entry_no;
	int64 amount_nano;
	TimestampTz expires_at;
} EarlyExpiry;

/* Of an account that is held: what of it did not come back yet, in the order of its entries. */
extern EarlyExpiry *clock_repair_early_expiries(const ClockRepair *repair, size_t *count);

/* Numbers it and writes it down. */
extern void clock_repair_insert(const ClockRepair *repair);

/* Called once, when the library is loaded. */
extern void clock_repair_init(void);

/* How far ahead the furthest of all accounts was that were repaired: so far usage may stand that a
 * wrong clock dated. DT_NOBEGIN where there is none. Remembered by the backend. */
extern TimestampTz clock_repair_furthest(void);

/* True of an instant that has no ledger entry and was booked by a clock that was ahead, on an
 * account that was repaired since. */
extern bool clock_repair_moves(int64 account_id, TimestampTz at);

#endif
