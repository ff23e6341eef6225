/*-------------------------------------------------------------------------
 *
 * hold.c
 *	  Waiting for an account, not for ever.
 *
 * One transaction that stays open on an account would fill a pool of
 * connections with callers that wait for it, and keep other customers out.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "storage/proc.h"
#include "utils/guc.h"
#include "utils/timestamp.h"

#include "booking/hold.h"
#include "compat.h"
#include "store/policy_store.h"

static int
timeout_ms(void)
{
	PolicyValues policies = policy_values(NULL);
	int hold_ms = (int) (policies.of[POLICY_HOLD_TIMEOUT] / 1000);

	return LockTimeout > 0 ? Min(LockTimeout, hold_ms) : hold_ms;
}

int
hold_limit_begin(const char *timeout)
{
	int nest_level = NewGUCNestLevel();

	(void) set_config_option("lock_timeout", timeout, PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE,
							 true, 0, false);
	return nest_level;
}

void
hold_limit_end(int nest_level)
{
	AtEOXact_GUC(false, nest_level);
}

/* Who held the account when the wait began, and nothing else of him. */
static char *
describe_holder(const AccountHolder *holder, TimestampTz waited_since)
{
	TimestampTz since;

	if (holder->prepared)
		return psprintf("Prepared transaction \"%s\" holds it: commit it or roll it back.",
						holder->prepared);
	if (holder->pid == 0)
		return "Somebody else is booking on it: try again.";
	since = backend_transaction_start(holder->pid);
	/* One that began later is another transaction of that process. */
	if (since == 0 || since > waited_since)
		return psprintf("Process %d holds it until its transaction ends.", holder->pid);
	return psprintf("Process %d holds it until its transaction ends, which began at %s.",
					holder->pid, timestamptz_to_str(since));
}

/* What a wait is about, for its error. */
typedef struct Wait
{
	int64 account_id;
	AccountHolder holder; /* looked up before: nothing can be read after an error */
	TimestampTz since;
	MemoryContext context;
} Wait;

/* Rethrows the error of a wait; that it took too long, in words about the account. */
static void
rethrow(const Wait *wait)
{
	ErrorData *error;

	if (geterrcode() != ERRCODE_LOCK_NOT_AVAILABLE)
		PG_RE_THROW();
	MemoryContextSwitchTo(wait->context);
	error = CopyErrorData();
	FlushErrorState();
	error->message = psprintf("account " INT64_FORMAT " is held by another transaction",
							  wait->account_id);
	error->hint = describe_holder(&wait->holder, wait->since);
	error->context = NULL; /* the statement that waited */
	ReThrowError(error);
}

static bool
wait_for_account(int64 account_id, Account *account)
{
	Wait wait = {account_id, account_holder(account_id), GetCurrentTimestamp(),
				 CurrentMemoryContext};
	int nest_level = hold_limit_begin(psprintf("%dms", timeout_ms()));
	bool held = false;

	PG_TRY();
	{
		held = account_hold(account_id, account);
	}
	PG_CATCH();
	{
		rethrow(&wait);
	}
	PG_END_TRY();
	hold_limit_end(nest_level);
	return held;
}

bool
hold_account(int64 account_id, Account *account)
{
	return account_hold_if_free(account_id, account) || wait_for_account(account_id, account);
}
