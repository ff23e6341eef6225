/*-------------------------------------------------------------------------
 *
 * test_replay.c
 *	  Doing an account's ledger once more, and seeing what is not as the rules make it.
 *
 * First random lives of an account, whose own entries always hold; then ledgers
 * that balance and are wrong, each told at its entry.
 *
 *-------------------------------------------------------------------------
 */
#include "core/replay.h"

#include "unit.h"

#define LOTS_MAX 256
#define ENTRIES_MAX 2048
#define CHANGES_MAX 32

/* An account as its tables have it. */
typedef struct Account
{
	ReplayEntry entries[ENTRIES_MAX];
	size_t entries_count;
	ReplayLot lots[LOTS_MAX];
	ReplayCharge charges[CHANGES_MAX];
	ReplayChange changes[CHANGES_MAX];
	ReplayTakeBack take_backs[CHANGES_MAX];
	ReplayFacts facts;
	size_t next; /* entry that is read next */
} Account;

/* What a replay was given, to be freed at its end. */
static void *memory[4096];
static size_t memory_count;

static void *
grow(void *old, size_t size)
{
	size_t place = 0;

	while (place < memory_count && memory[place] != old)
		place++;
	assert_true(place < LENGTH(memory));
	memory_count += place == memory_count;
	memory[place] = realloc(old, size);
	assert_non_null(memory[place]);
	return memory[place];
}

static bool
next_entry(void *argument, ReplayEntry *entry)
{
	Account *account = argument;

	if (account->next == account->entries_count)
		return false;
	*entry = account->entries[account->next++];
	return true;
}

/* How often a replay asked whether it is to stop. */
static int64_t asked;

static void
check_stop(void)
{
	asked++;
}

static ReplayFinding
replay(Account *account)
{
	ReplayInput input = {
		.next = next_entry, .argument = account, .grow = grow, .check_stop = check_stop};
	ReplayFinding finding;

	account->next = 0;
	asked = 0;
	finding = replay_account(&account->facts, &input);
	while (memory_count > 0)
		free(memory[--memory_count]);
	return finding;
}

static void
begin(Account *account)
{
	memset(account, 0, sizeof(*account));
	account->facts = (ReplayFacts){.lots = account->lots,
								   .charges = account->charges,
								   .changes = account->changes,
								   .take_backs = account->take_backs};
}

/* ---- random lives -------------------------------------------------------------- */

/* An account with its books, as a booking has them. */
typedef struct Life
{
	Account account;
	Books books;
	Lot lots[LOTS_MAX];
	Transfer transfers[ENTRIES_MAX];
	int64_t now;
	int64_t reserved;
	int64_t reserved_lot;
	int64_t next_id;
} Life;

static void
write_entries(Life *life)
{
	Account *account = &life->account;

	for (size_t i = 0; i < life->books.transfers_count; i++)
	{
		account->entries[account->entries_count] = (ReplayEntry){
			.entry_no = (int64_t) account->entries_count + 1,
			.recorded_at = life->now,
			.transfer = life->books.transfers[i],
			.is_readable = true,
		};
		account->entries_count++;
	}
	life->books.transfers_count = 0;
}

static int64_t
next_entry_no(const Life *life)
{
	return (int64_t) (life->account.entries_count + life->books.transfers_count) + 1;
}

static void
from(Life *life, SourceType type, int64_t id)
{
	life->books.source = (Source){type, id};
	life->books.occurred_at = life->now;
}

static int64_t
add_lot(Life *life, LotKind kind, int64_t amount, int64_t expires_at, Book debit)
{
	ReplayFacts *facts = &life->account.facts;
	Lot lot = {.lot_no = (int64_t) facts->lots_count + 1,
			   .kind = kind,
			   .amount_nano = amount,
			   .expires_at = expires_at};

	if (life->books.source.id == NO_NUMBER)
		life->books.source.id = lot.lot_no;
	facts->lots[facts->lots_count++] = (ReplayLot){.lot = lot, .order_id = lot.lot_no};
	assert_int_equal(books_add_lot(&life->books, &lot, debit), OUTCOME_OK);
	return lot.lot_no;
}

/* A payment, with its order's bonus, or as what it is by itself. */
static void
pay(Life *life, int64_t amount)
{
	int64_t lot_no;

	from(life, SOURCE_PAYMENT, ++life->next_id);
	life->books.occurred_at = life->now - 5;
	lot_no = add_lot(life, LOT_CASH, amount, NEVER_EXPIRES, BOOK_GATEWAY);
	if (random_below(3) == 0)
		return;
	from(life, SOURCE_PAYMENT_ORDER, lot_no);
	if (random_below(2))
	{
		(void) add_lot(life, LOT_BONUS, 1 + amount / 4, NEVER_EXPIRES, BOOK_PROMOTION);
		life->account.lots[lot_no].order_id = lot_no;
	}
}

