/*-------------------------------------------------------------------------
 *
 * webhook_secret.h
 *	  Secrets of webhooks, made in the server of the master key.
 *
 *-------------------------------------------------------------------------
 */
#ifndef BOOKING_WEBHOOK_SECRET_H
#define BOOKING_WEBHOOK_SECRET_H

#include "postgres.h"

#include "message/webhook.h"

/* A version of which nobody has seen a secret: a random number. */
extern int64 webhook_secret_new_version(void);

/*
 * Makes the secret of an endpoint's version, and takes its URL apart, by webhook.conf in
 * billing.secrets_dir. NULL, or why it cannot be. The secret is to be wiped.
 */
extern const char *webhook_secret_make(int64 account_id, int64 endpoint_id, int64 version,
									   char secret[WEBHOOK_SECRET_SIZE]);
extern const char *webhook_secret_read_url(const char *url, HttpAddress *address);

#endif
