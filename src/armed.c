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
#include "miscadmin.h"

#include "armed.h"
#include "secrets.h"
#include "settings.h"

#define TEXT_SIZE 256

static int lock_fd = -1;

/* The file's name: of the cluster and the database, so that those beside it keep theirs. */
static void
file_name(char name[MAXPGPATH])
{
	snprintf(name, MAXPGPATH, "%s/armed." UINT64_FORMAT ".%u", settings_secrets_dir(),
			 GetSystemIdentifier(), MyDatabaseId);
}

/* What the file says where it is this database's, on this timeline, in this directory. */
static bool
file_text(int fd, const char *token, char text[TEXT_SIZE])
{
	struct stat data;
	struct stat file;

	if (stat(DataDir, &data) != 0 || fstat(fd, &file) != 0)
		return false;
	snprintf(text, TEXT_SIZE, "%s\ntimeline %u\ndata %ju:%ju\nfile %ju:%ju\n", token,
			 GetWALInsertionTimeLine(), (uintmax_t) data.st_dev, (uintmax_t) data.st_ino,
			 (uintmax_t) file.st_dev, (uintmax_t) file.st_ino);
	return true;
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
fill(int fd, const char *token)
{
	char text[TEXT_SIZE];
	ssize_t size;

	if (flock(fd, LOCK_EX | LOCK_NB) != 0)
		return "a worker holds its file: disarm() first";
	if (!file_text(fd, token, text))
		return "its file cannot be looked at";
	size = strlen(text);
	if (ftruncate(fd, 0) != 0 || write(fd, text, size) != size || fsync(fd) != 0)
		return "its file cannot be written";
	return NULL;
}

const char *
armed_write(const char token[ARMED_TOKEN_SIZE])
{
	const char *fault;
	int fd;

	if (!settings_have_secrets())
		return "billing.secrets_dir is not set";
	fd = open_file(O_RDWR | O_CREAT);
	if (fd < 0)
		return "its file in billing.secrets_dir cannot be written";
	fault = fill(fd, token);
	(void) close(fd);
	return fault;
}

bool
armed_agrees(const char *token)
{
	char expected[TEXT_SIZE];
	char text[TEXT_SIZE];
	int fd = open_file(O_RDONLY);
	ssize_t size;
	bool agrees;

	if (fd < 0)
		return false;
	size = read(fd, text, TEXT_SIZE - 1);
	text[Max(size, 0)] = '\0';
	agrees = file_text(fd, token, expected) && strcmp(text, expected) == 0;
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