static void
take_back(Life *life, int64_t amount)
{
	ReplayFacts *facts = &life->account.facts;
	const Lot *lot = life->books.lots_count > 0
						 ? &life->lots[random_below((int64_t) life->books.lots_count)]
						 : NULL;

	if (lot == NULL || lot->kind != LOT_CASH || facts->take_backs_count == CHANGES_MAX ||
		lot->given_back_nano + amount > lot->amount_nano)
		return;
	facts->take_backs[facts->take_backs_count++] = (ReplayTakeBack){++life->next_id, lot->lot_no};
	from(life, SOURCE_TAKE_BACK, life->next_id);
	assert_int_equal(books_take_back(&life->books, lot->lot_no, amount), OUTCOME_OK);
	if (random_below(2))
		return;
	write_entries(life);
	assert_int_equal(books_pay_arrears(&life->books), OUTCOME_OK);
	write_entries(life);
	from(life, SOURCE_TAKE_BACK, ++life->next_id);
	assert_int_equal(books_undo_take_back(&life->books,
										  facts->take_backs[facts->take_backs_count - 1].lot_no,
										  amount),
					 OUTCOME_OK);
}

/* A refund: reserved, and then paid, or released. */
static void
refund(Life *life)
{
	if (life->reserved > 0)
	{
		from(life, SOURCE_REFUND_ITEM, life->next_id);
		assert_int_equal(random_below(2)
							 ? books_pay_reserve(&life->books, life->reserved)
							 : books_release(&life->books, life->reserved_lot, life->reserved),
						 OUTCOME_OK);
		life->reserved = 0;
		return;
	}
	for (size_t i = 0; i < life->books.lots_count; i++)
		if (life->lots[i].kind == LOT_CASH && life->lots[i].remaining_nano > 1)
		{
			life->reserved = life->lots[i].remaining_nano / 2;
			life->reserved_lot = life->lots[i].lot_no;
			from(life, SOURCE_REFUND_ITEM, ++life->next_id);
			assert_int_equal(books_reserve(&life->books, life->reserved_lot, life->reserved),
							 OUTCOME_OK);
			return;
		}
}

/* One transaction. */
static void
live(Life *life)
{
	int64_t amount = 1 + random_below(50);

	life->now += random_below(4); /* often of the same instant as the one before */
	assert_int_equal(books_expire(&life->books, life->now), OUTCOME_OK);
	switch (random_below(8))
	{
		case 0:
			pay(life, amount);
			break;
		case 1:
			from(life, SOURCE_GRANT, NO_NUMBER);
			(void) add_lot(life, LOT_BONUS, amount,
						   random_below(3) ? life->now + 1 + random_below(20) : NEVER_EXPIRES,
						   BOOK_PROMOTION);
			break;
		case 2:
			from(life, SOURCE_SETTLEMENT, next_entry_no(life));
			assert_int_equal(books_take(&life->books, amount, BOOK_REVENUE), OUTCOME_OK);
			break;
		case 3:
			from(life, SOURCE_ADJUSTMENT, next_entry_no(life));
			assert_int_equal(books_take(&life->books, amount, BOOK_ADJUSTMENT), OUTCOME_OK);
			break;
		case 4:
			from(life, SOURCE_WRITE_OFF, next_entry_no(life));
			if (life->books.arrears_nano > 0)
				assert_int_equal(
					books_write_off(&life->books, 1 + random_below(life->books.arrears_nano)),
					OUTCOME_OK);
			break;
		case 5:
			refund(life);
			break;
		case 6:
			take_back(life, amount);
			break;
		default:
			from(life, SOURCE_CHARGE, (int64_t) random_next());
			assert_int_equal(books_take(&life->books, amount, BOOK_REVENUE), OUTCOME_OK);
	}
	assert_int_equal(books_pay_arrears(&life->books), OUTCOME_OK);
	write_entries(life);
}

static void
begin_life(Life *life)
{
	memset(life, 0, sizeof(*life));
	begin(&life->account);
	life->now = 1000;
	life->next_id = 1000000;
	life->books.lots = life->lots;
	life->books.lots_capacity = LOTS_MAX;
	life->books.transfers = life->transfers;
	life->books.transfers_capacity = ENTRIES_MAX;
}

