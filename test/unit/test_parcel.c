/*-------------------------------------------------------------------------
 *
 * test_parcel.c
 *	  Which parcels are sound, and what of them comes out of their frames.
 *
 *-------------------------------------------------------------------------
 */
#include "message/parcel.h"

#include "parcels.h"
#include "unit.h"

static char room[PARCEL_FRAME_ROOM];

/* ---- sound --------------------------------------------------------------- */

static void
assert_fault(const Parcel *parcel, const char *expected)
{
	char fault[PARCEL_FAULT_SIZE];

	assert_int_equal(parcel_is_sound(parcel, fault), expected[0] == '\0');
	assert_string_equal(fault, expected);
	assert_int_equal(parcel_write(1, parcel, room, sizeof(room)) > 0, expected[0] == '\0');
}

#define SPOILED(channel, change, fault)        \
	do                                         \
	{                                          \
		Parcel parcel = parcels_make(channel); \
                                               \
		change;                                \
		assert_fault(&parcel, fault);          \
	} while (0)

static void
test_sound(void **state)
{
	(void) state;
	for (int i = 0; i < PARCEL_CHANNELS_COUNT; i++)
		SPOILED((ParcelChannel) i, (void) parcel, "");
	SPOILED(PARCEL_SMS, parcel.template_code[0] = '\0', "");
	SPOILED(PARCEL_SMS, (parcel.text.size = 0, parcel.parameters.size = 0), "");
	SPOILED(PARCEL_WEBHOOK, parcel.previous_version = 1, "");
}

static void
test_unsound(void **state)
{
	static const char *const bad_ids[] = {"", ".a", "a.", "a..b", "a b", "a@b", "a>", "\xe4"};

	(void) state;
	for (size_t i = 0; i < LENGTH(bad_ids); i++)
		SPOILED(PARCEL_EMAIL, strcpy(parcel.id, bad_ids[i]), "id");
	SPOILED(PARCEL_EMAIL, parcel.database[0] = '\0', "database");
	SPOILED(PARCEL_EMAIL, parcel.sent_at = -1, "sent_at");
	SPOILED(PARCEL_EMAIL, parcel.to[0] = '\0', "to");
	SPOILED(PARCEL_EMAIL, parcel.subject[0] = '\0', "subject");
	SPOILED(PARCEL_EMAIL, parcel.text.size = 0, "text");
	SPOILED(PARCEL_EMAIL, (parcel.text = (Bytes){"a\0b", 3}), "text");
	SPOILED(PARCEL_SMS, strcpy(parcel.mobile, "139"), "mobile");
	SPOILED(PARCEL_SMS, strcpy(parcel.mobile, "+86139000a0000"), "mobile");
	SPOILED(PARCEL_SMS, strcpy(parcel.mobile, "13900000000,13900000001"), "mobile");
	SPOILED(PARCEL_SMS, (parcel.template_code[0] = '\0', parcel.text.size = 0), "template_code");
	SPOILED(PARCEL_SMS, parcel.parameters = bytes_of("[1]"), "parameters");
	SPOILED(PARCEL_WEBHOOK, parcel.url[0] = '\0', "url");
	SPOILED(PARCEL_WEBHOOK, parcel.payload.size = 0, "payload");
	SPOILED(PARCEL_WEBHOOK, parcel.endpoint_id = 0, "endpoint_id");
	SPOILED(PARCEL_WEBHOOK, parcel.account_id = 0, "endpoint_id");
	SPOILED(PARCEL_WEBHOOK, parcel.version = 0, "version");
}

static void
test_too_long(void **state)
{
	char *large = malloc(PARCEL_BODY_BYTES_MAX + 1);

	(void) state;
	memset(large, 'x', PARCEL_BODY_BYTES_MAX + 1);
	SPOILED(PARCEL_EMAIL, (parcel.text = (Bytes){large, PARCEL_BODY_BYTES_MAX}), "");
	SPOILED(PARCEL_EMAIL, (parcel.text = (Bytes){large, PARCEL_BODY_BYTES_MAX + 1}), "text");
	SPOILED(PARCEL_EMAIL, (parcel.html = (Bytes){large, PARCEL_BODY_BYTES_MAX + 1}), "html");
	SPOILED(PARCEL_SMS, (parcel.text = (Bytes){large, PARCEL_PARAMETERS_BYTES_MAX + 1}), "text");
	SPOILED(PARCEL_WEBHOOK, (parcel.payload = (Bytes){large, PARCEL_PAYLOAD_BYTES_MAX}), "");
	SPOILED(PARCEL_WEBHOOK, (parcel.payload = (Bytes){large, PARCEL_PAYLOAD_BYTES_MAX + 1}),
			"payload");
	free(large);
}

