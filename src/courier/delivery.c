/*-------------------------------------------------------------------------
 *
 * delivery.c
 *	  The channel's file, the request or message, the transfer, what became of it.
 *
 *-------------------------------------------------------------------------
 */
#include "courier/delivery.h"

#include "courier/conf.h"
#include "message/address.h"
#include "message/mime.h"
#include "message/sms.h"
#include "message/webhook.h"
#include "program/beside.h"
#include "program/nonce.h"

#include <netinet/in.h>
#include <openssl/crypto.h>
#include <stdlib.h>

typedef struct Delivery
{
	Deliveries *deliveries;
	int64_t id;
	ParcelChannel channel;
	Outlet outlet;				 /* without its secrets, once they are used */
	struct curl_slist *resolved; /* what names lead to, in tests */
	size_t bytes;				 /* of an e-mail */
} Delivery;

bool
delivery_open(Deliveries *deliveries, const ServiceTools *tools)
{
	*deliveries = (Deliveries){.tools = *tools};
	return mail_open(&deliveries->mails, tools->transfers);
}

bool
delivery_is_full(const Deliveries *deliveries)
{
	return deliveries->count >= DELIVERIES_MAX || deliveries->bytes >= DELIVERY_BYTES_MAX;
}

/* ---- e-mail ---------------------------------------------------------------- */

/* Each of these three sends the parcel; false: it is not sent, and answer says why. */
static bool
send_email(Delivery *delivery, const Parcel *parcel, Bytes authorities, ParcelAnswer *answer)
{
	const OutletMail *outlet = &delivery->outlet.mail;
	MimeSender sender = {outlet->from, outlet->from_name, outlet->reply_to};
	Bytes message = mime_write(parcel, &sender);

	if (message.size == 0)
	{
		parcel_say(answer, PARCEL_NOT_SENT, "memory");
		return false;
	}
	delivery->bytes = message.size;
	if (mail_begin(&delivery->deliveries->mails, outlet, authorities, parcel->to, message,
				   delivery))
		return true;
	parcel_say(answer, PARCEL_NOT_SENT, "not_begun");
	return false;
}

/* ---- SMS ------------------------------------------------------------------- */

static bool
send_request(Delivery *delivery, const TransferPeer *peer, const HttpRequest *request,
			 ParcelAnswer *answer)
{
	if (transfer_begin(delivery->deliveries->tools.transfers, peer, request, NULL, delivery))
		return true;
	parcel_say(answer, PARCEL_NOT_SENT, "not_begun");
	return false;
}

static bool
send_sms(Delivery *delivery, const Parcel *parcel, Bytes authorities, ParcelAnswer *answer)
{
	const OutletSms *outlet = &delivery->outlet.sms;
	TransferPeer peer = {
		.host = outlet->address.host, .port = outlet->address.port, .authorities = authorities};
	HttpRequest request = {0};
	char nonce[SMS_NONCE_SIZE];

	if (nonce_make(nonce, sizeof(nonce)) && sms_build(parcel, outlet, nonce, &request))
		return send_request(delivery, &peer, &request, answer);
	parcel_say(answer, PARCEL_REFUSED, "impossible");
	return false;
}

/* ---- webhooks -------------------------------------------------------------- */

/* An address that is anybody's, or the one that tests have besides. */
static bool
may_connect(const void *argument, const struct sockaddr *address)
{
	const OutletWebhook *outlet = argument;
	const struct sockaddr_in *v4 = (const void *) address;
	const struct sockaddr_in6 *v6 = (const void *) address;

	if (address->sa_family == AF_INET6)
		return address_is_public(v6->sin6_addr.s6_addr, ADDRESS_V6_BYTES);
	if (address->sa_family != AF_INET)
		return false;
	return address_is_public((const void *) &v4->sin_addr, ADDRESS_V4_BYTES) ||
		   (ntohs(v4->sin_port) == outlet->private_port &&
			memcmp(&v4->sin_addr, outlet->private_address, ADDRESS_V4_BYTES) == 0);
}

/* For tests. What a name led to before is forgotten. */
static bool
resolve_names(Delivery *delivery)
{
	const OutletWebhook *outlet = &delivery->outlet.webhook;

	for (size_t i = 0; i < outlet->resolve_count; i++)
	{
		struct curl_slist *longer = curl_slist_append(delivery->resolved, outlet->resolve[i]);

		if (longer == NULL)
			return false;
		delivery->resolved = longer;
	}
	return true;
}

static bool
send_webhook(Delivery *delivery, const Parcel *parcel, Bytes authorities, ParcelAnswer *answer)
{
	const OutletWebhook *outlet = &delivery->outlet.webhook;
	HttpAddress address;
	HttpRequest request = {0};
	TransferPeer peer = {.host = address.host,
						 .authorities = authorities,
						 .guard = may_connect,
						 .guard_argument = outlet};

	if (!webhook_read_url(parcel->url, outlet->private_port, &address))
		parcel_say(answer, PARCEL_REFUSED, "url");
	else if (!webhook_build(bytes_of(outlet->master_key), parcel, &address, &request))
		parcel_say(answer, PARCEL_REFUSED, "impossible");
	else if (!resolve_names(delivery))
		parcel_say(answer, PARCEL_NOT_SENT, "memory");
	else
	{
		peer.port = address.port;
		peer.resolved = delivery->resolved;
		return send_request(delivery, &peer, &request, answer);
	}
	return false;
}

