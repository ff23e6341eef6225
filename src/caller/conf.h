/*-------------------------------------------------------------------------
 *
 * conf.h
 *	  A gateway's file in secrets_dir, and the files that it names.
 *
 * They are read anew for each call: who changes a key restarts nothing.
 *
 *-------------------------------------------------------------------------
 */
#ifndef CALLER_CONF_H
#define CALLER_CONF_H

#include "gateway/merchant.h"

/* Reads GATEWAY.conf with its private key; false, and code says why. To be freed in any case. */
extern bool conf_read_merchant(const char *directory, const char *gateway, Merchant *merchant,
							   char code[CALL_CODE_SIZE]);

#endif
