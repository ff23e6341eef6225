/*-------------------------------------------------------------------------
 *
 * provider.h
 *	  What a provider's file offers: the face that all of them share.
 *
 * Bytes in, facts or bytes out; no clock, no network. docs/adding-a-gateway.md
 * shows how one is added.
 *
 *-------------------------------------------------------------------------
 */
#ifndef GATEWAY_PROVIDER_H
#define GATEWAY_PROVIDER_H

#include "gateway/call.h"
#include "gateway/http.h"
#include "gateway/merchant.h"

#define PROVIDER_NONCE_SIZE 33

/* A way of paying that a provider has, as an order's method names it. */
typedef struct ProviderProduct
{
	const char *name;
	bool needs_client_ip;
	int64_t url_lives_us; /* how long what it answers can be paid with */
	bool is_code;		  /* a text for a QR code; else an address for the payer's browser */
} ProviderProduct;

#define PROVIDER_PRODUCTS_MAX 4

/* What a moment adds to a request: the clock, and a number that is used once. */
typedef struct ProviderMoment
{
	int64_t now_s; /* seconds of Unix's epoch */
	char nonce[PROVIDER_NONCE_SIZE];
} ProviderMoment;

typedef enum ProviderBuild
{
	BUILD_SENDS,	 /* the request is to be sent */
	BUILD_ANSWERS,	 /* nothing is: the answer is there */
	BUILD_IMPOSSIBLE /* it has no such call, or a field is missing or does not fit */
} ProviderBuild;

/* An answer to the gateway that sent a notice. */
typedef struct ProviderReply
{
	int status;
	const char *content_type;
	const char *body;
} ProviderReply;

typedef struct Provider
{
	const char *name;
	const char *region; /* R1 */
	const char *currency;
	ProviderProduct products[PROVIDER_PRODUCTS_MAX]; /* up to the first without a name */
	ProviderBuild (*build)(const GatewayCall *call, const Merchant *merchant,
						   const ProviderMoment *moment, HttpRequest *request,
						   GatewayAnswer *answer);
	void (*read_reply)(const GatewayCall *call, const Merchant *merchant, int64_t now_s,
					   const HttpMessage *reply, GatewayAnswer *answer);
	/* *fact is set where it is NOTICE_OF_PAYMENT. */
	NoticeVerdict (*read_notice)(const HttpMessage *notice, const Merchant *merchant, int64_t now_s,
								 PaymentFact *fact);
	ProviderReply accepted; /* it need not send the notice again */
	ProviderReply again;	/* it shall */
} Provider;

#endif
