/*-------------------------------------------------------------------------
 *
 * replay.h
 *	  Doing all that is in an account's ledger once more.
 *
 * The entries of one account are read in their order. Each act that stands there
 * is done again by the function of core/books that made it, on books that began
 * empty: expired lots first, then the act, then arrears (books-and-states 1.3).
 * The transfers that come of it must be the entries that stand there. So of what
 * an entry says nothing is believed but what comes from outside the books: which
 * act it was, when, and how much.
 *
 * Memory is the caller's: ReplayInput.grow() gives and enlarges it, and the
 * caller forgets all of it when the account is done.
 *
 *-------------------------------------------------------------------------
 */
#ifndef CORE_REPLAY_H
#define CORE_REPLAY_H

#include "core/books.h"

typedef struct ReplayEntry
{
	int64_t entry_no;
	int64_t recorded_at;
	Transfer transfer;
	bool is_readable; /* false: only the number is */
} ReplayEntry;

typedef enum ReplayPlace
{
	REPLAY_NOT_ADDED, /* yet */
	REPLAY_IN_BOOKS,
	REPLAY_PUT_AWAY /* it is empty: no act but an undo looks at it */
} ReplayPlace;

/* What the table says of a lot; what is left of it, and where it is, is the replay's. */
typedef struct ReplayLot
{
	Lot lot;
	int64_t order_id;
	ReplayPlace place;
} ReplayLot;

/* What re-rated a charge, or undid it. */
typedef struct ReplayChange
{
	size_t charge;		 /* which of the facts' charges */
	int64_t reversal_id; /* NO_NUMBER: it was re-rated */
	int64_t first_entry_no;
	int64_t entry_count;
	int64_t amount_nano; /* charged; below 0: given back */
	int64_t charge_nano; /* what it costs from then on */
	int64_t written_off_nano;
	bool is_done; /* the replay's: its act was met */
} ReplayChange;

/* A charge that was re-rated or undone, and by what entries it was paid. */
typedef struct ReplayCharge
{
	bool is_known; /* false: its request is not kept any more */
	int64_t first_entry_no;
	int64_t entry_count;
	int64_t from_nano; /* what the entries paid before it */
	int64_t charge_nano;
	size_t first_change; /* of the facts' changes, which stand in their order */
	size_t changes_count;
} ReplayCharge;

/* The lot whose payment a take-back is of. */
typedef struct ReplayTakeBack
{
	int64_t take_back_id;
	int64_t lot_no;
} ReplayTakeBack;

/* The account was taken back to the time, after a clock that was ahead had booked it. */
typedef struct ReplayRepair
{
	int64_t last_entry_no; /* the newest one then */
	int64_t corrected_at;
} ReplayRepair;

/* What the books say of an account beside its entries: lots and take-backs by their numbers. */
typedef struct ReplayFacts
{
	ReplayLot *lots;
	size_t lots_count;
	ReplayCharge *charges;
	size_t charges_count;
	ReplayChange *changes;
	size_t changes_count;
	ReplayTakeBack *take_backs;
	size_t take_backs_count;
	ReplayRepair *repairs;
	size_t repairs_count;
	bool on_house;
} ReplayFacts;

typedef struct ReplayInput
{
	bool (*next)(void *argument, ReplayEntry *entry); /* false: there is none any more */
	void *argument;
	void *(*grow)(void *memory, size_t size); /* memory is NULL at first */
	void (*check_stop)(void); /* called in what may be long: comes back where to go on */
} ReplayInput;

typedef enum ReplayFault
{
	REPLAY_HOLDS,
	REPLAY_IS_UNREADABLE,
	REPLAY_IS_NOT_NEXT,	 /* its number does not follow */
	REPLAY_FALLS,		 /* it is recorded before the one in front of it, and no repair says why */
	REPLAY_IS_ANOTHER,	 /* the rules make another transfer */
	REPLAY_IS_MISSING,	 /* they make one more */
	REPLAY_HAS_NO_CAUSE, /* no act makes it there */
	REPLAY_IS_STAMPED,	 /* with a number or an instant that such an act does not give */
	REPLAY_IS_REFUSED,	 /* the rules refuse the act */
	REPLAY_IS_OTHERWISE	 /* a re-rating or a reversal says another amount, or other entries */
} ReplayFault;

typedef struct ReplayFinding
{
	ReplayFault fault;
	int64_t entry_no;  /* where; of REPLAY_IS_MISSING the newest one */
	Transfer expected; /* of REPLAY_IS_ANOTHER and REPLAY_IS_MISSING */
	Transfer found;	   /* of all where an entry could be read */
} ReplayFinding;

/*
 * Goes through an account's entries up to the first that is another than the rules
 * make. What the account and its lots say in the end is the sum of their entries:
 * that is for others to compare.
 */
extern ReplayFinding replay_account(ReplayFacts *facts, const ReplayInput *input);

#endif
