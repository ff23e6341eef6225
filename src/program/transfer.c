/*-------------------------------------------------------------------------
 *
 * transfer.c
 *	  libcurl, held short.
 *
 *-------------------------------------------------------------------------
 */
#include "program/transfer.h"

#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>

#define CONNECTIONS_MAX 256L
#define CONNECT_MS 5000L
#define TOTAL_MS 15000L
#define WAIT_MS 60000
#define DOWNLOAD_MS (10 * 60 * 1000L)
#define DOWNLOAD_BYTES_PER_S 1000L /* slower than that for so long, it has stopped */
#define DOWNLOAD_STALLED_S 30L
#define BODY_ROOM_FIRST 4096
#define URL_PREFIX_MAX 280 /* scheme, host, port */

#define SET(option, value) (curl_easy_setopt(easy, option, value) == CURLE_OK)

CURLM *
transfer_open(void)
{
	CURLM *all = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK ? curl_multi_init() : NULL;

	if (all && curl_multi_setopt(all, CURLMOPT_MAX_TOTAL_CONNECTIONS, CONNECTIONS_MAX) == CURLM_OK)
		return all;
	return NULL;
}

/* ---- what comes ----------------------------------------------------------- */

/* A reply begins: another one before it was interim. */
static void
begin_reply(Transfer *transfer)
{
	transfer->in_headers = true;
	transfer->headers_size = 0;
	transfer->reply.headers_count = 0;
}

static Bytes
trim(Bytes text)
{
	while (text.size > 0 && (text.data[0] == ' ' || text.data[0] == '\t'))
		text = (Bytes){text.data + 1, text.size - 1};
	while (text.size > 0 && strchr(" \t\r\n", text.data[text.size - 1]) != NULL)
		text.size--;
	return text;
}

/* Keeps a header; false where there is no room. What has no name is none. */
static bool
keep_header(Transfer *transfer, Bytes line)
{
	char *kept = transfer->headers_room + transfer->headers_size;
	const char *colon = memchr(line.data, ':', line.size);
	size_t name_size = colon ? (size_t) (colon - line.data) : 0;

	if (name_size == 0)
		return true;
	if (transfer->reply.headers_count == TRANSFER_HEADERS_MAX)
		return false;
	memcpy(kept, line.data, line.size);
	transfer->headers_size += line.size;
	transfer->headers[transfer->reply.headers_count++] = (HttpHeader){
		{kept, name_size}, trim((Bytes){kept + name_size + 1, line.size - name_size - 1})};
	return true;
}

/* libcurl's: a line of headers; less than all of it is an error. Trailers are not looked at. */
static size_t
on_header(char *data, size_t one, size_t size, void *argument)
{
	Transfer *transfer = argument;
	Bytes line = {data, one * size};
	bool is_status = line.size >= 5 && memcmp(line.data, "HTTP/", 5) == 0;

	transfer->headers_seen += line.size;
	if (transfer->headers_seen > TRANSFER_HEADER_BYTES_MAX)
		return 0;
	if (is_status)
		begin_reply(transfer);
	else if (trim(line).size == 0)
		transfer->in_headers = false;
	else if (transfer->in_headers && !keep_header(transfer, line))
		return 0;
	return line.size;
}

static bool
make_room(Transfer *transfer, size_t size)
{
	size_t room = transfer->body_room ? transfer->body_room : BODY_ROOM_FIRST;
	char *body;

	while (room < size)
		room *= 2;
	if (room == transfer->body_room)
		return true;
	body = realloc(transfer->body, room);
	if (body == NULL)
		return false;
	transfer->body = body;
	transfer->body_room = room;
	return true;
}

/* The status of the reply; 0: none came. */
static int
status_of(const Transfer *transfer)
{
	long status = 0;

	(void) curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &status);
	return (int) status;
}

/* Gives a piece to who takes it. After a pause libcurl's piece begins as the last one did. */
static size_t
give_piece(Transfer *transfer, Bytes piece)
{
	size_t again = transfer->taken < piece.size ? transfer->taken : piece.size;
	Bytes rest = {piece.data + again, piece.size - again};

	if (transfer->is_stopped || status_of(transfer) != 200)
		return 0;
	switch (transfer->take(transfer->owner, &rest))
	{
		case TRANSFER_TAKEN:
			transfer->taken -= again;
			return piece.size;
		case TRANSFER_LATER:
			transfer->taken += piece.size - again - rest.size;
			transfer->is_paused = true;
			return CURL_WRITEFUNC_PAUSE;
		case TRANSFER_STOPPED:
			break;
	}
	transfer->is_stopped = true;
	return 0;
}

