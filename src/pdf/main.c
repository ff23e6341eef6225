/*-------------------------------------------------------------------------
 *
 * main.c
 *	  billing-pdf: draws documents for who starts it with a socket as descriptor 3.
 *
 * A font that cannot be read, or a text that no font was made for, ends this process and
 * no server. It has no state: one request, one reply, in turn. It ends with 0 when the
 * other side has closed; with 1 where they cannot understand each other; with 2 where it
 * cannot start; by a signal where a document takes more time or memory than it may.
 *
 *-------------------------------------------------------------------------
 */
#include "pdf/render.h"
#include "program/confine.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#define CHANNEL_DESCRIPTOR 3
#define PREFIX_BYTES 4
#define REQUEST_BYTES_MAX (4 * 1024 * 1024)
#define REPLY_BYTES_MAX (8 * 1024 * 1024) /* without the prefix */
#define SECONDS_MAX 10					  /* of the processor, for one document */

typedef enum ExitCode
{
	EXIT_ENDED,
	EXIT_BROKEN,
	EXIT_NOT_STARTED
} ExitCode;

/* What is received and sent; each begins with its length, the highest byte first. */
typedef struct Rooms
{
	char *request;
	char *reply;
} Rooms;

/* ---- the channel ------------------------------------------------------------------- */

/* How much of it came before the other side closed. */
static size_t
receive(char *to, size_t size)
{
	size_t had = 0;

	while (had < size)
	{
		ssize_t got = recv(CHANNEL_DESCRIPTOR, to + had, size - had, 0);

		if (got == 0 || (got < 0 && errno != EINTR))
			return had;
		had += got > 0 ? (size_t) got : 0;
	}
	return had;
}

static bool
transmit(const char *from, size_t size)
{
	while (size > 0)
	{
		ssize_t gone = send(CHANNEL_DESCRIPTOR, from, size, MSG_NOSIGNAL);

		if (gone < 0 && errno != EINTR)
			return false;
		from += gone > 0 ? gone : 0;
		size -= gone > 0 ? (size_t) gone : 0;
	}
	return true;
}

/* The next request; ends the program where there is none. */
static size_t
next_request(char *request)
{
	unsigned char prefix[PREFIX_BYTES];
	size_t had = receive((char *) prefix, PREFIX_BYTES);
	size_t size;

	if (had < PREFIX_BYTES)
		exit(had == 0 ? EXIT_ENDED : EXIT_BROKEN);
	size = (size_t) prefix[0] << 24 | (size_t) prefix[1] << 16 | (size_t) prefix[2] << 8 |
		   prefix[3];
	if (size == 0 || size > REQUEST_BYTES_MAX || receive(request, size) < size)
		exit(EXIT_BROKEN);
	return size;
}

static void
send_reply(char *reply, size_t size)
{
	for (int i = 0; i < PREFIX_BYTES; i++)
		reply[i] = (char) (size >> (8 * (PREFIX_BYTES - 1 - i)));
	if (!transmit(reply, PREFIX_BYTES + size))
		exit(EXIT_ENDED); /* nobody waits for it any more */
}

/* ---- documents ----------------------------------------------------------------------- */

/* SIGPROF ends the process when they are over; 0: no limit. */
static bool
limit_seconds(int seconds)
{
	const struct itimerval most = {.it_value.tv_sec = seconds};

	return setitimer(ITIMER_PROF, &most, NULL) == 0;
}

static bool
draw(const char *request, size_t size, RenderRoom *room, char fault[PAPER_FAULT_SIZE])
{
	Paper paper;
	bool is_drawn = paper_read(request, size, &paper, fault) &&
					render_document(&paper, room, fault);

	paper_close(&paper);
	return is_drawn;
}

/* '+' and the PDF, or '-' and why there is none. */
static void
answer(const Rooms *rooms, size_t size)
{
	char fault[PAPER_FAULT_SIZE];
	char *body = rooms->reply + PREFIX_BYTES;
	RenderRoom room = {.bytes = body + 1, .most = REPLY_BYTES_MAX - 1};

	if (!limit_seconds(SECONDS_MAX))
		exit(EXIT_BROKEN);
	body[0] = '+';
	if (!draw(rooms->request, size, &room, fault))
	{
		body[0] = '-';
		room.size = strlen(fault);
		memcpy(room.bytes, fault, room.size);
	}
	(void) limit_seconds(0);
	send_reply(rooms->reply, 1 + room.size);
}

int
main(void)
{
	Rooms rooms;

	if (!confine_is_channel(CHANNEL_DESCRIPTOR))
	{
		(void) fputs("billing-pdf is started by the PostgreSQL extension billing\n", stderr);
		return EXIT_NOT_STARTED;
	}
	if (!confine_process(CHANNEL_DESCRIPTOR, 0))
		return EXIT_NOT_STARTED;
	rooms = (Rooms){malloc(REQUEST_BYTES_MAX), malloc(PREFIX_BYTES + REPLY_BYTES_MAX)};
	if (rooms.request == NULL || rooms.reply == NULL)
		return EXIT_NOT_STARTED;
	for (;;)
		answer(&rooms, next_request(rooms.request));
}
