/*-------------------------------------------------------------------------
 *
 * mime.h
 *	  An e-mail as it is sent (RFC 5322, 2045 to 2047, 2231).
 *
 * ASCII in lines of at most 78 characters, addresses apart; the same parcel is the same
 * message, to the byte, in every attempt.
 *
 *-------------------------------------------------------------------------
 */
#ifndef MESSAGE_MIME_H
#define MESSAGE_MIME_H

#include "message/parcel.h"

/* Who sends. */
typedef struct MimeSender
{
	const char *from;	   /* an address; its domain is that of the Message-ID */
	const char *from_name; /* may be empty, as the next */
	const char *reply_to;
} MimeSender;

/* What stands behind the "@". */
extern const char *mime_domain(const char *address);

/*
 * Writes the message of a sound parcel; no bytes where there is no memory, or a header would have
 * a control character or no address. Its data is to be freed.
 */
extern Bytes mime_write(const Parcel *parcel, const MimeSender *sender);

#endif
