-- Balance alerts (R11): once when the balance falls below, armed again when it has been at or above; decided in the transaction that books.
-- Accounts 2100 to 2129, models alert-*.
SELECT count(billing.create_account(account_id, 'cn', 'a@b.c', '+8613800138000')) AS accounts FROM generate_series(2100, 2119) AS account_id;
SELECT billing.create_account(2120, 'cn'), billing.create_account(2121, 'cn', email => 'only@b.c'), billing.create_account(2122, 'global', mobile => '12345');
SELECT count(billing.create_api_key(account_id, 'prod')) AS keys FROM generate_series(2100, 2122) AS account_id;
SELECT count(billing.set_price(model, currency, input, 0, effective_from => '2025-01-01 00:00+00')) AS prices FROM (VALUES ('alert-one', 1000000::numeric), ('alert-nano', 0.001)) AS p (model, input), unnest('{CNY,USD}'::text[]) AS currency;
CREATE VIEW pg_temp.alerts AS SELECT account_id, alert_no, threshold, runway_hours AS hours, notify_recovery AS recovery, enabled, armed, fired, episode FROM billing_books.balance_alert;
-- What is told of alerts, numbered apart from what else is.
CREATE VIEW pg_temp.told AS SELECT account_id, row_number() OVER (PARTITION BY account_id ORDER BY notification_no) AS no, source_id AS alert_no, episode, event AS kind, channel, address, state, payload
FROM billing_books.notification WHERE event IN ('balance_low', 'balance_recovered', 'runway_low', 'runway_recovered');
-- What is told for the first time, since this was asked last.
CREATE FUNCTION pg_temp.news(account bigint) RETURNS TABLE (no bigint, alert_no bigint, episode int, kind text, channel text, payload jsonb) LANGUAGE plpgsql AS $$
BEGIN
    RETURN QUERY SELECT n.no, n.alert_no, n.episode, n.kind, n.channel, n.payload FROM pg_temp.told AS n
    WHERE n.account_id = account AND n.no > coalesce(nullif(current_setting('test.seen_' || account, true), ''), '0')::bigint ORDER BY 1;
    PERFORM set_config('test.seen_' || account, (SELECT coalesce(max(n.no), 0)::text FROM pg_temp.told AS n WHERE n.account_id = account), false);
END $$;

-- Several thresholds. At the threshold is not below it; the smallest amount less is. Once, to each address; no further fall tells again.
SELECT status FROM billing.record_offline_payment(2100, 12, 'payment', '2100 bank');
SELECT billing.set_balance_alert(2100, 10, notify_recovery => true) AS ten, billing.set_balance_alert(2100, 5.00) AS five, billing.set_balance_alert(2100, 0) AS zero;
SELECT * FROM pg_temp.alerts WHERE account_id = 2100 ORDER BY alert_no;
SELECT status, balance FROM billing.charge(2100, 1, 'to the threshold', 'alert-one', 2, 0);
SELECT * FROM pg_temp.news(2100);
SELECT status, balance FROM billing.charge(2100, 1, 'below it', 'alert-nano', 1, 0);
SELECT no, alert_no, episode, kind, channel, address, state, payload FROM pg_temp.told WHERE account_id = 2100;
SELECT count(*) FROM pg_temp.news(2100);
SELECT bool_and(n.created_at = a.last_booked_at) AS when_it_was_booked FROM billing_books.notification AS n JOIN billing_books.account AS a USING (account_id) WHERE account_id = 2100 AND n.event = 'balance_low';
SELECT status, balance FROM billing.charge(2100, 1, 'further', 'alert-one', 1, 0);
SELECT status, balance FROM billing.charge(2100, 1, 'further', 'alert-one', 1, 0);
SELECT * FROM pg_temp.news(2100);
-- One booking may cross several; zero is crossed below zero.
SELECT status, balance FROM billing.charge(2100, 1, 'at once', 'alert-one', 10, 0);
SELECT * FROM pg_temp.news(2100);
-- Up to five: the two lower ones are armed again, silently. Up to ten: the customer wanted to be told. Then all may fire anew.
SELECT status, balance FROM billing.record_offline_payment(2100, 6.01, 'up', '2100 bank 2');
SELECT * FROM pg_temp.news(2100);
SELECT * FROM pg_temp.alerts WHERE account_id = 2100 ORDER BY alert_no;
SELECT status, balance FROM billing.grant_bonus(2100, 5, 'up again');
SELECT * FROM pg_temp.news(2100);
SELECT status, balance FROM billing.adjust(2100, -100, 'all of it');
SELECT * FROM pg_temp.news(2100);
-- Whatever books: a charge undone, arrears written off, a payment taken back, credit given.
SELECT status, balance FROM billing.reverse_charge(2100, 'at once', 'undo');
SELECT status, balance FROM billing.write_off(2100, 79, 'forgiven');
SELECT status, balance FROM billing.adjust(2100, 9, 'credit');
SELECT * FROM pg_temp.news(2100);
SELECT status, balance FROM billing.adjust(2100, 2, 'more credit');
SELECT * FROM pg_temp.news(2100);
SELECT status, balance FROM billing.reverse_offline_payment(2100, 2, 'mistake');
SELECT * FROM pg_temp.news(2100);

