/*-------------------------------------------------------------------------
 *
 * merchant_file.h
 *	  A gateway's merchant account, from its file in billing.secrets_dir: what
 *	  is needed to read its notices, and never the private key.
 *
 *-------------------------------------------------------------------------
 */
#ifndef BOOKING_MERCHANT_FILE_H
#define BOOKING_MERCHANT_FILE_H

#include "postgres.h"

#include "gateway/merchant.h"

/* False where it cannot be read, or is for the books of another database: why is said in the
 * server's log alone. To be freed by merchant_free() before anything else is done. */
extern bool merchant_file_load(const char *gateway, Merchant *merchant);

#endif
