/*-------------------------------------------------------------------------
 *
 * ledger_store.c
 *	  Appending ledger entries, and reading them for an undo.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"

#include "core/chain.h"
#include "errors.h"
#include "rows/row_insert.h"
#include "spi/bind.h"
#include "spi/column.h"
#include "spi/nano.h"
#include "spi/sql.h"
#include "store/ledger_store.h"

#define ENTRY_COLUMN_LIST                                                                  \
	"account_id, entry_no, occurred_at, recorded_at, source_id, lot_no, subscription_no, " \
	"undoes_entry_no, amount, debit, credit, source_type, gateway, actor, usage_digest, chain"
#define ENTRY_TYPES                                                                       \
	INT8OID, INT8OID, TIMESTAMPTZOID, TIMESTAMPTZOID, INT8OID, INT8OID, INT8OID, INT8OID, \
		NUMERICOID, TEXTOID, TEXTOID, TEXTOID, TEXTOID, TEXTOID, BYTEAOID, BYTEAOID
#define ENTRY_COLUMNS 16

/* The entry as its row says. */
static ChainEntry
make_entry(const EntryStamp *stamp, int64 entry_no, const Transfer *transfer)
{
	bool touches_gateway = transfer->debit == BOOK_GATEWAY || transfer->credit == BOOK_GATEWAY;
	bool nobody = transfer->source.type == SOURCE_LOT ||
				  transfer->source.type == SOURCE_SUBSCRIPTION;

	return (ChainEntry){
		.account_id = stamp->account_id,
		.entry_no = entry_no,
		.occurred_at = transfer->occurred_at,
		.recorded_at = stamp->recorded_at,
		.source_id = transfer->source.id,
		.lot_no = transfer->lot_no,
		.subscription_no = transfer->subscription_no,
		.undoes_entry_no = transfer->undoes_entry_no,
		.amount_nano = transfer->amount_nano,
		.debit = book_name(transfer->debit),
		.credit = book_name(transfer->credit),
		.source_type = book_source_name(transfer->source.type),
		.gateway = touches_gateway ? stamp->gateway : NULL,
		.actor = nobody ? NULL : stamp->actor,
		.usage_digest = transfer->usage_digest,
	};
}

static void
set_entry(Datum *values, char *nulls, const ChainEntry *entry, const Digest *chain)
{
	memset(nulls, ' ', ENTRY_COLUMNS);
	values[0] = Int64GetDatum(entry->account_id);
	values[1] = Int64GetDatum(entry->entry_no);
	values[2] = TimestampTzGetDatum(entry->occurred_at);
	values[3] = TimestampTzGetDatum(entry->recorded_at);
	values[4] = Int64GetDatum(entry->source_id);
	bind_number(values, nulls, 5, entry->lot_no);
	bind_number(values, nulls, 6, entry->subscription_no);
	bind_number(values, nulls, 7, entry->undoes_entry_no);
	values[8] = nano_datum(entry->amount_nano);
	bind_text(values, nulls, 9, entry->debit);
	bind_text(values, nulls, 10, entry->credit);
	bind_text(values, nulls, 11, entry->source_type);
	bind_text(values, nulls, 12, entry->gateway);
	bind_text(values, nulls, 13, entry->actor);
	bind_digest(values, nulls, 14, entry->usage_digest);
	bind_digest(values, nulls, 15, chain);
}

/* Puts the entry's columns, and goes on with the chain. */
static void
chain_row(Datum *values, char *nulls, const ChainEntry *entry, Digest *chain)
{
	Digest before = *chain;

	if (!chain_entry(&before, entry, chain))
		refuse(ERROR_INTERNAL, "there is no SHA-256");
	set_entry(values, nulls, entry, chain);
}

static void
insert_list(RowInsert *insert, const EntryList *list)
{
	char nulls[ENTRY_COLUMNS];
	Datum values[ENTRY_COLUMNS];

	for (size_t i = 0; i < list->count; i++)
	{
		ChainEntry entry = make_entry(&list->stamp, list->first_entry_no + (int64) i,
									  &list->transfers[i]);

		chain_row(values, nulls, &entry, list->chain);
		row_insert_put(insert, values, nulls);
	}
}

static bool
any_entries(const EntryList *lists, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (lists[i].count > 0)
			return true;
	return false;
}

void
ledger_insert(const EntryList *lists, size_t count)
{
	static RowShape shape = {
		.name = "ledger_entry", .columns = ENTRY_COLUMN_LIST, .types = {ENTRY_TYPES}};
	RowInsert insert;

	if (!any_entries(lists, count))
		return;
	row_insert_begin(&insert, &shape);
	for (size_t i = 0; i < count; i++)
		insert_list(&insert, &lists[i]);
	row_insert_end(&insert);
}

Slice *
ledger_slices(int64 account_id, const ChargeShare *share, size_t *count)
{
	static Sql read = SQL("SELECT e.entry_no, e.lot_no, e.amount, e.entry_from FROM "
						  "" LEDGER_SLICES " AS e ORDER BY e.entry_no",
						  LEDGER_SLICES_TYPES);
	int64 missing_nano = share->charge_nano;
	Slice *slices;

	*count = sql_run(&read, LEDGER_SLICES_VALUES(account_id, share), NULL);
	slices = palloc0((*count + 1) * sizeof(Slice));
	for (uint64 row = 0; row < *count; row++)
	{
		slices[row] = (Slice){column_int64(row, 1), column_int64(row, 2), column_nano(row, 3),
							  column_nano(row, 4)};
		missing_nano -= slices[row].amount_nano;
	}
	if (missing_nano != 0)
		refuse(ERROR_INTERNAL, "a slice of a charge is missing");
	return slices;
}

