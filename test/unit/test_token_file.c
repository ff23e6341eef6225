/*-------------------------------------------------------------------------
 *
 * test_token_file.c
 *	  Where a token is kept, and who may ask for one, in a directory of this test's.
 *
 *-------------------------------------------------------------------------
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "caller/token_file.h"

#include "caller/key_file.h"
#include "unit.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_NAME "nuonuo.token"
#define LOCK_NAME ".nuonuo.token.lock"
#define NOW INT64_C(1767232800)

static char directory[] = "/tmp/token_file.XXXXXX";
static char path[64];
static char lock_path[64];
static char fault[SECRETS_FAULT_SIZE];
static ProviderToken token;

static int
set_up_all(void **state)
{
	(void) state;
	if (mkdtemp(directory) == NULL)
		return -1;
	snprintf(path, sizeof(path), "%s/" FILE_NAME, directory);
	snprintf(lock_path, sizeof(lock_path), "%s/" LOCK_NAME, directory);
	return 0;
}

static int
tear_down_all(void **state)
{
	(void) state;
	return rmdir(directory);
}

static int
clean(void **state)
{
	(void) state;
	(void) unlink(path);
	(void) unlink(lock_path);
	return 0;
}

static TokenHeld
held(int64_t now_s)
{
	memset(&token, 0, sizeof(token));
	return token_file_read(directory, FILE_NAME, now_s, &token, fault);
}

static bool
keep(const char *text, int64_t ends_s)
{
	memset(&token, 0, sizeof(token));
	snprintf(token.text, sizeof(token.text), "%s", text);
	token.ends_s = ends_s;
	return token_file_keep(directory, FILE_NAME, &token, fault);
}

static void
test_kept(void **state)
{
	struct stat status;
	char longest[MERCHANT_TOKEN_SIZE];

	(void) state;
	assert_int_equal(held(NOW), TOKEN_NONE);
	assert_true(keep("5d6f", NOW + 86400));
	assert_int_equal(stat(path, &status), 0);
	assert_int_equal(status.st_mode, S_IFREG | 0600);
	assert_int_equal(held(NOW), TOKEN_GOOD);
	assert_string_equal(token.text, "5d6f");
	assert_true(token.ends_s == NOW + 86400);
	assert_int_equal(held(NOW + 86400 - 3601), TOKEN_GOOD);
	assert_int_equal(held(NOW + 86400 - 3600), TOKEN_ENDS_SOON);
	assert_string_equal(token.text, "5d6f");
	assert_int_equal(held(NOW + 86399), TOKEN_ENDS_SOON);
	assert_int_equal(held(NOW + 86400), TOKEN_NONE);
	memset(longest, 'x', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	assert_true(keep(longest, NOW + 86400));
	assert_int_equal(held(NOW), TOKEN_GOOD);
	assert_string_equal(token.text, longest);
}

/* What is no token is none; what others can read or write is unsound, and not written over. */
static void
test_unsound(void **state)
{
	static const char *const texts[] = {
		"",
		"\n",
		"5d6f\n",
		"1767319200\n",
		"1767319200 \n",
		" 5d6f\n",
		"-1 5d6f\n",
		"99999999999999999999 5d6f\n",
		"x 5d6f\n",
	};

	(void) state;
	for (size_t i = 0; i < LENGTH(texts); i++)
	{
		assert_true(key_file_replace(directory, FILE_NAME, bytes_of(texts[i]), fault));
		assert_int_equal(held(NOW), TOKEN_NONE);
	}
	assert_true(keep("5d6f", NOW + 86400));
	assert_int_equal(chmod(path, 0644), 0);
	assert_int_equal(held(NOW), TOKEN_UNSOUND);
	assert_string_equal(fault, "the file can be accessed by group or others");
	assert_false(keep("5d70", NOW + 86400));
	assert_int_equal(token_file_read("tmp", FILE_NAME, NOW, &token, fault), TOKEN_UNSOUND);
	assert_int_equal(token_file_read(directory, "../x", NOW, &token, fault), TOKEN_UNSOUND);
}

static TokenTurn
begin(int64_t now_s, int *lock)
{
	return token_file_begin(directory, FILE_NAME, now_s, lock, fault);
}

static void
test_turns(void **state)
{
	struct stat status;
	int lock;
	int other;

	(void) state;
	assert_int_equal(begin(NOW, &lock), TOKEN_TURN_TAKEN);
	assert_int_equal(stat(lock_path, &status), 0);
	assert_int_equal(status.st_mode, S_IFREG | 0600);
	assert_int_equal(begin(NOW, &other), TOKEN_TURN_OTHERS);
	assert_int_equal(begin(NOW + 3600, &other), TOKEN_TURN_OTHERS);
	token_file_end(lock, true);
	/* Whatever came of it, for ten minutes. */
	assert_int_equal(begin(NOW, &lock), TOKEN_TURN_LATER);
	assert_int_equal(begin(NOW + 599, &lock), TOKEN_TURN_LATER);
	assert_int_equal(begin(NOW + 600, &lock), TOKEN_TURN_TAKEN);
	token_file_end(lock, true);
	assert_int_equal(begin(NOW + 1199, &lock), TOKEN_TURN_LATER);
	/* One that lies ahead was before the clock was set back. */
	assert_int_equal(begin(NOW - 1, &lock), TOKEN_TURN_TAKEN);
	/* Nothing was asked. */
	token_file_end(lock, false);
	assert_int_equal(begin(NOW, &lock), TOKEN_TURN_TAKEN);
	/* Who is killed while he asks has asked. */
	(void) close(lock);
	assert_int_equal(begin(NOW + 1, &lock), TOKEN_TURN_LATER);
}

/* Where nothing can be kept, nothing is asked for. */
static void
test_no_place(void **state)
{
	int lock;

	(void) state;
	assert_int_equal(symlink("/dev/null", lock_path), 0);
	assert_int_equal(begin(NOW, &lock), TOKEN_TURN_FAULT);
	assert_non_null(strstr(fault, "its lock cannot be opened"));
	assert_int_equal(chmod(directory, 0770), 0);
	assert_int_equal(begin(NOW, &lock), TOKEN_TURN_FAULT);
	assert_string_equal(fault, "the directory can be written by group or others");
	assert_int_equal(chmod(directory, 0700), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_kept, clean),
		cmocka_unit_test_teardown(test_unsound, clean),
		cmocka_unit_test_teardown(test_turns, clean),
		cmocka_unit_test_teardown(test_no_place, clean),
	};

	return cmocka_run_group_tests(tests, set_up_all, tear_down_all);
}
