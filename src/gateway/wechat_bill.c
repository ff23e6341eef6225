/*-------------------------------------------------------------------------
 *
 * wechat_bill.c
 *	  Lines and rows of WeChat Pay's bills.
 *
 *-------------------------------------------------------------------------
 */
#include "gateway/wechat_bill.h"

#include "core/money.h"
#include "core/text.h"
#include "gateway/instant.h"

/* Sums that count rows do so in whole units: "20" and "20.0" both occur. */
#define ONE_ROW MONEY_NANO_PER_UNIT

/* ---- lines --------------------------------------------------------------------- */

/*
 * Values begin with a backtick, and may have commas in them: what parts them is the
 * comma in front of a backtick. A header without backticks has plain commas.
 */
static bool
split(char *line, BillFields *fields)
{
	const char *separator = line[0] == '`' ? ",`" : ",";
	char *field = line + (line[0] == '`');
	char *next;

	fields->count = 0;
	do
	{
		next = strstr(field, separator);
		if (next)
		{
			*next = '\0';
			next += strlen(separator);
		}
		if (!bill_add_field(fields, field))
			return false;
		field = next;
	} while (next);
	return true;
}

/* Takes a line behind the header: a row, or the header of sums, which begins with the first. */
static bool
take_row(BillReader *reader, const char *first_total, char *line)
{
	bool is_quoted = line[0] == '`';
	BillFields fields;

	if (!split(line, &fields))
		return false;
	if (strcmp(fields.fields[0], first_total) == 0)
		return bill_take_totals_header(reader, &fields);
	return is_quoted && bill_take_row(reader, &fields);
}

static bool
take_line(BillReader *reader, const BillFormat *format, char *line)
{
	BillFields fields;

	if (text_is_blank(line))
		return true;
	switch (bill_part(reader))
	{
		case BILL_HEADER:
			return split(line, &fields) && bill_take_header(reader, &fields);
		case BILL_ROWS:
			return take_row(reader, format->totals[0], line);
		case BILL_TOTALS:
			return split(line, &fields) && bill_take_totals(reader, &fields);
		case BILL_TAIL:
			return false;
	}
	return false;
}

/* ---- trades -------------------------------------------------------------------- */

enum
{
	TRADE_AT,
	TRADE_TRANSACTION_ID,
	TRADE_ORDER_NUMBER,
	TRADE_STATE,
	TRADE_CURRENCY,
	TRADE_REFUND_ID,
	TRADE_REFUND_NUMBER,
	TRADE_REFUND_STATE,
	TRADE_FEE,
	TRADE_AMOUNT,
	TRADE_REFUND_AMOUNT
};

enum
{
	TRADES_COUNT,
	TRADES_AMOUNT,
	TRADES_REFUND_AMOUNT
};

/*
 * A refund stands in the bill of the day on which it was asked for, with the state that it had
 * then, and in no later one: one under way is to be asked for, too.
 */
static bool
is_refunded(const char *state)
{
	return strcmp(state, "SUCCESS") == 0 || strcmp(state, "PROCESSING") == 0;
}

static BillRowKind
kind_of_trade(const char *const *values)
{
	if (strcmp(values[TRADE_CURRENCY], "CNY") != 0)
		return BILL_OTHER;
	if (strcmp(values[TRADE_STATE], "SUCCESS") == 0)
		return BILL_PAYMENT;
	return strcmp(values[TRADE_STATE], "REFUND") == 0 && is_refunded(values[TRADE_REFUND_STATE])
			   ? BILL_REFUND
			   : BILL_OTHER;
}

static bool
read_trade_numbers(const char *const *values, BillRow *row)
{
	return bill_read_number(values[TRADE_ORDER_NUMBER], row->order_number) &&
		   bill_read_number(values[TRADE_TRANSACTION_ID], row->transaction_id) &&
		   bill_read_number(values[TRADE_REFUND_NUMBER], row->refund_number) &&
		   bill_read_number(values[TRADE_REFUND_ID], row->refund_id);
}

/* The amounts are those of the order, and of what was asked back, coupons included. */
static bool
read_trade(const char *const *values, BillRow *row, int64_t adds_nano[BILL_TOTALS_MAX])
{
	int64_t amount_nano;
	int64_t refund_nano;

	if (!instant_from_china(values[TRADE_AT], &row->at) ||
		!bill_read_amount(values[TRADE_AMOUNT], &amount_nano) ||
		!bill_read_amount(values[TRADE_REFUND_AMOUNT], &refund_nano) ||
		!bill_read_amount(values[TRADE_FEE], &row->fee_nano))
		return false;
	row->kind = kind_of_trade(values);
	row->amount_nano = row->kind == BILL_REFUND ? refund_nano : amount_nano;
	adds_nano[TRADES_COUNT] = ONE_ROW;
	adds_nano[TRADES_AMOUNT] = amount_nano;
	adds_nano[TRADES_REFUND_AMOUNT] = refund_nano;
	return row->kind == BILL_OTHER || read_trade_numbers(values, row);
}