static void
test_addresses(void **state)
{
	static const char *const good[] = {"a@b", "li.x+y@example.com", "a'b/c@xn--fiq228c.cn"};
	static const char *const bad[] = {
		"",		 "a",		"@b",	   "a@",		"a@b@c",	   "a b@c",			 "a@b c",
		"<a@b>", "a@b,c@d", "\"a\"@b", "a.@b",		".a@b",		   "a..b@c",		 "a@.b",
		"a@b.",	 "a@b..c",	"a\r\n@b", "a@b\r\nX:", "a@[1.2.3.4]", "\xe4\xbd\x99@b",
	};
	char text[PARCEL_ADDRESS_SIZE + 8];

	(void) state;
	for (size_t i = 0; i < LENGTH(good); i++)
		assert_true(parcel_is_address(good[i]));
	for (size_t i = 0; i < LENGTH(bad); i++)
		assert_false(parcel_is_address(bad[i]));
	memset(text, 'a', sizeof(text));
	text[64] = '@';
	text[PARCEL_ADDRESS_SIZE - 1] = '\0';
	assert_true(parcel_is_address(text));
	text[PARCEL_ADDRESS_SIZE - 1] = 'a';
	text[PARCEL_ADDRESS_SIZE] = '\0';
	assert_false(parcel_is_address(text));
}

static void
attach(Parcel *parcel, const char *name, const char *type, Bytes bytes)
{
	ParcelAttachment *attachment = &parcel->attachments[parcel->attachments_count++];

	strcpy(attachment->name, name);
	strcpy(attachment->content_type, type);
	attachment->bytes = bytes;
}

static void
test_attachments(void **state)
{
	static const char *const bad_names[] = {"", ".x", "a/b", "a\\b"};
	static const char *const bad_types[] = {"", "pdf", "/pdf", "a/", "a/b;c=d", "a/b\r\nX: y"};
	char *large = calloc(1, PARCEL_ATTACHED_BYTES_MAX);
	Bytes half = {large, PARCEL_ATTACHED_BYTES_MAX / 2};

	(void) state;
	for (size_t i = 0; i < LENGTH(bad_names); i++)
		SPOILED(PARCEL_EMAIL, attach(&parcel, bad_names[i], "a/b", half), "attachments");
	for (size_t i = 0; i < LENGTH(bad_types); i++)
		SPOILED(PARCEL_EMAIL, attach(&parcel, "a", bad_types[i], half), "attachments");
	SPOILED(PARCEL_EMAIL, (attach(&parcel, "a", "a/b", half), attach(&parcel, "b", "a/b", half)),
			"");
	SPOILED(PARCEL_EMAIL,
			(attach(&parcel, "a", "a/b", half), attach(&parcel, "b", "a/b", half),
			 attach(&parcel, "c", "a/b", bytes_of("1"))),
			"attachments");
	SPOILED(PARCEL_EMAIL, parcel.attachments_count = PARCEL_ATTACHMENTS_MAX + 1, "attachments");
	free(large);
}

/* ---- frames -------------------------------------------------------------- */

static void
assert_bytes_equal(Bytes a, Bytes b)
{
	assert_true(bytes_equal(a, b));
}

