/*-------------------------------------------------------------------------
 *
 * confine.c
 *	  Descriptors, signals, limits: what came from the server is left behind.
 *
 *-------------------------------------------------------------------------
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "program/confine.h"

#include <fcntl.h>
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define MEMORY_BYTES_MAX ((rlim_t) 1 << 30)
#define FILES_MAX 1024
#define THREAD_STACK_BYTES (512 * 1024)
#define ARENAS_MAX 2

/* The server's other files: whoever gets at this process shall not get at them. */
static void
close_from(int first)
{
	long end = sysconf(_SC_OPEN_MAX);

	if (close_range((unsigned) first, ~0U, 0) == 0)
		return;
	for (int i = first; i < end; i++)
		(void) close(i);
}

/* Nothing is printed: a library's message may have a secret in it. */
static bool
silence(void)
{
	int null = open("/dev/null", O_RDWR);
	bool is_silent = null >= 0 && dup2(null, STDIN_FILENO) >= 0 && dup2(null, STDOUT_FILENO) >= 0 &&
					 dup2(null, STDERR_FILENO) >= 0;

	if (null > STDERR_FILENO)
		(void) close(null);
	return is_silent;
}

/*
 * The parent ends it, and who signals the parent's group does not: a cancelled worker
 * would lose its calls. That may fail only where it leads a group of its own already.
 */
static bool
follow_parent(void)
{
	pid_t parent = getppid();

	(void) setsid();
	return prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && getppid() == parent;
}

static bool
reset_signals(void)
{
	sigset_t none;

	for (int i = 1; i < NSIG; i++)
		(void) signal(i, SIG_DFL);
	/* Writing to nobody, or too much, is an error of who writes. */
	return signal(SIGPIPE, SIG_IGN) != SIG_ERR && signal(SIGXFSZ, SIG_IGN) != SIG_ERR &&
		   sigemptyset(&none) == 0 && sigprocmask(SIG_SETMASK, &none, NULL) == 0;
}

static bool
limit(int resource, rlim_t most)
{
	struct rlimit bound;

	if (getrlimit(resource, &bound) != 0)
		return false;
	if (bound.rlim_max == RLIM_INFINITY || bound.rlim_max > most)
		bound.rlim_max = most;
	bound.rlim_cur = bound.rlim_max;
	return setrlimit(resource, &bound) == 0;
}

static bool
limit_memory(void)
{
#ifdef __SANITIZE_ADDRESS__
	return true; /* its shadow alone takes more */
#else
	return limit(RLIMIT_AS, MEMORY_BYTES_MAX);
#endif
}

/* Libraries work in threads, whose stacks and heaps count as memory before they are used. */
static bool
make_threads_small(void)
{
	pthread_attr_t attributes;
	bool is_set = pthread_attr_init(&attributes) == 0 &&
				  pthread_attr_setstacksize(&attributes, THREAD_STACK_BYTES) == 0 &&
				  pthread_setattr_default_np(&attributes) == 0;

	(void) pthread_attr_destroy(&attributes);
	(void) mallopt(M_ARENA_MAX, ARENAS_MAX); /* another malloc has no such thing */
	return is_set;
}

bool
confine_is_channel(int descriptor)
{
	int type;
	socklen_t size = sizeof(type);

	return getsockopt(descriptor, SOL_SOCKET, SO_TYPE, &type, &size) == 0 && type == SOCK_STREAM;
}

bool
confine_process(int channel, size_t file_bytes_max)
{
	close_from(channel + 1);
	(void) umask(077);
	return silence() && reset_signals() && follow_parent() && clearenv() == 0 && chdir("/") == 0 &&
		   prctl(PR_SET_DUMPABLE, 0) == 0 && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
		   limit(RLIMIT_CORE, 0) && limit(RLIMIT_FSIZE, file_bytes_max) &&
		   limit(RLIMIT_NOFILE, FILES_MAX) && limit_memory() && make_threads_small();
}
