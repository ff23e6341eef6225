/*-------------------------------------------------------------------------
 *
 * service.h
 *	  A program beside the server: started by a worker with a socket as descriptor 3,
 *	  it does what frames ask for, and ends when the worker does.
 *
 * Keys, names of hosts and TLS are in such programs, and never in a process of the server.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PROGRAM_SERVICE_H
#define PROGRAM_SERVICE_H

#include "program/channel.h"
#include "program/transfer.h"

/* What all that it does goes by. */
typedef struct ServiceTools
{
	const char *directory; /* of secrets */
	Channel *channel;	   /* for the answers */
	CURLM *transfers;
} ServiceTools;

/* What is not the same in each; owner is what open() made. */
typedef struct Service
{
	const char *usage; /* for who starts it by hand */
	ChannelSizes sizes;
	size_t file_bytes_max; /* that it writes; 0: none */

	/* NULL where it cannot start. */
	void *(*open)(const ServiceTools *tools);

	/* True while no more frames are taken; NULL: never. */
	bool (*is_full)(const void *owner);

	/* Does what a whole frame asks for; false where the frame is none, or no answer can be given.
	 */
	bool (*begin)(void *owner, Bytes frame);

	/* Goes on with transfers, and answers what is over; false as above. */
	bool (*go_on)(void *owner);
} Service;

/* main(), of a program whose one argument is the directory of secrets. It ends with 0; with 1
 * where it and the worker cannot understand each other any more; with 2 where it cannot start. */
extern int service_run(int argc, char **argv, const Service *service);

#endif
