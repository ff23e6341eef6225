/*-------------------------------------------------------------------------
 *
 * errors.h
 *	  Every error of the extension: its SQLSTATE of class LB, message, hint.
 *
 * The one table is in errors.c; billing.error_codes() shows it. refuse()
 * raises one; what follows the code are the arguments of its message.
 *
 *-------------------------------------------------------------------------
 */
#ifndef BILLING_ERRORS_H
#define BILLING_ERRORS_H

#include "compat.h"
#include "core/limits.h"
#include "core/outcome.h"

typedef enum BillingError
{
	/* the installation */
	ERROR_NOT_INSTALLED,
	ERROR_SCHEMA_VERSION,
	ERROR_BOOKS_REPLICATED,
	/* arguments */
	ERROR_NULL_ARGUMENT,
	ERROR_TEXT_EMPTY,
	ERROR_TEXT_TOO_LONG,
	ERROR_OUT_OF_RANGE,
	ERROR_NOT_FINITE,
	ERROR_TOO_PRECISE,
	ERROR_NOT_POSITIVE,
	ERROR_INVALID_VALUE,
	ERROR_IDEMPOTENCY_CONFLICT,
	ERROR_APPROVAL_CHANGED,
	ERROR_APPROVAL_UNKNOWN,
	ERROR_APPROVAL_WITHDRAWN,
	/* accounts and keys */
	ERROR_ACCOUNT_UNKNOWN,
	ERROR_ACCOUNT_CONFLICT,
	ERROR_ACCOUNT_RESERVED,
	ERROR_ACCOUNT_LOCKED,
	ERROR_ACCOUNT_NOT_CLOSABLE,
	ERROR_KEY_UNKNOWN,
	ERROR_LOCK_NOT_OPERATORS,
	ERROR_TOO_MANY_ALERTS,
	/* usage */
	ERROR_USAGE_FUTURE,
	ERROR_USAGE_BEFORE_ACCOUNT,
	ERROR_USAGE_BEFORE_KEY,
	ERROR_USAGE_TOO_OLD,
	ERROR_REQUEST_CONFLICT,
	ERROR_REQUEST_UNKNOWN,
	ERROR_REQUEST_NOT_CHARGED,
	ERROR_REQUEST_REVERSED,
	ERROR_REQUEST_NOT_UNPRICED,
	ERROR_SET_ASIDE_UNKNOWN,
	ERROR_CLOSED_MEANWHILE,
	ERROR_REPORT_CLOSED,
	/* prices */
	ERROR_PRICE_BACKDATED,
	ERROR_PRICE_CONFLICT,
	ERROR_PRICE_INCOMPLETE,
	ERROR_PRICE_UNKNOWN,
	ERROR_PRICE_FILE,
	ERROR_WEIGHT_CONFLICT,
	ERROR_WEIGHT_BACKDATED,
	ERROR_PRICE_LIST_UNKNOWN,
	ERROR_PRICE_LIST_CONFLICT,
	ERROR_PRICE_ROW_UNKNOWN,
	ERROR_PRICE_IN_FORCE,
	/* money */
	ERROR_CURRENCY_MISMATCH,
	ERROR_AMOUNT_OVERFLOW,
	ERROR_LOT_UNKNOWN,
	ERROR_NOTHING_TO_WITHDRAW,
	ERROR_MORE_THAN_ARREARS,
	ERROR_ORDER_UNKNOWN,
	ERROR_ORDER_REVERSED,
	ERROR_PAYMENT_DUPLICATE,
	ERROR_PAYMENT_AFTER_LOCK,
	ERROR_CHARGE_WRITTEN_OFF,
	/* gateways */
	ERROR_GATEWAY_UNKNOWN,
	ERROR_GATEWAY_CONFLICT,
	ERROR_METHOD_UNAVAILABLE,
	ERROR_PROMOTION_UNAVAILABLE,
	ERROR_PAYER,
	ERROR_ORDER_STATE,
	ERROR_ORDER_TOO_SOON,
	ERROR_PAYMENT_UNKNOWN,
	ERROR_PAYMENT_STATE,
	ERROR_CALL_UNKNOWN,
	ERROR_NOT_ARMED,
	ERROR_NOTICE,
	ERROR_SECOND_PERSON,
	ERROR_TAKE_BACK_DUPLICATE,
	ERROR_TAKE_BACK_UNKNOWN,
	ERROR_TAKE_BACK_EXCEEDS,
	ERROR_NO_BILL,
	ERROR_BILL_FETCHED,
	ERROR_BILL,
	ERROR_DIFFERENCE_UNKNOWN,
	ERROR_NOTHING_TO_REFUND,
	ERROR_REFUND_OPEN,
	ERROR_REFUND_UNKNOWN,
	ERROR_REFUND_STATE,
	ERROR_REFUND_WAITS,
	ERROR_REFUND_ITEM_UNKNOWN,
	ERROR_REFUND_ITEM_STATE,
	ERROR_REFUND_EXCEEDS,
	ERROR_REFUND_TAKEN,
	ERROR_PLAN_UNAVAILABLE,
	ERROR_SUBSCRIPTION_UNKNOWN,
	ERROR_SUBSCRIPTION_STATE,
	ERROR_INVOICE_TITLE,
	ERROR_INVOICE_EXCEEDS,
	ERROR_INVOICE_UNKNOWN,
	ERROR_INVOICE_STATE,
	ERROR_INVOICE_NUMBER,
	ERROR_INVOICE,
	ERROR_SELLER,
	ERROR_RED_UNKNOWN,
	ERROR_RED_STATE,
	ERROR_TEMPLATE,
	ERROR_NOTIFICATION_UNKNOWN,
	ERROR_NOTIFICATION_STATE,
	ERROR_WEBHOOK,
	ERROR_WEBHOOK_UNKNOWN,
	ERROR_STATEMENT,
	ERROR_STATEMENT_UNKNOWN,
	ERROR_STATEMENT_FAILED,
	/* guards and operation */
	ERROR_HISTORY,
	ERROR_TRANSFER,
	ERROR_POLICY_UNKNOWN,
	ERROR_POLICY_VALUE,
	ERROR_ACCESS_LEVEL,
	ERROR_ROLE_UNKNOWN,
	ERROR_POLICY_OWNER,
	ERROR_NOT_SUPERUSER,
	ERROR_NOT_PRELOADED,
	ERROR_WORKERS_BUSY,
	ERROR_UNHEALTHY,
	ERROR_SCHEMA_OPEN,
	ERROR_SCHEMA_MISSING,
	ERROR_SCHEMA_TAKEN,
	ERROR_TABLES_ALTERED,
	ERROR_LIFECYCLE,
	ERROR_ROW_ALTERED,
	ERROR_INTERNAL,
	ERRORS_COUNT
} BillingError;

typedef struct ErrorCode
{
	const char *sqlstate;
	const char *name;
	const char *message; /* a printf format */
	const char *hint;
} ErrorCode;

extern const ErrorCode error_codes[ERRORS_COUNT];

/* Its SQLSTATE, as the server encodes it. */
extern int error_sqlstate(BillingError error);

no_return extern void refuse(BillingError error, ...);

/* An error that may be raised, or kept as the reason why a row was set aside. */
typedef struct Fault
{
	BillingError error;
	char *message; /* NULL: there is none */
	char *detail;  /* NULL: the message says it all */
} Fault;

#define NO_FAULT ((Fault){0})

extern Fault fault_of(BillingError error, ...);

/* A fault where a count or an amount is outside of its range, naming both. */
extern Fault fault_of_limit(LimitId limit, const char *name, int64 value);

/* A fault where a text is null, blank or too long. */
extern Fault fault_of_text(const char *name, const char *text, int bytes_max);

no_return extern void refuse_fault(const Fault *fault);

/* Raises the error for an answer of the core other than OUTCOME_OK. */
extern void check_outcome(Outcome result);

#endif
