/*-------------------------------------------------------------------------
 *
 * bill_rows.h
 *	  A bill, read whole and in pieces: what must hold of its rows.
 *
 *-------------------------------------------------------------------------
 */
#ifndef BILL_ROWS_H
#define BILL_ROWS_H

#include "gateway/bill.h"

/* Reads it twice, the second time in pieces of so many bytes. */
extern void bill_rows_check(const BillFormat *format, Bytes text, size_t step);

#endif
