/*-------------------------------------------------------------------------
 *
 * test_sms.c
 *	  Requests for an SMS, and what their replies mean.
 *
 *-------------------------------------------------------------------------
 */
#include "message/sms.h"

#include "gateway/document.h"

#include "parcels.h"
#include "unit.h"

/* The vector of Aliyun's documentation of its signature. */
static void
test_vector(void **state)
{
	const FormField fields[] = {
		{bytes_of("AccessKeyId"), bytes_of("testId")},
		{bytes_of("Action"), bytes_of("SendSms")},
		{bytes_of("Format"), bytes_of("XML")},
		{bytes_of("OutId"), bytes_of("123")},
		{bytes_of("PhoneNumbers"), bytes_of("15300000001")},
		{bytes_of("RegionId"), bytes_of("cn-hangzhou")},
		{bytes_of("SignName"), bytes_of("\xe9\x98\xbf\xe9\x87\x8c\xe4\xba\x91\xe7\x9f\xad\xe4\xbf"
										"\xa1\xe6\xb5\x8b\xe8\xaf\x95\xe4\xb8\x93\xe7\x94\xa8")},
		{bytes_of("SignatureMethod"), bytes_of("HMAC-SHA1")},
		{bytes_of("SignatureNonce"), bytes_of("45e25e9b-0a6f-4070-8c85-2956eda1b466")},
		{bytes_of("SignatureVersion"), bytes_of("1.0")},
		{bytes_of("TemplateCode"), bytes_of("SMS_71390007")},
		{bytes_of("TemplateParam"), bytes_of("{\"customer\":\"test\"}")},
		{bytes_of("Timestamp"), bytes_of("2017-07-12T02:42:19Z")},
		{bytes_of("Version"), bytes_of("2017-05-25")},
	};
	char signature[SMS_SIGNATURE_SIZE];

	(void) state;
	assert_true(sms_sign("GET", fields, LENGTH(fields), "testSecret", signature));
	assert_string_equal(signature, "zJDF+Lrzhj/ThnlvIToysFRq6t4=");
}

static OutletSms
outlet_of(OutletDriver driver)
{
	return (OutletSms){
		.driver = driver,
		.address = {.host = "sms.example.com", .target = "/"},
		.access_key_id = "testId",
		.region = "cn-hangzhou",
		.secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
	};
}

/* All that is sent is signed, in the order of its names, and nothing empty is sent. */
static void
test_aliyun(void **state)
{
	static Form form;
	const OutletSms outlet = outlet_of(OUTLET_ALIYUN);
	Parcel parcel = parcels_make(PARCEL_SMS);
	HttpRequest request = {0};
	FormField fields[FORM_FIELDS_MAX];
	char signature[SMS_SIGNATURE_SIZE];
	size_t count = 0;

	(void) state;
	parcel.sign_name[0] = '\0';
	assert_true(sms_build(&parcel, &outlet, "nonce", &request));
	assert_string_equal(request.method, "POST");
	assert_string_equal(request.target, "/");
	assert_true(form_read((Bytes){request.body, request.body_size}, &form));
	assert_true(bytes_equal(form_value(&form, "PhoneNumbers"), bytes_of("8613900000000")));
	assert_true(bytes_equal(form_value(&form, "OutId"), bytes_of("n-7-12")));
	assert_true(bytes_equal(form_value(&form, "TemplateParam"), parcel.parameters));
	assert_true(bytes_equal(form_value(&form, "Timestamp"), bytes_of("2026-01-01T02:01:05Z")));
	for (size_t i = 0; i < form.count; i++)
	{
		assert_true(form.fields[i].value.size > 0);
		if (!bytes_equal(form.fields[i].name, bytes_of("Signature")))
			fields[count++] = form.fields[i];
	}
	assert_int_equal(count, 13);
	assert_true(sms_sign("POST", fields, count, outlet.secret, signature));
	assert_true(bytes_equal(form_value(&form, "Signature"), bytes_of(signature)));
}

static void
test_https(void **state)
{
	const OutletSms outlet = outlet_of(OUTLET_HTTPS);
	Parcel parcel = parcels_make(PARCEL_SMS);
	HttpRequest request = {0};
	json_t *document;

	(void) state;
	assert_true(sms_build(&parcel, &outlet, "nonce", &request));
	assert_int_equal(request.headers_count, 4);
	assert_string_equal(request.headers[1], "webhook-id: n-7-12");
	document = document_read((Bytes){request.body, request.body_size});
	assert_non_null(document);
	assert_true(bytes_equal(document_bytes(document, "id"), bytes_of("n-7-12")));
	assert_true(bytes_equal(document_bytes(document, "mobile"), bytes_of("+8613900000000")));
	assert_true(bytes_equal(document_bytes(document, "text"), parcel.text));
	assert_true(bytes_equal(document_bytes(document_object(document, "parameters"), "amount"),
							bytes_of("8.88")));
	json_decref(document);
}

