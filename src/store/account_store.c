/*-------------------------------------------------------------------------
 *
 * account_store.c
 *	  Accounts, their profiles and their locks.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "storage/procarray.h"
#include "utils/builtins.h"

#include "core/books.h"
#include "core/gate.h"
#include "rows/row_scan.h"
#include "rows/row_update.h"
#include "spi/bind.h"
#include "spi/column.h"
#include "spi/nano.h"
#include "spi/row_holder.h"
#include "spi/sql.h"
#include "store/account_store.h"

enum
{
	ACCOUNT_ID,
	CURRENCY,
	CREATED_AT,
	LAST_BOOKED_AT,
	NEXT_EXPIRY_AT,
	LAST_UNLOCKED_AT,
	LAST_ENTRY_NO,
	LOCKS,
	CASH,
	BONUS,
	ARREARS,
	ALERT_FIRES_BELOW,
	ALERT_REARMS_AT,
	ALERT_REVIEW_AT,
	HAS_PRICE_LIST,
	CHAIN
};

static RowShape account_shape = {
	.name = "account",
	.columns = "account_id, currency, created_at, last_booked_at, next_expiry_at, "
			   "last_unlocked_at, last_entry_no, locks, cash, bonus, arrears, alert_fires_below, "
			   "alert_rearms_at, alert_review_at, has_price_list, chain",
	.types = {INT8OID, TEXTOID, TIMESTAMPTZOID, TIMESTAMPTZOID, TIMESTAMPTZOID, TIMESTAMPTZOID,
			  INT8OID, INT4OID, NUMERICOID, NUMERICOID, NUMERICOID, NUMERICOID, NUMERICOID,
			  TIMESTAMPTZOID, BOOLOID, BYTEAOID},
	.keys = {{1, {ACCOUNT_ID}}},
};

static void
read_account(const Row *row, Account *account)
{
	char *currency = row_text(row, CURRENCY);

	account->account_id = row_int64(row, ACCOUNT_ID);
	strlcpy(account->currency, currency, CURRENCY_SIZE);
	account->created_at = row_instant(row, CREATED_AT, 0);
	account->last_booked_at = row_instant(row, LAST_BOOKED_AT, 0);
	account->next_expiry_at = row_instant(row, NEXT_EXPIRY_AT, NEVER_EXPIRES);
	account->last_unlocked_at = row_instant(row, LAST_UNLOCKED_AT, DT_NOBEGIN);
	account->last_entry_no = row_int64(row, LAST_ENTRY_NO);
	account->locks = (unsigned) row_int32(row, LOCKS);
	account->cash_nano = row_nano(row, CASH);
	account->bonus_nano = row_nano(row, BONUS);
	account->arrears_nano = row_nano(row, ARREARS);
	account->alert_bounds.fires_below_nano = row_is_null(row, ALERT_FIRES_BELOW)
												 ? PG_INT64_MIN
												 : row_nano(row, ALERT_FIRES_BELOW);
	account->alert_bounds.rearms_at_nano = row_is_null(row, ALERT_REARMS_AT)
											   ? PG_INT64_MAX
											   : row_nano(row, ALERT_REARMS_AT);
	account->alert_review_at = row_instant(row, ALERT_REVIEW_AT, DT_NOEND);
	account->has_price_list = row_bool(row, HAS_PRICE_LIST);
	account->chain = row_is_null(row, CHAIN) ? chain_start : row_digest(row, CHAIN);
}

static bool
hold(int64 account_id, LockWaitPolicy wait, Account *account)
{
	RowScan scan;
	bool held;

	row_scan_begin_to_hold(&scan, &account_shape, 0, &account_id);
	held = row_scan_hold_next(&scan, wait);
	if (held)
		read_account(&scan.row, account);
	row_scan_end(&scan);
	return held;
}

bool
account_hold(int64 account_id, Account *account)
{
	return hold(account_id, LockWaitBlock, account);
}

bool
account_hold_if_free(int64 account_id, Account *account)
{
	return hold(account_id, LockWaitSkip, account);
}

Account *
account_hold_free(const int64 *accounts, size_t accounts_count, size_t *count)
{
	Account *held = palloc((accounts_count + 1) * sizeof(Account));
	RowScan scan;

	*count = 0;
	if (accounts_count == 0)
		return held;
	row_scan_begin_to_hold(&scan, &account_shape, 0, &accounts[0]);
	for (size_t i = 0; i < accounts_count; i++)
	{
		Assert(i == 0 || accounts[i - 1] < accounts[i]);
		if (i > 0)
			row_scan_again(&scan, &accounts[i]);
		if (row_scan_hold_next(&scan, LockWaitSkip))
			read_account(&scan.row, &held[(*count)++]);
	}
	row_scan_end(&scan);
	return held;
}

static const char *
prepared_gid(TransactionId xid)
{
	static Sql find = SQL("SELECT gid FROM pg_prepared_xacts WHERE transaction = $1", XIDOID);

	if (sql_latest(&find, (Datum[]){TransactionIdGetDatum(xid)}, NULL) == 0)
		return NULL;
	return column_text(0, 1);
}

AccountHolder
account_holder(int64 account_id)
{
	static Sql find = SQL("SELECT ctid FROM " BOOKS "account WHERE account_id = $1", INT8OID);
	AccountHolder holder = {0};
	ItemPointerData place;
	TransactionId xid;

	if (sql_latest(&find, (Datum[]){Int64GetDatum(account_id)}, NULL) == 0)
		return holder;
	ItemPointerCopy((ItemPointer) DatumGetPointer(column_datum(0, 1, TIDOID)), &place);
	xid = row_holder_find(catalog_table("account"), &place);
	if (!TransactionIdIsValid(xid))
		return holder;
	holder.pid = BackendXidGetPid(xid);
	if (holder.pid == 0)
		holder.prepared = prepared_gid(xid);
	return holder;
}

bool
account_exists(int64 account_id)
{
	static Sql find = SQL("SELECT FROM " BOOKS "account WHERE account_id = $1", INT8OID);

	return sql_run(&find, (Datum[]){Int64GetDatum(account_id)}, NULL) > 0;
}

static bool
read_by(int64 account_id, RowSight sight, Account *account)
{
	RowScan scan;
	bool found;

	row_scan_begin(&scan, &account_shape, sight, 0, &account_id);
	found = row_scan_next(&scan);
	if (found)
		read_account(&scan.row, account);
	row_scan_end(&scan);
	return found;
}

bool
account_read(int64 account_id, Account *account)
{
	return read_by(account_id, ROW_SEES_AS_QUERY, account);
}

bool
account_read_latest(int64 account_id, Account *account)
{
	return read_by(account_id, ROW_SEES_LATEST, account);
}

static const int state_columns[] = {LAST_BOOKED_AT, NEXT_EXPIRY_AT, LAST_UNLOCKED_AT,
									LAST_ENTRY_NO,	LOCKS,			CASH,
									BONUS,			ARREARS,		CHAIN};

#define STATE_COLUMNS ((int) lengthof(state_columns))

static void
set_state(Datum *values, char *nulls, const Account *account)
{
	memset(nulls, ' ', STATE_COLUMNS);
	values[0] = TimestampTzGetDatum(account->last_booked_at);
	bind_instant(values, nulls, 1, account->next_expiry_at, NEVER_EXPIRES);
	bind_instant(values, nulls, 2, account->last_unlocked_at, DT_NOBEGIN);
	values[3] = Int64GetDatum(account->last_entry_no);
	values[4] = Int32GetDatum((int32) account->locks);
	values[5] = nano_datum(account->cash_nano);
	values[6] = nano_datum(account->bonus_nano);
	values[7] = nano_datum(account->arrears_nano);
	bind_digest(values, nulls, 8, account->last_entry_no > 0 ? &account->chain : NULL);
}

void
account_update(Account *const *accounts, size_t count)
{
	char nulls[STATE_COLUMNS];
	Datum values[STATE_COLUMNS];
	RowUpdate update;

	if (count == 0)
		return;
	row_update_begin(&update, &account_shape, (RowColumns){state_columns, STATE_COLUMNS});
	for (size_t i = 0; i < count; i++)
	{
		set_state(values, nulls, accounts[i]);
		row_update_put(&update, &accounts[i]->account_id, values, nulls);
	}
	row_update_end(&update);
}

void
account_update_alerts(const Account *account)
{
	static Sql update = SQL(
		"UPDATE " BOOKS
		"account SET alert_fires_below = $2, alert_rearms_at = $3, alert_review_at = $4 "
		"WHERE account_id = $1",
		INT8OID, NUMERICOID, NUMERICOID, TIMESTAMPTZOID);
	const AlertBounds *bounds = &account->alert_bounds;
	char nulls[] = "    ";
	Datum values[4] = {Int64GetDatum(account->account_id)};

	bind_nano(values, nulls, 1, bounds->fires_below_nano, PG_INT64_MIN);
	bind_nano(values, nulls, 2, bounds->rearms_at_nano, PG_INT64_MAX);
	bind_instant(values, nulls, 3, account->alert_review_at, DT_NOEND);
	sql_write(&update, values, nulls);
}

int64
account_next_id(void)
{
	static Sql next = SQL("SELECT nextval(pg_get_serial_sequence('" BOOKS
						  "account', 'account_id')::regclass)");

	sql_run(&next, NULL, NULL);
	return column_int64(0, 1);
}

/* The lowest id from $1 to $2 that is free: behind the highest, where there is room. */
#define FREE_ID                                                                                         \
	"SELECT CASE WHEN m.id < $2 THEN greatest(m.id + 1, $1) ELSE (SELECT min(id) FROM (SELECT "         \
	"$1 AS id WHERE NOT EXISTS (SELECT FROM " BOOKS "account WHERE account_id = $1) UNION ALL "         \
	"SELECT min(a.account_id) + 1 FROM " BOOKS "account AS a WHERE a.account_id >= $1 AND "             \
	"a.account_id < $2 AND NOT EXISTS (SELECT FROM " BOOKS "account AS n WHERE n.account_id = "         \
	"a.account_id + 1)) AS gaps) END AS id FROM (SELECT coalesce(max(account_id), 0) AS id FROM " BOOKS \
	"account) AS m"

