CREATE FUNCTION billing.create_account(account_id bigint, region text, email text = NULL, mobile text = NULL, time_zone text = NULL, external_ref text = NULL) RETURNS bigint
    LANGUAGE c AS 'MODULE_PATHNAME', 'billing_create_account';
COMMENT ON FUNCTION billing.create_account(bigint, text, text, text, text, text) IS 'Makes an account and returns its id. account_id: 1 to 2^62, or null to have one made. region: cn (CNY) or global (USD), for life. email: local@domain in ASCII, nothing quoted, no two dots together (a domain of other letters in its xn-- form). mobile: 5 to 15 digits, + in front. time_zone: IANA name; null: Asia/Shanghai for cn, else UTC. The same id or external_ref with the same arguments returns that account; with others LB202. Ids are those of set_account_range() (LB209; LB211 where all are taken).';

CREATE FUNCTION billing.find_account(external_ref text) RETURNS bigint
    LANGUAGE c STABLE AS 'MODULE_PATHNAME', 'billing_find_account';
COMMENT ON FUNCTION billing.find_account(text) IS 'The account of an external_ref; null where these books have none. Example: SELECT billing.find_account(''customer 7'').';

CREATE FUNCTION billing.lock_account(account_id bigint, lock text = 'operator', actor text = NULL, reason text = NULL) RETURNS boolean
    LANGUAGE c AS 'MODULE_PATHNAME', 'billing_lock_account';
COMMENT ON FUNCTION billing.lock_account(bigint, text, text, text) IS 'Sets a lock, operator or dispute: no calls, no top-ups; usage stamped from now on is rejected. Returns false where it was set already. Errors: LB201, LB207.';

CREATE FUNCTION billing.unlock_account(account_id bigint, lock text = 'operator', actor text = NULL, reason text = NULL) RETURNS boolean
    LANGUAGE c AS 'MODULE_PATHNAME', 'billing_unlock_account';
COMMENT ON FUNCTION billing.unlock_account(bigint, text, text, text) IS 'Lifts a lock, operator or dispute; other locks stay. Returns false where it was not set. Errors: LB201, LB207.';

CREATE FUNCTION billing.close_account(account_id bigint, idempotency_key text, actor text = NULL, reason text = NULL) RETURNS billing.booking
    LANGUAGE c AS 'MODULE_PATHNAME', 'billing_close_account';
COMMENT ON FUNCTION billing.close_account(bigint, text, text, text) IS 'Closes the account for good; bonus and cash below 0.01 go to breakage. Only without locks, arrears, refundable cash and unsettled usage: else LB205. History stays.';
