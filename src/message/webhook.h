/*-------------------------------------------------------------------------
 *
 * webhook.h
 *	  Outgoing webhooks, by the specification Standard Webhooks: secrets,
 *	  signatures, addresses that may be given.
 *
 * No secret is kept anywhere: it is made of the master key, a file in secrets_dir,
 * whenever it is needed.
 *
 *-------------------------------------------------------------------------
 */
#ifndef MESSAGE_WEBHOOK_H
#define MESSAGE_WEBHOOK_H

#include "gateway/http.h"
#include "message/parcel.h"

#define WEBHOOK_KEY_BYTES 32
#define WEBHOOK_KEY_BYTES_MAX 64 /* of who gives his own */
#define WEBHOOK_SECRET_SIZE 51	 /* "whsec_" and a key in base64, with a NUL */

/* Makes the secret of an endpoint, as its owner gets to see it; false where the key is empty. */
extern bool webhook_secret(Bytes master_key, int64_t account_id, int64_t endpoint_id,
						   int64_t version, char secret[WEBHOOK_SECRET_SIZE]);

/* Reads the key of such a secret, of 24 to 64 bytes; false where it is none. To be wiped. */
extern bool webhook_key(const char *secret, unsigned char key[WEBHOOK_KEY_BYTES_MAX], size_t *size);

/*
 * Adds the headers webhook-id, webhook-timestamp and webhook-signature over the request's body,
 * by one key or two; false where it cannot be signed.
 */
extern bool webhook_sign(const Bytes *keys, size_t count, const char *id, int64_t sent_at,
						 HttpRequest *request);

/* Makes the request of a sound parcel to its address, signed for its versions. */
extern bool webhook_build(Bytes master_key, const Parcel *parcel, const HttpAddress *address,
						  HttpRequest *request);

/* Says what a whole reply means; nothing in it but its status does. */
extern void webhook_read_reply(const HttpMessage *reply, ParcelAnswer *answer);

/*
 * Takes a URL apart; false where it may not be called: it is https on port 443 (or on one more,
 * for tests; else 0), without user and fragment, and its host is a name with a dot, and no
 * address in whatever form. Whom the name leads to is seen when it is called.
 */
extern bool webhook_read_url(const char *url, int test_port, HttpAddress *address);

#endif