-- Set while the balance is below: silent until it has been at or above. Setting it again changes nothing but what is asked for.
SELECT billing.set_balance_alert(2101, 5) AS alert_no;
SELECT status, balance FROM billing.charge(2101, 1, 'r', 'alert-one', 1, 0);
SELECT status, balance FROM billing.grant_bonus(2101, 5.999999999, 'almost');
SELECT billing.set_balance_alert(2101, 5) AS alert_no;
SELECT status, balance FROM billing.charge(2101, 1, 's', 'alert-one', 1, 0);
SELECT * FROM pg_temp.news(2101);
SELECT status, balance FROM billing.grant_bonus(2101, 1.000000001, 'at it');
SELECT * FROM pg_temp.alerts WHERE account_id = 2101;
SELECT * FROM pg_temp.news(2101);
SELECT status, balance FROM billing.charge(2101, 1, 't', 'alert-nano', 1, 0);
SELECT * FROM pg_temp.news(2101);
-- Set once more, with a word about recovery: it has fired, and stays so.
SELECT billing.set_balance_alert(2101, 5.0, notify_recovery => true) AS alert_no;
SELECT * FROM pg_temp.alerts WHERE account_id = 2101;
SELECT status, balance FROM billing.grant_bonus(2101, 1, 'above');
SELECT * FROM pg_temp.news(2101);
-- A recovery is told of a fall only: an alert that was set below and never fired is armed in silence.
SELECT billing.set_balance_alert(2101, 50, notify_recovery => true) AS alert_no;
SELECT status, balance FROM billing.grant_bonus(2101, 50, 'far above');
SELECT * FROM pg_temp.news(2101);

-- Addresses: none, e-mail, mobile. The alert fires in any case. Payloads name the currency.
SELECT account_id, billing.set_balance_alert(account_id, 0, notify_recovery => true) FROM generate_series(2120, 2122) AS account_id;
SELECT account_id, r.status, r.balance FROM generate_series(2120, 2122) AS account_id, billing.charge(account_id, 1, 'r', 'alert-one', 1, 0) AS r;
SELECT account_id, r.balance FROM generate_series(2120, 2122) AS account_id, billing.record_offline_payment(account_id, 1, 'payment', account_id || ' bank') AS r;
SELECT * FROM pg_temp.alerts WHERE account_id BETWEEN 2120 AND 2122 ORDER BY account_id;
SELECT * FROM pg_temp.told WHERE account_id BETWEEN 2120 AND 2122 ORDER BY account_id, no;

-- A fall by expiry alone fires when the expiry is booked, by book_expired() or by the next booking. Reading fires nothing.
SELECT count(r.status) FROM generate_series(2102, 2104) AS account_id, billing.grant_bonus(account_id, 10, 'gift', expires_at => now() + interval '1 day') AS r;
SELECT count(r.status) FROM generate_series(2102, 2104) AS account_id, billing.record_offline_payment(account_id, 3, 'payment', account_id || ' bank') AS r;
SELECT count(billing.set_balance_alert(account_id, 5)) FROM generate_series(2102, 2104) AS account_id;
SET billing.clock_offset = '2d';
SELECT balance, reason FROM billing.balance(2102);
SELECT count(*) AS told FROM pg_temp.told WHERE account_id BETWEEN 2102 AND 2104;
SELECT status, balance FROM billing.charge(2103, 1, 'r', 'alert-one', 1, 0);
SELECT * FROM pg_temp.news(2103);
-- Setting another alert books it as well: the one that there was fires, the new one does not.
SELECT billing.set_balance_alert(2104, 6) AS alert_no;
SELECT * FROM pg_temp.news(2104);
SELECT cash, bonus FROM billing_books.account WHERE account_id = 2104;
SELECT * FROM pg_temp.alerts WHERE account_id = 2104 ORDER BY alert_no;
SELECT billing.book_expired() > 0 AS booked;
SELECT billing.book_expired() AS booked;
SELECT * FROM pg_temp.news(2102);
SELECT cash, bonus FROM billing_books.account WHERE account_id = 2102;
RESET billing.clock_offset;

