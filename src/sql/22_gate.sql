CREATE TYPE billing.account_balance AS (
    currency text, cash numeric, bonus numeric, arrears numeric, balance numeric, balance_shown numeric,
    total_topup numeric, total_refunded numeric, callable boolean, reason text);
COMMENT ON TYPE billing.account_balance IS 'Result of balance(): exact amounts; balance = cash + bonus - arrears; balance_shown is rounded down to 0.01.';

CREATE TYPE billing.key_authorization AS (
    allowed boolean, reason text, account_id bigint, key_id bigint, balance numeric, shortfall numeric, retryable boolean, resets_at timestamptz);
COMMENT ON TYPE billing.key_authorization IS 'Result of authorize(): shortfall is the least top-up after which the key may call; retryable: paying, time or an operator can open the gate for this key; resets_at: when a plan that is used up, or has not begun, gives quota by itself, null: never, or it is not known.';

CREATE FUNCTION billing.balance(account_id bigint) RETURNS billing.account_balance
    LANGUAGE c STABLE AS 'MODULE_PATHNAME', 'billing_balance';
COMMENT ON FUNCTION billing.balance(bigint) IS 'What the account holds now, without expired bonus; total_topup is gross (R2); callable and reason as authorize() would say for a pay-as-you-go key. Errors: LB201. Example: SELECT * FROM billing.balance(7).';

CREATE FUNCTION billing.authorize(api_key text, model text = NULL) RETURNS billing.key_authorization
    LANGUAGE c STABLE AS 'MODULE_PATHNAME', 'billing_authorize';
COMMENT ON FUNCTION billing.authorize(text, text) IS 'May this key call, and that model (null: it is not asked)? Reads only, in the caller''s snapshot. reason, the first that applies: malformed_key, unknown_key, key_deleted, key_expired, account_closed, locked_operator, locked_dispute, locked_refund, no_plan, plan_not_started, plan_ended, plan_revoked, plan_exhausted, negative_balance, zero_balance, model_not_allowed; null when allowed. Never raises for a bad key. Example: SELECT * FROM billing.authorize(''sk-...'', ''mimo-v2.5-pro'').';

CREATE FUNCTION billing.authorize(account_id bigint, key_id bigint, model text = NULL) RETURNS billing.key_authorization
    LANGUAGE c STABLE AS 'MODULE_PATHNAME', 'billing_authorize_key';
COMMENT ON FUNCTION billing.authorize(bigint, bigint, text) IS 'The same of a key whose secret the caller has checked himself; null is no key (malformed_key). Parameters without a type would be taken for texts: give them one. Example: SELECT * FROM billing.authorize(7::bigint, 1::bigint).';
