/*-------------------------------------------------------------------------
 *
 * approval.c
 *	  withdraw_approval(): a call that waits for a second person ends.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "fmgr.h"

#include "api/arguments.h"
#include "booking/booking.h"
#include "errors.h"
#include "spi/scope.h"
#include "store/approval_store.h"
#include "store/audit_store.h"

/* Withdraws it; false where that was done before. */
static bool
withdraw(const Booking *booking, const char *idempotency_key, const char *reason)
{
	int64 account_id = booking->account.account_id;

	switch (approval_state(account_id, idempotency_key))
	{
		case APPROVAL_IS_NONE:
			refuse(ERROR_APPROVAL_UNKNOWN, account_id, idempotency_key);
		case APPROVAL_IS_WITHDRAWN:
			return false;
		case APPROVAL_WAITS:
			break;
	}
	approval_withdraw(account_id, idempotency_key, booking->at, booking->actor, reason);
	audit_insert(&(AuditLine){.account_id = account_id,
							  .action = "withdraw_approval",
							  .object = psprintf("call \"%s\"", idempotency_key),
							  .actor = booking->actor,
							  .reason = reason});
	return true;
}

PG_FUNCTION_INFO_V1(billing_withdraw_approval);
Datum
billing_withdraw_approval(PG_FUNCTION_ARGS)
{
	int64 account_id = arg_account_id(fcinfo);
	char *idempotency_key = arg_text(fcinfo, 1, "idempotency_key", IDENTIFIER_BYTES_MAX);
	char *actor = arg_actor(fcinfo, 2);
	char *reason = arg_reason(fcinfo, 3);
	Booking booking;
	Scope scope;
	bool withdrawn;

	scope_open(&scope);
	booking_begin(&booking, account_id);
	booking.actor = actor;
	withdrawn = withdraw(&booking, idempotency_key, reason);
	if (withdrawn)
		booking_finish_unmoved(&booking);
	scope_close(&scope);
	PG_RETURN_BOOL(withdrawn);
}
