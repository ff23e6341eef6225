/*-------------------------------------------------------------------------
 *
 * operator_call.h
 *	  An operator's call that moves money: idempotent, audited, by two if large.
 *
 * operator_call_begin() opens the session, holds the account and looks the
 * idempotency key up; operator_call_approved() asks for a second person above
 * policy second_person_above; operator_call_end() writes the books, the audit
 * log and the stored answer. Where one of the first two says so, *answer is
 * what the function returns at once, and the session is closed.
 *
 *-------------------------------------------------------------------------
 */
#ifndef API_OPERATOR_CALL_H
#define API_OPERATOR_CALL_H

#include "postgres.h"

#include "api/idempotent_call.h"
#include "booking/booking.h"
#include "spi/scope.h"

typedef struct OperatorCall
{
	IdempotentCall idempotent;
	Booking booking;
	Scope scope;
	const char *action;
	const char *reason;
	bool needs_second; /* whatever the amount */
} OperatorCall;

/* The indexes of the arguments that all such functions have. */
typedef struct OperatorArguments
{
	int idempotency_key;
	int actor;
	int reason;
} OperatorArguments;

/* action: the function's name in SQL. True where the call was answered before. */
extern bool operator_call_begin(FunctionCallInfo fcinfo, OperatorCall *call, const char *action,
								OperatorArguments at, Datum *answer);

/*
 * The same of a call that is about no customer's account, whose arguments all count: it is the
 * house's, in a currency.
 */
extern bool operator_call_begin_on_house(FunctionCallInfo fcinfo, OperatorCall *call,
										 const char *action, const char *currency,
										 OperatorArguments at, Datum *answer);

/*
 * Whether a call may go on: it is within policy second_person_above, or this is the second person.
 * If not, the request is stored.
 */
extern bool operator_call_is_approved(const OperatorCall *call, int64 amount_nano);

/* False where a second person has to carry the call out. */
extern bool operator_call_approved(FunctionCallInfo fcinfo, OperatorCall *call, int64 amount_nano,
								   Datum *answer);

/* id: the number of what was booked, by its source type; lot_no: NO_NUMBER if none. */
extern Datum operator_call_end(FunctionCallInfo fcinfo, OperatorCall *call, int64 id, int64 lot_no,
							   int64 amount_nano);

#endif
