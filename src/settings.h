/*-------------------------------------------------------------------------
 *
 * settings.h
 *	  The server's settings for gateways: billing.secrets_dir, billing.gateway_calls.
 *
 *-------------------------------------------------------------------------
 */
#ifndef BILLING_SETTINGS_H
#define BILLING_SETTINGS_H

#include "postgres.h"

/* Called once, when the library is loaded. */
extern void settings_init(void);

/* The directory of merchants' files and keys; empty where no gateway is to be called. */
extern const char *settings_secrets_dir(void);

/* True where there is one. */
extern bool settings_have_secrets(void);

/* How many calls of one gateway are made at a time. */
extern int settings_gateway_calls(void);

#endif
