/*-------------------------------------------------------------------------
 *
 * payer.h
 *	  What an application tells of who pays: a JSON object of a few texts.
 *
 *-------------------------------------------------------------------------
 */
#ifndef API_PAYER_H
#define API_PAYER_H

#include "postgres.h"

#include "fmgr.h"

#include "gateway/provider.h"

/*
 * The argument as compact JSON, NULL where it is null. Refuses fields that it does
 * not know, values that are no such thing, and where one is missing that the
 * product needs.
 */
extern char *payer_read(FunctionCallInfo fcinfo, int index, const ProviderProduct *product);

/* The fields that a product needs, with commas between them. */
extern const char *payer_needs(const ProviderProduct *product);

#endif
