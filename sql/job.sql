-- Periodic work and watching, where neither pg_cron nor the background workers are there: schedule_jobs() tells what to run, and nothing else;
-- book_expired(), check_health(), settler(). Accounts 2150 to 2159.
SELECT count(*) AS pg_cron FROM pg_extension WHERE extname = 'pg_cron';
-- Each job with its schedule and command; the statement schedules it in the database where pg_cron is.
SELECT name, schedule, command, scheduled FROM billing.schedule_jobs();
SELECT name, statement = format('SELECT cron.schedule_in_database(%L, %L, %L, %L)', name || ' of ' || current_database(), schedule, command, current_database()) AS statement FROM billing.schedule_jobs();
SELECT billing.unschedule_jobs() AS removed;
-- What jobs run, an operator may run; and each of them is a call without arguments that may be repeated.
SELECT j.name, p.oid IS NOT NULL AS known FROM billing.schedule_jobs() AS j LEFT JOIN pg_proc AS p ON p.pronamespace = 'billing'::regnamespace AND j.command = format('SELECT billing.%s()', p.proname) ORDER BY j.name COLLATE "C";
BEGIN; -- a seal that stays would find what other tests book in the past
SELECT test.attempt(command) AS once, test.attempt(command) AS twice FROM billing.schedule_jobs() WHERE name !~ 'health';
ROLLBACK;
-- A database whose name needs quotes.
SELECT current_database() AS old_database \gset
CREATE DATABASE "regress billing's jobs";
\c "regress billing's jobs"
CREATE EXTENSION billing;
SELECT statement FROM billing.schedule_jobs() WHERE name ~ 'health';
\c :old_database
DROP DATABASE "regress billing's jobs";

-- book_expired(): what expired is booked, once; what has not is left. It is out of the balance before.
SELECT count(billing.create_account(account_id, 'cn')) AS accounts FROM generate_series(2150, 2152) AS account_id;
SELECT billing.book_expired() >= 0 AS booked_for_others;
SELECT status FROM billing.grant_bonus(2150, 10, 'gift', expires_at => now() + interval '1 day');
SELECT status FROM billing.grant_bonus(2150, 5, 'longer', expires_at => now() + interval '10 days');
SELECT status FROM billing.grant_bonus(2151, 7, 'gift', expires_at => now() + interval '1 day');
SELECT status FROM billing.grant_bonus(2152, 3, 'for ever');
SELECT billing.book_expired() AS booked;
SELECT expires_at AS soon FROM billing_books.lot WHERE account_id = 2150 AND lot_no = 1 \gset
SET billing.clock_offset = '2d';
SELECT balance FROM billing.balance(2150);
SELECT billing.book_expired() >= 2 AS booked;
SELECT billing.book_expired() AS booked;
SELECT account_id, entry_no, debit, credit, amount, occurred_at = :'soon' AS when_it_expired, recorded_at > :'soon' AS booked_later, actor IS NULL AS nobody FROM billing_books.ledger_entry WHERE account_id BETWEEN 2150 AND 2152 AND source_type = 'lot' ORDER BY 1, 2;
SELECT account_id, bonus, next_expiry_at IS NOT NULL AS expires FROM billing_books.account WHERE account_id BETWEEN 2150 AND 2152 ORDER BY 1;
RESET billing.clock_offset;

-- Without workers: said so, in settler(), its view and status(); pausing them is an error; check_health() looks at the rest.
SELECT status, pid, started_at, paused_until, pending_since, rows_left, settled_at, settled_events, settled_lag, events_total FROM billing.settler();
SELECT billing.create_api_key(2152, 'prod') IS NOT NULL AS key;
SELECT clock_timestamp() AS at \gset
INSERT INTO billing_books.usage_inbox VALUES (2152, 1, 'a', 'jobs', 1, 0, 0, 0, :'at'), (2152, 1, 'b', 'jobs', 1, 0, 0, 0, NULL), (2152, 9, 'c', 'jobs', 1, 0, 0, 0, NULL);
SELECT status, unsettled_rows, first_occurred_at = :'at' AS first_stamp FROM billing.settler_lag;
SELECT name, value FROM billing.status() WHERE name ~ 'settler|not settled';
SELECT test.attempt('SELECT billing.pause_workers(''1 s'')');
SELECT value::int AS aside FROM billing.status() WHERE name ~ 'set aside' \gset
SELECT value::int AS unpriced FROM billing.status() WHERE name ~ 'without a price' \gset
SELECT billing.settle() AS settled;
SELECT status, unsettled_rows, first_occurred_at FROM billing.settler_lag;
SELECT name, value::int - CASE WHEN name ~ 'aside' THEN :aside WHEN name ~ 'price' THEN :unpriced ELSE 0 END AS more FROM billing.status() WHERE name ~ 'metered|without a price';
-- Usage that nobody settles, by when its calls started.
BEGIN;
INSERT INTO billing_books.usage_inbox VALUES (2152, 1, 'now', 'jobs', 1, 0, 0, 0, clock_timestamp());
SELECT test.attempt('SELECT billing.check_health()') ~ 'nobody has settled' AS now;
INSERT INTO billing_books.usage_inbox VALUES (2152, 1, 'a minute ago', 'jobs', 1, 0, 0, 0, clock_timestamp() - interval '1 minute');
SELECT test.attempt('SELECT billing.check_health()') ~ '^LB611.*nobody has settled' AS a_minute_ago, test.attempt('SELECT billing.check_health(''5 minutes'')') ~ 'nobody has settled' AS within_tolerance;
ROLLBACK;
-- The default partition: the alarm is raised exactly while something is in it.
BEGIN;
SET LOCAL billing.clock_offset = '2000d';
SELECT status FROM billing.charge(2152, 1, 'far', 'jobs', 1, 0);
SELECT regexp_replace(test.attempt(call), '[0-9]+ (rows of usage are set aside|events have no price); ', '', 'g') AS attempt
FROM (VALUES ('SELECT billing.check_health()'), ('SELECT billing.check_health(''1 day'')')) AS c (call);
ROLLBACK;
SELECT test.attempt('SELECT billing.check_health()') ~ 'usage_event_default is not empty' = EXISTS (SELECT FROM billing_books.usage_event_default) AS as_it_is;
SELECT * FROM test.verify();
