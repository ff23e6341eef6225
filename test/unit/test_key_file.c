/*-------------------------------------------------------------------------
 *
 * test_key_file.c
 *	  The one file that billing-caller writes, in a directory of this test's.
 *
 *-------------------------------------------------------------------------
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "caller/key_file.h"

#include "unit.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_NAME "keys.pem"

static char directory[] = "/tmp/key_file.XXXXXX";
static char path[64];
static char fault[SECRETS_FAULT_SIZE];

static int
set_up(void **state)
{
	(void) state;
	if (mkdtemp(directory) == NULL)
		return -1;
	snprintf(path, sizeof(path), "%s/" FILE_NAME, directory);
	return 0;
}

static int
tear_down(void **state)
{
	(void) state;
	(void) unlink(path);
	return rmdir(directory);
}

static bool
put(const char *text)
{
	return key_file_replace(directory, FILE_NAME, bytes_of(text), fault);
}

static bool
holds(const char *text)
{
	char held[KEY_FILE_BYTES_MAX];
	size_t size;

	return secrets_read(directory, FILE_NAME, held, sizeof(held), &size, fault) &&
		   bytes_equal((Bytes){held, size}, bytes_of(text));
}

static ino_t
identity(void)
{
	struct stat status;

	assert_int_equal(lstat(path, &status), 0);
	return status.st_ino;
}

/* Of the directory: nothing is left behind. */
static int
count_files(void)
{
	DIR *opened = opendir(directory);
	int count = 0;

	while (readdir(opened) != NULL)
		count++;
	closedir(opened);
	return count - 2;
}

static void
test_replaced(void **state)
{
	struct stat status;
	ino_t first;

	(void) state;
	assert_true(put("one"));
	assert_true(holds("one"));
	assert_int_equal(stat(path, &status), 0);
	assert_int_equal(status.st_mode, S_IFREG | 0600);
	first = identity();
	assert_true(put("one"));
	assert_true(identity() == first); /* it is the same already */
	assert_true(put("two"));
	assert_true(identity() != first && holds("two"));
	assert_int_equal(count_files(), 1);
}

/* What a process that was killed left behind stands in nobody's way, and is not written through. */
static void
test_left_behind(void **state)
{
	char name[128];
	char target[128];
	struct stat status;

	(void) state;
	snprintf(name, sizeof(name), "%s/." FILE_NAME ".%ld", directory, (long) getpid());
	snprintf(target, sizeof(target), "%s/target", directory);
	assert_int_equal(symlink(target, name), 0);
	assert_true(put("three"));
	assert_true(holds("three"));
	assert_int_not_equal(stat(target, &status), 0);
	assert_int_equal(count_files(), 1);
}

/* What could not be read is not overwritten. */
static void
test_left_alone(void **state)
{
	(void) state;
	assert_true(put("four"));
	assert_int_equal(chmod(path, 0644), 0);
	assert_false(put("five"));
	assert_string_equal(fault, "the file can be accessed by group or others");
	assert_int_equal(chmod(path, 0600), 0);
	assert_true(holds("four"));
	assert_int_equal(truncate(path, KEY_FILE_BYTES_MAX + 1), 0);
	assert_false(put("five"));
	assert_string_equal(fault, "the file is too long");
	assert_int_equal(unlink(path), 0);
	assert_int_equal(symlink("/dev/null", path), 0);
	assert_false(put("five"));
	assert_string_equal(fault, "the file is a symbolic link");
	assert_int_equal(unlink(path), 0);
	assert_int_equal(count_files(), 0);
}

static void
test_names(void **state)
{
	static const char *const names[] = {"", ".", "..", ".keys.pem", "../keys.pem", "a/keys.pem"};

	(void) state;
	for (size_t i = 0; i < LENGTH(names); i++)
	{
		assert_false(key_file_replace(directory, names[i], bytes_of("six"), fault));
		assert_string_equal(fault, "this is no name of a file in the directory");
	}
	assert_false(key_file_replace("tmp", FILE_NAME, bytes_of("six"), fault));
	assert_int_equal(chmod(directory, 0770), 0);
	assert_false(put("six"));
	assert_string_equal(fault, "the directory can be written by group or others");
	assert_int_equal(chmod(directory, 0700), 0);
	assert_int_equal(count_files(), 0);
}

/* Where it cannot be written, the old one stays. Root may write everywhere. */
static void
test_no_right(void **state)
{
	(void) state;
	if (geteuid() == 0)
		skip();
	assert_true(put("seven"));
	assert_int_equal(chmod(directory, 0500), 0);
	assert_false(put("eight"));
	assert_string_equal(fault, "the file cannot be written: Permission denied");
	assert_true(holds("seven"));
	assert_int_equal(chmod(directory, 0700), 0);
	assert_int_equal(count_files(), 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_replaced),   cmocka_unit_test(test_left_behind),
		cmocka_unit_test(test_left_alone), cmocka_unit_test(test_names),
		cmocka_unit_test(test_no_right),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
