/*-------------------------------------------------------------------------
 *
 * books.h
 *	  How money moves over an account's lots and arrears.
 *
 * A Books value is one account inside one transaction: what it holds, its
 * lots, and the transfers made so far. The functions below add transfers and
 * keep cash, bonus, arrears and the lots' remainders equal to them. The caller
 * supplies the arrays; books_expire() comes first and books_pay_arrears() last
 * in every transaction (books-and-states 1.3).
 *
 * On any result but OUTCOME_OK the value is unfit for use: the caller gives the
 * transaction up.
 *
 *-------------------------------------------------------------------------
 */
#ifndef CORE_BOOKS_H
#define CORE_BOOKS_H

#include "core/book.h"
#include "core/hasher.h"
#include "core/money.h"
#include "core/outcome.h"

/* expires_at of a lot that never expires; compares above every instant. */
#define NEVER_EXPIRES INT64_MAX

/* lot_no and entry_no count from 1; this one names none. */
#define NO_NUMBER 0

/*
 * How far credit may raise a balance, and an operator lower it: half of what the
 * books can hold, so that no charge comes near their end (R8).
 */
#define BOOKS_BALANCE_MAX (INT64_C(500000000) * MONEY_NANO_PER_UNIT)

typedef enum LotKind
{
	LOT_BONUS, /* in this order they pay (R7) */
	LOT_CASH
} LotKind;

typedef struct Lot
{
	int64_t lot_no;
	LotKind kind;
	int64_t amount_nano; /* what it held at first */
	int64_t remaining_nano;
	int64_t given_back_nano; /* net of what went back to the payer, or is reserved for that; below
								0: more came again */
	int64_t expires_at;		 /* microseconds, the server's epoch */
	bool changed;			 /* by this transaction */
	bool given_back_changed;
} Lot;

/* What an entry comes from: its type, and its number within the account. */
typedef struct Source
{
	SourceType type;
	int64_t id;
} Source;

typedef struct Transfer
{
	Book debit;
	Book credit;
	int64_t amount_nano; /* > 0 */
	int64_t lot_no;
	int64_t subscription_no;
	int64_t undoes_entry_no;
	Source source;
	int64_t occurred_at;
	const Digest *usage_digest; /* of the usage that this one, and those of its act, pay; or NULL */
} Transfer;

/* The money of one subscription to a Token Plan that is not earned yet (R3). */
typedef struct PlanMoney
{
	int64_t subscription_no;
	int64_t deferred_nano;
} PlanMoney;

/* Lots that one booking adds at the most: of a payment, of its discount, and of its gift. */
#define BOOKS_LOTS_ADDED_MAX 3

typedef struct Books
{
	int64_t cash_nano;
	int64_t bonus_nano;
	int64_t arrears_nano;
	Lot *lots;
	size_t lots_count;
	size_t lots_capacity;
	Transfer *transfers;
	size_t transfers_count;
	size_t transfers_capacity;
	bool on_house;		 /* the account is the house's */
	Source source;		 /* of the transfers to come */
	int64_t occurred_at; /* of the transfers to come */
} Books;

/*
 * A charge's share from one lot, or (lot_no = NO_NUMBER) left as arrears: a
 * part of its entry, which the charges of a batch share one after the other.
 * entry_no = NO_NUMBER: it was undone, but a write-off had cleared it.
 */
typedef struct Slice
{
	int64_t entry_no;
	int64_t lot_no;
	int64_t amount_nano;
	int64_t from_nano; /* where in the entry it begins */
} Slice;

/* What an entry did to the account's arrears. */
typedef enum ArrearsMoveKind
{
	ARREARS_RAISED,
	ARREARS_PAID, /* by the lot that it names */
	ARREARS_WRITTEN_OFF,
	ARREARS_UNDONE /* lowered by the reversal of another charge */
} ArrearsMoveKind;

typedef struct ArrearsMove
{
	ArrearsMoveKind kind;
	int64_t entry_no;
	int64_t lot_no;			  /* ARREARS_PAID: the lot that paid */
	int64_t undoes_entry_no;  /* ARREARS_UNDONE: the entry that had raised them, */
	int64_t undoes_from_nano; /* and the part of it that was the undone charge's */
	int64_t undoes_to_nano;
	int64_t amount_nano;
	int64_t returned_nano; /* ARREARS_PAID: given back by reversals already */
	int64_t from_nano;	   /* ARREARS_RAISED: work space of books_undo_charge(), as the next */
	int64_t open_nano;
} ArrearsMove;

/* Pieces that books_undo_charge() cuts debts into beyond their number: room for them in the array.
 */
#define ARREARS_CUTS_MAX(moves_count) (2 * (moves_count) + 2)

/* A lot whose payment was taken back, and the debt that this left for what it had paid. */
typedef struct TakenLot
{
	int64_t lot_no;
	int64_t entry_no;	   /* the debt's */
	int64_t amount_nano;   /* of the debt */
	int64_t forgiven_nano; /* of it by write-offs: work space of books_undo_charge() */
} TakenLot;

typedef struct ArrearsHistory
{
	ArrearsMove *moves; /* oldest first */
	size_t count;
	size_t capacity; /* count + ARREARS_CUTS_MAX(count) */
	TakenLot *taken;
	size_t taken_count;
	void (*check_stop)(void); /* or NULL; called in what may be long: comes back where to go on */
} ArrearsHistory;

