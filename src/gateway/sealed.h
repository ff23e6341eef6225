/*-------------------------------------------------------------------------
 *
 * sealed.h
 *	  AES-256-GCM, as WeChat Pay v3 seals what it notifies of: the tag's 16
 *	  bytes stand behind the ciphertext.
 *
 *-------------------------------------------------------------------------
 */
#ifndef GATEWAY_SEALED_H
#define GATEWAY_SEALED_H

#include "gateway/bytes.h"

#define SEALED_KEY_BYTES 32
#define SEALED_NONCE_BYTES 12
#define SEALED_TAG_BYTES 16

/*
 * Opens into room for sealed.size - SEALED_TAG_BYTES bytes, all of which are
 * written. False, and nothing to be read there, where it was not sealed with
 * that key, nonce and associated data.
 */
extern bool sealed_open(const unsigned char key[SEALED_KEY_BYTES], Bytes nonce, Bytes associated,
						Bytes sealed, unsigned char *plain);

#endif
