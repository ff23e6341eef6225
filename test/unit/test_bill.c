/*-------------------------------------------------------------------------
 *
 * test_bill.c
 *	  Bills of WeChat Pay and Alipay: what their rows say, and what is none.
 *
 *-------------------------------------------------------------------------
 */
#include "core/money.h"
#include "gateway/alipay_bill.h"
#include "gateway/instant.h"
#include "gateway/wechat_bill.h"

#include "unit.h"

#include <iconv.h>

#define TEXT_SIZE (64 * 1024)

/* ---- what a bill says ----------------------------------------------------------- */

/* Its rows as text, a line each. */
static char told[TEXT_SIZE];
static char fault[16];
static int rows_wanted;

static bool
tell(void *taker, const BillRow *row)
{
	static const char *const kinds[] = {"payment", "refund", "settlement", "funding", "other"};
	char amount[MONEY_TEXT_SIZE];
	char fee[MONEY_TEXT_SIZE];
	char at[INSTANT_TEXT_SIZE];
	size_t size = strlen(told);

	assert_ptr_equal(taker, told);
	snprintf(told + size, sizeof(told) - size, "%s %s %s %s %s %s %s %s\n", kinds[row->kind],
			 row->order_number, row->transaction_id, row->refund_number, row->refund_id,
			 money_print(row->amount_nano, amount), money_print(row->fee_nano, fee),
			 instant_to_china(row->at, at));
	return rows_wanted-- > 0;
}

/* Reads a file in pieces of so many bytes, each in a block of its own. */
static void
read_file(BillReader *reader, const char *name, Bytes text, size_t step)
{
	(void) bill_begin_file(reader, bytes_of(name));
	for (size_t at = 0; at < text.size; at += step)
	{
		size_t size = text.size - at < step ? text.size - at : step;
		char *block = malloc(size);

		memcpy(block, text.data + at, size);
		(void) bill_read(reader, (Bytes){block, size});
		free(block);
	}
	(void) bill_end_file(reader);
}

static BillReader *
open_bill(const BillFormat *format)
{
	told[0] = fault[0] = '\0';
	rows_wanted = 1000000;
	return bill_open(format, tell, told);
}

/* True where it is whole; told and fault say the rest. */
static bool
close_bill(BillReader *reader)
{
	bool is_whole = bill_is_whole(reader);

	assert_false(is_whole && bill_fault(reader));
	snprintf(fault, sizeof(fault), "%s", bill_fault(reader) ? bill_fault(reader) : "");
	bill_close(reader);
	return is_whole;
}

static bool
reads(const BillFormat *format, Bytes text, size_t step)
{
	BillReader *reader = open_bill(format);

	read_file(reader, "", text, step);
	return close_bill(reader);
}

/* GBK, as Alipay has it; to be freed. */
static Bytes
gbk_of(const char *text)
{
	size_t left = strlen(text);
	size_t room = left + 1;
	char *from = (char *) text;
	char *to = malloc(room);
	Bytes made = {to, room};
	iconv_t descriptor = iconv_open("GBK", "UTF-8");

	assert_true(descriptor != (iconv_t) -1);
	assert_true(iconv(descriptor, &from, &left, &to, &room) != (size_t) -1);
	iconv_close(descriptor);
	return (Bytes){made.data, made.size - room};
}

/* The same of a text in UTF-8, in the charset that the format has. */
static bool
reads_text(const BillFormat *format, const char *text)
{
	Bytes bytes = format->is_gbk ? gbk_of(text) : bytes_of(text);
	bool is_whole = reads(format, bytes, bytes.size + 1);

	if (format->is_gbk)
		free((void *) bytes.data);
	return is_whole;
}

/* In pieces of every size it says the same; cut off anywhere before its end it is none. */
static void
check_pieces(const BillFormat *format, const char *text, size_t end, const char *rows)
{
	Bytes bytes = format->is_gbk ? gbk_of(text) : bytes_of(text);

	for (size_t step = 1; step <= bytes.size; step += 1 + step / 64)
	{
		assert_true(reads(format, bytes, step));
		assert_string_equal(told, rows);
	}
	for (size_t size = 0; size < bytes.size - end; size++)
		assert_false(reads(format, (Bytes){bytes.data, size}, bytes.size));
	if (format->is_gbk)
		free((void *) bytes.data);
}

