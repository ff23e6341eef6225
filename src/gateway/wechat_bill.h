/*-------------------------------------------------------------------------
 *
 * wechat_bill.h
 *	  The bills of WeChat Pay: what its trades were, and what moved on its balance.
 *
 * pay.weixin.qq.com/docs/merchant/products/bill-download: format-trade,
 * format-fundflow. UTF-8; every value has a backtick in front, the header may have;
 * the last two lines are a header of sums and the sums.
 *
 *-------------------------------------------------------------------------
 */
#ifndef GATEWAY_WECHAT_BILL_H
#define GATEWAY_WECHAT_BILL_H

#include "gateway/bill.h"

extern const BillFormat wechat_bill_trade;
extern const BillFormat wechat_bill_fund;

#endif
