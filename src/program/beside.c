/*-------------------------------------------------------------------------
 *
 * beside.c
 *	  Reading what only the owner of secrets_dir may have written.
 *
 *-------------------------------------------------------------------------
 */
#include "program/beside.h"

#include "secrets.h"

#include <stdlib.h>

#define AUTHORITIES_BYTES_MAX (512 * 1024)

bool
beside_read(void *directory, const char *file, char *room, size_t size_max, size_t *size)
{
	char fault[SECRETS_FAULT_SIZE];

	return secrets_read(directory, file, room, size_max, size, fault);
}

bool
beside_read_authorities(const char *directory, const char *file, Bytes *authorities)
{
	char *room;
	size_t size;

	*authorities = (Bytes){NULL, 0};
	if (file[0] == '\0')
		return true;
	room = malloc(AUTHORITIES_BYTES_MAX);
	/* An empty file is none: it shall not stand for the system's certificates. */
	if (room && beside_read((void *) directory, file, room, AUTHORITIES_BYTES_MAX, &size) &&
		size > 0)
	{
		*authorities = (Bytes){room, size};
		return true;
	}
	free(room);
	return false;
}
