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
#include "store/policy_store.h"

static int
timeout_ms(void)
{
	PolicyValues policies = policy_values(NULL);
	int hold_ms = (int) (policies.of[POLICY_HOLD_TIMEOUT] / 1000);

	return LockTimeout > 0 ? Min(LockTimeout, hold_ms) : hold_ms;
}

/* Who holds the account, and nothing else of him; an open transaction is what a hold comes from. */
static char *
describe_holder(int64 account_id)
{
	AccountHolder holder;

	if (!account_holder(account_id, &holder))
		return "Somebody else is booking on it: try again.";
	if (holder.prepared)
		return psprintf("Prepared transaction \"%s\" holds it: commit it or roll it back.",
						holder.prepared);
	if (holder.since == 0)
		return psprintf("Process %d holds it until its transaction ends.", holder.pid);
	return psprintf("Process %d holds it until its transaction ends, which began at %s.",
					holder.pid, timestamptz_to_str(holder.since));
}

/* Rethrows the error of a wait; that it took too long, in words about the account. */
static void
rethrow(int64 account_id, char *hint, MemoryContext context)
{
	ErrorData *error;

	if (geterrcode() != ERRCODE_LOCK_NOT_AVAILABLE)
		PG_RE_THROW();
	MemoryContextSwitchTo(context);
	error = CopyErrorData();
	FlushErrorState();
	error->message = psprintf("account " INT64_FORMAT " is held by another transaction",
							  account_id);
	error->hint = hint;
	error->context = NULL; /* the statement that waited */
	ReThrowError(error);
}

static bool
wait_for_account(int64 account_id, Account *account)
{
	MemoryContext context = CurrentMemoryContext;
	char *hint = describe_holder(account_id);
	int nest_level = NewGUCNestLevel();
	bool held = false;

	(void) set_config_option("lock_timeout", psprintf("%dms", timeout_ms()), PGC_USERSET,
							 PGC_S_SESSION, GUC_ACTION_SAVE, true, 0, false);
	PG_TRY();
	{
		held = account_hold(account_id, account);
	}
	PG_CATCH();
	{
		rethrow(account_id, hint, context);
	}
	PG_END_TRY();
	AtEOXact_GUC(false, nest_level);
	return held;
}

bool
hold_account(int64 account_id, Account *account)
{
	return account_hold_if_free(account_id, account) || wait_for_account(account_id, account);
}