static void
assert_read_alike(const Parcel *parcel)
{
	size_t size = parcel_write(-5, parcel, room, sizeof(room));
	int64_t id;
	Parcel read;

	assert_true(size > 0);
	assert_int_equal(frame_size((Bytes){room, size}), size);
	assert_true(parcel_read((Bytes){room, size}, &id, &read));
	assert_int_equal(id, -5);
	assert_int_equal(read.channel, parcel->channel);
	assert_string_equal(read.id, parcel->id);
	assert_string_equal(read.database, parcel->database);
	assert_int_equal(read.created_at, parcel->created_at);
	assert_int_equal(read.sent_at, parcel->sent_at);
	assert_string_equal(read.to, parcel->to);
	assert_string_equal(read.subject, parcel->subject);
	assert_bytes_equal(read.text, parcel->text);
	assert_bytes_equal(read.html, parcel->html);
	assert_string_equal(read.mobile, parcel->mobile);
	assert_string_equal(read.sign_name, parcel->sign_name);
	assert_string_equal(read.template_code, parcel->template_code);
	assert_bytes_equal(read.parameters, parcel->parameters);
	assert_string_equal(read.url, parcel->url);
	assert_bytes_equal(read.payload, parcel->payload);
	assert_int_equal(read.account_id, parcel->account_id);
	assert_int_equal(read.endpoint_id, parcel->endpoint_id);
	assert_int_equal(read.version, parcel->version);
	assert_int_equal(read.previous_version, parcel->previous_version);
	assert_int_equal(read.attachments_count, parcel->attachments_count);
	for (size_t i = 0; i < read.attachments_count; i++)
	{
		assert_string_equal(read.attachments[i].name, parcel->attachments[i].name);
		assert_string_equal(read.attachments[i].content_type, parcel->attachments[i].content_type);
		assert_bytes_equal(read.attachments[i].bytes, parcel->attachments[i].bytes);
	}
	parcel_free(&read);
}

static void
test_frames(void **state)
{
	Parcel parcel = parcels_make(PARCEL_WEBHOOK);

	(void) state;
	for (int i = 0; i < PARCEL_CHANNELS_COUNT; i++)
		assert_read_alike(&(Parcel[]){parcels_make((ParcelChannel) i)}[0]);
	parcel.previous_version = 1;
	assert_read_alike(&parcel);
	parcel = parcels_make(PARCEL_EMAIL);
	parcel.html = bytes_of("<p>\r\n\t&amp;</p>");
	attach(&parcel, "\xe5\x8f\x91\xe7\xa5\xa8.pdf", "application/pdf", (Bytes){"%PDF\0\xff\n", 7});
	attach(&parcel, "empty", "text/plain", (Bytes){"", 0});
	assert_read_alike(&parcel);
}

/* All that may be attached, with texts of the greatest length, is one frame. */
static void
test_largest_frame(void **state)
{
	char *large = malloc(PARCEL_ATTACHED_BYTES_MAX);
	Parcel parcel = parcels_make(PARCEL_EMAIL);

	(void) state;
	for (size_t i = 0; i < PARCEL_ATTACHED_BYTES_MAX; i++)
		large[i] = (char) random_next();
	attach(&parcel, "a", "a/b", (Bytes){large, PARCEL_ATTACHED_BYTES_MAX});
	assert_read_alike(&parcel);
	memset(large, 'x', PARCEL_BODY_BYTES_MAX);
	parcel.text = parcel.html = (Bytes){large, PARCEL_BODY_BYTES_MAX};
	assert_read_alike(&parcel);
	free(large);
}

static void
test_small_room(void **state)
{
	Parcel parcel = parcels_make(PARCEL_EMAIL);
	size_t whole = parcel_write(1, &parcel, room, sizeof(room));

	(void) state;
	for (size_t size = 0; size <= whole; size++)
	{
		char *small = malloc(size);

		assert_int_equal(parcel_write(1, &parcel, small, size), size == whole ? whole : 0);
		free(small);
	}
}

#define EMAIL                                                                               \
	"\"id\":1,\"channel\":\"email\",\"message\":\"n-1\",\"database\":\"d\",\"to\":\"a@b\"," \
	"\"subject\":\"s\",\"text\":\"t\""
#define ATTACHMENT "{\"name\":\"a\",\"content_type\":\"a/b\",\"bytes\":\"Zg==\"}"

static bool
is_read(const char *text)
{
	size_t size = FRAME_PREFIX_BYTES + strlen(text);
	char *frame = malloc(size);
	int64_t id;
	Parcel parcel;
	bool is_good;

	memcpy(frame + FRAME_PREFIX_BYTES, text, strlen(text));
	is_good = parcel_read((Bytes){frame, size}, &id, &parcel);
	assert_int_equal(parcel.memory != NULL, is_good);
	parcel_free(&parcel);
	free(frame);
	return is_good;
}

