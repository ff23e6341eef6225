/*-------------------------------------------------------------------------
 *
 * red_store.h
 *	  Rows of red_confirmation: how invoices are reversed (B&S 4.7).
 *
 *-------------------------------------------------------------------------
 */
#ifndef STORE_RED_STORE_H
#define STORE_RED_STORE_H

#include "postgres.h"

#include "datatype/timestamp.h"
#include "funcapi.h"

#include "core/lifecycle.h"

/* After its entry at the bureau a confirmation can be agreed to for so long (R17). */
#define RED_LAPSE_US (72 * USECS_PER_HOUR)

typedef struct RedConfirmation
{
	int64 account_id;
	int64 confirmation_no;
	int64 invoice_id;
	RedState state;
	const char *red_reason;	   /* the bureau's code, 01 to 04; NULL: a buyer's, and not said */
	const char *provider_id;   /* NULL: it is not a buyer's */
	int64 amount_nano;		   /* of a part of the invoice; 0: of all of it */
	const char *red_number;	   /* of the red invoice of a part; NULL: there is none */
	const char *answer;		   /* an operator's; NULL: none */
	TimestampTz entered_at;	   /* DT_NOBEGIN: not known */
	const char *bureau_number; /* NULL: not known */
	const char *cause;		   /* why it failed; NULL: it has not, or nobody says */
	TimestampTz created_at;
	TimestampTz changed_at;
	const char *reason;
	const char *actor;
} RedConfirmation;

/* True of one that the buyer began. */
static inline bool
red_is_buyers(const RedConfirmation *confirmation)
{
	return confirmation->provider_id != NULL;
}

/* Sets its number. */
extern void red_insert(RedConfirmation *confirmation);

/* False where the account has none of that number; one that is open of that invoice. */
extern bool red_find(int64 account_id, int64 confirmation_no, RedConfirmation *confirmation);
extern bool red_find_open(int64 account_id, int64 invoice_id, RedConfirmation *confirmation);

/* True where a buyer's of that number of the provider's is there already, at whatever account. */
extern bool red_is_known(const char *provider_id);

/* How many an invoice has had that its buyer began. */
extern int64 red_count_of_buyer(int64 account_id, int64 invoice_id);

/* Writes back what changes of one. */
extern void red_update(const RedConfirmation *confirmation);

extern void red_report(int64 account_id, TimestampTz now, ReturnSetInfo *result);

#endif
