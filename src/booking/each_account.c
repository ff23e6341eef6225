/*-------------------------------------------------------------------------
 *
 * each_account.c
 *	  Accounts in subtransactions of their own.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "utils/timestamp.h"

#include "booking/each_account.h"
#include "booking/failure.h"
#include "core/text.h"
#include "spi/scope.h"
#include "store/account_store.h"
#include "subtransaction.h"

/* How often it is told that an account fails. */
#define FAILURE_TOLD_MS 60000

/* For subtransaction_run(). */
typedef struct AccountWork
{
	int64 account_id;
	bool waits;
	void (*work)(Booking *booking, void *argument);
	void *argument;
	bool is_done;
} AccountWork;

static void
do_work(void *argument)
{
	AccountWork *work = argument;
	Booking booking = {0};

	scope_open_inner();
	if ((work->waits ? account_hold : account_hold_if_free)(work->account_id, &booking.account))
	{
		booking_begin_held(&booking);
		work->work(&booking, work->argument);
		work->is_done = true;
	}
	scope_close_inner();
}

static void
complain(int64 account_id, const ErrorData *error)
{
	static TimestampTz told_at;
	TimestampTz now = GetCurrentTimestamp();

	if (!TimestampDifferenceExceeds(told_at, now, FAILURE_TOLD_MS))
		return;
	told_at = now;
	ereport(WARNING, (errmsg("account " INT64_FORMAT " is passed over, since its booking fails: %s",
							 account_id, text_one_line(pstrdup(error->message)))));
}

bool
each_account_try(int64 account_id, bool waits, void (*work)(Booking *booking, void *argument),
				 void *argument)
{
	AccountWork account_work = {account_id, waits, work, argument, false};
	ErrorData *error = subtransaction_run(do_work, &account_work, failure_is_of_rows);

	if (error)
		complain(account_id, error);
	return error == NULL && account_work.is_done;
}

int64
each_account_run(const int64 *accounts, size_t count,
				 void (*work)(Booking *booking, void *argument))
{
	int64 done = 0;

	for (size_t i = 0; i < count; i++)
		done += each_account_try(accounts[i], false, work, NULL);
	return done;
}
