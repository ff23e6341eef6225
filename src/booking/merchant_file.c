/*-------------------------------------------------------------------------
 *
 * merchant_file.c
 *	  Reading a merchant's file in the server.
 *
 * Nothing here can raise an error while keys are in memory, and what held them is
 * wiped.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <openssl/crypto.h>

#include "commands/dbcommands.h"
#include "miscadmin.h"

#include "booking/merchant_file.h"
#include "secrets.h"
#include "settings.h"

/* For merchant_read(): a file beside the merchant's own. */
static bool
read_beside(void *argument, const char *file, char *room, size_t size_max, size_t *size)
{
	char fault[SECRETS_FAULT_SIZE];

	return secrets_read(settings_secrets_dir(), file, room, size_max, size, fault);
}

static bool
read_all(const char *file, char *room, Merchant *merchant, char *fault)
{
	size_t size;

	return secrets_read(settings_secrets_dir(), file, room, CONF_LINE_BYTES_MAX, &size, fault) &&
		   merchant_read((Bytes){room, size}, false, read_beside, NULL, merchant, fault);
}

bool
merchant_file_load(const char *gateway, Merchant *merchant)
{
	char file[CALL_NAME_SIZE + sizeof(".conf")];
	char fault[Max(SECRETS_FAULT_SIZE, MERCHANT_FAULT_SIZE)] = "billing.secrets_dir is not set";
	char *database = get_database_name(MyDatabaseId);
	char *room;
	bool is_read = false;

	snprintf(file, sizeof(file), "%s.conf", gateway);
	room = palloc(CONF_LINE_BYTES_MAX);
	if (settings_have_secrets())
		is_read = read_all(file, room, merchant, fault);
	OPENSSL_cleanse(room, CONF_LINE_BYTES_MAX);
	pfree(room);
	if (is_read && (database == NULL || strcmp(merchant->database, database) != 0))
	{
		merchant_free(merchant);
		strlcpy(fault, "it is for another database", sizeof(fault));
		is_read = false;
	}
	if (!is_read)
		ereport(LOG,
				(errmsg("billing cannot read the file of gateway \"%s\": %s", gateway, fault)));
	return is_read;
}
