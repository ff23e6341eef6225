CREATE FUNCTION billing.create_plan(name text, region text, price numeric, quota numeric, months bigint = NULL, days bigint = NULL, monthly_quota boolean = false, window_hours bigint = NULL, window_quota numeric = NULL, actor text = NULL, reason text = NULL) RETURNS int
    LANGUAGE c AS 'MODULE_PATHNAME', 'billing_create_plan';
COMMENT ON FUNCTION billing.create_plan(text, text, numeric, numeric, bigint, bigint, boolean, bigint, numeric, text, text) IS 'Makes a Token Plan, or a new version of one, and returns the version (R3). region: cn (CNY) or global (USD); price: of a period, whole 0.01; quota: credits of a period, up to 4,000,000,000, with monthly_quota of each month of it; a period has months (1 to 36) or days (1 to 1,100), neither: a quota pack, drawn beside a running period and as long as that; window_hours, window_quota: no more credits than that in windows of that length, counted from the period''s begin. The same terms again make no new version; who bought one keeps it. Errors: LB540. Example: SELECT billing.create_plan(''lite'', ''cn'', 39, 60000000, months => 1).';

CREATE FUNCTION billing.retire_plan(name text, actor text = NULL, reason text = NULL) RETURNS boolean
    LANGUAGE c AS 'MODULE_PATHNAME', 'billing_retire_plan';
COMMENT ON FUNCTION billing.retire_plan(text, text, text) IS 'Nobody can buy the plan any more; what was bought goes on, and open orders can be paid. create_plan() brings it back as a new version. False where there is none, or it is retired.';

CREATE TYPE billing.plan AS (plan text, version int, region text, price numeric, quota numeric, months int, days int, monthly_quota boolean, window_hours int, window_quota numeric, created_at timestamptz, retired_at timestamptz);
COMMENT ON TYPE billing.plan IS 'The newest version of a Token Plan; without months and days: a quota pack. quota and window_quota in credits.';

CREATE FUNCTION billing.plans() RETURNS SETOF billing.plan
    STABLE LANGUAGE c ROWS 10 AS 'MODULE_PATHNAME', 'billing_plans';
COMMENT ON FUNCTION billing.plans() IS 'The Token Plans and quota packs, retired ones among them, in their newest versions.';

CREATE FUNCTION billing.set_plan_weight(plan text, model text, input numeric, output numeric, cache_read numeric = NULL, cache_write numeric = NULL, prompt_tokens_over bigint = 0, effective_from timestamptz = NULL, variant text = NULL, meters text = NULL, unlisted_meters text = NULL) RETURNS bigint
    LANGUAGE c SET lock_timeout = '3s' AS 'MODULE_PATHNAME', 'billing_set_plan_weight';
COMMENT ON FUNCTION billing.set_plan_weight(text, text, numeric, numeric, numeric, numeric, bigint, timestamptz, text, text, text) IS 'Says what a model costs on a plan, in credits per 1,000,000 tokens of each class, 0 to 100,000,000; the cache classes cost as input where they are null. meters and unlisted_meters: in credits, as of set_price(). Chosen by variant, tier and the call''s start, as prices are; effective_from null: from now on, else not before what was counted already. A model without a weight is unpriced: neither free nor paid by cash; what waits is counted by settle() once it has one. Errors: LB406, LB407, LB540. Example: SELECT billing.set_plan_weight(''lite'', ''mimo-v2-flash'', 1000000, 1000000).';

CREATE TYPE billing.plan_weight AS (plan text, model text, prompt_tokens_over bigint, effective_from timestamptz, input numeric, output numeric, cache_read numeric, cache_write numeric, variant text, meters text, unlisted_meters text);
COMMENT ON TYPE billing.plan_weight IS 'What a model costs on a plan from an instant on, in credits per 1,000,000 tokens.';

CREATE FUNCTION billing.plan_weights() RETURNS SETOF billing.plan_weight
    STABLE LANGUAGE c ROWS 100 AS 'MODULE_PATHNAME', 'billing_plan_weights';
COMMENT ON FUNCTION billing.plan_weights() IS 'All weights, those that newer ones have followed among them.';