/* ---- beginning ------------------------------------------------------------- */

/* What a message was made with is wiped as soon as it is made. */
static void
forget_secrets(Delivery *delivery)
{
	Outlet *outlet = &delivery->outlet;

	switch (delivery->channel)
	{
		case PARCEL_EMAIL:
			OPENSSL_cleanse(outlet->mail.password, sizeof(outlet->mail.password));
			break;
		case PARCEL_SMS:
			OPENSSL_cleanse(outlet->sms.secret, sizeof(outlet->sms.secret));
			break;
		case PARCEL_WEBHOOK:
			OPENSSL_cleanse(outlet->webhook.master_key, sizeof(outlet->webhook.master_key));
			break;
	}
}

static bool
send_by_channel(Delivery *delivery, const Parcel *parcel, Bytes authorities, ParcelAnswer *answer)
{
	switch (delivery->channel)
	{
		case PARCEL_EMAIL:
			return send_email(delivery, parcel, authorities, answer);
		case PARCEL_SMS:
			return send_sms(delivery, parcel, authorities, answer);
		case PARCEL_WEBHOOK:
			return send_webhook(delivery, parcel, authorities, answer);
	}
	return false;
}

static bool
begin(Delivery *delivery, const Parcel *parcel, ParcelAnswer *answer)
{
	const char *directory = delivery->deliveries->tools.directory;
	Outlet *outlet = &delivery->outlet;
	char code[PARCEL_CODE_SIZE];
	Bytes authorities = {NULL, 0};
	bool is_begun = false;

	if (!conf_read_outlet(directory, delivery->channel, outlet, code))
		parcel_say(answer, PARCEL_MISCONFIGURED, code);
	else if (strcmp(parcel->database, outlet->database) != 0)
		parcel_say(answer, PARCEL_MISCONFIGURED, "database"); /* other books have no right to it */
	else if (!beside_read_authorities(directory, outlet->ca_file, &authorities))
		parcel_say(answer, PARCEL_MISCONFIGURED, "ca_file");
	else
		is_begun = send_by_channel(delivery, parcel, authorities, answer);
	forget_secrets(delivery);
	free((char *) authorities.data);
	return is_begun;
}

static bool
put_answer(const Deliveries *deliveries, int64_t id, const ParcelAnswer *answer)
{
	char *room = channel_room(deliveries->tools.channel);

	return room && channel_queue(deliveries->tools.channel, parcel_write_answer(id, answer, room));
}

static void
free_delivery(Delivery *delivery)
{
	curl_slist_free_all(delivery->resolved);
	outlet_wipe(&delivery->outlet);
	free(delivery);
}

bool
delivery_begin(Deliveries *deliveries, int64_t id, const Parcel *parcel)
{
	Delivery *delivery = calloc(1, sizeof(*delivery));
	ParcelAnswer answer = {0};

	if (delivery == NULL)
	{
		parcel_say(&answer, PARCEL_NOT_SENT, "memory");
		return put_answer(deliveries, id, &answer);
	}
	*delivery = (Delivery){.deliveries = deliveries, .id = id, .channel = parcel->channel};
	if (begin(delivery, parcel, &answer))
	{
		deliveries->count++;
		deliveries->bytes += delivery->bytes;
		return true;
	}
	free_delivery(delivery);
	return put_answer(deliveries, id, &answer);
}

/* ---- finishing ------------------------------------------------------------- */

/* No answer from whoever gave the address: his attempt, not ours. A body is of no interest. */
static void
conclude_webhook(const Transfer *transfer, ParcelAnswer *answer)
{
	if (transfer->reply.status >= 200)
		webhook_read_reply(&transfer->reply, answer);
	else
		parcel_say(answer, transfer->is_sent ? PARCEL_UNKNOWN : PARCEL_LATER, transfer->word);
}

static void
conclude_sms(const Delivery *delivery, const Transfer *transfer, ParcelAnswer *answer)
{
	if (transfer->is_complete)
		sms_read_reply(&delivery->outlet.sms, &transfer->reply, answer);
	else
		parcel_say(answer, transfer->is_sent ? PARCEL_UNKNOWN : PARCEL_NOT_SENT, transfer->word);
}

static bool
finish(Deliveries *deliveries, Delivery *delivery, const ParcelAnswer *answer)
{
	bool is_answered = put_answer(deliveries, delivery->id, answer);

	deliveries->count--;
	deliveries->bytes -= delivery->bytes;
	free_delivery(delivery);
	return is_answered;
}

static bool
finish_transfer(Deliveries *deliveries, Transfer *transfer)
{
	Delivery *delivery = transfer->owner;
	ParcelAnswer answer = {0};

	if (delivery->channel == PARCEL_WEBHOOK)
		conclude_webhook(transfer, &answer);
	else
		conclude_sms(delivery, transfer, &answer);
	transfer_free(transfer);
	return finish(deliveries, delivery, &answer);
}

bool
delivery_finish(Deliveries *deliveries)
{
	ParcelAnswer answer;
	Transfer *transfer;
	Delivery *delivery;
	bool is_answered = true;

	while (is_answered && (transfer = transfer_next(deliveries->tools.transfers)) != NULL)
		is_answered = finish_transfer(deliveries, transfer);
	while (is_answered && (delivery = mail_next(&deliveries->mails, &answer)) != NULL)
		is_answered = finish(deliveries, delivery, &answer);
	return is_answered;
}
