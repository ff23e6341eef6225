/*-------------------------------------------------------------------------
 *
 * provider.c
 *	  From a gateway's row to its provider's file.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "booking/provider.h"
#include "gateway/providers.h"
#include "store/gateway_store.h"

const Provider *
provider_of(const char *gateway)
{
	Gateway found;

	return gateway_find(gateway, sql_run, &found) ? providers_find(found.provider) : NULL;
}

bool
provider_of_lacks(const char *gateway, CallOperation operation)
{
	const Provider *provider = provider_of(gateway);

	return provider == NULL || (provider->lacks & PROVIDER_LACKS(operation)) != 0;
}
