/*-------------------------------------------------------------------------
 *
 * confine.h
 *	  What the program gives up before it touches a key or the network.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PROGRAM_CONFINE_H
#define PROGRAM_CONFINE_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Ends with its parent; keeps no descriptor of it beside the channel's, whose number
 * is the highest that stays; has no environment, no signal handlers, no core file, and
 * no more memory and files than it needs, and writes none longer than file_bytes_max. False where
 * the system refuses.
 */
extern bool confine_process(int channel, size_t file_bytes_max);

#endif
