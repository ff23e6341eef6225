/*-------------------------------------------------------------------------
 *
 * fuzz_alipay_bill.c
 *	  Bills of Alipay: the same rows in whatever pieces they come.
 *
 * Input: '0' trades or '1' the balance; a byte for the size of the pieces; the
 * bill, in GBK.
 *
 *-------------------------------------------------------------------------
 */
#include "fuzz.h"

#include "bill_rows.h"
#include "gateway/alipay_bill.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	Bytes input = {(const char *) data, size};
	bool is_fund = fuzz_choose(&input, 2) == 1;
	size_t step = 1 + fuzz_choose(&input, 64);

	bill_rows_check(is_fund ? &alipay_bill_fund : &alipay_bill_trade, input, step);
	return 0;
}
