/*-------------------------------------------------------------------------
 *
 * mime.c
 *	  Headers, parts, and how what is not ASCII goes into them.
 *
 * The message is written twice: first to be counted.
 *
 *-------------------------------------------------------------------------
 */
#include "message/mime.h"

#include "core/text.h"
#include "gateway/base64.h"
#include "gateway/instant.h"

#include <stdio.h>
#include <stdlib.h>

#define LETTERS_DIGITS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
#define LINE_BYTES 57	   /* 76 characters of base64 */
#define WORD_BYTES 42	   /* of an encoded word, which with "Subject: " is a line of 77 */
#define PLAIN_BYTES_MAX 66 /* of a header that is not encoded */
#define FILE_NAME_PLAIN_MAX 50
#define SEGMENT_BYTES 18 /* of a file's name, three characters each */

/* room is NULL while bytes are counted. */
typedef struct Output
{
	char *room;
	size_t size;
} Output;

static void
put_bytes(Output *output, Bytes bytes)
{
	if (output->room && bytes.size > 0)
		memcpy(output->room + output->size, bytes.data, bytes.size);
	output->size += bytes.size;
}

static void
put(Output *output, const char *text)
{
	put_bytes(output, bytes_of(text));
}

/* ---- headers --------------------------------------------------------------- */

static void
put_header(Output *output, const char *name, const char *value)
{
	put(output, name);
	put(output, ": ");
	put(output, value);
	put(output, "\r\n");
}

/* Takes whole characters of UTF-8 off, of at most so many bytes. */
static Bytes
take_characters(Bytes *rest, size_t bytes_max)
{
	Bytes taken = {rest->data, rest->size < bytes_max ? rest->size : bytes_max};

	while (taken.size < rest->size && taken.size > 1 &&
		   ((unsigned char) rest->data[taken.size] & 0xc0) == 0x80)
		taken.size--;
	*rest = (Bytes){rest->data + taken.size, rest->size - taken.size};
	return taken;
}

/* RFC 2047. */
static void
put_encoded_words(Output *output, Bytes text)
{
	const char *before = "=?UTF-8?B?";
	char encoded[BASE64_SIZE(WORD_BYTES) + 1];

	for (; text.size > 0; before = "\r\n =?UTF-8?B?")
	{
		base64_encode(take_characters(&text, WORD_BYTES), encoded);
		put(output, before);
		put(output, encoded);
		put(output, "?=");
	}
}

static bool
is_printable(const char *text)
{
	for (; *text; text++)
		if (*text < ' ' || *text > '~')
			return false;
	return true;
}

static void
put_subject(Output *output, const char *subject)
{
	size_t size = strlen(subject);

	put(output, "Subject: ");
	if (size <= PLAIN_BYTES_MAX && is_printable(subject) && subject[0] != ' ' &&
		subject[size - 1] != ' ' && !strstr(subject, "=?"))
		put(output, subject);
	else
		put_encoded_words(output, bytes_of(subject));
	put(output, "\r\n");
}

static void
put_from(Output *output, const MimeSender *sender)
{
	const char *name = sender->from_name;

	put(output, "From: ");
	if (name[strspn(name, LETTERS_DIGITS)] == '\0')
		put(output, name);
	else
		put_encoded_words(output, bytes_of(name));
	put(output, name[0] ? "\r\n <" : "<");
	put(output, sender->from);
	put(output, ">\r\n");
}

const char *
mime_domain(const char *address)
{
	const char *at = strchr(address, '@');

	return at ? at + 1 : "";
}

static void
put_message_id(Output *output, const char *id, const char *domain)
{
	put(output, "Message-ID: <");
	put(output, id);
	put(output, "@");
	put(output, domain);
	put(output, ">\r\n");
}

static void
put_headers(Output *output, const Parcel *parcel, const MimeSender *sender)
{
	char date[INSTANT_TEXT_SIZE];

	put_from(output, sender);
	put_header(output, "To", parcel->to);
	if (sender->reply_to[0])
		put_header(output, "Reply-To", sender->reply_to);
	put_subject(output, parcel->subject);
	put_header(output, "Date", instant_to_rfc5322(parcel->created_at, date));
	put_message_id(output, parcel->id, mime_domain(sender->from));
	put_header(output, "Auto-Submitted", "auto-generated"); /* nobody is on holiday for it */
	put_header(output, "MIME-Version", "1.0");
}

/* ---- bodies ---------------------------------------------------------------- */

/* A line of base64 that is being filled. */
typedef struct Line
{
	Output *output;
	char bytes[LINE_BYTES];
	size_t size;
} Line;

static void
end_line(Line *line)
{
	char encoded[BASE64_SIZE(LINE_BYTES) + 1];

	if (line->size == 0)
		return;
	base64_encode((Bytes){line->bytes, line->size}, encoded);
	put(line->output, encoded);
	put(line->output, "\r\n");
	line->size = 0;
}

static void
add_to_line(Line *line, char c)
{
	line->bytes[line->size++] = c;
	if (line->size == LINE_BYTES)
		end_line(line);
}

