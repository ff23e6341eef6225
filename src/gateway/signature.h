/*-------------------------------------------------------------------------
 *
 * signature.h
 *	  RSA signatures, as Alipay (RSA2) and WeChat Pay v3 make them:
 *	  SHA256withRSA, PKCS#1 v1.5, in base64.
 *
 *-------------------------------------------------------------------------
 */
#ifndef GATEWAY_SIGNATURE_H
#define GATEWAY_SIGNATURE_H

#include "gateway/bytes.h"

/* Keys of 2048 to 4096 bits; their signatures as text, with a NUL. */
#define SIGNATURE_BYTES_MAX 512
#define SIGNATURE_TEXT_SIZE (SIGNATURE_BYTES_MAX / 3 * 4 + 8)

typedef struct SignatureKey SignatureKey;

/*
 * Reads a key from PEM: a public one (SubjectPublicKeyInfo, or the one of an
 * X.509 certificate), a private one (PKCS#8, PKCS#1). NULL where it is none, is
 * no RSA key, or has another length.
 */
extern SignatureKey *signature_public_key(Bytes pem);
extern SignatureKey *signature_private_key(Bytes pem);
extern void signature_free_key(SignatureKey *key);

/* For OpenSSL, which asks for one: a key under a password is none here, nobody could type it. */
extern int signature_no_password(char *text, int size, int writing, void *argument);

/* Signs the pieces as one message. */
extern bool signature_make(SignatureKey *key, const Bytes *pieces, size_t count,
						   char text[SIGNATURE_TEXT_SIZE]);

/* True where the text is that key's signature of the pieces, and is base64 to the letter. */
extern bool signature_holds(SignatureKey *key, const Bytes *pieces, size_t count, Bytes text);

#endif
