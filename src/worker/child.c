/*-------------------------------------------------------------------------
 *
 * child.c
 *	  Starting a program, and the bytes to and from it.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "miscadmin.h"
#include "pgstat.h"
#include "storage/latch.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "compat.h"
#include "worker/child.h"

#define PROGRAM_FD 3 /* where it expects its end */

#define RESTART_MS_MIN 100
#define RESTART_MS_MAX 60000
#define GOOD_RUN_US (60 * USECS_PER_SEC)

/* ---- starting and ending ---------------------------------------------------- */

/* The path of a program: in the directory from which this library was loaded. */
static bool
program_path(const char *program, char path[MAXPGPATH])
{
	Dl_info library;

	if (dladdr((const void *) child_open, &library) == 0 || library.dli_fname == NULL)
		return false;
	strlcpy(path, library.dli_fname, MAXPGPATH);
	get_parent_directory(path);
	join_path_components(path, path, program);
	return true;
}

/* In the child: nothing of the server goes with it but its end of the socket. */
static void
become_program(const Child *child, const char *path, int end)
{
	const char *argument = child->argument ? child->argument() : NULL;
	char *const arguments[] = {unconstify(char *, child->program), unconstify(char *, argument),
							   NULL};
	char *const environment[] = {NULL};

	if (end == PROGRAM_FD ? fcntl(end, F_SETFD, 0) == 0 : dup2(end, PROGRAM_FD) == PROGRAM_FD)
		(void) execve(path, arguments, environment);
	_exit(127);
}

static bool
start(Child *child)
{
	char path[MAXPGPATH];
	int ends[2];

	if (!program_path(child->program, path) || access(path, X_OK) != 0 ||
		socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
		return false;
	child->pid = fork();
	if (child->pid == 0)
		become_program(child, path, ends[1]);
	(void) close(ends[1]);
	if (child->pid < 0 || fcntl(ends[0], F_SETFL, O_NONBLOCK) != 0)
	{
		(void) close(ends[0]);
		return false;
	}
	child->fd = ends[0];
	child->in_size = child->out_size = 0;
	return true;
}

static void
make_ready(Child *child)
{
	if (child->was_started)
		return;
	child->fd = -1;
	child->restart_ms = RESTART_MS_MIN;
	child->out = MemoryContextAlloc(TopMemoryContext, child->out_max);
	child->in = MemoryContextAlloc(TopMemoryContext, child->in_max);
	child->was_started = true;
}

bool
child_open(Child *child)
{
	TimestampTz now = GetCurrentTimestamp();

	make_ready(child);
	if (child->fd >= 0)
		return true;
	if (now < child->start_at)
		return false;
	if (start(child))
	{
		child->started_at = now;
		return true;
	}
	ereport(LOG, (errmsg("billing could not start %s: %m", child->program)));
	child->start_at = TimestampTzPlusMilliseconds(now, RESTART_MS_MAX);
	return false;
}

bool
child_is_open(const Child *child)
{
	return child->was_started && child->fd >= 0;
}

/* It ends by itself where its end of the socket is closed; one that does not is killed. */
void
child_close(Child *child)
{
	int status = 0;
	TimestampTz now = GetCurrentTimestamp();

	if (!child_is_open(child))
		return;
	(void) close(child->fd);
	child->fd = -1;
	(void) kill(child->pid, SIGKILL);
	while (waitpid(child->pid, &status, 0) < 0 && errno == EINTR)
		;
	if (now - child->started_at >= GOOD_RUN_US)
		child->restart_ms = RESTART_MS_MIN;
	child->start_at = TimestampTzPlusMilliseconds(now, child->restart_ms);
	child->restart_ms = Min(child->restart_ms * 2, RESTART_MS_MAX);
}

/* ---- bytes ------------------------------------------------------------------ */

static bool
is_for_later(void)
{
	return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
}

char *
child_room(Child *child, size_t size)
{
	if (!child_is_open(child) || size > child->out_max - child->out_size)
		return NULL;
	return child->out + child->out_size;
}

void
child_add(Child *child, size_t size)
{
	child->out_size += size;
}

void
child_flush(Child *child)
{
	ssize_t sent;

	if (!child_is_open(child) || child->out_size == 0)
		return;
	sent = send(child->fd, child->out, child->out_size, MSG_NOSIGNAL);
	if (sent < 0 && !is_for_later())
	{
		child_close(child);
		return;
	}
	if (sent <= 0)
		return;
	child->out_size -= sent;
	memmove(child->out, child->out + sent, child->out_size);
}

void
child_wait(const Child *const *children, size_t count, long timeout_ms)
{
	WaitEventSet *set = wait_set_create((int) count + 2);
	WaitEvent event;

	AddWaitEventToSet(set, WL_LATCH_SET, PGINVALID_SOCKET, MyLatch, NULL);
	AddWaitEventToSet(set, WL_EXIT_ON_PM_DEATH, PGINVALID_SOCKET, NULL, NULL);
	for (size_t i = 0; i < count; i++)
		if (child_is_open(children[i]))
			AddWaitEventToSet(
				set, WL_SOCKET_READABLE | (children[i]->out_size > 0 ? WL_SOCKET_WRITEABLE : 0),
				children[i]->fd, NULL, NULL);
	(void) WaitEventSetWait(set, timeout_ms, &event, 1, PG_WAIT_EXTENSION);
	FreeWaitEventSet(set);
	ResetLatch(MyLatch);
}

void
child_fill(Child *child)
{
	ssize_t got;

	if (!child_is_open(child) || child->in_size == child->in_max)
		return;
	got = recv(child->fd, child->in + child->in_size, child->in_max - child->in_size, 0);
	if (got > 0)
		child->in_size += got;
	else if (got == 0 || !is_for_later())
	{
		ereport(LOG, (errmsg("%s has ended, and is started again", child->program)));
		child_close(child);
	}
}

Bytes
child_received(const Child *child)
{
	return (Bytes){child->in, child_is_open(child) ? child->in_size : 0};
}

void
child_take(Child *child, size_t size)
{
	child->in_size -= size;
	memmove(child->in, child->in + size, child->in_size);
}
