/*-------------------------------------------------------------------------
 *
 * replay_store.c
 *	  Rows of ledger_entry in their order, with what replaying them needs.
 *
 * Five cursors go side by side, all in the order of accounts. Nothing that
 * stands in a row is an error here: what cannot be read is no lot, no take-back,
 * or an entry that says so.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/memutils.h"

#include "spi/feed.h"
#include "store/ledger_proof_store.h"
#include "store/replay_store.h"

typedef struct Reader
{
	Feed entries;
	Feed lots;
	Feed changes;
	Feed take_backs;
	Feed repairs;
	int64 account_id; /* whose entries are read */
	LedgerProof proof;
	MemoryContext row_context;
} Reader;

#define ENTRIES(where)                                                                            \
	"SELECT account_id, entry_no, occurred_at, recorded_at, source_id, lot_no, subscription_no, " \
	"undoes_entry_no, amount, debit, credit, source_type, gateway, actor, usage_digest, chain "   \
	"FROM " BOOKS "ledger_entry " where "ORDER BY account_id, entry_no"

#define LOTS(where)                                                                          \
	"SELECT account_id, lot_no, order_id, expires_at, amount, kind FROM " BOOKS "lot " where \
	"ORDER BY account_id, lot_no"

/* Of each charge its re-ratings, then its reversal. */
#define CHANGES(where)                                                                               \
	"SELECT c.account_id, c.request_hash, c.probe, c.event_recorded_at, c.reversal_id, "             \
	"c.first_entry_no, c.entry_count, c.amount, c.charge, c.written_off, u.first_entry_no, "         \
	"u.entry_count, u.batch_offset, u.charge FROM (SELECT account_id, request_hash, probe, "         \
	"event_recorded_at, NULL::bigint AS reversal_id, revision_no, first_entry_no, entry_count, "     \
	"amount, charge, written_off FROM " BOOKS "charge_revision " where "UNION ALL SELECT "           \
	"account_id, request_hash, probe, event_recorded_at, reversal_id, NULL, NULL, 0, -amount, 0, 0 " \
	"FROM " BOOKS "charge_reversal " where ") AS c LEFT JOIN " BOOKS "usage_event AS u ON "          \
	"u.account_id = c.account_id AND u.request_hash = c.request_hash AND u.probe = c.probe AND "     \
	"u.recorded_at = c.event_recorded_at AND u.status = 'charged' ORDER BY c.account_id, "           \
	"c.request_hash, c.probe, c.event_recorded_at, c.revision_no NULLS LAST"

#define TAKE_BACKS(where)                                                                         \
	"SELECT t.account_id, t.take_back_id, l.lot_no FROM (SELECT * FROM " BOOKS "take_back " where \
	") AS t JOIN " BOOKS "payment AS p ON p.account_id = t.account_id AND p.payment_id = "        \
	"t.payment_id JOIN " BOOKS "lot AS l ON l.account_id = t.account_id AND l.order_id = "        \
	"p.order_id AND l.kind = 'cash' ORDER BY t.account_id, t.take_back_id"

#define REPAIRS(where)                                                                          \
	"SELECT account_id, last_entry_no, corrected_at FROM " BOOKS "clock_repair " where "ORDER " \
	"BY account_id"

/* ---- cursors ------------------------------------------------------------------- */

static void
open_feeds(Reader *reader, const int64 *only)
{
	static Sql entries[] = FEED_OF_ALL_AND_OF_ONE(ENTRIES);
	static Sql lots[] = FEED_OF_ALL_AND_OF_ONE(LOTS);
	static Sql changes[] = FEED_OF_ALL_AND_OF_ONE(CHANGES);
	static Sql take_backs[] = FEED_OF_ALL_AND_OF_ONE(TAKE_BACKS);
	static Sql repairs[] = FEED_OF_ALL_AND_OF_ONE(REPAIRS);
	static const Oid entry_types[] = {
		INT8OID,	INT8OID, TIMESTAMPTZOID, TIMESTAMPTZOID, INT8OID, INT8OID, INT8OID,	 INT8OID,
		NUMERICOID, TEXTOID, TEXTOID,		 TEXTOID,		 TEXTOID, TEXTOID, BYTEAOID, BYTEAOID};
	static const Oid lot_types[] = {INT8OID, INT8OID, INT8OID, TIMESTAMPTZOID, NUMERICOID, TEXTOID};
	static const Oid change_types[] = {INT8OID, INT8OID, INT2OID,	 TIMESTAMPTZOID, INT8OID,
									   INT8OID, INT4OID, NUMERICOID, NUMERICOID,	 NUMERICOID,
									   INT8OID, INT4OID, NUMERICOID, NUMERICOID};
	static const Oid take_back_types[] = {INT8OID, INT8OID, INT8OID};
	static const Oid repair_types[] = {INT8OID, INT8OID, TIMESTAMPTZOID};

	feed_open(&reader->entries, entries, only, entry_types, lengthof(entry_types));
	feed_open(&reader->lots, lots, only, lot_types, lengthof(lot_types));
	feed_open(&reader->changes, changes, only, change_types, lengthof(change_types));
	feed_open(&reader->take_backs, take_backs, only, take_back_types, lengthof(take_back_types));
	feed_open(&reader->repairs, repairs, only, repair_types, lengthof(repair_types));
}

