/*-------------------------------------------------------------------------
 *
 * altered.h
 *	  Refusing what tables answer that are not as install() made them.
 *
 * Their owner may alter them, and put triggers and rules on them. So what a
 * statement returned or wrote is believed only as far as it is looked at.
 *
 *-------------------------------------------------------------------------
 */
#ifndef SPI_ALTERED_H
#define SPI_ALTERED_H

#include "postgres.h"

#include "compat.h"

/* Remembers the beginning of the statement that runs now, for the error. */
extern void altered_note_statement(const char *text);

/* Refuses the answer of the statement that ran last: "null in column 3". */
no_return extern void altered_refuse(const char *what);

/* Is it by the rows that were read or written, as no call writes them: out of what types take, of
 * a gigabyte, twice where one is? */
extern bool altered_by_rows(int sqlstate);

/* Calls what reads or writes such rows; where it fails by them, that is refused as of what, in
 * front of the server's words: "a row of audit_log". */
extern void altered_run(void (*function)(void *argument), void *argument, const char *what);

/* Refuses where it wrote another number of rows than it should. */
extern void altered_check_rows(uint64 count, uint64 expected);

#endif
