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
#include "booking/waiting.h"
#include "core/books.h"
#include "errors.h"
#include "gateway/frame.h"
#include "spi/altered.h"
#include "spi/scope.h"
#include "store/notice_store.h"
#include "subtransaction.h"

typedef struct Work
{
	int64 notice_id;
	WaitingNotice notice;
	PaymentFact fact;
	Receipt receipt;
	ReceiptResult (*book)(Receipt *receipt);
	ReceiptResult result;
	bool is_held;
} Work;

static void
book(void *argument)
{
	Work *work = argument;

	scope_open_inner();
	work->result = work->book(&work->receipt);
	if (work->result != RECEIPT_OF_HOUSE)
		notice_update(work->notice_id,
					  &(NoticeOutcome){
						  .state = work->result == RECEIPT_KNOWN ? "duplicate" : "applied",
						  .verdict = work->notice.verdict,
						  .account_id = work->receipt.account_id,
						  .payment_id = work->receipt.payment_id,
					  });
	scope_close_inner();
}

static bool
goes_on_waiting(int sqlstate)
{
	return sqlstate == ERRCODE_LOCK_NOT_AVAILABLE || failure_is_of_rows(sqlstate);
}

/* Finds one, and books it in a subtransaction. */
static Work
run(int64 from, ReceiptResult (*how)(Receipt *receipt))
{
	Work work = {.book = how, .receipt = {.account_id = NO_NUMBER, .payment_id = NO_NUMBER}};
	ErrorData *error;

	work.notice_id = notice_next_waiting(from, &work.notice);
	if (work.notice_id == 0)
		return work;
	if (!frame_read_fact((Bytes){work.notice.fact, strlen(work.notice.fact)}, &work.fact))
		altered_refuse("no fact of a payment");
	work.receipt.fact = &work.fact;
	work.receipt.gateway = work.notice.gateway;
	work.receipt.is_merchants = strcmp(work.notice.verdict, "payment") == 0;
	work.result = RECEIPT_OF_NOTHING;
	error = subtransaction_run(book, &work, goes_on_waiting);
	work.is_held = error && error->sqlerrcode == ERRCODE_LOCK_NOT_AVAILABLE;
	if (error && !work.is_held)
		ereport(LOG,
				(errmsg("billing could not book message " INT64_FORMAT " of gateway \"%s\": %s",
						work.notice_id, work.notice.gateway, error->message)));
	return work;
}

Waiting
waiting_book(int64 from)
{
	Work work = run(from, receipt_book);

	return (Waiting){
		.notice_id = work.notice_id,
		.is_held = work.is_held,
		.is_of_house = work.notice_id != 0 && work.result == RECEIPT_OF_HOUSE,
	};
}

void
waiting_book_on_house(int64 notice_id)
{
	(void) run(notice_id, receipt_book_on_house);
}
