/*-------------------------------------------------------------------------
 *
 * mail.c
 *	  SMTP by libcurl, and what its end means.
 *
 *-------------------------------------------------------------------------
 */
#include "courier/mail.h"

#include "message/mime.h"

#include <stdio.h>
#include <stdlib.h>

#define URL_SIZE (2 * HTTP_HOST_SIZE + 32)
#define PORT_STARTTLS 587
#define PORT_TLS 465

#define SET(option, value) (curl_easy_setopt(easy, option, value) == CURLE_OK)

typedef struct Mail
{
	struct Mail *next;
	Mails *mails;
	void *owner;
	Transfer *transfer;
	struct curl_slist *recipients;
	Bytes message;
	size_t read; /* of the message; all: it may be there */
} Mail;

bool
mail_open(Mails *mails, CURLM *transfers)
{
	*mails = (Mails){.transfers = transfers};
	return pthread_mutex_init(&mails->lock, NULL) == 0;
}

static void
free_mail(Mail *mail)
{
	if (mail->transfer)
		transfer_free(mail->transfer);
	curl_slist_free_all(mail->recipients);
	free((char *) mail->message.data);
	free(mail);
}

/* ---- sending --------------------------------------------------------------- */

/* libcurl's: the next bytes of the message. */
static size_t
on_read(char *room, size_t one, size_t count, void *argument)
{
	Mail *mail = argument;
	size_t left = mail->message.size - mail->read;
	size_t size = left < one * count ? left : one * count;

	memcpy(room, mail->message.data + mail->read, size);
	mail->read += size;
	return size;
}

static bool
set_server(CURL *easy, const OutletMail *outlet)
{
	bool is_tls = outlet->security == OUTLET_TLS;
	const char *scheme = is_tls ? "smtps" : "smtp";
	int port = outlet->port ? outlet->port : is_tls ? PORT_TLS : PORT_STARTTLS;
	char url[URL_SIZE];

	/* Behind the port stands by which name we say hello. */
	(void) snprintf(url, sizeof(url), "%s://%s:%d/%s", scheme, outlet->host, port,
					mime_domain(outlet->from));
#if LIBCURL_VERSION_NUM >= 0x075500
	if (!SET(CURLOPT_PROTOCOLS_STR, scheme))
		return false;
#else
	if (!SET(CURLOPT_PROTOCOLS, (long) (is_tls ? CURLPROTO_SMTPS : CURLPROTO_SMTP)))
		return false;
#endif
	return SET(CURLOPT_URL, url) &&
		   SET(CURLOPT_USE_SSL,
			   (long) (outlet->security == OUTLET_PLAIN ? CURLUSESSL_NONE : CURLUSESSL_ALL)) &&
		   (outlet->user[0] == '\0' ||
			(SET(CURLOPT_USERNAME, outlet->user) && SET(CURLOPT_PASSWORD, outlet->password)));
}

static bool
set_time(CURL *easy, const OutletMail *outlet)
{
	long seconds = outlet->timeout_s ? outlet->timeout_s : OUTLET_TIMEOUT_S;

	return SET(CURLOPT_TIMEOUT_MS, seconds * 1000) && SET(CURLOPT_SERVER_RESPONSE_TIMEOUT, seconds);
}

static bool
set_message(CURL *easy, Mail *mail, const char *from, const char *to)
{
	char sender[PARCEL_ADDRESS_SIZE + 2];

	(void) snprintf(sender, sizeof(sender), "<%s>", from);
	mail->recipients = curl_slist_append(NULL, to);
	return mail->recipients && SET(CURLOPT_MAIL_FROM, sender) &&
		   SET(CURLOPT_MAIL_RCPT, mail->recipients) && SET(CURLOPT_UPLOAD, 1L) &&
		   SET(CURLOPT_READFUNCTION, on_read) && SET(CURLOPT_READDATA, mail) &&
		   SET(CURLOPT_INFILESIZE_LARGE, (curl_off_t) mail->message.size);
}

static void *
run(void *argument)
{
	Mail *mail = argument;
	Mails *mails = mail->mails;

	transfer_perform(mail->transfer);
	(void) pthread_mutex_lock(&mails->lock);
	mail->next = mails->over;
	mails->over = mail;
	(void) pthread_mutex_unlock(&mails->lock);
	(void) curl_multi_wakeup(mails->transfers);
	return NULL;
}

static bool
start(Mail *mail)
{
	pthread_t thread;

	return pthread_create(&thread, NULL, run, mail) == 0 && pthread_detach(thread) == 0;
}

bool
mail_begin(Mails *mails, const OutletMail *outlet, Bytes authorities, const char *to, Bytes message,
		   void *owner)
{
	TransferPeer peer = {.host = outlet->host, .authorities = authorities};
	Mail *mail = calloc(1, sizeof(*mail));

	if (mail == NULL)
	{
		free((char *) message.data);
		return false;
	}
	*mail = (Mail){.mails = mails, .owner = owner, .message = message};
	mail->transfer = transfer_make(&peer, NULL);
	if (mail->transfer && set_server(mail->transfer->easy, outlet) &&
		set_time(mail->transfer->easy, outlet) &&
		set_message(mail->transfer->easy, mail, outlet->from, to) && start(mail))
		return true;
	free_mail(mail);
	return false;
}

/* ---- what became of it ----------------------------------------------------- */

/* True for a reply to what it says about us, not about the message. */
static bool
is_about_us(int status)
{
	return status == 530 || status == 534 || status == 535 || status == 538;
}

/* What a server says before it was told of the message is not about it. */
static void
read_refusal(const Mail *mail, int status, ParcelAnswer *answer)
{
	bool is_about_message = mail->transfer->error == CURLE_SEND_ERROR || mail->read > 0;
	char code[PARCEL_CODE_SIZE];

	(void) snprintf(code, sizeof(code), "smtp_%d", status);
	if (is_about_us(status))
		parcel_say(answer, PARCEL_MISCONFIGURED, code);
	else
		parcel_say(answer, status >= 500 && is_about_message ? PARCEL_REFUSED : PARCEL_LATER, code);
}

static void
read_end(const Mail *mail, ParcelAnswer *answer)
{
	const Transfer *transfer = mail->transfer;
	int status = transfer->reply.status; /* of the last reply */

	*answer = (ParcelAnswer){.result = PARCEL_SENT};
	if (transfer->is_complete)
		return;
	if (transfer->error == CURLE_USE_SSL_FAILED)
		parcel_say(answer, PARCEL_MISCONFIGURED, "no_starttls");
	else if (status >= 400 && status < 600)
		read_refusal(mail, status, answer);
	else if (transfer->error == CURLE_LOGIN_DENIED)
		parcel_say(answer, PARCEL_MISCONFIGURED, "login");
	else if (mail->read == mail->message.size)
		parcel_say(answer, PARCEL_UNKNOWN, transfer->word);
	else
		parcel_say(answer, PARCEL_NOT_SENT, transfer->word);
}

void *
mail_next(Mails *mails, ParcelAnswer *answer)
{
	Mail *mail;
	void *owner;

	(void) pthread_mutex_lock(&mails->lock);
	mail = mails->over;
	if (mail)
		mails->over = mail->next;
	(void) pthread_mutex_unlock(&mails->lock);
	if (mail == NULL)
		return NULL;
	read_end(mail, answer);
	owner = mail->owner;
	free_mail(mail);
	return owner;
}
