/*-------------------------------------------------------------------------
 *
 * parcel.c
 *	  What a parcel must have, and parcels and answers as bytes.
 *
 *-------------------------------------------------------------------------
 */
#include "message/parcel.h"

#include "core/limits.h"
#include "core/text.h"
#include "gateway/base64.h"
#include "gateway/member.h"

#include <stdio.h>
#include <stdlib.h>

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

#define DIGITS "0123456789"
#define LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
#define LOCAL_PART_MAX 64

static const char *const channel_names[PARCEL_CHANNELS_COUNT] = {
	[PARCEL_EMAIL] = "email",
	[PARCEL_SMS] = "sms",
	[PARCEL_WEBHOOK] = "webhook",
};

static const char *const result_names[PARCEL_RESULTS_COUNT] = {
	[PARCEL_SENT] = "sent",			[PARCEL_LATER] = "later",
	[PARCEL_UNKNOWN] = "unknown",	[PARCEL_REFUSED] = "refused",
	[PARCEL_NOT_SENT] = "not_sent", [PARCEL_MISCONFIGURED] = "misconfigured",
};

const char *
parcel_channel_name(ParcelChannel channel)
{
	return channel_names[channel];
}

bool
parcel_channel_from_name(const char *name, ParcelChannel *channel)
{
	int i = text_place(channel_names, PARCEL_CHANNELS_COUNT, name);

	*channel = (ParcelChannel) i;
	return i < PARCEL_CHANNELS_COUNT;
}

const char *
parcel_result_name(ParcelResult result)
{
	return result_names[result];
}

bool
parcel_result_from_name(const char *name, ParcelResult *result)
{
	int i = text_place(result_names, PARCEL_RESULTS_COUNT, name);

	*result = (ParcelResult) i;
	return i < PARCEL_RESULTS_COUNT;
}

void
parcel_say(ParcelAnswer *answer, ParcelResult result, const char *code)
{
	answer->result = result;
	(void) snprintf(answer->code, PARCEL_CODE_SIZE, "%.*s", PARCEL_CODE_SIZE - 1, code);
}

void
parcel_say_status(ParcelAnswer *answer, ParcelResult result, int status)
{
	answer->result = result;
	(void) snprintf(answer->code, PARCEL_CODE_SIZE, "http_%d", status);
}

/* ---- what is sound --------------------------------------------------------- */

/* Words of these characters with single dots between. */
static bool
is_dotted(Bytes text, const char *characters)
{
	char before = '.';

	for (size_t i = 0; i < text.size; before = text.data[i++])
		if (text.data[i] == '.' ? before == '.'
								: text.data[i] == '\0' || !strchr(characters, text.data[i]))
			return false;
	return before != '.';
}

bool
parcel_is_address(const char *text)
{
	const char *at = strchr(text, '@');

	return at && at - text <= LOCAL_PART_MAX && strlen(text) < PARCEL_ADDRESS_SIZE &&
		   is_dotted((Bytes){text, (size_t) (at - text)}, DIGITS LETTERS "!#$%&'*+-/=?^_`{|}~") &&
		   is_dotted(bytes_of(at + 1), DIGITS LETTERS "-");
}

/* Text of at most so many bytes, in which nothing ends it before its end. */
static bool
is_text(Bytes text, size_t bytes_max)
{
	return text.size <= bytes_max && (text.size == 0 || !memchr(text.data, '\0', text.size));
}

static bool
is_content_type(const char *text)
{
	size_t type = strspn(text, DIGITS LETTERS "-");
	size_t subtype = text[type] == '/' ? strspn(text + type + 1, DIGITS LETTERS ".+-") : 0;

	return type > 0 && subtype > 0 && text[type + 1 + subtype] == '\0';
}

/* It leads nowhere. */
static bool
is_file_name(const char *text)
{
	return text[0] != '\0' && text[0] != '.' && strpbrk(text, "/\\") == NULL;
}

static bool
are_attachments_sound(const Parcel *parcel)
{
	size_t together = 0;

	if (parcel->attachments_count > PARCEL_ATTACHMENTS_MAX)
		return false;
	for (size_t i = 0; i < parcel->attachments_count; i++)
	{
		const ParcelAttachment *attachment = &parcel->attachments[i];

		if (!is_file_name(attachment->name) || !is_content_type(attachment->content_type) ||
			attachment->bytes.size > PARCEL_ATTACHED_BYTES_MAX - together)
			return false;
		together += attachment->bytes.size;
	}
	return true;
}

/* The field of an e-mail that is unsound; NULL: none is. So the next two. */
static const char *
find_email_fault(const Parcel *parcel)
{
	if (!parcel_is_address(parcel->to))
		return "to";
	if (parcel->subject[0] == '\0')
		return "subject";
	if (parcel->text.size == 0 || !is_text(parcel->text, PARCEL_BODY_BYTES_MAX))
		return "text";
	if (!is_text(parcel->html, PARCEL_BODY_BYTES_MAX))
		return "html";
	return are_attachments_sound(parcel) ? NULL : "attachments";
}

