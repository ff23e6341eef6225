/*-------------------------------------------------------------------------
 *
 * providers.h
 *	  The providers that there are: a line for each.
 *
 *-------------------------------------------------------------------------
 */
#ifndef GATEWAY_PROVIDERS_H
#define GATEWAY_PROVIDERS_H

#include "gateway/provider.h"

/* One after the other; NULL behind the last. */
extern const Provider *providers_at(size_t place);

/* NULL where there is none of that name. */
extern const Provider *providers_find(const char *name);

/*
 * The provider of a merchant's file; NULL, and fault says why, where there is none of
 * its name, or the file lacks what that one needs.
 */
extern const Provider *providers_of(const Merchant *merchant, char fault[MERCHANT_FAULT_SIZE]);

/* The form of the bill that a call asks for; NULL where the provider has no such bill. */
extern const BillFormat *providers_bill(const Provider *provider, const GatewayCall *call);

/* NULL where the provider has no such product. */
extern const ProviderProduct *providers_product(const Provider *provider, const char *name);

#endif