static void
test_lives_hold(void **state)
{
	static Life life;

	(void) state;
	for (int round = 0; round < 500; round++)
	{
		begin_life(&life);
		for (int64_t steps = random_below(200); steps > 0; steps--)
			live(&life);
		assert_int_equal(replay(&life.account).fault, REPLAY_HOLDS);
	}
}

/*
 * Two entries that stand side by side change places, numbers and instants apart: each keeps what
 * it says, and their sums stay. Only acts that do not know of each other may do so.
 */
static void
test_order_is_seen(void **state)
{
	static Life life;
	int seen = 0;
	int swapped = 0;

	(void) state;
	for (int round = 0; round < 500; round++)
	{
		size_t place;
		ReplayEntry *pair;
		Transfer first;

		begin_life(&life);
		for (int steps = 0; steps < 60; steps++)
			live(&life);
		if (life.account.entries_count < 2)
			continue;
		place = (size_t) random_below((int64_t) life.account.entries_count - 1);
		pair = &life.account.entries[place];
		if (pair[0].transfer.source.type != pair[1].transfer.source.type ||
			pair[0].transfer.source.id != pair[1].transfer.source.id)
			continue;
		first = pair[0].transfer;
		pair[0].transfer = pair[1].transfer;
		pair[1].transfer = first;
		swapped++;
		seen += replay(&life.account).fault != REPLAY_HOLDS;
	}
	assert_true(swapped > 50);
	assert_int_equal(seen, swapped);
}

/* An entry that is gone, or comes twice, is seen, whatever it is. */
static void
test_every_entry_counts(void **state)
{
	static Life life;
	static Life damaged;

	(void) state;
	for (int round = 0; round < 100; round++)
	{
		size_t count;
		size_t place;

		begin_life(&life);
		for (int steps = 0; steps < 40; steps++)
			live(&life);
		count = life.account.entries_count;
		if (count < 2)
			continue;
		place = (size_t) random_below((int64_t) count - 1);
		memcpy(&damaged, &life, sizeof(life));
		damaged.account.facts = life.account.facts;
		damaged.account.facts.lots = damaged.account.lots;
		damaged.account.facts.take_backs = damaged.account.take_backs;
		memmove(&damaged.account.entries[place], &damaged.account.entries[place + 1],
				(count - place - 1) * sizeof(ReplayEntry));
		damaged.account.entries_count--;
		assert_int_equal(replay(&damaged.account).fault, REPLAY_IS_NOT_NEXT);
		damaged.account.entries[place].is_readable = false;
		damaged.account.entries[place].entry_no = (int64_t) place + 1;
		assert_int_not_equal(replay(&damaged.account).fault, REPLAY_HOLDS);
	}
}

/* ---- ledgers that balance and are wrong ------------------------------------------ */

static void
put(Account *account, int64_t at, Book debit, Book credit, int64_t lot_no, int64_t amount,
	SourceType type, int64_t id)
{
	account->entries[account->entries_count] = (ReplayEntry){
		.entry_no = (int64_t) account->entries_count + 1,
		.recorded_at = at,
		.transfer = {.debit = debit,
					 .credit = credit,
					 .amount_nano = amount,
					 .lot_no = lot_no,
					 .source = {type, id},
					 .occurred_at = at},
		.is_readable = true,
	};
	account->entries_count++;
}

static void
put_lot(Account *account, LotKind kind, int64_t amount, int64_t expires_at)
{
	int64_t lot_no = (int64_t) account->facts.lots_count + 1;

	account->lots[account->facts.lots_count++] = (ReplayLot){
		.lot = {.lot_no = lot_no, .kind = kind, .amount_nano = amount, .expires_at = expires_at}};
}

/* Bonus 10 until 100 as lot 1, cash 20 as lot 2, cash 20 as lot 3. */
static void
begin_with_lots(Account *account)
{
	begin(account);
	put_lot(account, LOT_BONUS, 10, 100);
	put(account, 1, BOOK_PROMOTION, BOOK_BONUS, 1, 10, SOURCE_GRANT, 1);
	put_lot(account, LOT_CASH, 20, NEVER_EXPIRES);
	put(account, 2, BOOK_GATEWAY, BOOK_CASH, 2, 20, SOURCE_PAYMENT, 1);
	put_lot(account, LOT_CASH, 20, NEVER_EXPIRES);
	put(account, 3, BOOK_GATEWAY, BOOK_CASH, 3, 20, SOURCE_PAYMENT, 2);
}

static void
check(Account *account, ReplayFault fault, int64_t entry_no)
{
	ReplayFinding finding = replay(account);

	assert_int_equal(finding.fault, fault);
	assert_int_equal(finding.entry_no, entry_no);
}

