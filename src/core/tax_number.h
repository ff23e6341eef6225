/*-------------------------------------------------------------------------
 *
 * tax_number.h
 *	  Tax numbers of enterprises of the mainland (R16).
 *
 *-------------------------------------------------------------------------
 */
#ifndef CORE_TAX_NUMBER_H
#define CORE_TAX_NUMBER_H

#include <stdbool.h>

/*
 * True for 15, 17 or 20 digits and capital letters, and for 18 that are a unified social credit
 * code: its own letters, and a last one that checks the others (GB 32100-2015).
 */
extern bool tax_number_is_valid(const char *number);

#endif
