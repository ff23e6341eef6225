/*-------------------------------------------------------------------------
 *
 * reconciliation_store.h
 *	  Rows of reconciliation, reconciliation_difference and reconciliation_line.
 *
 *-------------------------------------------------------------------------
 */
#ifndef STORE_RECONCILIATION_STORE_H
#define STORE_RECONCILIATION_STORE_H

#include "postgres.h"

#include "catalog/pg_type_d.h"
#include "datatype/timestamp.h"

#include "core/lifecycle.h"

#define DAY_SIZE 11 /* 2026-01-01 */

/* A day of a gateway's bills, and its how manieth comparison. */
typedef struct ReconciliationKey
{
	const char *gateway;
	char day[DAY_SIZE];
	int32 run;
} ReconciliationKey;

/* The key as $1 to $3 of a statement. */
#define RECONCILIATION_KEY_TYPES TEXTOID, TEXTOID, INT4OID
extern void reconciliation_bind_key(Datum *values, char *nulls, const ReconciliationKey *key);

typedef struct Reconciliation
{
	ReconciliationKey key;
	ReconciliationState state;
	const char *bill;	/* trade or fund: which is fetched; NULL: an operator brought it */
	TimestampTz due_at; /* DT_NOEND where it has ended */
	TimestampTz requested_at;
	const char *requested_by;
	int32 attempts;
	const char *code; /* NULL: none */
	int64 rows;
	int64 matched;
} Reconciliation;

/* What a run found, in the gateway's currency. */
typedef enum ReconciliationClass
{
	CLASS_FEE,
	CLASS_FEE_RETURNED,
	CLASS_SETTLEMENT,
	CLASS_FUNDING
} ReconciliationClass;

#define RECONCILIATION_CLASSES_COUNT 4

/* Stores a run, with the next number of its day; false, and the one there is, where one is open. */
extern bool reconciliation_insert(Reconciliation *run);

/* The longest due run in a state that nobody else works on; false where there is none. */
extern bool reconciliation_find_due(ReconciliationState state, TimestampTz now,
									Reconciliation *run);

/* Holds a run; false where it is not there. */
extern bool reconciliation_hold(const ReconciliationKey *key, Reconciliation *run);

/* When the next one is due; DT_NOEND where none is. */
extern TimestampTz reconciliation_next_due(void);

/* Writes back what changes of a run, but its sums. */
extern void reconciliation_update(const Reconciliation *run);

/* Adds what rows of the bill say, those behind matched up to a row. */
extern void reconciliation_add_sums(const ReconciliationKey *key, int64 from, int64 to);

/* Takes the fee of a row out again. */
extern void reconciliation_drop_fee(const ReconciliationKey *key, int64 row_no);

/* Writes down that a run is done, and what the books have of its day, from and to. */
extern void reconciliation_finish(const ReconciliationKey *key, TimestampTz from, TimestampTz to,
								  TimestampTz now);

/* What a day's newest run says more of a class than was booked of it before; the run is held. */
extern int64 reconciliation_unbooked(const ReconciliationKey *key, ReconciliationClass class);

/* Stores that it is booked; returns the number of the line. */
extern int64 reconciliation_insert_line(int64 account_id, const ReconciliationKey *key,
										ReconciliationClass class, int64 amount_nano,
										TimestampTz now);

/* ---- differences ---- */

/* Of rows behind one and up to another that were just matched: amounts, fees, what was seen before
 * and is no more. */
extern void reconciliation_compare(const ReconciliationKey *key, int64 from, int64 to,
								   TimestampTz now);

/* Of a whole day: what stands in the bill twice, and what the books have and the bill has not. */
extern void reconciliation_compare_day(const ReconciliationKey *key, TimestampTz from,
									   TimestampTz to, TimestampTz now);

/* Of a row that was asked for. ours_nano: what the gateway says of it, 0: nothing; resolution: NULL
 * where it stays open. */
extern void reconciliation_insert_asked(const ReconciliationKey *key, int64 row_no,
										const char *class, int64 ours_nano, const char *detail,
										const char *resolution, TimestampTz now);

/* What a row says and the books have by now is no difference any more. */
extern void reconciliation_agree(const ReconciliationKey *key, int64 row_no, TimestampTz now);

/* What was carried to a day whose bill has it not either will not come. */
extern void reconciliation_end_carrying(const char *gateway);

/* True where the books, or an earlier run, have anything of a day, from and to. */
extern bool reconciliation_is_traded(const ReconciliationKey *key, TimestampTz from,
									 TimestampTz to);

/* The other gateways of the provider that have a run of the day. */
extern const char **reconciliation_list_beside(const ReconciliationKey *key, size_t *count);

/* An operator settles one; false where there is none that is open. */
extern bool reconciliation_resolve(int64 difference_id, TimestampTz now, const char *actor,
								   const char *resolution);

/*
 * True where each day of a gateway from one instant to another has a run that is done and
 * was asked for since a third; days begin so long after those of UTC.
 */
extern bool reconciliation_covers(const char *gateway, TimestampTz from, TimestampTz to,
								  TimestampTz since, int64 offset_us);

#endif
