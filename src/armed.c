/*-------------------------------------------------------------------------
 *
 * armed.c
 *	  Writing, reading and locking the file of arm().
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "access/xlog.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"

#include "armed.h"
#include "secrets.h"
#include "settings.h"

#define TEXT_SIZE 512
#define CONTROL_FILE "global/pg_control" /* below the data directory, where the server works */

static int lock_fd = -1;

/* The file's name: of the cluster and the database, so that those beside it keep theirs. */
static void
file_name(char name[MAXPGPATH])
{
	snprintf(name, MAXPGPATH, "%s/armed." UINT64_FORMAT ".%u", settings_secrets_dir(),
			 GetSystemIdentifier(), MyDatabaseId);
}

/* Adds which file something is; false where it cannot be looked at. */
static bool
add_place(StringInfo text, const char *name, int failed, const struct stat *status)
{
	appendStringInfo(text, "%s " UINT64_FORMAT ":" UINT64_FORMAT "\n", name,
					 (uint64) status->st_dev, (uint64) status->st_ino);
	return failed == 0;
}

/*
 * What the file says where it is this database's, on this timeline, in this
 * directory: another table is a dump restored, another control file a backup.
 */
static bool
file_text(int fd, const char *token, Oid table, StringInfo text)
{
	struct stat status = {0};
	int failed;

	initStringInfo(text);
	appendStringInfo(text, "%s\ntimeline %u\ntable %u\n", token, GetWALInsertionTimeLine(), table);
	failed = stat(DataDir, &status);
	if (!add_place(text, "data", failed, &status))
		return false;
	failed = stat(CONTROL_FILE, &status);
	if (!add_place(text, "control", failed, &status))
		return false;
	failed = fstat(fd, &status);
	return add_place(text, "file", failed, &status);
}

static int
open_file(int flags)
{
	char name[MAXPGPATH];

	if (!settings_have_secrets() || RecoveryInProgress())
		return -1;
	file_name(name);
	return open(name, flags | O_NOFOLLOW | O_CLOEXEC, S_IRUSR | S_IWUSR);
}

/* Writes and flushes; the file is this one's alone. */
static const char *
fill(int fd, const char *token, Oid table)
{
	StringInfoData text;

	if (flock(fd, LOCK_EX | LOCK_NB) != 0)
		return "a worker holds its file: disarm() first";
	if (!file_text(fd, token, table, &text))
		return "its file cannot be looked at";
	if (ftruncate(fd, 0) != 0 || write(fd, text.data, text.len) != text.len || fsync(fd) != 0)
		return "its file cannot be written";
	return NULL;
}

const char *
armed_write(const char token[ARMED_TOKEN_SIZE], Oid table)
{
	const char *fault;
	int fd;

	if (!settings_have_secrets())
		return "billing.secrets_dir is not set";
	fd = open_file(O_RDWR | O_CREAT);
	if (fd < 0)
		return "its file in billing.secrets_dir cannot be written";
	fault = fill(fd, token, table);
	(void) close(fd);
	return fault;
}

bool
armed_agrees(const char *token, Oid table)
{
	StringInfoData expected;
	char text[TEXT_SIZE];
	int fd = open_file(O_RDONLY);
	ssize_t size;
	bool agrees;

	if (fd < 0)
		return false;
	size = read(fd, text, TEXT_SIZE - 1);
	text[Max(size, 0)] = '\0';
	agrees = file_text(fd, token, table, &expected) && strcmp(text, expected.data) == 0;
	(void) close(fd);
	return agrees;
}

/* True where the file that is locked is still the one of that name. */
static bool
is_current(int fd)
{
	char name[MAXPGPATH];
	struct stat locked;
	struct stat named;

	file_name(name);
	return fstat(fd, &locked) == 0 && stat(name, &named) == 0 && locked.st_ino == named.st_ino &&
		   locked.st_dev == named.st_dev;
}

bool
armed_lock(void)
{
	if (lock_fd >= 0 && !is_current(lock_fd))
		armed_unlock();
	if (lock_fd < 0)
		lock_fd = open_file(O_RDWR);
	if (lock_fd >= 0 && flock(lock_fd, LOCK_EX | LOCK_NB) != 0)
		armed_unlock();
	return lock_fd >= 0;
}

void
armed_unlock(void)
{
	if (lock_fd >= 0)
		(void) close(lock_fd);
	lock_fd = -1;
}
