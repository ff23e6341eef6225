/*-------------------------------------------------------------------------
 *
 * reconciling.c
 *	  Fetching, comparing, asking, booking.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "utils/datetime.h"
#include "utils/timestamp.h"

#include "booking/booking.h"
#include "booking/merchant_file.h"
#include "booking/provider.h"
#include "booking/receipt.h"
#include "booking/reconciling.h"
#include "booking/take_back.h"
#include "clock.h"
#include "core/order_number.h"
#include "errors.h"
#include "gateway/bill_csv.h"
#include "spi/altered.h"
#include "store/arming_store.h"
#include "store/audit_store.h"
#include "store/gateway_call_store.h"
#include "store/gateway_store.h"
#include "store/order_store.h"

#define ACTOR "reconciliation"

#define MINUTES(n) ((n) *USECS_PER_MINUTE)

/* Rows of a bill come at least so often, or nobody fetches it any more. */
#define FETCH_LEASE_US MINUTES(15)

/* A gateway makes a day's bill in the morning after; what is not there by then was an empty day. */
#define EMPTY_AFTER_US (14 * USECS_PER_HOUR)
#define ABSENT_US MINUTES(10)

/* Waits after a bill could not be had, doubled each time, and how often it is tried. */
#define RETRY_MIN_US (30 * USECS_PER_SEC)
#define RETRY_MAX_US MINUTES(30)
#define RETRIES_MAX 20

/* A row that is asked for is so for so long, again after a while, and for its own fault so often.
 */
#define ASK_LEASE_US MINUTES(1)
#define ASK_AGAIN_US (20 * USECS_PER_SEC)
#define ASKS_MAX 100
#define OWN_ASKS_MAX 5
#define ASKING_US (2 * USECS_PER_SEC)

/* A run whose comparing fails by itself is compared so often. */
#define COMPARES_MAX 5

/* Rows are kept so long: the days beside theirs look at them. */
#define KEEP_US (3 * USECS_PER_DAY)
#define FORGET_ROWS 10000

/* ---- days ------------------------------------------------------------------- */

/* When a day begins by a provider's calendar; false where it is none. */
static bool
day_begin(const Provider *provider, const char *day, TimestampTz *begin)
{
	int year;
	int month;
	int date;

	if (sscanf(day, "%4d-%2d-%2d", &year, &month, &date) != 3 || year < 2000 || month < 1 ||
		month > 12 || date < 1 || date > day_tab[isleap(year)][month - 1])
		return false;
	*begin = (date2j(year, month, date) - POSTGRES_EPOCH_JDATE) * USECS_PER_DAY -
			 provider->day_offset_us;
	return true;
}

void
reconciling_last_day(const Provider *provider, TimestampTz now, char day[DAY_SIZE])
{
	int64 days = (now + provider->day_offset_us) / USECS_PER_DAY - 1;
	int year;
	int month;
	int date;

	j2date((int) days + POSTGRES_EPOCH_JDATE, &year, &month, &date);
	snprintf(day, DAY_SIZE, "%04d-%02d-%02d", year % 10000, month, date);
}

bool
reconciling_is_over(const Provider *provider, const char *day, TimestampTz now)
{
	TimestampTz begin;

	return day_begin(provider, day, &begin) && begin + USECS_PER_DAY <= now;
}

static const Provider *
must_provider_of(const ReconciliationKey *key)
{
	const Provider *provider = provider_of(key->gateway);

	if (provider == NULL)
		altered_refuse("a gateway of a provider");
	return provider;
}

/* The first and the last instant of a run's day. */
static void
day_of(const ReconciliationKey *key, const Provider *provider, TimestampTz *from, TimestampTz *to)
{
	if (!day_begin(provider, key->day, from))
		altered_refuse("a day");
	*to = *from + USECS_PER_DAY;
}

/* ---- two names of one merchant account ---------------------------------------- */

/* Whose a gateway's merchant account is; false where its file cannot be read. */
static bool
read_merchant_id(const char *gateway, char merchant_id[FACT_PARTY_SIZE])
{
	Merchant merchant;

	if (!merchant_file_load(gateway, &merchant))
		return false;
	memcpy(merchant_id, merchant.merchant_id, FACT_PARTY_SIZE);
	merchant_free(&merchant);
	return true;
}

