/*-------------------------------------------------------------------------
 *
 * conf.h
 *	  The file of a channel in secrets_dir, and the files that it names.
 *
 * They are read anew for each parcel: who changes a password restarts nothing.
 *
 *-------------------------------------------------------------------------
 */
#ifndef COURIER_CONF_H
#define COURIER_CONF_H

#include "message/outlet.h"

/* False, and code says why: "no mail.conf". To be wiped. */
extern bool conf_read_outlet(const char *directory, ParcelChannel channel, Outlet *outlet,
							 char code[PARCEL_CODE_SIZE]);

#endif