static void
test_wrong_lots(void **state)
{
	static Account account;

	(void) state;
	begin_with_lots(&account);
	put(&account, 4, BOOK_BONUS, BOOK_REVENUE, 1, 10, SOURCE_CHARGE, 7);
	put(&account, 4, BOOK_CASH, BOOK_REVENUE, 2, 5, SOURCE_CHARGE, 7);
	check(&account, REPLAY_HOLDS, 0);

	/* Cash pays though bonus is there; the later lot though the earlier one is. */
	begin_with_lots(&account);
	put(&account, 4, BOOK_CASH, BOOK_REVENUE, 2, 5, SOURCE_CHARGE, 7);
	check(&account, REPLAY_IS_ANOTHER, 4);
	begin_with_lots(&account);
	put(&account, 4, BOOK_BONUS, BOOK_REVENUE, 1, 10, SOURCE_CHARGE, 7);
	put(&account, 4, BOOK_CASH, BOOK_REVENUE, 3, 5, SOURCE_CHARGE, 7);
	check(&account, REPLAY_IS_ANOTHER, 5);

	/* Owed though there is credit. */
	begin_with_lots(&account);
	put(&account, 4, BOOK_ARREARS, BOOK_REVENUE, NO_NUMBER, 5, SOURCE_CHARGE, 7);
	check(&account, REPLAY_IS_ANOTHER, 4);

	/* More than a lot has; a lot that is not there; a lot for another amount. */
	begin_with_lots(&account);
	put(&account, 4, BOOK_CASH, BOOK_REFUND_PAYABLE, 2, 21, SOURCE_REFUND_ITEM, 1);
	check(&account, REPLAY_IS_REFUSED, 4);
	put(&account, 4, BOOK_GATEWAY, BOOK_CASH, 4, 1, SOURCE_PAYMENT, 3);
	account.entries[3] = account.entries[4];
	account.entries[3].entry_no = 4;
	account.entries_count--;
	check(&account, REPLAY_HAS_NO_CAUSE, 4);
	begin_with_lots(&account);
	account.lots[1].lot.amount_nano = 19;
	check(&account, REPLAY_IS_ANOTHER, 2);
}

static void
test_wrong_expiry(void **state)
{
	static Account account;

	(void) state;
	begin_with_lots(&account);
	put(&account, 120, BOOK_BONUS, BOOK_BREAKAGE, 1, 10, SOURCE_LOT, 1);
	account.entries[3].transfer.occurred_at = 100;
	put(&account, 120, BOOK_CASH, BOOK_REVENUE, 2, 5, SOURCE_CHARGE, 7);
	check(&account, REPLAY_HOLDS, 0);

	/* Skipped, and booked late; stamped otherwise; too early. */
	begin_with_lots(&account);
	put(&account, 120, BOOK_CASH, BOOK_REVENUE, 2, 5, SOURCE_CHARGE, 7);
	put(&account, 130, BOOK_BONUS, BOOK_BREAKAGE, 1, 10, SOURCE_LOT, 1);
	account.entries[4].transfer.occurred_at = 100;
	check(&account, REPLAY_IS_ANOTHER, 4);
	begin_with_lots(&account);
	put(&account, 120, BOOK_BONUS, BOOK_BREAKAGE, 1, 10, SOURCE_LOT, 1);
	check(&account, REPLAY_IS_ANOTHER, 4);
	begin_with_lots(&account);
	put(&account, 90, BOOK_BONUS, BOOK_BREAKAGE, 1, 10, SOURCE_LOT, 1);
	check(&account, REPLAY_HAS_NO_CAUSE, 4);
}

static void
test_wrong_arrears(void **state)
{
	static Account account;

	(void) state;
	begin(&account);
	put(&account, 1, BOOK_ARREARS, BOOK_REVENUE, NO_NUMBER, 30, SOURCE_CHARGE, 7);
	put_lot(&account, LOT_CASH, 20, NEVER_EXPIRES);
	put(&account, 2, BOOK_GATEWAY, BOOK_CASH, 1, 20, SOURCE_PAYMENT, 1);
	check(&account, REPLAY_IS_MISSING, 2);
	put(&account, 2, BOOK_CASH, BOOK_ARREARS, 1, 20, SOURCE_PAYMENT, 1);
	check(&account, REPLAY_HOLDS, 0);

	/* Later; of another source; in part; by nobody who has anything. */
	account.entries[2].recorded_at = 3;
	check(&account, REPLAY_IS_ANOTHER, 3);
	account.entries[2].recorded_at = 2;
	account.entries[2].transfer.source.id = 2;
	check(&account, REPLAY_IS_ANOTHER, 3);
	account.entries[2].transfer.source.id = 1;
	account.entries[2].transfer.amount_nano = 19;
	check(&account, REPLAY_IS_ANOTHER, 3);
	account.entries[2].transfer.amount_nano = 20;
	put(&account, 3, BOOK_CASH, BOOK_ARREARS, 1, 1, SOURCE_PAYMENT, 1);
	check(&account, REPLAY_HAS_NO_CAUSE, 4);
}

