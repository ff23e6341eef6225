-- usage_report(): by key, model, day and hour; sums that are the ledger's (R10, design 5). Accounts 2050 to 2059, models usage-report*.
-- Sets the clock to an instant; it goes on from there.
CREATE FUNCTION pg_temp.travel(at timestamptz) RETURNS void LANGUAGE sql AS $$
    SELECT set_config('billing.clock_offset', ceil(extract(epoch FROM at - clock_timestamp()))::bigint || 's', false)
$$;
SELECT billing.set_price('usage-report', 'CNY', 1000000, 0, effective_from => '2025-01-01 00:00+00') > 0 AS set, billing.set_price('usage-report-two', 'CNY', 500000, 250000, effective_from => '2025-01-01 00:00+00') > 0 AS set;
SELECT pg_temp.travel('2025-03-10 00:00+00');
SELECT billing.create_account(2050, 'cn', time_zone => 'Europe/Berlin'), billing.create_account(2051, 'cn'), billing.create_account(2052, 'cn', time_zone => 'Africa/Cairo');
SELECT count(billing.create_api_key(account_id, name)) AS keys FROM generate_series(2050, 2052) AS account_id, unnest('{first,second}'::text[]) AS name;
-- Nothing happened yet.
SELECT * FROM billing.usage_report(2051);
SELECT * FROM billing.usage_report(2051, group_by => '{}');

-- Around the day on which Berlin has 23 hours: each instant at an edge of a day or an hour there; a token each, 1, 2, 4, ...
SELECT pg_temp.travel('2025-04-02 12:00+00');
CREATE TEMP TABLE edge AS SELECT n, at::timestamptz FROM unnest(ARRAY['2025-03-29 22:59:59.999999+00', '2025-03-29 23:00+00', '2025-03-30 00:59:59.999999+00', '2025-03-30 01:00+00', '2025-03-30 21:59:59.999999+00',
    '2025-03-30 22:00+00', '2025-03-30 18:29:59.999999+00', '2025-03-30 18:30+00']) WITH ORDINALITY AS e (at, n);
SELECT count(billing.meter(2050, 1, 'edge ' || n, 'usage-report', 1 << (n - 1)::int, 0, occurred_at => at)) AS metered FROM edge;
SELECT billing.settle() AS settled;
SET TimeZone = 'UTC';
SELECT z AS time_zone, period AT TIME ZONE z AS local, period AT TIME ZONE 'UTC' AS utc, requests, charge::int FROM unnest('{Europe/Berlin,UTC,Asia/Kolkata,Australia/Lord_Howe}'::text[]) AS z,
    billing.usage_report(2050, group_by => '{day}', time_zone => z, by => 'occurred_at');
SELECT z AS time_zone, period AT TIME ZONE z AS local, period AT TIME ZONE 'UTC' AS utc, requests, charge::int FROM unnest('{Europe/Berlin,Asia/Kolkata,Asia/Kathmandu}'::text[]) AS z,
    billing.usage_report(2050, group_by => '{hour}', time_zone => z, by => 'occurred_at');
-- Without a time zone: the account's.
SELECT count(*) AS differ FROM (SELECT * FROM billing.usage_report(2050, by => 'occurred_at') EXCEPT SELECT * FROM billing.usage_report(2050, time_zone => 'Europe/Berlin', by => 'occurred_at')) AS r;
SELECT DISTINCT time_zone FROM billing_books.account_profile WHERE account_id = 2051;
-- Half-open: from that instant on, up to just before the other.
SELECT charge::int FROM billing.usage_report(2050, '2025-03-29 23:00+00', '2025-03-30 22:00+00', '{}', by => 'occurred_at');
SELECT charge::int FROM billing.usage_report(2050, '2025-03-30 01:00+00', '2025-03-30 01:00+00', '{}', by => 'occurred_at');
SELECT charge::int FROM billing.usage_report(2050, '2025-03-30 01:00+00', '2025-03-30 01:00:00.000001+00', '{}', by => 'occurred_at');
SELECT charge::int FROM billing.usage_report(2050, '2025-03-30 22:00+00', '2025-03-30 01:00+00', '{}', by => 'occurred_at');
-- Every cut of the day finds what lies on its two sides.
SELECT count(*) AS cuts, count(*) FILTER (WHERE before.charge + after.charge <> 255) AS wrong FROM (SELECT at + d * interval '1 us' AS at FROM edge, generate_series(-1, 1) AS d) AS c,
    LATERAL (SELECT coalesce(sum(charge), 0) AS charge FROM billing.usage_report(2050, NULL, c.at, '{hour}', by => 'occurred_at')) AS before,
    LATERAL (SELECT coalesce(sum(charge), 0) AS charge FROM billing.usage_report(2050, c.at, NULL, '{hour}', by => 'occurred_at')) AS after;

