CREATE FUNCTION billing.create_account(account_id bigint, region text, email text = NULL, mobile text = NULL, time_zone text = NULL, external_ref text = NULL) RETURNS bigint
    LANGUAGE c AS 'MODULE_PATHNAME', 'billing_create_account';
COMMENT ON FUNCTION billing.create_account(bigint, text, text, text, text, text) IS 'Makes an account and returns its id. account_id: 1 to 2^62, or null to have one made. region: cn (CNY) or global (USD), for life. mobile: 5 to 15 digits, + in front. time_zone: IANA name; null: Asia/Shanghai for cn, else UTC. The same id or external_ref with the same arguments returns that account; with others LB202.';

CREATE FUNCTION billing.balance(account_id bigint) RETURNS billing.account_balance
    LANGUAGE c STABLE AS 'MODULE_PATHNAME', 'billing_balance';
COMMENT ON FUNCTION billing.balance(bigint) IS 'What the account holds now, without expired bonus; total_topup is gross (R2); callable and reason as authorize() would say for a pay-as-you-go key. Errors: LB201. Example: SELECT * FROM billing.balance(7).';

CREATE FUNCTION billing.balance_at(account_id bigint, at timestamptz) RETURNS billing.balance_sums
    LANGUAGE c STABLE AS 'MODULE_PATHNAME', 'billing_balance_at';
COMMENT ON FUNCTION billing.balance_at(bigint, timestamptz) IS 'What the account held at an instant, by recorded_at, without bonus that had expired by then. Reads the account''s whole ledger. Errors: LB201, LB105.';

CREATE FUNCTION billing.statement(account_id bigint, "from" timestamptz = NULL, "to" timestamptz = NULL) RETURNS SETOF billing.statement_line
    LANGUAGE c STABLE AS 'MODULE_PATHNAME', 'billing_statement';
COMMENT ON FUNCTION billing.statement(bigint, timestamptz, timestamptz) IS 'The account''s ledger entries recorded in [from, to), each with the balance before and after it; null: from the beginning, to the end. Errors: LB201, LB105.';

CREATE FUNCTION billing.lock_account(account_id bigint, lock text = 'operator', actor text = NULL, reason text = NULL) RETURNS boolean
    LANGUAGE c AS 'MODULE_PATHNAME', 'billing_lock_account';
COMMENT ON FUNCTION billing.lock_account(bigint, text, text, text) IS 'Sets a lock, operator or dispute: no calls, no top-ups; usage stamped from now on is rejected. Returns false where it was set already. Errors: LB201, LB207.';

CREATE FUNCTION billing.unlock_account(account_id bigint, lock text = 'operator', actor text = NULL, reason text = NULL) RETURNS boolean
    LANGUAGE c AS 'MODULE_PATHNAME', 'billing_unlock_account';
COMMENT ON FUNCTION billing.unlock_account(bigint, text, text, text) IS 'Lifts a lock, operator or dispute; other locks stay. Returns false where it was not set. Errors: LB201, LB207.';

CREATE FUNCTION billing.close_account(account_id bigint, idempotency_key text, actor text = NULL, reason text = NULL) RETURNS billing.booking
    LANGUAGE c AS 'MODULE_PATHNAME', 'billing_close_account';
COMMENT ON FUNCTION billing.close_account(bigint, text, text, text) IS 'Closes the account for good; bonus and cash below 0.01 go to breakage. Only without locks, arrears, refundable cash and unsettled usage: else LB205. History stays.';

CREATE FUNCTION billing.create_api_key(account_id bigint, name text, kind text = 'payg', idempotency_key text = NULL) RETURNS billing.new_api_key
    LANGUAGE c AS 'MODULE_PATHNAME', 'billing_create_api_key';
COMMENT ON FUNCTION billing.create_api_key(bigint, text, text, text) IS 'Makes an API key, payg (sk-) or plan (tp-), and shows it this once; only its hash is kept. Errors: LB201, LB204, LB109. Example: SELECT * FROM billing.create_api_key(7, ''prod'').';

CREATE FUNCTION billing.delete_api_key(account_id bigint, key_id bigint) RETURNS boolean
    LANGUAGE c AS 'MODULE_PATHNAME', 'billing_delete_api_key';
COMMENT ON FUNCTION billing.delete_api_key(bigint, bigint) IS 'Deletes a key (R10): it cannot call from now on; usage that started before is charged even if reported later, later usage is rejected. Returns false where it was deleted already. Errors: LB201, LB206.';

CREATE FUNCTION billing.authorize(api_key text) RETURNS billing.key_authorization
    LANGUAGE c STABLE AS 'MODULE_PATHNAME', 'billing_authorize';
COMMENT ON FUNCTION billing.authorize(text) IS 'May this key call? Reads only, in the caller''s snapshot. reason, the first that applies: malformed_key, unknown_key, key_deleted, account_closed, locked_operator, locked_dispute, locked_refund, no_plan, negative_balance, zero_balance; null when allowed. Never raises for a bad key.';
