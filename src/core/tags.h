/*-------------------------------------------------------------------------
 *
 * tags.h
 *	  What the caller notes of a request, to group usage by: no payload, no price.
 *
 *-------------------------------------------------------------------------
 */
#ifndef CORE_TAGS_H
#define CORE_TAGS_H

#include "core/limits.h"

#include <stddef.h>

/* A text of tags that can be, escapes included, with its NUL. */
#define TAGS_TEXT_SIZE (TAGS_MAX * (TAG_BYTES_MAX * 7 + 8) + 3)

/*
 * Reads a flat JSON object of labels (core/text) and short texts, such as {"feature": "search"}.
 * NULL, and text has it in one form, empty where it has no member; or what is wrong with it.
 */
extern const char *tags_read(const char *json, char text[TAGS_TEXT_SIZE]);

#endif