static size_t
on_body(char *data, size_t one, size_t count, void *argument)
{
	Transfer *transfer = argument;
	size_t size = one * count;
	size_t had = transfer->reply.body.size;

	if (transfer->take)
		return give_piece(transfer, (Bytes){data, size});
	if (size > TRANSFER_BODY_BYTES_MAX - had || !make_room(transfer, had + size))
		return 0;
	memcpy(transfer->body + had, data, size);
	transfer->reply.body = (Bytes){transfer->body, had + size};
	return size;
}

/* libcurl's: the connection is there, and verified; from here on bytes of the request go out. */
static int
on_sending(void *argument, char *theirs, char *ours, int their_port, int our_port)
{
	Transfer *transfer = argument;

	(void) theirs, (void) ours, (void) their_port, (void) our_port;
	transfer->is_sent = true;
	return CURL_PREREQFUNC_OK;
}

/* libcurl's, for each address that it tries. */
static curl_socket_t
on_socket(void *argument, curlsocktype purpose, struct curl_sockaddr *address)
{
	Transfer *transfer = argument;

	(void) purpose;
	if (transfer->guard(transfer->guard_argument, &address->addr))
		return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
	transfer->is_forbidden = true;
	return CURL_SOCKET_BAD;
}

/* ---- what is sent --------------------------------------------------------- */

static bool
set_address(CURL *easy, const TransferPeer *peer, const char *target)
{
	const char *scheme = peer->is_plain ? "http" : "https";
	char url[URL_PREFIX_MAX + HTTP_TARGET_SIZE];
	char port[8] = "";
	int size;

	if (peer->port != 0)
		(void) snprintf(port, sizeof(port), ":%d", peer->port);
	size = snprintf(url, sizeof(url), "%s://%s%s%s", scheme, peer->host, port, target);
	if (target[0] != '/' || size < 0 || (size_t) size >= sizeof(url))
		return false;
#if LIBCURL_VERSION_NUM >= 0x075500
	if (!SET(CURLOPT_PROTOCOLS_STR, scheme))
		return false;
#else
	if (!SET(CURLOPT_PROTOCOLS, (long) (peer->is_plain ? CURLPROTO_HTTP : CURLPROTO_HTTPS)))
		return false;
#endif
	/* The target is signed: it goes out as it is. */
	return SET(CURLOPT_URL, url) && SET(CURLOPT_PATH_AS_IS, 1L) && SET(CURLOPT_FOLLOWLOCATION, 0L);
}

/*
 * A connection is never used again: libcurl would send a request twice, unasked, where an
 * old connection turns out to be dead, and no verification shall count for another
 * merchant's certificates. A handshake is little beside a payment.
 */
static bool
set_trust(CURL *easy, const TransferPeer *peer)
{
	struct curl_blob authorities = {(void *) peer->authorities.data, peer->authorities.size,
									CURL_BLOB_COPY};

	return SET(CURLOPT_PROXY, "") && SET(CURLOPT_NOPROXY, "*") && SET(CURLOPT_FRESH_CONNECT, 1L) &&
		   SET(CURLOPT_FORBID_REUSE, 1L) && SET(CURLOPT_SSL_SESSIONID_CACHE, 0L) &&
		   SET(CURLOPT_SSL_VERIFYPEER, 1L) && SET(CURLOPT_SSL_VERIFYHOST, 2L) &&
		   SET(CURLOPT_SSLVERSION, (long) CURL_SSLVERSION_TLSv1_2) &&
		   (peer->authorities.size == 0 ||
			/* The directory of the system's certificates would count beside them. */
			(SET(CURLOPT_CAINFO_BLOB, &authorities) && SET(CURLOPT_CAPATH, NULL)));
}

static bool
set_download_time(CURL *easy)
{
	return SET(CURLOPT_TIMEOUT_MS, DOWNLOAD_MS) &&
		   SET(CURLOPT_LOW_SPEED_LIMIT, DOWNLOAD_BYTES_PER_S) &&
		   SET(CURLOPT_LOW_SPEED_TIME, DOWNLOAD_STALLED_S);
}