/* The most that a parcel may have fits. */
static void
test_largest(void **state)
{
	static char parameters[PARCEL_PARAMETERS_BYTES_MAX];
	Parcel parcel = parcels_make(PARCEL_SMS);

	(void) state;
	memset(parameters, '{', sizeof(parameters));
	memcpy(parameters, "{\"a\":\"", 6);
	memcpy(parameters + sizeof(parameters) - 2, "\"}", 2);
	parcel.parameters = (Bytes){parameters, sizeof(parameters)};
	for (int i = 0; i < 2; i++)
	{
		const OutletSms outlet = outlet_of((OutletDriver) i);
		HttpRequest request = {0};

		assert_true(sms_build(&parcel, &outlet, "nonce", &request));
	}
}

static void
test_replies(void **state)
{
	static const struct
	{
		OutletDriver driver;
		int status;
		const char *body;
		ParcelResult result;
		const char *code;
	} cases[] = {
		{OUTLET_ALIYUN, 200, "{\"Code\":\"OK\",\"Message\":\"OK\"}", PARCEL_SENT, ""},
		{OUTLET_ALIYUN, 200, "{\"Code\":\"isv.BUSINESS_LIMIT_CONTROL\"}", PARCEL_LATER,
		 "isv.BUSINESS_LIMIT_CONTROL"},
		{OUTLET_ALIYUN, 200, "{\"Code\":\"isv.DAY_LIMIT_CONTROL\"}", PARCEL_LATER,
		 "isv.DAY_LIMIT_CONTROL"},
		{OUTLET_ALIYUN, 400, "{\"Code\":\"Throttling.User\"}", PARCEL_LATER, "Throttling.User"},
		{OUTLET_ALIYUN, 200, "{\"Code\":\"isv.MOBILE_NUMBER_ILLEGAL\"}", PARCEL_REFUSED,
		 "isv.MOBILE_NUMBER_ILLEGAL"},
		{OUTLET_ALIYUN, 200, "{\"Code\":\"isv.AMOUNT_NOT_ENOUGH\"}", PARCEL_MISCONFIGURED,
		 "isv.AMOUNT_NOT_ENOUGH"},
		{OUTLET_ALIYUN, 400, "{\"Code\":\"SignatureDoesNotMatch\"}", PARCEL_MISCONFIGURED,
		 "SignatureDoesNotMatch"},
		{OUTLET_ALIYUN, 200, "{\"Code\":\"OKAY\"}", PARCEL_MISCONFIGURED, "OKAY"},
		{OUTLET_ALIYUN, 503, "<html>", PARCEL_LATER, "http_503"},
		{OUTLET_ALIYUN, 200, "<html>", PARCEL_UNKNOWN, "http_200"},
		{OUTLET_ALIYUN, 200, "{}", PARCEL_UNKNOWN, "http_200"},
		{OUTLET_HTTPS, 204, "", PARCEL_SENT, ""},
		{OUTLET_HTTPS, 429, "", PARCEL_LATER, "http_429"},
		{OUTLET_HTTPS, 502, "", PARCEL_LATER, "http_502"},
		{OUTLET_HTTPS, 401, "", PARCEL_MISCONFIGURED, "http_401"},
		{OUTLET_HTTPS, 301, "", PARCEL_MISCONFIGURED, "http_301"},
		{OUTLET_HTTPS, 422, "", PARCEL_REFUSED, "http_422"},
	};
	ParcelAnswer answer;

	(void) state;
	for (size_t i = 0; i < LENGTH(cases); i++)
	{
		const OutletSms outlet = outlet_of(cases[i].driver);
		HttpMessage reply = {.status = cases[i].status, .body = bytes_of(cases[i].body)};

		sms_read_reply(&outlet, &reply, &answer);
		assert_int_equal(answer.result, cases[i].result);
		assert_string_equal(answer.code, cases[i].code);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vector),	cmocka_unit_test(test_aliyun),
		cmocka_unit_test(test_https),	cmocka_unit_test(test_largest),
		cmocka_unit_test(test_replies),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
