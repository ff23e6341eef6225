/*-------------------------------------------------------------------------
 *
 * lock.c
 *	  lock_guard(): what a locked account may not do, whoever writes it (R13,
 *	  B&S 4.10).
 *
 * The functions refuse the same before; this is for what does not go through them.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "commands/trigger.h"
#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/rel.h"

#include "booking/hold.h"
#include "core/lock_reason.h"
#include "errors.h"
#include "guard/history.h"
#include "spi/scope.h"
#include "store/account_store.h"
#include "store/refund_store.h"

#define ANY_LOCK (LOCK_REFUND | LOCK_OPERATOR | LOCK_DISPUTE | LOCK_CLOSED)

/* What begins so in a table is refused under those locks. */
static const struct
{
	const char *table;
	const char *state;
	unsigned locks;
	bool ends_with_review; /* the lock of a refund counts only until that has ended */
} refused[] = {
	{"payment_order", "created", ANY_LOCK, false},
	{"refund", "accepted", ANY_LOCK, false},
	{"refund", "paying", LOCK_CLOSED, false},
	{"invoice", "requested", LOCK_REFUND | LOCK_DISPUTE, true},
};

static Datum
column_of(const TriggerData *trigger, const char *name, Oid type, bool *is_null)
{
	TupleDesc descriptor = RelationGetDescr(trigger->tg_relation);
	int column = history_column(descriptor, name);

	if (column == 0 || TupleDescAttr(descriptor, column - 1)->atttypid != type)
		refuse(ERROR_INTERNAL, "lock_guard() is on a table that locks do not concern");
	return heap_getattr(trigger->tg_trigtuple, column, descriptor, is_null);
}

static unsigned
refusing_locks(const char *table, const char *state, int64 account_id)
{
	Refund open;

	for (size_t i = 0; i < lengthof(refused); i++)
		if (strcmp(refused[i].table, table) == 0 && strcmp(refused[i].state, state) == 0)
			return refused[i].ends_with_review && !refund_find_open(account_id, &open)
					   ? refused[i].locks & ~(unsigned) LOCK_REFUND
					   : refused[i].locks;
	return 0;
}

static void
judge(const char *table, const char *state, int64 account_id)
{
	Account account;
	unsigned in_force;
	Scope scope;

	scope_open(&scope);
	if (hold_account(account_id, &account))
	{
		in_force = account.locks & refusing_locks(table, state, account_id);
		for (unsigned lock = LOCK_REFUND; lock <= LOCK_CLOSED; lock <<= 1)
			if (in_force & lock)
				refuse(ERROR_ACCOUNT_LOCKED, account_id, lock_reason_name(lock));
	}
	scope_close(&scope);
}

PG_FUNCTION_INFO_V1(billing_lock_guard);
Datum
billing_lock_guard(PG_FUNCTION_ARGS)
{
	TriggerData *trigger = (TriggerData *) fcinfo->context;
	bool no_account;
	bool no_state;
	Datum account_id;
	Datum state;

	if (!CALLED_AS_TRIGGER(fcinfo) || !TRIGGER_FIRED_BEFORE(trigger->tg_event) ||
		!TRIGGER_FIRED_FOR_ROW(trigger->tg_event) || !TRIGGER_FIRED_BY_INSERT(trigger->tg_event) ||
		trigger->tg_trigger->tgnargs != 1)
		refuse(ERROR_INTERNAL, "lock_guard() is no BEFORE INSERT trigger of a table here");
	account_id = column_of(trigger, "account_id", INT8OID, &no_account);
	state = column_of(trigger, "state", TEXTOID, &no_state);
	if (!no_account && !no_state)
		judge(trigger->tg_trigger->tgargs[0], TextDatumGetCString(state),
			  DatumGetInt64(account_id));
	return PointerGetDatum(trigger->tg_trigtuple);
}
