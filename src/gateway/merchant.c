/*-------------------------------------------------------------------------
 *
 * merchant.c
 *	  Reading a merchant's file, and the keys beside it.
 *
 *-------------------------------------------------------------------------
 */
#include "gateway/merchant.h"

#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>

/* What reading goes by. */
typedef struct Reading
{
	Merchant *merchant;
	bool with_private_key;
	ConfLineReader reader;
	void *argument;
	char *fault;
} Reading;

typedef enum SettingKind
{
	SETTING_TEXT,
	SETTING_PORT,
	SETTING_SWITCH,
	SETTING_PRIVATE_KEY,
	SETTING_PUBLIC_KEY,	  /* "FILE", or "SERIAL FILE"; may stand several times */
	SETTING_FETCHED_KEYS, /* read behind all lines */
	SETTING_TOKEN_FILE,	  /* read by who calls */
	SETTING_SEALING_KEY,
	SETTING_API_KEY,
	SETTING_APP_SECRET,
	SETTING_PATH,
	SETTING_DIGEST,
	SETTING_FIELD /* "NAME THEIRS"; may stand several times */
} SettingKind;

#define TEXT(field) SETTING_TEXT, offsetof(Merchant, field), sizeof(((Merchant *) 0)->field)

static const struct Setting
{
	const char *name;
	SettingKind kind;
	size_t offset; /* SETTING_TEXT */
	size_t size;
	bool needed; /* by all providers; a provider's file lists what else it needs */
} settings[] = {
	{"provider", TEXT(provider), true},
	{"database", TEXT(database), true},
	{"merchant_id", TEXT(merchant_id), true},
	{"app_id", TEXT(app_id), false},
	{"certificate_serial", TEXT(serial), false},
	{"host", TEXT(host), true},
	{"bill_host", TEXT(bill_host), false},
	{"token_host", TEXT(token_host), false},
	{"document_host", TEXT(document_host), false},
	{"port", SETTING_PORT, 0, 0, false},
	{"allow_http", SETTING_SWITCH, 0, 0, false},
	{"ca_file", TEXT(ca_file), false},
	{"notify_url", TEXT(notify_url), false},
	{"private_key", SETTING_PRIVATE_KEY, 0, 0, false},
	{"public_key", SETTING_PUBLIC_KEY, 0, 0, false},
	{"fetched_keys", SETTING_FETCHED_KEYS, 0, 0, false},
	{"token_file", SETTING_TOKEN_FILE, 0, 0, false},
	{"apiv3_key", SETTING_SEALING_KEY, 0, 0, false},
	{"api_key", SETTING_API_KEY, 0, 0, false},
	{"app_secret", SETTING_APP_SECRET, 0, 0, false},
	{"query_path", SETTING_PATH, 0, 0, false},
	{"digest", SETTING_DIGEST, 0, 0, false},
	{"field", SETTING_FIELD, 0, 0, false},
};

#define SETTINGS_COUNT (sizeof(settings) / sizeof(settings[0]))

/* Says what is wrong; false. Values are not repeated: they may be secrets. */
static bool
wrong(const Reading *reading, const char *what, const char *name)
{
	(void) snprintf(reading->fault, MERCHANT_FAULT_SIZE, "%s %s", name, what);
	return false;
}

static SignatureKey *
read_key(const Reading *reading, Bytes file, SignatureKey *(*parse)(Bytes pem))
{
	char *room = malloc(CONF_LINE_BYTES_MAX);
	SignatureKey *key = NULL;
	Bytes pem;

	if (room && conf_line_read(reading->reader, reading->argument, file, room, &pem))
		key = parse(pem);
	if (room)
		OPENSSL_cleanse(room, CONF_LINE_BYTES_MAX);
	free(room);
	return key;
}

static bool
read_public_key(Reading *reading, Bytes value)
{
	Merchant *merchant = reading->merchant;
	MerchantKey *key = &merchant->keys[merchant->keys_count];
	Bytes first = conf_line_trim(conf_line_cut(&value, ' '));
	Bytes second = conf_line_trim(value);

	if (merchant->keys_count == MERCHANT_KEYS_MAX ||
		(second.size > 0 && !conf_line_copy(first, key->serial, sizeof(key->serial))))
		return false;
	key->key = read_key(reading, second.size > 0 ? second : first, signature_public_key);
	merchant->keys_count += key->key != NULL;
	return key->key != NULL;
}

/* Takes a certificate's key, unless there is one of its serial number already. */
static void
take_fetched_key(Merchant *merchant, Certificate *certificate)
{
	Bytes serial = bytes_of(certificate->serial);
	MerchantKey *key = &merchant->keys[merchant->keys_count];

	if (merchant_key(merchant, serial) || !conf_line_copy(serial, key->serial, sizeof(key->serial)))
	{
		certificate_free(certificate);
		return;
	}
	key->key = certificate->key;
	merchant->keys_count++;
}