/* A text with a part of it changed; it stands there once. */
static const char *
with(const char *text, const char *part, const char *other)
{
	static char changed[TEXT_SIZE];
	const char *at = strstr(text, part);

	assert_non_null(at);
	assert_null(strstr(at + 1, part));
	snprintf(changed, sizeof(changed), "%.*s%s%s", (int) (at - text), text, other,
			 at + strlen(part));
	return changed;
}

static void
check_refused(const BillFormat *format, const char *text, const char *word)
{
	assert_false(reads_text(format, text));
	assert_string_equal(fault, word);
}

/* ---- WeChat Pay: trades --------------------------------------------------------- */

#define WECHAT_HEADER                                                                                                               \
	"交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,"    \
	"交易状态,付款银行,货币种类,应结订单金额,代金券金额,微信退款单号,商户退款单号,退款金额," \
	"充值券退款金额,退款类型,退款状态,商品名称,商户数据包,手续费,费率,订单金额,"                   \
	"申请退款金额,费率备注\r\n"
#define WECHAT_PAYMENT                                                                               \
	"`2024-01-16 22:43:59,`wx9d0000000000,`1627859777,`0,`,`4200002086202401160745964084,"           \
	"`1747268229775183872,`o2RW000000000000000000000000,`NATIVE,`SUCCESS,`OTHERS,`CNY,`10.02,`0.00," \
	"`0,`0,`0.00,`0.00,`,`,`测试支付4,`,`0.09018,`0.90%,`10.02,`0.00,`\r\n"
#define WECHAT_REFUND                                                                              \
	"`2024-01-16 22:45:16,`wx9d0000000000,`1627859777,`0,`,`4200002086202401160745964084,"         \
	"`1747268229775183872,`o2RW000000000000000000000000,`NATIVE,`REFUND,`OTHERS,`CNY,`0.00,`0.00," \
	"`50303108562024011601487282563,`R1747268742516264960,`3.01,`0.00,`ORIGINAL,`SUCCESS,"         \
	"`测试支付4,`,`-0.02709,`0.90%,`0.00,`3.01,`\r\n"
#define WECHAT_TOTALS_HEADER                                                                                             \
	"总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额," \
	"申请退款总金额\r\n"
#define WECHAT_TOTALS "`2,`10.02,`3.01,`0.00,`0.06309,`10.02,`3.01\r\n"
#define WECHAT_TRADE WECHAT_HEADER WECHAT_PAYMENT WECHAT_REFUND WECHAT_TOTALS_HEADER WECHAT_TOTALS

#define WECHAT_PAYMENT_TOLD                                                                \
	"payment 1747268229775183872 4200002086202401160745964084   10.020000000 0.090180000 " \
	"2024-01-16 22:43:59\n"
#define WECHAT_REFUND_TOLD                                                          \
	"refund 1747268229775183872 4200002086202401160745964084 R1747268742516264960 " \
	"50303108562024011601487282563 3.010000000 -0.027090000 2024-01-16 22:45:16\n"

static void
test_wechat_trade(void **state)
{
	(void) state;
	/* The line break at the end, and the last digit of a sum whose rest is another one. */
	check_pieces(&wechat_bill_trade, WECHAT_TRADE, 2, WECHAT_PAYMENT_TOLD WECHAT_REFUND_TOLD);
	check_pieces(&wechat_bill_trade, "\xef\xbb\xbf" WECHAT_TRADE, 2,
				 WECHAT_PAYMENT_TOLD WECHAT_REFUND_TOLD);
}

/* Columns are found by their names, wherever they are. */
static void
test_wechat_columns(void **state)
{
	static const char moved[] =
		"`交易时间,`订单金额（元）,`申请退款金额(元),`手续费,`退款申请时间,`退款成功时间,"
		"`微信订单号,`商户订单号,`交易状态,`货币种类,`微信退款单号,`商户退款单号,`退款状态\n"
		"`2024-01-16 22:43:59,`10.02,`0.00,`0.09018,`,`,`4200002086202401160745964084,"
		"`1747268229775183872,`SUCCESS,`CNY,`0,`,`\n"
		"\n"
		"`申请退款总金额,`总交易单数\n`0.00,`1.0\n \n";

	(void) state;
	assert_false(
		reads_text(&wechat_bill_trade, moved)); /* the first name of the sums is not first */
	assert_true(
		reads_text(&wechat_bill_trade, with(moved, "`申请退款总金额,`总交易单数\n`0.00,`1.0",
											"`总交易单数,`申请退款总金额\n`1.0,`0.00")));
	assert_string_equal(told, WECHAT_PAYMENT_TOLD);
}