-- Off: it neither fires nor recovers; switched on again it begins anew, silent where the balance is below.
SELECT status FROM billing.grant_bonus(2105, 10, 'gift');
SELECT billing.set_balance_alert(2105, 5, notify_recovery => true) AS alert_no;
SELECT billing.set_balance_alert(2105, 5, notify_recovery => true, enabled => false) AS alert_no;
SELECT status, balance FROM billing.charge(2105, 1, 'while off', 'alert-one', 6, 0);
SELECT billing.set_balance_alert(2105, 5, notify_recovery => true) AS alert_no;
SELECT * FROM pg_temp.alerts WHERE account_id = 2105;
SELECT status, balance FROM billing.charge(2105, 1, 'on, below', 'alert-one', 1, 0);
SELECT status, balance FROM billing.grant_bonus(2105, 7, 'above');
SELECT * FROM pg_temp.news(2105);
SELECT status, balance FROM billing.charge(2105, 1, 'below', 'alert-one', 6, 0);
SELECT * FROM pg_temp.news(2105);
-- Off after it fired: no word of the recovery.
SELECT billing.set_balance_alert(2105, 5, notify_recovery => true, enabled => false) AS alert_no;
SELECT status, balance FROM billing.grant_bonus(2105, 10, 'above, while off');
SELECT billing.set_balance_alert(2105, 5, notify_recovery => true) AS alert_no;
SELECT status, balance FROM billing.charge(2105, 1, 'below once more', 'alert-one', 10, 0);
SELECT * FROM pg_temp.news(2105);
-- Switching off what is not there makes nothing.
SELECT billing.set_balance_alert(2105, 99, enabled => false) IS NULL AS none;
SELECT count(*) FROM pg_temp.alerts WHERE account_id = 2105;
-- At the most 20, those that are off included.
SELECT count(billing.set_balance_alert(2106, n)) FROM generate_series(1, 20) AS n;
SELECT test.attempt('SELECT billing.set_balance_alert(2106, 21)');
SELECT billing.set_balance_alert(2106, 20, enabled => false) AS alert_no;
SELECT test.attempt('SELECT billing.set_balance_alert(2106, 21)');
SELECT billing.set_balance_alert(2106, 20) AS alert_no;
SELECT alert_fires_below, alert_rearms_at FROM billing_books.account WHERE account_id = 2106;
SELECT status, balance FROM billing.grant_bonus(2106, 10.5, 'gift');
SELECT alert_fires_below, alert_rearms_at FROM billing_books.account WHERE account_id = 2106;
SELECT status, balance FROM billing.adjust(2106, -3, 'down');
SELECT alert_no, payload ->> 'threshold' AS threshold FROM pg_temp.told WHERE account_id = 2106 AND channel = 'sms' ORDER BY no;
SELECT alert_fires_below, alert_rearms_at FROM billing_books.account WHERE account_id = 2106;

-- A batch of metered requests fires once for each threshold that it crosses, with the balance after it.
SELECT status FROM billing.record_offline_payment(2107, 20, 'payment', '2107 bank');
SELECT billing.set_balance_alert(2107, 15), billing.set_balance_alert(2107, 8), billing.set_balance_alert(2107, 2);
SELECT billing.meter(2107, 1, 'r' || n, 'alert-one', 1, 0) FROM generate_series(1, 15) AS n;
SELECT * FROM pg_temp.news(2107);
SELECT billing.settle() AS settled;
SELECT * FROM pg_temp.news(2107);
SELECT billing.meter(2107, 1, 's' || n, 'alert-one', 1, 0) FROM generate_series(1, 2) AS n;
SELECT billing.settle() AS settled;
SELECT * FROM pg_temp.news(2107);
-- A fall and a rise: in one booking they are one change, in two bookings of one transaction two.
SELECT billing.set_balance_alert(2108, 5, notify_recovery => true);
SELECT status, balance FROM billing.charge(2108, 1, 'owed', 'alert-one', 8, 0);
SELECT status, balance FROM billing.record_offline_payment(2108, 14, 'pays arrears first', '2108 bank');
SELECT * FROM pg_temp.news(2108);
BEGIN;
SELECT billing.meter(2108, 1, 'r' || n, 'alert-one', 1, 0) FROM generate_series(1, 4) AS n;
SELECT billing.settle() AS settled;
SELECT status, balance FROM billing.grant_bonus(2108, 9, 'gift');
SELECT status, balance FROM billing.charge(2108, 1, 'down', 'alert-one', 7, 0);
COMMIT;
SELECT * FROM pg_temp.news(2108);
-- Rolled back, nobody is told, and the alert is armed as before.
BEGIN;
SELECT status, balance FROM billing.grant_bonus(2108, 9, 'more');
SELECT status, balance FROM billing.charge(2108, 1, 'never', 'alert-one', 10, 0);
ROLLBACK;
SELECT * FROM pg_temp.news(2108);
SELECT * FROM pg_temp.alerts WHERE account_id = 2108;
-- What was unpriced falls when it is settled.
SELECT status FROM billing.grant_bonus(2109, 6, 'gift');
SELECT billing.set_balance_alert(2109, 5);
SELECT status FROM billing.charge(2109, 1, 'unpriced', 'alert-later', 2, 0);
SELECT * FROM pg_temp.news(2109);
SELECT billing.set_price('alert-later', 'CNY', 1000000, 0, effective_from => '2025-01-01 00:00+00') > 0 AS set;
SELECT billing.settle() AS settled;
SELECT * FROM pg_temp.news(2109);

