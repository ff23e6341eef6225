/*-------------------------------------------------------------------------
 *
 * errand.c
 *	  Claiming errands, and recording what came of them.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "lib/stringinfo.h"
#include "utils/timestamp.h"

#include "booking/failure.h"
#include "booking/reconciling.h"
#include "clock.h"
#include "gateway/providers.h"
#include "spi/subscriber.h"
#include "store/gateway_store.h"
#include "subtransaction.h"
#include "worker/errand.h"
#include "worker/life.h"
#include "worker/listing.h"

/* Replies are signed anew so often: keys change. Where one is missing, sooner. */
#define SIGN_US (10 * USECS_PER_SEC)
#define SIGN_MISSING_US USECS_PER_SEC

/* Keys that could not be fetched are asked for again after so long. */
#define KEYS_AGAIN_US (60 * USECS_PER_SEC)

/* Gateways whose replies are signed in one go. */
#define SIGNINGS_MAX 64

static TimestampTz sign_at;
static char signing[SIGNINGS_MAX][CALL_NAME_SIZE];
static int signing_count; /* those that are still to be signed in this go */

/* Of one gateway so many rows are asked for at a time: a long bill of one holds up no other's. */
#define ASKS_MAX 8
#define ASKED_GATEWAYS_MAX 64

static struct
{
	char gateway[CALL_NAME_SIZE];
	int count;
} asked[ASKED_GATEWAYS_MAX];

/* One bill is fetched at a time. */
static BillRow rows[RECONCILING_ROWS];
static size_t rows_count;
static int64 rows_stored;
static bool is_fetching;
static bool is_broken; /* it has rows that cannot be stored */

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

/* The providers that have such a call, with commas between them. */
static const char *
providers_with(CallOperation operation)
{
	const Provider *provider;
	StringInfoData names;

	initStringInfo(&names);
	for (size_t i = 0; (provider = providers_at(i)) != NULL; i++)
		if ((provider->lacks & PROVIDER_LACKS(operation)) == 0)
			appendStringInfo(&names, "%s,", provider->name);
	return names.data;
}

static bool
claim_keys(Errand *errand, GatewayCall *call)
{
	TimestampTz now = clock_now();
	const char *gateway = gateway_claim_keys(providers_with(CALL_KEYS), now, now + GATEWAY_KEYS_US);

	if (gateway == NULL)
		return false;
	*call = (GatewayCall){.operation = CALL_KEYS};
	strlcpy(call->gateway, gateway, sizeof(call->gateway));
	errand->kind = ERRAND_KEYS;
	return true;
}

static bool
claim_list(Errand *errand, GatewayCall *call)
{
	if (!listing_claim(providers_with(CALL_RED_LIST), call))
		return false;
	errand->kind = ERRAND_LIST;
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
	is_broken = false;
	rows_count = 0;
	rows_stored = 0;
	return true;
}

/* One more or less is asked of a gateway. Beyond so many gateways nobody counts. */
static void
count_asked(const char *gateway, int more)
{
	int i = 0;

	while (i < ASKED_GATEWAYS_MAX && asked[i].gateway[0] != '\0' &&
		   strcmp(asked[i].gateway, gateway) != 0)
		i++;
	if (i == ASKED_GATEWAYS_MAX)
		return;
	strlcpy(asked[i].gateway, gateway, CALL_NAME_SIZE);
	asked[i].count += more;
}

/* Those that are busy, and those that are asked for enough. */
static const char *
all_busy(const char *busy)
{
	StringInfoData names;

	initStringInfo(&names);
	appendStringInfoString(&names, busy);
	for (int i = 0; i < ASKED_GATEWAYS_MAX && asked[i].gateway[0] != '\0'; i++)
		if (asked[i].count >= ASKS_MAX)
			appendStringInfo(&names, ",%s", asked[i].gateway);
	return names.data;
}

static bool
claim_asked(const char *busy, Errand *errand, GatewayCall *call)
{
	if (!reconciling_claim_asked(all_busy(busy), &errand->row, call))
		return false;
	errand->kind = ERRAND_ASK;
	count_asked(call->gateway, 1);
	return true;
}

