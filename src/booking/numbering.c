/*-------------------------------------------------------------------------
 *
 * numbering.c
 *	  The next numbers.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xact.h"

#include "booking/numbering.h"
#include "clock.h"
#include "store/invoice_series_store.h"
#include "store/seller_store.h"

/* Behind the seller's series, which has no such letter in it: that of its credit notes. */
#define NOTES_SUFFIX "-CN"

static int64
number(InvoiceSeries series)
{
	if (!invoice_series_is_awaited(series.kind) || !invoice_series_hold(&series))
		return 0;
	return invoice_series_issue(&series, NUMBERING_MAX, clock_now());
}

int64
numbering_run(void)
{
	Seller seller;
	int64 count;

	if (!seller_find("global", sql_run, &seller))
		return 0;
	ForceSyncCommit();
	count = number((InvoiceSeries){.kind = INVOICE_SERIES_OF_INVOICES,
								   .series = seller.series,
								   .seller_no = seller.seller_no});
	/* Behind them, what corrects those that have a number. */
	return count + number((InvoiceSeries){.kind = INVOICE_SERIES_OF_NOTES,
										  .series = psprintf("%s" NOTES_SUFFIX, seller.series),
										  .seller_no = seller.seller_no});
}
