/*-------------------------------------------------------------------------
 *
 * numbering.c
 *	  The next numbers.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xact.h"

#include "armed.h"
#include "booking/moment.h"
#include "booking/numbering.h"
#include "core/books.h"
#include "spi/catalog.h"
#include "store/arming_store.h"
#include "store/invoice_series_store.h"
#include "store/seller_store.h"

/* False where these books are a copy, or nobody can tell: they were armed once, and are not here.
 * Two copies would give one number to two papers. */
static bool
find_epoch(int64 *epoch)
{
	Arming arming;

	*epoch = NO_NUMBER;
	if (arming_count() == 0)
		return true;
	if (!arming_find(&arming) || !armed_agrees(arming.token, catalog_table("arming")))
		return false;
	*epoch = arming.epoch;
	return true;
}

static int64
number(InvoiceSeries series)
{
	int64 epoch;

	if (!invoice_series_is_awaited(series.kind) || !find_epoch(&epoch) ||
		!invoice_series_hold(&series, epoch))
		return 0;
	return invoice_series_issue(&series, NUMBERING_MAX, moment_now());
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
	return count + number((InvoiceSeries){
					   .kind = INVOICE_SERIES_OF_NOTES,
					   .series = psprintf("%s" INVOICE_SERIES_NOTES_SUFFIX, seller.series),
					   .seller_no = seller.seller_no});
}
