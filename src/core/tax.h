/*-------------------------------------------------------------------------
 *
 * tax.h
 *	  The tax that is in an amount.
 *
 *-------------------------------------------------------------------------
 */
#ifndef CORE_TAX_H
#define CORE_TAX_H

#include <stdint.h>

#define TAX_RATE_PARTS 10000 /* rates are in ten-thousandths: 600 is 6 % */

/*
 * Of an amount with tax, what is tax, rounded half up to 0.01. Lines are taxed one by one, and
 * the tax of an invoice is their sum: so lines and total agree (R16).
 */
extern int64_t tax_included_nano(int64_t amount_nano, int32_t rate);

#endif
