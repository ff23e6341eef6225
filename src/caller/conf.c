/*-------------------------------------------------------------------------
 *
 * conf.c
 *	  Reading what belongs to a gateway.
 *
 *-------------------------------------------------------------------------
 */
#include "caller/conf.h"

#include "program/beside.h"

#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>

#define GATEWAY_NAME_MAX 40

static bool
wrong(char *code, const char *what)
{
	(void) snprintf(code, CALL_CODE_SIZE, "%.*s", CALL_CODE_SIZE - 1, what);
	return false;
}

/* It becomes a part of a file's name. */
static bool
is_gateway_name(const char *gateway)
{
	size_t size = strspn(gateway, "abcdefghijklmnopqrstuvwxyz0123456789_");

	return size > 0 && size <= GATEWAY_NAME_MAX && gateway[size] == '\0';
}

/* Reads the merchant from a file that is there; room for CONF_LINE_BYTES_MAX bytes. */
static bool
read_merchant(const char *directory, const char *file, char *room, Merchant *merchant, char *code)
{
	char fault[MERCHANT_FAULT_SIZE];
	size_t size;

	if (!beside_read((void *) directory, file, room, CONF_LINE_BYTES_MAX, &size))
		return wrong(code, "no_merchant_file");
	if (!merchant_read((Bytes){room, size}, true, beside_read, (void *) directory, merchant, fault))
		return wrong(code, fault);
	return (http_is_host(merchant->host) &&
			(merchant->token_host[0] == '\0' || http_is_host(merchant->token_host))) ||
		   wrong(code, "host");
}

bool
conf_read_merchant(const char *directory, const char *gateway, Merchant *merchant,
				   char code[CALL_CODE_SIZE])
{
	char file[GATEWAY_NAME_MAX + sizeof(".conf")];
	char *room;
	bool is_read;

	if (!is_gateway_name(gateway))
		return wrong(code, "gateway_name");
	room = malloc(CONF_LINE_BYTES_MAX);
	if (room == NULL)
		return wrong(code, "memory");
	(void) snprintf(file, sizeof(file), "%s.conf", gateway);
	is_read = read_merchant(directory, file, room, merchant, code);
	OPENSSL_cleanse(room, CONF_LINE_BYTES_MAX);
	free(room);
	return is_read;
}
