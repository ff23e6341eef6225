/*-------------------------------------------------------------------------
 *
 * ledger_store.c
 *	  Appending ledger entries, and reading them for an undo.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "errors.h"
#include "store/ledger_store.h"
#include "store/statement.h"

void
ledger_insert(const EntryStamp *stamp, int64 entry_no, const Transfer *transfer)
{
	static Statement insert = STATEMENT(
		"INSERT INTO billing.ledger_entry (account_id, entry_no, occurred_at, "
		"recorded_at, source_id, lot_no, undoes_entry_no, amount, debit, credit, "
		"source_type, gateway, actor) "
		"VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
		INT8OID, INT8OID, TIMESTAMPTZOID, TIMESTAMPTZOID, INT8OID, INT8OID, INT8OID, NUMERICOID,
		TEXTOID, TEXTOID, TEXTOID, TEXTOID, TEXTOID);
	bool touches_gateway = transfer->debit == BOOK_GATEWAY || transfer->credit == BOOK_GATEWAY;
	bool nobody = transfer->source.type == SOURCE_LOT;
	char nulls[] = "             ";
	Datum values[13] = {
		Int64GetDatum(stamp->account_id),			Int64GetDatum(entry_no),
		TimestampTzGetDatum(transfer->occurred_at), TimestampTzGetDatum(stamp->recorded_at),
		Int64GetDatum(transfer->source.id),
	};

	set_number(values, nulls, 5, transfer->lot_no);
	set_number(values, nulls, 6, transfer->undoes_entry_no);
	values[7] = nano_datum(transfer->amount_nano);
	set_text(values, nulls, 8, book_name(transfer->debit));
	set_text(values, nulls, 9, book_name(transfer->credit));
	set_text(values, nulls, 10, source_name(transfer->source.type));
	set_text(values, nulls, 11, touches_gateway ? stamp->gateway : NULL);
	set_text(values, nulls, 12, nobody ? NULL : stamp->actor);
	statement_run(&insert, values, nulls);
}

Slice *
ledger_slices(int64 account_id, int64 first_entry_no, int count)
{
	static Statement read = STATEMENT(
		"SELECT entry_no, lot_no, amount FROM billing.ledger_entry WHERE account_id = $1 "
		"AND entry_no >= $2 AND entry_no < $2 + $3 ORDER BY entry_no",
		INT8OID, INT8OID, INT8OID);
	Slice *slices = palloc0((count + 1) * sizeof(Slice));
	uint64 found = statement_run(&read,
								 (Datum[]){Int64GetDatum(account_id), Int64GetDatum(first_entry_no),
										   Int64GetDatum((int64) count)},
								 NULL);

	if (found != (uint64) count)
		refuse(ERROR_INTERNAL, "a slice of a charge is missing");
	for (uint64 row = 0; row < found; row++)
		slices[row] = (Slice){column_int64(row, 1), column_int64(row, 2), column_nano(row, 3)};
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

ArrearsMove *
ledger_arrears_moves(int64 account_id, size_t *count)
{
	static Statement read = STATEMENT(
		"SELECT e.entry_no, e.debit, e.lot_no, e.amount, e.undoes_entry_no, u.amount FROM "
		"billing.ledger_entry AS e LEFT JOIN (SELECT undoes_entry_no, sum(amount) AS amount FROM "
		"billing.ledger_entry WHERE account_id = $1 AND undoes_entry_no IS NOT NULL GROUP BY "
		"undoes_entry_no) AS u ON u.undoes_entry_no = e.entry_no WHERE e.account_id = $1 AND "
		"(e.debit = 'arrears' OR e.credit = 'arrears') ORDER BY e.entry_no",
		INT8OID);
	ArrearsMove *moves;

	*count = statement_run(&read, (Datum[]){Int64GetDatum(account_id)}, NULL);
	moves = palloc0((*count + 1) * sizeof(ArrearsMove));
	for (uint64 row = 0; row < *count; row++)
		moves[row] = (ArrearsMove){
			.kind = arrears_move_kind(row),
			.entry_no = column_int64(row, 1),
			.lot_no = column_int64(row, 3),
			.amount_nano = column_nano(row, 4),
			.undoes_entry_no = column_int64(row, 5),
			.returned_nano = column_nano(row, 6),
		};
	return moves;
}
