/*-------------------------------------------------------------------------
 *
 * confine.h
 *	  What a program of the server's gives up before it touches anything from outside.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PROGRAM_CONFINE_H
#define PROGRAM_CONFINE_H

#include <stdbool.h>
#include <stddef.h>

/* True where this is the socket over which its parent speaks with it. */
extern bool confine_is_channel(int descriptor);

/*
 * Ends with its parent; keeps no descriptor of it beside the channel's, whose number
 * is the highest that stays; has no environment, no signal handlers, no core file, and
 * no more memory and files than it needs; what it writes is no longer than file_bytes_max.
 * False where the system refuses.
 */
extern bool confine_process(int channel, size_t file_bytes_max);

#endif
