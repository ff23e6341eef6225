/*-------------------------------------------------------------------------
 *
 * secrets.c
 *	  Reading a file that must be nobody else's.
 *
 *-------------------------------------------------------------------------
 */
#include "secrets.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Says what is wrong; false. */
static bool
wrong(char *fault, const char *what)
{
	(void) snprintf(fault, SECRETS_FAULT_SIZE, "%s", what);
	return false;
}

/* Says what the system did not do, and why; false. */
static bool
failed(char *fault, const char *what)
{
	(void) snprintf(fault, SECRETS_FAULT_SIZE, "%s: %s", what, strerror(errno));
	return false;
}

/* Who may write the directory may put another file there. */
static bool
directory_is_safe(int directory, char *fault)
{
	struct stat status;

	if (fstat(directory, &status) != 0)
		return failed(fault, "the directory cannot be looked at");
	if (status.st_uid != geteuid() && status.st_uid != 0)
		return wrong(fault, "the directory belongs to another user");
	if (status.st_mode & (S_IWGRP | S_IWOTH))
		return wrong(fault, "the directory can be written by group or others");
	return true;
}

/* As PostgreSQL has it for keys: ours alone, or root's and at most read by the group. */
static bool
file_is_safe(int file, char *fault)
{
	struct stat status;

	if (fstat(file, &status) != 0)
		return failed(fault, "the file cannot be looked at");
	if (!S_ISREG(status.st_mode))
		return wrong(fault, "it is not a regular file");
	if (status.st_uid != geteuid() && status.st_uid != 0)
		return wrong(fault, "the file belongs to another user");
	if (status.st_uid == geteuid() && status.st_mode & 077)
		return wrong(fault, "the file can be accessed by group or others");
	if (status.st_mode & 037)
		return wrong(fault, "the file can be written by its group, or accessed by others");
	return true;
}

static ssize_t
read_some(int file, char *room, size_t size)
{
	ssize_t got;

	do
		got = read(file, room, size);
	while (got < 0 && errno == EINTR);
	return got;
}

static bool
read_whole(int file, char *room, size_t size_max, size_t *size, char *fault)
{
	char beyond;
	ssize_t got = 1;

	for (*size = 0; got > 0 && *size<size_max; *size += got> 0 ? (size_t) got : 0)
		got = read_some(file, room + *size, size_max - *size);
	if (got > 0)
		got = read_some(file, &beyond, 1);
	if (got < 0)
		return failed(fault, "the file cannot be read");
	return got == 0 || wrong(fault, "the file is too long");
}

/* The file alone is opened, not what it may link to, and no open waits for a pipe's other end. */
static bool
read_beneath(int directory, const char *name, char *room, size_t size_max, size_t *size,
			 char *fault)
{
	int file = openat(directory, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
	bool is_read;

	if (file < 0)
		return errno == ELOOP ? wrong(fault, "the file is a symbolic link")
							  : failed(fault, "the file cannot be opened");
	is_read = file_is_safe(file, fault) && read_whole(file, room, size_max, size, fault);
	(void) close(file);
	return is_read;
}

int
secrets_open(const char *directory, const char *file, char fault[SECRETS_FAULT_SIZE])
{
	int opened = -1;

	fault[0] = '\0';
	if (directory[0] != '/')
		(void) wrong(fault, "the directory has no absolute path");
	else if (file[0] == '\0' || file[0] == '.' || strchr(file, '/') != NULL)
		(void) wrong(fault, "this is no name of a file in the directory");
	else if ((opened = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0)
		(void) failed(fault, "the directory cannot be opened");
	if (opened < 0 || directory_is_safe(opened, fault))
		return opened;
	(void) close(opened);
	return -1;
}

bool
secrets_read(const char *directory, const char *file, char *room, size_t size_max, size_t *size,
			 char fault[SECRETS_FAULT_SIZE])
{
	int opened = secrets_open(directory, file, fault);
	bool is_read;

	*size = 0;
	if (opened < 0)
		return false;
	is_read = read_beneath(opened, file, room, size_max, size, fault);
	(void) close(opened);
	return is_read;
}
