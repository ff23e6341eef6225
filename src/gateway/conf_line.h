/*-------------------------------------------------------------------------
 *
 * conf_line.h
 *	  Files in secrets_dir: lines of "name = value"; "#" begins a comment. Values that
 *	  are files are names of files beside it.
 *
 *-------------------------------------------------------------------------
 */
#ifndef GATEWAY_CONF_LINE_H
#define GATEWAY_CONF_LINE_H

#include "gateway/bytes.h"

#define CONF_LINE_BYTES_MAX (32 * 1024) /* of a file */
#define CONF_LINE_FILE_SIZE 65			/* of a file's name */

/* Reads a file beside this one; false where it cannot be, or holds more than size_max. */
typedef bool (*ConfLineReader)(void *argument, const char *file, char *room, size_t size_max,
							   size_t *size);

/* Cuts off what stands before a character; all where it is not there. */
extern Bytes conf_line_cut(Bytes *rest, char separator);

/* Without blanks around it. */
extern Bytes conf_line_trim(Bytes text);

/* Takes the next line that is no comment; false where there is none. One without a name is unsound.
 */
extern bool conf_line_next(Bytes *text, Bytes *name, Bytes *value);

/* Copies a printable text that is shorter than size: ASCII without blanks, or of words. */
extern bool conf_line_copy(Bytes text, char *to, size_t size);
extern bool conf_line_copy_words(Bytes text, char *to, size_t size);

/* A name that leads to no other directory, and to no file that is hidden. */
extern bool conf_line_file(Bytes value, char file[CONF_LINE_FILE_SIZE]);

/* A whole number from 1 to most. */
extern bool conf_line_count(Bytes value, int most, int *count);
extern bool conf_line_port(Bytes value, int *port);
extern bool conf_line_switch(Bytes value, bool *is_on);

/* Reads a file beside this one, without the line break that may end it, into room for
 * CONF_LINE_BYTES_MAX bytes. */
extern bool conf_line_read(ConfLineReader reader, void *argument, Bytes name, char *room,
						   Bytes *text);

/* The same of one that holds a secret, ASCII without blanks, and nothing else. */
extern bool conf_line_secret(ConfLineReader reader, void *argument, Bytes name, char *secret,
							 size_t size);

#endif
