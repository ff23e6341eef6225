CREATE FUNCTION billing.sum_meters_add(sums internal, meters jsonb) RETURNS internal
    LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'billing_sum_meters_add';
COMMENT ON FUNCTION billing.sum_meters_add(internal, jsonb) IS 'What sum_meters() does with each row.';

CREATE FUNCTION billing.sum_meters_end(sums internal) RETURNS jsonb
    LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'billing_sum_meters_end';
COMMENT ON FUNCTION billing.sum_meters_end(internal) IS 'What sum_meters() does after all rows.';

CREATE AGGREGATE billing.sum_meters(meters jsonb) (SFUNC = billing.sum_meters_add, STYPE = internal, FINALFUNC = billing.sum_meters_end, PARALLEL = SAFE);
COMMENT ON AGGREGATE billing.sum_meters(jsonb) IS 'Sums of meters, by name; null where there are none. Errors: LB313. Example: SELECT billing.sum_meters(meters) FROM billing_books.usage_event WHERE account_id = 7.';

CREATE TYPE billing.usage_line AS (
    period timestamptz, key_id bigint, key_name text, model text, variant text, requests bigint, rejected bigint, unpriced bigint,
    input_tokens bigint, output_tokens bigint, cache_read_tokens bigint, cache_write_tokens bigint,
    charge numeric, given_back numeric, project text, tag text, meters jsonb);
COMMENT ON TYPE billing.usage_line IS 'A line of usage_report(): period is the first instant of the day or hour; what it is not grouped by is null. key_name: what the key is called now; project: what it was in when the usage was recorded. requests: charged or free, whose tokens are summed up; rejected and unpriced ones are counted beside. charge (what re-rating charged besides included) less given_back (by reverse_charge, or re-rating) is the revenue from usage. tag: the value of the tag that it is grouped by; meters: sums of what was counted beside tokens, null where nothing was.';

CREATE FUNCTION billing.usage_report(account_id bigint, "from" timestamptz = NULL, "to" timestamptz = NULL, group_by text[] = '{day}', time_zone text = NULL, by text = 'recorded_at') RETURNS SETOF billing.usage_line
    LANGUAGE c STABLE AS 'MODULE_PATHNAME', 'billing_usage_report';
COMMENT ON FUNCTION billing.usage_report(bigint, timestamptz, timestamptz, text[], text, text) IS 'Usage in [from, to) (null: from the beginning, to the end), grouped by any of key, model, variant (empty: the standard one), project (empty: none), one tag as tag:NAME (by its value; null of usage without it) and one of day and hour ({}: one line), whose edges are those of time_zone (null: the account''s). by recorded_at: a charge counts when it was booked, so that the sums equal the ledger; by occurred_at: when the call started. Deleted keys are there with their names. Closed months are known by the account''s days, by recorded_at, without tags. Errors: LB201, LB105, LB108, LB308. Example: SELECT * FROM billing.usage_report(7, ''2026-11-01 Asia/Shanghai'', ''2026-12-01 Asia/Shanghai'', ''{day,model}'').';

CREATE FUNCTION billing.sum_usage() RETURNS bigint
    LANGUAGE c AS 'MODULE_PATHNAME', 'billing_sum_usage';
COMMENT ON FUNCTION billing.sum_usage() IS 'Sums up usage by the quarter of an hour, of accounts with some 10,000 requests a month or more, so that usage_report() reads sums and not requests: an account''s next day, and up to 100 such stretches a call, 10 of one account. Holds no account; charges write nothing for it. Returns how many stretches: call it again while it returns more than 0.';

CREATE FUNCTION billing.rebuild_usage_sums(account_id bigint) RETURNS bigint
    LANGUAGE c AS 'MODULE_PATHNAME', 'billing_rebuild_usage_sums';
COMMENT ON FUNCTION billing.rebuild_usage_sums(bigint) IS 'Makes an account''s sums of usage anew, or for the first time, from its requests, up to 100 days of them; sum_usage() goes on. Returns how many stretches. Errors: LB201. Example: SELECT billing.rebuild_usage_sums(7).';

CREATE FUNCTION billing.known_time_zone(time_zone text) RETURNS text
    LANGUAGE c STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'billing_known_time_zone';
COMMENT ON FUNCTION billing.known_time_zone(text) IS 'The time zone of that name, or UTC where the server has none: what reports and days go by, also where its time zones changed. Example: SELECT billing.known_time_zone(''Asia/Shanghai'').';

CREATE FUNCTION billing.day_start(day date, time_zone text) RETURNS timestamptz
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN (day::timestamp AT TIME ZONE time_zone)
        - greatest((((day::timestamp AT TIME ZONE time_zone) - interval '1 us') AT TIME ZONE time_zone) - day::timestamp + interval '1 us', interval '0');
COMMENT ON FUNCTION billing.day_start(date, text) IS 'The first instant of a local date: where midnight comes twice the first one, where it does not come at all the first that does. Days of usage_report() begin there. Example: SELECT * FROM billing.usage_report(7, billing.day_start(''2026-11-01'', ''Asia/Shanghai''), billing.day_start(''2026-12-01'', ''Asia/Shanghai'')).';
