/*-------------------------------------------------------------------------
 *
 * errand.c
 *	  Claiming errands, and recording what came of them.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "utils/timestamp.h"

#include "booking/reconciling.h"
#include "clock.h"
#include "gateway/providers.h"
#include "spi/subscription.h"
#include "store/gateway_store.h"
#include "worker/errand.h"
#include "worker/life.h"

/* Replies are signed anew so often: keys change. Where one is missing, sooner. */
#define SIGN_US (10 * USECS_PER_SEC)
#define SIGN_MISSING_US USECS_PER_SEC

/* Gateways whose replies are signed in one go. */
#define SIGNINGS_MAX 64

static TimestampTz sign_at;
static char signing[SIGNINGS_MAX][CALL_NAME_SIZE];
static int signing_count; /* those that are still to be signed in this go */

/* One bill is fetched at a time. */
static BillRow rows[RECONCILING_ROWS];
static size_t rows_count;
static int64 rows_stored;
static bool is_fetching;

/* ---- claiming ---------------------------------------------------------------- */

static bool
needs_signature(const GatewayName *gateway)
{
	const Provider *provider = providers_find(gateway->provider);

	return provider && provider->signature_header;
}

/* Lists the gateways whose replies are to be signed now. */
static void
list_signings(TimestampTz now)
{
	size_t count;
	GatewayName *gateways;
	bool is_missing = false;

	if (now < sign_at)
		return;
	gateways = gateway_list(&count);
	for (size_t i = 0; i < count && signing_count < SIGNINGS_MAX; i++)
	{
		if (!needs_signature(&gateways[i]))
			continue;
		strlcpy(signing[signing_count++], gateways[i].gateway, CALL_NAME_SIZE);
		is_missing = is_missing || !gateways[i].has_signature;
	}
	sign_at = now + (is_missing ? SIGN_MISSING_US : SIGN_US);
}

static bool
claim_signing(Errand *errand, GatewayCall *call)
{
	list_signings(GetCurrentTimestamp());
	if (signing_count == 0)
		return false;
	*call = (GatewayCall){.operation = CALL_SIGN};
	strlcpy(call->gateway, signing[--signing_count], sizeof(call->gateway));
	errand->kind = ERRAND_SIGN;
	return true;
}

static bool
claim_bill(Errand *errand, GatewayCall *call)
{
	if (is_fetching || !reconciling_claim_bill(&errand->run, call))
		return false;
	/* What is kept beyond the transaction. */
	errand->run.bill = strcmp(call->bill, "fund") == 0 ? "fund" : "trade";
	errand->run.requested_by = errand->run.code = NULL;
	errand->kind = ERRAND_BILL;
	is_fetching = true;
	rows_count = 0;
	rows_stored = 0;
	return true;
}

static bool
claim_asked(const char *busy, Errand *errand, GatewayCall *call)
{
	if (!reconciling_claim_asked(busy, &errand->row, call))
		return false;
	errand->kind = ERRAND_ASK;
	return true;
}

bool
errand_claim(const char *busy, Errand *errand, GatewayCall *call)
{
	*errand = (Errand){0};
	if (!claim_signing(errand, call) && !claim_bill(errand, call) &&
		!claim_asked(busy, errand, call))
		return false;
	memcpy(errand->gateway, call->gateway, sizeof(errand->gateway));
	errand->run.key.gateway = errand->row.key.gateway = errand->gateway;
	return true;
}

/* ---- rows of a bill ----------------------------------------------------------- */

/* Stores those that came. */
static void
store_rows(const Errand *errand)
{
	reconciling_store(&errand->run, rows, rows_count, rows_stored + 1);
	rows_stored += (int64) rows_count;
	rows_count = 0;
}

void
errand_take_row(const Errand *errand, const BillRow *row)
{
	Scope scope;
	bool ready;

	rows[rows_count++] = *row;
	if (rows_count < RECONCILING_ROWS)
		return;
	ready = life_begin_work(&scope, "billing: storing rows of a bill");
	if (ready)
		store_rows(errand);
	life_end_work(&scope, ready);
}

/* ---- recording ---------------------------------------------------------------- */

static void
record_bill(Errand *errand, const GatewayAnswer *answer)
{
	if (answer->result == RESULT_DONE && rows_count > 0)
		store_rows(errand);
	reconciling_record_bill(&errand->run, answer, rows_stored);
	is_fetching = false;
}

void
errand_record(Errand *errand, const GatewayAnswer *answer)
{
	switch (errand->kind)
	{
		case ERRAND_NONE:
			return;
		case ERRAND_SIGN:
			if (answer->result == RESULT_DONE)
				gateway_set_reply_signature(errand->gateway, answer->signature);
			return;
		case ERRAND_BILL:
			record_bill(errand, answer);
			return;
		case ERRAND_ASK:
			reconciling_record_asked(&errand->row, answer);
			return;
	}
}

/* ---- comparing ---------------------------------------------------------------- */

bool
errand_compare(void)
{
	Scope scope;
	bool ready = life_begin_work(&scope, "billing: comparing bills with the books");
	bool is_done = ready && !subscription_feeds_books() && reconciling_advance();

	life_end_work(&scope, ready);
	return is_done;
}

TimestampTz
errand_next_due(void)
{
	TimestampTz next = reconciliation_next_due();

	if (next != DT_NOEND)
		next -= clock_offset_s() * USECS_PER_SEC;
	return signing_count > 0 ? GetCurrentTimestamp() : Min(next, sign_at);
}