bool
account_move_ids(int64 first_id, int64 last_id)
{
	static Sql move = SQL(
		"SELECT setval(s.id_sequence, CASE WHEN s.next_id BETWEEN f.id AND $2 THEN s.next_id ELSE "
		"f.id END, false) FROM (SELECT id_sequence, nextval(id_sequence) AS next_id FROM (SELECT "
		"pg_get_serial_sequence('" BOOKS "account', 'account_id')::regclass AS id_sequence) AS q "
		"OFFSET 0) AS s, (" FREE_ID ") AS f WHERE f.id IS NOT NULL",
		INT8OID, INT8OID);
	Datum values[] = {Int64GetDatum(first_id), Int64GetDatum(last_id)};

	return sql_latest(&move, values, NULL) > 0;
}

/* Arguments $2 to $6 of the statements about a profile. */
static void
set_profile(Datum *values, char *nulls, const AccountProfile *profile)
{
	bind_text(values, nulls, 1, profile->region);
	bind_text(values, nulls, 2, profile->external_ref);
	bind_text(values, nulls, 3, profile->email);
	bind_text(values, nulls, 4, profile->mobile);
	bind_text(values, nulls, 5, profile->time_zone);
}

bool
account_insert(int64 account_id, const AccountProfile *profile, TimestampTz now)
{
	static Sql insert = SQL(
		"WITH profile AS (INSERT INTO " BOOKS "account_profile (account_id, external_ref, email, "
		"mobile, time_zone) VALUES ($1, $3, $4, $5, $6) ON CONFLICT DO NOTHING RETURNING account_id) "
		"INSERT INTO " BOOKS "account (account_id, region, currency, created_at, last_booked_at) "
		"SELECT account_id, $2, CASE $2 WHEN 'cn' THEN 'CNY' ELSE 'USD' END, $7, $7 FROM profile",
		INT8OID, TEXTOID, TEXTOID, TEXTOID, TEXTOID, TEXTOID, TIMESTAMPTZOID);
	char nulls[] = "       ";
	Datum values[7] = {Int64GetDatum(account_id)};

	set_profile(values, nulls, profile);
	values[6] = TimestampTzGetDatum(now);
	return sql_run(&insert, values, nulls) > 0;
}