const char *
reconciling_other_name(const ReconciliationKey *key)
{
	char ours[FACT_PARTY_SIZE];
	char theirs[FACT_PARTY_SIZE];
	size_t count;
	const char **beside = reconciliation_list_beside(key, &count);

	if (count == 0 || !read_merchant_id(key->gateway, ours))
		return NULL;
	for (size_t i = 0; i < count; i++)
		if (read_merchant_id(beside[i], theirs) && strcmp(ours, theirs) == 0)
			return beside[i];
	return NULL;
}

/* ---- fetching --------------------------------------------------------------- */

static void
move(Reconciliation *run, ReconciliationEvent event, TimestampTz due_at)
{
	int next;

	(void) lifecycle_next(&lifecycle_reconciliation, run->state, event, &next);
	run->state = (ReconciliationState) next;
	run->due_at = run->state == RECONCILIATION_FAILED ? DT_NOEND : due_at;
	reconciliation_update(run);
}

bool
reconciling_claim_bill(Reconciliation *run, GatewayCall *call)
{
	TimestampTz now = clock_now();

	if (!reconciliation_find_due(RECONCILIATION_FETCHING, now, run))
		return false;
	bill_forget_behind(&run->key, run->rows);
	run->due_at = now + FETCH_LEASE_US;
	reconciliation_update(run);
	*call = (GatewayCall){.operation = CALL_BILL};
	strlcpy(call->gateway, run->key.gateway, sizeof(call->gateway));
	strlcpy(call->bill, run->bill ? run->bill : "", sizeof(call->bill));
	strlcpy(call->bill_day, run->key.day, sizeof(call->bill_day));
	strlcpy(call->currency, must_provider_of(&run->key)->currency, sizeof(call->currency));
	return true;
}

/* Puts a row among those of a run. */
static void
put_row(RowSet *set, const ReconciliationKey *key, int64 row_no, const BillRow *row)
{
	static const char *const kinds[BILL_ROW_KINDS_COUNT] = {
		[BILL_PAYMENT] = "payment", [BILL_REFUND] = "refund", [BILL_SETTLEMENT] = "settlement",
		[BILL_FUNDING] = "funding", [BILL_OTHER] = "other",
	};

	bill_rows_put(set, key, row_no,
				  &(BillLine){kinds[row->kind], row->order_number, row->transaction_id,
							  row->refund_number, row->refund_id, Max(row->amount_nano, 0),
							  row->fee_nano, row->at});
}

void
reconciling_store(const Reconciliation *run, const BillRow *rows, size_t count, int64 first)
{
	Reconciliation held;
	RowSet set;

	if (!reconciliation_hold(&run->key, &held) || held.state != RECONCILIATION_FETCHING)
		return;
	bill_rows_begin(&set);
	for (size_t i = 0; i < count; i++)
		put_row(&set, &run->key, run->rows + first + (int64) i, &rows[i]);
	bill_rows_insert(&set);
	held.due_at = clock_now() + FETCH_LEASE_US;
	reconciliation_update(&held);
}

/* The next bill, or on to comparing them. */
static void
end_bill(Reconciliation *run, int64 rows, TimestampTz now)
{
	run->rows += rows;
	run->attempts = 0;
	if (run->bill && strcmp(run->bill, "trade") == 0)
	{
		run->bill = "fund";
		run->due_at = now;
		reconciliation_update(run);
		return;
	}
	move(run, RECONCILIATION_BILLED, now);
}

static void
try_again(Reconciliation *run, TimestampTz due_at)
{
	bill_forget_behind(&run->key, run->rows);
	run->due_at = due_at;
	reconciliation_update(run);
}

/* One that is not there yet, or of a day on which nothing happened. */
static void
record_absent(Reconciliation *run, TimestampTz now)
{
	TimestampTz begin;
	TimestampTz end;

	day_of(&run->key, must_provider_of(&run->key), &begin, &end);
	if (now >= end + EMPTY_AFTER_US && reconciliation_is_traded(&run->key, begin, end))
		move(run, RECONCILIATION_REFUSED, DT_NOEND); /* it was no empty day */
	else if (now >= end + EMPTY_AFTER_US)
		end_bill(run, 0, now);
	else
		try_again(run, Min(now + ABSENT_US, end + EMPTY_AFTER_US));
}

static void
record_failure(Reconciliation *run, TimestampTz now, bool is_final)
{
	int64 wait_us = RETRY_MIN_US << Min(run->attempts, 10);

	if (is_final || ++run->attempts >= RETRIES_MAX)
	{
		bill_forget_behind(&run->key, run->rows);
		move(run, RECONCILIATION_REFUSED, DT_NOEND);
	}
	else
		try_again(run, now + Min(wait_us, RETRY_MAX_US));
}