static bool
set_bounds(CURL *easy)
{
#if LIBCURL_VERSION_NUM >= 0x075700
	/* Else a name server that does not answer would hold up everybody at the timeout. */
	if (!SET(CURLOPT_QUICK_EXIT, 1L))
		return false;
#endif
	return SET(CURLOPT_NOSIGNAL, 1L) && SET(CURLOPT_CONNECTTIMEOUT_MS, CONNECT_MS) &&
		   SET(CURLOPT_TIMEOUT_MS, TOTAL_MS);
}

static bool
set_guard(CURL *easy, Transfer *transfer, const TransferPeer *peer)
{
	transfer->guard = peer->guard;
	transfer->guard_argument = peer->guard_argument;
	return (peer->resolved == NULL || SET(CURLOPT_RESOLVE, peer->resolved)) &&
		   (peer->guard == NULL ||
			(SET(CURLOPT_OPENSOCKETFUNCTION, on_socket) && SET(CURLOPT_OPENSOCKETDATA, transfer)));
}

static bool
set_callbacks(CURL *easy, Transfer *transfer)
{
	return SET(CURLOPT_HEADERFUNCTION, on_header) && SET(CURLOPT_HEADERDATA, transfer) &&
		   SET(CURLOPT_WRITEFUNCTION, on_body) && SET(CURLOPT_WRITEDATA, transfer) &&
		   SET(CURLOPT_PREREQFUNCTION, on_sending) && SET(CURLOPT_PREREQDATA, transfer);
}

static bool
add_header(Transfer *transfer, const char *header)
{
	struct curl_slist *longer = curl_slist_append(transfer->sent_headers, header);

	if (longer)
		transfer->sent_headers = longer;
	return longer != NULL;
}

/* libcurl would not wipe a copy of its own. */
static bool
keep_body(Transfer *transfer, const HttpRequest *request)
{
	transfer->sent_size = request->body_size;
	transfer->sent_body = malloc(request->body_size + 1);
	if (transfer->sent_body == NULL)
		return false;
	memcpy(transfer->sent_body, request->body, request->body_size);
	return true;
}

static bool
set_request(CURL *easy, Transfer *transfer, const HttpRequest *request)
{
	bool has_headers = add_header(transfer, "Expect:"); /* libcurl's own: without */

	for (size_t i = 0; i < request->headers_count && has_headers; i++)
		has_headers = add_header(transfer, request->headers[i]);
	if (!has_headers || !SET(CURLOPT_HTTPHEADER, transfer->sent_headers) ||
		!SET(CURLOPT_USERAGENT, "billing") ||
		!SET(CURLOPT_HTTP_VERSION, (long) CURL_HTTP_VERSION_1_1))
		return false;
	if (strcmp(request->method, "GET") == 0)
		return SET(CURLOPT_HTTPGET, 1L);
	return SET(CURLOPT_POST, 1L) && SET(CURLOPT_CUSTOMREQUEST, request->method) &&
		   SET(CURLOPT_POSTFIELDSIZE, (long) request->body_size) && keep_body(transfer, request) &&
		   SET(CURLOPT_POSTFIELDS, transfer->sent_body);
}

Transfer *
transfer_make(const TransferPeer *peer, void *owner)
{
	Transfer *transfer = calloc(1, sizeof(*transfer));
	CURL *easy = transfer ? transfer->easy = curl_easy_init() : NULL;

	if (transfer == NULL)
		return NULL;
	transfer->owner = owner;
	transfer->reply.headers = transfer->headers;
	if (easy && SET(CURLOPT_PRIVATE, transfer) && set_bounds(easy) && set_trust(easy, peer) &&
		set_guard(easy, transfer, peer))
		return transfer;
	transfer_free(transfer);
	return NULL;
}

Transfer *
transfer_begin(CURLM *all, const TransferPeer *peer, const HttpRequest *request, TransferTaker take,
			   void *owner)
{
	Transfer *transfer = transfer_make(peer, owner);
	CURL *easy = transfer ? transfer->easy : NULL;

	if (transfer == NULL)
		return NULL;
	transfer->take = take;
	if ((take == NULL || set_download_time(easy)) && set_callbacks(easy, transfer) &&
		set_address(easy, peer, request->target) && set_request(easy, transfer, request) &&
		curl_multi_add_handle(all, easy) == CURLM_OK)
		return transfer;
	transfer_free(transfer);
	return NULL;
}

