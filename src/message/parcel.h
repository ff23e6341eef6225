/*-------------------------------------------------------------------------
 *
 * parcel.h
 *	  One message on its way: what is to be delivered by e-mail, by SMS or to a
 *	  webhook, and what became of it, as values and as frames.
 *
 * A parcel has typed fields and no text of a protocol, and no secret: what is sent
 * is built from these and from the files in secrets_dir, in billing-courier alone.
 *
 *-------------------------------------------------------------------------
 */
#ifndef MESSAGE_PARCEL_H
#define MESSAGE_PARCEL_H

#include "gateway/frame.h"
#include "gateway/http.h"

#include <stdint.h>

#define PARCEL_ID_SIZE 65 /* letters, digits, "-", "_" and ".": it is a part of a Message-ID */
#define PARCEL_DATABASE_SIZE 64
#define PARCEL_ADDRESS_SIZE 255 /* of e-mail */
#define PARCEL_SUBJECT_SIZE 513
#define PARCEL_FILE_NAME_SIZE 256
#define PARCEL_CONTENT_TYPE_SIZE 64
#define PARCEL_MOBILE_SIZE 33 /* "+" and digits, or digits alone */
#define PARCEL_SIGN_NAME_SIZE 65
#define PARCEL_TEMPLATE_CODE_SIZE 65
#define PARCEL_URL_SIZE 1025
#define PARCEL_CODE_SIZE 65

#define PARCEL_BODY_BYTES_MAX (256 * 1024)		/* of text, and of html */
#define PARCEL_PARAMETERS_BYTES_MAX (4 * 1024)	/* of an SMS */
#define PARCEL_PAYLOAD_BYTES_MAX HTTP_BODY_SIZE /* of a webhook */
#define PARCEL_ATTACHMENTS_MAX 3
#define PARCEL_ATTACHED_BYTES_MAX (8 * 1024 * 1024) /* together */

typedef enum ParcelChannel
{
	PARCEL_EMAIL,
	PARCEL_SMS,
	PARCEL_WEBHOOK
} ParcelChannel;

#define PARCEL_CHANNELS_COUNT 3

typedef struct ParcelAttachment
{
	char name[PARCEL_FILE_NAME_SIZE];
	char content_type[PARCEL_CONTENT_TYPE_SIZE]; /* application/pdf */
	Bytes bytes;
} ParcelAttachment;

/*
 * Instants are microseconds of the server's epoch; an empty text, no bytes, 0: not given.
 * Texts are UTF-8; those that are arrays have no control characters.
 */
typedef struct Parcel
{
	ParcelChannel channel;
	char id[PARCEL_ID_SIZE];			 /* the same in every attempt */
	char database[PARCEL_DATABASE_SIZE]; /* whose books send it */
	int64_t created_at;					 /* of the message: its Date */
	int64_t sent_at;					 /* of this attempt: what is signed with a time has this */

	/* e-mail; text is what the generic driver of SMS sends, too */
	char to[PARCEL_ADDRESS_SIZE];
	char subject[PARCEL_SUBJECT_SIZE];
	Bytes text;
	Bytes html; /* may be empty */
	ParcelAttachment attachments[PARCEL_ATTACHMENTS_MAX];
	size_t attachments_count;

	/* SMS */
	char mobile[PARCEL_MOBILE_SIZE];
	char sign_name[PARCEL_SIGN_NAME_SIZE];
	char template_code[PARCEL_TEMPLATE_CODE_SIZE];
	Bytes parameters; /* a JSON object of texts */

	/* webhook */
	char url[PARCEL_URL_SIZE];
	Bytes payload; /* JSON; it goes out, and is signed, to the byte */
	int64_t account_id;
	int64_t endpoint_id;
	int64_t version;		  /* of the endpoint's secret; from 1 */
	int64_t previous_version; /* whose signature goes with it while secrets change; 0: none */

	void *memory; /* of one that was read: what its bytes point into */
} Parcel;

typedef enum ParcelResult
{
	PARCEL_SENT,		 /* accepted: 2xx, 250, Code OK */
	PARCEL_LATER,		 /* refused for now */
	PARCEL_UNKNOWN,		 /* nobody knows: it may be there */
	PARCEL_REFUSED,		 /* for good */
	PARCEL_NOT_SENT,	 /* nothing of it was delivered */
	PARCEL_MISCONFIGURED /* nothing was, and nothing will be until somebody acts */
} ParcelResult;

#define PARCEL_RESULTS_COUNT 6

typedef struct ParcelAnswer
{
	ParcelResult result;
	char code[PARCEL_CODE_SIZE]; /* a word for people: "smtp_550", "http_503", "no mail.conf" */
} ParcelAnswer;

/* Write an answer: with a word, of which as much is kept as fits, or with "http_503". */
extern void parcel_say(ParcelAnswer *answer, ParcelResult result, const char *code);
extern void parcel_say_status(ParcelAnswer *answer, ParcelResult result, int status);

/* Names as frames and tables have them; false where there is none of that name. */
extern const char *parcel_channel_name(ParcelChannel channel);
extern bool parcel_channel_from_name(const char *name, ParcelChannel *channel);
extern const char *parcel_result_name(ParcelResult result);
extern bool parcel_result_from_name(const char *name, ParcelResult *result);

/* True for an address of e-mail that can stand in a header and in SMTP: "local@domain" in ASCII,
 * nothing quoted. */
extern bool parcel_is_address(const char *text);

/*
 * False where it cannot be sent as it is, and fault says which field: one that its channel
 * needs is missing, or unsound, or something is too long. Who writes and who reads both ask.
 */
#define PARCEL_FAULT_SIZE 33
extern bool parcel_is_sound(const Parcel *parcel, char fault[PARCEL_FAULT_SIZE]);

/* Frames as those of gateway/frame.h: its prefix, a JSON object, attachments in base64. */
#define PARCEL_FRAME_BYTES_MAX (12 * 1024 * 1024) /* without the prefix */
#define PARCEL_FRAME_ROOM (FRAME_PREFIX_BYTES + PARCEL_FRAME_BYTES_MAX)
#define PARCEL_ANSWER_ROOM 512

/* Writes a frame; its size with the prefix, 0 where the parcel is not sound or does not fit. */
extern size_t parcel_write(int64_t id, const Parcel *parcel, char *room, size_t size_max);

/* Into room for PARCEL_ANSWER_ROOM bytes; its size. */
extern size_t parcel_write_answer(int64_t id, const ParcelAnswer *answer, char *room);

/* Read what a whole frame holds; false where it is no such thing. A parcel is to be freed. */
extern bool parcel_read(Bytes frame, int64_t *id, Parcel *parcel);
extern bool parcel_read_answer(Bytes frame, int64_t *id, ParcelAnswer *answer);
extern void parcel_free(Parcel *parcel);

#endif