/* Names may have commas, and quotes; what stands in them moves nothing. */
static void
test_wechat_names(void **state)
{
	static const char *const names[] = {"`a,b,c,", "`\"", "`,,", "`a`b", "`#", "`总交易单数"};

	(void) state;
	for (size_t i = 0; i < LENGTH(names); i++)
	{
		char name[64];

		snprintf(name, sizeof(name), "%s,`,`0.09018", names[i]);
		assert_true(
			reads_text(&wechat_bill_trade, with(WECHAT_TRADE, "`测试支付4,`,`0.09018", name)));
		assert_string_equal(told, WECHAT_PAYMENT_TOLD WECHAT_REFUND_TOLD);
	}
	check_refused(&wechat_bill_trade,
				  with(WECHAT_TRADE, "`测试支付4,`,`0.09018", "`a,`b,`,`0.09018"), "bill_row");
}

static void
test_wechat_kinds(void **state)
{
	static const struct
	{
		const char *part;
		const char *other;
		const char *kind;
	} cases[] = {
		{"ORIGINAL,`SUCCESS", "ORIGINAL,`CLOSED", "other"},
		{"ORIGINAL,`SUCCESS", "ORIGINAL,`FAIL", "other"},
		{"NATIVE,`REFUND", "NATIVE,`REVOKED", "other"},
		{"`SUCCESS,`OTHERS,`CNY", "`SUCCESS,`OTHERS,`USD", "other"},
		{"`SUCCESS,`OTHERS,`CNY", "`WHAT,`OTHERS,`CNY", "other"},
		{"`50303108562024011601487282563,`R1747268742516264960", "`50,`0", "refund"},
	};

	(void) state;
	for (size_t i = 0; i < LENGTH(cases); i++)
	{
		assert_true(
			reads_text(&wechat_bill_trade, with(WECHAT_TRADE, cases[i].part, cases[i].other)));
		assert_non_null(strstr(told, cases[i].kind));
	}
	/* Portals ask by no number of ours. */
	assert_non_null(strstr(told, "refund 1747268229775183872 4200002086202401160745964084  50 "));
}

static void
test_wechat_refused(void **state)
{
	static const struct
	{
		const char *part;
		const char *other;
		const char *fault;
	} cases[] = {
		{"微信订单号", "微信单号", "bill_header"},
		{"设备号", "微信订单号", "bill_header"},
		{"应结订单总金额", "订单总金额", "bill_header"},
		{"`2,`10.02", "`3,`10.02", "bill_total"},
		{"`2,`10.02", "`2.5,`10.02", "bill_total"},
		{"`0.06309,`10.02,`3.01", "`0.06309,`10.03,`3.01", "bill_total"},
		{"`0.06309,`10.02,`3.01", "`0.06309,`10.02,`3.00", "bill_total"},
		{"`0.06309,`10.02,`3.01", "`0.06309,`10.02", "bill_total"},
		{"`0.06309,`10.02,`3.01", "`0.06309,`x,`3.01", "bill_total"},
		{"`0.06309,`10.02,`3.01", "`0.06309,`10.02,`3.01\n`more", "bill_line"},
		{WECHAT_TOTALS_HEADER WECHAT_TOTALS, "", "bill_end"},
		{WECHAT_TOTALS, "", "bill_end"},
		{"`2024-01-16 22:45:16", "2024-01-16 22:45:16", "bill_line"},
		{"`2024-01-16 22:45:16", "`2024-02-30 22:45:16", "bill_row"},
		{"`2024-01-16 22:45:16", "`", "bill_row"},
		{"`0.90%,`10.02", "`0.90%,`0.00", "bill_row"},
		{"`0.90%,`10.02", "`0.90%,`-10.02", "bill_row"},
		{"`0.90%,`10.02", "`0.90%,`1e99", "bill_row"},
		{"`0.90%,`10.02", "`0.90%,`999999999999", "bill_row"},
		{"`0.90%,`10.02", "`0.90%,`", "bill_row"},
		{"`0.90%,`10.02", "`0.90%", "bill_row"},
		{"`-0.02709", "`--0.02709", "bill_row"},
		{"`0.90%,`0.00,`3.01,`\r", "`0.90%,`0.00,`3.01,`,`\r", "bill_row"},
		{"`2024-01-16 22:45:16", "\xef\xbb\xbf`2024-01-16 22:45:16", "bill_line"},
		{"`50303108562024011601487282563", "`0", "bill_row"},
		{"`R1747268742516264960", "`R 1", "bill_row"},
		{"`R1747268742516264960", "`退款", "bill_row"},
		{"`R1747268742516264960",
		 "`RRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRR", "bill_row"},
	};

	(void) state;
	for (size_t i = 0; i < LENGTH(cases); i++)
		check_refused(&wechat_bill_trade, with(WECHAT_TRADE, cases[i].part, cases[i].other),
					  cases[i].fault);
	check_refused(&wechat_bill_trade, "", "bill_end");
	check_refused(&wechat_bill_trade, "{\"code\":\"NO_STATEMENT_EXIST\"}", "bill_header");
}

