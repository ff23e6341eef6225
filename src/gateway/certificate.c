/*-------------------------------------------------------------------------
 *
 * certificate.c
 *	  Reading certificates by OpenSSL.
 *
 *-------------------------------------------------------------------------
 */
#include "gateway/certificate.h"

#include <limits.h>
#include <openssl/asn1.h>
#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/crypto.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#define SECONDS_OF_DAY 86400

static bool
read_serial(const X509 *x509, char serial[CERTIFICATE_SERIAL_SIZE])
{
	BIGNUM *number = ASN1_INTEGER_to_BN(X509_get0_serialNumber(x509), NULL);
	char *digits = number && !BN_is_negative(number) ? BN_bn2hex(number) : NULL;
	bool fits = digits && strlen(digits) < CERTIFICATE_SERIAL_SIZE;

	if (fits)
		strcpy(serial, digits);
	OPENSSL_free(digits);
	BN_free(number);
	return fits;
}

static bool
read_expiry(const X509 *x509, int64_t *expires_s)
{
	ASN1_TIME *epoch = ASN1_TIME_set(NULL, 0);
	int days;
	int seconds;
	bool is_read = epoch && ASN1_TIME_diff(&days, &seconds, epoch, X509_get0_notAfter(x509)) == 1;

	ASN1_TIME_free(epoch);
	if (is_read)
		*expires_s = (int64_t) days * SECONDS_OF_DAY + seconds;
	return is_read;
}

/* Writes the certificate anew: what else stands in its text is not passed on. */
static bool
write_pem(X509 *x509, char pem[CERTIFICATE_PEM_SIZE])
{
	BIO *bio = BIO_new(BIO_s_mem());
	bool is_written = bio && PEM_write_bio_X509(bio, x509) == 1;
	int size = is_written ? BIO_read(bio, pem, CERTIFICATE_PEM_SIZE) : 0;

	BIO_free(bio);
	if (size <= 0 || size == CERTIFICATE_PEM_SIZE)
		return false;
	pem[size] = '\0';
	return true;
}

static bool
take(X509 *x509, Certificate *certificate)
{
	*certificate = (Certificate){0};
	if (!read_serial(x509, certificate->serial) || !read_expiry(x509, &certificate->expires_s) ||
		!write_pem(x509, certificate->pem))
		return false;
	certificate->key = signature_public_key(bytes_of(certificate->pem));
	return certificate->key != NULL;
}

/* Leaves of a text its last bytes, without blanks before them. */
static Bytes
rest_of(Bytes text, size_t left)
{
	Bytes rest = {text.data + text.size - left, left};

	while (rest.size > 0 && strchr(" \t\r\n", rest.data[0]) != NULL)
		rest = (Bytes){rest.data + 1, rest.size - 1};
	return rest;
}

bool
certificate_read(Bytes *pem, Certificate *certificate)
{
	BIO *bio = pem->size <= INT_MAX ? BIO_new_mem_buf(pem->data, (int) pem->size) : NULL;
	X509 *x509 = bio ? PEM_read_bio_X509(bio, NULL, signature_no_password, NULL) : NULL;
	bool is_read = x509 && take(x509, certificate);

	if (is_read)
		*pem = rest_of(*pem, (size_t) BIO_pending(bio));
	X509_free(x509);
	BIO_free(bio);
	return is_read;
}

void
certificate_free(Certificate *certificate)
{
	signature_free_key(certificate->key);
	certificate->key = NULL;
}

static Bytes
without_zeros(Bytes serial)
{
	while (serial.size > 1 && serial.data[0] == '0')
		serial = (Bytes){serial.data + 1, serial.size - 1};
	return serial;
}

bool
certificate_serials_equal(Bytes a, Bytes b)
{
	return bytes_equal(without_zeros(a), without_zeros(b));
}
