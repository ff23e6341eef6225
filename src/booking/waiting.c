/*-------------------------------------------------------------------------
 *
 * waiting.c
 *	  Facts that wait.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "booking/failure.h"
#include "booking/receipt.h"
#include "booking/take_back.h"
#include "booking/waiting.h"
#include "core/books.h"
#include "errors.h"
#include "gateway/frame.h"
#include "spi/scope.h"
#include "store/notice_store.h"
#include "subtransaction.h"

typedef struct Work
{
	int64 notice_id;
	WaitingNotice notice;
	PaymentFact payment;
	RefundFact refund;
	NoticeOutcome outcome; /* without a state: it goes on waiting */
	bool is_held;
} Work;

static bool
is_of_refund(const Work *work)
{
	return strcmp(work->notice.verdict, "refund") == 0 ||
		   strcmp(work->notice.verdict, "other_refund") == 0;
}

static bool
read_fact(Work *work)
{
	Bytes text = {work->notice.fact, strlen(work->notice.fact)};

	return is_of_refund(work) ? frame_read_refund(text, &work->refund)
							  : frame_read_payment(text, &work->payment);
}

/* Books a payment, where it is one of a customer's; or where on_house on the house's account. */
static void
book_payment(Work *work, bool on_house)
{
	Receipt receipt = {
		.fact = &work->payment,
		.gateway = work->notice.gateway,
		.is_merchants = strcmp(work->notice.verdict, "payment") == 0,
	};
	ReceiptResult result = on_house ? receipt_book_on_house(&receipt) : receipt_book(&receipt);

	if (result == RECEIPT_OF_HOUSE)
		return;
	work->outcome.state = result == RECEIPT_KNOWN ? "duplicate" : "applied";
	work->outcome.account_id = receipt.account_id;
	work->outcome.payment_id = receipt.payment_id;
}

static void
book_refund(Work *work)
{
	TakeBackReport report = {
		.fact = &work->refund,
		.gateway = work->notice.gateway,
		.is_merchants = strcmp(work->notice.verdict, "refund") == 0,
	};
	TakeBackResult result = take_back_report(&report);

	work->outcome.state = take_back_notice_state(result);
	work->outcome.account_id = report.account_id;
	work->outcome.payment_id = report.payment_id;
	work->outcome.fact = result >= TAKE_BACK_UNMATCHED ? work->notice.fact : NULL;
}

static void
book_in_scope(Work *work, bool on_house)
{
	scope_open_inner();
	work->outcome = (NoticeOutcome){.verdict = work->notice.verdict};
	if (!read_fact(work))
		work->outcome.state = "contradiction"; /* somebody wrote it who was not us */
	else if (is_of_refund(work))
		book_refund(work);
	else
		book_payment(work, on_house);
	if (work->outcome.state)
		notice_update(work->notice_id, &work->outcome);
	scope_close_inner();
}

static void
book(void *argument)
{
	book_in_scope(argument, false);
}

static void
book_on_house(void *argument)
{
	book_in_scope(argument, true);
}

static bool
goes_on_waiting(int sqlstate)
{
	return sqlstate == ERRCODE_LOCK_NOT_AVAILABLE || failure_is_of_rows(sqlstate);
}

/* Finds one, and books it in a subtransaction. */
static Work
run(int64 from, void (*how)(void *work))
{
	Work work = {0};
	ErrorData *error;

	work.notice_id = notice_next_waiting(from, &work.notice);
	if (work.notice_id == 0)
		return work;
	error = subtransaction_run(how, &work, goes_on_waiting);
	work.is_held = error && error->sqlerrcode == ERRCODE_LOCK_NOT_AVAILABLE;
	if (error)
		work.outcome.state = "waiting";
	if (error && !work.is_held)
		ereport(LOG,
				(errmsg("billing could not book message " INT64_FORMAT " of gateway \"%s\": %s",
						work.notice_id, work.notice.gateway, error->message)));
	return work;
}

Waiting
waiting_book(int64 from)
{
	Work work = run(from, book);

	return (Waiting){
		.notice_id = work.notice_id,
		.is_held = work.is_held,
		.is_of_house = work.notice_id != 0 && work.outcome.state == NULL,
	};
}

void
waiting_book_on_house(int64 notice_id)
{
	(void) run(notice_id, book_on_house);
}
