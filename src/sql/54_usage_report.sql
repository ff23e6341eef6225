CREATE TYPE billing.usage_line AS (
    period timestamptz, key_id bigint, key_name text, model text, requests bigint, rejected bigint, unpriced bigint,
    input_tokens bigint, output_tokens bigint, cache_read_tokens bigint, cache_write_tokens bigint,
    charge numeric, given_back numeric);
COMMENT ON TYPE billing.usage_line IS 'A line of usage_report(): period is the first instant of the day or hour; what it is not grouped by is null. requests: charged or free, whose tokens are summed up; rejected and unpriced ones are counted beside. charge less given_back (by reverse_charge) is the revenue from usage.';

CREATE FUNCTION billing.usage_report(account_id bigint, "from" timestamptz = NULL, "to" timestamptz = NULL, group_by text[] = '{day}', time_zone text = NULL, by text = 'recorded_at') RETURNS SETOF billing.usage_line
    LANGUAGE c STABLE AS 'MODULE_PATHNAME', 'billing_usage_report';
COMMENT ON FUNCTION billing.usage_report(bigint, timestamptz, timestamptz, text[], text, text) IS 'Usage in [from, to) (null: from the beginning, to the end), grouped by any of key, model and one of day and hour ({}: one line), whose edges are those of time_zone (null: the account''s). by recorded_at: a charge counts when it was booked, so that the sums equal the ledger; by occurred_at: when the call started. Deleted keys are there with their names. Closed months are known by the account''s days, by recorded_at. Errors: LB201, LB105, LB108, LB308. Example: SELECT * FROM billing.usage_report(7, ''2026-11-01 Asia/Shanghai'', ''2026-12-01 Asia/Shanghai'', ''{day,model}'').';