void
reconciling_record_bill(const Reconciliation *fetched, const GatewayAnswer *answer, int64 stored)
{
	TimestampTz now = clock_now();
	Reconciliation run;

	if (!reconciliation_hold(&fetched->key, &run) || run.state != RECONCILIATION_FETCHING ||
		run.rows != fetched->rows)
		return;
	run.code = answer->code[0] ? answer->code : NULL;
	if (answer->result == RESULT_DONE && answer->rows == stored)
		end_bill(&run, stored, now);
	else if (answer->result == RESULT_ABSENT)
		record_absent(&run, now);
	else
		record_failure(&run, now,
					   answer->result == RESULT_MISCONFIGURED || answer->result == RESULT_REFUSED);
}

/* ---- bills that are brought --------------------------------------------------- */

typedef struct Import
{
	const ReconciliationKey *key;
	RowSet rows;
	int64 count;
} Import;

static void
take_row(void *argument, const BillRow *row)
{
	Import *import = argument;

	put_row(&import->rows, import->key, ++import->count, row);
}

void
reconciling_import(Reconciliation *run, char *csv)
{
	Import import = {.key = &run->key};
	const char *other = reconciling_other_name(&run->key);
	char fault[BILL_CSV_FAULT_SIZE];

	if (other)
		refuse(ERROR_BILL, psprintf("it is that of gateway \"%s\", by another name", other));
	if (!reconciliation_insert(run))
		refuse(ERROR_BILL, psprintf("run %d of that day goes on", run->key.run));
	bill_rows_begin(&import.rows);
	if (!bill_csv_read(csv, take_row, &import, fault))
		refuse(ERROR_BILL, fault);
	if (import.count > 0)
		bill_rows_insert(&import.rows);
	end_bill(run, import.count, run->requested_at);
}

/* ---- comparing -------------------------------------------------------------- */

static void
match_rows(Reconciliation *run, TimestampTz now)
{
	int64 from = run->matched;

	run->matched = Min(from + RECONCILING_ROWS, run->rows);
	bill_match(&run->key, from, run->matched, now);
	reconciliation_compare(&run->key, from, run->matched, now);
	reconciliation_add_sums(&run->key, from, run->matched);
	if (run->matched < run->rows)
	{
		run->due_at = now;
		reconciliation_update(run);
	}
	else
		move(run, RECONCILIATION_MATCHED, now);
}

/* By which pair more of a class is booked; less by the same the other way round. */
static const struct
{
	Book debit;
	Book credit;
} pairs[RECONCILIATION_CLASSES_COUNT] = {
	[CLASS_FEE] = {BOOK_FEE, BOOK_GATEWAY},
	[CLASS_FEE_RETURNED] = {BOOK_GATEWAY, BOOK_FEE},
	[CLASS_SETTLEMENT] = {BOOK_BANK, BOOK_GATEWAY},
	[CLASS_FUNDING] = {BOOK_GATEWAY, BOOK_BANK},
};

static void
book_class(Booking *booking, const ReconciliationKey *key, ReconciliationClass class)
{
	int64 amount_nano = reconciliation_unbooked(key, class);
	bool is_more = amount_nano > 0;
	int64 line_no;

	if (amount_nano == 0)
		return;
	line_no = reconciliation_insert_line(booking->account.account_id, key, class, amount_nano,
										 booking->at);
	booking_source(booking, SOURCE_RECONCILIATION, line_no, booking->at);
	check_outcome(books_settle(&booking->books, is_more ? pairs[class].debit : pairs[class].credit,
							   is_more ? pairs[class].credit : pairs[class].debit,
							   is_more ? amount_nano : -amount_nano));
}

/* Fees and settlements, on the house's account. */
static void
book_classes(const ReconciliationKey *key, const Provider *provider)
{
	Booking booking;

	booking_begin(&booking, account_house(provider->currency, clock_now()));
	booking.actor = ACTOR;
	booking.gateway = key->gateway;
	booking_load(&booking, LOTS_OPEN, RECONCILIATION_CLASSES_COUNT);
	for (int class = 0; class < RECONCILIATION_CLASSES_COUNT; class ++)
		book_class(&booking, key, (ReconciliationClass) class);
	booking_finish(&booking);
}