int64
account_house(const char *currency, TimestampTz now)
{
	static Sql insert = SQL(
		"INSERT INTO " BOOKS "account (account_id, region, currency, created_at, last_booked_at) "
		"SELECT $1, CASE $2 WHEN 'CNY' THEN 'cn' ELSE 'global' END, $2, $3, $3 WHERE NOT EXISTS "
		"(SELECT FROM " BOOKS "account WHERE account_id = $1) ON CONFLICT DO NOTHING",
		INT8OID, TEXTOID, TIMESTAMPTZOID);
	int64 account_id = strcmp(currency, "CNY") == 0 ? ACCOUNT_HOUSE_CNY : ACCOUNT_HOUSE_USD;

	(void) sql_run(&insert,
				   (Datum[]){Int64GetDatum(account_id), CStringGetTextDatum(currency),
							 TimestampTzGetDatum(now)},
				   NULL);
	return account_id;
}

int64
account_find(int64 account_id, const char *external_ref)
{
	static Sql find = SQL("SELECT account_id FROM " BOOKS "account WHERE account_id = $1 "
						  "UNION ALL SELECT account_id FROM " BOOKS
						  "account_profile WHERE external_ref = "
						  "$2 LIMIT 1",
						  INT8OID, TEXTOID);
	char nulls[] = "  ";
	Datum values[2];

	bind_number(values, nulls, 0, account_id);
	bind_text(values, nulls, 1, external_ref);
	return sql_run(&find, values, nulls) > 0 ? column_int64(0, 1) : 0;
}