static void
test_texts_of_frames(void **state)
{
	static const char *const good[] = {
		"{" EMAIL "}",
		"{" EMAIL ",\"attachments\":[" ATTACHMENT "]}",
		"{" EMAIL ",\"attachments\":[" ATTACHMENT "," ATTACHMENT "," ATTACHMENT "]}",
		"{" EMAIL ",\"html\":\"a\\r\\n\"}",
	};
	static const char *const bad[] = {
		"",
		"{}",
		"[1]",
		"{\"channel\":\"fax\",\"id\":1}",
		"{" EMAIL,
		"{" EMAIL "} ,",
		"{" EMAIL ",\"id\":2}",
		"{" EMAIL ",\"html\":\"\"}",
		"{" EMAIL ",\"html\":\"a\\u0000\"}",
		"{" EMAIL ",\"html\":\"\xff\"}",
		"{" EMAIL ",\"html\":1}",
		"{" EMAIL ",\"mobile\":\"1\\r\\n\"}",
		"{" EMAIL ",\"sent_at\":-1}",
		"{" EMAIL ",\"sent_at\":\"1\"}",
		"{" EMAIL ",\"attachments\":{}}",
		"{" EMAIL ",\"attachments\":[]}",
		"{" EMAIL ",\"attachments\":[1]}",
		"{" EMAIL ",\"attachments\":[{\"name\":\"a\",\"content_type\":\"a/b\"}]}",
		"{" EMAIL ",\"attachments\":[{\"name\":\"a\",\"bytes\":\"Zg==\"}]}",
		"{" EMAIL ",\"attachments\":[{\"name\":\"a\",\"content_type\":\"a/b\",\"bytes\":\"Z\"}]}",
		"{" EMAIL ",\"attachments\":[" ATTACHMENT "," ATTACHMENT "," ATTACHMENT "," ATTACHMENT "]}",
	};

	(void) state;
	for (size_t i = 0; i < LENGTH(good); i++)
		assert_true(is_read(good[i]));
	for (size_t i = 0; i < LENGTH(bad); i++)
		assert_false(is_read(bad[i]));
}

static void
test_answers(void **state)
{
	int64_t id;
	ParcelAnswer read;

	(void) state;
	for (int i = 0; i < PARCEL_RESULTS_COUNT; i++)
	{
		ParcelAnswer answer = {.result = (ParcelResult) i};
		size_t size;

		memset(answer.code, '"', i % 2 ? sizeof(answer.code) - 1 : 0);
		size = parcel_write_answer(INT64_MIN, &answer, room);
		assert_true(size > 0 && size <= PARCEL_ANSWER_ROOM);
		assert_true(parcel_read_answer((Bytes){room, size}, &id, &read));
		assert_true(id == INT64_MIN);
		assert_int_equal(read.result, answer.result);
		assert_string_equal(read.code, answer.code);
		assert_false(parcel_read_answer((Bytes){room, size - 1}, &id, &read));
	}
}

static void
test_names(void **state)
{
	ParcelChannel channel;
	ParcelResult result;

	(void) state;
	for (int i = 0; i < PARCEL_CHANNELS_COUNT; i++)
		assert_true(parcel_channel_from_name(parcel_channel_name((ParcelChannel) i), &channel) &&
					(int) channel == i);
	for (int i = 0; i < PARCEL_RESULTS_COUNT; i++)
		assert_true(parcel_result_from_name(parcel_result_name((ParcelResult) i), &result) &&
					(int) result == i);
	assert_false(parcel_channel_from_name("fax", &channel));
	assert_false(parcel_result_from_name("", &result));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sound),			cmocka_unit_test(test_unsound),
		cmocka_unit_test(test_too_long),		cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_attachments),		cmocka_unit_test(test_frames),
		cmocka_unit_test(test_largest_frame),	cmocka_unit_test(test_small_room),
		cmocka_unit_test(test_texts_of_frames), cmocka_unit_test(test_answers),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
