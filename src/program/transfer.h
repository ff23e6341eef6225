/*-------------------------------------------------------------------------
 *
 * transfer.h
 *	  A request, sent once, and its reply: all that is asked of libcurl.
 *
 * No redirect, no proxy, no cookie, no connection that is used again; TLS is
 * verified, and everything that comes is bounded.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PROGRAM_TRANSFER_H
#define PROGRAM_TRANSFER_H

#include "gateway/http.h"

#include <curl/curl.h>
#include <sys/socket.h>

#define TRANSFER_HEADERS_MAX 64
#define TRANSFER_HEADER_BYTES_MAX (32 * 1024)
#define TRANSFER_BODY_BYTES_MAX (1024 * 1024)
#define TRANSFER_WORD_SIZE 24

/* True where an address may be connected to. It is asked of the very address, before. */
typedef bool (*TransferGuard)(const void *argument, const struct sockaddr *address);

/* Where it goes. */
typedef struct TransferPeer
{
	const char *host;			 /* letters, digits, "-" and "." alone: it is a part of a URL */
	int port;					 /* 0: the scheme's own */
	bool is_plain;				 /* without TLS */
	Bytes authorities;			 /* PEM; no bytes: the system's */
	TransferGuard guard;		 /* NULL: any address will do */
	const void *guard_argument;	 /* it lives as long as the transfer, as the next does */
	struct curl_slist *resolved; /* what names lead to, in tests; NULL: as the system says */
} TransferPeer;

typedef enum TransferTaken
{
	TRANSFER_TAKEN,	 /* all of it */
	TRANSFER_LATER,	 /* what was left of it comes again, behind transfer_resume() */
	TRANSFER_STOPPED /* and nothing more is wanted */
} TransferTaken;

/* Takes the body of a reply of status 200 as it comes, from the front of the piece. */
typedef TransferTaken (*TransferTaker)(void *owner, Bytes *piece);

typedef struct Transfer
{
	void *owner;
	TransferTaker take; /* NULL: the body is kept */
	TransferGuard guard;
	const void *guard_argument;
	bool is_forbidden; /* an address was */
	bool is_paused;
	bool is_stopped;
	size_t taken; /* of what comes again */
	CURL *easy;
	struct curl_slist *sent_headers;
	char *sent_body;
	size_t sent_size;
	bool is_sent;				   /* something of the request may have gone out */
	bool is_complete;			   /* the reply came, whole */
	CURLcode error;				   /* why it did not, */
	char word[TRANSFER_WORD_SIZE]; /* in a word */
	HttpMessage reply;
	HttpHeader headers[TRANSFER_HEADERS_MAX];
	bool in_headers;
	size_t headers_size; /* of the reply that counts */
	size_t headers_seen; /* bytes of all that came, of interim replies, too */
	char headers_room[TRANSFER_HEADER_BYTES_MAX];
	char *body;
	size_t body_room;
} Transfer;

/* What transfers share; NULL where libcurl fails. */
extern CURLM *transfer_open(void);

/*
 * Begins one; NULL where it cannot be: nothing was sent. take: a body of any size, and
 * minutes for it; NULL: one that is kept.
 */
extern Transfer *transfer_begin(CURLM *all, const TransferPeer *peer, const HttpRequest *request,
								TransferTaker take, void *owner);

/*
 * One that is not begun, and of no protocol yet: its peer's certificates and its bounds in time
 * are set, the rest is for who sets its easy handle. NULL where there is none.
 */
extern Transfer *transfer_make(const TransferPeer *peer, void *owner);

/* Waits until such a one is over; for threads. */
extern void transfer_perform(Transfer *transfer);

/* Goes on with one whose taker said "later". */
extern void transfer_resume(Transfer *transfer);

/*
 * Waits until something is to be done for a transfer or by descriptor, of which wanted
 * and *happened are CURL_WAIT_POLLIN and _POLLOUT; does what it can for transfers.
 */
extern bool transfer_wait(CURLM *all, int descriptor, short wanted, short *happened);
extern bool transfer_progress(CURLM *all);

/* One that is over, NULL where there is none; to be freed. */
extern Transfer *transfer_next(CURLM *all);
extern void transfer_free(Transfer *transfer);

#endif
