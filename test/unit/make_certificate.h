/*-------------------------------------------------------------------------
 *
 * make_certificate.h
 *	  A certificate of a key, made by OpenSSL: any serial number, any end.
 *
 *-------------------------------------------------------------------------
 */
#ifndef MAKE_CERTIFICATE_H
#define MAKE_CERTIFICATE_H

#include <openssl/bn.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdint.h>

#define CERTIFICATE_ROOM 4096

static inline void
set_serial(X509 *x509, const char *serial)
{
	BIGNUM *number = NULL;

	BN_hex2bn(&number, serial);
	BN_to_ASN1_INTEGER(number, X509_get_serialNumber(x509));
	BN_free(number);
}

/* The size of what stands in pem, which has a NUL; 0 where it does not fit. */
static inline size_t
make_certificate(EVP_PKEY *key, const char *serial, int64_t expires_s, char pem[CERTIFICATE_ROOM])
{
	X509 *x509 = X509_new();
	BIO *bio = BIO_new(BIO_s_mem());
	int size;

	X509_set_version(x509, 2);
	set_serial(x509, serial);
	ASN1_TIME_set(X509_getm_notBefore(x509), 0);
	ASN1_TIME_set(X509_getm_notAfter(x509), (time_t) expires_s);
	X509_NAME_add_entry_by_txt(X509_get_subject_name(x509), "CN", MBSTRING_ASC,
							   (const unsigned char *) "Tenpay.com sign", -1, -1, 0);
	X509_set_issuer_name(x509, X509_get_subject_name(x509));
	X509_set_pubkey(x509, key);
	X509_sign(x509, key, EVP_sha256());
	PEM_write_bio_X509(bio, x509);
	size = BIO_read(bio, pem, CERTIFICATE_ROOM - 1);
	pem[size > 0 ? size : 0] = '\0';
	BIO_free(bio);
	X509_free(x509);
	return size > 0 ? (size_t) size : 0;
}

#endif
