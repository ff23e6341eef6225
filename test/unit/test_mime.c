/*-------------------------------------------------------------------------
 *
 * test_mime.c
 *	  E-mails to the letter, their lines, and what must not get into headers. That
 *	  others read them as they are meant: test/simulators/proof_messages.js.
 *
 *-------------------------------------------------------------------------
 */
#include "message/mime.h"

#include "parcels.h"
#include "unit.h"

static const MimeSender sender = {"billing@example.org", "", ""};

static char *
write_text(const Parcel *parcel, const MimeSender *from)
{
	Bytes message = mime_write(parcel, from);
	char *text = message.data ? malloc(message.size + 1) : NULL;

	if (text)
	{
		memcpy(text, message.data, message.size);
		text[message.size] = '\0';
	}
	free((char *) message.data);
	return text;
}

static void
assert_message(const Parcel *parcel, const MimeSender *from, const char *expected)
{
	char *text = write_text(parcel, from);

	assert_non_null(text);
	assert_string_equal(text, expected);
	free(text);
}

static void
assert_has(const Parcel *parcel, const MimeSender *from, const char *part)
{
	char *text = write_text(parcel, from);

	assert_non_null(text);
	if (strstr(text, part) == NULL)
		fail_msg("%s is not in %s", part, text);
	free(text);
}

static void
test_plain(void **state)
{
	Parcel parcel = parcels_make(PARCEL_EMAIL);

	(void) state;
	assert_message(&parcel, &sender,
				   "From: <billing@example.org>\r\n"
				   "To: li@example.com\r\n"
				   "Subject: Balance\r\n"
				   "Date: Thu, 01 Jan 2026 02:00:05 +0000\r\n"
				   "Message-ID: <n-7-12@example.org>\r\n"
				   "Auto-Submitted: auto-generated\r\n"
				   "MIME-Version: 1.0\r\n"
				   "Content-Type: text/plain; charset=utf-8\r\n"
				   "Content-Transfer-Encoding: base64\r\n"
				   "\r\n"
				   "QmFsYW5jZQ0KbG93\r\n");
	parcel.text = bytes_of("Balance\r\nlow");
	assert_has(&parcel, &sender, "\r\n\r\nQmFsYW5jZQ0KbG93\r\n");
}

static void
test_parts(void **state)
{
	Parcel parcel = parcels_make(PARCEL_EMAIL);

	(void) state;
	parcel.html = bytes_of("<p>");
	parcel.attachments_count = 1;
	strcpy(parcel.attachments[0].name, "a-1.pdf");
	strcpy(parcel.attachments[0].content_type, "application/pdf");
	parcel.attachments[0].bytes = (Bytes){"\0\xff\n", 3};
	assert_has(&parcel, &sender,
			   "Content-Type: multipart/mixed;\r\n boundary=\"m_n-7-12\"\r\n"
			   "\r\n"
			   "--m_n-7-12\r\n"
			   "Content-Type: multipart/alternative;\r\n boundary=\"a_n-7-12\"\r\n"
			   "\r\n"
			   "--a_n-7-12\r\n"
			   "Content-Type: text/plain; charset=utf-8\r\n"
			   "Content-Transfer-Encoding: base64\r\n"
			   "\r\n"
			   "QmFsYW5jZQ0KbG93\r\n"
			   "--a_n-7-12\r\n"
			   "Content-Type: text/html; charset=utf-8\r\n"
			   "Content-Transfer-Encoding: base64\r\n"
			   "\r\n"
			   "PHA+\r\n"
			   "--a_n-7-12--\r\n"
			   "--m_n-7-12\r\n"
			   "Content-Type: application/pdf\r\n"
			   "Content-Disposition: attachment;\r\n filename=a-1.pdf\r\n"
			   "Content-Transfer-Encoding: base64\r\n"
			   "\r\n"
			   "AP8K\r\n"
			   "--m_n-7-12--\r\n");
}

#define YU "\xe4\xbd\x99" /* of three bytes */

