/*-------------------------------------------------------------------------
 *
 * outlet.c
 *	  Reading mail.conf, sms.conf and webhook.conf.
 *
 *-------------------------------------------------------------------------
 */
#include "message/outlet.h"

#include "message/webhook.h"

#include <arpa/inet.h>
#include <openssl/crypto.h>
#include <stdio.h>

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

typedef enum SettingKind
{
	SETTING_WORD,
	SETTING_WORDS,
	SETTING_HOST,
	SETTING_ADDRESS, /* of e-mail */
	SETTING_SECRET,	 /* the file that holds it */
	SETTING_FILE,
	SETTING_PORT,
	SETTING_TIMEOUT,
	SETTING_SWITCH,
	SETTING_SECURITY,
	SETTING_DRIVER,
	SETTING_URL,
	SETTING_PRIVATE,
	SETTING_RESOLVE /* may stand several times */
} SettingKind;

typedef struct Setting
{
	const char *name;
	SettingKind kind;
	bool needed;
	size_t offset;
	size_t size;
} Setting;

#define FIELD(field) offsetof(Outlet, field), sizeof(((Outlet *) 0)->field)

static const Setting mail_settings[] = {
	{"database", SETTING_WORD, true, FIELD(database)},
	{"host", SETTING_HOST, true, FIELD(mail.host)},
	{"port", SETTING_PORT, false, FIELD(mail.port)},
	{"timeout", SETTING_TIMEOUT, false, FIELD(mail.timeout_s)},
	{"security", SETTING_SECURITY, true, FIELD(mail.security)},
	{"allow_plain", SETTING_SWITCH, false, FIELD(allow_plain)},
	{"user", SETTING_WORD, false, FIELD(mail.user)},
	{"password", SETTING_SECRET, false, FIELD(mail.password)},
	{"from", SETTING_ADDRESS, true, FIELD(mail.from)},
	{"from_name", SETTING_WORDS, false, FIELD(mail.from_name)},
	{"reply_to", SETTING_ADDRESS, false, FIELD(mail.reply_to)},
	{"ca_file", SETTING_FILE, false, FIELD(ca_file)},
};

static const Setting sms_settings[] = {
	{"database", SETTING_WORD, true, FIELD(database)},
	{"driver", SETTING_DRIVER, true, FIELD(sms.driver)},
	{"url", SETTING_URL, true, FIELD(sms.address)},
	{"access_key_id", SETTING_WORD, false, FIELD(sms.access_key_id)},
	{"region", SETTING_WORD, false, FIELD(sms.region)},
	{"secret", SETTING_SECRET, true, FIELD(sms.secret)},
	{"ca_file", SETTING_FILE, false, FIELD(ca_file)},
};

static const Setting webhook_settings[] = {
	{"database", SETTING_WORD, true, FIELD(database)},
	{"master_key", SETTING_SECRET, true, FIELD(webhook.master_key)},
	{"allow_private", SETTING_PRIVATE, false, FIELD(webhook.private_address)},
	{"resolve", SETTING_RESOLVE, false, FIELD(webhook.resolve)},
	{"ca_file", SETTING_FILE, false, FIELD(ca_file)},
};

static const struct Kind
{
	const char *file;
	const Setting *settings;
	size_t count;
} kinds[PARCEL_CHANNELS_COUNT] = {
	[PARCEL_EMAIL] = {"mail.conf", mail_settings, LENGTH(mail_settings)},
	[PARCEL_SMS] = {"sms.conf", sms_settings, LENGTH(sms_settings)},
	[PARCEL_WEBHOOK] = {"webhook.conf", webhook_settings, LENGTH(webhook_settings)},
};

/* What reading goes by. */
typedef struct Reading
{
	Outlet *outlet;
	const struct Kind *kind;
	unsigned given; /* bits of the settings that stood in the file */
	ConfLineReader reader;
	void *argument;
	char *fault;
} Reading;

const char *
outlet_file(ParcelChannel channel)
{
	return kinds[channel].file;
}

/* Says what is wrong; false. Values are not repeated: they may be secrets. */
static bool
wrong(const Reading *reading, const char *what, const char *name)
{
	(void) snprintf(reading->fault, OUTLET_FAULT_SIZE, "%s %s", name, what);
	return false;
}

static bool
read_security(Bytes value, OutletSecurity *security)
{
	static const char *const names[] = {
		[OUTLET_STARTTLS] = "starttls", [OUTLET_TLS] = "tls", [OUTLET_PLAIN] = "none"};

	for (size_t i = 0; i < LENGTH(names); i++)
	{
		*security = (OutletSecurity) i;
		if (bytes_equal(value, bytes_of(names[i])))
			return true;
	}
	return false;
}

static bool
read_driver(Bytes value, OutletDriver *driver)
{
	*driver = bytes_equal(value, bytes_of("https")) ? OUTLET_HTTPS : OUTLET_ALIYUN;
	return *driver == OUTLET_HTTPS || bytes_equal(value, bytes_of("aliyun"));
}

/* "127.0.0.1:8443" */
static bool
read_private(Bytes value, OutletWebhook *webhook)
{
	char address[INET_ADDRSTRLEN];

	return conf_line_copy(conf_line_cut(&value, ':'), address, sizeof(address)) &&
		   inet_pton(AF_INET, address, webhook->private_address) == 1 &&
		   conf_line_port(value, &webhook->private_port);
}