const char *
account_difference(int64 account_id, const AccountProfile *profile)
{
	static Sql compare = SQL(
		"SELECT concat_ws(', ', CASE WHEN a.region <> $2 THEN 'region' END, "
		"CASE WHEN p.external_ref IS DISTINCT FROM $3 THEN 'external_ref' END, "
		"CASE WHEN p.email IS DISTINCT FROM $4 THEN 'email' END, "
		"CASE WHEN p.mobile IS DISTINCT FROM $5 THEN 'mobile' END, "
		"CASE WHEN p.time_zone <> $6 THEN 'time_zone' END) "
		"FROM " BOOKS "account AS a JOIN " BOOKS "account_profile AS p USING (account_id) "
		"WHERE account_id = $1",
		INT8OID, TEXTOID, TEXTOID, TEXTOID, TEXTOID, TEXTOID);
	char nulls[] = "      ";
	Datum values[6] = {Int64GetDatum(account_id)};
	char *difference;

	set_profile(values, nulls, profile);
	if (sql_run(&compare, values, nulls) == 0)
		return "account_id";
	difference = column_text(0, 1);
	return difference[0] ? difference : NULL;
}

void
account_set_language(int64 account_id, const char *language)
{
	static Sql update = SQL("UPDATE " BOOKS
							"account_profile SET language = $2 WHERE account_id = $1",
							INT8OID, TEXTOID);
	char nulls[] = "  ";
	Datum values[2] = {Int64GetDatum(account_id)};

	bind_text(values, nulls, 1, language);
	sql_write(&update, values, nulls);
}

/* The statements that set and lift a lock take the same arguments, and return its number. */
static int64
run_lock_change(Sql *statement, int64 account_id, const LockChange *change)
{
	char nulls[] = "     ";
	Datum values[5] = {Int64GetDatum(account_id)};

	bind_text(values, nulls, 1, change->lock);
	values[2] = TimestampTzGetDatum(change->at);
	bind_text(values, nulls, 3, change->actor);
	bind_text(values, nulls, 4, change->reason);
	sql_write(statement, values, nulls);
	return column_int64(0, 1);
}

int64
account_lock_insert(int64 account_id, const LockChange *change)
{
	static Sql insert = SQL(
		"INSERT INTO " BOOKS "account_lock (account_id, lock_no, lock, locked_at, "
		"locked_by, lock_reason) SELECT $1, coalesce(max(lock_no), 0) + 1, $2, $3, $4, "
		"$5 FROM " BOOKS "account_lock WHERE account_id = $1 RETURNING lock_no",
		INT8OID, TEXTOID, TIMESTAMPTZOID, TEXTOID, TEXTOID);

	return run_lock_change(&insert, account_id, change);
}

int64
account_lock_lift(int64 account_id, const LockChange *change)
{
	static Sql lift = SQL(
		"UPDATE " BOOKS "account_lock SET unlocked_at = $3, unlocked_by = $4, "
		"unlock_reason = $5 WHERE account_id = $1 AND lock = $2 AND unlocked_at IS NULL RETURNING "
		"lock_no",
		INT8OID, TEXTOID, TIMESTAMPTZOID, TEXTOID, TEXTOID);

	return run_lock_change(&lift, account_id, change);
}

unsigned
account_locks_at(int64 account_id, TimestampTz at)
{
	static Sql read = SQL(
		"SELECT l.lock FROM " BOOKS
		"account_lock AS l CROSS JOIN LATERAL billing.counts_at(l.account_id, "
		"NULL, l.locked_at) AS f CROSS JOIN LATERAL billing.counts_at(l.account_id, "
		"NULL, l.unlocked_at) AS t WHERE l.account_id = $1 AND f.counts_at <= $2 "
		"AND (t.counts_at > $2 OR t.counts_at IS NULL)",
		INT8OID, TIMESTAMPTZOID);
	uint64 count = sql_run(&read, (Datum[]){Int64GetDatum(account_id), TimestampTzGetDatum(at)},
						   NULL);
	unsigned locks = 0;

	for (uint64 row = 0; row < count; row++)
		locks |= lock_reason_from_name(column_text(row, 1));
	return locks;
}
