/*-------------------------------------------------------------------------
 *
 * exchange.c
 *	  The merchant's file, the provider's request, the transfer, the provider's
 *	  reading of the reply.
 *
 *-------------------------------------------------------------------------
 */
#include "caller/exchange.h"

#include "caller/answer.h"
#include "caller/conf.h"
#include "caller/download.h"
#include "caller/key_file.h"
#include "gateway/providers.h"
#include "program/beside.h"
#include "program/nonce.h"
#include "program/transfer.h"

#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

typedef struct Exchange
{
	int64_t id;
	GatewayCall call;
	const Provider *provider;
	Merchant merchant;	 /* without its private key: replies are read with what it was sent by */
	Download *download;	 /* CALL_BILL */
	Transfer *following; /* of the download, once there is a link */
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
	moment->now_s = now_of(call);
	return nonce_make(moment->nonce, sizeof(moment->nonce));
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
	else if (exchange->call.operation == CALL_KEYS && exchange->merchant.fetched_keys[0] == '\0')
		say(answer, RESULT_MISCONFIGURED, "fetched_keys");
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

/* Sends it to the peer, whose authorities are the merchant's; NULL: it is not, and answer is set.
 */
static Transfer *
send_request(const Exchanges *exchanges, Exchange *exchange, TransferPeer peer,
			 const HttpRequest *request, TransferTaker take, GatewayAnswer *answer)
{
	Transfer *transfer = NULL;

	if (!beside_read_authorities(exchanges->directory, exchange->merchant.ca_file,
								 &peer.authorities))
		say(answer, RESULT_NOT_DELIVERED, "ca_file");
	else if (!(transfer = transfer_begin(exchanges->transfers, &peer, request, take, exchange)))
		say(answer, RESULT_NOT_DELIVERED, "not_begun");
	free((char *) peer.authorities.data);
	return transfer;
}

/* What a request is made with is wiped as soon as it is made. */
static void
forget_secrets(Merchant *merchant)
{
	signature_free_key(merchant->private_key);
	merchant->private_key = NULL;
	OPENSSL_cleanse(merchant->api_key, sizeof(merchant->api_key));
}

static bool
read_merchant(const Exchanges *exchanges, Exchange *exchange, GatewayAnswer *answer)
{
	char code[CALL_CODE_SIZE];

	if (conf_read_merchant(exchanges->directory, exchange->call.gateway, &exchange->merchant, code))
		return true;
	say(answer, RESULT_NOT_DELIVERED, code);
	return false;
}

/* Makes ready for a bill, so that its link need not wait. */
static bool
prepare_download(Exchanges *exchanges, Exchange *exchange, GatewayAnswer *answer)
{
	const BillFormat *format = providers_bill(exchange->provider, &exchange->call);
	size_t place = 0;

	while (place < EXCHANGE_DOWNLOADS_MAX && exchanges->downloads[place])
		place++;
	if (format == NULL)
		say(answer, RESULT_MISCONFIGURED, "bill");
	else if (place == EXCHANGE_DOWNLOADS_MAX)
		say(answer, RESULT_NOT_DELIVERED, "busy");
	else if (!(exchange->download = download_open(exchange->provider->bills->packed, format,
												  exchange->id, exchanges->channel)))
		say(answer, RESULT_NOT_DELIVERED, "bill_reader");
	else
		exchanges->downloads[place] = exchange;
	return exchange->download != NULL;
}

/* False: nothing is sent, and answer is set. */
static bool
begin(Exchanges *exchanges, Exchange *exchange, GatewayAnswer *answer)
{
	const Merchant *merchant = &exchange->merchant;
	HttpRequest request = {0};
	bool is_built;

	if (!read_merchant(exchanges, exchange, answer))
		return false;
	is_built = build(exchange, &request, answer);
	forget_secrets(&exchange->merchant);
	return is_built &&
		   (exchange->call.operation != CALL_BILL ||
			prepare_download(exchanges, exchange, answer)) &&
		   send_request(exchanges, exchange,
						(TransferPeer){.host = merchant->host,
									   .port = merchant->port,
									   .is_plain = merchant->allow_http},
						&request, NULL, answer);
}

static void
free_exchange(Exchanges *exchanges, Exchange *exchange)
{
	for (size_t i = 0; i < EXCHANGE_DOWNLOADS_MAX; i++)
		if (exchanges->downloads[i] == exchange)
			exchanges->downloads[i] = NULL;
	download_close(exchange->download);
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
		return answer_put(exchanges->channel, id, &answer);
	}
	exchange->id = id;
	exchange->call = *call;
	if (begin(exchanges, exchange, &answer))
	{
		exchanges->count++;
		return true;
	}
	free_exchange(exchanges, exchange);
	return answer_put(exchanges->channel, id, &answer);
}

/* ---- following the link of a bill ------------------------------------------ */

static TransferTaken
take_piece(void *owner, Bytes *piece)
{
	return download_take(((Exchange *) owner)->download, piece);
}

