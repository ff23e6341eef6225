/*-------------------------------------------------------------------------
 *
 * failure.c
 *	  Kinds of failures, and the accounts of their rows.
 *
 * What this process has seen, and of the last hour what is set aside already:
 * each settle() of a job may run in a process of its own.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "utils/timestamp.h"

#include "booking/failure.h"
#include "clock.h"
#include "errors.h"
#include "store/set_aside_store.h"

/* Kinds that are told apart; a new one takes the place of that which failed longest ago. */
#define KINDS_MAX 8

/* What failed earlier is forgotten. */
#define MEMORY_US (60 * 60 * USECS_PER_SEC)

typedef struct FailureKind
{
	char cause[FAILURE_CAUSE_SIZE];
	TimestampTz failed_at;
	int64 rows; /* set aside */
	int64 accounts[FAILURE_ACCOUNTS_MIN];
	int accounts_count;
	bool has_left; /* rows, in this pass */
	bool is_own;   /* a whole pass found few accounts: the rows are their senders' own */
} FailureKind;

static FailureKind kinds[KINDS_MAX];

/* What is no row's own, and yet not everybody's: such rows stay, however few they are. */
static bool
is_no_rows_own(int sqlstate)
{
	return sqlstate == ERRCODE_INTERNAL_ERROR || sqlstate == error_sqlstate(ERROR_INTERNAL) ||
		   sqlstate == error_sqlstate(ERROR_ACCOUNT_AHEAD);
}

bool
failure_is_of_rows(int sqlstate)
{
	if (sqlstate == error_sqlstate(ERROR_TABLES_ALTERED) ||
		sqlstate == error_sqlstate(ERROR_TABLE_UNSUITED) ||
		sqlstate == error_sqlstate(ERROR_BOOKS_REPLICATED) ||
		sqlstate == error_sqlstate(ERROR_CLOCK))
		return false;
	switch (ERRCODE_TO_CATEGORY(sqlstate))
	{
		case ERRCODE_DATA_EXCEPTION:
		case ERRCODE_INTEGRITY_CONSTRAINT_VIOLATION:
		case ERRCODE_TRIGGERED_DATA_CHANGE_VIOLATION:
		case ERRCODE_PLPGSQL_ERROR: /* a trigger of the owner's */
		case MAKE_SQLSTATE('L', 'B', '0', '0', '0'):
			return true;
		default:
			return is_no_rows_own(sqlstate);
	}
}

char *
failure_cause(const ErrorData *error, char text[FAILURE_CAUSE_SIZE])
{
	const char *object = error->constraint_name ? error->constraint_name : error->table_name;

	snprintf(text, FAILURE_CAUSE_SIZE, "%s%s%s", unpack_sql_state(error->sqlerrcode),
			 object ? " " : "", object ? object : "");
	return text;
}

static void
note_account(FailureKind *kind, int64 account_id)
{
	for (int i = 0; i < kind->accounts_count; i++)
		if (kind->accounts[i] == account_id)
			return;
	if (kind->accounts_count < FAILURE_ACCOUNTS_MIN)
		kind->accounts[kind->accounts_count++] = account_id;
}

/* Begins with what others have set aside of that kind. */
static void
load_kind(FailureKind *kind, const char *cause)
{
	size_t count;
	int64 *accounts = set_aside_accounts(cause, clock_now() - MEMORY_US, &count);

	*kind = (FailureKind){.rows = (int64) count};
	strlcpy(kind->cause, cause, sizeof(kind->cause));
	for (size_t i = 0; i < count; i++)
		note_account(kind, accounts[i]);
	pfree(accounts);
}

static FailureKind *
find_kind(const char *cause)
{
	TimestampTz now = GetCurrentTimestamp();
	FailureKind *oldest = &kinds[0];

	for (int i = 0; i < KINDS_MAX; i++)
	{
		if (strcmp(kinds[i].cause, cause) == 0 && now - kinds[i].failed_at < MEMORY_US)
			return &kinds[i];
		if (kinds[i].failed_at < oldest->failed_at)
			oldest = &kinds[i];
	}
	load_kind(oldest, cause);
	return oldest;
}

bool
failure_sets_aside(const ErrorData *error, int64 account_id)
{
	char cause[FAILURE_CAUSE_SIZE];
	FailureKind *kind = find_kind(failure_cause(error, cause));
	bool is_everybodys;

	kind->failed_at = GetCurrentTimestamp();
	note_account(kind, account_id);
	is_everybodys = kind->accounts_count == FAILURE_ACCOUNTS_MIN;
	if (is_no_rows_own(error->sqlerrcode) ||
		(kind->rows >= FAILURE_ROWS_MAX && (is_everybodys || !kind->is_own)))
	{
		kind->has_left = true;
		return false;
	}
	kind->rows++;
	return true;
}

void
failure_end_pass(void)
{
	for (int i = 0; i < KINDS_MAX; i++)
	{
		if (kinds[i].has_left && kinds[i].accounts_count < FAILURE_ACCOUNTS_MIN)
			kinds[i].is_own = true;
		kinds[i].has_left = false;
	}
}
