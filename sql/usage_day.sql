-- Days begin at the first instant of the local date, whatever the clocks of the place do; reports and the days of closed months agree;
-- a customer who moves keeps the days that were. In a database of its own: closing is for good.
SELECT current_database() AS old_database \gset
CREATE DATABASE regress_billing_usage_day;
\c regress_billing_usage_day
SET TimeZone = 'UTC';
CREATE EXTENSION billing;
-- Midnight that comes twice: the first of them. One that does not come: what comes instead. A day that does not come: the next one.
SELECT zone, day, billing.day_start(day, zone) AS day_start, billing.day_start(day + 1, zone) - billing.day_start(day, zone) AS length FROM (VALUES
    ('Atlantic/Azores', date '2025-10-26'), ('America/Havana', '2025-11-02'), ('Africa/Cairo', '2025-04-25'), ('Asia/Beirut', '2025-03-30'), ('Africa/Cairo', '2025-10-30'), ('Asia/Shanghai', '2025-11-01'),
    ('Europe/Berlin', '2025-10-26'), ('Australia/Lord_Howe', '2025-04-06'), ('Pacific/Apia', '2011-12-29'), ('Pacific/Apia', '2011-12-30')) AS z (zone, day);
SELECT billing.day_start(NULL, 'UTC') AS no_day, billing.day_start('2025-01-01', NULL) AS no_zone;
-- In every zone, each day of three years begins with its date, just behind the date before.
SELECT count(*) > 400000 AS days, count(*) FILTER (WHERE (s.start AT TIME ZONE z.name)::date <> d.day OR ((s.start - interval '1 us') AT TIME ZONE z.name)::date <> d.day - 1) AS wrong
FROM pg_timezone_names AS z, (SELECT date '2024-01-01' + n AS day FROM generate_series(0, 1095) AS n) AS d, LATERAL (SELECT billing.day_start(d.day, z.name) AS start) AS s
WHERE z.name !~ '^posix';

CREATE FUNCTION pg_temp.travel(at timestamptz) RETURNS void LANGUAGE sql AS $$
    SELECT set_config('billing.clock_offset', ceil(extract(epoch FROM at - clock_timestamp()))::bigint || 's', false)
$$;
SELECT pg_temp.travel('2025-03-01 00:00+00');
SELECT billing.install();
SELECT billing.create_account(account_id, 'global', time_zone => zone), billing.create_api_key(account_id, 'key') IS NOT NULL AS key
FROM (VALUES (1, 'Asia/Beirut'), (2, 'Africa/Cairo'), (3, 'Atlantic/Azores'), (4, 'America/Havana'), (5, 'Asia/Shanghai')) AS a (account_id, zone);
SELECT billing.set_price('m', 'USD', 1000000, 0, effective_from => '2025-01-01 00:00+00', unlisted_meters => 'free') IS NOT NULL AS set;
-- A call half a minute before and behind each edge, and within the hour that comes twice; the charges are powers of 2, so that a sum tells its parts.
CREATE FUNCTION pg_temp.use(account_id bigint, at timestamptz, tokens int) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_temp.travel(at), billing.make_partitions();
    RETURN (billing.charge(account_id, 1, account_id || ' ' || tokens, 'm', tokens, 0, meters => CASE WHEN account_id > 3 THEN json_build_object('image', tokens) END)).status;
END $$;
CREATE TEMP TABLE call (account_id bigint, at timestamptz, tokens int);
INSERT INTO call SELECT account_id, at, 1 << (row_number() OVER (PARTITION BY account_id ORDER BY at))::int - 1 FROM (VALUES
    (1, timestamptz '2025-03-29 21:59:30+00'), (1, '2025-03-29 22:00:30+00'), (1, '2025-03-30 20:59:30+00'), (1, '2025-03-30 21:00:30+00'),
    (2, '2025-04-24 21:59:30+00'), (2, '2025-04-24 22:00:30+00'), (2, '2025-04-25 20:59:30+00'), (2, '2025-04-25 21:00:30+00'),
    (3, '2025-10-25 23:59:30+00'), (3, '2025-10-26 00:00:30+00'), (3, '2025-10-26 00:59:30+00'), (3, '2025-10-26 01:00:30+00'), (3, '2025-10-27 00:59:30+00'), (3, '2025-10-27 01:00:30+00'),
    (4, '2025-11-02 03:59:30+00'), (4, '2025-11-02 04:00:30+00'), (4, '2025-11-02 04:59:30+00'), (4, '2025-11-02 05:00:30+00'), (4, '2025-11-03 04:59:30+00'), (4, '2025-11-03 05:00:30+00'),
    (5, '2025-10-31 15:00+00'), (5, '2025-10-31 18:00+00'), (5, '2025-11-01 10:00+00'), (5, '2025-11-01 20:00+00'), (5, '2025-11-02 05:00+00')) AS c (account_id, at);
DO $$
DECLARE c record;
BEGIN
    FOR c IN SELECT * FROM call ORDER BY at LOOP
        PERFORM pg_temp.use(c.account_id, c.at, c.tokens);
    END LOOP;
