/*-------------------------------------------------------------------------
 *
 * test_outlet.c
 *	  mail.conf, sms.conf and webhook.conf.
 *
 *-------------------------------------------------------------------------
 */
#include "message/outlet.h"

#include "unit.h"

/* The files beside it. */
static bool
read_beside(void *argument, const char *file, char *room, size_t size_max, size_t *size)
{
	static const struct
	{
		const char *file;
		const char *content;
	} files[] = {
		{"word", "secret\n"},
		{"words", "a secret\n"},
		{"key", "0123456789abcdef0123456789abcdef\r\n"},
		{"whsec", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"},
	};

	(void) argument, (void) size_max;
	for (size_t i = 0; i < LENGTH(files); i++)
		if (strcmp(files[i].file, file) == 0)
		{
			*size = strlen(files[i].content);
			memcpy(room, files[i].content, *size);
			return true;
		}
	return false;
}

static Outlet outlet;

static const char *
fault_of(ParcelChannel channel, const char *text)
{
	static char fault[OUTLET_FAULT_SIZE];
	static const Outlet empty;
	bool is_read = outlet_read(channel, bytes_of(text), read_beside, NULL, &outlet, fault);

	assert_int_equal(is_read, fault[0] == '\0');
	if (!is_read)
		assert_memory_equal(&outlet, &empty, sizeof(empty));
	return fault;
}

#define MAIL "database = books\nhost = mx.example.org\nsecurity = starttls\nfrom = a@b.c\n"
#define ALIYUN                                                                  \
	"database = books\ndriver = aliyun\nurl = https://dysmsapi.aliyuncs.com/\n" \
	"access_key_id = k\nregion = cn-hangzhou\nsecret = word\n"
#define HTTPS "database=books\ndriver=https\nurl=https://sms.example.org:8443/send\nsecret=whsec\n"
#define WEBHOOK "database = books\nmaster_key = key\n"

static void
test_good(void **state)
{
	(void) state;
	assert_string_equal(fault_of(PARCEL_EMAIL,
								 MAIL "# x\n\nuser=u\npassword=word\nport=25\n"
									  "from_name = \xe4\xbd\x99, Inc\n"
									  "reply_to = d@e\nca_file = ca.pem\ntimeout = 600\n"),
						"");
	assert_string_equal(outlet.database, "books");
	assert_string_equal(outlet.mail.host, "mx.example.org");
	assert_string_equal(outlet.mail.password, "secret");
	assert_string_equal(outlet.mail.from_name, "\xe4\xbd\x99, Inc");
	assert_string_equal(outlet.ca_file, "ca.pem");
	assert_int_equal(outlet.mail.port, 25);
	assert_int_equal(outlet.mail.timeout_s, 600);
	assert_int_equal(outlet.mail.security, OUTLET_STARTTLS);
	assert_string_equal(fault_of(PARCEL_SMS, ALIYUN), "");
	assert_string_equal(outlet.sms.address.host, "dysmsapi.aliyuncs.com");
	assert_string_equal(fault_of(PARCEL_SMS, HTTPS), "");
	assert_int_equal(outlet.sms.address.port, 8443);
	assert_string_equal(outlet.sms.address.target, "/send");
	assert_string_equal(fault_of(PARCEL_WEBHOOK, WEBHOOK), "");
	assert_string_equal(outlet.webhook.master_key, "0123456789abcdef0123456789abcdef");
	assert_int_equal(outlet.webhook.private_port, 0);
	outlet_wipe(&outlet);
	assert_string_equal(outlet.webhook.master_key, "");
}

static void
test_for_tests(void **state)
{
	(void) state;
	assert_string_equal(fault_of(PARCEL_WEBHOOK,
								 WEBHOOK "allow_private = 127.0.0.1:8443\n"
										 "resolve = a.test:443:127.0.0.1\n"
										 "resolve = b.test:443:127.0.0.1,10.0.0.1\n"),
						"");
	assert_memory_equal(outlet.webhook.private_address, "\x7f\0\0\1", 4);
	assert_int_equal(outlet.webhook.private_port, 8443);
	assert_int_equal(outlet.webhook.resolve_count, 2);
	assert_string_equal(fault_of(PARCEL_WEBHOOK, WEBHOOK "resolve = a.test:443:127.0.0.1\n"),
						"resolve is for tests");
	assert_string_equal(fault_of(PARCEL_EMAIL, "database=d\nhost=h\nsecurity=none\nfrom=a@b\n"
											   "allow_plain=yes\n"),
						"");
	assert_string_equal(fault_of(PARCEL_EMAIL, "database=d\nhost=h\nsecurity=none\nfrom=a@b\n"),
						"security none is for tests");
}

static void
test_bad(void **state)
{
	static const struct
	{
		ParcelChannel channel;
		const char *text;
		const char *fault;
	} cases[] = {
		{PARCEL_EMAIL, "", "database is missing"},
		{PARCEL_EMAIL, MAIL "host = b\n", "host stands twice"},
		{PARCEL_EMAIL, MAIL "hots = b\n", "it has a name that is no setting"},
		{PARCEL_EMAIL, MAIL "= b\n", "it has a value without a name"},
		{PARCEL_EMAIL, MAIL "user = b\n", "user or password needs the other"},
		{PARCEL_EMAIL, MAIL "password = word\n", "user or password needs the other"},
		{PARCEL_EMAIL, MAIL "user = u\npassword = words\n",
		 "password is unsound, or its file cannot be read"},
		{PARCEL_EMAIL, MAIL "user = u\npassword = none\n",
		 "password is unsound, or its file cannot be read"},
		{PARCEL_EMAIL, MAIL "user = u\npassword = ../word\n",
		 "password is unsound, or its file cannot be read"},
		{PARCEL_EMAIL, MAIL "port = 0\n", "port is unsound, or its file cannot be read"},
		{PARCEL_EMAIL, MAIL "timeout = 601\n", "timeout is unsound, or its file cannot be read"},
		{PARCEL_EMAIL, MAIL "timeout = 1s\n", "timeout is unsound, or its file cannot be read"},
		{PARCEL_EMAIL, MAIL "reply_to = b\n", "reply_to is unsound, or its file cannot be read"},
		{PARCEL_EMAIL, "host = a/b\n", "host is unsound, or its file cannot be read"},
		{PARCEL_EMAIL, "security = ssl\n", "security is unsound, or its file cannot be read"},
		{PARCEL_SMS, "database=d\ndriver=aliyun\nurl=https://a.b/\nsecret=word\n",
		 "access_key_id or region is missing"},
		{PARCEL_SMS, "url=http://a.b/\n", "url is unsound, or its file cannot be read"},
		{PARCEL_SMS, "database=d\ndriver=https\nurl=https://a.b/\nsecret=word\n",
		 "secret is none: whsec_ and base64"},
		{PARCEL_SMS, "driver=http\n", "driver is unsound, or its file cannot be read"},
		{PARCEL_WEBHOOK, "database=d\nmaster_key=word\n", "master_key is too short"},
		{PARCEL_WEBHOOK, "allow_private=127.0.0.1\n",
		 "allow_private is unsound, or its file cannot be read"},
		{PARCEL_WEBHOOK, "allow_private=::1:443\n",
		 "allow_private is unsound, or its file cannot be read"},
		{PARCEL_WEBHOOK, "allow_plain=yes\n", "it has a name that is no setting"},
	};

	(void) state;
	for (size_t i = 0; i < LENGTH(cases); i++)
		assert_string_equal(fault_of(cases[i].channel, cases[i].text), cases[i].fault);
	assert_string_equal(outlet_file(PARCEL_EMAIL), "mail.conf");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_for_tests),
		cmocka_unit_test(test_bad),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