static bool
read_resolve(Bytes value, OutletWebhook *webhook)
{
	return webhook->resolve_count < OUTLET_NAMES_MAX &&
		   conf_line_copy(value, webhook->resolve[webhook->resolve_count++], OUTLET_WORD_SIZE);
}

static bool
read_value(Reading *reading, const Setting *setting, Bytes value)
{
	Outlet *outlet = reading->outlet;
	char *field = (char *) outlet + setting->offset;

	switch (setting->kind)
	{
		case SETTING_WORD:
			return conf_line_copy(value, field, setting->size);
		case SETTING_WORDS:
			return conf_line_copy_words(value, field, setting->size);
		case SETTING_HOST:
			return conf_line_copy(value, field, setting->size) && http_is_host(field);
		case SETTING_ADDRESS:
			return conf_line_copy(value, field, setting->size) && parcel_is_address(field);
		case SETTING_SECRET:
			return conf_line_secret(reading->reader, reading->argument, value, field,
									setting->size);
		case SETTING_FILE:
			return conf_line_file(value, field);
		case SETTING_PORT:
			return conf_line_port(value, &outlet->mail.port);
		case SETTING_TIMEOUT:
			return conf_line_count(value, OUTLET_TIMEOUT_S_MAX, &outlet->mail.timeout_s);
		case SETTING_SWITCH:
			return conf_line_switch(value, &outlet->allow_plain);
		case SETTING_SECURITY:
			return read_security(value, &outlet->mail.security);
		case SETTING_DRIVER:
			return read_driver(value, &outlet->sms.driver);
		case SETTING_URL:
			return http_read_address(value, &outlet->sms.address) && !outlet->sms.address.is_plain;
		case SETTING_PRIVATE:
			return read_private(value, &outlet->webhook);
		case SETTING_RESOLVE:
			return read_resolve(value, &outlet->webhook);
	}
	return false;
}

static bool
read_setting(Reading *reading, Bytes name, Bytes value)
{
	const Setting *settings = reading->kind->settings;
	size_t i = 0;

	if (name.size == 0)
		return wrong(reading, "has a value without a name", "it");
	while (i < reading->kind->count && !bytes_equal(name, bytes_of(settings[i].name)))
		i++;
	if (i == reading->kind->count)
		return wrong(reading, "has a name that is no setting", "it");
	if ((reading->given & 1u << i) && settings[i].kind != SETTING_RESOLVE)
		return wrong(reading, "stands twice", settings[i].name);
	reading->given |= 1u << i;
	return read_value(reading, &settings[i], value) ||
		   wrong(reading, "is unsound, or its file cannot be read", settings[i].name);
}

static bool
has_all(const Reading *reading)
{
	for (size_t i = 0; i < reading->kind->count; i++)
		if (reading->kind->settings[i].needed && !(reading->given & 1u << i))
			return wrong(reading, "is missing", reading->kind->settings[i].name);
	return true;
}

static bool
is_mail_sound(const Reading *reading)
{
	const OutletMail *mail = &reading->outlet->mail;

	if (mail->security == OUTLET_PLAIN && !reading->outlet->allow_plain)
		return wrong(reading, "none is for tests", "security");
	return (mail->user[0] == '\0') == (mail->password[0] == '\0') ||
		   wrong(reading, "needs the other", "user or password");
}

static bool
is_sms_sound(const Reading *reading)
{
	const OutletSms *sms = &reading->outlet->sms;
	unsigned char key[WEBHOOK_KEY_BYTES_MAX];
	size_t size;
	bool is_key = webhook_key(sms->secret, key, &size);

	OPENSSL_cleanse(key, sizeof(key));
	if (sms->driver == OUTLET_HTTPS)
		return is_key || wrong(reading, "is none: whsec_ and base64", "secret");
	if (sms->access_key_id[0] == '\0' || sms->region[0] == '\0')
		return wrong(reading, "is missing", "access_key_id or region");
	return strcmp(sms->address.target, "/") == 0 || wrong(reading, "has a path", "url");
}

static bool
is_webhook_sound(const Reading *reading)
{
	const OutletWebhook *webhook = &reading->outlet->webhook;

	if (strlen(webhook->master_key) < OUTLET_MASTER_KEY_CHARACTERS_MIN)
		return wrong(reading, "is too short", "master_key");
	return webhook->resolve_count == 0 || webhook->private_port != 0 ||
		   wrong(reading, "is for tests", "resolve");
}

static bool
is_sound(const Reading *reading, ParcelChannel channel)
{
	switch (channel)
	{
		case PARCEL_EMAIL:
			return is_mail_sound(reading);
		case PARCEL_SMS:
			return is_sms_sound(reading);
		case PARCEL_WEBHOOK:
			return is_webhook_sound(reading);
	}
	return false;
}

bool
outlet_read(ParcelChannel channel, Bytes text, ConfLineReader reader, void *argument,
			Outlet *outlet, char fault[OUTLET_FAULT_SIZE])
{
	Reading reading = {outlet, &kinds[channel], 0, reader, argument, fault};
	Bytes name;
	Bytes value;
	bool is_read = true;

	*outlet = (Outlet){0};
	fault[0] = '\0';
	while (is_read && conf_line_next(&text, &name, &value))
		is_read = read_setting(&reading, name, value);
	is_read = is_read && has_all(&reading) && is_sound(&reading, channel);
	if (!is_read)
		outlet_wipe(outlet);
	return is_read;
}

void
outlet_wipe(Outlet *outlet)
{
	OPENSSL_cleanse(outlet, sizeof(*outlet));
}
