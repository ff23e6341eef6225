/*-------------------------------------------------------------------------
 *
 * alipay_bill.h
 *	  The bills of Alipay: what its trades were (trade), and what moved on its
 *	  balance (signcustomer).
 *
 * opendocs.alipay.com: alipay.data.dataservice.bill.downloadurl.query; how the files
 * look is known from many that were published. CSV in GBK; values are padded with tabs;
 * lines that begin with "#" stand around the rows: where they end, and their sums. The
 * archive has files with rows, several where there are many, and files of sums (汇总).
 *
 *-------------------------------------------------------------------------
 */
#ifndef GATEWAY_ALIPAY_BILL_H
#define GATEWAY_ALIPAY_BILL_H

#include "gateway/bill.h"

extern const BillFormat alipay_bill_trade;
extern const BillFormat alipay_bill_fund;

#endif
