/*-------------------------------------------------------------------------
 *
 * webhook_secret.c
 *	  Reading webhook.conf in the server.
 *
 * Nothing here can raise an error while the master key is in memory, and what held
 * it is wiped.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <openssl/crypto.h>

#include "commands/dbcommands.h"
#include "miscadmin.h"

#include "booking/webhook_secret.h"
#include "errors.h"
#include "gateway/conf_line.h"
#include "message/outlet.h"
#include "secrets.h"
#include "settings.h"

/* For outlet_read(): a file beside webhook.conf. */
static bool
read_beside(void *argument, const char *file, char *room, size_t size_max, size_t *size)
{
	char fault[SECRETS_FAULT_SIZE];

	return secrets_read(settings_secrets_dir(), file, room, size_max, size, fault);
}

static bool
read_all(char *room, Outlet *outlet, char *fault)
{
	size_t size;

	return secrets_read(settings_secrets_dir(), outlet_file(PARCEL_WEBHOOK), room,
						CONF_LINE_BYTES_MAX, &size, fault) &&
		   outlet_read(PARCEL_WEBHOOK, (Bytes){room, size}, read_beside, NULL, outlet, fault);
}

/* NULL, or why not; what was read is to be wiped. */
static const char *
load(Outlet *outlet)
{
	char fault[Max(SECRETS_FAULT_SIZE, OUTLET_FAULT_SIZE)];
	char *database = get_database_name(MyDatabaseId);
	char *room = palloc(CONF_LINE_BYTES_MAX);
	bool is_read;

	if (!settings_have_secrets())
		return "billing.secrets_dir is not set";
	is_read = read_all(room, outlet, fault);
	OPENSSL_cleanse(room, CONF_LINE_BYTES_MAX);
	pfree(room);
	if (!is_read)
		return psprintf("webhook.conf: %s", fault);
	if (strcmp(outlet->database, database) == 0)
		return NULL;
	outlet_wipe(outlet);
	return "webhook.conf is for another database";
}

int64
webhook_secret_new_version(void)
{
	int64 version;

	do
	{
		if (!pg_strong_random(&version, sizeof(version)))
			refuse(ERROR_INTERNAL, "the system has no random bytes");
		version &= PG_INT64_MAX;
	} while (version == 0);
	return version;
}

const char *
webhook_secret_make(int64 account_id, int64 endpoint_id, int64 version,
					char secret[WEBHOOK_SECRET_SIZE])
{
	Outlet outlet;
	const char *fault = load(&outlet);

	if (fault)
		return fault;
	if (!webhook_secret(bytes_of(outlet.webhook.master_key), account_id, endpoint_id, version,
						secret))
		fault = "its secret cannot be made";
	outlet_wipe(&outlet);
	return fault;
}

const char *
webhook_secret_read_url(const char *url, HttpAddress *address)
{
	Outlet outlet;
	const char *fault = load(&outlet);
	int test_port;

	if (fault)
		return fault;
	test_port = outlet.webhook.private_port;
	outlet_wipe(&outlet);
	if (!webhook_read_url(url, test_port, address))
		return "its url is not https, on port 443, of a host with a name, and without user and "
			   "fragment";
	return NULL;
}
