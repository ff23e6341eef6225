/*-------------------------------------------------------------------------
 *
 * crash_mark.c
 *	  The file of a worker's mark.
 *
 * What is read there may be of another version, or torn: a file that is not as
 * it should be says nothing.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#include "miscadmin.h"
#include "storage/fd.h"
#include "storage/ipc.h"
#include "utils/memutils.h"

#include "crash_mark.h"

#define MAGIC 0x62696c31 /* "bil1" */
#define ACCOUNTS_MAX 10000

typedef struct MarkHeader
{
	uint32 magic;
	uint32 state;
	uint32 alone;
	uint32 crashes;
	uint64 count; /* of the accounts that follow */
} MarkHeader;

typedef struct MarkFile
{
	MarkHeader header;
	int64 accounts[ACCOUNTS_MAX];
} MarkFile;

static int mark_fd = -1; /* of this worker */
static MarkFile mark;

static void
mark_path(Oid database, const char *kind, char path[MAXPGPATH])
{
	snprintf(path, MAXPGPATH, CRASH_MARK_DIRECTORY "/%s.%u", kind, database);
}

static int
open_mark(Oid database, const char *kind, int flags)
{
	char path[MAXPGPATH];

	mark_path(database, kind, path);
	return BasicOpenFile(path, flags | PG_BINARY);
}

/* Writes as much of the mark as says something; where the disk is full there is none. */
static void
write_mark(int fd, const MarkFile *content)
{
	size_t size = sizeof(MarkHeader) + content->header.count * sizeof(int64);

	if (pwrite(fd, content, size, 0) != (ssize_t) size && ftruncate(fd, 0) != 0)
		ereport(LOG, (errcode_for_file_access(), errmsg("could not write the mark of a worker")));
}

static bool
is_sound(const MarkFile *content, ssize_t size)
{
	return size >= (ssize_t) sizeof(MarkHeader) && content->header.magic == MAGIC &&
		   content->header.state <= MARK_PARKED && content->header.count <= ACCOUNTS_MAX &&
		   size >= (ssize_t) (sizeof(MarkHeader) + content->header.count * sizeof(int64));
}

/* Reads a mark; one of nothing where there is none. */
static void
read_mark(int fd, MarkFile *content)
{
	if (fd < 0 || !is_sound(content, pread(fd, content, sizeof(*content), 0)))
		content->header = (MarkHeader){.magic = MAGIC, .state = MARK_IDLE};
}

static CrashMark
mark_said(const MarkFile *content)
{
	const MarkHeader *header = &content->header;

	return (CrashMark){
		.state = (MarkState) header->state,
		.alone = header->alone != 0,
		.crashes = (int) Min(header->crashes, INT_MAX),
		.count = header->count,
	};
}

/* Another process has crashed, and this one must go: no time for more than a word. */
static void
end_as_bystander(SIGNAL_ARGS)
{
	uint32 state = MARK_BYSTANDER;

	if (mark.header.state == MARK_WORKING)
		(void) !pwrite(mark_fd, &state, sizeof(state), offsetof(MarkHeader, state));
	_exit(2);
}

/* An error or an order ends it: no crash. */
static void
end_in_order(int code, Datum argument)
{
	if (mark.header.state == MARK_WORKING)
		crash_mark_idle();
}

CrashMark
crash_mark_attach(Oid database, const char *kind)
{
	CrashMark last;
	size_t size;

	(void) MakePGDirectory(CRASH_MARK_DIRECTORY);
	mark_fd = open_mark(database, kind, O_RDWR | O_CREAT);
	read_mark(mark_fd, &mark);
	last = mark_said(&mark);
	size = last.count * sizeof(int64);
	last.accounts = MemoryContextAlloc(TopMemoryContext, size + 1);
	memcpy(last.accounts, mark.accounts, size);
	if (last.state == MARK_WORKING)
		mark.header.crashes++;
	pqsignal(SIGQUIT, end_as_bystander);
	before_shmem_exit(end_in_order, (Datum) 0);
	crash_mark_work(NULL, 0, false);
	return last;
}

static void
set_mark(MarkState state, size_t count, bool alone)
{
	mark.header.state = state;
	mark.header.count = count;
	mark.header.alone = alone;
	if (mark_fd >= 0)
		write_mark(mark_fd, &mark);
}

void
crash_mark_work(const int64 *accounts, size_t count, bool alone)
{
	/* More than a mark can name: it names none. */
	if (count > ACCOUNTS_MAX)
		count = 0;
	if (count > 0)
		memcpy(mark.accounts, accounts, count * sizeof(int64));
	set_mark(MARK_WORKING, count, alone);
}

void
crash_mark_idle(void)
{
	set_mark(MARK_IDLE, 0, false);
}

void
crash_mark_forgive(void)
{
	mark.header.crashes = 0;
}

void
crash_mark_park(void)
{
	set_mark(MARK_PARKED, 0, false);
}

CrashMark
crash_mark_read(Oid database, const char *kind)
{
	MarkFile *content = palloc(sizeof(MarkFile));
	int fd = open_mark(database, kind, O_RDONLY);
	CrashMark said;

	read_mark(fd, content);
	if (fd >= 0)
		close(fd);
	said = mark_said(content);
	pfree(content);
	return said;
}

bool
crash_mark_unpark(Oid database, const char *kind)
{
	MarkFile *content = palloc0(sizeof(MarkFile));
	int fd = open_mark(database, kind, O_RDWR);
	bool was_parked;

	read_mark(fd, content);
	was_parked = content->header.state == MARK_PARKED;
	content->header = (MarkHeader){.magic = MAGIC, .state = MARK_IDLE};
	if (was_parked)
		write_mark(fd, content);
	if (fd >= 0)
		close(fd);
	pfree(content);
	return was_parked;
}
