/*-------------------------------------------------------------------------
 *
 * fuzz_bill_csv.c
 *	  Bills that operators bring: a text.
 *
 *-------------------------------------------------------------------------
 */
#include "fuzz.h"

#include "core/money.h"
#include "gateway/bill_csv.h"

/* What is read can be stored, and a frame has room for it. */
static void
check_row(void *argument, const BillRow *row)
{
	(void) argument;
	MUST((int) row->kind >= 0 && row->kind < BILL_OTHER);
	MUST(row->amount_nano > 0 && row->amount_nano <= MONEY_NANO_MAX);
	MUST(row->fee_nano >= -MONEY_NANO_MAX && row->fee_nano <= MONEY_NANO_MAX);
	MUST(row->at >= 0);
	fuzz_check_text(row->order_number, sizeof(row->order_number));
	fuzz_check_text(row->transaction_id, sizeof(row->transaction_id));
	fuzz_check_text(row->refund_number, sizeof(row->refund_number));
	fuzz_check_text(row->refund_id, sizeof(row->refund_id));
	MUST(row->kind > BILL_REFUND || row->transaction_id[0] != '\0');
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);
	char fault[BILL_CSV_FAULT_SIZE] = "";

	memcpy(text, data, size);
	text[size] = '\0';
	if (!bill_csv_read(text, check_row, NULL, fault))
		MUST(fault[0] != '\0');
	free(text);
	return 0;
}