/* A sum that no amount can hold. */
static void
test_wechat_overflow(void **state)
{
	static const char row[] = WECHAT_PAYMENT;
	char large[2 * sizeof(row)];
	char text[8 * sizeof(row)];

	(void) state;
	snprintf(large, sizeof(large), "%s", with(row, "`0.90%,`10.02", "`0.90%,`999999999.99"));
	snprintf(text, sizeof(text), "%s%s%s", WECHAT_HEADER, large, row);
	check_refused(&wechat_bill_trade, text, "bill_total");
}

static void
test_lines(void **state)
{
	static char text[2 * BILL_LINE_BYTES_MAX];
	size_t header = strlen(WECHAT_HEADER);

	(void) state;
	/* As long as it may be, and one byte longer. */
	memcpy(text, WECHAT_HEADER, header);
	memset(text + header, 'x', BILL_LINE_BYTES_MAX + 1);
	assert_false(reads(&wechat_bill_trade, (Bytes){text, header + BILL_LINE_BYTES_MAX + 1}, 1000));
	assert_string_equal(fault, "bill_line");
	memset(text, ' ', BILL_LINE_BYTES_MAX);
	memcpy(text + BILL_LINE_BYTES_MAX, "\n" WECHAT_TRADE, sizeof(WECHAT_TRADE));
	assert_true(
		reads(&wechat_bill_trade, (Bytes){text, BILL_LINE_BYTES_MAX + sizeof(WECHAT_TRADE)}, 1000));
	/* A NUL would hide what stands behind it. */
	memcpy(text, WECHAT_TRADE, sizeof(WECHAT_TRADE));
	text[header + 3] = '\0';
	assert_false(reads(&wechat_bill_trade, (Bytes){text, strlen(WECHAT_TRADE)}, 1000));
	assert_string_equal(fault, "bill_text");
	/* Few lines are none of a row. */
	memset(text, '\n', BILL_OTHER_LINES_MAX - 1);
	memcpy(text + BILL_OTHER_LINES_MAX - 1, WECHAT_TRADE, sizeof(WECHAT_TRADE));
	assert_false(reads(&wechat_bill_trade,
					   (Bytes){text, BILL_OTHER_LINES_MAX - 1 + strlen(WECHAT_TRADE)}, 1000));
	assert_string_equal(fault, "bill_lines");
	memset(text, ',', 1000);
	assert_false(reads(&wechat_bill_trade, (Bytes){text, 1000}, 1000));
	assert_string_equal(fault, "bill_line");
}

/* Who can take no more rows ends the bill. */
static void
test_taker(void **state)
{
	BillReader *reader = open_bill(&wechat_bill_trade);

	(void) state;
	rows_wanted = 1;
	read_file(reader, "", bytes_of(WECHAT_TRADE), 7);
	assert_int_equal(bill_rows(reader), 2);
	assert_string_equal(bill_fault(reader), "bill_row");
	assert_false(close_bill(reader));
}

