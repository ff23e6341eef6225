/*-------------------------------------------------------------------------
 *
 * sealed.c
 *	  Opening by OpenSSL.
 *
 *-------------------------------------------------------------------------
 */
#include "gateway/sealed.h"

#include <limits.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>

static bool
decrypt(EVP_CIPHER_CTX *context, const unsigned char *key, Bytes nonce, Bytes associated,
		Bytes cipher, const char *tag, unsigned char *plain)
{
	unsigned char tag_copy[SEALED_TAG_BYTES];
	int size;

	memcpy(tag_copy, tag, sizeof(tag_copy));
	return EVP_DecryptInit_ex(context, EVP_aes_256_gcm(), NULL, key,
							  (const unsigned char *) nonce.data) == 1 &&
		   EVP_DecryptUpdate(context, NULL, &size, (const unsigned char *) associated.data,
							 (int) associated.size) == 1 &&
		   EVP_DecryptUpdate(context, plain, &size, (const unsigned char *) cipher.data,
							 (int) cipher.size) == 1 &&
		   EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, sizeof(tag_copy), tag_copy) == 1 &&
		   EVP_DecryptFinal_ex(context, plain + size, &size) == 1;
}

bool
sealed_open(const unsigned char key[SEALED_KEY_BYTES], Bytes nonce, Bytes associated, Bytes sealed,
			unsigned char *plain)
{
	EVP_CIPHER_CTX *context;
	Bytes cipher;
	bool opened;

	if (nonce.size != SEALED_NONCE_BYTES || sealed.size < SEALED_TAG_BYTES ||
		sealed.size > INT_MAX || associated.size > INT_MAX)
		return false;
	cipher = (Bytes){sealed.data, sealed.size - SEALED_TAG_BYTES};
	context = EVP_CIPHER_CTX_new();
	opened = context &&
			 decrypt(context, key, nonce, associated, cipher, sealed.data + cipher.size, plain);
	EVP_CIPHER_CTX_free(context);
	if (!opened)
		OPENSSL_cleanse(plain, cipher.size);
	return opened;
}