/* Lines of text end with CR LF, whatever they ended with. */
static void
put_text(Output *output, const char *type, Bytes text)
{
	Line line = {.output = output};
	char before = '\0';

	put(output, "Content-Type: ");
	put(output, type);
	put(output, "; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n");
	for (size_t i = 0; i < text.size; before = text.data[i++])
	{
		if (text.data[i] == '\n' && before != '\r')
			add_to_line(&line, '\r');
		add_to_line(&line, text.data[i]);
	}
	end_line(&line);
}

/* RFC 2231, a segment of a long name. */
static void
put_segment(Output *output, Bytes segment)
{
	static const char digits[] = "0123456789ABCDEF";

	for (size_t i = 0; i < segment.size; i++)
	{
		unsigned char c = (unsigned char) segment.data[i];

		if (c < 0x80 && strchr(LETTERS_DIGITS "-_.", c))
			put_bytes(output, (Bytes){&segment.data[i], 1});
		else
			put_bytes(output, (Bytes){(char[]){'%', digits[c / 16], digits[c % 16]}, 3});
	}
}

static void
put_file_name(Output *output, const char *name)
{
	Bytes rest = bytes_of(name);
	char before[48];

	if (rest.size <= FILE_NAME_PLAIN_MAX && strspn(name, LETTERS_DIGITS "-_.") == rest.size)
	{
		put(output, ";\r\n filename=");
		put(output, name);
		return;
	}
	for (int i = 0; rest.size > 0; i++)
	{
		(void) snprintf(before, sizeof(before), ";\r\n filename*%d*=%s", i,
						i == 0 ? "UTF-8''" : "");
		put(output, before);
		put_segment(output, take_characters(&rest, SEGMENT_BYTES));
	}
}

static void
put_attachment(Output *output, const ParcelAttachment *attachment)
{
	Line line = {.output = output};

	put_header(output, "Content-Type", attachment->content_type);
	put(output, "Content-Disposition: attachment");
	put_file_name(output, attachment->name);
	put(output, "\r\nContent-Transfer-Encoding: base64\r\n\r\n");
	for (size_t i = 0; i < attachment->bytes.size; i++)
		add_to_line(&line, attachment->bytes.data[i]);
	end_line(&line);
}

/* Begins a part, or ends the last one: no line of base64 begins with "-". */
static void
put_boundary(Output *output, const char *kind, const char *id, const char *end)
{
	put(output, "--");
	put(output, kind);
	put(output, id);
	put(output, end);
	put(output, "\r\n");
}

static void
put_multipart(Output *output, const char *type, const char *kind, const char *id)
{
	put(output, "Content-Type: multipart/");
	put(output, type);
	put(output, ";\r\n boundary=\"");
	put(output, kind);
	put(output, id);
	put(output, "\"\r\n\r\n");
}

static void
put_body(Output *output, const Parcel *parcel)
{
	if (parcel->html.size == 0)
	{
		put_text(output, "text/plain", parcel->text);
		return;
	}
	put_multipart(output, "alternative", "a_", parcel->id);
	put_boundary(output, "a_", parcel->id, "");
	put_text(output, "text/plain", parcel->text);
	put_boundary(output, "a_", parcel->id, "");
	put_text(output, "text/html", parcel->html);
	put_boundary(output, "a_", parcel->id, "--");
}

static void
put_message(Output *output, const Parcel *parcel, const MimeSender *sender)
{
	put_headers(output, parcel, sender);
	if (parcel->attachments_count == 0)
	{
		put_body(output, parcel);
		return;
	}
	put_multipart(output, "mixed", "m_", parcel->id);
	put_boundary(output, "m_", parcel->id, "");
	put_body(output, parcel);
	for (size_t i = 0; i < parcel->attachments_count; i++)
	{
		put_boundary(output, "m_", parcel->id, "");
		put_attachment(output, &parcel->attachments[i]);
	}
	put_boundary(output, "m_", parcel->id, "--");
}

/* ---- all of it ------------------------------------------------------------- */

/* False where a header could be ended by what stands in it. */
static bool
are_headers_sound(const Parcel *parcel, const MimeSender *sender)
{
	char fault[PARCEL_FAULT_SIZE];

	return parcel_is_sound(parcel, fault) && !text_has_control(parcel->subject) &&
		   parcel_is_address(sender->from) && !text_has_control(sender->from_name) &&
		   (sender->reply_to[0] == '\0' || parcel_is_address(sender->reply_to));
}

Bytes
mime_write(const Parcel *parcel, const MimeSender *sender)
{
	Output counted = {NULL, 0};
	Output written = {NULL, 0};

	if (!are_headers_sound(parcel, sender))
		return (Bytes){NULL, 0};
	put_message(&counted, parcel, sender);
	written.room = malloc(counted.size);
	if (written.room == NULL)
		return (Bytes){NULL, 0};
	put_message(&written, parcel, sender);
	return (Bytes){written.room, written.size};
}