/* ---- WeChat Pay: the balance ------------------------------------------------------ */

#define WECHAT_FUND_HEADER                                                                                               \
	"记账时间,微信支付业务单号,资金流水单号,业务名称,业务类型,收支类型,收支金额(元)," \
	"账户结余(元),资金变更提交申请人,备注,业务凭证号\n"
#define WECHAT_FUND                                                                                              \
	WECHAT_FUND_HEADER                                                                                           \
	"`2018-02-01 04:21:23,`50000305742018020103387128253,`1900009231201802015884652186,"                         \
	"`退款,`退款,`支出,`0.02,`0.17,`system,`缺货,`REF4200000068201801293084726067\n"                     \
	"`2018-02-01 05:00:00,`4200000001,`4200000001,`交易,`交易,`收入,`100.00,`100.17,`,`,`R1\n"             \
	"`2018-02-01 05:00:00,`4200000001,`4200000002,`交易,`扣除交易手续费,`支出,`0.60,`99.57,`,`,`R1\n" \
	"`2018-02-01 06:00:00,`1001,`2001,`充值/提现,`提现,`支出,`90.00,`9.57,`system,`,`\n"                 \
	"`2018-02-01 06:00:00,`1001,`2002,`充值/提现,`提现手续费,`支出,`0.10,`9.47,`system,`,`\n"         \
	"`2018-02-01 07:00:00,`,`2003,`充值/提现,`充值,`收入,`500.00,`509.47,`system,`,`\n"                  \
	"资金流水总笔数,收入笔数,收入金额,支出笔数,支出金额\n"                                \
	"`6.0,`2.0,`600.00,`4.0,`90.72\n"

static void
test_wechat_fund(void **state)
{
	(void) state;
	check_pieces(&wechat_bill_fund, WECHAT_FUND, 1,
				 "other     0.020000000 0.000000000 2018-02-01 04:21:23\n"
				 "other     100.000000000 0.000000000 2018-02-01 05:00:00\n"
				 "other     0.600000000 0.000000000 2018-02-01 05:00:00\n"
				 "settlement  1001   90.000000000 0.000000000 2018-02-01 06:00:00\n"
				 "other     0.100000000 0.000000000 2018-02-01 06:00:00\n"
				 "funding  2003   500.000000000 0.000000000 2018-02-01 07:00:00\n");
	check_refused(&wechat_bill_fund, with(WECHAT_FUND, "`6.0,`2.0", "`6.0,`3.0"), "bill_total");
	check_refused(&wechat_bill_fund, with(WECHAT_FUND, "`600.00,", "`600.01,"), "bill_total");
	check_refused(&wechat_bill_fund, with(WECHAT_FUND, "`4.0,`90.72", "`4.0,`90.71"), "bill_total");
	check_refused(&wechat_bill_fund, with(WECHAT_FUND, "`支出,`0.02", "`进出,`0.02"), "bill_row");
	check_refused(&wechat_bill_fund, with(WECHAT_FUND, "`,`2003", "`,`"), "bill_row");
	check_refused(&wechat_bill_fund, WECHAT_TRADE, "bill_header");
}

/* ---- Alipay: trades ----------------------------------------------------------------- */

#define ALIPAY_HEADER                                                                                                             \
	"支付宝交易号,商户订单号,业务类型,商品名称,创建时间,完成时间,门店编号,门店名称,操作员," \
	"终端号,对方账户,订单金额（元）,商家实收（元）,支付宝红包（元）,集分宝（元）,"             \
	"支付宝优惠（元）,商家优惠（元）,券核销金额（元）,券名称,商家红包消费金额（元）,"        \
	"卡消费金额（元）,退款批次号/请求号,服务费（元）,分润（元）,备注\r\n"
#define ALIPAY_BEGIN                                                                                 \
	"#支付宝业务明细查询\r\n#账号：[20880000000000010156]\r\n"                           \
	"#起始日期：[2026年06月05日 00:00:00]   终止日期：[2026年06月06日 00:00:00]\r\n" \
	"#-----------------------------------------业务明细列表----------------------------------------\r\n"
