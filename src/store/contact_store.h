/*-------------------------------------------------------------------------
 *
 * contact_store.h
 *	  How accounts are reached: changing it, and erasing it.
 *
 *-------------------------------------------------------------------------
 */
#ifndef STORE_CONTACT_STORE_H
#define STORE_CONTACT_STORE_H

#include "postgres.h"

#include "datatype/timestamp.h"

/* As a customer gives it; NULL: none. */
typedef struct Contact
{
	const char *email;
	const char *mobile;
	const char *time_zone; /* NULL: as it is */
} Contact;

/*
 * Replaces the contact of a held account, and keeps what was before; returns the
 * number of the change, NO_NUMBER where there is none.
 */
extern int64 contact_replace(int64 account_id, const Contact *contact, TimestampTz at);

/* Erases the contact of a held account wherever it stands; returns how many rows were changed. */
extern int64 contact_erase(int64 account_id, TimestampTz at);

#endif
