/*-------------------------------------------------------------------------
 *
 * signature.c
 *	  Signing and verifying by OpenSSL.
 *
 *-------------------------------------------------------------------------
 */
#include "gateway/signature.h"

#include "gateway/base64.h"

#include <limits.h>
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#define BITS_MIN 2048
#define BITS_MAX (8 * SIGNATURE_BYTES_MAX)

/* A key is one of OpenSSL's; this name keeps its headers out of ours. */
static EVP_PKEY *
pkey_of(SignatureKey *key)
{
	return (EVP_PKEY *) key;
}

/* Takes a key that is RSA and of a good length; frees another. */
static SignatureKey *
take(EVP_PKEY *pkey)
{
	if (pkey && EVP_PKEY_get_base_id(pkey) == EVP_PKEY_RSA && EVP_PKEY_get_bits(pkey) >= BITS_MIN &&
		EVP_PKEY_get_bits(pkey) <= BITS_MAX)
		return (SignatureKey *) pkey;
	EVP_PKEY_free(pkey);
	return NULL;
}

static BIO *
open_pem(Bytes pem)
{
	return pem.size <= INT_MAX ? BIO_new_mem_buf(pem.data, (int) pem.size) : NULL;
}

int
signature_no_password(char *text, int size, int writing, void *argument)
{
	(void) text, (void) size, (void) writing, (void) argument;
	return -1;
}

static EVP_PKEY *
key_of_certificate(Bytes pem)
{
	BIO *bio = open_pem(pem);
	X509 *certificate = bio ? PEM_read_bio_X509(bio, NULL, signature_no_password, NULL) : NULL;
	EVP_PKEY *pkey = certificate ? X509_get_pubkey(certificate) : NULL;

	X509_free(certificate);
	BIO_free(bio);
	return pkey;
}

SignatureKey *
signature_public_key(Bytes pem)
{
	BIO *bio = open_pem(pem);
	EVP_PKEY *pkey = bio ? PEM_read_bio_PUBKEY(bio, NULL, signature_no_password, NULL) : NULL;

	BIO_free(bio);
	return take(pkey ? pkey : key_of_certificate(pem));
}

SignatureKey *
signature_private_key(Bytes pem)
{
	BIO *bio = open_pem(pem);
	EVP_PKEY *pkey = bio ? PEM_read_bio_PrivateKey(bio, NULL, signature_no_password, NULL) : NULL;

	BIO_free(bio);
	return take(pkey);
}

void
signature_free_key(SignatureKey *key)
{
	EVP_PKEY_free(pkey_of(key));
}

static bool
sign(EVP_MD_CTX *context, SignatureKey *key, const Bytes *pieces, size_t count,
	 unsigned char *signature, size_t *size)
{
	if (EVP_DigestSignInit(context, NULL, EVP_sha256(), NULL, pkey_of(key)) != 1)
		return false;
	for (size_t i = 0; i < count; i++)
		if (EVP_DigestSignUpdate(context, pieces[i].data, pieces[i].size) != 1)
			return false;
	return EVP_DigestSignFinal(context, signature, size) == 1;
}

bool
signature_make(SignatureKey *key, const Bytes *pieces, size_t count, char text[SIGNATURE_TEXT_SIZE])
{
	unsigned char signature[SIGNATURE_BYTES_MAX];
	size_t size = sizeof(signature);
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	bool made = context && sign(context, key, pieces, count, signature, &size);

	EVP_MD_CTX_free(context);
	if (made)
		base64_encode((Bytes){(const char *) signature, size}, text);
	return made;
}

static bool
verify(EVP_MD_CTX *context, SignatureKey *key, const Bytes *pieces, size_t count,
	   const unsigned char *signature, size_t size)
{
	if (EVP_DigestVerifyInit(context, NULL, EVP_sha256(), NULL, pkey_of(key)) != 1)
		return false;
	for (size_t i = 0; i < count; i++)
		if (EVP_DigestVerifyUpdate(context, pieces[i].data, pieces[i].size) != 1)
			return false;
	return EVP_DigestVerifyFinal(context, signature, size) == 1;
}

bool
signature_holds(SignatureKey *key, const Bytes *pieces, size_t count, Bytes text)
{
	unsigned char signature[SIGNATURE_BYTES_MAX];
	size_t size;
	EVP_MD_CTX *context;
	bool holds;

	if (!base64_decode(text, signature, sizeof(signature), &size))
		return false;
	context = EVP_MD_CTX_new();
	holds = context && verify(context, key, pieces, count, signature, size);
	EVP_MD_CTX_free(context);
	return holds;
}