#define ALIPAY_PAYMENT                                                                                       \
	"2026060522001419931441931972\t,R1\t,交易\t,API 充值,2026-06-05 16:01:34,2026-06-05 16:01:38,\t,\t," \
	"\t,\t,**博(156******89)\t,88.88,88.00,0.88,0.00,0.00,0.00,0.00,,0.00\t,0.00,\t,-0.53,0.00,\r\n"
#define ALIPAY_REFUND                                                                                        \
	"2026060522001419931441931972\t,R1\t,退款\t,API 充值,2026-06-05 17:00:00,2026-06-05 17:00:05,\t,\t," \
	"\t,\t,**博(156******89)\t,-20.00,-20.00,0.00,0.00,0.00,0.00,0.00,,0.00\t,0.00,RF0001\t,0.12,0.00,退\r\n"
#define ALIPAY_END \
	"#-----------------------------------------业务明细列表结束------------------------------------\r\n"
#define ALIPAY_TOTALS                                                             \
	"#交易合计：1笔，商家实收共88.00元，商家优惠共0.00元\r\n" \
	"#退款合计：1笔，商家实收退款共-20.00元，商家优惠退款共0.00元\r\n"
#define ALIPAY_EXPORTED "#导出时间：[2026年06月06日 06:27:10]\r\n"
#define ALIPAY_TRADE \
	ALIPAY_BEGIN ALIPAY_HEADER ALIPAY_PAYMENT ALIPAY_REFUND ALIPAY_END ALIPAY_TOTALS ALIPAY_EXPORTED

#define ALIPAY_PAYMENT_TOLD \
	"payment R1 2026060522001419931441931972   88.880000000 0.530000000 2026-06-05 16:01:38\n"
#define ALIPAY_REFUND_TOLD                                                            \
	"refund R1 2026060522001419931441931972 RF0001 RF0001 20.000000000 -0.120000000 " \
	"2026-06-05 17:00:05\n"

static void
test_alipay_trade(void **state)
{
	Bytes totals = gbk_of(
		"列表结束------------------------------------\r\n" ALIPAY_TOTALS ALIPAY_EXPORTED);
	Bytes word = gbk_of("列表结束");

	(void) state;
	check_pieces(&alipay_bill_trade, ALIPAY_TRADE, totals.size - word.size + 1,
				 ALIPAY_PAYMENT_TOLD ALIPAY_REFUND_TOLD);
	free((void *) totals.data);
	free((void *) word.data);
}

/* Quotes, blanks, other widths of brackets, sums that are not there, refunds without a number. */
static void
test_alipay_ways(void **state)
{
	static const struct
	{
		const char *part;
		const char *other;
	} cases[] = {
		{",API 充值,2026-06-05 16:01:34", ",\"a,\"\"b\"\",c\" \t,2026-06-05 16:01:34"},
		{",API 充值,2026-06-05 16:01:34", ",\"\",2026-06-05 16:01:34"},
		{",API 充值,2026-06-05 16:01:34", ",a\"b,2026-06-05 16:01:34"},
		{",R1\t,交易", ", \"R1\"\t,\"交易\""},
		{"订单金额（元）", " 订单金额(元)\t"},
		{ALIPAY_TOTALS, ""},
		{"商家实收共88.00元", "总金额88.88元"},
		{"-20.00,-20.00", "20.00,20.00"},
		{"-0.53", "0.53"},
		{"0.12", "-0.12"},
		{ALIPAY_END, "#什么\r\n" ALIPAY_END "\r\n\t\r\n"},
	};

	(void) state;
	for (size_t i = 0; i < LENGTH(cases); i++)
	{
		assert_true(
			reads_text(&alipay_bill_trade, with(ALIPAY_TRADE, cases[i].part, cases[i].other)));
		assert_string_equal(told, ALIPAY_PAYMENT_TOLD ALIPAY_REFUND_TOLD);
	}
	assert_true(reads_text(&alipay_bill_trade, with(ALIPAY_TRADE, "RF0001\t", "\t")));
	assert_non_null(strstr(told, "refund R1 2026060522001419931441931972 R1 R1 20.0"));
}

