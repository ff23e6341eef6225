/*-------------------------------------------------------------------------
 *
 * alipay_bill.c
 *	  Lines and rows of Alipay's bills.
 *
 *-------------------------------------------------------------------------
 */
#include "gateway/alipay_bill.h"

#include "core/money.h"
#include "core/text.h"
#include "gateway/instant.h"

#include <stdlib.h>

/* A sum as a comment has it: "#交易合计：2笔，商家实收共1.00元". */
typedef struct TotalLine
{
	const char *label;
	const char *amount_label; /* else it is another amount, and not looked at */
	size_t count;			  /* which sums they are */
	size_t amount;
} TotalLine;

#define TOTAL_LINES 2
#define TOTAL_TEXT_SIZE 32
#define ONE_ROW MONEY_NANO_PER_UNIT

static bool
has_rows(Bytes name)
{
	static const char *const summary[] = {"\xbb\xe3\xd7\xdc", "汇总"}; /* in GBK, and in UTF-8 */

	for (size_t i = 0; i < sizeof(summary) / sizeof(summary[0]); i++)
		for (size_t at = 0; at + strlen(summary[i]) <= name.size; at++)
			if (memcmp(name.data + at, summary[i], strlen(summary[i])) == 0)
				return false;
	return true;
}

/* ---- fields -------------------------------------------------------------------- */

/* Takes the quotes off a value, and makes one of two in it; what stands behind, NULL: no end. */
static char *
unquote(char *value)
{
	char *from = value + 1;
	char *to = value;

	while (*from != '\0' && (*from != '"' || from[1] == '"'))
	{
		from += *from == '"';
		*to++ = *from++;
	}
	if (*from == '\0')
		return NULL;
	*to = '\0';
	return from + 1;
}

/* The end of a value, which is a comma or that of the line; NULL where it is none. */
static char *
end_of_value(char *value)
{
	char *end;

	if (*value != '"')
		return value + strcspn(value, ",");
	end = unquote(value);
	if (end == NULL)
		return NULL;
	end += strspn(end, " \t");
	return *end == ',' || *end == '\0' ? end : NULL;
}

static bool
split(char *line, BillFields *fields)
{
	bool is_last = false;

	fields->count = 0;
	while (!is_last)
	{
		char *value = line + strspn(line, " \t");
		char *end = end_of_value(value);

		if (end == NULL)
			return false;
		is_last = *end == '\0';
		*end = '\0';
		if (!bill_add_field(fields, value))
			return false;
		line = end + 1;
	}
	return true;
}

/* ---- comments ------------------------------------------------------------------ */

static bool
begins(const char *text, const char *with)
{
	return strncmp(text, with, strlen(with)) == 0;
}

/* Takes the number in front of a word as a sum, without its sign: what it is of has one; behind it,
 * NULL: it is none, or another one. */
static const char *
take_number(BillReader *reader, size_t total, const char *text, const char *word)
{
	char number[TOTAL_TEXT_SIZE];
	const char *end = strstr(text, word);
	size_t size;

	text += *text == '-';
	if (end == NULL || end < text || (size_t) (end - text) >= sizeof(number))
		return NULL;
	size = (size_t) (end - text);
	memcpy(number, text, size);
	number[size] = '\0';
	return bill_take_total(reader, total, number) ? end + strlen(word) : NULL;
}

static bool
take_total_line(BillReader *reader, const TotalLine *total, const char *text)
{
	text = take_number(reader, total->count, text + strlen(total->label), "笔，");
	if (text == NULL || !begins(text, total->amount_label))
		return text != NULL;
	return take_number(reader, total->amount, text + strlen(total->amount_label), "元") != NULL;
}

static bool
take_comment(BillReader *reader, const TotalLine totals[TOTAL_LINES], const char *text)
{
	if (bill_part(reader) == BILL_ROWS && strstr(text, "列表结束") != NULL)
		return bill_take_end(reader);
	for (size_t i = 0; i < TOTAL_LINES && bill_part(reader) == BILL_TAIL; i++)
		if (begins(text, totals[i].label))
			return take_total_line(reader, &totals[i], text);
	return true;
}

