/*-------------------------------------------------------------------------
 *
 * conf.c
 *	  Reading what a channel goes by.
 *
 *-------------------------------------------------------------------------
 */
#include "courier/conf.h"

#include "program/beside.h"
#include "secrets.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>

static bool
wrong(char *code, const char *format, const char *file, const char *fault)
{
	char text[SECRETS_FAULT_SIZE + PARCEL_CODE_SIZE];

	(void) snprintf(text, sizeof(text), format, file, fault);
	(void) snprintf(code, PARCEL_CODE_SIZE, "%.*s", PARCEL_CODE_SIZE - 1, text);
	return false;
}

/* With room for CONF_LINE_BYTES_MAX bytes of the file. */
static bool
read_outlet(const char *directory, ParcelChannel channel, char *room, Outlet *outlet, char *code)
{
	const char *file = outlet_file(channel);
	char fault[SECRETS_FAULT_SIZE > OUTLET_FAULT_SIZE ? SECRETS_FAULT_SIZE : OUTLET_FAULT_SIZE];
	size_t size;

	errno = 0;
	if (!secrets_read(directory, file, room, CONF_LINE_BYTES_MAX, &size, fault))
		return wrong(code, errno == ENOENT ? "no %s" : "%s: %s", file, fault);
	return outlet_read(channel, (Bytes){room, size}, beside_read, (void *) directory, outlet,
					   fault) ||
		   wrong(code, "%s: %s", file, fault);
}

bool
conf_read_outlet(const char *directory, ParcelChannel channel, Outlet *outlet,
				 char code[PARCEL_CODE_SIZE])
{
	char *room = malloc(CONF_LINE_BYTES_MAX);
	bool is_read;

	if (room == NULL)
		return wrong(code, "%s%s", "memory", "");
	is_read = read_outlet(directory, channel, room, outlet, code);
	OPENSSL_cleanse(room, CONF_LINE_BYTES_MAX);
	free(room);
	return is_read;
}
