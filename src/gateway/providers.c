/*-------------------------------------------------------------------------
 *
 * providers.c
 *	  The table of providers.
 *
 *-------------------------------------------------------------------------
 */
#include "gateway/providers.h"

#include "gateway/alipay.h"
#include "gateway/nuonuo.h"
#include "gateway/waffo.h"
#include "gateway/wechat.h"
#include "gateway/xiaomi.h"

#include <stdio.h>

static const Provider *const providers[] = {
	&alipay_provider, &nuonuo_provider, &waffo_provider, &wechat_provider, &xiaomi_provider,
};

const Provider *
providers_at(size_t place)
{
	return place < sizeof(providers) / sizeof(providers[0]) ? providers[place] : NULL;
}

const Provider *
providers_find(const char *name)
{
	for (size_t i = 0; i < sizeof(providers) / sizeof(providers[0]); i++)
		if (strcmp(providers[i]->name, name) == 0)
			return providers[i];
	return NULL;
}

/* Keys that are fetched may stand for one that is given. */
static bool
has_setting(const Provider *provider, const Merchant *merchant, const char *setting)
{
	return merchant_gives(merchant, setting) ||
		   (provider->read_keys && strcmp(setting, "public_key") == 0 &&
			merchant_gives(merchant, "fetched_keys"));
}

const Provider *
providers_of(const Merchant *merchant, char fault[MERCHANT_FAULT_SIZE])
{
	const Provider *provider = providers_find(merchant->provider);

	(void) snprintf(fault, MERCHANT_FAULT_SIZE, "there is no such provider");
	for (size_t i = 0; provider && i < PROVIDER_SETTINGS_MAX && provider->settings[i]; i++)
		if (!has_setting(provider, merchant, provider->settings[i]))
		{
			(void) snprintf(fault, MERCHANT_FAULT_SIZE, "%s is missing", provider->settings[i]);
			return NULL;
		}
	return provider;
}

const BillFormat *
providers_bill(const Provider *provider, const GatewayCall *call)
{
	if (provider->bills == NULL)
		return NULL;
	if (strcmp(call->bill, "trade") == 0)
		return provider->bills->trade;
	return strcmp(call->bill, "fund") == 0 ? provider->bills->fund : NULL;
}

const ProviderProduct *
providers_product(const Provider *provider, const char *name)
{
	for (size_t i = 0; i < PROVIDER_PRODUCTS_MAX && provider->products[i].name; i++)
		if (strcmp(provider->products[i].name, name) == 0)
			return &provider->products[i];
	return NULL;
}
