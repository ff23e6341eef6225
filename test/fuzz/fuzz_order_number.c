/*-------------------------------------------------------------------------
 *
 * fuzz_order_number.c
 *	  Numbers of orders: none is read that is not written so.
 *
 * Input: a text; and its first bytes as the parts of a number.
 *
 *-------------------------------------------------------------------------
 */
#include "fuzz.h"

#include "core/limits.h"
#include "core/order_number.h"

static void
check_read(const char *text)
{
	OrderNumber number;
	char printed[ORDER_NUMBER_SIZE];

	if (!order_number_parse(text, &number))
		return;
	MUST(number.account_id > 0 && number.id > 0 && number.id <= ORDER_NUMBER_ID_MAX);
	MUST(number.epoch >= 0 && number.epoch >> ORDER_NUMBER_EPOCH_BITS == 0);
	MUST(number.kind == NUMBER_OF_ORDER || number.kind == NUMBER_OF_REFUND);
	MUST(strcmp(order_number_print(&number, printed), text) == 0);
}

static void
check_printed(const uint64_t parts[3])
{
	OrderNumber number = {
		.account_id = 1 + (int64_t) (parts[0] % ACCOUNT_ID_MAX),
		.epoch = (int64_t) (parts[1] >> (64 - ORDER_NUMBER_EPOCH_BITS)),
		.kind = parts[1] & 1 ? NUMBER_OF_REFUND : NUMBER_OF_ORDER,
		.id = 1 + (int64_t) (parts[2] % ORDER_NUMBER_ID_MAX),
	};
	OrderNumber read;
	char *text = malloc(ORDER_NUMBER_SIZE);

	MUST(order_number_parse(order_number_print(&number, text), &read));
	MUST(read.account_id == number.account_id && read.epoch == number.epoch &&
		 read.kind == number.kind && read.id == number.id);
	free(text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_text((Bytes){(const char *) data, size});
	uint64_t parts[3];

	check_read(text);
	free(text);
	if (size < sizeof(parts))
		return 0;
	memcpy(parts, data, sizeof(parts));
	check_printed(parts);
	return 0;
}
