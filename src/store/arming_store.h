/*-------------------------------------------------------------------------
 *
 * arming_store.h
 *	  Rows of arming.
 *
 *-------------------------------------------------------------------------
 */
#ifndef STORE_ARMING_STORE_H
#define STORE_ARMING_STORE_H

#include "postgres.h"

#include "datatype/timestamp.h"

typedef struct Arming
{
	int64 epoch;
	const char *token;
	const char *armed_by; /* the actor; only read */
	const char *login;
	TimestampTz armed_at;	 /* only read */
	TimestampTz books_until; /* of the last answer of a gateway when it was armed; only read */
} Arming;

/* The arming that counts; false where there is none, or it was ended. */
extern bool arming_find(Arming *arming);

extern void arming_insert(const Arming *arming, const char *actor, TimestampTz now);

/* How often these books were armed. */
extern int64 arming_count(void);

/* Ends the one that counts. */
extern void arming_end(TimestampTz now, const char *actor);

#endif