/*
 * Refunds that wait because these books may be older than what the gateway has done go on
 * when all days that could show it are compared.
 */
static void
release_refunds(const char *gateway, const Provider *provider)
{
	Arming arming;
	AuditLine line = {.action = "release_refunds",
					  .object = gateway,
					  .actor = ACTOR,
					  .reason = "bills reconciled"};

	if (!arming_find(&arming) || gateway_refunds_epoch(gateway) == arming.epoch ||
		!reconciliation_covers(gateway, arming.books_until, arming.armed_at, arming.armed_at,
							   provider->day_offset_us))
		return;
	(void) gateway_release_refunds(gateway, arming.epoch);
	(void) gateway_call_hasten(gateway, "held", clock_now());
	audit_insert(&line);
}

static void
finish(Reconciliation *run, TimestampTz now)
{
	const Provider *provider = must_provider_of(&run->key);
	TimestampTz from;
	TimestampTz to;

	if (bill_is_asked(&run->key))
	{
		run->due_at = now + ASKING_US;
		reconciliation_update(run);
		return;
	}
	day_of(&run->key, provider, &from, &to);
	book_classes(&run->key, provider);
	reconciliation_compare_day(&run->key, from, to, now);
	reconciliation_finish(&run->key, from, to, now);
	reconciliation_end_carrying(run->key.gateway);
	if (run->bill)
		release_refunds(run->key.gateway, provider); /* what an operator brings proves nothing */
}

/* The next run that is to be compared. */
static bool
find_compared(TimestampTz now, Reconciliation *run)
{
	return reconciliation_find_due(RECONCILIATION_MATCHING, now, run) ||
		   reconciliation_find_due(RECONCILIATION_ASKING, now, run);
}

bool
reconciling_advance(void)
{
	TimestampTz now = clock_now();
	Reconciliation run;

	if (!find_compared(now, &run))
		return false;
	if (run.state == RECONCILIATION_MATCHING)
		match_rows(&run, now);
	else
		finish(&run, now);
	return true;
}

void
reconciling_put_off(bool is_own_fault)
{
	TimestampTz now = clock_now();
	Reconciliation run;

	if (!find_compared(now, &run))
		return;
	run.code = is_own_fault ? "not_compared" : run.code;
	if (is_own_fault && ++run.attempts >= COMPARES_MAX)
		move(&run, RECONCILIATION_BROKEN, DT_NOEND);
	else
	{
		run.due_at = now + (is_own_fault ? RETRY_MIN_US << run.attempts : ASKING_US);
		reconciliation_update(&run);
	}
}

bool
reconciling_forget(void)
{
	return bill_forget_old(clock_now() - KEEP_US, FORGET_ROWS) == FORGET_ROWS;
}

/* ---- asking ----------------------------------------------------------------- */

/* Some gateways know an order by its payer, too. */
static void
fill_payer(GatewayCall *call)
{
	OrderNumber number;
	Order order;

	if (order_number_parse(call->order_number, &number) && number.kind == NUMBER_OF_ORDER &&
		order_find(number.account_id, number.id, sql_run, &order) && order.uid)
		strlcpy(call->uid, order.uid, sizeof(call->uid));
}

bool
reconciling_claim_asked(const char *busy, AskedRow *row, GatewayCall *call)
{
	TimestampTz now = clock_now();

	if (!bill_claim_asked(now, now + ASK_LEASE_US, busy, row))
		return false;
	*call = (GatewayCall){.operation = row->is_refund ? CALL_REFUND_QUERY : CALL_QUERY};
	strlcpy(call->gateway, row->key.gateway, sizeof(call->gateway));
	strlcpy(call->currency, must_provider_of(&row->key)->currency, sizeof(call->currency));
	memcpy(call->order_number, row->order_number, sizeof(call->order_number));
	memcpy(call->transaction_id, row->transaction_id, sizeof(call->transaction_id));
	memcpy(call->refund_number, row->refund_number, sizeof(call->refund_number));
	memcpy(call->refund_id, row->refund_id, sizeof(call->refund_id));
	fill_payer(call);
	return true;
}

/* The gateway stands by it, with an amount: the bill's, or another. */
static void
end_confirmed(const AskedRow *row, int64 amount_nano, const char *outcome)
{
	TimestampTz now = clock_now();

	bill_end_asking(row, outcome);
	reconciliation_agree(&row->key, row->row_no, now);
	if (amount_nano != row->amount_nano)
		reconciliation_insert_asked(&row->key, row->row_no, "amount", amount_nano,
									"the bill has another amount", NULL, now);
}

