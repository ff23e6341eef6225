CREATE FUNCTION billing.set_price(model text, currency text, input numeric, output numeric, cache_read numeric = NULL, cache_write numeric = NULL, prompt_tokens_over bigint = 0, effective_from timestamptz = NULL) RETURNS bigint
    LANGUAGE c SET lock_timeout = '3s' AS 'MODULE_PATHNAME', 'billing_set_price';
COMMENT ON FUNCTION billing.set_price(text, text, numeric, numeric, numeric, numeric, bigint, timestamptz) IS 'Adds a price per 1,000,000 tokens, 0 to 1,000,000 with at most 9 decimals, for prompts over that many tokens, from an instant on, not before the year 2000 (null: from now on), and returns its price_id. An empty cache price is the input price. Moves no money: settle() charges usage that waited for it. Waits up to 3 s for charges in progress. Errors: LB401 back-dated behind a charge, LB402, LB403.';

CREATE FUNCTION billing.import_prices(data text, currency text, factor numeric = 1, provider text = NULL, effective_from timestamptz = NULL) RETURNS bigint
    LANGUAGE c SET lock_timeout = '3s' AS 'MODULE_PATHNAME', 'billing_import_prices';
COMMENT ON FUNCTION billing.import_prices(text, text, numeric, text, timestamptz) IS 'Adds the prices of a list, CSV with a header or a JSON array of objects, with the fields provider, model, prompt_tokens_over, usd_per_million_input, usd_per_million_output, usd_per_million_cache_read, usd_per_million_cache_write; times factor, rounded half up to 9 decimals. With a provider: its rows under their plain names, else all as provider/model. Returns how many rows are new. Errors: LB405 and those of set_price().';

CREATE FUNCTION billing.quote(account_id bigint, model text, input_tokens bigint, output_tokens bigint, cache_read_tokens bigint = 0, cache_write_tokens bigint = 0, occurred_at timestamptz = NULL) RETURNS SETOF billing.charge_line
    LANGUAGE c STABLE ROWS 6 AS 'MODULE_PATHNAME', 'billing_quote';
COMMENT ON FUNCTION billing.quote(bigint, text, bigint, bigint, bigint, bigint, timestamptz) IS 'What a request would be charged, with the arithmetic: a dry run that stores nothing. Errors: LB404 no price.';

CREATE FUNCTION billing.charge(account_id bigint, key_id bigint, request_id text, model text, input_tokens bigint, output_tokens bigint, cache_read_tokens bigint = 0, cache_write_tokens bigint = 0, occurred_at timestamptz = NULL) RETURNS billing.charge_result
    LANGUAGE c AS 'MODULE_PATHNAME', 'billing_charge';
COMMENT ON FUNCTION billing.charge(bigint, bigint, text, text, bigint, bigint, bigint, bigint, timestamptz) IS 'Records a request and debits its charge now, exactly once per (account_id, request_id) within policy dedupe_window. Tokens: 0 to 200,000,000 per class, disjoint; occurred_at: start of the call (null: now). Never fails for lack of money. Errors: LB201, LB206, LB301 to LB304. Example: SELECT * FROM billing.charge(7, 1, ''req-1'', ''mimo-v2.5-pro'', 1434, 153, 700).';

CREATE FUNCTION billing.meter(account_id bigint, key_id bigint, request_id text, model text, input_tokens bigint, output_tokens bigint, cache_read_tokens bigint = 0, cache_write_tokens bigint = 0, occurred_at timestamptz = NULL) RETURNS text
    LANGUAGE c AS 'MODULE_PATHNAME', 'billing_meter';
COMMENT ON FUNCTION billing.meter(bigint, bigint, text, text, bigint, bigint, bigint, bigint, timestamptz) IS 'Appends a request to usage_inbox without waiting for the account and answers ''accepted''; the settler debits it within a second, by the same rules as charge() and once with it. Arguments and bounds as of charge(); what only the account can tell (unknown key, too old, another payload) is found out when it is settled, and set aside.';