static void
test_alipay_refused(void **state)
{
	static const struct
	{
		const char *part;
		const char *other;
		const char *fault;
	} cases[] = {
		{"支付宝交易号", "交易号", "bill_header"},
		{"门店编号", "商户订单号", "bill_header"},
		{"：1笔，商家实收共", "：2笔，商家实收共", "bill_total"},
		{"共88.00元", "共88.01元", "bill_total"},
		{"：1笔，商家实收退", "：0笔，商家实收退", "bill_total"},
		{"共-20.00元", "共-20.01元", "bill_total"},
		{"共88.00元", "共88.00", "bill_total"},
		{"#交易合计：1笔", "#交易合计：1", "bill_line"},
		{ALIPAY_END, "", "bill_end"},
		{ALIPAY_END, ALIPAY_END ALIPAY_PAYMENT, "bill_line"},
		{",API 充值,2026-06-05 16:01:34", ",a,b,2026-06-05 16:01:34", "bill_row"},
		{",API 充值,2026-06-05 16:01:34", ",\"a,2026-06-05 16:01:34", "bill_line"},
		{",API 充值,2026-06-05 16:01:34", ",\"a\"b,2026-06-05 16:01:34", "bill_line"},
		{"2026-06-05 16:01:38", "2026/6/5 16:01", "bill_row"},
		{"88.88,88.00", "0.00,88.00", "bill_row"},
		{"88.88,88.00", "x,88.00", "bill_row"},
		{"88.88,88.00", ",88.00", "bill_row"},
		{"RF0001\t", "RF 0001\t", "bill_row"},
	};

	(void) state;
	for (size_t i = 0; i < LENGTH(cases); i++)
		check_refused(&alipay_bill_trade, with(ALIPAY_TRADE, cases[i].part, cases[i].other),
					  cases[i].fault);
	check_refused(&alipay_bill_trade, "<html></html>", "bill_header");
	check_refused(&alipay_bill_trade, ALIPAY_BEGIN ALIPAY_END, "bill_end");
	/* Rows of another kind are neither counted in its sums nor asked about. */
	assert_false(reads_text(&alipay_bill_trade, with(ALIPAY_TRADE, ",退款\t", ",分账\t")));
	assert_non_null(strstr(told, "\nother   "));
	/* No character, and half of one. */
	assert_false(reads(&alipay_bill_trade, bytes_of("#\xff\xff\n"), 100));
	assert_string_equal(fault, "bill_text");
	assert_false(reads(&alipay_bill_trade, bytes_of("#\xd6\n"), 100));
	assert_string_equal(fault, "bill_text");
}

/* The archive: sums first or last, by names in GBK or UTF-8; rows in several files. */
static void
test_alipay_files(void **state)
{
	static const char *const summaries[] = {
		"2088_20260605_\xd2\xb5\xce\xf1\xc3\xf7\xcf\xb8(\xbb\xe3\xd7\xdc).csv",
		"2088_20260605_业务明细(汇总).csv"};
	Bytes text = gbk_of(ALIPAY_TRADE);
	BillReader *reader = open_bill(&alipay_bill_trade);

	(void) state;
	read_file(reader, summaries[0], bytes_of("\xff\xff\0"), 10);
	assert_false(bill_is_whole(reader));
	read_file(reader, "2088_20260605_\xd2\xb5\xce\xf1\xc3\xf7\xcf\xb8_1.csv", text, 100);
	read_file(reader, "2088_20260605_\xd2\xb5\xce\xf1\xc3\xf7\xcf\xb8_2.csv", text, 100);
	read_file(reader, summaries[1], (Bytes){"", 0}, 10);
	assert_int_equal(bill_rows(reader), 4);
	assert_true(close_bill(reader));
	assert_string_equal(
		told, ALIPAY_PAYMENT_TOLD ALIPAY_REFUND_TOLD ALIPAY_PAYMENT_TOLD ALIPAY_REFUND_TOLD);
	/* None of them has rows; one that has is cut off. */
	reader = open_bill(&alipay_bill_trade);
	read_file(reader, summaries[0], text, 100);
	assert_false(bill_is_whole(reader));
	bill_close(reader);
	reader = open_bill(&alipay_bill_trade);
	read_file(reader, "a", text, 100);
	read_file(reader, "b", (Bytes){text.data, text.size / 2}, 100);
	assert_false(close_bill(reader));
	free((void *) text.data);
}

