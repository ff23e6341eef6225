/*-------------------------------------------------------------------------
 *
 * link.c
 *	  Starting billing-caller, and speaking with it.
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

#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "settings.h"
#include "worker/link.h"

#define PROGRAM "billing-caller" /* beside the library */
#define PROGRAM_FD 3			 /* where it expects its end */

#define RESTART_MS_MIN 100
#define RESTART_MS_MAX 60000
#define GOOD_RUN_US (60 * USECS_PER_SEC)

/* Frames that wait to be sent: as many as there are calls at a time. */
#define OUT_BYTES_MAX (4 * 1024 * 1024)

static int fd = -1;
static pid_t pid;
static TimestampTz started_at;
static TimestampTz start_at; /* not before */
static int restart_ms = RESTART_MS_MIN;

static char *out; /* OUT_BYTES_MAX */
static size_t out_size;
static char in[2 * FRAME_ROOM];
static size_t in_size;

/* The path of the program: in the directory from which this library was loaded. */
static bool
program_path(char path[MAXPGPATH])
{
	Dl_info library;

	if (dladdr((const void *) link_open, &library) == 0 || library.dli_fname == NULL)
		return false;
	strlcpy(path, library.dli_fname, MAXPGPATH);
	get_parent_directory(path);
	join_path_components(path, path, PROGRAM);
	return true;
}

/* In the child: nothing of the server goes with it but its end of the socket. */
static void
become_program(const char *path, int end)
{
	char *const arguments[] = {PROGRAM, unconstify(char *, settings_secrets_dir()), NULL};
	char *const environment[] = {NULL};

	if (end == PROGRAM_FD ? fcntl(end, F_SETFD, 0) == 0 : dup2(end, PROGRAM_FD) == PROGRAM_FD)
		(void) execve(path, arguments, environment);
	_exit(127);
}

static bool
start(void)
{
	char path[MAXPGPATH];
	int ends[2];

	if (!program_path(path) || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
		return false;
	pid = fork();
	if (pid == 0)
		become_program(path, ends[1]);
	(void) close(ends[1]);
	if (pid < 0 || fcntl(ends[0], F_SETFL, O_NONBLOCK) != 0)
	{
		(void) close(ends[0]);
		return false;
	}
	fd = ends[0];
	in_size = out_size = 0;
	return true;
}

bool
link_open(void)
{
	TimestampTz now = GetCurrentTimestamp();

	if (fd >= 0)
		return true;
	if (now < start_at)
		return false;
	if (out == NULL)
		out = MemoryContextAlloc(TopMemoryContext, OUT_BYTES_MAX);
	if (start())
	{
		started_at = now;
		return true;
	}
	ereport(LOG, (errmsg("billing could not start %s: %m", PROGRAM)));
	start_at = TimestampTzPlusMilliseconds(now, RESTART_MS_MAX);
	return false;
}

TimestampTz
link_opens_at(void)
{
	return start_at;
}

bool
link_is_open(void)
{
	return fd >= 0;
}

/* It ends by itself where its end of the socket is closed; one that does not is killed. */
void
link_close(void)
{
	int status = 0;
	TimestampTz now = GetCurrentTimestamp();

	if (fd < 0)
		return;
	(void) close(fd);
	fd = -1;
	(void) kill(pid, SIGKILL);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (now - started_at >= GOOD_RUN_US)
		restart_ms = RESTART_MS_MIN;
	start_at = TimestampTzPlusMilliseconds(now, restart_ms);
	restart_ms = Min(restart_ms * 2, RESTART_MS_MAX);
}

int
link_socket(void)
{
	return fd;
}

bool
link_is_clogged(void)
{
	return fd >= 0 && out_size > 0;
}

void
link_flush(void)
{
	ssize_t sent;

	if (fd < 0 || out_size == 0)
		return;
	sent = send(fd, out, out_size, MSG_NOSIGNAL);
	if (sent < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR)
	{
		link_close();
		return;
	}
	if (sent <= 0)
		return;
	out_size -= sent;
	memmove(out, out + sent, out_size);
}

bool
link_send(int64 id, const GatewayCall *call)
{
	size_t size;

	if (fd < 0 || out_size + FRAME_ROOM > OUT_BYTES_MAX)
		return false;
	size = frame_write_call(id, call, out + out_size);
	out_size += size;
	return size > 0;
}

/* Reads what is there; closes the link where the program has ended. */
static void
fill_buffer(void)
{
	ssize_t got = recv(fd, in + in_size, sizeof(in) - in_size, 0);

	if (got > 0)
		in_size += got;
	else if (got == 0 || (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR))
	{
		ereport(LOG, (errmsg("%s has ended, and is started again", PROGRAM)));
		link_close();
	}
}

static LinkReceived
read_frame(Bytes frame, int64 *id, GatewayAnswer *answer, BillRow *row, FramePiece *piece)
{
	if (frame.size > FRAME_ROOM)
		return LINK_NOTHING;
	if (frame_read_answer(frame, id, answer))
		return LINK_ANSWER;
	if (frame_read_row(frame, id, row))
		return LINK_ROW;
	return frame_read_piece(frame, id, piece) ? LINK_PIECE : LINK_NOTHING;
}

LinkReceived
link_receive(int64 *id, GatewayAnswer *answer, BillRow *row, FramePiece *piece)
{
	size_t size = frame_size((Bytes){in, in_size});
	LinkReceived received;

	if (fd >= 0 && (size == 0 || size > in_size))
	{
		fill_buffer();
		size = frame_size((Bytes){in, in_size});
	}
	if (fd < 0 || size == 0 || (size <= FRAME_ROOM && size > in_size))
		return LINK_NOTHING;
	received = read_frame((Bytes){in, size}, id, answer, row, piece);
	if (received == LINK_NOTHING)
	{
		link_close();
		return LINK_NOTHING;
	}
	in_size -= size;
	memmove(in, in + size, in_size);
	return received;
}
