CREATE FUNCTION billing.set_price(model text, currency text, input numeric, output numeric, cache_read numeric = NULL, cache_write numeric = NULL, prompt_tokens_over bigint = 0, effective_from timestamptz = NULL, variant text = NULL, hours text = NULL, price_list text = NULL, meters text = NULL, unlisted_meters text = NULL, actor text = NULL, reason text = NULL) RETURNS bigint
    LANGUAGE c SET lock_timeout = '3s' AS 'MODULE_PATHNAME', 'billing_set_price';
COMMENT ON FUNCTION billing.set_price(text, text, numeric, numeric, numeric, numeric, bigint, timestamptz, text, text, text, text, text, text, text) IS 'Adds a price per 1,000,000 tokens, 0 to 1,000,000 with at most 9 decimals, for prompts over that many tokens, from an instant on, not before the year 2000 (null: from now on), and returns its price_id. An empty cache price is the input price. variant: of requests sent with that service tier, such as batch; they have no other price (null: the standard one). hours: when in the week it holds, by local clocks, before what always holds (null): days if not all, from and to, a time zone (IANA name), as 16:30-00:30 UTC, or mon-fri 09:00-18:00 Asia/Shanghai; to is not within, and may be on the next day. price_list: for the accounts that are on it (null: the standard one, which also prices what others do not). meters: what units of what requests count beside tokens cost, such as image 0.04, web_search 10/1000 (10 for 1,000): at most 64, prices 0 to 1,000,000 for 1, 60, 1000, 3600, 60000, 1000000 or 3600000 units. A request with a meter that is not listed waits, unless unlisted_meters is free. Moves no money: settle() charges usage that waited for it. Waits up to 3 s for charges in progress. Errors: LB401 back-dated behind a charge, LB402, LB403, LB412.';

CREATE FUNCTION billing.end_prices(model text, currency text, effective_from timestamptz = NULL, variant text = NULL, hours text = NULL, prompt_tokens_over bigint = NULL, price_list text = NULL, actor text = NULL, reason text = NULL) RETURNS bigint
    LANGUAGE c SET lock_timeout = '3s' AS 'MODULE_PATHNAME', 'billing_end_prices';
COMMENT ON FUNCTION billing.end_prices(text, text, timestamptz, text, text, bigint, text, text, text) IS 'Ends prices of a model in a list (null: the standard one), from an instant on (null: from now on): those of a variant (empty: the standard one), of hours (empty: those that always hold), of a tier; null: of any. What is left prices usage from then on, and without any it waits. Prices that begin later are as before. Returns how many it ended. Errors: LB401. Example: SELECT billing.end_prices(''m'', ''CNY'', hours => ''16:30-00:30 UTC'').';

CREATE FUNCTION billing.withdraw_price(price_id bigint, actor text = NULL, reason text = NULL) RETURNS boolean
    LANGUAGE c SET lock_timeout = '3s' AS 'MODULE_PATHNAME', 'billing_withdraw_price';
COMMENT ON FUNCTION billing.withdraw_price(bigint, text, text) IS 'Withdraws a price, or an end of some, that is not in force yet: it is kept, marked, and prices nothing. False where it was before. Errors: LB410, LB411 it is in force, LB401 usage that was stamped ahead of the clock was charged by it.';

CREATE TYPE billing.corrected_price AS (status text, price_id bigint, replayed boolean);
COMMENT ON TYPE billing.corrected_price IS 'What correct_price() did: booked, with the number of the row that stands now; or awaiting_second. replayed: it was done, or asked for, before.';

CREATE FUNCTION billing.correct_price(price_id bigint, input numeric, cache_read numeric, cache_write numeric, output numeric, idempotency_key text, reason text = NULL, actor text = NULL, meters text = NULL, unlisted_meters text = NULL) RETURNS billing.corrected_price
    LANGUAGE c SET lock_timeout = '3s' AS 'MODULE_PATHNAME', 'billing_correct_price';
COMMENT ON FUNCTION billing.correct_price(bigint, numeric, numeric, numeric, numeric, text, text, text, text, text) IS 'Corrects a price that is in force: a row of the same key and effective_from stands in its place for all that is booked from now on (null cache prices: the input price; meters and unlisted_meters as of set_price(), meters null: both as they stand). What was booked keeps its price until begin_rerate(). With policy second_person_above set, a second person carries it out. The key is one of the house''s account in the price''s currency (-1 CNY, -2 USD). Errors: LB410, LB412, LB414 it is withdrawn, an end, or not in force yet, LB401 usage of a closed month. Example: SELECT * FROM billing.correct_price(17, 0.40, 0.0036, NULL, 0.87, ''fix-17'', ''a typing error'').';