-- By runway: the balance against the spend of the last hours.
SELECT status FROM billing.record_offline_payment(2110, 100, 'payment', '2110 bank');
SELECT status, balance FROM billing.charge(2110, 1, 'a', 'alert-one', 20, 0);
SELECT billing.set_balance_alert(2110, runway_hours => 24, notify_recovery => true) AS alert_no;
SELECT * FROM pg_temp.alerts WHERE account_id = 2110;
SELECT alert_fires_below, alert_rearms_at, alert_review_at IS NOT NULL AS reviewed FROM billing_books.account WHERE account_id = 2110;
-- 50 against 50: enough. The smallest charge more is not: the fall itself raised what is needed.
SELECT status, balance FROM billing.charge(2110, 1, 'b', 'alert-one', 30, 0);
SELECT * FROM pg_temp.news(2110);
SELECT status, balance FROM billing.charge(2110, 1, 'c', 'alert-nano', 1, 0);
SELECT * FROM pg_temp.news(2110);
SELECT status, balance FROM billing.charge(2110, 1, 'd', 'alert-one', 10, 0);
SELECT * FROM pg_temp.news(2110);
-- A top-up recovers it; so does time, when a booking finds that the spend is over.
SELECT status, balance FROM billing.record_offline_payment(2110, 30, 'up', '2110 bank 2');
SELECT * FROM pg_temp.news(2110);
SELECT status, balance FROM billing.charge(2110, 1, 'e', 'alert-one', 20, 0);
SELECT * FROM pg_temp.news(2110);
SET billing.clock_offset = '25h';
SELECT status, balance FROM billing.charge(2110, 1, 'f', 'alert-one', 1, 0);
SELECT * FROM pg_temp.news(2110);
SELECT * FROM pg_temp.alerts WHERE account_id = 2110;
RESET billing.clock_offset;
-- A quick fall, by charge and by a batch; beside a threshold; money that expires, or is taken back, is not spent.
SELECT status FROM billing.grant_bonus(2111, 100, 'gift');
SELECT billing.set_balance_alert(2111, runway_hours => 1) AS runway, billing.set_balance_alert(2111, 70) AS threshold;
SELECT status, balance FROM billing.adjust(2111, -35, 'not usage');
SELECT * FROM pg_temp.news(2111);
SELECT billing.meter(2111, 1, 'r' || n, 'alert-one', 4, 0) FROM generate_series(1, 9) AS n;
SELECT billing.settle() AS settled;
SELECT * FROM pg_temp.news(2111);
SELECT * FROM pg_temp.alerts WHERE account_id = 2111 ORDER BY alert_no;
-- What was given back is not spent.
SELECT status, balance FROM billing.reverse_charge(2111, 'r1', 'undo r1');
SELECT * FROM pg_temp.news(2111);
SELECT status, balance FROM billing.reverse_charge(2111, 'r2', 'undo r2');
SELECT threshold, armed FROM pg_temp.alerts WHERE account_id = 2111 AND hours = 1;
-- The same hours twice are one alert; others are another.
SELECT billing.set_balance_alert(2111, runway_hours => 1) AS again, billing.set_balance_alert(2111, runway_hours => 720) AS other;
SELECT * FROM test.verify();

-- Over many bookings, at random: an alert fires exactly where the balance goes from at or above to below, and the bounds on the account never
-- let one be missed. Judged from the ledger alone, for seven thresholds.
SELECT count(billing.set_balance_alert(2112, threshold, notify_recovery => true)) FROM unnest('{0,1,2.5,5,5.01,7,12}'::numeric[]) AS threshold;
SELECT setseed(0.5);
DO $$
DECLARE
    amount numeric;