bool
errand_claim(const char *busy, Errand *errand, GatewayCall *call)
{
	*errand = (Errand){0};
	if (!claim_signing(errand, call) && !claim_keys(errand, call) && !claim_bill(errand, call) &&
		!claim_list(errand, call) && !claim_asked(busy, errand, call))
		return false;
	memcpy(errand->gateway, call->gateway, sizeof(errand->gateway));
	errand->run.key.gateway = errand->row.key.gateway = errand->gateway;
	return true;
}

/* ---- rows of a bill ----------------------------------------------------------- */

static void
store(void *argument)
{
	const Errand *errand = argument;

	scope_open_inner();
	reconciling_store(&errand->run, rows, rows_count, rows_stored + 1);
	scope_close_inner();
}

static bool
is_own_fault(int sqlstate)
{
	return failure_is_of_rows(sqlstate) ||
		   ERRCODE_TO_CATEGORY(sqlstate) == ERRCODE_CARDINALITY_VIOLATION;
}

/* Stores those that came; a bill with rows that cannot be is none. */
static void
store_rows(const Errand *errand)
{
	ErrorData *error = is_broken
						   ? NULL
						   : subtransaction_run(store, unconstify(Errand *, errand), is_own_fault);

	if (error)
		ereport(LOG, (errmsg("billing could not store a bill of gateway \"%s\": %s",
							 errand->gateway, error->message)));
	is_broken = is_broken || error;
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
	else
		is_broken = true; /* there are no books for them now */
	rows_count = 0;
	life_end_work(&scope, ready);
}

/* ---- recording ---------------------------------------------------------------- */

/* What was not answered is asked again soon; a merchant who has none to fetch is asked in its time.
 */
static void
record_keys(const Errand *errand, const GatewayAnswer *answer)
{
	if (answer->result != RESULT_DONE && answer->result != RESULT_MISCONFIGURED &&
		answer->result != RESULT_ABSENT)
		gateway_set_keys_due(errand->gateway, clock_now() + KEYS_AGAIN_US);
}

static void
record_bill(Errand *errand, const GatewayAnswer *answer)
{
	const GatewayAnswer broken = {.result = RESULT_UNANSWERED, .code = "bill_row"};

	is_fetching = false;
	if (answer->result == RESULT_DONE && rows_count > 0)
		store_rows(errand);
	reconciling_record_bill(&errand->run, is_broken ? &broken : answer, rows_stored);
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
		case ERRAND_KEYS:
			record_keys(errand, answer);
			return;
		case ERRAND_BILL:
			record_bill(errand, answer);
			return;
		case ERRAND_ASK:
			count_asked(errand->gateway, -1);
			reconciling_record_asked(&errand->row, answer);
			return;
		case ERRAND_LIST:
			listing_record(answer);
			return;
	}
}

/* ---- comparing ---------------------------------------------------------------- */

static void
advance(void *argument)
{
	bool *is_done = argument;

	scope_open_inner();
	*is_done = reconciling_advance();
	scope_close_inner();
}

static bool
is_comparisons_own(int sqlstate)
{
	return sqlstate == ERRCODE_LOCK_NOT_AVAILABLE || is_own_fault(sqlstate);
}

/* One step; what fails by its own fault goes on later, and no other run waits for it. */
static bool
compare(void)
{
	bool is_done = false;
	ErrorData *error = subtransaction_run(advance, &is_done, is_comparisons_own);

	if (error == NULL)
		return is_done;
	ereport(LOG, (errmsg("billing could not compare a bill: %s", error->message)));
	reconciling_put_off(error->sqlerrcode != ERRCODE_LOCK_NOT_AVAILABLE);
	return true;
}

static bool
go_on_comparing(void)
{
	Scope scope;
	bool ready = life_begin_work(&scope, "billing: comparing bills with the books");
	bool is_done = ready && !subscriber_feeds_books() && compare();

	life_end_work(&scope, ready);
	return is_done;
}

bool
errand_go_on(void)
{
	bool is_taken = listing_take();

	return go_on_comparing() || is_taken;
}

TimestampTz
errand_next_due(void)
{
	TimestampTz next = Min(reconciliation_next_due(),
						   gateway_next_keys_due(providers_with(CALL_KEYS)));

	next = Min(next, listing_next_due(providers_with(CALL_RED_LIST)));
	if (next != DT_NOEND)
		next -= clock_offset_s() * USECS_PER_SEC;
	return signing_count > 0 ? GetCurrentTimestamp() : Min(next, sign_at);
}