/* Takes those of a whole file; false where anything in it is no certificate, or too much. */
static bool
take_fetched_keys(Merchant *merchant, Bytes pem)
{
	Certificate certificate;
	size_t count = 0;

	do
	{
		if (count++ == MERCHANT_FETCHED_MAX || !certificate_read(&pem, &certificate))
			return false;
		take_fetched_key(merchant, &certificate);
	} while (pem.size > 0);
	return true;
}

/* What cannot be read is as if it were not there: it is fetched. */
static bool
read_fetched_keys(const Reading *reading)
{
	Merchant *merchant = reading->merchant;
	char *room = malloc(CONF_LINE_BYTES_MAX);
	Bytes pem;
	bool is_sound = room && (merchant->fetched_keys[0] == '\0' ||
							 !conf_line_read(reading->reader, reading->argument,
											 bytes_of(merchant->fetched_keys), room, &pem) ||
							 take_fetched_keys(merchant, pem));

	free(room);
	return is_sound || wrong(reading, "is unsound", "fetched_keys");
}

static bool
read_private_key(Reading *reading, Bytes value)
{
	if (!reading->with_private_key)
		return true;
	reading->merchant->private_key = read_key(reading, value, signature_private_key);
	return reading->merchant->private_key != NULL;
}

static bool
take_sealing_key(Merchant *merchant, Bytes text)
{
	merchant->has_sealing_key = text.size == SEALED_KEY_BYTES;
	if (merchant->has_sealing_key)
		memcpy(merchant->sealing_key, text.data, SEALED_KEY_BYTES);
	return merchant->has_sealing_key;
}

static bool
read_sealing_key(const Reading *reading, Bytes file)
{
	char *room = malloc(CONF_LINE_BYTES_MAX);
	Bytes text;
	bool read = room && conf_line_read(reading->reader, reading->argument, file, room, &text) &&
				take_sealing_key(reading->merchant, text);

	if (room)
		OPENSSL_cleanse(room, CONF_LINE_BYTES_MAX);
	free(room);
	return read;
}

static bool
read_secret(const Reading *reading, Bytes file, char secret[MERCHANT_SECRET_SIZE])
{
	return conf_line_secret(reading->reader, reading->argument, file, secret, MERCHANT_SECRET_SIZE);
}

#define WORD_CHARACTERS "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz"

/* The path of a URL, of nothing that needs an escape. */
static bool
read_path(Bytes value, char path[MERCHANT_PATH_SIZE])
{
	return conf_line_copy(value, path, MERCHANT_PATH_SIZE) && path[0] == '/' &&
		   path[strspn(path, WORD_CHARACTERS "/.-")] == '\0';
}

static bool
read_digest(Bytes value, MacDigest *digest)
{
	*digest = bytes_equal(value, bytes_of("sha256")) ? MAC_SHA256 : MAC_SHA1;
	return *digest == MAC_SHA256 || bytes_equal(value, bytes_of("sha1"));
}

static bool
read_word(Bytes value, char word[MERCHANT_FIELD_SIZE])
{
	return conf_line_copy(value, word, MERCHANT_FIELD_SIZE) &&
		   word[strspn(word, WORD_CHARACTERS)] == '\0';
}

/* No field has two names, no two fields have one. */
static bool
read_field(Merchant *merchant, Bytes value)
{
	Bytes name = conf_line_trim(conf_line_cut(&value, ' '));
	MerchantField *field = &merchant->fields[merchant->fields_count];

	if (merchant->fields_count == MERCHANT_FIELDS_MAX || !read_word(name, field->name) ||
		!read_word(conf_line_trim(value), field->theirs))
		return false;
	for (size_t i = 0; i < merchant->fields_count; i++)
		if (strcmp(merchant->fields[i].name, field->name) == 0 ||
			strcmp(merchant->fields[i].theirs, field->theirs) == 0)
			return false;
	merchant->fields_count++;
	return true;
}

static bool
read_value(Reading *reading, const struct Setting *setting, Bytes value)
{
	Merchant *merchant = reading->merchant;

	switch (setting->kind)
	{
		case SETTING_TEXT:
			return conf_line_copy(value, (char *) merchant + setting->offset, setting->size);
		case SETTING_PORT:
			return conf_line_port(value, &merchant->port);
		case SETTING_SWITCH:
			return conf_line_switch(value, &merchant->allow_http);
		case SETTING_PRIVATE_KEY:
			return read_private_key(reading, value);
		case SETTING_PUBLIC_KEY:
			return read_public_key(reading, value);
		case SETTING_FETCHED_KEYS:
			return conf_line_file(value, merchant->fetched_keys);
		case SETTING_TOKEN_FILE:
			return conf_line_file(value, merchant->token_file);
		case SETTING_SEALING_KEY:
			return read_sealing_key(reading, value);
		case SETTING_API_KEY:
			return !reading->with_private_key || read_secret(reading, value, merchant->api_key);
		case SETTING_APP_SECRET:
			return read_secret(reading, value, merchant->app_secret);
		case SETTING_PATH:
			return read_path(value, merchant->query_path);
		case SETTING_DIGEST:
			return read_digest(value, &merchant->digest);
		case SETTING_FIELD:
			return read_field(merchant, value);
	}
	return false;
}

