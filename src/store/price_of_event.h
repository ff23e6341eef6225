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

/* The number of the row that prices it; of one that is booked, as prices were corrected by then. */
#define PRICE_OF_EVENT                                               \
	"billing.price_choice(a.currency, u.model, " PRICE_LIST_OF_EVENT \
	", coalesce(u.variant, ''), " USAGE_PROMPT_TOKENS                \
	", u.occurred_at, CASE WHEN billing.are_meters(u.meters) THEN u.meters END, u.settled_at)"

#endif
