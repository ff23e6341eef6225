/*-------------------------------------------------------------------------
 *
 * overseas.c
 *	  Papers that follow the money.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "booking/overseas.h"
#include "store/overseas_store.h"
#include "wake.h"

static int64
standing_nano(const OverseasInvoice *invoices, size_t count)
{
	int64 nano = 0;

	for (size_t i = 0; i < count; i++)
		nano += invoices[i].left_nano;
	return nano;
}

/* Where more went back than came in, as when a payment was refunded and taken back: nothing. */
static int64
kept_nano(const Payment *payment)
{
	return Max(payment_left_nano(payment) - overseas_returned_nano(payment), 0);
}

static void
put(OverseasPaper paper, int64 corrects, int64 amount_nano)
{
	paper.corrects = corrects;
	paper.amount_nano = amount_nano;
	overseas_insert(&paper);
	wake_at_commit(WORKER_CLERK);
}

/* No credit note is of more than its invoice has left: the newest is corrected first. */
static void
correct(const OverseasPaper *paper, const OverseasInvoice *invoices, size_t count,
		int64 amount_nano)
{
	for (size_t i = 0; i < count && amount_nano > 0; i++)
	{
		int64 part_nano = Min(invoices[i].left_nano, amount_nano);

		if (part_nano > 0)
			put(*paper, invoices[i].invoice_id, part_nano);
		amount_nano -= part_nano;
	}
}

void
overseas_follow(const Booking *booking, const Payment *payment, OverseasCause cause)
{
	OverseasPaper paper = {
		.account_id = payment->account_id,
		.payment_id = payment->payment_id,
		.order_id = payment->order_id,
		.item_id = cause.item_id,
		.take_back_id = cause.take_back_id,
		.created_at = booking->at,
		.actor = booking->actor,
	};
	OverseasInvoice *invoices;
	int64 excess_nano;
	size_t count;

	if (strcmp(booking->account.currency, "USD") != 0)
		return;
	invoices = overseas_list(payment, &count);
	excess_nano = standing_nano(invoices, count) - kept_nano(payment);
	if (excess_nano > 0)
		correct(&paper, invoices, count, excess_nano);
	else if (excess_nano < 0)
		put(paper, NO_NUMBER, -excess_nano);
}
