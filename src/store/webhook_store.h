/*-------------------------------------------------------------------------
 *
 * webhook_store.h
 *	  Rows of webhook_endpoint.
 *
 *-------------------------------------------------------------------------
 */
#ifndef STORE_WEBHOOK_STORE_H
#define STORE_WEBHOOK_STORE_H

#include "postgres.h"

#include "datatype/timestamp.h"

#include "spi/sql.h"

typedef struct WebhookEndpoint
{
	int64 account_id;
	int64 endpoint_id;
	const char *url;
	const char *host;
	const char *const *events; /* only written; NULL: everything */
	size_t events_count;
	int64 secret_version;
	int64 previous_version;		/* 0: none */
	TimestampTz previous_until; /* DT_NOBEGIN: there is none */
	TimestampTz created_at;
	TimestampTz deleted_at; /* DT_NOEND: it is not */
} WebhookEndpoint;

/* Stores one; sets its number. The account is held. */
extern void webhook_insert(WebhookEndpoint *endpoint);

extern bool webhook_find(int64 account_id, int64 endpoint_id, SqlRunner run,
						 WebhookEndpoint *endpoint);

/* How many of the account are not deleted. */
extern int64 webhook_count(int64 account_id);

/* Writes back what changes of one: its versions, and whether it is deleted. */
extern void webhook_update(const WebhookEndpoint *endpoint);

/* What the function webhooks() returns. */
extern void webhook_report(int64 account_id, ReturnSetInfo *result);

#endif
