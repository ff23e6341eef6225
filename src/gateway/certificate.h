/*-------------------------------------------------------------------------
 *
 * certificate.h
 *	  X.509 certificates in PEM: the key of one, and by what name WeChat Pay calls
 *	  that key.
 *
 * Who issued them is not looked at: they are believed for where they come from.
 *
 *-------------------------------------------------------------------------
 */
#ifndef GATEWAY_CERTIFICATE_H
#define GATEWAY_CERTIFICATE_H

#include "gateway/signature.h"

#include <stdint.h>

#define CERTIFICATE_SERIAL_SIZE 65
#define CERTIFICATE_PEM_SIZE 4096

typedef struct Certificate
{
	char serial[CERTIFICATE_SERIAL_SIZE]; /* hexadecimal, in capitals */
	int64_t expires_s;					  /* of Unix's epoch */
	SignatureKey *key;
	char pem[CERTIFICATE_PEM_SIZE]; /* it alone, with a NUL */
} Certificate;

/*
 * Reads the first certificate of a text and takes it off the text, with blanks behind
 * it. False, and nothing to be freed, where there is none, or it has no key for signatures.
 */
extern bool certificate_read(Bytes *pem, Certificate *certificate);
extern void certificate_free(Certificate *certificate);

/* True where both are the same number: some write its leading zero, others do not. */
extern bool certificate_serials_equal(Bytes a, Bytes b);

#endif
