-- Sums of usage are made behind, hold nobody, and change no report: whole quarters of an hour are read from them, what is before and behind from requests.
-- In a database of its own, since the clock runs ahead.
SELECT current_database() AS old_database \gset
CREATE DATABASE regress_billing_usage_sum;
\c regress_billing_usage_sum
SET TimeZone = 'UTC';
CREATE EXTENSION billing;
CREATE FUNCTION pg_temp.travel(at timestamptz) RETURNS void LANGUAGE sql AS $$
    SELECT set_config('billing.clock_offset', ceil(extract(epoch FROM at - clock_timestamp()))::bigint || 's', false)
$$;
SELECT pg_temp.travel('2025-05-30 00:00+00');
SELECT billing.install();
SELECT billing.create_account(1, 'cn', time_zone => 'Asia/Kathmandu'), billing.create_account(2, 'cn'), billing.create_account(3, 'cn');
SELECT count(billing.create_api_key(a, k)) AS keys FROM generate_series(1, 3) AS a, unnest(ARRAY['one', 'two']) AS k;
SELECT billing.set_price('a', 'CNY', 1, 2, effective_from => '2025-01-01 00:00+00', unlisted_meters => 'free') IS NOT NULL AS a,
       billing.set_price('b', 'CNY', 3, 4, effective_from => '2025-01-01 00:00+00', variant => 'batch') IS NOT NULL AS b;

-- Two and a half days of account 1, over the end of a month: charges, some on the edges of quarters; a key that is deleted; usage that waits for its price.
DO $$
DECLARE
    n int;
BEGIN
    FOR n IN 0 .. 239 LOOP
        PERFORM pg_temp.travel(timestamptz '2025-05-30 12:00+00' + n * interval '15 min' + (n % 4) * interval '5 min');
        IF n % 40 = 0 THEN PERFORM billing.make_partitions(); END IF;
        IF n = 100 THEN PERFORM billing.delete_api_key(1, 2); END IF;
        PERFORM billing.charge(1, 1 + n % 2, 'r' || n, CASE n % 5 WHEN 0 THEN 'b' WHEN 1 THEN 'late' ELSE 'a' END, n * 1000, n, n, n, variant => CASE n % 5 WHEN 0 THEN 'batch' END,
                               meters => CASE n % 3 WHEN 0 THEN json_build_object('image', n) END, tags => CASE n % 7 WHEN 0 THEN '{"feature": "x"}'::json END);
    END LOOP;
END $$;
SELECT count(billing.charge(2, 1, 's' || n, 'a', 1000, 0)) AS few FROM generate_series(1, 13) AS n;
SELECT count(billing.charge(3, 1, 's' || n, 'a', 1000, 0)) AS many FROM generate_series(1, 14) AS n;
-- All reports of account 1, whatever they are grouped by, and their ranges.
CREATE TEMP TABLE range ("from" timestamptz, "to" timestamptz);
INSERT INTO range VALUES (NULL, NULL), ('2025-05-30 12:00+00', '2025-06-02 00:00+00'), ('2025-05-31 00:07:30+00', '2025-05-31 00:08+00'), ('2025-05-31 00:07:30+00', '2025-05-31 00:22+00'),
    ('2025-05-31 00:15+00', '2025-05-31 00:30+00'), ('2025-05-31 00:00+00', NULL), (NULL, '2025-05-31 23:59:59.999999+00'), ('2025-05-31 12:00+00', '2025-06-01 12:00+00'), ('2025-06-01 23:00+00', '2025-06-09 00:00+00'), ('2026-01-01 00:00+00', NULL);
CREATE TEMP VIEW report AS
    SELECT g.words, r."from", r."to", u.*
    FROM range AS r, unnest(ARRAY['{}', '{day}', '{hour}', '{key,model,variant}', '{day,key}', '{hour,model}', '{tag:feature}']) AS g (words), billing.usage_report(1, r."from", r."to", g.words::text[]) AS u;
CREATE TABLE before AS SELECT * FROM pg_temp.report;
SELECT count(*) > 500 AS lines, count(DISTINCT words) AS groupings FROM before;

-- Accounts with much usage in the last hour; from the oldest request on, a day at a time, to the last whole quarter that is booked.
SELECT billing.sum_usage() AS stretches;
SELECT account_id FROM billing_books.usage_summed;
SELECT billing.rebuild_usage_sums(1) AS stretches;
SELECT billing.sum_usage() AS stretches, billing.sum_usage() AS again;
SELECT account_id, summed_from, summed_until FROM billing_books.usage_summed WHERE account_id = 1;
SELECT count(*) > 150 AS rows, sum(requests) AS requests, sum(rejected) AS rejected FROM billing_books.usage_sum WHERE account_id = 1;
SELECT count(*) FROM (TABLE before EXCEPT ALL SELECT * FROM pg_temp.report) AS missing;
SELECT count(*) FROM (SELECT * FROM pg_temp.report EXCEPT ALL TABLE before) AS other;
SELECT * FROM billing.verify();