static void
close_feeds(Reader *reader)
{
	feed_close(&reader->entries);
	feed_close(&reader->lots);
	feed_close(&reader->changes);
	feed_close(&reader->take_backs);
	feed_close(&reader->repairs);
}

/* ---- facts --------------------------------------------------------------------- */

static bool
read_lot(const Cursor *row, ReplayLot *lot)
{
	const char *kind = cursor_text(row, 5);

	*lot = (ReplayLot){
		.lot.lot_no = cursor_int64(row, 1),
		.lot.kind = strcmp(kind, "bonus") == 0 ? LOT_BONUS : LOT_CASH,
		.lot.expires_at = row->nulls[3] ? NEVER_EXPIRES : cursor_int64(row, 3),
		.order_id = cursor_int64(row, 2),
	};
	return cursor_nano(row, 4, &lot->lot.amount_nano) && lot->lot.amount_nano > 0 &&
		   (lot->lot.kind == LOT_BONUS || strcmp(kind, "cash") == 0);
}

static void
read_lots(Reader *reader, ReplayFacts *facts)
{
	for (; feed_is_at(&reader->lots, reader->account_id); feed_next(&reader->lots))
	{
		facts->lots = feed_make_room(facts->lots, facts->lots_count, sizeof(ReplayLot));
		facts->lots_count += read_lot(&reader->lots.cursor, &facts->lots[facts->lots_count]);
	}
}

/* An event, as its changes name it. */
typedef struct ChargeKey
{
	int64 request_hash;
	int16 probe;
	TimestampTz recorded_at;
} ChargeKey;

static ChargeKey
read_key(const Cursor *row)
{
	return (ChargeKey){cursor_int64(row, 1), DatumGetInt16(row->values[2]), cursor_int64(row, 3)};
}

static bool
is_same_key(const ChargeKey *a, const ChargeKey *b)
{
	return a->request_hash == b->request_hash && a->probe == b->probe &&
		   a->recorded_at == b->recorded_at;
}

static int32
read_count(const Cursor *row, int column)
{
	return row->nulls[column] ? 0 : DatumGetInt32(row->values[column]);
}

static ReplayCharge
read_charge(const Cursor *row, size_t first_change)
{
	ReplayCharge charge = {
		.first_entry_no = cursor_int64(row, 10),
		.entry_count = read_count(row, 11),
		.first_change = first_change,
	};

	(void) cursor_nano(row, 12, &charge.from_nano); /* null: it was charged alone */
	charge.is_known = cursor_nano(row, 13, &charge.charge_nano) && charge.first_entry_no >= 0 &&
					  charge.first_entry_no < PG_INT64_MAX - PG_INT32_MAX;
	return charge;
}

static ReplayChange
read_change(const Cursor *row, size_t charge)
{
	ReplayChange change = {
		.charge = charge,
		.reversal_id = cursor_int64(row, 4),
		.first_entry_no = cursor_int64(row, 5),
		.entry_count = read_count(row, 6),
	};

	(void) cursor_nano(row, 7, &change.amount_nano);
	(void) cursor_nano(row, 8, &change.charge_nano);
	(void) cursor_nano(row, 9, &change.written_off_nano);
	return change;
}

static void
read_changes(Reader *reader, ReplayFacts *facts)
{
	const Cursor *row = &reader->changes.cursor;
	ChargeKey last = {0};

	for (; feed_is_at(&reader->changes, reader->account_id); feed_next(&reader->changes))
	{
		ChargeKey key = read_key(row);

		facts->changes = feed_make_room(facts->changes, facts->changes_count, sizeof(ReplayChange));
		if (facts->charges_count == 0 || !is_same_key(&key, &last))
		{
			facts->charges = feed_make_room(facts->charges, facts->charges_count,
											sizeof(ReplayCharge));
			facts->charges[facts->charges_count++] = read_charge(row, facts->changes_count);
		}
		last = key;
		facts->changes[facts->changes_count++] = read_change(row, facts->charges_count - 1);
	}
}

static void
read_take_backs(Reader *reader, ReplayFacts *facts)
{
	const Cursor *row = &reader->take_backs.cursor;

	for (; feed_is_at(&reader->take_backs, reader->account_id); feed_next(&reader->take_backs))
	{
		facts->take_backs = feed_make_room(facts->take_backs, facts->take_backs_count,
										   sizeof(ReplayTakeBack));
		facts->take_backs[facts->take_backs_count++] = (ReplayTakeBack){cursor_int64(row, 1),
																		cursor_int64(row, 2)};
	}
}

