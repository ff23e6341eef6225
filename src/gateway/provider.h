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

#include "gateway/bill.h"
#include "gateway/call.h"
#include "gateway/http.h"
#include "gateway/merchant.h"
#include "gateway/unpack.h"

#define PROVIDER_NONCE_SIZE 33
#define PROVIDER_SETTINGS_MAX 8

#define PROVIDER_LACKS(operation) (1u << (operation))

/* Of one that takes payments, and of one that issues invoices. */
#define PROVIDER_LACKS_INVOICES                                                                    \
	(PROVIDER_LACKS(CALL_ISSUE) | PROVIDER_LACKS(CALL_ISSUE_QUERY) | PROVIDER_LACKS(CALL_RESEAL) | \
	 PROVIDER_LACKS(CALL_DOCUMENT) | PROVIDER_LACKS(CALL_RED) | PROVIDER_LACKS(CALL_RED_QUERY) |   \
	 PROVIDER_LACKS(CALL_RED_ANSWER) | PROVIDER_LACKS(CALL_RED_LIST))
#define PROVIDER_LACKS_PAYMENTS (PROVIDER_LACKS(CALL_ISSUE) - 1u)

/* What a way of paying must know of who pays. */
#define PAYER_CLIENT_IP 1u
#define PAYER_TERMINAL 2u
#define PAYER_UID 4u
#define PAYER_EMAIL 8u

/* What a way of paying answers: the member pay_url of an answer. */
typedef enum PaysWith
{
	PAYS_BY_URL,  /* an address for the payer's browser */
	PAYS_BY_CODE, /* a text for a QR code */
	PAYS_BY_SDK	  /* JSON for the provider's library in the payer's app */
} PaysWith;

/* A way of paying that a provider has, as an order's method names it. */
typedef struct ProviderProduct
{
	const char *name;
	unsigned needs;		  /* of the payer: PAYER_ bits */
	int64_t url_lives_us; /* how long what it answers can be paid with */
	PaysWith pays_with;
} ProviderProduct;

#define PROVIDER_PRODUCTS_MAX 6

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

/* Where a bill is to be had, for a moment. */
#define PROVIDER_SHA1_SIZE 41

typedef struct ProviderLink
{
	HttpAddress address;		   /* at a host of the merchant's */
	char sha1[PROVIDER_SHA1_SIZE]; /* of what is unpacked, in small letters; empty: not said */
} ProviderLink;

/* How its bills are come by: CALL_BILL is answered with a link, which is followed. */
typedef struct ProviderBills
{
	UnpackFormat packed;
	const BillFormat *trade;
	const BillFormat *fund;
	/* False: there is no link, and answer says why. */
	bool (*read_link)(const GatewayCall *call, const Merchant *merchant, int64_t now_s,
					  const HttpMessage *reply, ProviderLink *link, GatewayAnswer *answer);
	ProviderBuild (*build_download)(const Merchant *merchant, const ProviderMoment *moment,
									const ProviderLink *link, HttpRequest *request);
} ProviderBills;

/* What it allows of refunds, beyond what it says by refusing them. */
typedef struct ProviderRefunds
{
	int64_t window_us;	 /* behind the payment; 0: no end */
	int64_t pause_us;	 /* between two of one payment */
	int per_payment_max; /* numbers, not attempts */
	bool one_by_one;	 /* of a payer: the next when the one before is accepted */
} ProviderRefunds;

/* A token by which its calls are allowed, for a time. */
typedef struct ProviderToken
{
	char text[MERCHANT_TOKEN_SIZE];
	int64_t ends_s; /* of Unix's epoch */
} ProviderToken;

/* How it is come by, at the merchant's token_host. */
typedef struct ProviderTokens
{
	ProviderBuild (*build)(const Merchant *merchant, HttpRequest *request);
	/* False: there is none, and answer says why. */
	bool (*read)(int64_t now_s, const HttpMessage *reply, ProviderToken *token,
				 GatewayAnswer *answer);
	/* True where an answer says that the call's token is none any more. */
	bool (*is_refused)(const GatewayAnswer *answer);
} ProviderTokens;

typedef struct Provider
{
	const char *name;
	const char *region; /* R1 */
	const char *currency;
	int64_t day_offset_us; /* how far the days of its bills are ahead of UTC's */
	ProviderProduct products[PROVIDER_PRODUCTS_MAX]; /* up to the first without a name */
	const char *settings[PROVIDER_SETTINGS_MAX];	 /* that its merchants' files must have */
	unsigned lacks; /* operations that it has no call for: PROVIDER_LACKS() of each */
	ProviderRefunds refunds;
	ProviderBuild (*build)(const GatewayCall *call, const Merchant *merchant,
						   const ProviderMoment *moment, HttpRequest *request,
						   GatewayAnswer *answer);
	void (*read_reply)(const GatewayCall *call, const Merchant *merchant, int64_t now_s,
					   const HttpMessage *reply, GatewayAnswer *answer);
	/* Sets that part of *fact that the verdict says. */
	NoticeVerdict (*read_notice)(const HttpMessage *notice, const Merchant *merchant, int64_t now_s,
								 NoticeFact *fact);
	const ProviderBills *bills; /* NULL: it lacks CALL_BILL */
	/*
	 * Reads from a reply, which is not believed yet, what the merchant's fetched_keys is to
	 * hold; its size, 0: none, and answer says why. NULL: it lacks CALL_KEYS.
	 */
	size_t (*read_keys)(const Merchant *merchant, int64_t now_s, const HttpMessage *reply,
						char *room, size_t size, GatewayAnswer *answer);
	const ProviderTokens *tokens; /* NULL: its calls need none */
	/*
	 * Behind an answer: a request by which the provider fetches what is newer, for the next call
	 * to find; what is replied is not looked at. NULL: it knows the newest itself.
	 */
	ProviderBuild (*build_refresh)(const GatewayCall *call, const Merchant *merchant,
								   const ProviderMoment *moment, const GatewayAnswer *answer,
								   HttpRequest *request);
	ProviderReply accepted;		  /* it need not send the notice again */
	ProviderReply again;		  /* it shall */
	const char *signature_header; /* of accepted, signed by CALL_SIGN; NULL: it needs none */
} Provider;

#endif