static bool
is_mobile(const char *text)
{
	size_t digits = strlen(text += text[0] == '+');

	return strspn(text, DIGITS) == digits && digits >= MOBILE_DIGITS_MIN &&
		   digits <= MOBILE_DIGITS_MAX;
}

static bool
is_object(Bytes text)
{
	json_t *object = document_read_up_to(text, PARCEL_PARAMETERS_BYTES_MAX);

	json_decref(object);
	return object != NULL;
}

static const char *
find_sms_fault(const Parcel *parcel)
{
	if (!is_mobile(parcel->mobile))
		return "mobile";
	if (parcel->template_code[0] == '\0' && parcel->text.size == 0)
		return "template_code";
	if (!is_text(parcel->text, PARCEL_PARAMETERS_BYTES_MAX))
		return "text";
	return parcel->parameters.size == 0 || is_object(parcel->parameters) ? NULL : "parameters";
}

static const char *
find_webhook_fault(const Parcel *parcel)
{
	if (parcel->url[0] == '\0')
		return "url";
	if (parcel->payload.size == 0 || !is_text(parcel->payload, PARCEL_PAYLOAD_BYTES_MAX))
		return "payload";
	if (parcel->account_id <= 0 || parcel->endpoint_id <= 0)
		return "endpoint_id";
	return parcel->version > 0 && parcel->previous_version >= 0 ? NULL : "version";
}

static const char *
find_fault(const Parcel *parcel)
{
	if (!is_dotted(bytes_of(parcel->id), DIGITS LETTERS "-_"))
		return "id";
	if (parcel->database[0] == '\0')
		return "database";
	if (parcel->created_at < 0 || parcel->sent_at < 0)
		return "sent_at";
	switch (parcel->channel)
	{
		case PARCEL_EMAIL:
			return find_email_fault(parcel);
		case PARCEL_SMS:
			return find_sms_fault(parcel);
		case PARCEL_WEBHOOK:
			return find_webhook_fault(parcel);
	}
	return "channel";
}

bool
parcel_is_sound(const Parcel *parcel, char fault[PARCEL_FAULT_SIZE])
{
	const char *found = find_fault(parcel);

	(void) snprintf(fault, PARCEL_FAULT_SIZE, "%s", found ? found : "");
	return found == NULL;
}

/* ---- as bytes -------------------------------------------------------------- */

static const Member members[] = {
	{"message", offsetof(Parcel, id), PARCEL_ID_SIZE}, /* "id" is the frame's */
	MEMBER_TEXT(Parcel, database),
	MEMBER_NUMBER(Parcel, created_at),
	MEMBER_NUMBER(Parcel, sent_at),
	MEMBER_TEXT(Parcel, to),
	MEMBER_TEXT(Parcel, subject),
	MEMBER_TEXT(Parcel, mobile),
	MEMBER_TEXT(Parcel, sign_name),
	MEMBER_TEXT(Parcel, template_code),
	MEMBER_TEXT(Parcel, url),
	MEMBER_NUMBER(Parcel, account_id),
	MEMBER_NUMBER(Parcel, endpoint_id),
	MEMBER_NUMBER(Parcel, version),
	MEMBER_NUMBER(Parcel, previous_version),
};

static const Member attachment_members[] = {
	MEMBER_TEXT(ParcelAttachment, name),
	MEMBER_TEXT(ParcelAttachment, content_type),
};

/* Texts that may be long, and may have line breaks. */
static const struct LongText
{
	const char *name;
	size_t offset;
} long_texts[] = {
	{"text", offsetof(Parcel, text)},
	{"html", offsetof(Parcel, html)},
	{"parameters", offsetof(Parcel, parameters)},
	{"payload", offsetof(Parcel, payload)},
};

static bool
put_long_texts(json_t *object, const Parcel *parcel)
{
	for (size_t i = 0; i < LENGTH(long_texts); i++)
	{
		const Bytes *text = (const void *) ((const char *) parcel + long_texts[i].offset);

		if (text->size > 0 && json_object_set_new(object, long_texts[i].name,
												  json_stringn(text->data, text->size)) != 0)
			return false;
	}
	return true;
}

/* json_object() would be the server's, where this runs in it. */
static bool
put_attachment(json_t *list, const ParcelAttachment *attachment)
{
	json_t *object = json_pack("{}");
	char *text = malloc(BASE64_SIZE(attachment->bytes.size) + 1);
	bool is_put = false;

	if (text && member_put(object, attachment_members, LENGTH(attachment_members), attachment))
	{
		base64_encode(attachment->bytes, text);
		is_put = json_object_set_new(object, "bytes", json_string(text)) == 0 &&
				 json_array_append(list, object) == 0;
	}
	free(text);
	json_decref(object);
	return is_put;
}

static bool
put_attachments(json_t *object, const Parcel *parcel)
{
	json_t *list;

	if (parcel->attachments_count == 0)
		return true;
	list = json_array();
	if (json_object_set_new(object, "attachments", list) != 0)
		return false;
	for (size_t i = 0; i < parcel->attachments_count; i++)
		if (!put_attachment(list, &parcel->attachments[i]))
			return false;
	return true;
}