END $$;
CREATE VIEW pg_temp.report AS SELECT a.account_id, r.period, r.charge::int AS charge, r.meters FROM generate_series(1, 5) AS a (account_id), billing.usage_report(a.account_id) AS r;
CREATE TABLE before AS SELECT * FROM pg_temp.report;
SELECT * FROM before WHERE account_id < 5 ORDER BY 1, 2;
SELECT * FROM billing.usage_report(4, '2025-11-02 00:00+00', '2025-11-03 00:00+00', '{day}', by => 'occurred_at');
-- A key that changes name and project within a day: each project has its row, the name is one of both.
SELECT pg_temp.use(4, '2025-11-20 15:00+00', 64) AS none, billing.update_api_key(4, 1, project => 'a') AS into_a, pg_temp.use(4, '2025-11-20 15:01+00', 128) AS a,
       billing.update_api_key(4, 1, 'renamed', 'b') AS into_b, pg_temp.use(4, '2025-11-20 15:02+00', 256) AS b, pg_temp.use(4, '2025-11-20 15:03+00', 512) AS b_again;
CREATE VIEW pg_temp.projects AS SELECT key_name, project, requests, charge::int AS charge FROM billing.usage_report(4, '2025-11-20 00:00 America/Havana', '2025-11-21 00:00 America/Havana', '{key,project}');
SELECT * FROM pg_temp.projects;

-- Closed up to October; customer 5 moves; then November is closed, too. The day that was begun is ended as it was begun.
SELECT billing.set_policy('usage_retention', '60 days');
SELECT pg_temp.travel('2025-12-31 00:00+00');
SELECT billing.close_partitions() > 0 AS closed;
SELECT * FROM billing.verify();
SELECT 'old' AS report, * FROM before EXCEPT SELECT 'old', * FROM pg_temp.report;
UPDATE billing_books.account_profile SET time_zone = 'America/New_York' WHERE account_id = 5;
SELECT pg_temp.travel('2026-03-01 00:00+00');
-- A time zone that the server has no more, or meters that somebody damaged, keep no month open: such days are of UTC, and reports go on. verify() tells of it.
BEGIN;
UPDATE billing_books.account_profile SET time_zone = 'US/Pacific-New' WHERE account_id = 4;
SELECT count(*) > 0 AS report FROM billing.usage_report(4, '2025-11-15 00:00+00');
SELECT billing.statement_csv(4, '2025-11-01 00:00+00', '2025-12-01 00:00+00') LIKE '%+00:00%' AS csv;
SELECT billing.set_seller('global', 'Day Ltd', 'API credit', 0, address => '1 Example Street', series => 'DAY') > 0 AS set;
SELECT statement_no > 0 AS asked FROM billing.request_statement(4, '2025-11-01 00:00+00', '2025-12-01 00:00+00', 'unknown zone');
SET LOCAL billing.allow_history_change = on;
UPDATE billing_books.usage_event SET meters = '[]' WHERE account_id = 4;
SELECT DISTINCT check_name, account_id FROM billing.verify() ORDER BY 1;
SELECT billing.close_partitions() > 0 AS closed;
SELECT time_zone, min(month) > '2025-10-01' AS closed_now FROM billing_books.usage_day WHERE account_id = 4 GROUP BY time_zone ORDER BY 1;
ROLLBACK;
SELECT billing.close_partitions() > 0 AS closed;
SELECT * FROM billing.verify();
SELECT * FROM before WHERE account_id < 5 EXCEPT SELECT * FROM pg_temp.report WHERE account_id < 5;
SELECT * FROM pg_temp.projects;
SELECT key_name, project, model, requests, charge::int FROM billing_books.usage_day WHERE account_id = 4 AND day_starts_at = '2025-11-20 00:00 America/Havana' ORDER BY project;
SELECT month, day_starts_at, day_ends_at, time_zone, charge::int, meters FROM billing_books.usage_day WHERE account_id = 5 ORDER BY day_starts_at, month;
-- Each zone for its days; another's are refused, as are parts of days; without days all can be told.
CREATE FUNCTION pg_temp.attempt(arguments text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE result text;
BEGIN
    EXECUTE 'SELECT string_agg(concat_ws('' '', period, charge::int), '', '' ORDER BY period) FROM billing.usage_report(5, ' || arguments || ')' INTO result;
    RETURN result;
EXCEPTION WHEN SQLSTATE 'LB308' THEN
    RETURN sqlstate || ' ' || sqlerrm;
END $$;
SELECT arguments, pg_temp.attempt(arguments) AS report FROM (VALUES
    ('time_zone => ''Asia/Shanghai'''), ('time_zone => ''America/New_York'''), ('"to" => ''2025-11-01 16:00+00'', time_zone => ''Asia/Shanghai'''), ('''2025-11-01 16:00+00'''),
    ('''2025-11-01 16:00+00'', time_zone => ''Asia/Shanghai'''), ('''2025-11-01 00:00+00'''), ('group_by => ''{}'''), ('group_by => ''{hour}'''), ('group_by => ''{tag:feature}''')) AS c (arguments);
SELECT charge::int AS all_in_all FROM billing.usage_report(5, group_by => '{}');

\c :old_database
DROP DATABASE regress_billing_usage_day;
