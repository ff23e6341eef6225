/*-------------------------------------------------------------------------
 *
 * meters.h
 *	  What a request counts beside its tokens: web searches, images, seconds.
 *
 *-------------------------------------------------------------------------
 */
#ifndef CORE_METERS_H
#define CORE_METERS_H

#include "core/limits.h"

#include <stddef.h>

/* One count; its name is a label (core/text). */
typedef struct Meter
{
	char name[METER_NAME_BYTES_MAX + 1];
	int64_t quantity; /* 1 to METER_QUANTITY_MAX */
} Meter;

/* Those of one request, by name in byte order. */
typedef struct Meters
{
	size_t count;
	Meter of[METERS_MAX];
} Meters;

/* Longest text of meters_print(), with its NUL. */
#define METERS_TEXT_SIZE (METERS_MAX * (METER_NAME_BYTES_MAX + 19) + 3)

/*
 * Reads a flat JSON object of names and whole numbers, such as {"web_search": 3, "image": 1};
 * what is zero is left out. NULL, or what is wrong with it, and *meters is not to be used.
 */
extern const char *meters_read(const char *json, Meters *meters);

/* Writes them as such an object; returns text. */
extern char *meters_print(const Meters *meters, char text[METERS_TEXT_SIZE]);

/* NULL has none. */
extern bool meters_are_same(const Meters *a, const Meters *b);

#endif