static void
test_words(void **state)
{
	Parcel parcel = parcels_make(PARCEL_EMAIL);
	MimeSender named = {"billing@example.org", "Billing", "help@example.org"};

	(void) state;
	assert_has(&parcel, &named,
			   "From: Billing\r\n <billing@example.org>\r\n"
			   "To: li@example.com\r\nReply-To: help@example.org\r\n");
	named.from_name = "Billing, \"Inc\"";
	assert_has(&parcel, &named,
			   "From: =?UTF-8?B?QmlsbGluZywgIkluYyI=?=\r\n <billing@example.org>\r\n");
	strcpy(parcel.subject, YU);
	assert_has(&parcel, &sender, "\r\nSubject: =?UTF-8?B?5L2Z?=\r\n");
	strcpy(parcel.subject, "a =?UTF-8?B?5L2Z?=");
	assert_has(&parcel, &sender, "\r\nSubject: =?UTF-8?B?YSA9P1VURi04P0I/NUwyWj89?=\r\n");
	strcpy(parcel.subject, "a ");
	assert_has(&parcel, &sender, "\r\nSubject: =?UTF-8?B?YSA=?=\r\n");
	/* 43 bytes: the last character is not parted. */
	strcpy(parcel.subject, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" YU);
	assert_has(&parcel, &sender,
			   "Subject: =?UTF-8?B?YWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYQ==?=\r\n"
			   " =?UTF-8?B?5L2Z?=\r\n");
}

static void
test_file_names(void **state)
{
	Parcel parcel = parcels_make(PARCEL_EMAIL);

	(void) state;
	parcel.attachments_count = 1;
	strcpy(parcel.attachments[0].content_type, "a/b");
	strcpy(parcel.attachments[0].name, YU "\"; x=\r\n");
	assert_has(&parcel, &sender, ";\r\n filename*0*=UTF-8''%E4%BD%99%22%3B%20x%3D%0D%0A\r\n");
	strcpy(parcel.attachments[0].name, "abcd" YU YU YU YU YU);
	assert_has(&parcel, &sender,
			   ";\r\n filename*0*=UTF-8''abcd%E4%BD%99%E4%BD%99%E4%BD%99%E4%BD%99"
			   ";\r\n filename*1*=%E4%BD%99\r\n");
}

static void
test_injection(void **state)
{
	static const char *const bad[] = {"a\r\nBcc: b@c.d", "a\nb", "a\rb", "a\x01", "a\x7f"};
	Parcel parcel = parcels_make(PARCEL_EMAIL);
	MimeSender other = sender;

	(void) state;
	for (size_t i = 0; i < LENGTH(bad); i++)
	{
		strcpy(parcel.subject, bad[i]);
		assert_null(write_text(&parcel, &sender));
	}
	parcel = parcels_make(PARCEL_EMAIL);
	strcpy(parcel.to, "a@b\r\nBcc: c@d.e");
	assert_null(write_text(&parcel, &sender));
	parcel = parcels_make(PARCEL_EMAIL);
	other.from_name = "a\r\nBcc: b@c.d";
	assert_null(write_text(&parcel, &other));
	other = sender;
	other.reply_to = "a@b\r\nBcc: c@d.e";
	assert_null(write_text(&parcel, &other));
	other = sender;
	other.from = "";
	assert_null(write_text(&parcel, &other));
}

/* The longest of everything: no line of more than 78 characters but where an address is, no bare CR
 * or LF, nothing but ASCII. */
static void
test_lines(void **state)
{
	Parcel parcel = parcels_make(PARCEL_EMAIL);
	char *bytes = malloc(100000);
	char *text;
	size_t longest = 0;

	(void) state;
	for (size_t i = 0; i < 100000; i++)
		bytes[i] = (char) (1 + random_next() % 255);
	memset(parcel.id, 'i', sizeof(parcel.id) - 1);
	for (size_t i = 0; i < PARCEL_SUBJECT_SIZE - 2; i += 2)
		memcpy(parcel.subject + i, "\xc3\xa9", 2);
	parcel.text = parcel.html = (Bytes){bytes, 100000};
	parcel.attachments_count = 2;
	for (size_t i = 0; i < 2; i++)
	{
		memset(parcel.attachments[i].name, i ? '\xe4' : 'a', PARCEL_FILE_NAME_SIZE - 1);
		memset(parcel.attachments[i].content_type, 'a', PARCEL_CONTENT_TYPE_SIZE - 1);
		parcel.attachments[i].content_type[1] = '/';
		parcel.attachments[i].bytes = (Bytes){bytes, 99999};
	}
	text = write_text(&parcel, &sender);
	assert_non_null(text);
	for (char *line = text; *line;)
	{
		size_t size = strcspn(line, "\r\n");

		for (size_t i = 0; i < size; i++)
			assert_true(line[i] >= ' ' && line[i] <= '~');
		assert_memory_equal(line + size, "\r\n", 2);
		if (size > longest && strncmp(line, "Message-ID", 10) != 0)
			longest = size;
		line += size + 2;
	}
	assert_in_range(longest, 76, 78);
	free(text);
	free(bytes);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plain),	  cmocka_unit_test(test_parts),
		cmocka_unit_test(test_words),	  cmocka_unit_test(test_file_names),
		cmocka_unit_test(test_injection), cmocka_unit_test(test_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