static bool
take_line(BillReader *reader, const TotalLine totals[TOTAL_LINES], char *line)
{
	BillFields fields;

	if (line[0] == '#')
		return take_comment(reader, totals, line);
	if (text_is_blank(line))
		return true;
	if (!split(line, &fields))
		return false;
	switch (bill_part(reader))
	{
		case BILL_HEADER:
			return bill_take_header(reader, &fields);
		case BILL_ROWS:
			return bill_take_row(reader, &fields);
		default:
			return false;
	}
}

/*
 * An amount without its sign, which the kind of its row tells. Those of refunds are below
 * 0; whether fees and what goes out are differs from bill to bill.
 */
static bool
read_size(const char *text, int64_t *nano)
{
	if (!bill_read_amount(text, nano))
		return false;
	*nano = llabs(*nano);
	return true;
}

/* ---- trades -------------------------------------------------------------------- */

enum
{
	TRADE_TRANSACTION_ID,
	TRADE_ORDER_NUMBER,
	TRADE_TYPE,
	TRADE_AT,
	TRADE_AMOUNT,
	TRADE_RECEIVED,
	TRADE_REFUND_NUMBER,
	TRADE_FEE
};

enum
{
	TRADES_COUNT,
	TRADES_RECEIVED,
	REFUNDS_COUNT,
	REFUNDS_RECEIVED
};

/*
 * Alipay has no number of its own for a refund. One without a number was asked for by the
 * order's, as in its notices.
 */
static bool
read_refund_number(const char *const *values, BillRow *row)
{
	if (!bill_read_number(values[TRADE_REFUND_NUMBER], row->refund_number))
		return false;
	if (row->refund_number[0] == '\0')
		memcpy(row->refund_number, row->order_number, sizeof(row->refund_number));
	memcpy(row->refund_id, row->refund_number, sizeof(row->refund_id));
	return true;
}

static bool
read_trade_numbers(const char *const *values, BillRow *row)
{
	return bill_read_number(values[TRADE_ORDER_NUMBER], row->order_number) &&
		   bill_read_number(values[TRADE_TRANSACTION_ID], row->transaction_id) &&
		   (row->kind != BILL_REFUND || read_refund_number(values, row));
}

static bool
read_trade(const char *const *values, BillRow *row, int64_t adds_nano[BILL_TOTALS_MAX])
{
	bool is_refund = strcmp(values[TRADE_TYPE], "退款") == 0;
	int64_t received_nano;

	if (!read_size(values[TRADE_AMOUNT], &row->amount_nano) ||
		!read_size(values[TRADE_RECEIVED], &received_nano) ||
		!read_size(values[TRADE_FEE], &row->fee_nano) ||
		!instant_from_china(values[TRADE_AT], &row->at))
		return false;
	if (!is_refund && strcmp(values[TRADE_TYPE], "交易") != 0)
		return true;
	row->kind = is_refund ? BILL_REFUND : BILL_PAYMENT;
	row->fee_nano = is_refund ? -row->fee_nano : row->fee_nano;
	adds_nano[is_refund ? REFUNDS_COUNT : TRADES_COUNT] = ONE_ROW;
	adds_nano[is_refund ? REFUNDS_RECEIVED : TRADES_RECEIVED] = received_nano;
	return read_trade_numbers(values, row);
}

static bool
take_trade_line(BillReader *reader, char *line)
{
	static const TotalLine totals[TOTAL_LINES] = {
		{"#交易合计：", "商家实收共", TRADES_COUNT, TRADES_RECEIVED},
		{"#退款合计：", "商家实收退款共", REFUNDS_COUNT, REFUNDS_RECEIVED},
	};

	return take_line(reader, totals, line);
}

