/*-------------------------------------------------------------------------
 *
 * gate.c
 *	  authorize() and balance(): readers of what the gate goes by.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "api/arguments.h"
#include "api/result.h"
#include "clock.h"
#include "core/books.h"
#include "core/gate.h"
#include "errors.h"
#include "spi/nano.h"
#include "spi/scope.h"
#include "store/account_range_store.h"
#include "store/api_key_store.h"
#include "store/lot_store.h"
#include "store/payment_store.h"
#include "store/policy_store.h"
#include "store/quota_store.h"
#include "store/subscription_store.h"

/* The account as the gate sees it now; the expired share leaves bonus. */
static GateAccount
see_account(Account *account)
{
	TimestampTz now = clock_statement();
	PolicyValues policies = policy_values(NULL);

	if (account->next_expiry_at <= now)
		account->bonus_nano -= lot_expired(account->account_id, now);
	return (GateAccount){
		.locks = account->locks,
		.balance_nano = account->cash_nano + account->bonus_nano - account->arrears_nano,
		.live = policies.is_unset[POLICY_GO_LIVE_AT] || policies.of[POLICY_GO_LIVE_AT] <= now,
		.block_at_zero = policies.of[POLICY_BLOCK_AT_ZERO] != 0,
		.refund_blocks_plan = policies.of[POLICY_REFUND_BLOCKS_PLAN] != 0,
		.plan = GATE_NO_PLAN,
	};
}

/* Why plan keys of the account may not call now, and when they may again by themselves (DT_NOEND:
 * never). */
static GateReason
see_plan(int64 account_id, TimestampTz *resets_at)
{
	TimestampTz now = clock_statement();
	Quotas quotas = quota_list(account_id, now, 0, sql_read);

	if (plan_choose(&quotas, now).part == NULL)
		return subscription_reason(account_id, now, sql_read, resets_at);
	*resets_at = plan_resets_at(&quotas, now);
	return plan_allows(&quotas, now) ? GATE_OPEN : GATE_PLAN_EXHAUSTED;
}

/* Whether a key's text has its secret, or the one before while that works. */
static bool
has_secret(const char *text, const GateRow *row)
{
	uint8 hash[API_KEY_HASH_BYTES];

	if (!api_key_hash(text, API_KEY_TEXT_LENGTH, hash))
		refuse(ERROR_INTERNAL, "a key could not be hashed");
	return api_key_hash_equals(hash, row->key.hash) ||
		   (clock_statement() < row->key.old_until && api_key_hash_equals(hash, row->key.old_hash));
}

/* The answer about a key that was found. */
static GateReason
judge_key(GateRow *row, GateAccount *account, TimestampTz *resets_at)
{
	GateKey key = {
		.kind = row->key.kind,
		.deleted = row->key.deleted_at != DT_NOEND,
		.expired = api_key_has_expired(&row->key, clock_statement()),
		.refuses_model = !row->model_allowed,
	};

	*account = see_account(&row->account);
	if (key.kind == API_KEY_PLAN)
		account->plan = see_plan(row->account.account_id, resets_at);
	return gate_key(account, &key);
}

static Datum
authorization_row(FunctionCallInfo fcinfo, GateReason reason, const GateRow *row,
				  const GateAccount *account, TimestampTz resets_at)
{
	bool resets = (reason == GATE_PLAN_EXHAUSTED || reason == GATE_PLAN_NOT_STARTED) &&
				  resets_at != DT_NOEND;
	bool unknown = reason == GATE_MALFORMED_KEY || reason == GATE_UNKNOWN_KEY;
	bool allowed = reason == GATE_OPEN;
	Datum values[] = {
		BoolGetDatum(allowed),
		allowed ? (Datum) 0 : CStringGetTextDatum(gate_reason_name(reason)),
		Int64GetDatum(row->account.account_id),
		Int64GetDatum(row->key.key_id),
		unknown ? (Datum) 0 : nano_datum(account->balance_nano),
		unknown ? (Datum) 0 : nano_datum(gate_shortfall(account, reason)),
		BoolGetDatum(!allowed && gate_retryable(reason)),
		TimestampTzGetDatum(resets_at),
	};
	bool nulls[] = {false, allowed, unknown, unknown, unknown, unknown, false, !resets};

	return result_row(fcinfo, values, nulls);
}

/* Asks the gate; text: what the key's secret is judged by, NULL: its caller did that. The model is
 * the argument of that index. */
static Datum
authorize(FunctionCallInfo fcinfo, int64 account_id, int64 key_id, const char *text, int model)
{
	GateReason reason = GATE_UNKNOWN_KEY;
	GateRow row = {0};
	GateAccount account = {0};
	TimestampTz resets_at = DT_NOEND;
	Scope scope;

	scope_open(&scope);
	if (api_key_read_gate(account_id, key_id, PG_GETARG_DATUM(model), PG_ARGISNULL(model), &row) &&
		(text == NULL || has_secret(text, &row)))
		reason = judge_key(&row, &account, &resets_at);
	scope_close(&scope);
	return authorization_row(fcinfo, reason, &row, &account, resets_at);
}

/* The answer to what cannot be a key, which costs no query. */
static Datum
malformed_row(FunctionCallInfo fcinfo)
{
	return authorization_row(fcinfo, GATE_MALFORMED_KEY, &(GateRow){0}, &(GateAccount){0},
							 DT_NOEND);
}

PG_FUNCTION_INFO_V1(billing_authorize);
Datum
billing_authorize(PG_FUNCTION_ARGS)
{
	text *api_key = PG_ARGISNULL(0) ? NULL : PG_GETARG_TEXT_PP(0);
	ApiKey key;

	if (api_key == NULL || !api_key_decode(VARDATA_ANY(api_key), VARSIZE_ANY_EXHDR(api_key), &key))
		return malformed_row(fcinfo);
	return authorize(fcinfo, key.account_id, key.key_id, VARDATA_ANY(api_key), 1);
}

PG_FUNCTION_INFO_V1(billing_authorize_key);
Datum
billing_authorize_key(PG_FUNCTION_ARGS)
{
	if (PG_ARGISNULL(0) || PG_ARGISNULL(1))
		return malformed_row(fcinfo);
	return authorize(fcinfo, PG_GETARG_INT64(0), PG_GETARG_INT64(1), NULL, 2);
}

PG_FUNCTION_INFO_V1(billing_balance);
Datum
billing_balance(PG_FUNCTION_ARGS)
{
	int64 account_id = arg_account_id(fcinfo);
	Numeric topup;
	Numeric refunded;
	Account account;
	GateAccount gate;
	GateReason reason;
	Scope scope;

	scope_open(&scope);
	if (!account_read(account_id, &account))
		account_range_refuse(account_id);
	gate = see_account(&account);
	reason = gate_account(&gate);
	payment_totals(account_id, &topup, &refunded);

	Datum values[] = {
		CStringGetTextDatum(account.currency),
		nano_datum(account.cash_nano),
		nano_datum(account.bonus_nano),
		nano_datum(account.arrears_nano),
		nano_datum(gate.balance_nano),
		DirectFunctionCall2(numeric_round, nano_datum(money_floor_to_cent(gate.balance_nano)),
							Int32GetDatum(MONEY_CENT_DECIMALS)),
		NumericGetDatum(topup),
		NumericGetDatum(refunded),
		BoolGetDatum(reason == GATE_OPEN),
		CStringGetTextDatum(gate_reason_name(reason)),
	};
	bool nulls[] = {false, false, false, false, false,
					false, false, false, false, reason == GATE_OPEN};

	return scope_close_with(&scope, result_row(fcinfo, values, nulls));
}
