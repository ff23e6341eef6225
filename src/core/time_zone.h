/*-------------------------------------------------------------------------
 *
 * time_zone.h
 *	  Names of time zones that may be looked for.
 *
 * What is no name of its time zone database the server reads as rules of POSIX,
 * "AAA1" as much as "EST5EDT", and keeps each for as long as a backend lives.
 *
 *-------------------------------------------------------------------------
 */
#ifndef CORE_TIME_ZONE_H
#define CORE_TIME_ZONE_H

#include <stdbool.h>

/*
 * True of what can only be a name of the database, in any case: the server has a zone of that name
 * or none. Not of second names of its zones (posix/, right/), nor of files that say another zone
 * on each server (localtime, posixrules).
 */
extern bool time_zone_is_name(const char *text);

#endif