CREATE FUNCTION billing.settle(max_events bigint = NULL) RETURNS bigint
    LANGUAGE c AS 'MODULE_PATHNAME', 'billing_settle';
COMMENT ON FUNCTION billing.settle(bigint) IS 'Settles metered usage: takes rows out of usage_inbox and charges them, then charges usage that waited for a price and has one now. Returns how many rows, duplicates and those set aside included, at most max_events (1 to 10,000; null: 10,000). Accounts that somebody holds, and events that the account cannot owe (arrears_limit), are left for a later call; where it could settle nothing else, it waits for one account, 3 s at the most.';

CREATE FUNCTION billing.explain_charge(account_id bigint, request_id text, occurred_at timestamptz = NULL) RETURNS SETOF billing.charge_line
    LANGUAGE c STABLE ROWS 10 AS 'MODULE_PATHNAME', 'billing_explain_charge';
COMMENT ON FUNCTION billing.explain_charge(bigint, text, timestamptz) IS 'Price row, tokens x price line by line, the sum, the lots that paid and the orders they came from, and what was given back since. The newest request of that id, or the one of that occurred_at. Errors: LB305.';

CREATE FUNCTION billing.reverse_charge(account_id bigint, request_id text, idempotency_key text, reason text = NULL, actor text = NULL, occurred_at timestamptz = NULL) RETURNS billing.booking
    LANGUAGE c AS 'MODULE_PATHNAME', 'billing_reverse_charge';
COMMENT ON FUNCTION billing.reverse_charge(bigint, text, text, text, text, timestamptz) IS 'Undoes a charge (R23): what is owed of it is lowered, what lots paid goes back to them, expired bonus expires again; a share that was written off is not given back. Errors: LB305, LB306, LB307.';

CREATE FUNCTION billing.usage_report(account_id bigint, "from" timestamptz = NULL, "to" timestamptz = NULL, group_by text[] = '{day}', time_zone text = NULL, by text = 'recorded_at') RETURNS SETOF billing.usage_line
    LANGUAGE c STABLE AS 'MODULE_PATHNAME', 'billing_usage_report';
COMMENT ON FUNCTION billing.usage_report(bigint, timestamptz, timestamptz, text[], text, text) IS 'Usage in [from, to) (null: from the beginning, to the end), grouped by any of key, model and one of day and hour ({}: one line), whose edges are those of time_zone (null: the account''s). by recorded_at: a charge counts when it was booked, so that the sums equal the ledger; by occurred_at: when the call started. Deleted keys are there with their names. Closed months are known by the account''s days, by recorded_at. Errors: LB201, LB105, LB108, LB308. Example: SELECT * FROM billing.usage_report(7, ''2026-11-01 Asia/Shanghai'', ''2026-12-01 Asia/Shanghai'', ''{day,model}'').';

CREATE FUNCTION billing.make_partitions() RETURNS int
    LANGUAGE c SET lock_timeout = '500ms' AS 'MODULE_PATHNAME', 'billing_make_partitions';
COMMENT ON FUNCTION billing.make_partitions() IS 'Makes the partitions of usage of this month (UTC) and the next three; returns how many are new. Waits half a second at the most for whoever uses usage_event (55P03: try again). Warns where usage_event_default has usage of such a month: it stays there.';

CREATE FUNCTION billing.close_partitions() RETURNS int
    LANGUAGE c SET lock_timeout = '500ms' AS 'MODULE_PATHNAME', 'billing_close_partitions';
COMMENT ON FUNCTION billing.close_partitions() IS 'Closes months of usage that are older than policy usage_retention (unset: none), oldest first: sums them up into usage_day and detaches their partition, whose table stays in the schema. Months with unpriced usage, and months after them, wait. Returns how many. Requests of closed months can be neither explained nor undone. Waits half a second at the most for whoever uses usage_event (55P03: try again).';