static bool
take_trade_line(BillReader *reader, char *line)
{
	return take_line(reader, &wechat_bill_trade, line);
}

/* What the sum of the fees is of is not said: it is not looked at. */
const BillFormat wechat_bill_trade = {
	.columns =
		{
			[TRADE_AT] = "交易时间",
			[TRADE_TRANSACTION_ID] = "微信订单号",
			[TRADE_ORDER_NUMBER] = "商户订单号",
			[TRADE_STATE] = "交易状态",
			[TRADE_CURRENCY] = "货币种类",
			[TRADE_REFUND_ID] = "微信退款单号",
			[TRADE_REFUND_NUMBER] = "商户退款单号",
			[TRADE_REFUND_STATE] = "退款状态",
			[TRADE_FEE] = "手续费",
			[TRADE_AMOUNT] = "订单金额",
			[TRADE_REFUND_AMOUNT] = "申请退款金额",
		},
	.totals =
		{
			[TRADES_COUNT] = "总交易单数",
			[TRADES_AMOUNT] = "订单总金额",
			[TRADES_REFUND_AMOUNT] = "申请退款总金额",
		},
	.take_line = take_trade_line,
	.read_row = read_trade,
};

/* ---- the balance --------------------------------------------------------------- */

enum
{
	FUND_AT,
	FUND_BUSINESS_ID,
	FUND_FLOW_ID,
	FUND_NAME,
	FUND_TYPE,
	FUND_DIRECTION,
	FUND_AMOUNT
};

enum
{
	FUNDS_COUNT,
	FUNDS_IN_COUNT,
	FUNDS_IN_AMOUNT,
	FUNDS_OUT_COUNT,
	FUNDS_OUT_AMOUNT
};

/*
 * The documented name of what goes to the bank and comes from it is 充值/提现; its parts
 * occur by themselves, too. What it costs (手续费) has the same name and another type.
 * The documents say that names change: one that is not known here is BILL_OTHER.
 */
static bool
is_with_bank(const char *name, const char *type)
{
	return (strstr(name, "提现") != NULL || strcmp(name, "充值") == 0) &&
		   strstr(type, "手续费") == NULL;
}

static bool
read_fund(const char *const *values, BillRow *row, int64_t adds_nano[BILL_TOTALS_MAX])
{
	bool is_in = strcmp(values[FUND_DIRECTION], "收入") == 0;

	if ((!is_in && strcmp(values[FUND_DIRECTION], "支出") != 0) ||
		!instant_from_china(values[FUND_AT], &row->at) ||
		!bill_read_amount(values[FUND_AMOUNT], &row->amount_nano))
		return false;
	adds_nano[FUNDS_COUNT] = ONE_ROW;
	adds_nano[is_in ? FUNDS_IN_COUNT : FUNDS_OUT_COUNT] = ONE_ROW;
	adds_nano[is_in ? FUNDS_IN_AMOUNT : FUNDS_OUT_AMOUNT] = row->amount_nano;
	if (!is_with_bank(values[FUND_NAME], values[FUND_TYPE]))
		return true;
	row->kind = is_in ? BILL_FUNDING : BILL_SETTLEMENT;
	/* The number of the business is WeChat Pay's own; where it has none, that of the flow. */
	return bill_read_number(values[FUND_BUSINESS_ID], row->transaction_id) &&
		   (row->transaction_id[0] != '\0' ||
			bill_read_number(values[FUND_FLOW_ID], row->transaction_id));
}

static bool
take_fund_line(BillReader *reader, char *line)
{
	return take_line(reader, &wechat_bill_fund, line);
}

const BillFormat wechat_bill_fund = {
	.columns =
		{
			[FUND_AT] = "记账时间",
			[FUND_BUSINESS_ID] = "微信支付业务单号",
			[FUND_FLOW_ID] = "资金流水单号",
			[FUND_NAME] = "业务名称",
			[FUND_TYPE] = "业务类型",
			[FUND_DIRECTION] = "收支类型",
			[FUND_AMOUNT] = "收支金额",
		},
	.totals =
		{
			[FUNDS_COUNT] = "资金流水总笔数",
			[FUNDS_IN_COUNT] = "收入笔数",
			[FUNDS_IN_AMOUNT] = "收入金额",
			[FUNDS_OUT_COUNT] = "支出笔数",
			[FUNDS_OUT_AMOUNT] = "支出金额",
		},
	.take_line = take_fund_line,
	.read_row = read_fund,
};
