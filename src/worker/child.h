/*-------------------------------------------------------------------------
 *
 * child.h
 *	  A program beside the library that a worker starts and speaks with: bytes
 *	  out, bytes in, over a socket that is the program's descriptor 3.
 *
 * The program is ours and may still die, hang or send rubbish: then it is closed,
 * and what was sent to it is unknown. Nothing here waits.
 *
 *-------------------------------------------------------------------------
 */
#ifndef WORKER_CHILD_H
#define WORKER_CHILD_H

#include "postgres.h"

#include "datatype/timestamp.h"

#include "gateway/bytes.h"

/* Static, one per program: name, argument and the two sizes are set, the rest is zero. */
typedef struct Child
{
	const char *program;
	const char *(*argument)(void); /* its only one; NULL: none */
	size_t out_max;				   /* what may wait to be sent */
	size_t in_max;				   /* what may be there and not be taken */
	bool was_started;			   /* all from here is child.c's */
	int fd;
	pid_t pid;
	TimestampTz started_at;
	TimestampTz start_at; /* not before */
	int restart_ms;
	char *out;
	size_t out_size;
	char *in;
	size_t in_size;
} Child;

/* True where the program runs, or could be started; not more often than its failures allow. */
extern bool child_open(Child *child);
extern bool child_is_open(const Child *child);
extern void child_close(Child *child);

/* Room behind what waits to be sent; NULL where there is not so much. What was written there is
 * added, and sent by child_flush(), which closes it where the program has ended. */
extern char *child_room(Child *child, size_t size);
extern void child_add(Child *child, size_t size);
extern void child_flush(Child *child);

/* Waits for the latch, for bytes from children that are open, for room to those to which something
 * waits to be sent, and no longer than so many milliseconds. */
extern void child_wait(const Child *const *children, size_t count, long timeout_ms);

/* Receives what is there, closes it where the program has ended; takes from the front of it. */
extern void child_fill(Child *child);
extern Bytes child_received(const Child *child);
extern void child_take(Child *child, size_t size);

#endif