/*
 * Transfers that one transaction makes at the most over that many lots: their
 * expiry, one act of the functions below, and arrears paid. books_undo_charge()
 * makes as many more as it is given slices and moves.
 */
extern size_t books_transfers_max(size_t lots_count);

/* Puts the lots into the order in which they pay (R7). */
extern void books_sort_lots(Books *books);

/* Books the breakage of each lot that expired at or before now (R19). */
extern Outcome books_expire(Books *books, int64_t now);

/* The earliest expiry among lots that hold something; NEVER_EXPIRES if none. */
extern int64_t books_next_expiry(const Books *books);

/*
 * Takes an amount from the lots in their order, the rest as arrears (R7, R8).
 * income is BOOK_REVENUE for a charge, BOOK_ADJUSTMENT for an operator's debit,
 * which leaves no balance below -BOOKS_BALANCE_MAX.
 */
extern Outcome books_take(Books *books, int64_t amount_nano, Book income);

/*
 * Adds a new lot, credited whole from the book that the money comes from;
 * OUTCOME_OUT_OF_RANGE when the balance would be above BOOKS_BALANCE_MAX.
 */
extern Outcome books_add_lot(Books *books, const Lot *lot, Book debit);

/*
 * Money that was received and is of no lot yet: into suspense, and out of it to the
 * gateway, where it goes back, or to breakage, where nobody claimed it. Credited
 * it is by books_add_lot(), from BOOK_SUSPENSE.
 */
extern Outcome books_suspend(Books *books, int64_t amount_nano);
extern Outcome books_end_suspense(Books *books, int64_t amount_nano, Book credit);

/* False where credit of that amount would be refused: see books_add_lot(). */
extern bool books_can_add(const Books *books, int64_t amount_nano);

/* Lets lots pay arrears, in their order, as far as they last (R6). */
extern Outcome books_pay_arrears(Books *books);

/* Moves all that a lot still holds to a book: a withdrawn gift, a closing. */
extern Outcome books_empty_lot(Books *books, int64_t lot_no, Book credit, int64_t *moved_nano);

/* Money taken back by a gateway: from its lot first, the rest as arrears (R22). */
extern Outcome books_take_back(Books *books, int64_t lot_no, int64_t amount_nano);

/*
 * Money that was taken back and came again, into the same lot: a dispute was won. The
 * lot then may hold more than it did at first: what it left as a debt others have paid.
 */
extern Outcome books_undo_take_back(Books *books, int64_t lot_no, int64_t amount_nano);

/*
 * A refund (R12, R14): reserved out of its order's lot when it is approved; then paid out
 * to the payer, or released, back into the lot.
 */
extern Outcome books_reserve(Books *books, int64_t lot_no, int64_t amount_nano);
extern Outcome books_pay_reserve(Books *books, int64_t amount_nano);
extern Outcome books_release(Books *books, int64_t lot_no, int64_t amount_nano);

/* Bonus that leaves with the money that it came with (R12): an amount, or what the lot has left. */
extern Outcome books_forfeit(Books *books, int64_t lot_no, int64_t amount_nano);

/*
 * Money of a Token Plan: paid, or come again after a dispute that was won, from BOOK_GATEWAY or
 * BOOK_SUSPENSE; earned; taken back, from what is not earned first, the rest out of revenue.
 * Balance and arrears are never touched.
 */
extern Outcome books_defer(Books *books, PlanMoney *plan, int64_t amount_nano, Book from);
extern Outcome books_earn(Books *books, PlanMoney *plan, int64_t amount_nano);
extern Outcome books_take_back_plan(Books *books, PlanMoney *plan, int64_t amount_nano);

/* What a gateway settled or kept: between its book and bank or fee (pairs 33 to 36). */
extern Outcome books_settle(Books *books, Book debit, Book credit, int64_t amount_nano);

/* Gives arrears up; OUTCOME_NOT_COVERED when that is more than is owed. */
extern Outcome books_write_off(Books *books, int64_t amount_nano);

/*
 * Makes a transfer of a lot or of arrears as it stands in the ledger: of an act that cannot be done
 * again, since what it looked at is not kept any more.
 */
extern Outcome books_repeat(Books *books, const Transfer *transfer);

/* False where a charge would raise arrears beyond what the books can hold. */
extern bool books_can_take(const Books *books, int64_t amount_nano);

/* What became of a charge that was undone, or of as much of it as was to be. */
typedef struct UndoneCharge
{
	int64_t given_back_nano;
	int64_t written_off_nano; /* not given back: a write-off cleared it */
} UndoneCharge;

/*
 * Undoes a charge, or as much of it (R23): its slices in the order of their
 * entries, of which the latest go first, up to an amount, and all moves of the
 * account's arrears (none needed where no slice was left as arrears and nothing
 * was taken back). A share that a write-off cleared is not given back; debts
 * count as cleared in the order in which they arose, but for a reversal, which
 * clears its own first. OUTCOME_WRITTEN_OFF where a lot would be given something
 * whose payment was taken back, and of that debt something was written off.
 */
extern Outcome books_undo_charge(Books *books, const Slice *slices, size_t slices_count,
								 int64_t amount_nano, ArrearsHistory *history,
								 UndoneCharge *undone);

/*
 * What is left of a charge's slices behind that. What a write-off cleared of it stays, as a slice
 * of no entry, which is never undone: one more, for which there must be room. Returns their number.
 */
extern size_t books_drop_undone(Slice *slices, size_t slices_count, const UndoneCharge *undone);

#endif
