/*-------------------------------------------------------------------------
 *
 * credit.c
 *	  What operators give and take: bonus, adjustments, write-offs.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "utils/timestamp.h"

#include "api/arguments.h"
#include "api/operator_call.h"
#include "errors.h"

/* An expiry that a caller gives must lie ahead. */
static void
check_expiry(const Booking *booking, TimestampTz expires_at)
{
	if (expires_at <= booking->at)
		refuse(ERROR_OUT_OF_RANGE, "expires_at", "later than now", timestamptz_to_str(expires_at));
}

PG_FUNCTION_INFO_V1(billing_grant_bonus);
Datum
billing_grant_bonus(PG_FUNCTION_ARGS)
{
	int64 amount_nano = arg_amount(fcinfo, 1, "amount", LIMIT_CREDIT);
	TimestampTz expires_at = arg_instant(fcinfo, 3, "expires_at", NEVER_EXPIRES);
	Lot lot = {.kind = LOT_BONUS, .amount_nano = amount_nano, .expires_at = expires_at};
	OperatorCall call;
	Datum answer;
	int64 lot_no;

	if (operator_call_begin(fcinfo, &call, "grant_bonus", (OperatorArguments){2, 5, 4}, &answer))
		return answer;
	check_expiry(&call.booking, expires_at);
	booking_check_open(&call.booking);
	if (!operator_call_approved(fcinfo, &call, amount_nano, &answer))
		return answer;
	booking_load(&call.booking, LOTS_OPEN, 0);
	booking_source(&call.booking, SOURCE_GRANT, NO_NUMBER, call.booking.at);
	lot_no = booking_add_lot(&call.booking, lot, BOOK_PROMOTION, NO_NUMBER);
	return operator_call_end(fcinfo, &call, lot_no, lot_no, amount_nano);
}

PG_FUNCTION_INFO_V1(billing_withdraw_bonus);
Datum
billing_withdraw_bonus(PG_FUNCTION_ARGS)
{
	int64 lot_no = arg_int64(fcinfo, 1, "lot_no");
	int64 moved_nano;
	OperatorCall call;
	Datum answer;

	if (operator_call_begin(fcinfo, &call, "withdraw_bonus", (OperatorArguments){2, 3, 4}, &answer))
		return answer;
	if (!lot_is_grant(call.idempotent.account_id, lot_no))
		refuse(ERROR_LOT_UNKNOWN, call.idempotent.account_id, lot_no);
	booking_load(&call.booking, LOTS_ALL, 0);
	booking_source(&call.booking, SOURCE_GRANT, lot_no, call.booking.at);
	check_outcome(books_empty_lot(&call.booking.books, lot_no, BOOK_PROMOTION, &moved_nano));
	if (moved_nano == 0)
		refuse(ERROR_NOTHING_TO_WITHDRAW, lot_no, call.idempotent.account_id);
	if (!operator_call_approved(fcinfo, &call, moved_nano, &answer))
		return answer;
	return operator_call_end(fcinfo, &call, lot_no, lot_no, moved_nano);
}

/* Adjustments and write-offs are numbered by their first entry. */
static int64
number_by_entry(Booking *booking, SourceType type)
{
	int64 id;

	booking_load(booking, LOTS_OPEN, 0);
	id = booking_next_entry_no(booking);
	booking_source(booking, type, id, booking->at);
	return id;
}

PG_FUNCTION_INFO_V1(billing_adjust);
Datum
billing_adjust(PG_FUNCTION_ARGS)
{
	int64 amount_nano = arg_amount(fcinfo, 1, "amount", LIMIT_ADJUSTMENT);
	TimestampTz expires_at = arg_instant(fcinfo, 3, "expires_at", NEVER_EXPIRES);
	int64 lot_no = NO_NUMBER;
	int64 id;
	OperatorCall call;
	Datum answer;

	if (amount_nano == 0)
		refuse(ERROR_OUT_OF_RANGE, "amount", "other than 0", "0");
	if (amount_nano < 0 && expires_at != NEVER_EXPIRES)
		refuse(ERROR_OUT_OF_RANGE, "expires_at", "null where amount is below 0",
			   timestamptz_to_str(expires_at));
	if (operator_call_begin(fcinfo, &call, "adjust", (OperatorArguments){2, 4, 5}, &answer))
		return answer;
	check_expiry(&call.booking, expires_at);
	if (amount_nano > 0)
		booking_check_open(&call.booking);
	if (!operator_call_approved(fcinfo, &call, llabs(amount_nano), &answer))
		return answer;
	id = number_by_entry(&call.booking, SOURCE_ADJUSTMENT);
	if (amount_nano < 0)
		check_outcome(books_take(&call.booking.books, -amount_nano, BOOK_ADJUSTMENT));
	else
		lot_no = booking_add_lot(
			&call.booking,
			(Lot){.kind = LOT_BONUS, .amount_nano = amount_nano, .expires_at = expires_at},
			BOOK_ADJUSTMENT, NO_NUMBER);
	return operator_call_end(fcinfo, &call, id, lot_no, amount_nano);
}

PG_FUNCTION_INFO_V1(billing_write_off);
Datum
billing_write_off(PG_FUNCTION_ARGS)
{
	int64 amount_nano = arg_amount(fcinfo, 1, "amount", LIMIT_CREDIT);
	char owed[MONEY_TEXT_SIZE];
	int64 id;
	OperatorCall call;
	Datum answer;

	if (operator_call_begin(fcinfo, &call, "write_off", (OperatorArguments){2, 3, 4}, &answer))
		return answer;
	if (amount_nano > call.booking.account.arrears_nano)
		refuse(ERROR_MORE_THAN_ARREARS, call.idempotent.account_id,
			   money_print(call.booking.account.arrears_nano, owed));
	if (!operator_call_approved(fcinfo, &call, amount_nano, &answer))
		return answer;
	id = number_by_entry(&call.booking, SOURCE_WRITE_OFF);
	check_outcome(books_write_off(&call.booking.books, amount_nano));
	return operator_call_end(fcinfo, &call, id, NO_NUMBER, amount_nano);
}
