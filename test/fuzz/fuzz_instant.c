/*-------------------------------------------------------------------------
 *
 * fuzz_instant.c
 *	  Instants: what is read is written and read again alike.
 *
 * Input: a text; and its first eight bytes as an instant.
 *
 *-------------------------------------------------------------------------
 */
#include "fuzz.h"

#include "gateway/instant.h"

/* 2000-01-01 and 3000-01-01 in China. */
#define FIRST (-INT64_C(8) * 3600 * 1000000)
#define BEHIND ((INT64_C(32503680000) - INSTANT_EPOCH_S - 8 * 3600) * 1000000)

/* Of the years that can be written, the same; of all others, some text that ends. */
static void
check_written(int64_t instant)
{
	char *text = malloc(INSTANT_TEXT_SIZE);
	bool is_in_range = instant >= FIRST && instant < BEHIND;
	int64_t whole = instant / 1000000 * 1000000;
	int64_t read;

	fuzz_check_text(instant_to_rfc3339(instant, text), INSTANT_TEXT_SIZE);
	if (is_in_range && instant >= 0)
		MUST(instant_from_rfc3339(text, &read) && read == whole);
	fuzz_check_text(instant_to_china(instant, text), INSTANT_TEXT_SIZE);
	if (is_in_range && instant >= 0)
		MUST(instant_from_china(text, &read) && read == whole);
	fuzz_check_text(instant_to_utc(instant, text), INSTANT_TEXT_SIZE);
	if (is_in_range && instant >= 0)
		MUST(instant_from_utc(text, &read) && read == whole);
	free(text);
}

static void
check_read(const char *text)
{
	int64_t instant;

	if (instant_from_rfc3339(text, &instant))
	{
		MUST(instant % 1000000 == 0);
		check_written(instant);
	}
	if (instant_from_utc(text, &instant))
	{
		MUST(instant >= 0 && instant % 1000 == 0);
		check_written(instant);
	}
	if (instant_from_china(text, &instant))
	{
		char written[INSTANT_TEXT_SIZE];

		MUST(instant >= FIRST && instant < BEHIND && instant % 1000000 == 0);
		MUST(instant < 0 || strcmp(instant_to_china(instant, written), text) == 0);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_text((Bytes){(const char *) data, size});
	int64_t instant = 0;

	check_read(text);
	free(text);
	if (size < sizeof(instant))
		return 0;
	memcpy(&instant, data, sizeof(instant));
	check_written(instant);
	return 0;
}