size_t
parcel_write(int64_t id, const Parcel *parcel, char *room, size_t size_max)
{
	char fault[PARCEL_FAULT_SIZE];
	size_t bytes_max = size_max < PARCEL_FRAME_ROOM ? size_max : PARCEL_FRAME_ROOM;
	json_t *object;
	bool is_whole;

	if (size_max <= FRAME_PREFIX_BYTES || !parcel_is_sound(parcel, fault))
		return 0;
	object = json_pack("{s:I,s:s}", "id", (json_int_t) id, "channel",
					   parcel_channel_name(parcel->channel));
	is_whole = member_put(object, members, LENGTH(members), parcel) &&
			   put_long_texts(object, parcel) && put_attachments(object, parcel);
	return frame_write_object(object, is_whole, room, bytes_max - FRAME_PREFIX_BYTES);
}

/* What the bytes of a parcel point into. */
typedef struct Memory
{
	json_t *object;
	unsigned char *attached;
} Memory;

static bool
get_long_texts(const json_t *object, Parcel *parcel)
{
	for (size_t i = 0; i < LENGTH(long_texts); i++)
	{
		Bytes *text = (void *) ((char *) parcel + long_texts[i].offset);

		if (json_object_get(object, long_texts[i].name) == NULL)
			continue;
		*text = document_bytes(object, long_texts[i].name);
		if (text->size == 0)
			return false;
	}
	return true;
}

/* Decodes the bytes behind those that others have. */
static bool
get_attachment(const json_t *object, unsigned char *attached, size_t *used,
			   ParcelAttachment *attachment)
{
	size_t size = 0;

	if (!json_is_object(object) ||
		!member_get(object, attachment_members, LENGTH(attachment_members), attachment) ||
		!json_is_string(json_object_get(object, "bytes")) ||
		!base64_decode(document_bytes(object, "bytes"), attached + *used,
					   PARCEL_ATTACHED_BYTES_MAX - *used, &size))
		return false;
	attachment->bytes = (Bytes){(const char *) attached + *used, size};
	*used += size;
	return true;
}

static bool
get_attachments(json_t *object, Memory *memory, Parcel *parcel)
{
	const json_t *list = json_object_get(object, "attachments");
	size_t used = 0;

	if (list == NULL)
		return true;
	memory->attached = malloc(PARCEL_ATTACHED_BYTES_MAX); /* what is not used takes none */
	if (memory->attached == NULL || json_array_size(list) == 0 ||
		json_array_size(list) > PARCEL_ATTACHMENTS_MAX)
		return false;
	for (; parcel->attachments_count < json_array_size(list); parcel->attachments_count++)
		if (!get_attachment(json_array_get(list, parcel->attachments_count), memory->attached,
							&used, &parcel->attachments[parcel->attachments_count]))
			return false;
	return json_object_del(object, "attachments") == 0;
}

static bool
get_parcel(json_t *object, Parcel *parcel)
{
	char name[PARCEL_FAULT_SIZE];
	char fault[PARCEL_FAULT_SIZE];

	return document_text(object, "channel", name, sizeof(name)) &&
		   parcel_channel_from_name(name, &parcel->channel) &&
		   member_get(object, members, LENGTH(members), parcel) && get_long_texts(object, parcel) &&
		   get_attachments(object, parcel->memory, parcel) && parcel_is_sound(parcel, fault);
}

bool
parcel_read(Bytes frame, int64_t *id, Parcel *parcel)
{
	Memory *memory = calloc(1, sizeof(*memory));

	*parcel = (Parcel){.memory = memory};
	*id = 0;
	if (memory)
		memory->object = frame_read_object(frame, PARCEL_FRAME_BYTES_MAX, id);
	if (memory && memory->object && get_parcel(memory->object, parcel))
		return true;
	parcel_free(parcel);
	return false;
}

void
parcel_free(Parcel *parcel)
{
	Memory *memory = parcel->memory;

	if (memory)
	{
		json_decref(memory->object);
		free(memory->attached);
	}
	free(memory);
	*parcel = (Parcel){0};
}

static const Member answer_members[] = {
	MEMBER_TEXT(ParcelAnswer, code),
};

size_t
parcel_write_answer(int64_t id, const ParcelAnswer *answer, char *room)
{
	json_t *object = json_pack("{s:I,s:s}", "id", (json_int_t) id, "result",
							   parcel_result_name(answer->result));
	bool is_whole = member_put(object, answer_members, LENGTH(answer_members), answer);

	return frame_write_object(object, is_whole, room, PARCEL_ANSWER_ROOM - FRAME_PREFIX_BYTES);
}

bool
parcel_read_answer(Bytes frame, int64_t *id, ParcelAnswer *answer)
{
	json_t *object = frame_read_object(frame, PARCEL_ANSWER_ROOM - FRAME_PREFIX_BYTES, id);
	char result[PARCEL_FAULT_SIZE];
	bool is_read;

	*answer = (ParcelAnswer){0};
	is_read = object && document_text(object, "result", result, sizeof(result)) &&
			  parcel_result_from_name(result, &answer->result) &&
			  member_get(object, answer_members, LENGTH(answer_members), answer);
	json_decref(object);
	return is_read;
}
