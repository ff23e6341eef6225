/*-------------------------------------------------------------------------
 *
 * settings.c
 *	  Settings of the server that no role can change for a session.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "utils/guc.h"

#include "settings.h"

static char *secrets_dir = "";
static int gateway_calls;

static bool
check_secrets_dir(char **value, void **extra, GucSource source)
{
	if (**value == '\0' || is_absolute_path(*value))
		return true;
	GUC_check_errdetail("An absolute path is needed.");
	return false;
}

void
settings_init(void)
{
	DefineCustomStringVariable(
		"billing.secrets_dir", "Directory of the files of merchants and their keys.",
		"Outside of the data directory, of the server's own user. Empty: no "
		"gateway is called, and no notice is believed.",
		&secrets_dir, "", PGC_SIGHUP, GUC_SUPERUSER_ONLY, check_secrets_dir, NULL, NULL);
	DefineCustomIntVariable("billing.gateway_calls",
							"How many calls of one gateway are made at a time.", NULL,
							&gateway_calls, 8, 1, 64, PGC_SIGHUP, 0, NULL, NULL, NULL);
}

const char *
settings_secrets_dir(void)
{
	return secrets_dir;
}

bool
settings_have_secrets(void)
{
	return secrets_dir[0] != '\0';
}

int
settings_gateway_calls(void)
{
	return gateway_calls;
}
