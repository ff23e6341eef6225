/*-------------------------------------------------------------------------
 *
 * authorities.c
 *	  Reading certificates.
 *
 *-------------------------------------------------------------------------
 */
#include "program/authorities.h"

#include "secrets.h"

#include <stdlib.h>

#define AUTHORITIES_BYTES_MAX (512 * 1024)

bool
authorities_read(const char *directory, const char *file, Bytes *authorities)
{
	char fault[SECRETS_FAULT_SIZE];
	char *room;
	size_t size;

	*authorities = (Bytes){NULL, 0};
	if (file[0] == '\0')
		return true;
	room = malloc(AUTHORITIES_BYTES_MAX);
	/* An empty file is none: it shall not stand for the system's certificates. */
	if (room && secrets_read(directory, file, room, AUTHORITIES_BYTES_MAX, &size, fault) &&
		size > 0)
	{
		*authorities = (Bytes){room, size};
		return true;
	}
	free(room);
	return false;
}
