-- The months of usage: made ahead, the default partition, exactly once across their edges; closed into sums of days that verify() and
-- reports go on using (R10, B&S 4.11). In a database of its own, where it is 2025: closing is for good.
SELECT current_database() AS old_database \gset
CREATE DATABASE regress_billing_partition;
\c regress_billing_partition
SET TimeZone = 'UTC';
CREATE EXTENSION billing;
CREATE FUNCTION pg_temp.travel(at timestamptz) RETURNS timestamptz LANGUAGE sql AS $$
    SELECT date_trunc('minute', clock_timestamp() + set_config('billing.clock_offset', ceil(extract(epoch FROM at - clock_timestamp()))::bigint || 's', false)::interval)
$$;
CREATE FUNCTION pg_temp.attempt(call text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE call;
    RETURN 'done';
EXCEPTION WHEN OTHERS THEN
    RETURN sqlstate || ' ' || sqlerrm;
END $$;

-- Four months are made by install(), this one and the next three; make_partitions() makes those that are missing by now.
SELECT pg_temp.travel('2025-01-15 12:00+00');
SELECT billing.install();
CREATE VIEW pg_temp.leaves AS
SELECT u.request_id, string_agg(regexp_replace(u.tableoid::regclass::text, '.*usage_event_', ''), ', ' ORDER BY u.recorded_at) AS leaf FROM billing_books.usage_event AS u GROUP BY 1;
CREATE VIEW pg_temp.attached AS SELECT string_agg(regexp_replace(i.inhrelid::regclass::text, '.*usage_event_', ''), ', ' ORDER BY i.inhrelid::regclass::text) AS leaves FROM pg_inherits AS i WHERE i.inhparent = 'billing_books.usage_event'::regclass;
SELECT billing.make_partitions() AS made;
SELECT * FROM pg_temp.attached;
SELECT billing.create_account(1, 'cn'), billing.create_account(2, 'global', time_zone => 'America/New_York'), billing.create_account(3, 'cn', time_zone => 'UTC');
SELECT count(billing.create_api_key(account_id, name)) AS keys FROM generate_series(1, 3) AS account_id, unnest('{first,second}'::text[]) AS name;
SELECT count(billing.set_price(model, currency, input, 0, effective_from => '2025-01-01 00:00+00')) AS prices FROM (VALUES ('one', 1000000::numeric), ('two', 500000)) AS p (model, input), unnest('{CNY,USD}'::text[]) AS currency;
SELECT count(r.status) AS gifts FROM generate_series(1, 3) AS account_id, billing.grant_bonus(account_id, 10, 'gift') AS r;

-- January. Charged, metered, undone, rejected, free; arrears.
SELECT account_id, r.status, r.balance FROM generate_series(1, 3) AS account_id, billing.charge(account_id, 1, 'jan charged', 'one', 3, 0) AS r;
INSERT INTO billing_books.usage_inbox SELECT account_id, 1 + n % 2, 'jan metered ' || n, CASE WHEN n < 3 THEN 'one' ELSE 'two' END, n, 0, 0, 0, NULL FROM generate_series(1, 3) AS account_id, generate_series(1, 4) AS n;
SELECT billing.settle() AS settled;
SELECT status, balance FROM billing.reverse_charge(1, 'jan metered 2', 'undo');
SELECT billing.set_policy('go_live_at', '2026-01-01 00:00+00');
SELECT status FROM billing.charge(2, 1, 'jan free', 'one', 5, 0);
SELECT billing.set_policy('go_live_at', NULL);
SELECT billing.delete_api_key(2, 2);
SELECT status FROM billing.charge(2, 2, 'jan rejected', 'one', 5, 0);
SELECT pg_temp.travel('2025-01-20 20:00+00');
SELECT account_id, r.status FROM generate_series(1, 3) AS account_id, billing.charge(account_id, 1, 'jan arrears', 'two', 20, 0) AS r;
-- Exactly once across the edge: an hour before it, and half an hour after it; by charge() and by metering.
SELECT pg_temp.travel('2025-01-31 23:00+00');
SELECT account_id, r.status FROM generate_series(1, 3) AS account_id, billing.charge(account_id, 1, 'edge charged', 'one', 1, 0) AS r;
SELECT billing.meter(account_id, 1, 'edge metered', 'one', 1, 0) FROM generate_series(1, 3) AS account_id;
SELECT billing.settle() AS settled;
SELECT pg_temp.travel('2025-02-01 00:30+00');
SELECT r.status, r.charge FROM unnest('{edge charged,edge metered}'::text[]) AS request_id, billing.charge(1, 1, request_id, 'one', 1, 0) AS r;
INSERT INTO billing_books.usage_inbox SELECT 1, 1, request_id, 'one', tokens, 0, 0, 0, NULL FROM unnest('{edge charged,edge metered}'::text[]) AS request_id, generate_series(1, 2) AS tokens;
SELECT billing.settle() AS settled;
SELECT request_id, reason FROM billing_books.usage_set_aside ORDER BY 1;
-- Stamped before the edge, received after it: the leaf is that of the receipt.
SELECT account_id, r.status FROM generate_series(1, 3) AS account_id, billing.charge(account_id, 1, 'of the month before', 'one', 1, 0, occurred_at => '2025-01-31 22:00+00') AS r;
SELECT * FROM pg_temp.leaves WHERE request_id ~ '^edge|^of' ORDER BY 1;
-- February has usage without a price until March, April until July.
SELECT pg_temp.travel('2025-02-10 12:00+00');
SELECT status FROM billing.charge(2, 1, 'feb late', 'late', 7, 0);
SELECT status FROM billing.charge(2, 1, 'feb', 'one', 2, 0);
SELECT pg_temp.travel('2025-03-05 12:00+00');
SELECT billing.make_partitions() AS made;
SELECT * FROM pg_temp.attached;
SELECT billing.set_price('late', 'USD', 1000000, 0, effective_from => '2025-01-01 00:00+00') > 0 AS set;
SELECT billing.settle() AS settled;
-- The first of a month, by metering and by charge(), and again in the same transaction: also a partition that was empty is looked through.
BEGIN;
SELECT billing.meter(3, 1, 'mar', 'one', 2, 0);
SELECT billing.settle() AS settled;
SELECT status FROM billing.charge(3, 1, 'mar', 'one', 2, 0);
SELECT billing.meter(3, 1, 'mar', 'one', 2, 0);
SELECT billing.settle() AS settled;
COMMIT;
SELECT status FROM billing.charge(3, 1, 'mar', 'one', 2, 0);
SELECT pg_temp.travel('2025-04-10 12:00+00');
SELECT status FROM billing.charge(1, 1, 'apr unpriced', 'later', 9, 0);
SELECT status FROM billing.charge(3, 1, 'apr', 'one', 2, 0);
SELECT * FROM billing.verify();
-- What the reports say while all months are open.
CREATE TEMP VIEW report_to_february AS SELECT account_id, g, r.* FROM generate_series(1, 3) AS account_id, (VALUES ('{day,key,model}'::text[]), ('{key}'), ('{}'), ('{day}')) AS g (g),
    billing.usage_report(account_id, NULL, CASE account_id WHEN 1 THEN '2025-02-02 00:00 Asia/Shanghai' WHEN 2 THEN '2025-02-01 00:00 America/New_York' ELSE '2025-02-01 00:00 UTC' END::timestamptz, g) AS r;
CREATE TEMP VIEW report_whole AS SELECT account_id, g, r.* FROM generate_series(1, 3) AS account_id, (VALUES ('{day,key,model}'::text[]), ('{model}')) AS g (g), billing.usage_report(account_id, NULL, NULL, g) AS r;
CREATE TEMP TABLE to_february AS TABLE report_to_february;
CREATE TEMP TABLE whole AS TABLE report_whole;
SELECT count(*) > 20 AS lines FROM to_february;

-- Nothing is closed unless usage_retention says how old a month must be; then the oldest first, when it is that old.
SELECT pg_temp.travel('2025-04-20 12:00+00');
SELECT billing.close_partitions() AS closed;
SELECT billing.set_policy('usage_retention', '90 days');
SELECT billing.close_partitions() AS closed;
SELECT billing.set_policy('usage_retention', '60 days');
SELECT billing.close_partitions() AS closed;
SELECT billing.close_partitions() AS closed;
SELECT month, ends_at, partition_name, events, charge, closed_at::date FROM billing_books.closed_month;
SELECT * FROM pg_temp.attached;
SELECT count(*) AS kept FROM billing_books.usage_event_2025_01;
SELECT account_id, day_starts_at, day_ends_at, key_id, key_name, model, requests, rejected, input_tokens, charge FROM billing_books.usage_day ORDER BY account_id, day_starts_at, key_id, model;
SELECT * FROM billing.verify();
-- The reports are the same, to the last nano-unit, with the deleted key under its name; so are sums of any days.
SELECT count(*) AS lines_that_differ FROM ((TABLE report_to_february EXCEPT ALL TABLE to_february) UNION ALL (TABLE to_february EXCEPT ALL TABLE report_to_february)) AS d;
SELECT count(*) AS lines_that_differ FROM ((TABLE report_whole EXCEPT ALL TABLE whole) UNION ALL (TABLE whole EXCEPT ALL TABLE report_whole)) AS d;
SELECT (SELECT sum(charge) FROM billing.usage_report(1, group_by => '{}')) = (SELECT sum(amount) FROM billing.statement(1) WHERE credit = 'revenue') AS report_is_the_ledger;
-- What they cannot tell any more is refused, not guessed; where nothing of a closed month is asked for, all is as before.
SELECT call, pg_temp.attempt('SELECT * FROM billing.usage_report(' || call || ')') AS outcome FROM (VALUES
    ('1, group_by => ''{hour}'''), ('1, by => ''occurred_at'''), ('1, time_zone => ''UTC'''), ('1, time_zone => ''UTC'', group_by => ''{key}'''), ('3, time_zone => ''UTC'', group_by => ''{hour}'''),
    ('1, ''2025-01-20 12:00 Asia/Shanghai'''), ('1, ''2025-01-21 12:00 Asia/Shanghai'''), ('1, NULL, ''2025-01-21 12:00 Asia/Shanghai'''), ('1, ''2025-01-21 00:00 Asia/Shanghai'', ''2025-01-22 00:00 Asia/Shanghai'''),
    ('1, ''2025-02-01 00:00 UTC'', group_by => ''{hour}'''), ('1, ''2025-02-01 00:00 Asia/Shanghai'', group_by => ''{hour}'''), ('1, ''2025-02-01 00:00 UTC'', by => ''occurred_at'''), ('1, ''2025-02-01 01:00 UTC'', by => ''occurred_at'''), ('1, ''2025-02-01 12:34 UTC'', time_zone => ''UTC'''),
    ('1, NULL, ''2025-03-03 12:34 UTC''')) AS c (call);
SELECT period, requests, charge FROM billing.usage_report(1, '2025-01-21 00:00 Asia/Shanghai', '2025-01-22 00:00 Asia/Shanghai');
-- Requests of a closed month can be neither explained nor undone; what was undone before stays known.
SELECT pg_temp.attempt('SELECT billing.reverse_charge(1, ''jan charged'', ''too late'')') AS reverse, pg_temp.attempt('SELECT * FROM billing.explain_charge(1, ''jan charged'')') AS explain;
SELECT given_back FROM billing.usage_report(1, group_by => '{}');
-- A price behind them is refused, as it is behind any charge.
SELECT regexp_replace(pg_temp.attempt('SELECT billing.set_price(''two'', ''CNY'', 1, 1, effective_from => ''2025-01-10 00:00+00'')'), 'account [13]', 'account N') AS behind;
-- Its table stays, guarded as before; verify() tells where it is not, install() mends it. It may be dropped.
SELECT call, pg_temp.attempt(call) AS outcome FROM (VALUES ('UPDATE billing_books.usage_event_2025_01 SET charge = 0'), ('DELETE FROM billing_books.usage_event_2025_01'), ('TRUNCATE billing_books.usage_event_2025_01')) AS c (call);
ALTER TABLE billing_books.usage_event_2025_01 DISABLE TRIGGER no_change;
DROP TRIGGER no_truncate ON billing_books.usage_event_2025_01;
SELECT * FROM billing.verify();
SELECT billing.install();
SELECT * FROM billing.verify();
SELECT call, pg_temp.attempt(call) AS outcome FROM (VALUES ('UPDATE billing_books.usage_event_2025_01 SET charge = 0'), ('TRUNCATE billing_books.usage_event_2025_01')) AS c (call);
DROP TABLE billing_books.usage_event_2025_01;
SELECT * FROM billing.verify();

-- February is old enough, but some of its usage was charged in March: they close together, when March is old enough, too.
SELECT pg_temp.travel('2025-05-05 12:00+00');
SELECT billing.close_partitions() AS closed;
SELECT pg_temp.travel('2025-06-02 12:00+00');
SELECT billing.close_partitions() AS closed;
SELECT month, events, charge FROM billing_books.closed_month ORDER BY month;
SELECT month, day_starts_at, requests, charge FROM billing_books.usage_day WHERE account_id = 2 AND month > '2025-01-01' ORDER BY 2;
SELECT * FROM billing.verify();
-- April has usage without a price: it waits, and so do the months after it. Given a price in July, they close with July.
SELECT pg_temp.travel('2025-07-10 12:00+00');
SELECT billing.close_partitions() AS closed;
SELECT billing.set_price('later', 'CNY', 1000000, 0, effective_from => '2025-01-01 00:00+00') > 0 AS set;
SELECT billing.settle() AS settled;
SELECT billing.close_partitions() AS closed;
SELECT billing.make_partitions() AS made;
SELECT status FROM billing.charge(1, 1, 'july', 'one', 4, 0);
SELECT pg_temp.travel('2025-09-29 12:00+00');
SELECT billing.close_partitions() AS closed;
SELECT pg_temp.travel('2025-10-01 12:00+00');
SELECT billing.close_partitions() AS closed;
SELECT month, partition_name, events, charge FROM billing_books.closed_month ORDER BY month;
SELECT * FROM pg_temp.attached;
SELECT * FROM billing.verify();
SELECT count(*) AS lines_that_differ FROM ((TABLE report_whole EXCEPT ALL TABLE whole) UNION ALL (TABLE whole EXCEPT ALL TABLE report_whole)) AS d WHERE account_id > 1;
SELECT account_id, (SELECT charge FROM billing.usage_report(account_id, group_by => '{}')) = (SELECT sum(amount) FROM billing.statement(account_id) WHERE credit = 'revenue') AS report_is_the_ledger FROM generate_series(1, 3) AS account_id;
-- The books go on: arrears from closed months are paid, an id of long ago is a new request, later charges are undone.
SELECT status, balance FROM billing.record_offline_payment(1, 30, 'payment', '1 bank');
SELECT status, balance FROM billing.charge(1, 1, 'jan charged', 'one', 3, 0);
SELECT status, balance FROM billing.reverse_charge(1, 'jan charged', 'undo jan');
SELECT status, balance FROM billing.adjust(1, -100, 'owed');
SELECT status, balance FROM billing.charge(1, 1, 'arrears', 'one', 5, 0);
SELECT status, balance FROM billing.record_offline_payment(1, 90, 'payment 2', '1 bank 2');
SELECT status, balance FROM billing.reverse_charge(1, 'arrears', 'undo arrears');
SELECT * FROM billing.verify();
-- A customer who moved: days of closed months stay what they were.
UPDATE billing_books.account_profile SET time_zone = 'UTC' WHERE account_id = 1;
SELECT * FROM billing.verify();
SELECT billing.set_policy('usage_retention', NULL);
SELECT pg_temp.travel('2025-12-30 12:00+00');
SELECT billing.close_partitions() AS closed;

-- A month that nobody made a partition for: its usage is in the default one; check_health() and status() say so, make_partitions() warns and
-- makes the months after it. Requests there are found again, from there and from the next month.
SELECT billing.dismiss_set_aside(array_agg(set_aside_no), 'seen') AS dismissed FROM billing_books.usage_set_aside;
SELECT billing.check_health();
SELECT pg_temp.travel('2026-06-15 12:00+00');
SELECT status FROM billing.charge(3, 1, 'default charged', 'one', 1, 0);
SELECT billing.meter(3, 1, 'default metered', 'one', 1, 0);
SELECT billing.settle() AS settled;
SELECT pg_temp.attempt('SELECT billing.check_health()');
SELECT name, value FROM billing.status() WHERE name ~ 'default|closed|partitions';
SELECT billing.make_partitions() AS made;
SELECT billing.make_partitions() AS made;
SELECT * FROM pg_temp.attached;
SELECT status FROM billing.charge(3, 1, 'default charged', 'one', 1, 0);
SELECT pg_temp.travel('2026-07-02 12:00+00');
SELECT r.status FROM unnest('{default charged,default metered}'::text[]) AS request_id, billing.charge(3, 1, request_id, 'one', 1, 0) AS r;
INSERT INTO billing_books.usage_inbox SELECT 3, 1, request_id, 'one', tokens, 0 FROM unnest('{default charged,default metered}'::text[]) AS request_id, generate_series(1, 2) AS tokens;
SELECT billing.settle() AS settled;
SELECT status FROM billing.charge(3, 1, 'of july', 'one', 1, 0);
SELECT * FROM pg_temp.leaves WHERE request_id ~ 'default|july' ORDER BY 1;
SELECT request_id, reason FROM billing_books.usage_set_aside WHERE request_id ~ 'default' ORDER BY 1;
SELECT requests, charge FROM billing.usage_report(3, '2026-06-01 00:00 UTC', group_by => '{}');
-- Closing stops in front of such a month.
SELECT billing.set_policy('usage_retention', '60 days');
SELECT pg_temp.travel('2027-01-01 12:00+00');
SELECT billing.close_partitions() AS closed;
SELECT max(month) FROM billing_books.closed_month;
SELECT * FROM billing.verify();
-- A partition that its owner divided has no pages of its own: its requests are found all the same.
BEGIN;
ALTER TABLE billing_books.usage_event DETACH PARTITION billing_books.usage_event_default;
ALTER TABLE billing_books.usage_event_default RENAME TO aside;
CREATE TABLE billing_books.usage_event_default PARTITION OF billing_books.usage_event DEFAULT PARTITION BY HASH (account_id);
CREATE TABLE billing_books.leaf PARTITION OF billing_books.usage_event_default FOR VALUES WITH (MODULUS 1, REMAINDER 0);
SELECT status FROM billing.charge(3, 1, 'of a part', 'one', 1, 0);
SELECT status FROM billing.charge(3, 1, 'of a part', 'one', 1, 0);
SELECT count(*) FROM billing_books.leaf;
ROLLBACK;

\c :old_database
DROP DATABASE regress_billing_partition;