/* A reply without a link that may be followed has no word of the gateway's. */
static bool
read_link(const Exchange *exchange, const HttpMessage *reply, ProviderLink *link,
		  GatewayAnswer *answer)
{
	bool is_read = exchange->provider->bills->read_link(
		&exchange->call, &exchange->merchant, now_of(&exchange->call), reply, link, answer);

	if (!is_read && answer->code[0] == '\0')
		say(answer, answer->result, "bill_link");
	return is_read;
}

/* Reads the merchant's file anew: the private key was wiped. */
static bool
build_download(const Exchanges *exchanges, Exchange *exchange, const ProviderLink *link,
			   HttpRequest *request, GatewayAnswer *answer)
{
	ProviderMoment moment;
	bool is_built;

	merchant_free(&exchange->merchant);
	if (!read_merchant(exchanges, exchange, answer))
		return false;
	is_built = read_moment(&exchange->call, &moment) &&
			   exchange->provider->bills->build_download(&exchange->merchant, &moment, link,
														 request) == BUILD_SENDS;
	forget_secrets(&exchange->merchant);
	if (!is_built)
		say(answer, RESULT_MISCONFIGURED, "impossible");
	return is_built;
}

/* True where a link came and is followed; else answer is set. */
static bool
follow(const Exchanges *exchanges, Exchange *exchange, const HttpMessage *reply,
	   GatewayAnswer *answer)
{
	HttpRequest request = {0};
	ProviderLink link;

	if (!read_link(exchange, reply, &link, answer) ||
		!build_download(exchanges, exchange, &link, &request, answer))
		return false;
	download_expect(exchange->download, link.sha1);
	exchange->following = send_request(exchanges, exchange,
									   (TransferPeer){.host = link.address.host,
													  .port = link.address.port,
													  .is_plain = link.address.is_plain},
									   &request, take_piece, answer);
	return exchange->following != NULL;
}

void
exchange_resume(Exchanges *exchanges)
{
	for (size_t i = 0; i < EXCHANGE_DOWNLOADS_MAX && channel_takes_rows(exchanges->channel); i++)
	{
		Exchange *exchange = exchanges->downloads[exchanges->next_download];

		exchanges->next_download = (exchanges->next_download + 1) % EXCHANGE_DOWNLOADS_MAX;
		if (exchange && exchange->following)
			transfer_resume(exchange->following);
	}
}

/* ---- finishing ------------------------------------------------------------ */

static void
read_reply(const Exchange *exchange, const HttpMessage *reply, GatewayAnswer *answer)
{
	exchange->provider->read_reply(&exchange->call, &exchange->merchant, now_of(&exchange->call),
								   reply, answer);
}

/* Keeps the keys that a reply holds in the file that the merchant's own one names. */
static void
keep_keys(const Exchanges *exchanges, const Exchange *exchange, const HttpMessage *reply,
		  GatewayAnswer *answer)
{
	const Merchant *merchant = &exchange->merchant;
	char room[KEY_FILE_BYTES_MAX];
	char fault[SECRETS_FAULT_SIZE];
	size_t size = exchange->provider->read_keys(merchant, now_of(&exchange->call), reply, room,
												sizeof(room), answer);

	if (size == 0 && answer->code[0] == '\0')
		say(answer, answer->result, "keys");
	if (size == 0)
		return;
	if (!key_file_replace(exchanges->directory, merchant->fetched_keys, (Bytes){room, size}, fault))
		say(answer, RESULT_MISCONFIGURED, fault);
	else
		*answer = (GatewayAnswer){.result = RESULT_DONE};
}

/* False: it goes on with another transfer. */
static bool
conclude(const Exchanges *exchanges, Exchange *exchange, const Transfer *transfer,
		 GatewayAnswer *answer)
{
	if (exchange->following)
		download_conclude(exchange->download, transfer, answer);
	else if (!transfer->is_complete)
		say(answer, transfer->is_sent ? RESULT_UNANSWERED : RESULT_NOT_DELIVERED, transfer->word);
	else if (exchange->download)
		return !follow(exchanges, exchange, &transfer->reply, answer);
	else if (exchange->call.operation == CALL_KEYS)
		keep_keys(exchanges, exchange, &transfer->reply, answer);
	else
		read_reply(exchange, &transfer->reply, answer);
	return true;
}

/* False where no answer can be given. */
static bool
finish(Exchanges *exchanges, Exchange *exchange, const Transfer *transfer)
{
	GatewayAnswer answer = {0};
	bool is_answered;

	if (!conclude(exchanges, exchange, transfer, &answer))
		return true;
	is_answered = answer_put(exchanges->channel, exchange->id, &answer);
	free_exchange(exchanges, exchange);
	exchanges->count--;
	return is_answered;
}

bool
exchange_finish(Exchanges *exchanges)
{
	Transfer *transfer;
	bool is_answered = true;

	while (is_answered && (transfer = transfer_next(exchanges->transfers)) != NULL)
	{
		is_answered = finish(exchanges, transfer->owner, transfer);
		transfer_free(transfer);
	}
	return is_answered;
}
