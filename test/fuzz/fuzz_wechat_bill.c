/*-------------------------------------------------------------------------
 *
 * fuzz_wechat_bill.c
 *	  Bills of WeChat Pay: the same rows in whatever pieces they come.
 *
 * Input: '0' trades or '1' the balance; a byte for the size of the pieces; the
 * bill.
 *
 *-------------------------------------------------------------------------
 */
#include "fuzz.h"

#include "bill_rows.h"
#include "gateway/wechat_bill.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	Bytes input = {(const char *) data, size};
	bool is_fund = fuzz_choose(&input, 2) == 1;
	size_t step = 1 + fuzz_choose(&input, 64);

	bill_rows_check(is_fund ? &wechat_bill_fund : &wechat_bill_trade, input, step);
	return 0;
}
