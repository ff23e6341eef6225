/*-------------------------------------------------------------------------
 *
 * fuzz_merchant.c
 *	  A merchant's file, and the files beside it: good keys, and one that the input
 *	  brings.
 *
 * Input: '0' without or '1' with the private key; the file; behind a line "%%"
 * what the file fuzz.pem holds.
 *
 *-------------------------------------------------------------------------
 */
#include "fuzz.h"

#include "../unit/gateway_vectors.h"

#include <openssl/ui.h>

/* Nobody could type a password: none is ever asked for. */
static int
refuse_to_ask(UI *ui)
{
	(void) ui;
	MUST(!"a password is asked for");
	return 0;
}

static void
watch_questions(void)
{
	static UI_METHOD *method;

	if (method == NULL)
		method = UI_create_method("fuzz");
	MUST(method != NULL && UI_method_set_opener(method, refuse_to_ask) == 0);
	UI_set_default_method(method);
}

/* What stands beside the merchant's file. */
static bool
read_file(void *argument, const char *file, char *room, size_t size_max, size_t *size)
{
	const struct
	{
		const char *file;
		Bytes bytes;
	} files[] = {
		{"merchant.pem", bytes_of(MERCHANT_PRIVATE_KEY)},
		{"pkcs1.pem", bytes_of(MERCHANT_PRIVATE_KEY_PKCS1)},
		{"platform.pem", bytes_of(PLATFORM_PUBLIC_KEY)},
		{"apiv3", bytes_of(WECHAT_APIV3_KEY "\n")},
		{"secret", bytes_of(XIAOMI_APP_SECRET "\r\n")},
		{"fuzz.pem", *(const Bytes *) argument},
	};

	MUST(file[0] != '\0' && file[0] != '.' && strchr(file, '/') == NULL);
	fuzz_check_text(file, MERCHANT_SERIAL_SIZE);
	for (size_t i = 0; i < LENGTH(files); i++)
		if (strcmp(files[i].file, file) == 0 && files[i].bytes.size <= size_max)
		{
			*size = files[i].bytes.size;
			if (*size > 0)
				memcpy(room, files[i].bytes.data, *size);
			return true;
		}
	return false;
}

static void
check_needed(const char *text, size_t size)
{
	fuzz_check_text(text, size);
	MUST(text[0] != '\0' && strchr(text, ' ') == NULL);
}

static void
check_keys(const Merchant *merchant)
{
	MUST(merchant->keys_count > 0 || !merchant_gives(merchant, "public_key"));
	MUST(merchant->keys_count == 0 || merchant_gives(merchant, "public_key") ||
		 merchant_gives(merchant, "fetched_keys"));
	MUST(merchant->keys_count <= MERCHANT_KEYS_MAX + MERCHANT_FETCHED_MAX);
	for (size_t i = 0; i < merchant->keys_count; i++)
	{
		MUST(merchant->keys[i].key != NULL);
		fuzz_check_text(merchant->keys[i].serial, MERCHANT_SERIAL_SIZE);
		MUST(merchant_key(merchant, bytes_of(merchant->keys[i].serial)) != NULL);
	}
}

/* A text is there where its setting is, and is needed. */
static void
check_given(const Merchant *merchant, const char *setting, const char *text, size_t size)
{
	fuzz_check_text(text, size);
	MUST((text[0] != '\0') == merchant_gives(merchant, setting));
	MUST(strchr(text, ' ') == NULL);
}

static void
check_secrets(const Merchant *merchant, bool with_private_key)
{
	fuzz_check_text(merchant->api_key, sizeof(merchant->api_key));
	MUST((merchant->private_key != NULL) ==
		 (with_private_key && merchant_gives(merchant, "private_key")));
	MUST((merchant->api_key[0] != '\0') ==
		 (with_private_key && merchant_gives(merchant, "api_key")));
	MUST(merchant->has_sealing_key == merchant_gives(merchant, "apiv3_key"));
	check_given(merchant, "app_secret", merchant->app_secret, sizeof(merchant->app_secret));
}

/* Each field has one name, and is no other's. */
static void
check_fields(const Merchant *merchant)
{
	MUST((merchant->fields_count > 0) == merchant_gives(merchant, "field"));
	MUST(merchant->fields_count <= MERCHANT_FIELDS_MAX);
	for (size_t i = 0; i < merchant->fields_count; i++)
	{
		check_needed(merchant->fields[i].name, MERCHANT_FIELD_SIZE);
		check_needed(merchant->fields[i].theirs, MERCHANT_FIELD_SIZE);
		MUST(merchant_field(merchant, merchant->fields[i].name) == merchant->fields[i].theirs);
	}
}

static void
check_merchant(const Merchant *merchant, bool with_private_key)
{
	check_needed(merchant->provider, sizeof(merchant->provider));
	check_needed(merchant->database, sizeof(merchant->database));
	check_needed(merchant->merchant_id, sizeof(merchant->merchant_id));
	check_needed(merchant->host, sizeof(merchant->host));
	check_given(merchant, "app_id", merchant->app_id, sizeof(merchant->app_id));
	check_given(merchant, "notify_url", merchant->notify_url, sizeof(merchant->notify_url));
	check_given(merchant, "certificate_serial", merchant->serial, sizeof(merchant->serial));
	check_given(merchant, "ca_file", merchant->ca_file, sizeof(merchant->ca_file));
	check_given(merchant, "fetched_keys", merchant->fetched_keys, sizeof(merchant->fetched_keys));
	MUST(merchant->fetched_keys[0] != '.' && strchr(merchant->fetched_keys, '/') == NULL);
	check_given(merchant, "query_path", merchant->query_path, sizeof(merchant->query_path));
	MUST(merchant->query_path[0] == '\0' || merchant->query_path[0] == '/');
	MUST(merchant->digest == MAC_SHA1 || merchant->digest == MAC_SHA256);
	MUST(merchant->port >= 0 && merchant->port < 65536);
	check_keys(merchant);
	check_secrets(merchant, with_private_key);
	check_fields(merchant);
}

/* What could not be read has nothing in it, and says why without repeating it. */
static void
check_empty(const Merchant *merchant, const char *fault)
{
	const unsigned char *bytes = (const unsigned char *) merchant;

	fuzz_check_text(fault, MERCHANT_FAULT_SIZE);
	MUST(fault[0] != '\0');
	for (size_t i = 0; i < sizeof(*merchant); i++)
		MUST(bytes[i] == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	Bytes rest = {(const char *) data, size};
	bool with_private_key = fuzz_choose(&rest, 2) == 1;
	Bytes part = fuzz_cut(&rest, "\n%%\n");
	Bytes text = {fuzz_copy(part), part.size};
	Bytes key = {fuzz_copy(rest), rest.size};
	char *fault = malloc(MERCHANT_FAULT_SIZE);
	Merchant *merchant = malloc(sizeof(Merchant));

	watch_questions();
	if (merchant_read(text, with_private_key, read_file, &key, merchant, fault))
	{
		check_merchant(merchant, with_private_key);
		merchant_free(merchant);
	}
	else
		check_empty(merchant, fault);
	free(merchant);
	free(fault);
	free((void *) key.data);
	free((void *) text.data);
	return 0;
}
