/*-------------------------------------------------------------------------
 *
 * wechat_message.h
 *	  A message of WeChat Pay: as the input says, or signed here.
 *
 *-------------------------------------------------------------------------
 */
#ifndef WECHAT_MESSAGE_H
#define WECHAT_MESSAGE_H

#include "fuzz.h"

#define MESSAGE_HEADERS_MAX 16

/* What is done to a message behind its signature. */
typedef enum Damage
{
	DAMAGE_NONE,
	DAMAGE_SIGNATURE,
	DAMAGE_BODY,
	DAMAGE_NONCE,
	DAMAGE_TIMESTAMP, /* signed anew, but long ago */
	DAMAGE_SERIAL,
	DAMAGES_COUNT
} Damage;

/* What it is made of; all of it is freed by message_free(). */
typedef struct Message
{
	HttpHeader headers[MESSAGE_HEADERS_MAX];
	HttpMessage http;
} Message;

/* Reads "Name: value" lines, an empty line, and a body. */
extern void message_read(Bytes input, int status, Message *message);

/* Signs a body as WeChat Pay does, then damages it. */
extern void message_sign(Bytes body, int status, Damage damage, Message *message);

/* Seals as WeChat Pay does, with nothing beside it, in base64; to be freed. */
#define MESSAGE_SEAL_NONCE "nonce of 12."
extern char *message_seal(Bytes plain);

extern void message_free(Message *message);

/* True where it is the one message that WeChat Pay ever signed: the vector. */
extern bool message_is_vector(const Message *message);

#endif
