/*-------------------------------------------------------------------------
 *
 * listing.c
 *	  One list at a time, and of it one page.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "utils/timestamp.h"

#include "booking/calling.h"
#include "booking/failure.h"
#include "booking/red_seen.h"
#include "clock.h"
#include "spi/subscriber.h"
#include "store/gateway_store.h"
#include "subtransaction.h"
#include "worker/life.h"
#include "worker/listing.h"

/* A list that goes on behind so many pages is read no further: others wait for their turn. */
#define PAGES_MAX 1000

static GatewayCall asked;	   /* the page that is asked for, or is next; page 0: no list is read */
static TimestampTz claimed_at; /* the list */
static TimestampTz asked_at;   /* the page, by the server's clock; 0: it is not under way */
static RedSeen seen[RED_SEEN_MAX];
static size_t seen_count;
static size_t taken_count;
static bool is_read; /* to its last page, of which rows may be left to take */
static bool is_left; /* a row, to the next list: it begins no later than this one */

/* An answer that could not be recorded is none: its page is asked for again. */
static bool
is_under_way(void)
{
	return asked_at != 0 && GetCurrentTimestamp() - asked_at < 2 * CALLING_LEASE_US;
}

bool
listing_claim(const char *providers, GatewayCall *call)
{
	if (is_under_way() || taken_count < seen_count)
		return false;
	if (asked.invoice.page == 0)
	{
		claimed_at = clock_now();
		if (!red_seen_claim(providers, claimed_at, &asked))
			return false;
		is_left = false;
	}
	asked_at = GetCurrentTimestamp();
	*call = asked;
	return true;
}

/* Where the last page is read and taken. */
static void
end_list(void)
{
	if (!is_read || taken_count < seen_count)
		return;
	is_read = false;
	if (!is_left)
		red_seen_end(asked.gateway, claimed_at);
}

/* On to the next page, or it was the last one. */
static void
turn_page(int64 rows)
{
	is_read = asked.invoice.page * RED_SEEN_MAX >= rows;
	if (!is_read && asked.invoice.page++ < PAGES_MAX)
		return;
	if (!is_read)
		ereport(LOG, (errmsg("billing reads no more than %d pages of gateway \"%s\"'s list of red "
							 "confirmations",
							 PAGES_MAX, asked.gateway)));
	asked.invoice.page = 0;
	end_list();
}

void
listing_record(const GatewayAnswer *answer)
{
	asked_at = 0;
	seen_count = taken_count = 0;
	if (answer->result == RESULT_DONE)
	{
		memcpy(seen, answer->seen, sizeof(seen));
		seen_count = answer->seen_count;
		turn_page(answer->rows);
		return;
	}
	asked.invoice.page = 0;
	if (answer->result != RESULT_MISCONFIGURED)
		red_seen_put_off(asked.gateway, clock_now());
}

static void
take(void *argument)
{
	scope_open_inner();
	is_left |= !red_seen_take(asked.gateway, argument);
	scope_close_inner();
}

static bool
is_own_fault(int sqlstate)
{
	return sqlstate == ERRCODE_LOCK_NOT_AVAILABLE || failure_is_of_rows(sqlstate);
}

bool
listing_take(void)
{
	Scope scope;
	bool ready;
	bool may_book;
	ErrorData *error = NULL;

	if (taken_count == seen_count)
		return false;
	ready = life_begin_work(&scope, "billing: looking at a buyer's red confirmation");
	may_book = ready && !subscriber_feeds_books();
	if (may_book)
		error = subtransaction_run(take, &seen[taken_count], is_own_fault);
	taken_count++;
	is_left |= !may_book || error != NULL;
	if (ready)
		end_list();
	if (error)
		ereport(LOG,
				(errmsg("billing could not take a red confirmation that gateway \"%s\" lists: %s",
						asked.gateway, error->message)));
	life_end_work(&scope, ready);
	return true;
}

TimestampTz
listing_next_due(const char *providers)
{
	if (is_under_way() || taken_count < seen_count)
		return DT_NOEND;
	return asked.invoice.page > 0 ? clock_now() : gateway_next_confirmations_due(providers);
}