static bool
may_repeat(SettingKind kind)
{
	return kind == SETTING_PUBLIC_KEY || kind == SETTING_FIELD;
}

static bool
read_setting(Reading *reading, Bytes name, Bytes value)
{
	size_t i = 0;

	if (name.size == 0)
		return wrong(reading, "has a value without a name", "it");
	while (i < SETTINGS_COUNT && !bytes_equal(name, bytes_of(settings[i].name)))
		i++;
	if (i == SETTINGS_COUNT)
		return wrong(reading, "has a name that is no setting", "it");
	if ((reading->merchant->given & 1u << i) && !may_repeat(settings[i].kind))
		return wrong(reading, "stands twice", settings[i].name);
	reading->merchant->given |= 1u << i;
	return read_value(reading, &settings[i], value) ||
		   wrong(reading, "is unsound, or its file cannot be read", settings[i].name);
}

static bool
has_all(const Reading *reading)
{
	for (size_t i = 0; i < SETTINGS_COUNT; i++)
		if (settings[i].needed && !(reading->merchant->given & 1u << i))
			return wrong(reading, "is missing", settings[i].name);
	return true;
}

bool
merchant_read(Bytes text, bool with_private_key, ConfLineReader reader, void *argument,
			  Merchant *merchant, char fault[MERCHANT_FAULT_SIZE])
{
	Reading reading = {merchant, with_private_key, reader, argument, fault};
	Bytes name;
	Bytes value;
	bool read = true;

	*merchant = (Merchant){0};
	fault[0] = '\0';
	while (read && conf_line_next(&text, &name, &value))
		read = read_setting(&reading, name, value);
	read = read && has_all(&reading) && read_fetched_keys(&reading);
	if (!read)
		merchant_free(merchant);
	return read;
}

bool
merchant_gives(const Merchant *merchant, const char *setting)
{
	for (size_t i = 0; i < SETTINGS_COUNT; i++)
		if (strcmp(settings[i].name, setting) == 0)
			return (merchant->given & 1u << i) != 0;
	return false;
}

/* The address of something that is at the gateway's host or at another one. */
static bool
read_address(const Merchant *merchant, const char *other_host, Bytes text, HttpAddress *address)
{
	if (!http_read_address(text, address))
		return false;
	address->is_plain = address->is_plain && merchant->allow_http;
	return (strcmp(address->host, merchant->host) == 0 || strcmp(address->host, other_host) == 0) &&
		   (address->port == 0 || address->port == merchant->port);
}

bool
merchant_bill_address(const Merchant *merchant, Bytes text, HttpAddress *address)
{
	return read_address(merchant, merchant->bill_host, text, address);
}

bool
merchant_document_address(const Merchant *merchant, Bytes text, HttpAddress *address)
{
	return read_address(merchant, merchant->document_host, text, address);
}

bool
merchant_is_of(const Merchant *merchant, const PaymentFact *fact)
{
	return merchant_is_named(merchant, fact->merchant_id) &&
		   strcmp(fact->app_id, merchant->app_id) == 0;
}

bool
merchant_is_named(const Merchant *merchant, const char *merchant_id)
{
	return strcmp(merchant->merchant_id, merchant_id) == 0;
}

void
merchant_free(Merchant *merchant)
{
	signature_free_key(merchant->private_key);
	for (size_t i = 0; i < merchant->keys_count; i++)
		signature_free_key(merchant->keys[i].key);
	OPENSSL_cleanse(merchant, sizeof(*merchant));
}

SignatureKey *
merchant_key(const Merchant *merchant, Bytes serial)
{
	for (size_t i = 0; i < merchant->keys_count; i++)
		if (certificate_serials_equal(bytes_of(merchant->keys[i].serial), serial))
			return merchant->keys[i].key;
	return NULL;
}

const char *
merchant_field(const Merchant *merchant, const char *name)
{
	for (size_t i = 0; i < merchant->fields_count; i++)
		if (strcmp(merchant->fields[i].name, name) == 0)
			return merchant->fields[i].theirs;
	return name;
}

bool
merchant_believes(const Merchant *merchant, const Bytes *pieces, size_t count, Bytes signature)
{
	for (size_t i = 0; i < merchant->keys_count; i++)
		if (signature_holds(merchant->keys[i].key, pieces, count, signature))
			return true;
	return false;
}