static void
test_wrong_stamps(void **state)
{
	static Account account;

	(void) state;
	begin_with_lots(&account);
	account.entries[0].transfer.occurred_at = 0;
	check(&account, REPLAY_IS_STAMPED, 1);
	begin_with_lots(&account);
	put(&account, 4, BOOK_BONUS, BOOK_ADJUSTMENT, 1, 5, SOURCE_ADJUSTMENT, 3);
	check(&account, REPLAY_IS_STAMPED, 4);
	begin_with_lots(&account);
	account.entries[1].entry_no = 3;
	check(&account, REPLAY_IS_NOT_NEXT, 3);
	begin_with_lots(&account);
	account.entries[1].is_readable = false;
	check(&account, REPLAY_IS_UNREADABLE, 2);
	begin_with_lots(&account);
	account.entries[2].transfer.amount_nano = 0;
	check(&account, REPLAY_IS_ANOTHER, 3);
	begin_with_lots(&account);
	put(&account, 4, BOOK_BONUS, BOOK_REVENUE, 1, 0, SOURCE_CHARGE, 7);
	check(&account, REPLAY_HAS_NO_CAUSE, 4);
}

/* Bonus 10 until 100 expires at 150, and 5 of cash pay; at 20 that is repaired, and bonus 10 until
 * 100 is there again as lot 4. */
static void
begin_repaired(Account *account)
{
	static ReplayRepair repair = {.last_entry_no = 5, .corrected_at = 20};

	begin_with_lots(account);
	put(account, 150, BOOK_BONUS, BOOK_BREAKAGE, 1, 10, SOURCE_LOT, 1);
	account->entries[3].transfer.occurred_at = 100;
	put(account, 150, BOOK_CASH, BOOK_REVENUE, 2, 5, SOURCE_CHARGE, 7);
	put_lot(account, LOT_BONUS, 10, 100);
	put(account, 20, BOOK_ADJUSTMENT, BOOK_BONUS, 4, 10, SOURCE_ADJUSTMENT, 6);
	account->entries[5].transfer.undoes_entry_no = 4;
	put(account, 30, BOOK_BONUS, BOOK_REVENUE, 4, 2, SOURCE_CHARGE, 8);
	account->facts.repairs = &repair;
	account->facts.repairs_count = 1;
}

static void
test_repaired(void **state)
{
	static Account account;
	ReplayRepair elsewhere[] = {{.last_entry_no = 4, .corrected_at = 20},
								{.last_entry_no = 5, .corrected_at = 21},
								{.last_entry_no = 6, .corrected_at = 20}};

	(void) state;
	begin_repaired(&account);
	check(&account, REPLAY_HOLDS, 0);

	/* No fall without its repair, and none below it. */
	begin_repaired(&account);
	account.facts.repairs_count = 0;
	check(&account, REPLAY_FALLS, 6);
	for (size_t i = 0; i < LENGTH(elsewhere); i++)
	{
		begin_repaired(&account);
		account.facts.repairs = &elsewhere[i];
		check(&account, REPLAY_FALLS, 6);
	}
	begin_repaired(&account);
	account.entries[6].recorded_at = account.entries[6].transfer.occurred_at = 19;
	check(&account, REPLAY_FALLS, 7);

	/* What comes back undoes an entry before the repair, at its instant, and is an adjustment. */
	begin_repaired(&account);
	account.entries[5].recorded_at = account.entries[5].transfer.occurred_at = 21;
	check(&account, REPLAY_HAS_NO_CAUSE, 6);
	begin_repaired(&account);
	account.entries[5].transfer.undoes_entry_no = 6;
	check(&account, REPLAY_HAS_NO_CAUSE, 6);
	begin_repaired(&account);
	account.entries[5].transfer.debit = BOOK_PROMOTION;
	account.entries[5].transfer.source = (Source){SOURCE_GRANT, 4};
	check(&account, REPLAY_HAS_NO_CAUSE, 6);
}

/* ---- charges undone -------------------------------------------------------------- */

/*
 * R20's second example. A charge of 10: 4 of bonus, 3 of top-up A, 3 owed, of which B has paid 2.
 * For 8: 1 is not owed any more, 1 goes back to B. Undone in the end: 1 to B, 3 to A, 4 to the
 * bonus.
 */
