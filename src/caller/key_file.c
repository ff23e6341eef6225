/*-------------------------------------------------------------------------
 *
 * key_file.c
 *	  Beside the file a new one, which then takes its name.
 *
 *-------------------------------------------------------------------------
 */
#include "caller/key_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define NEW_NAME_SIZE 160

static bool
failed(char *fault, const char *what)
{
	(void) snprintf(fault, SECRETS_FAULT_SIZE, "%s: %s", what, strerror(errno));
	return false;
}

static bool
write_whole(int file, Bytes text)
{
	while (text.size > 0)
	{
		ssize_t gone = write(file, text.data, text.size);

		if (gone < 0 && errno != EINTR)
			return false;
		if (gone > 0)
			text = (Bytes){text.data + gone, text.size - (size_t) gone};
	}
	return true;
}

/* Makes a file that was not there, and closes it: on the disk, or false. */
static bool
make_file(int directory, const char *name, Bytes text)
{
	int file = openat(directory, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
					  S_IRUSR | S_IWUSR);
	bool is_written = file >= 0 && write_whole(file, text) && fsync(file) == 0;

	if (file >= 0 && close(file) != 0)
		is_written = false;
	return is_written;
}

/*
 * The new file's name begins with a dot: no merchant's file can name it. What a
 * process of that number left behind there, which is gone, is removed.
 */
static bool
replace(int directory, const char *file, Bytes text, char *fault)
{
	char name[NEW_NAME_SIZE];
	int error;

	(void) snprintf(name, sizeof(name), ".%s.%ld", file, (long) getpid());
	(void) unlinkat(directory, name, 0);
	if (make_file(directory, name, text) && renameat(directory, name, directory, file) == 0)
		return fsync(directory) == 0 || failed(fault, "the directory cannot be written");
	error = errno;
	(void) unlinkat(directory, name, 0);
	errno = error;
	return failed(fault, "the file cannot be written");
}

static bool
is_there(int directory, const char *file)
{
	struct stat status;

	return fstatat(directory, file, &status, AT_SYMLINK_NOFOLLOW) == 0 || errno != ENOENT;
}

/* False where what stands there cannot be read, or might be somebody else's. */
static bool
compare(const char *directory, const char *file, Bytes text, bool *is_same, char *fault)
{
	char held[KEY_FILE_BYTES_MAX];
	size_t size;

	if (!secrets_read(directory, file, held, sizeof(held), &size, fault))
		return false;
	*is_same = bytes_equal((Bytes){held, size}, text);
	return true;
}

bool
key_file_replace(const char *directory, const char *file, Bytes text,
				 char fault[SECRETS_FAULT_SIZE])
{
	int opened = secrets_open(directory, file, fault);
	bool is_same = false;
	bool is_held;

	if (opened < 0)
		return false;
	is_held = (!is_there(opened, file) || compare(directory, file, text, &is_same, fault)) &&
			  (is_same || replace(opened, file, text, fault));
	(void) close(opened);
	return is_held;
}

bool
key_file_is_there(const char *directory, const char *file, char fault[SECRETS_FAULT_SIZE])
{
	int opened = secrets_open(directory, file, fault);
	bool is_found = opened >= 0 && is_there(opened, file);

	if (opened >= 0)
		(void) close(opened);
	return is_found;
}
