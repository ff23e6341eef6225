/*-------------------------------------------------------------------------
 *
 * document.h
 *	  JSON from a gateway, by jansson: bounded, in UTF-8, no name twice.
 *
 *-------------------------------------------------------------------------
 */
#ifndef GATEWAY_DOCUMENT_H
#define GATEWAY_DOCUMENT_H

#include "gateway/bytes.h"

#include <jansson.h>
#include <stdint.h>

#define DOCUMENT_BYTES_MAX (64 * 1024)

/* Reads an object; NULL where it is none, too long, or names something twice. To be
 * json_decref()'d.
 */
extern json_t *document_read(Bytes text);

/* The same of a text that may be longer, or must be shorter. */
extern json_t *document_read_up_to(Bytes text, size_t bytes_max);

/* The same, though a text in it has a zero byte: a list is not lost for one entry. document_text()
 * refuses that text. */
extern json_t *document_read_loosely(Bytes text, size_t bytes_max);

/* An object in an object; NULL where there is none. It lives as long as the other. */
extern const json_t *document_object(const json_t *object, const char *name);

/*
 * Copies a text of 1 to size - 1 bytes, without control characters; false, and an
 * empty text, where there is none such.
 */
extern bool document_text(const json_t *object, const char *name, char *text, size_t size);

/* The whole text, as long as the object lives; no bytes where there is none. */
extern Bytes document_bytes(const json_t *object, const char *name);

/* A whole number; false where there is none. */
extern bool document_count(const json_t *object, const char *name, int64_t *count);

/*
 * The very bytes of an object's member, as they stand in a text that document_read()
 * took; no bytes where it has none of that name, or writes the name with escapes.
 */
extern Bytes document_span(Bytes text, const char *name);

#endif
