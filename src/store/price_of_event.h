/*-------------------------------------------------------------------------
 *
 * price_of_event.h
 *	  SQL: which price a usage event u, of an account a, has (R20).
 *
 *-------------------------------------------------------------------------
 */
#ifndef STORE_PRICE_OF_EVENT_H
#define STORE_PRICE_OF_EVENT_H

/* Its prompt tokens. */
#define USAGE_PROMPT_TOKENS "(u.input_tokens::bigint + u.cache_read_tokens + u.cache_write_tokens)"

/* The list that it is priced by. */
#define PRICE_LIST_OF_EVENT                                                              \
	"CASE WHEN a.has_price_list THEN coalesce((SELECT l.price_list FROM " BOOKS          \
	"account_price_list AS l WHERE l.account_id = a.account_id AND l.effective_from <= " \
	"u.occurred_at ORDER BY l.effective_from DESC LIMIT 1), 'standard') ELSE 'standard' END"

/* True of what can have been a request; what else price_choice() refuses, damages of a row,
 * verify() tells of: it must stop nobody else. */
#define CAN_BE_PRICED                                                                              \
	"(a.currency IN ('CNY', 'USD') AND u.input_tokens BETWEEN 0 AND 200000000 AND "                \
	"u.output_tokens BETWEEN 0 AND 200000000 AND u.cache_read_tokens BETWEEN 0 AND 200000000 AND " \
	"u.cache_write_tokens BETWEEN 0 AND 200000000 AND isfinite(u.occurred_at) AND "                \
	"isfinite(coalesce(u.settled_at, u.occurred_at)) AND octet_length(u.model) <= 200 AND "        \
	"btrim(u.model, E' \\t\\r\\n') <> '' AND (coalesce(u.variant, '') = '' OR "                    \
	"(octet_length(u.variant) <= 64 AND btrim(u.variant, E' \\t\\r\\n') <> '')) AND "              \
	"billing.are_meters(u.meters) AND NOT (a.has_price_list AND EXISTS (SELECT FROM " BOOKS        \
	"account_price_list AS l WHERE l.account_id = a.account_id AND (octet_length(l.price_list) > " \
	"64 OR btrim(l.price_list, E' \\t\\r\\n') = ''))))"

/* The number of the row that prices it, of one that can be; of one that is booked, as prices were
 * corrected by then. */
#define PRICE_CHOICE_OF_EVENT                                        \
	"billing.price_choice(a.currency, u.model, " PRICE_LIST_OF_EVENT \
	", coalesce(u.variant, ''), " USAGE_PROMPT_TOKENS ", u.occurred_at, u.meters, u.settled_at)"

/* The same of any. */
#define PRICE_OF_EVENT "CASE WHEN " CAN_BE_PRICED " THEN " PRICE_CHOICE_OF_EVENT " END"

#endif
