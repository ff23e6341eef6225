/*-------------------------------------------------------------------------
 *
 * sms.c
 *	  Requests for an SMS, and what is replied to them.
 *
 *-------------------------------------------------------------------------
 */
#include "message/sms.h"

#include "gateway/base64.h"
#include "gateway/document.h"
#include "gateway/instant.h"
#include "gateway/mac.h"
#include "message/webhook.h"

#include <openssl/crypto.h>
#include <stdio.h>

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

/* ---- Aliyun ---------------------------------------------------------------- */

bool
sms_sign(const char *method, const FormField *fields, size_t count, const char *secret,
		 char signature[SMS_SIGNATURE_SIZE])
{
	char form[HTTP_BODY_SIZE];
	char escaped[3 * HTTP_BODY_SIZE];
	char key[OUTLET_SECRET_SIZE + 1];
	unsigned char bytes[MAC_BYTES_MAX];
	size_t size;
	bool is_signed;

	if (!form_write(fields, count, form, sizeof(form)) ||
		!form_escape(bytes_of(form), escaped, sizeof(escaped)))
		return false;
	(void) snprintf(key, sizeof(key), "%s&", secret);
	is_signed = mac_make_bytes(MAC_SHA1, bytes_of(key),
							   (Bytes[]){bytes_of(method), bytes_of("&%2F&"), bytes_of(escaped)}, 3,
							   bytes, &size);
	OPENSSL_cleanse(key, sizeof(key));
	if (is_signed)
		base64_encode((Bytes){(const char *) bytes, size}, signature);
	return is_signed;
}

/* Leaves out fields without a value, but keeps their order. */
static size_t
drop_empty(FormField *fields, size_t count)
{
	size_t kept = 0;

	for (size_t i = 0; i < count; i++)
		if (fields[i].value.size > 0)
			fields[kept++] = fields[i];
	return kept;
}

/* Adds the signature behind the fields of the body. */
static bool
write_signed(const FormField *fields, size_t count, const char *secret, HttpRequest *request)
{
	char signature[SMS_SIGNATURE_SIZE];
	FormField all[FORM_FIELDS_MAX];

	if (!sms_sign(request->method, fields, count, secret, signature))
		return false;
	memcpy(all, fields, count * sizeof(*fields));
	all[count] = (FormField){bytes_of("Signature"), bytes_of(signature)};
	if (!form_write(all, count + 1, request->body, HTTP_BODY_SIZE))
		return false;
	request->body_size = strlen(request->body);
	return true;
}

static bool
build_aliyun(const Parcel *parcel, const OutletSms *outlet, const char *nonce, HttpRequest *request)
{
	char timestamp[INSTANT_TEXT_SIZE];
	FormField fields[] = {
		{bytes_of("AccessKeyId"), bytes_of(outlet->access_key_id)},
		{bytes_of("Action"), bytes_of("SendSms")},
		{bytes_of("Format"), bytes_of("JSON")},
		{bytes_of("OutId"), bytes_of(parcel->id)},
		{bytes_of("PhoneNumbers"), bytes_of(parcel->mobile + (parcel->mobile[0] == '+'))},
		{bytes_of("RegionId"), bytes_of(outlet->region)},
		{bytes_of("SignName"), bytes_of(parcel->sign_name)},
		{bytes_of("SignatureMethod"), bytes_of("HMAC-SHA1")},
		{bytes_of("SignatureNonce"), bytes_of(nonce)},
		{bytes_of("SignatureVersion"), bytes_of("1.0")},
		{bytes_of("TemplateCode"), bytes_of(parcel->template_code)},
		{bytes_of("TemplateParam"), parcel->parameters},
		{bytes_of("Timestamp"), bytes_of(instant_to_utc_s(parcel->sent_at, timestamp))},
		{bytes_of("Version"), bytes_of("2017-05-25")},
	};

	return http_add_header(request, "Content-Type: application/x-www-form-urlencoded") &&
		   write_signed(fields, drop_empty(fields, LENGTH(fields)), outlet->secret, request);
}

