/*-------------------------------------------------------------------------
 *
 * exchange.c
 *	  The merchant's file, the provider's token if it wants one, its request, the
 *	  transfer, its reading of the reply.
 *
 *-------------------------------------------------------------------------
 */
#include "caller/exchange.h"

#include "caller/answer.h"
#include "caller/conf.h"
#include "caller/download.h"
#include "caller/key_file.h"
#include "caller/pieces.h"
#include "caller/token_file.h"
#include "gateway/providers.h"
#include "program/beside.h"
#include "program/nonce.h"
#include "program/transfer.h"

#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

/* What the transfer under way is of. */
typedef enum ExchangeStep
{
	STEP_TOKEN, /* by which the call is then made */
	STEP_CALL,
	STEP_FOLLOW, /* of a bill or document */
	STEP_REFRESH /* the answer is there */
} ExchangeStep;

typedef struct Exchange
{
	int64_t id;
	GatewayCall call;
	const Provider *provider;
	Merchant merchant; /* without its private key: replies are read with what it was sent by */
	ExchangeStep step;
	int token_lock;		  /* STEP_TOKEN: our turn */
	Download *download;	  /* CALL_BILL */
	Pieces pieces;		  /* CALL_DOCUMENT */
	Transfer *following;  /* STEP_FOLLOW */
	GatewayAnswer answer; /* STEP_REFRESH */
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

/* False where it may not be made, and answer says why. */
static bool
may_call(Exchange *exchange, GatewayAnswer *answer)
{
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
	else
		return true;
	return false;
}

/* Makes the request; false: there is none, and answer says why. */
static bool
build(Exchange *exchange, HttpRequest *request, GatewayAnswer *answer)
{
	ProviderMoment moment;

	if (!read_moment(&exchange->call, &moment))
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

static TransferPeer
peer_at(const Merchant *merchant, const char *host)
{
	return (TransferPeer){.host = host, .port = merchant->port, .is_plain = merchant->allow_http};
}

/* A place among those that exchange_resume() looks after; false where there is none. */
static bool
take_place(Exchanges *exchanges, Exchange *exchange, GatewayAnswer *answer)
{
	size_t place = 0;

	while (place < EXCHANGE_DOWNLOADS_MAX && exchanges->downloads[place])
		place++;
	if (place == EXCHANGE_DOWNLOADS_MAX)
		say(answer, RESULT_NOT_DELIVERED, "busy");
	else
		exchanges->downloads[place] = exchange;
	return place < EXCHANGE_DOWNLOADS_MAX;
}

static TransferTaken
take_piece(void *owner, Bytes *piece)
{
	Exchange *exchange = owner;

	return exchange->download ? download_take(exchange->download, piece)
							  : pieces_take(&exchange->pieces, piece);
}

/* Makes ready for a bill, so that its link need not wait. */
static bool
prepare_download(Exchanges *exchanges, Exchange *exchange, GatewayAnswer *answer)
{
	const BillFormat *format = providers_bill(exchange->provider, &exchange->call);

	if (format == NULL)
		say(answer, RESULT_MISCONFIGURED, "bill");
	else if (!take_place(exchanges, exchange, answer))
		return false;
	else if (!(exchange->download = download_open(exchange->provider->bills->packed, format,
												  exchange->id, exchanges->channel)))
		say(answer, RESULT_NOT_DELIVERED, "bill_reader");
	return exchange->download != NULL;
}

/* Fetches a document from where its address says. */
static bool
fetch_document(Exchanges *exchanges, Exchange *exchange, const HttpRequest *request,
			   GatewayAnswer *answer)
{
	HttpAddress address;

	if (!merchant_document_address(&exchange->merchant,
								   bytes_of(exchange->call.invoice.document_url), &address))
		say(answer, RESULT_MISCONFIGURED, "document_host");
	else if (take_place(exchanges, exchange, answer))
	{
		exchange->pieces = (Pieces){.id = exchange->id, .channel = exchanges->channel};
		exchange->step = STEP_FOLLOW;
		exchange->following = send_request(exchanges, exchange,
										   (TransferPeer){.host = address.host,
														  .port = address.port,
														  .is_plain = address.is_plain},
										   request, take_piece, answer);
	}
	return exchange->following != NULL;
}

/* Sends what the call asks for; of a bill: asks for its link. */
static bool
send_call(Exchanges *exchanges, Exchange *exchange, const HttpRequest *request,
		  GatewayAnswer *answer)
{
	const Merchant *merchant = &exchange->merchant;

	exchange->step = STEP_CALL;
	if (exchange->call.operation == CALL_DOCUMENT)
		return fetch_document(exchanges, exchange, request, answer);
	return (exchange->call.operation != CALL_BILL ||
			prepare_download(exchanges, exchange, answer)) &&
		   send_request(exchanges, exchange, peer_at(merchant, merchant->host), request, NULL,
						answer);
}

/* False: nothing is sent, and answer is set. */
static bool
begin_call(Exchanges *exchanges, Exchange *exchange, GatewayAnswer *answer)
{
	HttpRequest request = {0};
	bool is_sent = build(exchange, &request, answer);

	forget_secrets(&exchange->merchant);
	is_sent = is_sent && send_call(exchanges, exchange, &request, answer);
	OPENSSL_cleanse(&request, sizeof(request));
	return is_sent;
}

/* ---- tokens --------------------------------------------------------------- */

/* The address of a document is all that is needed for it. */
static bool
needs_token(const Exchange *exchange)
{
	return exchange->provider->tokens && exchange->call.operation != CALL_DOCUMENT;
}

static void
set_token(Merchant *merchant, const ProviderToken *token)
{
	memcpy(merchant->token, token->text, sizeof(merchant->token));
}

/* Takes the token that is kept; of a file that cannot be read answer is set. */
static TokenHeld
take_kept_token(const Exchanges *exchanges, Exchange *exchange, GatewayAnswer *answer)
{
	char fault[SECRETS_FAULT_SIZE];
	ProviderToken token = {0};
	TokenHeld held = token_file_read(exchanges->directory, exchange->merchant.token_file,
									 now_of(&exchange->call), &token, fault);

	if (held == TOKEN_GOOD || held == TOKEN_ENDS_SOON)
		set_token(&exchange->merchant, &token);
	else if (held == TOKEN_UNSOUND)
		say(answer, RESULT_MISCONFIGURED, fault);
	OPENSSL_cleanse(&token, sizeof(token));
	return held;
}

static bool
send_token_request(const Exchanges *exchanges, Exchange *exchange, GatewayAnswer *answer)
{
	const Merchant *merchant = &exchange->merchant;
	const char *host = merchant->token_host[0] ? merchant->token_host : merchant->host;
	HttpRequest request = {0};
	bool is_sent = false;

	exchange->step = STEP_TOKEN;
	if (exchange->provider->tokens->build(merchant, &request) != BUILD_SENDS)
		say(answer, RESULT_MISCONFIGURED, "impossible");
	else
		is_sent = send_request(exchanges, exchange, peer_at(merchant, host), &request, NULL,
							   answer) != NULL;
	OPENSSL_cleanse(&request, sizeof(request));
	return is_sent;
}

/* Asks for a token where it is our turn; false where it is not, and answer says why. */
static bool
ask_token(const Exchanges *exchanges, Exchange *exchange, GatewayAnswer *answer)
{
	char fault[SECRETS_FAULT_SIZE];

	switch (token_file_begin(exchanges->directory, exchange->merchant.token_file,
							 now_of(&exchange->call), &exchange->token_lock, fault))
	{
		case TOKEN_TURN_TAKEN:
			if (send_token_request(exchanges, exchange, answer))
				return true;
			token_file_end(exchange->token_lock, false);
			break;
		case TOKEN_TURN_OTHERS:
			say(answer, RESULT_BUSY, "token_is_asked_for");
			break;
		case TOKEN_TURN_LATER:
			say(answer, RESULT_NOT_DELIVERED, "token_was_asked_for"); /* in vain */
			break;
		case TOKEN_TURN_FAULT:
			say(answer, RESULT_MISCONFIGURED, fault);
	}
	return false;
}

/* Where no other can be had now, one that ends soon is good; and one that somebody just put there.
 */
static bool
begin_with_token(Exchanges *exchanges, Exchange *exchange, GatewayAnswer *answer)
{
	TokenHeld held = take_kept_token(exchanges, exchange, answer);

	if (held == TOKEN_UNSOUND)
		return false;
	if (held != TOKEN_GOOD)
	{
		if (ask_token(exchanges, exchange, answer))
			return true;
		held = take_kept_token(exchanges, exchange, answer);
	}
	return (held == TOKEN_GOOD || held == TOKEN_ENDS_SOON) &&
		   begin_call(exchanges, exchange, answer);
}

/*
 * The provider says that the token is none, and did nothing: another is asked for, unless somebody
 * has done so. False where there is none to go on with: for now, and answer says why.
 */
static bool
renew_token(Exchanges *exchanges, Exchange *exchange, GatewayAnswer *answer)
{
	char refused[MERCHANT_TOKEN_SIZE];
	TokenHeld held;
	bool is_renewed;

	memcpy(refused, exchange->merchant.token, sizeof(refused));
	held = take_kept_token(exchanges, exchange, answer);
	is_renewed = held == TOKEN_GOOD && strcmp(refused, exchange->merchant.token) != 0;
	OPENSSL_cleanse(refused, sizeof(refused));
	if (is_renewed)
		return begin_call(exchanges, exchange, answer);
	return held != TOKEN_UNSOUND && ask_token(exchanges, exchange, answer);
}

/* Keeps the token of a reply; false where there is none, or it cannot be kept. */
static bool
keep_token(const Exchanges *exchanges, Exchange *exchange, const HttpMessage *reply,
		   GatewayAnswer *answer)
{
	char fault[SECRETS_FAULT_SIZE];
	ProviderToken token = {0};
	bool is_kept = false;

	if (!exchange->provider->tokens->read(now_of(&exchange->call), reply, &token, answer))
	{
		if (answer->code[0] == '\0')
			say(answer, answer->result, "token");
	}
	else if (!token_file_keep(exchanges->directory, exchange->merchant.token_file, &token, fault))
		say(answer, RESULT_MISCONFIGURED, fault);
	else
		is_kept = true;
	if (is_kept)
		set_token(&exchange->merchant, &token);
	OPENSSL_cleanse(&token, sizeof(token));
	return is_kept;
}

/* Goes on with the call, by the token that came; false where none did, and answer says why. */
static bool
begin_behind_token(Exchanges *exchanges, Exchange *exchange, const Transfer *transfer,
				   GatewayAnswer *answer)
{
	bool is_kept = false;

	if (!transfer->is_complete)
		say(answer, RESULT_NOT_DELIVERED, transfer->word);
	else
		is_kept = keep_token(exchanges, exchange, &transfer->reply, answer);
	token_file_end(exchange->token_lock, transfer->is_sent);
	return is_kept && begin_call(exchanges, exchange, answer);
}

/* ---- beginning, all of it --------------------------------------------------- */

/* False: nothing is sent, and answer is set. */
static bool
begin(Exchanges *exchanges, Exchange *exchange, GatewayAnswer *answer)
{
	if (!read_merchant(exchanges, exchange, answer) || !may_call(exchange, answer))
		return false;
	return needs_token(exchange) ? begin_with_token(exchanges, exchange, answer)
								 : begin_call(exchanges, exchange, answer);
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
	exchange->step = STEP_FOLLOW;
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

/* True where the provider is asked for what is newer, and the answer is kept until it was. */
static bool
refresh(const Exchanges *exchanges, Exchange *exchange, const GatewayAnswer *answer)
{
	const Merchant *merchant = &exchange->merchant;
	HttpRequest request = {0};
	ProviderMoment moment;
	GatewayAnswer ignored;
	bool is_sent = exchange->provider->build_refresh && read_moment(&exchange->call, &moment) &&
				   exchange->provider->build_refresh(&exchange->call, merchant, &moment, answer,
													 &request) == BUILD_SENDS &&
				   send_request(exchanges, exchange, peer_at(merchant, merchant->host), &request,
								NULL, &ignored);

	OPENSSL_cleanse(&request, sizeof(request));
	exchange->step = STEP_REFRESH;
	exchange->answer = *answer;
	return is_sent;
}

/* False: it goes on with another transfer. */
static bool
conclude_call(Exchanges *exchanges, Exchange *exchange, const Transfer *transfer,
			  GatewayAnswer *answer)
{
	if (!transfer->is_complete)
		say(answer, transfer->is_sent ? RESULT_UNANSWERED : RESULT_NOT_DELIVERED, transfer->word);
	else if (exchange->download)
		return !follow(exchanges, exchange, &transfer->reply, answer);
	else if (exchange->call.operation == CALL_KEYS)
		keep_keys(exchanges, exchange, &transfer->reply, answer);
	else
	{
		read_reply(exchange, &transfer->reply, answer);
		if (needs_token(exchange) && exchange->provider->tokens->is_refused(answer))
			return !renew_token(exchanges, exchange, answer);
		return !refresh(exchanges, exchange, answer);
	}
	return true;
}

/* False: likewise. */
static bool
conclude(Exchanges *exchanges, Exchange *exchange, const Transfer *transfer, GatewayAnswer *answer)
{
	switch (exchange->step)
	{
		case STEP_TOKEN:
			return !begin_behind_token(exchanges, exchange, transfer, answer);
		case STEP_CALL:
			return conclude_call(exchanges, exchange, transfer, answer);
		case STEP_FOLLOW:
			if (exchange->download)
				download_conclude(exchange->download, transfer, answer);
			else
				pieces_conclude(&exchange->pieces, transfer, answer);
			return true;
		case STEP_REFRESH:
			*answer = exchange->answer;
	}
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