static void
begin_with_undone(Account *account)
{
	begin(account);
	put_lot(account, LOT_BONUS, 4, NEVER_EXPIRES);
	put(account, 1, BOOK_PROMOTION, BOOK_BONUS, 1, 4, SOURCE_GRANT, 1);
	put_lot(account, LOT_CASH, 3, NEVER_EXPIRES);
	put(account, 2, BOOK_GATEWAY, BOOK_CASH, 2, 3, SOURCE_PAYMENT, 1);
	put(account, 3, BOOK_BONUS, BOOK_REVENUE, 1, 4, SOURCE_CHARGE, 7);
	put(account, 3, BOOK_CASH, BOOK_REVENUE, 2, 3, SOURCE_CHARGE, 7);
	put(account, 3, BOOK_ARREARS, BOOK_REVENUE, NO_NUMBER, 3, SOURCE_CHARGE, 7);
	put_lot(account, LOT_CASH, 2, NEVER_EXPIRES);
	put(account, 4, BOOK_GATEWAY, BOOK_CASH, 3, 2, SOURCE_PAYMENT, 2);
	put(account, 4, BOOK_CASH, BOOK_ARREARS, 3, 2, SOURCE_PAYMENT, 2);
	put(account, 5, BOOK_REVENUE, BOOK_ARREARS, NO_NUMBER, 1, SOURCE_RERATE, 9);
	account->entries[7].transfer.undoes_entry_no = 5;
	put(account, 5, BOOK_REVENUE, BOOK_CASH, 3, 1, SOURCE_RERATE, 9);
	account->entries[8].transfer.undoes_entry_no = 7;
	put(account, 6, BOOK_REVENUE, BOOK_CASH, 3, 1, SOURCE_REVERSAL, 1);
	account->entries[9].transfer.undoes_entry_no = 7;
	put(account, 6, BOOK_REVENUE, BOOK_CASH, 2, 3, SOURCE_REVERSAL, 1);
	account->entries[10].transfer.undoes_entry_no = 4;
	put(account, 6, BOOK_REVENUE, BOOK_BONUS, 1, 4, SOURCE_REVERSAL, 1);
	account->entries[11].transfer.undoes_entry_no = 3;
	account->charges[0] = (ReplayCharge){
		.is_known = true, .first_entry_no = 3, .entry_count = 3, .charge_nano = 10};
	account->changes[0] = (ReplayChange){
		.first_entry_no = 8, .entry_count = 2, .amount_nano = -2, .charge_nano = 8};
	account->changes[1] = (ReplayChange){.reversal_id = 1, .amount_nano = -8};
	account->facts.charges_count = 1;
	account->facts.changes_count = 2;
}

static void
test_undone(void **state)
{
	static Account account;

	(void) state;
	begin_with_undone(&account);
	check(&account, REPLAY_HOLDS, 0);

	/* Another lot is given it. */
	account.entries[8].transfer.lot_no = 2;
	check(&account, REPLAY_IS_ANOTHER, 9);

	/* Two slices the other way round; another entry is said to be undone. */
	begin_with_undone(&account);
	account.entries[10].transfer = account.entries[11].transfer;
	check(&account, REPLAY_IS_ANOTHER, 11);
	begin_with_undone(&account);
	account.entries[9].transfer.undoes_entry_no = 6;
	check(&account, REPLAY_IS_ANOTHER, 10);

	/* No such reversal; no such charge; less than there was. */
	begin_with_undone(&account);
	account.changes[1].reversal_id = 2;
	check(&account, REPLAY_HAS_NO_CAUSE, 10);
	begin_with_undone(&account);
	account.charges[0].entry_count = 2;
	check(&account, REPLAY_HAS_NO_CAUSE, 8);
	begin_with_undone(&account);
	account.changes[1].amount_nano = -7;
	check(&account, REPLAY_IS_OTHERWISE, 10);
}