-- The day with 25 hours: 02:30 came twice, and these are two hours. A midnight that does not exist: Cairo, 25 April.
SELECT pg_temp.travel('2025-04-26 12:00+00');
INSERT INTO billing_books.usage_inbox SELECT 2052, 1, 'cairo ' || n, 'usage-report', 1, 0, 0, 0, at::timestamptz FROM unnest(ARRAY['2025-04-24 21:59:59.999999+00', '2025-04-24 22:00+00', '2025-04-25 20:59:59.999999+00', '2025-04-25 21:00+00']) WITH ORDINALITY AS e (at, n);
SELECT billing.settle() AS settled;
SELECT period AT TIME ZONE 'Africa/Cairo' AS local, period AT TIME ZONE 'UTC' AS utc, requests FROM billing.usage_report(2052, by => 'occurred_at');
SELECT pg_temp.travel('2025-10-27 12:00+00');
INSERT INTO billing_books.usage_inbox SELECT 2050, 1, 'autumn ' || n, 'usage-report', 1, 0, 0, 0, at::timestamptz
FROM unnest(ARRAY['2025-10-25 21:59:59.999999+00', '2025-10-25 22:00+00', '2025-10-26 00:30+00', '2025-10-26 01:30+00', '2025-10-26 22:59:59.999999+00', '2025-10-26 23:00+00']) WITH ORDINALITY AS e (at, n);
SELECT billing.settle() AS settled;
SELECT g AS group_by, period AT TIME ZONE 'Europe/Berlin' AS local, period AT TIME ZONE 'UTC' AS utc, requests FROM unnest('{day,hour}'::text[]) AS g, billing.usage_report(2050, '2025-10-01 00:00+00', NULL, ARRAY[g], by => 'occurred_at');

-- By recorded_at: the other account, over five days. Keys, models, tokens; what is free counts, what is rejected or unpriced is counted beside.
SELECT pg_temp.travel('2025-06-01 10:00+00');
SELECT status FROM billing.record_offline_payment(2051, 20, 'payment', '2051 bank');
SELECT status, charge FROM billing.charge(2051, 1, 'a', 'usage-report', 3, 5, 7, 11);
SELECT status, charge FROM billing.charge(2051, 2, 'b', 'usage-report-two', 1, 1);
SELECT status FROM billing.charge(2051, 2, 'unpriced', 'usage-report-later', 2, 2, 2, 2);
SELECT billing.set_policy('go_live_at', '2025-06-01 11:00+00');
SELECT status FROM billing.charge(2051, 1, 'free', 'usage-report', 100, 100);
SELECT billing.set_policy('go_live_at', NULL);
SELECT billing.delete_api_key(2051, 2);
SELECT status FROM billing.charge(2051, 2, 'rejected', 'usage-report', 1000, 1000);
SELECT pg_temp.travel('2025-06-02 10:00+00');
INSERT INTO billing_books.usage_inbox SELECT 2051, 1, 'm' || n, CASE WHEN n % 2 = 0 THEN 'usage-report' ELSE 'usage-report-two' END, n, n, 0, 0, '2025-06-01 12:00+00'::timestamptz + n * interval '1 hour' FROM generate_series(1, 6) AS n;
SELECT billing.settle() AS settled;
SELECT status FROM billing.reverse_charge(2051, 'a', 'undo a');
SELECT pg_temp.travel('2025-06-03 10:00+00');
-- The price comes two days later: until then the request is counted as unpriced, from then on as charged on that day, as the ledger has it.
SELECT period, unpriced, requests FROM billing.usage_report(2051, group_by => '{day,model}') WHERE model = 'usage-report-later';
SELECT billing.set_price('usage-report-later', 'CNY', 1000000, 0, 0, 0, effective_from => '2025-01-01 00:00+00') > 0 AS set;
SELECT billing.settle() AS settled;
SELECT pg_temp.travel('2025-06-04 10:00+00');
SELECT status FROM billing.write_off(2051, (SELECT arrears FROM billing_books.account WHERE account_id = 2051), 'forgiven');
SELECT status FROM billing.reverse_charge(2051, 'm4', 'undo m4');
SELECT status FROM billing.reverse_charge(2051, 'unpriced', 'undo the late one');
RESET billing.clock_offset;
SELECT * FROM billing.usage_report(2051, group_by => '{}');
SELECT * FROM billing.usage_report(2051);
SELECT * FROM billing.usage_report(2051, by => 'occurred_at');
SELECT * FROM billing.usage_report(2051, group_by => '{key}');
SELECT * FROM billing.usage_report(2051, group_by => '{model,key}');
SELECT * FROM billing.usage_report(2051, group_by => '{day,model}');
SELECT period, charge FROM billing.usage_report(2051, group_by => '{hour}', time_zone => 'UTC', by => 'occurred_at');
-- All of the deleted key, under its name.
SELECT period, unpriced, charge, given_back FROM billing.usage_report(2051, group_by => '{day,key}') WHERE key_name = 'second';

