/*-------------------------------------------------------------------------
 *
 * bill_csv.h
 *	  A bill that an operator brings as CSV, where its gateway has none to fetch.
 *
 * UTF-8, a header with these names in any order, all but the first and amount may be
 * missing: kind (payment, refund, settlement, funding), order_number,
 * transaction_id, refund_number, refund_id, amount, fee, at (RFC 3339).
 *
 *-------------------------------------------------------------------------
 */
#ifndef GATEWAY_BILL_CSV_H
#define GATEWAY_BILL_CSV_H

#include "gateway/bill.h"

/* What is wrong, for people. */
#define BILL_CSV_FAULT_SIZE 96

typedef void (*BillCsvTaker)(void *argument, const BillRow *row);

/* Reads all rows; the text is changed. False, and fault says why, at the first that is unsound. */
extern bool bill_csv_read(char *text, BillCsvTaker take, void *argument,
						  char fault[BILL_CSV_FAULT_SIZE]);

#endif