/* What one undo gave back of what a lot paid, the next one cannot give back again. */
static void
test_undone_twice(void **state)
{
	static Account account;

	(void) state;
	begin(&account);
	put(&account, 1, BOOK_ARREARS, BOOK_REVENUE, NO_NUMBER, 2, SOURCE_CHARGE, 7);
	put(&account, 2, BOOK_ARREARS, BOOK_REVENUE, NO_NUMBER, 3, SOURCE_CHARGE, 8);
	put_lot(&account, LOT_CASH, 2, NEVER_EXPIRES);
	put(&account, 3, BOOK_GATEWAY, BOOK_CASH, 1, 2, SOURCE_PAYMENT, 1);
	put(&account, 3, BOOK_CASH, BOOK_ARREARS, 1, 2, SOURCE_PAYMENT, 1);
	put_lot(&account, LOT_CASH, 3, NEVER_EXPIRES);
	put(&account, 4, BOOK_GATEWAY, BOOK_CASH, 2, 3, SOURCE_PAYMENT, 2);
	put(&account, 4, BOOK_CASH, BOOK_ARREARS, 2, 3, SOURCE_PAYMENT, 2);
	put(&account, 5, BOOK_REVENUE, BOOK_CASH, 2, 3, SOURCE_REVERSAL, 1);
	account.entries[6].transfer.undoes_entry_no = 6;
	put(&account, 6, BOOK_REVENUE, BOOK_CASH, 1, 2, SOURCE_REVERSAL, 2);
	account.entries[7].transfer.undoes_entry_no = 4;
	account.charges[0] = (ReplayCharge){
		.is_known = true, .first_entry_no = 2, .entry_count = 1, .charge_nano = 3};
	account.charges[1] = (ReplayCharge){.is_known = true,
										.first_entry_no = 1,
										.entry_count = 1,
										.charge_nano = 2,
										.first_change = 1};
	account.changes[0] = (ReplayChange){.reversal_id = 1, .amount_nano = -3};
	account.changes[1] = (ReplayChange){.charge = 1, .reversal_id = 2, .amount_nano = -2};
	account.facts.charges_count = account.facts.changes_count = 2;
	check(&account, REPLAY_HOLDS, 0);
	account.entries[7].transfer.lot_no = 2;
	account.entries[7].transfer.undoes_entry_no = 6;
	check(&account, REPLAY_IS_ANOTHER, 8);
}

/* Where the request is not kept any more, lots may still get back no more than they paid. */
static void
test_undone_of_forgotten(void **state)
{
	static Account account;

	(void) state;
	begin_with_undone(&account);
	account.charges[0].is_known = false;
	check(&account, REPLAY_HOLDS, 0);
	account.entries[8].transfer.lot_no = 2;
	account.entries[8].transfer.amount_nano = 4;
	check(&account, REPLAY_IS_REFUSED, 9);
}

/*
 * A charge of 10 that is owed; for 11, 12 and 13, 1 more each; undone in the end. The same entries
 * are nobody's twice: a revision that claims another's, or more than its own, is told where it is
 * used.
 */
static void
begin_with_raised(Account *account)
{
	begin(account);
	put(account, 1, BOOK_ARREARS, BOOK_REVENUE, NO_NUMBER, 10, SOURCE_CHARGE, 7);
	for (int64_t i = 0; i < 3; i++)
	{
		put(account, 2 + i, BOOK_ARREARS, BOOK_REVENUE, NO_NUMBER, 1, SOURCE_RERATE, i + 1);
		account->changes[i] = (ReplayChange){
			.first_entry_no = 2 + i, .entry_count = 1, .amount_nano = 1, .charge_nano = 11 + i};
	}
	for (int64_t entry_no = 4; entry_no > 0; entry_no--)
	{
		put(account, 5, BOOK_REVENUE, BOOK_ARREARS, NO_NUMBER, entry_no == 1 ? 10 : 1,
			SOURCE_REVERSAL, 1);
		account->entries[8 - entry_no].transfer.undoes_entry_no = entry_no;
	}
	account->charges[0] = (ReplayCharge){
		.is_known = true, .first_entry_no = 1, .entry_count = 1, .charge_nano = 10};
	account->changes[3] = (ReplayChange){.reversal_id = 1, .amount_nano = -13};
	account->facts.charges_count = 1;
	account->facts.changes_count = 4;
}

static void
test_entries_claimed_twice(void **state)
{
	static Account account;

	(void) state;
	begin_with_raised(&account);
	check(&account, REPLAY_HOLDS, 0);

	/* All that the first one says is of the second one's act, too: one of them was never met. */
	begin_with_raised(&account);
	account.entries[1].transfer.source.type = SOURCE_CHARGE;
	account.changes[0].first_entry_no = 3;
	check(&account, REPLAY_HAS_NO_CAUSE, 5);

	/* More entries than come of it, or fewer; of those given back, too. */
	for (int64_t entry_count = 0; entry_count < 4; entry_count++)
	{
		begin_with_raised(&account);
		account.changes[1].entry_count = entry_count;
		check(&account, entry_count == 1 ? REPLAY_HOLDS : REPLAY_IS_OTHERWISE,
			  entry_count == 1 ? 0 : 3);
		begin_with_undone(&account);
		account.changes[0].entry_count = entry_count;
		check(&account, entry_count == 2 ? REPLAY_HOLDS : REPLAY_IS_OTHERWISE,
			  entry_count == 2 ? 0 : 8);
	}
}

