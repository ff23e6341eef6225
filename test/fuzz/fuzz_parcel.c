/*-------------------------------------------------------------------------
 *
 * fuzz_parcel.c
 *	  Parcels and their answers: what is read is sound, is written and read again alike, and
 *	  becomes a message or a request that keeps to its form.
 *
 * Input: what it is ('0' a whole frame, '1' a parcel, '2' an answer, the last two as JSON), and
 * its bytes.
 *
 *-------------------------------------------------------------------------
 */
#include "fuzz.h"

#include "message/mime.h"
#include "message/sms.h"
#include "message/webhook.h"

static char written[PARCEL_FRAME_ROOM];
static char again[PARCEL_FRAME_ROOM];

/* ASCII in lines that end with CR LF, none too long. */
static void
check_message(Bytes message)
{
	size_t line = 0;

	for (size_t i = 0; i < message.size; i++)
	{
		char c = message.data[i];

		MUST((c >= ' ' && c <= '~') || c == '\r' || c == '\n');
		MUST((c == '\r') == (i + 1 < message.size && message.data[i + 1] == '\n'));
		line = c == '\n' ? 0 : line + 1;
		MUST(line < 998);
	}
	MUST(message.size > 0 && message.data[message.size - 1] == '\n');
}

static void
try_email(const Parcel *parcel)
{
	const MimeSender sender = {"billing@example.org", "\xe4\xbd\x99, \"x\"", ""};
	Bytes message = mime_write(parcel, &sender);

	check_message(message);
	MUST(bytes_equal((Bytes){message.data, 6}, bytes_of("From: ")));
	free((char *) message.data);
}

static void
check_request(const HttpRequest *request)
{
	MUST(request->body_size <= HTTP_BODY_SIZE);
	for (size_t i = 0; i < request->headers_count; i++)
		MUST(strpbrk(request->headers[i], "\r\n") == NULL);
}

static void
try_sms(const Parcel *parcel)
{
	OutletSms outlet = {.address = {.target = "/"},
						.access_key_id = "testId",
						.secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"};

	for (int i = 0; i < 2; i++)
	{
		HttpRequest request = {0};

		outlet.driver = (OutletDriver) i;
		MUST(sms_build(parcel, &outlet, "nonce", &request));
		check_request(&request);
	}
}

static void
try_webhook(const Parcel *parcel)
{
	HttpAddress address;
	HttpRequest request = {0};

	if (!webhook_read_url(parcel->url, 0, &address))
		return;
	MUST(strchr(address.host, '.') && http_is_host(address.host) && address.target[0] == '/');
	MUST(webhook_build(bytes_of("key"), parcel, &address, &request));
	MUST(bytes_equal((Bytes){request.body, request.body_size}, parcel->payload));
	check_request(&request);
}

static void
try_parcel(Bytes frame)
{
	char fault[PARCEL_FAULT_SIZE];
	Parcel parcel;
	Parcel read;
	int64_t id;
	int64_t id_again;
	size_t size;

	if (!parcel_read(frame, &id, &parcel))
		return;
	MUST(parcel_is_sound(&parcel, fault) && fault[0] == '\0');
	size = parcel_write(id, &parcel, written, sizeof(written));
	MUST(size > FRAME_PREFIX_BYTES && frame_size((Bytes){written, size}) == size);
	MUST(parcel_read((Bytes){written, size}, &id_again, &read) && id_again == id);
	MUST(parcel_write(id, &read, again, sizeof(again)) == size);
	MUST(memcmp(written, again, size) == 0);
	switch (parcel.channel)
	{
		case PARCEL_EMAIL:
			try_email(&parcel);
			break;
		case PARCEL_SMS:
			try_sms(&parcel);
			break;
		case PARCEL_WEBHOOK:
			try_webhook(&parcel);
			break;
	}
	parcel_free(&read);
	parcel_free(&parcel);
}

static void
try_answer(Bytes frame)
{
	ParcelAnswer answer;
	ParcelAnswer read;
	int64_t id;
	int64_t id_again;
	size_t size;

	if (!parcel_read_answer(frame, &id, &answer))
		return;
	MUST((int) answer.result >= 0 && (int) answer.result < PARCEL_RESULTS_COUNT);
	fuzz_check_text(answer.code, sizeof(answer.code));
	size = parcel_write_answer(id, &answer, written);
	MUST(size > 0 && size <= PARCEL_ANSWER_ROOM);
	MUST(parcel_read_answer((Bytes){written, size}, &id_again, &read) && id_again == id);
	MUST(read.result == answer.result && strcmp(read.code, answer.code) == 0);
}

/* A frame of its exact size, its prefix made where the input has none. */
static Bytes
make_frame(Bytes input, bool with_prefix)
{
	return fuzz_join((Bytes[]){{"\0\0\0", with_prefix ? FRAME_PREFIX_BYTES : 0}, input}, 2);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	Bytes input = {(const char *) data, size};
	unsigned kind = fuzz_choose(&input, 3);
	Bytes frame = make_frame(input, kind != 0);

	if (kind != 2)
		try_parcel(frame);
	if (kind != 1)
		try_answer(frame);
	free((void *) frame.data);
	return 0;
}
