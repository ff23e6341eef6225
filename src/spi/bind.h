/*-------------------------------------------------------------------------
 *
 * bind.h
 *	  Arguments of statements that may be null.
 *
 *-------------------------------------------------------------------------
 */
#ifndef SPI_BIND_H
#define SPI_BIND_H

#include "postgres.h"

#include "datatype/timestamp.h"

#include "core/hasher.h"

/* Sets one argument; a NULL text is a null. nulls as in SPI. */
/* An empty text, which says nothing, is null: it takes no room. */
extern void bind_label(Datum *values, char *nulls, int index, const char *label);

extern void bind_json(Datum *values, char *nulls, int index, const char *json);
extern void bind_text(Datum *values, char *nulls, int index, const char *text);

/* Sets an instant that is null where it equals none. */
extern void bind_instant(Datum *values, char *nulls, int index, TimestampTz instant,
						 TimestampTz none);

/* Sets a number that is null where it is zero. */
extern void bind_number(Datum *values, char *nulls, int index, int64 number);

/* Sets an amount that is null where it equals none. */
extern void bind_nano(Datum *values, char *nulls, int index, int64 amount_nano, int64 none);

/* Sets a digest; NULL is a null. */
extern void bind_digest(Datum *values, char *nulls, int index, const Digest *digest);

/* A bytea. */
extern Datum bind_bytes(const void *data, size_t size);

/* A bigint[], and a text[], whose elements may be NULL. */
extern Datum bind_int64_array(const int64 *numbers, size_t count);
extern Datum bind_text_array(const char *const *texts, size_t count);

#endif