/* ---- Alipay: the balance -------------------------------------------------------------- */

#define ALIPAY_FUND                                                                                                     \
	"#支付宝账务明细查询\n#账号：[20880000000000010156]\n"                                                  \
	"#-----------------------------------------账务明细列表----------------------------------------\n"            \
	"账务流水号,业务流水号,商户订单号,商品名称,发生时间,对方账号,收入金额（+元）,"    \
	"支出金额（-元）,账户余额（元）,交易渠道,业务类型,备注\n"                                   \
	"54632446537371\t,2012122923922029\t,3226563\t,机票\t,2012-12-29 21:02:06,陈晶 (k@126.com)\t,"                  \
	"2274.00,0.00,14533.03,支付宝,在线支付,\n"                                                                   \
	"54632446537372\t,2012122923922030\t,\t,\t,2012-12-29 22:00:00,\t,0.00,-1000.50,13532.53,支付宝,提现,\n"       \
	"54632446537373\t,2012122923922031\t,\t,\t,2012-12-29 22:10:00,\t,,10.00,13522.53,支付宝,转账,\n"              \
	"54632446537374\t,2012122923922032\t,\t,\t,2012-12-29 22:20:00,\t,,20.00,13502.53,支付宝,转账到银行卡,\n"  \
	"54632446537375\t,2012122923922033\t,\t,\t,2012-12-29 22:30:00,\t,5.00,,13507.53,支付宝,充值,\n"               \
	"54632446537376\t,2012122923922034\t,\t,\t,2012-12-29 22:40:00,\t,0.00,-0.10,13507.43,支付宝,提现手续费,\n" \
	"#----------------------------------------账务明细列表结束-------------------------------------,,,\n"       \
	"#支出合计：4笔，共1030.60元,,,\n#收入合计：2笔，共2279.00元,,,\n"                                \
	"#导出时间：[2012年12月31日 13:19:01]\n"

static void
test_alipay_fund(void **state)
{
	(void) state;
	assert_true(reads_text(&alipay_bill_fund, ALIPAY_FUND));
	assert_string_equal(
		told, "other     2274.000000000 0.000000000 2012-12-29 21:02:06\n"
			  "settlement  54632446537372   1000.500000000 0.000000000 2012-12-29 22:00:00\n"
			  "other     10.000000000 0.000000000 2012-12-29 22:10:00\n"
			  "settlement  54632446537374   20.000000000 0.000000000 2012-12-29 22:20:00\n"
			  "funding  54632446537375   5.000000000 0.000000000 2012-12-29 22:30:00\n"
			  "other     0.100000000 0.000000000 2012-12-29 22:40:00\n");
	check_refused(&alipay_bill_fund, with(ALIPAY_FUND, "：4笔", "：5笔"), "bill_total");
	check_refused(&alipay_bill_fund, with(ALIPAY_FUND, "1030.60元", "1030.61元"), "bill_total");
	check_refused(&alipay_bill_fund, with(ALIPAY_FUND, "：2笔", "：1笔"), "bill_total");
	check_refused(&alipay_bill_fund, with(ALIPAY_FUND, "2279.00元", "2279.01元"), "bill_total");
	check_refused(&alipay_bill_fund, with(ALIPAY_FUND, "2274.00,0.00", "2274.00,1.00"), "bill_row");
	check_refused(&alipay_bill_fund, with(ALIPAY_FUND, "54632446537372\t", "\t"), "bill_row");
	check_refused(&alipay_bill_fund, ALIPAY_TRADE, "bill_header");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_wechat_trade),   cmocka_unit_test(test_wechat_columns),
		cmocka_unit_test(test_wechat_names),   cmocka_unit_test(test_wechat_kinds),
		cmocka_unit_test(test_wechat_refused), cmocka_unit_test(test_wechat_overflow),
		cmocka_unit_test(test_lines),		   cmocka_unit_test(test_taker),
		cmocka_unit_test(test_wechat_fund),	   cmocka_unit_test(test_alipay_trade),
		cmocka_unit_test(test_alipay_ways),	   cmocka_unit_test(test_alipay_refused),
		cmocka_unit_test(test_alipay_files),   cmocka_unit_test(test_alipay_fund),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