static ArrearsMoveKind
arrears_move_kind(uint64 row)
{
	static const struct
	{
		Book debit;
		ArrearsMoveKind kind;
	} lowering[] = {
		{BOOK_WRITE_OFF, ARREARS_WRITTEN_OFF},
		{BOOK_REVENUE, ARREARS_UNDONE},
		{BOOK_CASH, ARREARS_PAID},
		{BOOK_BONUS, ARREARS_PAID},
	};
	Book debit;

	if (book_from_name(column_text(row, 2), &debit))
		for (size_t i = 0; i < lengthof(lowering); i++)
			if (lowering[i].debit == debit)
				return lowering[i].kind;
	return ARREARS_RAISED;
}

static void
read_arrears_moves(int64 account_id, ArrearsHistory *history)
{
	/* part: what of the entry was the charge's that a reversal undid, or a re-rating in part; the
	 * whole where that is not known, or it was a re-rating that charged it. */
	static Sql read = SQL(
		"SELECT e.entry_no, e.debit, e.lot_no, e.amount, e.undoes_entry_no, u.amount, "
		"greatest(part.from_amount, 0), part.to_amount FROM " BOOKS "ledger_entry AS e LEFT JOIN "
		"(SELECT undoes_entry_no, sum(amount) AS amount FROM " BOOKS
		"ledger_entry WHERE account_id = "
		"$1 AND undoes_entry_no IS NOT NULL GROUP BY undoes_entry_no) AS u ON u.undoes_entry_no = "
		"e.entry_no LEFT JOIN LATERAL (SELECT coalesce(c.batch_offset, 0) - b.before AS from_amount, "
		"coalesce(c.batch_offset, 0) + c.charge - b.before AS to_amount FROM (SELECT request_hash, "
		"probe, event_recorded_at FROM " BOOKS
		"charge_reversal WHERE account_id = $1 AND e.source_type = 'reversal' AND reversal_id = "
		"e.source_id UNION ALL SELECT request_hash, probe, event_recorded_at FROM " BOOKS
		"charge_revision WHERE account_id = $1 AND e.source_type = 'rerate' AND first_entry_no = (SELECT "
		"max(first_entry_no) FROM " BOOKS
		"charge_revision WHERE account_id = $1 AND first_entry_no <= e.entry_no)) AS r JOIN " BOOKS
		"usage_event AS c ON c.account_id = $1 AND c.request_hash = r.request_hash "
		"AND c.probe = r.probe AND c.recorded_at = r.event_recorded_at AND c.first_entry_no <= "
		"e.undoes_entry_no AND c.first_entry_no + c.entry_count > e.undoes_entry_no CROSS JOIN "
		"LATERAL (SELECT coalesce(sum(amount), 0) AS before FROM " BOOKS
		"ledger_entry WHERE account_id = $1 AND "
		"entry_no >= c.first_entry_no AND entry_no < e.undoes_entry_no) AS b) AS part ON "
		"e.undoes_entry_no IS NOT NULL WHERE e.account_id = $1 AND (e.debit = 'arrears' OR e.credit "
		"= 'arrears') ORDER BY e.entry_no",
		INT8OID);

	history->count = sql_run(&read, (Datum[]){Int64GetDatum(account_id)}, NULL);
	history->capacity = history->count + ARREARS_CUTS_MAX(history->count);
	history->moves = palloc0(history->capacity * sizeof(ArrearsMove));
	for (uint64 row = 0; row < history->count; row++)
		history->moves[row] = (ArrearsMove){
			.kind = arrears_move_kind(row),
			.entry_no = column_int64(row, 1),
			.lot_no = column_int64(row, 3),
			.amount_nano = column_nano(row, 4),
			.undoes_entry_no = column_int64(row, 5),
			.returned_nano = column_nano(row, 6),
			.undoes_from_nano = column_nano(row, 7),
			.undoes_to_nano = column_is_null(row, 8) ? MONEY_NANO_MAX : column_nano(row, 8),
		};
}

/* What take-backs left as arrears. */
static void
read_taken_lots(int64 account_id, ArrearsHistory *history)
{
	static Sql read = SQL(
		"SELECT l.lot_no, e.entry_no, e.amount FROM " BOOKS "take_back AS t JOIN " BOOKS
		"payment AS p ON p.account_id = t.account_id AND p.payment_id = t.payment_id JOIN " BOOKS
		"lot AS l ON l.account_id = t.account_id AND l.order_id = p.order_id AND l.kind = 'cash' "
		"JOIN " BOOKS "ledger_entry AS e ON e.account_id = t.account_id AND e.source_type = "
		"'take_back' AND e.source_id = t.take_back_id AND e.debit = 'arrears' WHERE t.account_id = "
		"$1",
		INT8OID);

	history->taken_count = sql_run(&read, (Datum[]){Int64GetDatum(account_id)}, NULL);
	history->taken = palloc0((history->taken_count + 1) * sizeof(TakenLot));
	for (uint64 row = 0; row < history->taken_count; row++)
		history->taken[row] = (TakenLot){
			.lot_no = column_int64(row, 1),
			.entry_no = column_int64(row, 2),
			.amount_nano = column_nano(row, 3),
		};
}

static void
check_stop(void)
{
	CHECK_FOR_INTERRUPTS();
}

ArrearsHistory
ledger_arrears_history(int64 account_id, bool left_arrears)
{
	ArrearsHistory history = {.check_stop = check_stop};

	read_taken_lots(account_id, &history);
	if (left_arrears || history.taken_count > 0)
		read_arrears_moves(account_id, &history);
	return history;
}
