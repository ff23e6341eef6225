/*-------------------------------------------------------------------------
 *
 * bill_rows.c
 *	  Reading a bill twice.
 *
 *-------------------------------------------------------------------------
 */
#include "bill_rows.h"

#include "core/money.h"
#include "fuzz.h"
#include "gateway/frame.h"

/* The rows that were told, as one number. */
typedef struct Told
{
	uint64_t hash;
	int64_t rows;
	bool is_whole;
} Told;

static bool
rows_equal(const BillRow *a, const BillRow *b)
{
	return a->kind == b->kind && strcmp(a->order_number, b->order_number) == 0 &&
		   strcmp(a->transaction_id, b->transaction_id) == 0 &&
		   strcmp(a->refund_number, b->refund_number) == 0 &&
		   strcmp(a->refund_id, b->refund_id) == 0 && a->amount_nano == b->amount_nano &&
		   a->fee_nano == b->fee_nano && a->at == b->at;
}

static void
check_row(const BillRow *row)
{
	MUST((int) row->kind >= 0 && row->kind < BILL_ROW_KINDS_COUNT);
	fuzz_check_text(row->order_number, sizeof(row->order_number));
	fuzz_check_text(row->transaction_id, sizeof(row->transaction_id));
	fuzz_check_text(row->refund_number, sizeof(row->refund_number));
	fuzz_check_text(row->refund_id, sizeof(row->refund_id));
	MUST(row->amount_nano >= -MONEY_NANO_MAX && row->amount_nano <= MONEY_NANO_MAX);
	MUST(row->fee_nano >= -MONEY_NANO_MAX && row->fee_nano <= MONEY_NANO_MAX);
	MUST(row->kind == BILL_OTHER || (row->amount_nano > 0 && row->transaction_id[0] != '\0'));
	MUST(row->kind != BILL_REFUND || row->refund_id[0] != '\0');
}

/* What the worker reads of it is what it says. */
static size_t
travel(const BillRow *row, char *room)
{
	size_t size = frame_write_row(7, row, room);
	BillRow read;
	int64_t id;

	MUST(size > 0 && size == frame_size((Bytes){room, size}));
	MUST(frame_read_row((Bytes){room, size}, &id, &read) && id == 7 && rows_equal(&read, row));
	return size;
}

static bool
take_row(void *taker, const BillRow *row)
{
	static char room[FRAME_ROOM];
	Told *told = taker;
	size_t size;

	check_row(row);
	size = travel(row, room);
	for (size_t i = 0; i < size; i++)
		told->hash = (told->hash ^ (unsigned char) room[i]) * UINT64_C(1099511628211);
	told->rows++;
	return true;
}

static Told
read_bill(const BillFormat *format, Bytes text, size_t step)
{
	Told told = {0};
	BillReader *reader = bill_open(format, take_row, &told);
	bool goes_on = bill_begin_file(reader, bytes_of("fuzz.csv"));

	for (size_t at = 0; at < text.size && goes_on; at += step)
	{
		Bytes piece = {text.data + at, text.size - at < step ? text.size - at : step};
		char *block = fuzz_copy(piece);

		goes_on = bill_read(reader, (Bytes){block, piece.size});
		free(block);
	}
	MUST(goes_on == (bill_fault(reader) == NULL));
	told.is_whole = bill_end_file(reader) && bill_is_whole(reader);
	MUST(told.is_whole == (bill_fault(reader) == NULL));
	MUST(bill_rows(reader) == told.rows);
	bill_close(reader);
	return told;
}

void
bill_rows_check(const BillFormat *format, Bytes text, size_t step)
{
	Told whole = read_bill(format, text, text.size + 1);
	Told pieces = read_bill(format, text, step);

	MUST(whole.is_whole == pieces.is_whole);
	MUST(whole.rows == pieces.rows && whole.hash == pieces.hash);
}
