/*-------------------------------------------------------------------------
 *
 * red_seen.h
 *	  Confirmations that buyers begin at the tax bureau (R17, B&S 4.7): a provider
 *	  has them in its list, and they are followed from then on.
 *
 *-------------------------------------------------------------------------
 */
#ifndef BOOKING_RED_SEEN_H
#define BOOKING_RED_SEEN_H

#include "postgres.h"

#include "datatype/timestamp.h"

#include "gateway/call.h"

/* Claims the first page of the next gateway's list, of the providers given with commas between
 * them; false where none is due. */
extern bool red_seen_claim(const char *providers, TimestampTz now, GatewayCall *call);

/* The list that was claimed at an instant was read to its end; or was not, and is asked for again
 * soon. */
extern void red_seen_end(const char *gateway, TimestampTz claimed_at);
extern void red_seen_put_off(const char *gateway, TimestampTz now);

/* Has one followed, where it is of an invoice of these books and is not yet. False where it is left
 * to the next list: somebody holds the account, or another one stands before it. */
extern bool red_seen_take(const char *gateway, const RedSeen *seen);

#endif