/* It was missing here, and is booked now. */
static void
end_found(const AskedRow *row, int64 amount_nano)
{
	reconciliation_insert_asked(&row->key, row->row_no, "missing_here", 0,
								"the books did not have it", "booked by the gateway's answer",
								clock_now());
	end_confirmed(row, amount_nano, "found");
}

/* The gateway itself does not stand by its bill: nothing of the row counts, its fee neither. */
static void
end_unconfirmed(const AskedRow *row, const char *outcome, const char *detail)
{
	reconciliation_drop_fee(&row->key, row->row_no);
	reconciliation_insert_asked(&row->key, row->row_no, "state", 0, detail, NULL, clock_now());
	bill_end_asking(row, outcome);
}

/* What it does not say by its own fault it is asked for a few times, what it is not reached for
 * often. */
static void
ask_again(AskedRow *row, bool is_own_fault)
{
	row->attempts += is_own_fault ? ASKS_MAX / OWN_ASKS_MAX : 1;
	if (row->attempts >= ASKS_MAX)
		end_unconfirmed(row, "unknown", "the gateway does not say");
	else
		bill_ask_again(row, clock_now() + ASK_AGAIN_US);
}

static void
record_payment(AskedRow *row, const PaymentFact *fact)
{
	Receipt receipt = {.fact = fact, .gateway = row->key.gateway, .is_merchants = true};
	ReceiptResult result;

	if (fact->state != FACT_PAID)
	{
		end_unconfirmed(row, "contradicted", "the gateway says that it is not paid");
		return;
	}
	result = receipt_book(&receipt);
	if (result == RECEIPT_OF_HOUSE)
		receipt_leave(&receipt, clock_now());
	if (strcmp(fact->transaction_id, row->transaction_id) != 0)
		end_unconfirmed(row, "contradicted", "the gateway says that another transaction paid it");
	else if (result == RECEIPT_KNOWN)
		end_confirmed(row, fact->amount_nano, "matched"); /* its notice came meanwhile */
	else
		end_found(row, fact->amount_nano);
}

/* One under way may be so for days: it is asked for until it has ended. */
static void
record_unpaid_refund(AskedRow *row, const RefundFact *fact)
{
	PaymentClaim claim;

	if (fact->state != REFUND_PENDING)
		end_unconfirmed(row, "contradicted", "the gateway says that it was not paid");
	else if (payment_last_claim(row->key.gateway, row->transaction_id, &claim))
	{
		take_back_ask(claim.account_id, claim.payment_id,
					  row->refund_number[0] ? row->refund_number : NULL,
					  row->refund_id[0] ? row->refund_id : NULL);
		bill_end_asking(row, "matched");
	}
	else
		ask_again(row, true); /* its payment is asked for, too */
}

static void
record_refund(AskedRow *row, const RefundFact *fact)
{
	TakeBackReport report = {.fact = fact, .gateway = row->key.gateway, .is_merchants = true};

	if (fact->state != REFUND_PAID)
	{
		record_unpaid_refund(row, fact);
		return;
	}
	switch (take_back_report(&report))
	{
		case TAKE_BACK_BOOKED:
			end_found(row, fact->amount_nano);
			return;
		case TAKE_BACK_KNOWN:
		case TAKE_BACK_OF_NOTHING:
			end_confirmed(row, fact->amount_nano, "matched");
			return;
		case TAKE_BACK_UNMATCHED: /* of a payment that is asked for, too, perhaps */
			ask_again(row, true);
			return;
		case TAKE_BACK_CONTRADICTS:
			end_unconfirmed(row, "contradicted", "it cannot be: more than came in");
			return;
	}
}

void
reconciling_record_asked(AskedRow *row, const GatewayAnswer *answer)
{
	switch (answer->result)
	{
		case RESULT_DONE:
			if (row->is_refund)
				record_refund(row, &answer->refund);
			else
				record_payment(row, &answer->payment);
			return;
		case RESULT_ABSENT:
			end_unconfirmed(row, "unknown", "the gateway does not know it");
			return;
		case RESULT_REFUSED:
		case RESULT_UNCLEAR:
		case RESULT_MISCONFIGURED:
			ask_again(row, true);
			return;
		default:
			ask_again(row, false);
			return;
	}
}
