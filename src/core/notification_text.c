/*-------------------------------------------------------------------------
 *
 * notification_text.c
 *	  The default texts of e-mails, Chinese and English.
 *
 *-------------------------------------------------------------------------
 */
#include "core/notification_text.h"

#include <string.h>

#define END_ZH "\n\n账户：{{account}}\n时间：{{time}}\n"
#define END_EN "\n\nAccount: {{account}}\nTime: {{time}}\n"

typedef struct Texts
{
	NotificationText zh;
	NotificationText en;
} Texts;

static const Texts texts[NOTIFICATION_EVENTS_COUNT] = {
	[EVENT_BALANCE_LOW] =
		{{"账户余额低于 {{threshold}} {{currency}}",
		  "您的账户余额为 {{balance}} {{currency}}，已低于您设置的提醒值 {{threshold}} {{currency}}。\n"
		  "余额为负时调用会被拒绝，请及时充值。" END_ZH},
		 {"Your balance is below {{threshold}} {{currency}}",
		  "Your balance is {{balance}} {{currency}}, below the {{threshold}} {{currency}} that you "
		  "asked to be told of.\nCalls are refused while a balance is negative: please top up in "
		  "time." END_EN}},
	[EVENT_BALANCE_RECOVERED] =
		{{"账户余额已恢复到 {{threshold}} {{currency}} 以上",
		  "您的账户余额为 {{balance}} {{currency}}，已不低于您设置的提醒值 {{threshold}} {{currency}}。" END_ZH},
		 {"Your balance is back above {{threshold}} {{currency}}",
		  "Your balance is {{balance}} {{currency}}, no longer below the {{threshold}} {{currency}} "
		  "that you asked to be told of." END_EN}},
	[EVENT_RUNWAY_LOW] =
		{{"账户余额预计不足 {{runway_hours}} 小时",
		  "您的账户余额为 {{balance}} {{currency}}，按最近的用量（{{threshold}} {{currency}}）预计不足 "
		  "{{runway_hours}} 小时。\n余额为负时调用会被拒绝，请及时充值。" END_ZH},
		 {"Your balance will not last {{runway_hours}} hours",
		  "Your balance is {{balance}} {{currency}}. At your recent usage, {{threshold}} "
		  "{{currency}} in {{runway_hours}} hours, it will not last that long.\nCalls are refused "
		  "while a balance is negative: please top up in time." END_EN}},
	[EVENT_RUNWAY_RECOVERED] =
		{{"账户余额预计可用 {{runway_hours}} 小时以上",
		  "您的账户余额为 {{balance}} {{currency}}，按最近的用量（{{threshold}} {{currency}}）预计可用 "
		  "{{runway_hours}} 小时以上。" END_ZH},
		 {"Your balance will last {{runway_hours}} hours again",
		  "Your balance is {{balance}} {{currency}}. At your recent usage, {{threshold}} "
		  "{{currency}} in {{runway_hours}} hours, it will last that long." END_EN}},
	[EVENT_TOPUP_RECEIVED] =
		{{"充值成功：{{credit}} {{currency}}",
		  "我们已收到您的付款 {{amount}} {{currency}}（{{method}}，{{paid_at}}），已充值 {{credit}} {{currency}}。\n"
		  "订单号：{{order_id}}" END_ZH},
		 {"We received your payment of {{amount}} {{currency}}",
		  "Thank you. Your payment of {{amount}} {{currency}} ({{method}}, {{paid_at}}) has arrived, "
		  "and {{credit}} {{currency}} were added to your account.\nOrder: {{order_id}}" END_EN}},
	[EVENT_PLAN_BOUGHT] =
		{{"套餐购买成功：{{plan}}",
		  "我们已收到您的付款 {{amount}} {{currency}}（{{method}}，{{paid_at}}），套餐 {{plan}} 已为您开通。\n"
		  "订单号：{{order_id}}" END_ZH},
		 {"Your plan {{plan}} is paid",
		  "Thank you. Your payment of {{amount}} {{currency}} for plan {{plan}} ({{method}}, "
		  "{{paid_at}}) has arrived.\nOrder: {{order_id}}" END_EN}},
	[EVENT_ORDER_CLOSED] =
		{{"订单 {{order_id}} 已关闭",
		  "您的订单 {{order_id}}（{{amount}} {{currency}}）未支付，已关闭。如仍需要，请重新下单。" END_ZH},
		 {"Order {{order_id}} was closed",
		  "Your order {{order_id}} of {{amount}} {{currency}} was not paid and is closed now. "
		  "If you still want it, please place a new one." END_EN}},
	[EVENT_PAYMENT_RETURNED] =
		{{"付款 {{amount}} {{currency}} 已退回",
		  "您为订单 {{order_id}} 支付的 {{amount}} {{currency}} 未能入账，已原路退回。" END_ZH},
		 {"Your payment of {{amount}} {{currency}} was sent back",
		  "Your payment of {{amount}} {{currency}} for order {{order_id}} could not be "
		  "credited. It has been sent back to where it came from." END_EN}},
	[EVENT_REFUND_ACCEPTED] =
		{{"退款申请已受理：{{amount}} {{currency}}",
		  "我们已受理您的退款申请 {{refund_id}}，预计退款 {{amount}} {{currency}}，以审核结果为准。\n"
		  "审核期间调用、充值和购买套餐暂停。" END_ZH},
		 {"We received your refund request",
		  "Your refund request {{refund_id}} is being reviewed. About {{amount}} {{currency}} can be "
		  "refunded, subject to the review.\nUntil it ends, calls, top-ups and plan purchases are "
		  "paused." END_EN}},
	[EVENT_REFUND_REJECTED] =
		{{"退款申请未通过",
		  "您的退款申请 {{refund_id}}（{{amount}} {{currency}}）未通过：{{reason}}\n账户已恢复使用。" END_ZH},
		 {"Your refund request was declined",
		  "Your refund request {{refund_id}} of {{amount}} {{currency}} was declined: {{reason}}\nYour "
		  "account can be used again." END_EN}},
	[EVENT_REFUND_COMPLETED] =
		{{"退款已完成：{{amount}} {{currency}}",
		  "您的退款 {{refund_id}} 已完成，共退回 {{amount}} {{currency}}，款项按原支付方式退回。" END_ZH},
		 {"Your refund of {{amount}} {{currency}} is complete",
		  "Your refund {{refund_id}} is complete: {{amount}} {{currency}} went back to where they "
		  "were paid from." END_EN}},
	[EVENT_INVOICE_ISSUED] =
		{{"发票已开具：{{number}}",
		  "您申请的发票已开具。\n发票号码：{{number}}\n金额：{{amount}} {{currency}}" END_ZH},
		 {"Your invoice {{number}}",
		  "Your invoice {{number}} of {{amount}} {{currency}} has been issued." END_EN}},
	[EVENT_INVOICE_REFUSED] =
		{{"发票申请未通过",
		  "您的发票申请 {{invoice_id}}（{{amount}} {{currency}}）未能开具：{{reason}}\n请修改后重新申请。" END_ZH},
		 {"Your invoice could not be issued",
		  "Your application {{invoice_id}} for an invoice of {{amount}} {{currency}} was declined: "
		  "{{reason}}\nPlease correct it and apply again." END_EN}},
	[EVENT_INVOICE_REVERSED] =
		{{"发票 {{number}} 已红冲",
		  "发票 {{number}}（{{amount}} {{currency}}）已红冲，红字发票号码：{{red_number}}。" END_ZH},
		 {"Invoice {{number}} was reversed",
		  "Invoice {{number}} of {{amount}} {{currency}} was reversed by the red invoice "
		  "{{red_number}}." END_EN}},
	[EVENT_RED_CONFIRMATION_AWAITS] =
		{{"发票 {{number}} 的红字确认单待您确认",
		  "发票 {{number}}（{{amount}} {{currency}}）的红字确认单已发起，"
		  "请在 {{lapses_at}} 前登录电子税务局确认；逾期未确认将自动作废，原发票继续有效。" END_ZH},
		 {"Please confirm that invoice {{number}} is reversed",
		  "Invoice {{number}} of {{amount}} {{currency}} is to be reversed. Please confirm that at the "
		  "tax bureau before {{lapses_at}}; after that it is void, and the invoice stands." END_EN}},
	[EVENT_RED_CONFIRMATION_ENDED] =
		{{"发票 {{number}} 未红冲",
		  "发票 {{number}} 的红字确认单已结束（{{state}}），未开具红字发票，原发票继续有效。" END_ZH},
		 {"Invoice {{number}} was not reversed",
		  "The confirmation that invoice {{number}} is reversed has ended ({{state}}) without a red "
		  "invoice: the invoice stands." END_EN}},
	[EVENT_DISPUTE_LOCK_SET] =
		{{"账户已被锁定",
		  "由于支付渠道追回了一笔付款，您的账户已被锁定，调用和充值暂停。请联系客服。" END_ZH},
		 {"Your account was locked",
		  "A payment was taken back, and so your account is locked: calls and top-ups "
		  "are paused. Please contact us." END_EN}},
	[EVENT_DISPUTE_LOCK_LIFTED] =
		{{"账户已解除锁定", "您的账户因付款争议所设的锁定已解除。" END_ZH},
		 {"Your account was unlocked",
		  "The lock that a disputed payment had put on your account was lifted." END_EN}},
	[EVENT_KEY_CREATED] =
		{{"新的 API Key：{{name}}",
		  "您的账户新建了 API Key“{{name}}”（编号 {{key_id}}，{{kind}}）。如非您本人操作，请立即删除它。" END_ZH},
		 {"A new API key: {{name}}",
		  "The API key \"{{name}}\" (number {{key_id}}, {{kind}}) was made for your account. If that was not "
		  "you, please delete it at once." END_EN}},
	[EVENT_KEY_DELETED] =
		{{"API Key 已删除：{{name}}",
		  "API Key“{{name}}”（编号 {{key_id}}，{{kind}}）已删除，不能再用于调用。" END_ZH},
		 {"API key deleted: {{name}}",
		  "The API key \"{{name}}\" (number {{key_id}}, {{kind}}) was deleted and cannot call any more." END_EN}},
	[EVENT_PLAN_NEARLY_USED] =
		{{"套餐额度即将用完",
		  "您的套餐（编号 {{subscription_no}}）额度 {{quota}}，仅剩 {{left}}，有效期至 {{ends_at}}。"
		  "用完后套餐 Key 的调用会被拒绝，可购买加量包或续订。" END_ZH},
		 {"Your plan is nearly used up",
		  "Of the {{quota}} credits of your plan (number {{subscription_no}}), {{left}} are left "
		  "until {{ends_at}}. Then calls of plan keys are refused; a quota pack or another plan "
		  "helps." END_EN}},
	[EVENT_PLAN_ENDED] =
		{{"套餐 {{plan}} 已到期",
		  "您的套餐 {{plan}}（编号 {{subscription_no}}）已于 {{ended_at}} 到期，没有后续套餐。"
		  "套餐 Key 的调用会被拒绝，如需继续使用请重新购买套餐。" END_ZH},
		 {"Your plan {{plan}} has ended",
		  "Your plan {{plan}} (number {{subscription_no}}) ended at {{ended_at}}, and no other "
		  "follows it. Calls of plan keys are refused until you buy one again." END_EN}},
	[EVENT_CREDIT_NOTE_ISSUED] =
		{{"贷项通知单已开具：{{number}}",
		  "因款项退回，已为您开具贷项通知单。\n编号：{{number}}\n金额：{{amount}} {{currency}}" END_ZH},
		 {"Your credit note {{number}}",
		  "Your credit note {{number}} of {{amount}} {{currency}} has been issued, for money that "
		  "went back to you." END_EN}},
};

bool
notification_text_default(NotificationEvent event, const char *language, NotificationText *text)
{
	if (strcmp(language, "zh") != 0 && strcmp(language, "en") != 0)
		return false;
	*text = language[0] == 'z' ? texts[event].zh : texts[event].en;
	return true;
}
