/*-------------------------------------------------------------------------
 *
 * label.c
 *	  The one table of labels.
 *
 *-------------------------------------------------------------------------
 */
#include "pdf/label.h"

#include <stdio.h>

static const char *const labels[LABELS][LABEL_LANGUAGES] = {
	[LABEL_INVOICE] = {"Invoice", "账单"},
	[LABEL_CREDIT_NOTE] = {"Credit note", "贷项通知单"},
	[LABEL_STATEMENT] = {"Account statement", "账户对账单"},
	[LABEL_NUMBER] = {"Number", "编号"},
	[LABEL_ISSUED_ON] = {"Issued on", "开具日期"},
	[LABEL_OF_INVOICE] = {"For invoice", "对应账单"},
	[LABEL_REASON] = {"Reason", "原因"},
	[LABEL_CURRENCY] = {"Currency", "币种"},
	[LABEL_SELLER] = {"Issued by", "开具方"},
	[LABEL_BUYER] = {"Issued to", "接收方"},
	[LABEL_TAX_NUMBER] = {"Tax number", "税号"},
	[LABEL_REGISTRATION] = {"Registration", "注册号"},
	[LABEL_EMAIL] = {"Email", "邮箱"},
	[LABEL_PHONE] = {"Phone", "电话"},
	[LABEL_ACCOUNT] = {"Account", "账户"},
	[LABEL_DESCRIPTION] = {"Description", "说明"},
	[LABEL_QUANTITY] = {"Quantity", "数量"},
	[LABEL_UNIT_PRICE] = {"Unit price", "单价"},
	[LABEL_AMOUNT] = {"Amount", "金额"},
	[LABEL_SUBTOTAL] = {"Subtotal", "小计"},
	[LABEL_DISCOUNT] = {"Discount", "折扣"},
	[LABEL_TAX] = {"Tax", "税额"},
	[LABEL_TOTAL] = {"Total", "合计"},
	[LABEL_TOTAL_CREDITED] = {"Total credited", "贷记合计"},
	[LABEL_PAYMENT_METHOD] = {"Payment method", "支付方式"},
	[LABEL_PAID_AT] = {"Paid at", "支付时间"},
	[LABEL_REFERENCE] = {"Payment reference", "支付单号"},
	[LABEL_NOTES] = {"Notes", "备注"},
	[LABEL_PERIOD_FROM] = {"Period from", "起始时间"},
	[LABEL_PERIOD_TO] = {"Period to", "截止时间"},
	[LABEL_TIME_ZONE] = {"Time zone", "时区"},
	[LABEL_OPENING] = {"Opening balance", "期初余额"},
	[LABEL_CLOSING] = {"Closing balance", "期末余额"},
	[LABEL_AT] = {"Time", "时间"},
	[LABEL_DETAIL] = {"Detail", "明细"},
	[LABEL_BALANCE] = {"Balance", "余额"},
	[LABEL_NO_ENTRIES] = {"There are no entries in this period.", "本期没有记录。"},
	[LABEL_COLON] = {": ", "："},
};

const char *
label_of(LabelLanguage language, Label label)
{
	return labels[label][language];
}

void
label_page(LabelLanguage language, int number, int count, char text[LABEL_PAGE_SIZE])
{
	if (language == LABEL_ZH)
		(void) snprintf(text, LABEL_PAGE_SIZE, "第 %d 页，共 %d 页", number, count);
	else
		(void) snprintf(text, LABEL_PAGE_SIZE, "Page %d of %d", number, count);
}
