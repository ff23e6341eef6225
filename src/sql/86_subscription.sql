CREATE TYPE billing.subscription AS (subscription_no bigint, plan text, version int, state text, pack_of bigint, price numeric, starts_at timestamptz, ends_at timestamptz, quota numeric, used numeric, quota_left numeric, quota_ends_at timestamptz, window_quota numeric, window_left numeric, window_ends_at timestamptz, order_id bigint);
COMMENT ON TYPE billing.subscription IS 'A period of a Token Plan, or (pack_of) a quota pack beside one, as it is now. state: queued (starts_at null: it begins when the lock of a refund ends), active, exhausted, ended or revoked (its payment was taken back). quota, used and quota_left: credits of the running period, or of its month, until quota_ends_at; used may be more, by the request that crossed the end; window_left: of window_quota, until window_ends_at (null: nothing was drawn in it yet).';

CREATE FUNCTION billing.plan_status(account_id bigint) RETURNS SETOF billing.subscription
    STABLE LANGUAGE c ROWS 5 AS 'MODULE_PATHNAME', 'billing_plan_status';
COMMENT ON FUNCTION billing.plan_status(bigint) IS 'An account''s Token Plans and quota packs, the newest first: their bounds, and what is left. plan_usage() says what used one up. Errors: LB201.';

CREATE TYPE billing.plan_usage AS (day timestamptz, key_id bigint, key_name text, model text, requests bigint, input_tokens bigint, output_tokens bigint, cache_read_tokens bigint, cache_write_tokens bigint, credits numeric);
COMMENT ON TYPE billing.plan_usage IS 'What one key used of one model on one day, which begins at day in the account''s time zone.';

CREATE FUNCTION billing.plan_usage(account_id bigint, subscription_no bigint) RETURNS SETOF billing.plan_usage
    STABLE LANGUAGE c ROWS 100 AS 'MODULE_PATHNAME', 'billing_plan_usage';
COMMENT ON FUNCTION billing.plan_usage(bigint, bigint) IS 'What used a subscription up, by day, key and model; of months that close_partitions() has closed nothing is known any more. Errors: LB541.';

CREATE FUNCTION billing.give_back_quota(account_id bigint, subscription_no bigint, credits numeric, idempotency_key text, reason text, actor text = NULL) RETURNS billing.booking
    LANGUAGE c AS 'MODULE_PATHNAME', 'billing_give_back_quota';
COMMENT ON FUNCTION billing.give_back_quota(bigint, bigint, numeric, text, text, text) IS 'Gives credits on top of the quota that a subscription has now, as a compensation; moves no money. reason is required; by two where the credits are worth more than policy second_person_above. id is the subscription_no. Errors: LB541, LB542.';

CREATE FUNCTION billing.reset_quota_window(account_id bigint, subscription_no bigint, idempotency_key text, reason text, actor text = NULL) RETURNS billing.booking
    LANGUAGE c AS 'MODULE_PATHNAME', 'billing_reset_quota_window';
COMMENT ON FUNCTION billing.reset_quota_window(bigint, bigint, text, text, text) IS 'Gives a subscription the whole of its present window again, as a compensation. reason is required; by two where that is worth more than policy second_person_above. id is the subscription_no. Errors: LB541, LB542 (nothing was drawn in it).';

CREATE FUNCTION billing.extend_subscription(account_id bigint, subscription_no bigint, days bigint, idempotency_key text, reason text, actor text = NULL) RETURNS billing.booking
    LANGUAGE c AS 'MODULE_PATHNAME', 'billing_extend_subscription';
COMMENT ON FUNCTION billing.extend_subscription(bigint, bigint, bigint, text, text, text) IS 'Lets a period end later by 1 to 366 days, as for days that a lock took; what waits behind it moves. reason is required, always by two. id is the subscription_no. Errors: LB541, LB542.';

CREATE FUNCTION billing.earn_plans() RETURNS bigint
    LANGUAGE c AS 'MODULE_PATHNAME', 'billing_earn_plans';
COMMENT ON FUNCTION billing.earn_plans() IS 'Books what Token Plans have earned: of each month, and each period, that is over; and tells customers whose last period has ended (plan_ended). Accounts that are held wait for the next time; 1,000 at a call. Returns how many accounts. schedule_jobs() has it called each minute.';
