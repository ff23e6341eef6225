/*-------------------------------------------------------------------------
 *
 * confine.h
 *	  What the program gives up before it touches a key or the network.
 *
 *-------------------------------------------------------------------------
 */
#ifndef CALLER_CONFINE_H
#define CALLER_CONFINE_H

#include <stdbool.h>

/*
 * Ends with its parent; keeps no descriptor of it beside the channel's, whose number
 * is the highest that stays; has no environment, no signal handlers, no core file, and
 * no more memory and files than it needs, nor longer ones. False where the system refuses.
 */
extern bool confine_process(int channel);

#endif
