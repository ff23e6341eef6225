/*-------------------------------------------------------------------------
 *
 * sums.h
 *	  Labels and amounts below each other at the right, and the last one set apart.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PDF_SUMS_H
#define PDF_SUMS_H

#include "pdf/page.h"

#define SUMS_MAX 32

typedef struct Sum
{
	const char *label;
	const char *amount;
} Sum;

typedef struct Sums
{
	Sum sums[SUMS_MAX];
	int count;
	Sum last;
	const char *currency; /* of the last one */
} Sums;

/* Adds one, if its amount is given and there is room. */
extern void sums_add(Sums *sums, const char *label, const char *amount);
extern void sums_conclude(Sums *sums, const char *label, const char *currency, const char *amount);

/* How much room they take, and drawing them where that room is. */
extern double sums_height(const Sums *sums, const Page *page);
extern void sums_draw(const Sums *sums, Page *page);

#endif