BEGIN
    FOR n IN 1..300 LOOP
        amount := (floor(random() * 1600) - 800) / 100;
        IF n % 7 = 0 AND amount < 0 THEN
            PERFORM billing.meter(2112, 1, 'r' || n || 'm' || m, 'alert-one', 1, 0) FROM generate_series(1, ceil(-amount)::int) AS m;
            PERFORM billing.settle();
        ELSIF amount <> 0 THEN
            PERFORM billing.adjust(2112, amount, 'n' || n);
        END IF;
    END LOOP;
END $$;
-- Bookings are told apart by their instant; what is in the account after each, by the statement.
CREATE TEMP TABLE after AS SELECT DISTINCT ON (recorded_at) recorded_at, balance_after FROM billing.statement(2112) ORDER BY recorded_at, entry_no DESC;
CREATE TEMP TABLE expected AS
SELECT a.alert_no, s.recorded_at, CASE WHEN s.balance_after < a.threshold THEN 'balance_low' ELSE 'balance_recovered' END AS kind, s.balance_after, a.threshold
FROM billing_books.balance_alert AS a, LATERAL (SELECT recorded_at, balance_after, lag(balance_after) OVER (ORDER BY recorded_at) AS before FROM after) AS s
WHERE a.account_id = 2112 AND (s.balance_after < a.threshold) <> (coalesce(s.before, 0) < a.threshold)
  -- The first rise of an alert that was set below is silent.
  AND (s.balance_after < a.threshold OR EXISTS (SELECT FROM (SELECT recorded_at, balance_after, lag(balance_after) OVER (ORDER BY recorded_at) AS before FROM after) AS f
      WHERE f.recorded_at < s.recorded_at AND f.balance_after < a.threshold AND coalesce(f.before, 0) >= a.threshold));
CREATE TEMP TABLE actual AS SELECT source_id AS alert_no, created_at AS recorded_at, event AS kind, (payload ->> 'balance')::numeric AS balance_after, (payload ->> 'threshold')::numeric AS threshold FROM billing_books.notification WHERE account_id = 2112 AND channel = 'email' AND event LIKE 'balance%';
SELECT count(*) > 250 AS bookings FROM after;
SELECT count(*) > 200 AS told, count(DISTINCT alert_no) AS alerts, count(*) FILTER (WHERE kind = 'balance_recovered') > 90 AS recoveries FROM actual;
SELECT (SELECT count(*) FROM (SELECT * FROM expected EXCEPT ALL SELECT * FROM actual) AS m) AS missed, (SELECT count(*) FROM (SELECT * FROM actual EXCEPT ALL SELECT * FROM expected) AS s) AS superfluous;
SELECT count(*) AS to_one_address_only FROM (SELECT FROM pg_temp.told WHERE account_id = 2112 GROUP BY alert_no, episode, kind HAVING count(*) <> 2) AS n;
-- A runway alert compares with an amount, however much was spent: ten times what one can be, and it still books (R8).
SELECT billing.create_api_key(2119, 'prod') IS NOT NULL AS key, billing.set_price('dear', 'CNY', 1000000, 1000000, effective_from => '2025-01-01 00:00+00') > 0 AS priced;
SELECT billing.set_balance_alert(2119, runway_hours => 720);
DO $$
BEGIN
    FOR i IN 1 .. 26 LOOP
        PERFORM billing.record_offline_payment(2119, 400000000, 'pay ' || i, '2119 bank ' || i);
        PERFORM billing.charge(2119, 1, 'r' || i, 'dear', 200000000, 200000000);
    END LOOP;
END $$;
SELECT sum(charge) AS spent FROM billing_books.usage_event WHERE account_id = 2119;
SET billing.clock_offset = '6 min';
SELECT status, balance FROM billing.charge(2119, 1, 'reviewed', 'dear', 1, 0);
RESET billing.clock_offset;
SELECT threshold, armed FROM billing_books.balance_alert WHERE account_id = 2119;
-- Credit ends long before the books do, and so does what an operator takes.
SELECT test.attempt('SELECT billing.record_offline_payment(2119, 500000002, ''much'', ''2119 much'')');
SELECT test.attempt('SELECT billing.grant_bonus(2119, 500000002, ''much'')');
SELECT test.attempt('SELECT billing.adjust(2119, -500000000, ''much'')');
SELECT status, balance FROM billing.record_offline_payment(2119, 500000001, 'enough', '2119 enough');
SELECT status, balance FROM billing.charge(2119, 1, 'on', 'dear', 200000000, 200000000);
SELECT * FROM test.verify();
