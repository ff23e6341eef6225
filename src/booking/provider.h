/*-------------------------------------------------------------------------
 *
 * provider.h
 *	  Whose protocol a gateway of these books speaks.
 *
 *-------------------------------------------------------------------------
 */
#ifndef BOOKING_PROVIDER_H
#define BOOKING_PROVIDER_H

#include "postgres.h"

#include "gateway/provider.h"

/* NULL where there is no such gateway, as of bank transfers. */
extern const Provider *provider_of(const char *gateway);

/* True where it has no call for that: somebody has to do it by hand. */
extern bool provider_of_lacks(const char *gateway, CallOperation operation);

#endif