static void
read_repairs(Reader *reader, ReplayFacts *facts)
{
	const Cursor *row = &reader->repairs.cursor;

	for (; feed_is_at(&reader->repairs, reader->account_id); feed_next(&reader->repairs))
	{
		facts->repairs = feed_make_room(facts->repairs, facts->repairs_count, sizeof(ReplayRepair));
		facts->repairs[facts->repairs_count++] = (ReplayRepair){cursor_int64(row, 1),
																cursor_int64(row, 2)};
	}
}

static ReplayFacts
read_facts(Reader *reader)
{
	ReplayFacts facts = {.on_house = reader->account_id < 0};

	feed_skip_to(&reader->lots, reader->account_id);
	feed_skip_to(&reader->changes, reader->account_id);
	feed_skip_to(&reader->take_backs, reader->account_id);
	feed_skip_to(&reader->repairs, reader->account_id);
	read_lots(reader, &facts);
	read_changes(reader, &facts);
	read_take_backs(reader, &facts);
	read_repairs(reader, &facts);
	return facts;
}

/* ---- entries ------------------------------------------------------------------- */

static bool
read_transfer(const Cursor *row, Transfer *transfer)
{
	*transfer = (Transfer){
		.lot_no = cursor_int64(row, ENTRY_LOT_NO),
		.subscription_no = cursor_int64(row, ENTRY_SUBSCRIPTION_NO),
		.undoes_entry_no = cursor_int64(row, ENTRY_UNDOES_ENTRY_NO),
		.source.id = cursor_int64(row, ENTRY_SOURCE_ID),
		.occurred_at = cursor_int64(row, ENTRY_OCCURRED_AT),
	};
	return !row->nulls[ENTRY_OCCURRED_AT] && !row->nulls[ENTRY_RECORDED_AT] &&
		   !row->nulls[ENTRY_SOURCE_ID] && cursor_nano(row, ENTRY_AMOUNT, &transfer->amount_nano) &&
		   transfer->amount_nano > 0 &&
		   book_from_name(cursor_text(row, ENTRY_DEBIT), &transfer->debit) &&
		   book_from_name(cursor_text(row, ENTRY_CREDIT), &transfer->credit) &&
		   book_source_from_name(cursor_text(row, ENTRY_SOURCE_TYPE), &transfer->source.type);
}

/* The next entry of the account, which goes into its sums, too. */
static bool
next_entry(void *argument, ReplayEntry *entry)
{
	Reader *reader = argument;
	const Cursor *row = &reader->entries.cursor;
	MemoryContext context;

	if (!feed_is_at(&reader->entries, reader->account_id))
		return false;
	context = MemoryContextSwitchTo(reader->row_context);
	entry->entry_no = cursor_int64(row, ENTRY_NO);
	entry->recorded_at = cursor_int64(row, ENTRY_RECORDED_AT);
	entry->is_readable = read_transfer(row, &entry->transfer);
	ledger_proof_take(&reader->proof, row, entry);
	feed_next(&reader->entries);
	MemoryContextSwitchTo(context);
	MemoryContextReset(reader->row_context);
	return true;
}

static void
check_stop(void)
{
	CHECK_FOR_INTERRUPTS();
}

/* An account that has entries: the rest of them is read where replaying stops. */
static void
replay_one(Reader *reader, const ReplayFacts *known, ReplayVisitor visit)
{
	ReplayInput input = {
		.next = next_entry, .argument = reader, .grow = feed_grow, .check_stop = check_stop};
	ReplayFacts facts = *known;
	ReplayFinding finding = replay_account(&facts, &input);
	ReplayEntry entry;

	visit(reader->account_id, &finding, reader->proof.telling);
	while (next_entry(reader, &entry))
		;
}

static void
visit_account(Reader *reader, ReplayVisitor visit)
{
	ReplayFacts facts = read_facts(reader);

	ledger_proof_begin(&reader->proof, reader->account_id, facts.repairs, facts.repairs_count);
	if (feed_is_at(&reader->entries, reader->account_id))
		replay_one(reader, &facts, visit);
	ledger_proof_end(&reader->proof);
}

/* The least account that is still to come; false: there is none. */
static bool
next_account(Reader *reader)
{
	reader->account_id = ledger_proof_next(&reader->proof,
										   feed_first(&reader->entries, PG_INT64_MAX));
	return reader->entries.has_row || reader->proof.accounts.has_row;
}

void
replay_visit(const int64 *only, ReplayVisitor visit, Telling *telling)
{
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext, "billing replay",
												  ALLOCSET_DEFAULT_SIZES);
	MemoryContext caller_context = MemoryContextSwitchTo(context);
	Reader reader = {.row_context = AllocSetContextCreate(caller_context, "billing replay row",
														  ALLOCSET_SMALL_SIZES)};

	open_feeds(&reader, only);
	ledger_proof_open(&reader.proof, only, telling);
	while (next_account(&reader))
	{
		visit_account(&reader, visit);
		MemoryContextReset(context);
	}
	MemoryContextSwitchTo(caller_context);
	close_feeds(&reader);
	ledger_proof_close(&reader.proof);
	MemoryContextDelete(reader.row_context);
	MemoryContextDelete(context);
}