/* Undoing looks at all moves of the arrears for each of its slices: all along it asks. */
static void
test_long_undo_asks(void **state)
{
	static Account account;
	const int64_t count = 500;

	(void) state;
	begin(&account);
	for (int64_t entry_no = 1; entry_no <= count; entry_no++)
		put(&account, 1, BOOK_ARREARS, BOOK_REVENUE, NO_NUMBER, 1, SOURCE_CHARGE, 7);
	put(&account, 2, BOOK_REVENUE, BOOK_ARREARS, NO_NUMBER, count, SOURCE_REVERSAL, 1);
	account.charges[0] = (ReplayCharge){
		.is_known = true, .first_entry_no = 1, .entry_count = count, .charge_nano = count};
	account.changes[0] = (ReplayChange){.reversal_id = 1, .amount_nano = -count};
	account.facts.charges_count = account.facts.changes_count = 1;
	check(&account, REPLAY_IS_ANOTHER, count + 1);
	assert_true(asked >= 3 * count); /* once for each entry, and for both ends of each slice */
}

/* A batch takes all credit, and all that may be owed beyond it: more than the range of money. */
static void
test_more_than_money(void **state)
{
	static Account account;
	const int64_t credit = BOOKS_BALANCE_MAX;

	(void) state;
	begin(&account);
	put_lot(&account, LOT_CASH, credit, NEVER_EXPIRES);
	put(&account, 1, BOOK_GATEWAY, BOOK_CASH, 1, credit, SOURCE_PAYMENT, 1);
	put(&account, 2, BOOK_CASH, BOOK_REVENUE, 1, credit, SOURCE_SETTLEMENT, 2);
	put(&account, 2, BOOK_ARREARS, BOOK_REVENUE, NO_NUMBER, MONEY_NANO_MAX, SOURCE_SETTLEMENT, 2);
	check(&account, REPLAY_HOLDS, 0);

	/* The last of its charges, of all that is owed but 5; and one that both have paid. */
	put(&account, 3, BOOK_REVENUE, BOOK_ARREARS, NO_NUMBER, MONEY_NANO_MAX - 5, SOURCE_REVERSAL, 1);
	account.entries[3].transfer.undoes_entry_no = 3;
	put(&account, 4, BOOK_REVENUE, BOOK_ARREARS, NO_NUMBER, 5, SOURCE_REVERSAL, 2);
	account.entries[4].transfer.undoes_entry_no = 3;
	put(&account, 4, BOOK_REVENUE, BOOK_CASH, 1, 2, SOURCE_REVERSAL, 2);
	account.entries[5].transfer.undoes_entry_no = 2;
	account.charges[0] = (ReplayCharge){.is_known = true,
										.first_entry_no = 2,
										.entry_count = 2,
										.from_nano = credit + 5,
										.charge_nano = MONEY_NANO_MAX - 5};
	account.charges[1] = account.charges[0];
	account.charges[1].from_nano = credit - 2;
	account.charges[1].charge_nano = 7;
	account.charges[1].first_change = 1;
	account.changes[0] = (ReplayChange){.reversal_id = 1, .amount_nano = 5 - MONEY_NANO_MAX};
	account.changes[1] = (ReplayChange){.charge = 1, .reversal_id = 2, .amount_nano = -7};
	account.facts.charges_count = account.facts.changes_count = 2;
	check(&account, REPLAY_HOLDS, 0);

	/* But no account can hold, or owe, more than that range. */
	account.facts.charges_count = account.facts.changes_count = 0;
	account.entries_count = 3;
	put(&account, 3, BOOK_ARREARS, BOOK_REVENUE, NO_NUMBER, 1, SOURCE_CHARGE, 7);
	check(&account, REPLAY_IS_REFUSED, 4);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lives_hold),
		cmocka_unit_test(test_order_is_seen),
		cmocka_unit_test(test_every_entry_counts),
		cmocka_unit_test(test_wrong_lots),
		cmocka_unit_test(test_wrong_expiry),
		cmocka_unit_test(test_wrong_arrears),
		cmocka_unit_test(test_wrong_stamps),
		cmocka_unit_test(test_repaired),
		cmocka_unit_test(test_undone),
		cmocka_unit_test(test_undone_twice),
		cmocka_unit_test(test_undone_of_forgotten),
		cmocka_unit_test(test_entries_claimed_twice),
		cmocka_unit_test(test_long_undo_asks),
		cmocka_unit_test(test_more_than_money),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
