/*-------------------------------------------------------------------------
 *
 * exchange.h
 *	  A call from its frame to its answer.
 *
 *-------------------------------------------------------------------------
 */
#ifndef CALLER_EXCHANGE_H
#define CALLER_EXCHANGE_H

#include "program/channel.h"

#include <curl/curl.h>

#define EXCHANGES_MAX 256
#define EXCHANGE_DOWNLOADS_MAX 8

struct Exchange;

/* All that are under way. */
typedef struct Exchanges
{
	const char *directory; /* of secrets */
	Channel *channel;	   /* for the answers */
	CURLM *transfers;
	size_t count;
	/* Those of bills and documents; NULL: a free place. */
	struct Exchange *downloads[EXCHANGE_DOWNLOADS_MAX];
	size_t next_download; /* whose turn it is */
} Exchanges;

/* Begins one, or answers it at once; false where no answer can be given any more. */
extern bool exchange_begin(Exchanges *exchanges, int64_t id, const GatewayCall *call);

/* Goes on with bills and documents that the channel takes again. */
extern void exchange_resume(Exchanges *exchanges);

/* Answers those that are over; false as above. */
extern bool exchange_finish(Exchanges *exchanges);

#endif
