/*-------------------------------------------------------------------------
 *
 * usage_sum.c
 *	  sum_usage() and rebuild_usage_sums(): what reports read in place of requests.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/timestamp.h"

#include "api/arguments.h"
#include "booking/failure.h"
#include "booking/moment.h"
#include "core/text.h"
#include "errors.h"
#include "spi/scope.h"
#include "spi/subscriber.h"
#include "store/account_range_store.h"
#include "store/account_store.h"
#include "store/usage_sum_store.h"
#include "subtransaction.h"

/* What one sum_usage() does at the most, so that its transaction stays bounded. */
#define SUM_ACCOUNTS_MAX 1000
#define SUM_STRETCHES_MAX 100

/* What of it one account gets: whoever has a long way to go leaves some to the others. */
#define SUM_ACCOUNT_STRETCHES_MAX 10

/* How far back it looks for accounts with much usage. */
#define SUM_LOOK_BACK_US USECS_PER_HOUR

/* Summing one stretch of an account, for subtransaction_run(). */
typedef struct SumCall
{
	int64 account_id;
	bool is_done;
} SumCall;

static void
sum_next(void *argument)
{
	SumCall *call = argument;
	UsageStretch stretch;

	scope_open_inner();
	call->is_done = usage_sum_next(call->account_id, &stretch);
	if (call->is_done)
		usage_sum_add(&stretch);
	scope_close_inner();
}

/* Sums stretches of an account; returns how many. One whose rows cannot be summed stops no other.
 */
static int
sum_account(int64 account_id, int stretches_max)
{
	SumCall call = {.account_id = account_id, .is_done = true};
	int done = 0;

	while (done < stretches_max)
	{
		ErrorData *error = subtransaction_run(sum_next, &call, failure_is_of_rows);

		if (error)
			ereport(WARNING, (errmsg("usage of account " INT64_FORMAT " cannot be summed up: %s",
									 account_id, text_one_line(pstrdup(error->message)))));
		if (error || !call.is_done)
			break;
		done++;
	}
	return done;
}

PG_FUNCTION_INFO_V1(billing_sum_usage);
Datum
billing_sum_usage(PG_FUNCTION_ARGS)
{
	int done = 0;
	int64 *accounts;
	size_t count;
	Scope scope;

	scope_open(&scope);
	subscriber_check_none();
	accounts = usage_sum_due(moment_now() - SUM_LOOK_BACK_US, SUM_ACCOUNTS_MAX, &count);
	for (size_t i = 0; i < count && done < SUM_STRETCHES_MAX; i++)
		done += sum_account(accounts[i], Min(SUM_ACCOUNT_STRETCHES_MAX, SUM_STRETCHES_MAX - done));
	scope_close(&scope);
	PG_RETURN_INT64(done);
}

PG_FUNCTION_INFO_V1(billing_rebuild_usage_sums);
Datum
billing_rebuild_usage_sums(PG_FUNCTION_ARGS)
{
	int64 account_id = arg_account_id(fcinfo);
	Scope scope;
	int done;

	scope_open(&scope);
	subscriber_check_none();
	if (!account_exists(account_id))
		account_range_refuse(account_id);
	usage_sum_forget_account(account_id);
	done = sum_account(account_id, SUM_STRETCHES_MAX);
	scope_close(&scope);
	PG_RETURN_INT64(done);
}