-- By recorded_at the sums are the ledger's, and the statement's: between any two instants, at every booking and beside it.
CREATE TEMP TABLE cut AS SELECT DISTINCT account_id, recorded_at + d * interval '1 us' AS at FROM billing_books.ledger_entry, generate_series(-1, 1) AS d WHERE account_id IN (2050, 2051);
INSERT INTO cut VALUES (2050, NULL), (2051, NULL);
CREATE TEMP VIEW compared AS
SELECT f.account_id, f.at AS "from", t.at AS "to", g AS group_by,
       (SELECT coalesce(sum(charge), 0) FROM billing.usage_report(f.account_id, f.at, t.at, g)) AS charge,
       (SELECT coalesce(sum(given_back), 0) FROM billing.usage_report(f.account_id, f.at, t.at, g)) AS given_back,
       (SELECT coalesce(sum(amount) FILTER (WHERE credit = 'revenue' AND source_type IN ('charge', 'settlement')), 0) FROM billing.statement(f.account_id, f.at, t.at)) AS booked,
       (SELECT coalesce(sum(amount) FILTER (WHERE debit = 'revenue'), 0) FROM billing_books.ledger_entry AS e WHERE e.account_id = f.account_id AND e.recorded_at >= coalesce(f.at, '-infinity') AND e.recorded_at < coalesce(t.at, 'infinity')) AS undone
FROM cut AS f JOIN cut AS t USING (account_id), (VALUES ('{}'::text[]), ('{hour,key,model}')) AS g (g);
SELECT count(*) > 400 AS pairs, count(*) FILTER (WHERE charge > 0) > 100 AS with_charges, count(*) FILTER (WHERE given_back > 0) > 50 AS with_reversals,
       count(*) FILTER (WHERE charge <> booked) AS charge_differs, count(*) FILTER (WHERE given_back <> undone) AS given_back_differs FROM compared;
-- The same in every time zone and grouping, over all accounts that there are.
SELECT count(*) > 1 AS accounts, count(*) FILTER (WHERE r.charge <> e.charge OR r.given_back <> e.given_back) AS differ
FROM (SELECT account_id, coalesce(sum(amount) FILTER (WHERE credit = 'revenue'), 0) AS charge, coalesce(sum(amount) FILTER (WHERE debit = 'revenue'), 0) AS given_back FROM billing_books.ledger_entry
      WHERE account_id > 0 AND source_type IN ('charge', 'settlement', 'reversal', 'rerate') GROUP BY 1) AS e,
     LATERAL (SELECT coalesce(sum(charge), 0) AS charge, coalesce(sum(given_back), 0) AS given_back FROM billing.usage_report(e.account_id, group_by => '{hour,model}', time_zone => 'Pacific/Chatham')) AS r;
-- Nothing of another account; and the lines of a report do not overlap.
SELECT count(*) AS twice FROM (SELECT period, key_id, model FROM billing.usage_report(2051, group_by => '{hour,key,model}') GROUP BY 1, 2, 3 HAVING count(*) > 1) AS r;
RESET TimeZone;
SELECT * FROM test.verify();