/* What libcurl kept is given at once: where that stops it, conclude() will see. */
void
transfer_resume(Transfer *transfer)
{
	if (!transfer->is_paused)
		return;
	transfer->is_paused = false;
	(void) curl_easy_pause(transfer->easy, CURLPAUSE_CONT);
}

/* ---- what became of it ----------------------------------------------------- */

bool
transfer_wait(CURLM *all, int descriptor, short wanted, short *happened)
{
	struct curl_waitfd wait = {descriptor, wanted, 0};
	bool is_over = curl_multi_poll(all, &wait, 1, WAIT_MS, NULL) == CURLM_OK;

	*happened = wait.revents;
	return is_over;
}

bool
transfer_progress(CURLM *all)
{
	int running;

	return curl_multi_perform(all, &running) == CURLM_OK;
}

/* Why there is no whole reply, in a word, for people. */
static void
say_why(CURLcode error, char word[TRANSFER_WORD_SIZE])
{
	static const struct
	{
		CURLcode error;
		const char *word;
	} words[] = {
		{CURLE_COULDNT_RESOLVE_HOST, "resolve"},
		{CURLE_COULDNT_CONNECT, "connect"},
		{CURLE_SSL_CONNECT_ERROR, "tls"},
		{CURLE_PEER_FAILED_VERIFICATION, "tls_verify"},
		{CURLE_SSL_CACERT_BADFILE, "ca_file"},
		{CURLE_OPERATION_TIMEDOUT, "timeout"},
		{CURLE_SEND_ERROR, "send"},
		{CURLE_RECV_ERROR, "receive"},
		{CURLE_GOT_NOTHING, "no_reply"},
		{CURLE_PARTIAL_FILE, "cut_off"},
		{CURLE_WRITE_ERROR, "too_long"},
		{CURLE_WEIRD_SERVER_REPLY, "no_http"},
		{CURLE_UNSUPPORTED_PROTOCOL, "no_http"},
		{CURLE_OUT_OF_MEMORY, "memory"},
	};

	(void) snprintf(word, TRANSFER_WORD_SIZE, "curl_%d", (int) error);
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (words[i].error == error)
			(void) snprintf(word, TRANSFER_WORD_SIZE, "%s", words[i].word);
}

static void
conclude(Transfer *transfer, CURLcode error)
{
	int status = status_of(transfer);
	bool is_refused = transfer->take && status != 0 && status != 200;

	transfer->is_complete = error == CURLE_OK && status != 0 && !is_refused &&
							!transfer->is_stopped;
	transfer->reply.status = status;
	transfer->error = error;
	if (is_refused)
		(void) snprintf(transfer->word, TRANSFER_WORD_SIZE, "http_%d", status);
	else if (error == CURLE_COULDNT_CONNECT && transfer->is_forbidden)
		(void) snprintf(transfer->word, TRANSFER_WORD_SIZE, "forbidden_address");
	else if (!transfer->is_complete)
		say_why(error, transfer->word);
}

void
transfer_perform(Transfer *transfer)
{
	conclude(transfer, curl_easy_perform(transfer->easy));
}

Transfer *
transfer_next(CURLM *all)
{
	int left;
	CURLMsg *message = curl_multi_info_read(all, &left);
	Transfer *transfer = NULL;
	CURLcode error;

	if (message == NULL || message->msg != CURLMSG_DONE ||
		curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &transfer) != CURLE_OK)
		return NULL;
	error = message->data.result; /* the message goes with the handle */
	(void) curl_multi_remove_handle(all, transfer->easy);
	conclude(transfer, error);
	return transfer;
}

/* Headers and bodies may hold keys and tokens. */
static void
wipe(Transfer *transfer)
{
	for (struct curl_slist *header = transfer->sent_headers; header; header = header->next)
		OPENSSL_cleanse(header->data, strlen(header->data));
	if (transfer->sent_body)
		OPENSSL_cleanse(transfer->sent_body, transfer->sent_size);
	if (transfer->body)
		OPENSSL_cleanse(transfer->body, transfer->body_room);
}

void
transfer_free(Transfer *transfer)
{
	if (transfer->easy)
		curl_easy_cleanup(transfer->easy);
	wipe(transfer);
	curl_slist_free_all(transfer->sent_headers);
	free(transfer->sent_body);
	free(transfer->body);
	free(transfer);
}
