/*-------------------------------------------------------------------------
 *
 * wechat_keys.c
 *	  From a list to certificates, and from those to a file.
 *
 *-------------------------------------------------------------------------
 */
#include "gateway/wechat_keys.h"

#include "gateway/wechat_sealed.h"

#include <stdlib.h>

struct WechatKeys
{
	Certificate list[MERCHANT_FETCHED_MAX];
	size_t count;
};

static bool
open_certificate(const json_t *sealed, const Merchant *merchant, Certificate *certificate)
{
	size_t size = 0;
	unsigned char *plain = wechat_sealed_is_known(sealed)
							   ? wechat_sealed_open(sealed, merchant, &size)
							   : NULL;
	Bytes pem = {(const char *) plain, size};
	bool is_read = plain && certificate_read(&pem, certificate);

	free(plain);
	return is_read;
}

/* The one that expires last stands first: it is the newest, and the one to be asked for. */
static void
insert(WechatKeys *keys, const Certificate *certificate)
{
	size_t place = keys->count++;

	for (; place > 0 && keys->list[place - 1].expires_s < certificate->expires_s; place--)
		keys->list[place] = keys->list[place - 1];
	keys->list[place] = *certificate;
}

/* Adds one; the same again is passed over. */
static bool
add(WechatKeys *keys, const json_t *entry, const Merchant *merchant, int64_t now_s)
{
	Certificate certificate;
	Bytes serial = document_bytes(entry, "serial_no");
	bool is_sound;

	if (keys->count == MERCHANT_FETCHED_MAX ||
		!open_certificate(document_object(entry, "encrypt_certificate"), merchant, &certificate))
		return false;
	is_sound = certificate_serials_equal(bytes_of(certificate.serial), serial) &&
			   certificate.expires_s > now_s;
	if (is_sound && wechat_keys_find(keys, serial) == NULL)
		insert(keys, &certificate);
	else
		certificate_free(&certificate);
	return is_sound;
}

/* False where it is not whole, or has none. */
static bool
add_all(WechatKeys *keys, const json_t *list, const Merchant *merchant, int64_t now_s)
{
	for (size_t i = 0; i < json_array_size(list); i++)
		if (!add(keys, json_array_get(list, i), merchant, now_s))
			return false;
	return keys->count > 0;
}

WechatKeys *
wechat_keys_open(Bytes body, const Merchant *merchant, int64_t now_s)
{
	json_t *document = document_read(body);
	WechatKeys *keys = document ? calloc(1, sizeof(*keys)) : NULL;
	bool is_whole = keys && add_all(keys, json_object_get(document, "data"), merchant, now_s);

	json_decref(document);
	if (is_whole)
		return keys;
	wechat_keys_free(keys);
	return NULL;
}

void
wechat_keys_free(WechatKeys *keys)
{
	for (size_t i = 0; keys && i < keys->count; i++)
		certificate_free(&keys->list[i]);
	free(keys);
}

SignatureKey *
wechat_keys_find(const WechatKeys *keys, Bytes serial)
{
	for (size_t i = 0; i < keys->count; i++)
		if (certificate_serials_equal(bytes_of(keys->list[i].serial), serial))
			return keys->list[i].key;
	return NULL;
}

size_t
wechat_keys_write(const WechatKeys *keys, char *room, size_t size)
{
	size_t written = 0;

	for (size_t i = 0; i < keys->count; i++)
	{
		Bytes pem = bytes_of(keys->list[i].pem);

		if (pem.size > size - written)
			return 0;
		memcpy(room + written, pem.data, pem.size);
		written += pem.size;
	}
	return written;
}