-- What waited is booked later, and is no part of the sums of its receipt; nor is what comes behind them.
SELECT billing.set_price('late', 'CNY', 7, 7, effective_from => '2025-01-01 00:00+00', unlisted_meters => 'free') IS NOT NULL AS set;
SELECT billing.settle() > 0 AS settled;
SELECT count(billing.reject_usage(account_id, request_id, 'no price of images')) > 0 AS rejected FROM billing_books.usage_event WHERE status = 'unpriced';
SELECT status FROM billing.reverse_charge(1, 'r3', 'r3', 'wrong');
CREATE TABLE late AS SELECT * FROM pg_temp.report;
DELETE FROM billing_books.usage_summed WHERE account_id = 1;
SELECT count(*) FROM (TABLE late EXCEPT ALL SELECT * FROM pg_temp.report) AS missing;
SELECT count(*) FROM (SELECT * FROM pg_temp.report EXCEPT ALL TABLE late) AS other;
-- Without its row of usage_summed none of them is read; verify() tells of what is left.
SELECT DISTINCT check_name, account_id FROM billing.verify();
SELECT billing.rebuild_usage_sums(1) > 0 AS rebuilt;
SELECT count(*) FROM (TABLE late EXCEPT ALL SELECT * FROM pg_temp.report) AS missing;
SELECT count(*) FROM (SELECT * FROM pg_temp.report EXCEPT ALL TABLE late) AS other;
SELECT * FROM billing.verify();

-- Rows that cannot be summed stop nobody else.
SET client_min_messages = error;
SET billing.allow_history_change = on;
UPDATE billing_books.usage_event SET meters = '[]' WHERE account_id = 3 AND request_id IN ('s1', 's2');
SELECT pg_temp.travel('2025-06-03 00:00+00');
SELECT count(billing.charge(3, 1, 't' || n, 'a', 1000, 0)) AS many, count(billing.charge(2, 1, 't' || n, 'a', 1000, 0)) AS more FROM generate_series(1, 14) AS n;
SELECT billing.sum_usage() > 0 AS summed;
SELECT account_id, summed_until FROM billing_books.usage_summed ORDER BY 1;
UPDATE billing_books.usage_event SET meters = NULL WHERE account_id = 3 AND request_id IN ('s1', 's2');
RESET billing.allow_history_change;
-- Nor do instants that cannot be; and who has a long way to go leaves some of a call to the others.
CREATE FUNCTION pg_temp.summed(damage text, OUT others boolean, OUT stretches bigint, OUT told text) LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE damage;
    stretches := billing.sum_usage();
    SELECT summed_until > '2025-06-02' INTO others FROM billing_books.usage_summed WHERE account_id = 3;
    SELECT string_agg(DISTINCT v.check_name || coalesce(' ' || v.account_id, ''), ', ') INTO told FROM billing.verify() AS v;
    RAISE SQLSTATE '00001';
EXCEPTION WHEN SQLSTATE '00001' THEN
    NULL;
END $$;
SELECT damage, s.* FROM (VALUES ('account SET last_booked_at = ''infinity'''), ('account SET last_booked_at = ''-infinity'''), ('account SET last_booked_at = ''294276-12-31 00:00+00'''),
    ('usage_summed SET summed_until = ''infinity'''), ('usage_summed SET (summed_from, summed_until) = (''-infinity'', ''-infinity'')'), ('usage_summed SET (summed_from, summed_until) = (''4700-01-01 BC'', ''4700-01-01 BC'')'), ('usage_summed SET summed_until = ''294276-12-31 00:00+00'''),
    ('usage_summed SET (summed_from, summed_until) = (''2000-01-01 00:00+00'', ''2000-01-01 00:00+00'')')) AS d (damage), pg_temp.summed(format('UPDATE billing_books.%s WHERE account_id = 1', damage)) AS s;
SELECT billing.sum_usage() > 0 AS summed;
RESET client_min_messages;

-- A month that is closed takes its sums with it.
SELECT billing.set_policy('usage_retention', '60 days');
SELECT pg_temp.travel('2025-09-05 00:00+00');
SELECT billing.close_partitions() AS closed;
SELECT account_id, summed_from, min(starts_at) FROM billing_books.usage_summed LEFT JOIN billing_books.usage_sum USING (account_id) GROUP BY 1, 2;
SELECT sum(charge) = (SELECT sum(charge) FROM billing.usage_report(1, group_by => '{day}')) AS same FROM late WHERE words = '{}' AND "from" IS NULL AND "to" IS NULL;
SELECT * FROM billing.verify();

\c :old_database
DROP DATABASE regress_billing_usage_sum;
