/*-------------------------------------------------------------------------
 *
 * exchange.c
 *	  The merchant's file, the provider's request, the transfer, the provider's
 *	  reading of the reply.
 *
 *-------------------------------------------------------------------------
 */
#include "caller/exchange.h"

#include "caller/conf.h"
#include "caller/transfer.h"
#include "gateway/providers.h"

#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

typedef struct Exchange
{
	int64_t id;
	GatewayCall call;
	const Provider *provider;
	Merchant merchant; /* without its private key: replies are read with what it was sent by */
} Exchange;

static void
say(GatewayAnswer *answer, CallResult result, const char *code)
{
	*answer = (GatewayAnswer){.result = result};
	(void) snprintf(answer->code, sizeof(answer->code), "%.*s", CALL_CODE_SIZE - 1, code);
}

/* ---- beginning ------------------------------------------------------------ */

/* The time, as far ahead as the server's clock is in tests. */
static int64_t
now_of(const GatewayCall *call)
{
	return (int64_t) time(NULL) + call->clock_offset_s;
}

static bool
read_moment(const GatewayCall *call, ProviderMoment *moment)
{
	unsigned char random[PROVIDER_NONCE_SIZE / 2];

	if (RAND_bytes(random, sizeof(random)) != 1)
		return false;
	moment->now_s = now_of(call);
	for (size_t i = 0; i < sizeof(random); i++)
		(void) snprintf(moment->nonce + 2 * i, 3, "%02x", random[i]);
	return true;
}

/* Makes the request; false: there is none, and answer says why. */
static bool
build(Exchange *exchange, HttpRequest *request, GatewayAnswer *answer)
{
	ProviderMoment moment;
	char fault[MERCHANT_FAULT_SIZE];

	exchange->provider = providers_of(&exchange->merchant, fault);
	if (exchange->provider == NULL)
		say(answer, RESULT_NOT_DELIVERED, fault);
	else if (strcmp(exchange->call.database, exchange->merchant.database) != 0)
		say(answer, RESULT_NOT_DELIVERED, "database"); /* other books have no right to it */
	else if (exchange->call.operation == CALL_CREATE &&
			 providers_product(exchange->provider, exchange->call.product) == NULL)
		say(answer, RESULT_MISCONFIGURED, "product");
	else if (exchange->call.clock_offset_s != 0 && !exchange->merchant.allow_http)
		say(answer, RESULT_NOT_DELIVERED, "clock_offset"); /* a real gateway lives today */
	else if (!read_moment(&exchange->call, &moment))
		say(answer, RESULT_NOT_DELIVERED, "random");
	else
		switch (exchange->provider->build(&exchange->call, &exchange->merchant, &moment, request,
										  answer))
		{
			case BUILD_SENDS:
				return true;
			case BUILD_ANSWERS:
				return false;
			case BUILD_IMPOSSIBLE:
				say(answer, RESULT_MISCONFIGURED, "impossible");
		}
	return false;
}

static bool
send_request(const Exchanges *exchanges, Exchange *exchange, const HttpRequest *request,
			 GatewayAnswer *answer)
{
	const Merchant *merchant = &exchange->merchant;
	char code[CALL_CODE_SIZE];
	TransferPeer peer = {merchant->host, merchant->port, merchant->allow_http, {NULL, 0}};
	bool is_sent = false;

	if (!conf_read_authorities(exchanges->directory, merchant, &peer.authorities, code))
		say(answer, RESULT_NOT_DELIVERED, code);
	else if (!transfer_begin(exchanges->transfers, &peer, request, exchange))
		say(answer, RESULT_NOT_DELIVERED, "not_begun");
	else
		is_sent = true;
	free((char *) peer.authorities.data);
	return is_sent;
}

/* The private key is wiped as soon as it has signed. */
static void
forget_private_key(Merchant *merchant)
{
	signature_free_key(merchant->private_key);
	merchant->private_key = NULL;
}

/* False: nothing is sent, and answer is set. */
static bool
begin(const Exchanges *exchanges, Exchange *exchange, GatewayAnswer *answer)
{
	HttpRequest request = {0};
	char code[CALL_CODE_SIZE];
	bool is_built;

	if (!conf_read_merchant(exchanges->directory, exchange->call.gateway, &exchange->merchant,
							code))
	{
		say(answer, RESULT_NOT_DELIVERED, code);
		return false;
	}
	is_built = build(exchange, &request, answer);
	forget_private_key(&exchange->merchant);
	return is_built && send_request(exchanges, exchange, &request, answer);
}

static void
free_exchange(Exchange *exchange)
{
	merchant_free(&exchange->merchant);
	free(exchange);
}

bool
exchange_begin(Exchanges *exchanges, int64_t id, const GatewayCall *call)
{
	bool has_place = exchanges->count < EXCHANGES_MAX;
	Exchange *exchange = has_place ? calloc(1, sizeof(*exchange)) : NULL;
	GatewayAnswer answer = {0};

	if (exchange == NULL)
	{
		say(&answer, RESULT_NOT_DELIVERED, has_place ? "memory" : "busy");
		return channel_put(exchanges->channel, id, &answer);
	}
	exchange->id = id;
	exchange->call = *call;
	if (begin(exchanges, exchange, &answer))
	{
		exchanges->count++;
		return true;
	}
	free_exchange(exchange);
	return channel_put(exchanges->channel, id, &answer);
}

/* ---- finishing ------------------------------------------------------------ */

static bool
finish(Exchange *exchange, const Transfer *transfer, Channel *channel)
{
	GatewayAnswer answer = {0};

	if (transfer->is_complete)
		exchange->provider->read_reply(&exchange->call, &exchange->merchant,
									   now_of(&exchange->call), &transfer->reply, &answer);
	else
		say(&answer, transfer->is_sent ? RESULT_UNANSWERED : RESULT_NOT_DELIVERED, transfer->word);
	return channel_put(channel, exchange->id, &answer);
}

bool
exchange_finish(Exchanges *exchanges)
{
	Transfer *transfer;
	bool is_answered = true;

	while (is_answered && (transfer = transfer_next(exchanges->transfers)) != NULL)
	{
		is_answered = finish(transfer->owner, transfer, exchanges->channel);
		free_exchange(transfer->owner);
		transfer_free(transfer);
		exchanges->count--;
	}
	return is_answered;
}