/* What a code means, by its beginning; one that is not listed is for somebody to look at. */
static const struct Meaning
{
	const char *beginning;
	ParcelResult result;
} meanings[] = {
	{"isv.BUSINESS_LIMIT_CONTROL", PARCEL_LATER},
	{"isv.DAY_LIMIT_CONTROL", PARCEL_LATER},
	{"isv.MONTH_LIMIT_CONTROL", PARCEL_LATER},
	{"isp.SYSTEM_ERROR", PARCEL_LATER},
	{"Throttling", PARCEL_LATER},
	{"ServiceUnavailable", PARCEL_LATER},
	{"InternalError", PARCEL_LATER},
	{"SignatureNonceUsed", PARCEL_LATER},
	{"isv.MOBILE_NUMBER_ILLEGAL", PARCEL_REFUSED},
	{"isv.MOBILE_COUNT_OVER_LIMIT", PARCEL_REFUSED},
	{"isv.BLACK_KEY_CONTROL_LIMIT", PARCEL_REFUSED},
	{"isv.PARAM_LENGTH_LIMIT", PARCEL_REFUSED},
	{"isv.PARAM_NOT_SUPPORT_URL", PARCEL_REFUSED},
	{"isv.TEMPLATE_MISSING_PARAMETERS", PARCEL_REFUSED},
	{"isv.TEMPLATE_PARAMS_ILLEGAL", PARCEL_REFUSED},
};

static ParcelResult
result_of_code(const char *code)
{
	if (strcmp(code, "OK") == 0)
		return PARCEL_SENT;
	for (size_t i = 0; i < LENGTH(meanings); i++)
		if (strncmp(code, meanings[i].beginning, strlen(meanings[i].beginning)) == 0)
			return meanings[i].result;
	return PARCEL_MISCONFIGURED;
}

static bool
is_for_later(int status)
{
	return status == 429 || status >= 500;
}

static void
read_aliyun(const HttpMessage *reply, ParcelAnswer *answer)
{
	json_t *document = document_read(reply->body);

	if (document && document_text(document, "Code", answer->code, PARCEL_CODE_SIZE))
		answer->result = result_of_code(answer->code);
	else
		parcel_say_status(answer, is_for_later(reply->status) ? PARCEL_LATER : PARCEL_UNKNOWN,
						  reply->status);
	if (answer->result == PARCEL_SENT)
		answer->code[0] = '\0';
	json_decref(document);
}

/* ---- an address of the operator's ------------------------------------------- */

static bool
write_document(const Parcel *parcel, HttpRequest *request)
{
	json_t *parameters = document_read(parcel->parameters);
	json_t *document = json_pack(
		"{s:s,s:s,s:s%,s:s,s:s,s:o*}", "id", parcel->id, "mobile", parcel->mobile, "text",
		parcel->text.size > 0 ? parcel->text.data : "", parcel->text.size, "sign_name",
		parcel->sign_name, "template_code", parcel->template_code, "parameters", parameters);

	request->body_size = document
							 ? json_dumpb(document, request->body, HTTP_BODY_SIZE, JSON_COMPACT)
							 : 0;
	json_decref(document);
	return request->body_size > 0 && request->body_size <= HTTP_BODY_SIZE;
}

static bool
build_https(const Parcel *parcel, const OutletSms *outlet, HttpRequest *request)
{
	unsigned char key[WEBHOOK_KEY_BYTES_MAX];
	Bytes secret = {(const char *) key, 0};
	bool is_built = http_add_header(request, "Content-Type: application/json") &&
					write_document(parcel, request) &&
					webhook_key(outlet->secret, key, &secret.size) &&
					webhook_sign(&secret, 1, parcel->id, parcel->sent_at, request);

	OPENSSL_cleanse(key, sizeof(key));
	return is_built;
}

static void
read_https(const HttpMessage *reply, ParcelAnswer *answer)
{
	if (reply->status >= 200 && reply->status < 300)
		answer->result = PARCEL_SENT;
	else if (is_for_later(reply->status))
		parcel_say_status(answer, PARCEL_LATER, reply->status);
	else if (reply->status == 401 || reply->status == 403 || reply->status < 400)
		parcel_say_status(answer, PARCEL_MISCONFIGURED, reply->status);
	else
		parcel_say_status(answer, PARCEL_REFUSED, reply->status);
}

/* ---- both ------------------------------------------------------------------ */

bool
sms_build(const Parcel *parcel, const OutletSms *outlet, const char *nonce, HttpRequest *request)
{
	request->method = "POST";
	memcpy(request->target, outlet->address.target, sizeof(request->target));
	return outlet->driver == OUTLET_ALIYUN ? build_aliyun(parcel, outlet, nonce, request)
										   : build_https(parcel, outlet, request);
}

void
sms_read_reply(const OutletSms *outlet, const HttpMessage *reply, ParcelAnswer *answer)
{
	*answer = (ParcelAnswer){0};
	if (outlet->driver == OUTLET_ALIYUN)
		read_aliyun(reply, answer);
	else
		read_https(reply, answer);
}