const BillFormat alipay_bill_trade = {
	.is_gbk = true,
	.columns =
		{
			[TRADE_TRANSACTION_ID] = "支付宝交易号",
			[TRADE_ORDER_NUMBER] = "商户订单号",
			[TRADE_TYPE] = "业务类型",
			[TRADE_AT] = "完成时间",
			[TRADE_AMOUNT] = "订单金额",
			[TRADE_RECEIVED] = "商家实收",
			[TRADE_REFUND_NUMBER] = "退款批次号/请求号",
			[TRADE_FEE] = "服务费",
		},
	.has_rows = has_rows,
	.take_line = take_trade_line,
	.read_row = read_trade,
};

/* ---- the balance --------------------------------------------------------------- */

enum
{
	FUND_FLOW_ID,
	FUND_AT,
	FUND_IN,
	FUND_OUT,
	FUND_TYPE
};

enum
{
	FUNDS_IN_COUNT,
	FUNDS_IN_AMOUNT,
	FUNDS_OUT_COUNT,
	FUNDS_OUT_AMOUNT
};

/*
 * 提现 goes to the merchant's own bank, or comes back from it; 充值 comes from there. 转账
 * is a transfer to anybody: only where the type says that it is to a bank is it one. The
 * types are listed nowhere: one that is not known here is BILL_OTHER.
 */
static bool
is_with_bank(const char *type)
{
	return strstr(type, "手续费") == NULL &&
		   (strstr(type, "提现") != NULL || strstr(type, "充值") != NULL ||
			(strstr(type, "转账") != NULL && strstr(type, "银行") != NULL));
}

/* A row is of one direction: the other amount is 0, or empty. */
static bool
read_directions(const char *const *values, int64_t *in_nano, int64_t *out_nano)
{
	*in_nano = *out_nano = 0;
	return (values[FUND_IN][0] == '\0' || read_size(values[FUND_IN], in_nano)) &&
		   (values[FUND_OUT][0] == '\0' || read_size(values[FUND_OUT], out_nano)) &&
		   (*in_nano == 0 || *out_nano == 0);
}

static bool
read_fund(const char *const *values, BillRow *row, int64_t adds_nano[BILL_TOTALS_MAX])
{
	int64_t in_nano;
	int64_t out_nano;

	if (!read_directions(values, &in_nano, &out_nano) ||
		!instant_from_china(values[FUND_AT], &row->at))
		return false;
	row->amount_nano = in_nano + out_nano;
	adds_nano[FUNDS_IN_COUNT] = in_nano > 0 ? ONE_ROW : 0;
	adds_nano[FUNDS_IN_AMOUNT] = in_nano;
	adds_nano[FUNDS_OUT_COUNT] = out_nano > 0 ? ONE_ROW : 0;
	adds_nano[FUNDS_OUT_AMOUNT] = out_nano;
	if (row->amount_nano == 0 || !is_with_bank(values[FUND_TYPE]))
		return true;
	row->kind = in_nano > 0 ? BILL_FUNDING : BILL_SETTLEMENT;
	return bill_read_number(values[FUND_FLOW_ID], row->transaction_id);
}

static bool
take_fund_line(BillReader *reader, char *line)
{
	static const TotalLine totals[TOTAL_LINES] = {
		{"#收入合计：", "共", FUNDS_IN_COUNT, FUNDS_IN_AMOUNT},
		{"#支出合计：", "共", FUNDS_OUT_COUNT, FUNDS_OUT_AMOUNT},
	};

	return take_line(reader, totals, line);
}

const BillFormat alipay_bill_fund = {
	.is_gbk = true,
	.columns =
		{
			[FUND_FLOW_ID] = "账务流水号",
			[FUND_AT] = "发生时间",
			[FUND_IN] = "收入金额",
			[FUND_OUT] = "支出金额",
			[FUND_TYPE] = "业务类型",
		},
	.has_rows = has_rows,
	.take_line = take_fund_line,
	.read_row = read_fund,
};
