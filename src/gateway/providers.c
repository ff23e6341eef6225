/*-------------------------------------------------------------------------
 *
 * providers.c
 *	  The table of providers.
 *
 *-------------------------------------------------------------------------
 */
#include "gateway/providers.h"

#include "gateway/alipay.h"
#include "gateway/wechat.h"

#include <stdio.h>

static const Provider *const providers[] = {
	&alipay_provider,
	&wechat_provider,
};

const Provider *
providers_find(const char *name)
{
	for (size_t i = 0; i < sizeof(providers) / sizeof(providers[0]); i++)
		if (strcmp(providers[i]->name, name) == 0)
			return providers[i];
	return NULL;
}

const Provider *
providers_of(const Merchant *merchant, char fault[MERCHANT_FAULT_SIZE])
{
	const Provider *provider = providers_find(merchant->provider);

	(void) snprintf(fault, MERCHANT_FAULT_SIZE, "there is no such provider");
	for (size_t i = 0; provider && i < PROVIDER_SETTINGS_MAX && provider->settings[i]; i++)
		if (!merchant_gives(merchant, provider->settings[i]))
		{
			(void) snprintf(fault, MERCHANT_FAULT_SIZE, "%s is missing", provider->settings[i]);
			return NULL;
		}
	return provider;
}

const ProviderProduct *
providers_product(const Provider *provider, const char *name)
{
	for (size_t i = 0; i < PROVIDER_PRODUCTS_MAX && provider->products[i].name; i++)
		if (strcmp(provider->products[i].name, name) == 0)
			return &provider->products[i];
	return NULL;
}
