/*-------------------------------------------------------------------------
 *
 * unit.h
 *	  What all unit tests share: cmocka, and numbers that are random and the
 *	  same in every run.
 *
 *-------------------------------------------------------------------------
 */
#ifndef UNIT_H
#define UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

/* splitmix64 from a fixed seed: a failure happens again. */
static uint64_t random_state = UINT64_C(20261122);

static inline uint64_t
random_next(void)
{
	uint64_t z = (random_state += UINT64_C(0x9E3779B97F4A7C15));

	z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
	return z ^ (z >> 31);
}

/* From 0 to below limit. */
static inline int64_t
random_below(int64_t limit)
{
	return (int64_t) (random_next() % (uint64_t) limit);
}

#endif