CREATE TYPE billing.listed_price AS (price_id bigint, price_list text, currency text, model text, variant text, hours text, prompt_tokens_over bigint, effective_from timestamptz, in_force boolean, is_end boolean, input numeric, output numeric, cache_read numeric, cache_write numeric, meters text, unlisted_meters text);
COMMENT ON TYPE billing.listed_price IS 'A price per 1,000,000 tokens, as set_price() has it. in_force: it prices usage of that instant, where its hours, its list and its tier do; else it begins later. is_end: from effective_from on there is none of that key.';

CREATE FUNCTION billing.list_prices(model text = NULL, at timestamptz = NULL, price_list text = NULL) RETURNS SETOF billing.listed_price
    LANGUAGE c STABLE ROWS 100 AS 'MODULE_PATHNAME', 'billing_list_prices';
COMMENT ON FUNCTION billing.list_prices(text, timestamptz, text) IS 'Prices in force at an instant (null: now), and those that begin later; of a model and of a list, null: of all.';

CREATE FUNCTION billing.price_choice(currency text, model text, price_list text, variant text, prompt_tokens bigint, occurred_at timestamptz, meters jsonb = NULL, booked_at timestamptz = NULL) RETURNS bigint
    LANGUAGE c STABLE AS 'MODULE_PATHNAME', 'billing_price_choice';
COMMENT ON FUNCTION billing.price_choice(text, text, text, text, bigint, timestamptz, jsonb, timestamptz) IS 'The number of the price of a request (R20): charge(), settle(), quote(), re-rating, verify() and what refuses back-dated prices ask the same. booked_at: as prices were corrected by then (null: by now). Null: there is none, or it does not say what one of its meters costs. Example: SELECT billing.price_choice(''CNY'', ''m'', NULL, NULL, 1000, now()).';

CREATE FUNCTION billing.is_price_hours(hours text) RETURNS boolean
    LANGUAGE c STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'billing_is_price_hours';
COMMENT ON FUNCTION billing.is_price_hours(text) IS 'True of hours that set_price() takes, empty ones included: verify() asks it. Example: SELECT billing.is_price_hours(''mon-fri 09:00-18:00 Asia/Shanghai'').';

CREATE FUNCTION billing.are_price_items(meters text) RETURNS boolean
    LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'billing_are_price_items';
COMMENT ON FUNCTION billing.are_price_items(text) IS 'True of prices of meters as set_price() stores them, none included: verify() asks it. Example: SELECT billing.are_price_items(''image 0.04, web_search 10/1000'').';

CREATE FUNCTION billing.are_meters(meters jsonb) RETURNS boolean
    LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'billing_are_meters';
COMMENT ON FUNCTION billing.are_meters(jsonb) IS 'True of what a request can count beside tokens as it is stored, null included: verify() asks it. Example: SELECT billing.are_meters(''{"web_search": 3}'').';

CREATE FUNCTION billing.set_price_list(account_id bigint, price_list text, effective_from timestamptz = NULL, actor text = NULL, reason text = NULL) RETURNS timestamptz
    LANGUAGE c AS 'MODULE_PATHNAME', 'billing_set_price_list';
COMMENT ON FUNCTION billing.set_price_list(bigint, text, timestamptz, text, text) IS 'Puts an account on a price list (null: the standard one) for usage that occurs from an instant on (null: from now on, behind all that is charged), and returns that instant. What the list does not price, the standard one does. Errors: LB201, LB401 a charge would be priced anew, LB408 no price stands in it, LB409. Example: SELECT billing.set_price_list(7, ''vip'', reason => ''contract 12'').';

CREATE TYPE billing.account_price_list AS (price_list text, effective_from timestamptz, set_at timestamptz, actor text, reason text);
COMMENT ON TYPE billing.account_price_list IS 'Since when an account''s usage is priced by a list.';

CREATE FUNCTION billing.price_lists(account_id bigint) RETURNS SETOF billing.account_price_list
    LANGUAGE c STABLE ROWS 5 AS 'MODULE_PATHNAME', 'billing_price_lists';
COMMENT ON FUNCTION billing.price_lists(bigint) IS 'The lists that an account was put on, the latest first; before the first, and without any, it is on the standard one. Errors: LB201.';
