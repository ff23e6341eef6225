-- Token Plans (R3, B&S 4.8): the catalog, what a period draws on, bounds, renewals, upgrades, packs, what is earned.
-- Gateways are in test/tap; here an operator credits payments that are held. Accounts 2700 to 2719.
SELECT count(billing.create_account(account_id, 'cn')) AS accounts FROM generate_series(2700, 2719) AS account_id;
CREATE ROLE regress_plan_a;
CREATE ROLE regress_plan_b;
SELECT billing.grant_access('regress_plan_a', 'operator'), billing.grant_access('regress_plan_b', 'operator');
SELECT count(billing.create_api_key(account_id, 'plan', 'plan')) AS keys FROM generate_series(2700, 2719) AS account_id;
SELECT billing.set_gateway('plan', 'wechat', 'cn', 'subject'), billing.set_payment_method('plan', 'plan', 'native');
-- The bounds of what an account has, in China's time.
CREATE FUNCTION pg_temp.bounds(account bigint) RETURNS TABLE (n bigint, plan text, state text, starts text, ends text, pack_of bigint) LANGUAGE sql AS $$
    SELECT subscription_no, plan, state, to_char(starts_at AT TIME ZONE 'Asia/Shanghai', 'MM-DD HH24:MI'), to_char(ends_at AT TIME ZONE 'Asia/Shanghai', 'MM-DD HH24:MI'), pack_of FROM billing.plan_status(account) ORDER BY 1
$$;
-- Taken back by the gateway, and undone, by two operators; the lock that it leaves is lifted.
CREATE FUNCTION pg_temp.by_two(call text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    status text;
BEGIN
    SET SESSION AUTHORIZATION regress_plan_a;
    EXECUTE call;
    SET SESSION AUTHORIZATION regress_plan_b;
    EXECUTE call INTO status;
    RESET SESSION AUTHORIZATION;
    RETURN status;
END $$;
CREATE FUNCTION pg_temp.taken_back(account bigint, payment bigint, amount numeric) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    status text := pg_temp.by_two(format('SELECT status FROM billing.record_take_back(%s, %s, %s, ''dispute'', ''d%s'', ''take %s'')', account, payment, amount, payment, payment));
BEGIN
    PERFORM billing.unlock_account(account, 'dispute');
    RETURN status;
END $$;
CREATE FUNCTION pg_temp.undone(account bigint, payment bigint) RETURNS text LANGUAGE sql AS $$
    SELECT pg_temp.by_two(format('SELECT status FROM billing.undo_take_back(%s, %s, ''undo %s'')', account, t.take_back_id, payment))
    FROM billing_books.take_back AS t WHERE t.account_id = account AND t.payment_id = payment AND t.kind = 'dispute'
$$;
-- Time as the books have it: how far ahead an instant is.
CREATE FUNCTION pg_temp.travel(at timestamptz) RETURNS text LANGUAGE sql AS $$
    SELECT set_config('billing.clock_offset', ceil(extract(epoch FROM at - clock_timestamp()))::text, false)
$$;

-- The catalog: versions, the same terms again, what makes no plan.
SELECT billing.create_plan('lite', 'cn', 30, 1000, months => 1), billing.create_plan('lite', 'cn', 30, 1000, months => 1), billing.create_plan('lite', 'cn', 31, 1000, months => 1);
SELECT billing.create_plan('lite', 'cn', 30, 1000, months => 1), billing.create_plan('pro', 'cn', 90, 5000, months => 1, window_hours => 5, window_quota => 100);
SELECT billing.create_plan('year', 'cn', 365, 100, months => 12, monthly_quota => true), billing.create_plan('days', 'cn', 9.99, 50, days => 30), billing.create_plan('pack', 'cn', 5, 200);
SELECT billing.create_plan('abroad', 'global', 5, 200, months => 1), billing.create_plan('gone', 'cn', 5, 200, months => 1), billing.retire_plan('gone'), billing.retire_plan('gone'), billing.retire_plan('never');
SELECT plan, version, region, price, quota, months, days, monthly_quota, window_hours, window_quota, retired_at IS NOT NULL AS retired FROM billing.plans();
SELECT billing.create_plan('x', 'cn', 1, 1, months => 1, days => 1);
SELECT billing.create_plan('x', 'cn', 1, 1, months => 1, monthly_quota => true);
SELECT billing.create_plan('x', 'cn', 1, 1, months => 1, window_hours => 5);
SELECT billing.create_plan('x', 'cn', 1, 1, months => 1, window_hours => 5, window_quota => 2);
SELECT billing.create_plan('x', 'cn', 1, 1, window_hours => 5, window_quota => 1);
SELECT billing.create_plan('x', 'cn', 1.001, 1, months => 1);
SELECT billing.create_plan('x', 'cn', 1, 4000000001, months => 1);
SELECT billing.create_plan('x', 'moon', 1, 1, months => 1);
SELECT billing.create_plan('lite', 'global', 1, 1, months => 1);
SELECT billing.create_plan('lite', 'cn', 1, 1);
SELECT billing.set_plan_weight('lite', 'm', 1000000, 2000000, effective_from => '2025-01-01 00:00+00') = billing.set_plan_weight('lite', 'm', 1000000, 2000000, effective_from => '2025-01-01 00:00+00') AS same;
SELECT billing.set_plan_weight('lite', 'm', 3000000, 2000000, effective_from => '2025-01-01 00:00+00');
SELECT billing.set_plan_weight('pack', 'm', 3000000, 2000000);
SELECT billing.set_plan_weight('none', 'm', 3000000, 2000000);
SELECT billing.set_plan_weight('lite', 'm', 100000001, 2000000);
SELECT count(billing.set_plan_weight(plan, 'm', 1000000, 1000000, effective_from => '2025-01-01 00:00+00')) AS weights FROM unnest('{pro,year,days}'::text[]) AS plan;
SELECT billing.set_plan_weight('lite', 'm', 4000000, 4000000, prompt_tokens_over => 100, effective_from => '2025-01-01 00:00+00') IS NOT NULL AS tier;
SELECT plan, model, prompt_tokens_over, input, output, cache_read, cache_write FROM billing.plan_weights() WHERE plan = 'lite';

-- Buying: what cannot be bought, and the same call again.
SELECT * FROM (SELECT billing.subscribe(2700, 'none', 'plan', 'a')) AS s;
SELECT * FROM (SELECT billing.subscribe(2700, 'gone', 'plan', 'a')) AS s;
SELECT * FROM (SELECT billing.subscribe(2700, 'abroad', 'plan', 'a')) AS s;
SELECT * FROM (SELECT billing.subscribe(2700, 'pack', 'plan', 'a')) AS s;
SELECT * FROM (SELECT billing.subscribe(2700, 'lite', 'plan', 'a', replaces => 1)) AS s;
SELECT * FROM (SELECT billing.subscribe(2700, 'lite', 'cash', 'a')) AS s;
SELECT order_id, state, method, currency, amount, pay_amount, discount, gift FROM billing.subscribe(2700, 'lite', 'plan', 'a');
SELECT order_id, state FROM billing.subscribe(2700, 'lite', 'plan', 'a');
SELECT order_id FROM billing.subscribe(2700, 'pro', 'plan', 'a');
SELECT count(*) AS topups FROM billing.list_orders(2700) WHERE kind = 'topup';

-- A period, used up: R3. 31 Jan at 10 in the morning, China.
SELECT api_key AS key FROM billing.create_api_key(2700, 'second', 'plan') \gset
SELECT allowed, reason, resets_at FROM billing.authorize(:'key');
SELECT status, reason FROM billing.charge(2700, 1, 'too soon', 'm', 1, 0);
SELECT pg_temp.travel('2027-01-31 10:00+08') IS NOT NULL AS travelled;
SELECT test.pay(2700, 1);
SELECT n, plan, state, starts, ends FROM pg_temp.bounds(2700);
SELECT allowed, reason, resets_at FROM billing.authorize(:'key');
SELECT status, charge, balance, reason, credits FROM billing.charge(2700, 1, 'first', 'm', 10, 20);
SELECT status, credits FROM billing.charge(2700, 1, 'first', 'm', 10, 20);
-- Of the weights of a tier the newest counts.
BEGIN;
SELECT count(billing.set_plan_weight('lite', 'newest', weight, 0, prompt_tokens_over => tier, effective_from => day)) AS weights
FROM (VALUES (1000000, 0, timestamptz '2025-01-01 00:00+00'), (7000000, 10, '2025-01-01 00:00+00'), (2000000, 0, '2025-02-01 00:00+00'), (3000000, 10, '2025-02-01 00:00+00')) AS w (weight, tier, day);
SELECT status, credits FROM unnest('{10,11}'::int[]) AS tokens, billing.charge(2700, 1, 'newest ' || tokens, 'newest', tokens, 0);
ROLLBACK;
SELECT status, reason FROM billing.charge(2700, 1, 'no weight', 'other', 10, 20);
SELECT billing.meter(2700, 2, 'metered', 'm', 101, 0), billing.settle() > 0 AS settled;
SELECT request_id, status, charge, credits, subscription_no, quota_no FROM billing_books.usage_event WHERE account_id = 2700 ORDER BY recorded_at, request_id;
SELECT item, quantity, price, amount FROM billing.explain_charge(2700, 'metered') WHERE item <> 'received';
SELECT status, credits FROM billing.charge(2700, 1, 'crosses', 'm', 0, 1000);
SELECT state, quota, used, quota_left FROM billing.plan_status(2700);
SELECT allowed, reason, shortfall, retryable, resets_at FROM billing.authorize(:'key');
SELECT status, credits FROM billing.charge(2700, 1, 'under way', 'm', 1, 0);
SELECT key_name, model, requests, input_tokens, output_tokens, credits FROM billing.plan_usage(2700, 1);
-- A weight that comes later counts what waits, and nothing anew; cash was never touched.
SELECT billing.set_plan_weight('lite', 'm', 1, 1, effective_from => '2027-01-01 00:00+00');
SELECT billing.set_plan_weight('lite', 'other', 1000000, 1000000, effective_from => '2027-01-01 00:00+00') IS NOT NULL AS set, billing.settle() AS counted;
SELECT status, credits FROM billing.charge(2700, 1, 'no weight', 'other', 10, 20);
SELECT cash, bonus, arrears, total_topup FROM billing.balance(2700);
SELECT debit, credit, amount, source_type, actor IS NOT NULL AS by_somebody FROM billing_books.ledger_entry WHERE account_id = 2700 ORDER BY entry_no;
-- R12: never refundable.
SELECT subject, refundable, reason FROM billing.refund_quote(2700);
SELECT * FROM test.verify();

-- Renewals stand behind each other; months end on the chain's day, or on their last.
SELECT test.buy(2700, 'lite', 'plan'), test.buy(2700, 'lite', 'plan'), test.buy(2700, 'days', 'plan'), test.buy(2700, 'lite', 'plan');
SELECT n, plan, state, starts, ends FROM pg_temp.bounds(2700);
SELECT allowed, reason, to_char(resets_at AT TIME ZONE 'Asia/Shanghai', 'MM-DD HH24:MI') AS resets FROM billing.authorize(:'key');
-- Usage stamped in a period counts on it whenever it is told, and outside of all it is rejected.
SELECT pg_temp.travel('2027-03-02 10:00+08') IS NOT NULL AS travelled;
SELECT status, credits FROM billing.charge(2700, 1, 'late', 'm', 1, 0, occurred_at => '2027-02-28 09:59:59+08');
SELECT status, credits FROM billing.charge(2700, 1, 'in time', 'm', 1, 0, occurred_at => '2027-02-28 10:00:59+08');
SELECT status, reason FROM billing.charge(2700, 1, 'before', 'm', 1, 0, occurred_at => '2027-01-31 09:59:59+08');
SELECT subscription_no, used FROM billing_books.quota WHERE account_id = 2700 ORDER BY 1;

-- Earned by the day, booked when months and periods end; a repeated call books nothing more.
SELECT billing.earn_plans() > 0 AS earned, billing.earn_plans() AS again;
SELECT subscription_no, amount, to_char(occurred_at AT TIME ZONE 'Asia/Shanghai', 'MM-DD HH24:MI') AS earned_by FROM billing_books.ledger_entry WHERE account_id = 2700 AND credit = 'revenue' ORDER BY entry_no;
SELECT subscription_no, price, deferred, to_char(earn_at AT TIME ZONE 'Asia/Shanghai', 'MM-DD HH24:MI') AS next FROM billing_books.subscription WHERE account_id = 2700 ORDER BY 1;
SELECT * FROM test.verify();

-- An upgrade ends the period, its money is earned, and what waits stands behind the new one.
SELECT test.buy(2700, 'pro', 'plan', 2);
SELECT n, plan, state, starts, ends FROM pg_temp.bounds(2700);
SELECT subscription_no, deferred FROM billing_books.subscription WHERE account_id = 2700 ORDER BY 1;
SELECT order_id FROM billing.subscribe(2700, 'pro', 'plan', 'old', replaces => 2);
-- Its windows: five hours each from its begin.
SELECT status, credits FROM billing.charge(2700, 1, 'window', 'm', 120, 0);
SELECT state, quota_left, window_quota, window_left, to_char(window_ends_at AT TIME ZONE 'Asia/Shanghai', 'MM-DD HH24:MI') AS until FROM billing.plan_status(2700) WHERE plan = 'pro';
SELECT allowed, reason, to_char(resets_at AT TIME ZONE 'Asia/Shanghai', 'MM-DD HH24:MI') AS resets FROM billing.authorize(:'key');
SELECT status, id FROM billing.reset_quota_window(2700, 6, 'reset', 'an outage');
SELECT allowed FROM billing.authorize(:'key');
SELECT billing.reset_quota_window(2700, 6, 'reset 2', 'an outage');
-- A pack is drawn where window or quota are used up.
SELECT status, credits FROM billing.charge(2700, 1, 'window 2', 'm', 120, 0);
SELECT allowed FROM billing.authorize(:'key');
SELECT test.buy(2700, 'pack', 'plan');
SELECT allowed FROM billing.authorize(:'key');
SELECT status, credits FROM billing.charge(2700, 1, 'pack', 'm', 30, 0);
SELECT n, plan, state, starts, ends, pack_of FROM pg_temp.bounds(2700) WHERE n >= 6;
SELECT subscription_no, kind, amount, given, used FROM billing_books.quota WHERE account_id = 2700 AND subscription_no >= 6 ORDER BY 1, quota_no;
-- Compensation: reason, bounds, a second person by policy or always.
SELECT billing.give_back_quota(2700, 6, 100, 'give', NULL);
SELECT billing.give_back_quota(2700, 9, 100, 'give', 'why');
SELECT billing.give_back_quota(2700, 1, 100, 'give', 'why');
SELECT status, id, balance FROM billing.give_back_quota(2700, 6, 100, 'give', 'why');
SET SESSION AUTHORIZATION regress_plan_a;
SELECT status, id FROM billing.extend_subscription(2700, 6, 3, 'extend', 'a lock took them');
SET SESSION AUTHORIZATION regress_plan_b;
SELECT status, id FROM billing.extend_subscription(2700, 6, 3, 'extend', 'a lock took them');
RESET SESSION AUTHORIZATION;
SELECT billing.extend_subscription(2700, 7, 3, 'extend 2', 'why');
SELECT n, plan, state, starts, ends, pack_of FROM pg_temp.bounds(2700);
SELECT action, object, new_value, reason FROM billing_books.audit_log WHERE account_id = 2700 AND action ~ 'quota|extend' ORDER BY audit_no;
SELECT * FROM test.verify();

-- A yearly plan that gives its quota month by month.
SELECT pg_temp.travel('2027-03-31 10:00+08') IS NOT NULL AS travelled;
SELECT test.buy(2701, 'year', 'plan');
SELECT quota_no, to_char(starts_at AT TIME ZONE 'Asia/Shanghai', 'MM-DD HH24:MI') AS starts, amount FROM billing_books.quota WHERE account_id = 2701 ORDER BY 1;
SELECT status, credits FROM billing.charge(2701, 1, 'all of it', 'm', 150, 0);
SELECT api_key AS key FROM billing.create_api_key(2701, 'k', 'plan') \gset
SELECT allowed, reason, to_char(resets_at AT TIME ZONE 'Asia/Shanghai', 'MM-DD HH24:MI') AS resets FROM billing.authorize(:'key');
SELECT pg_temp.travel('2027-04-30 10:01+08') IS NOT NULL AS travelled;
SELECT state, quota, used, quota_left FROM billing.plan_status(2701);

-- Taken back: what was not earned first, then revenue; it ends, and what waits moves up. The balance has no part in it.
SELECT pg_temp.travel('2027-05-10 10:00+08') IS NOT NULL AS travelled;
SELECT test.buy(2702, 'days', 'plan'), test.buy(2702, 'lite', 'plan'), test.buy(2702, 'lite', 'plan');
SELECT pg_temp.travel('2027-05-20 10:00+08') IS NOT NULL AS travelled;
SELECT status, credits FROM billing.charge(2702, 1, 'some', 'm', 20, 0);
SET SESSION AUTHORIZATION regress_plan_a;
SELECT status FROM billing.record_take_back(2702, 1, 9.99, 'dispute', 'd1', 'take');
SET SESSION AUTHORIZATION regress_plan_b;
SELECT status FROM billing.record_take_back(2702, 1, 9.99, 'dispute', 'd1', 'take');
RESET SESSION AUTHORIZATION;
SELECT n, plan, state, starts, ends FROM pg_temp.bounds(2702);
SELECT debit, credit, amount, subscription_no FROM billing_books.ledger_entry WHERE account_id = 2702 AND subscription_no = 1 ORDER BY entry_no;
SELECT cash, arrears, reason FROM billing.balance(2702);
SELECT billing.unlock_account(2702, 'dispute');
SELECT status, credits FROM billing.charge(2702, 1, 'before it', 'm', 5, 0, occurred_at => '2027-05-20 09:59:00+08');
SELECT * FROM test.verify();
-- Undone: what was left of it joins the end, with the quota that was left.
SELECT pg_temp.travel('2027-05-25 10:00+08') IS NOT NULL AS travelled;
SET SESSION AUTHORIZATION regress_plan_a;
SELECT status FROM billing.undo_take_back(2702, 1, 'undo');
SET SESSION AUTHORIZATION regress_plan_b;
SELECT status FROM billing.undo_take_back(2702, 1, 'undo');
RESET SESSION AUTHORIZATION;
SELECT n, plan, state, starts, ends FROM pg_temp.bounds(2702);
SELECT subscription_no, quota_no, to_char(starts_at AT TIME ZONE 'Asia/Shanghai', 'MM-DD HH24:MI') AS starts, to_char(ends_at AT TIME ZONE 'Asia/Shanghai', 'MM-DD HH24:MI') AS ends, amount, used FROM billing_books.quota WHERE account_id = 2702 ORDER BY 1, 2;
SELECT test.buy(2702, 'lite', 'plan');
SELECT n, plan, state, starts, ends FROM pg_temp.bounds(2702);
SELECT * FROM test.verify();

-- The lock of a refund stops plan keys (policy), and what is paid under it begins when it ends.
SELECT status FROM billing.record_offline_payment(2703, 50, 'topup', '2703');
SELECT test.buy(2703, 'lite', 'plan');
SELECT order_id FROM billing.subscribe(2703, 'pro', 'plan', 'before the lock', replaces => 1);
SELECT api_key AS key FROM billing.create_api_key(2703, 'k', 'plan') \gset
SELECT subject, order_id, paid, remaining, refundable, reason FROM billing.refund_quote(2703);
SELECT state, amount FROM billing.request_refund(2703, 'leaving', 'refund');
SELECT order_id FROM billing.subscribe(2703, 'lite', 'plan', 'locked');
SELECT reason FROM billing.authorize(:'key');
SELECT status, reason FROM billing.charge(2703, 1, 'locked', 'm', 1, 0);
SELECT billing.set_policy('refund_blocks_plan', 'false');
SELECT allowed FROM billing.authorize(:'key');
SELECT status, reason FROM billing.charge(2703, 1, 'spared', 'm', 1, 0);
SELECT billing.set_policy('refund_blocks_plan', NULL);
SELECT * FROM test.verify();

-- A window that nothing was drawn in is whole.
SELECT test.buy(2705, 'pro', 'plan');
SELECT state, window_quota, window_left, window_ends_at FROM billing.plan_status(2705);
-- Cut and come again: windows count from the new begin, and what is told late of before leaves the rest.
SELECT status FROM billing.charge(2705, 1, 'in the first', 'm', 90, 0);
SELECT billing.meter(2705, 1, 'late', 'm', 1000, 0), pg_temp.taken_back(2705, 1, 90);
SELECT pg_temp.travel('2027-05-25 11:00+08') IS NOT NULL AS travelled;
SELECT pg_temp.undone(2705, 1);
SELECT state, quota_left, window_left FROM billing.plan_status(2705);
SELECT billing.settle() AS settled;
SELECT status FROM billing.charge(2705, 1, 'in the second', 'm', 30, 0);
SELECT state, quota, used, quota_left, window_left, to_char(window_ends_at AT TIME ZONE 'Asia/Shanghai', 'MM-DD HH24:MI') AS until FROM billing.plan_status(2705);
SELECT quota_no, kind, continues, amount, used, carried FROM billing_books.quota WHERE account_id = 2705 ORDER BY quota_no;
SELECT * FROM test.verify();

-- Packs go where their period goes: they end with it, and are there again with it.
SELECT test.buy(2706, 'lite', 'plan'), test.buy(2706, 'pack', 'plan'), test.buy(2706, 'days', 'plan');
SELECT c.status FROM (VALUES ('whole', 500), ('of the pack', 25)) AS r (id, n), billing.charge(2706, 1, r.id, 'm', 0, r.n) AS c;
SELECT pg_temp.taken_back(2706, 1, 30);
SELECT n, plan, state, starts, ends, pack_of FROM pg_temp.bounds(2706);
SELECT pg_temp.undone(2706, 1);
SELECT n, plan, state, starts, ends, pack_of FROM pg_temp.bounds(2706);
SET SESSION AUTHORIZATION regress_plan_a;
SELECT status FROM billing.extend_subscription(2706, 3, 30, 'extend', 'why');
SET SESSION AUTHORIZATION regress_plan_b;
SELECT status FROM billing.extend_subscription(2706, 3, 30, 'extend', 'why');
RESET SESSION AUTHORIZATION;
SELECT n, plan, state, starts, ends, pack_of FROM pg_temp.bounds(2706);
SELECT subscription_no, quota_no, continues, used, carried FROM billing_books.quota WHERE account_id = 2706 AND subscription_no < 3 ORDER BY 1, 2;
SELECT subscription_no, deferred FROM billing_books.subscription WHERE account_id = 2706 ORDER BY 1;
SELECT * FROM test.verify();

-- What an upgrade ended is over: an undone take-back of it is earned at once. And an upgrade has its effect once.
SELECT test.buy(2707, 'lite', 'plan'), test.buy(2707, 'pro', 'plan', 1);
SELECT pg_temp.taken_back(2707, 1, 30), pg_temp.undone(2707, 1);
SELECT n, plan, state FROM pg_temp.bounds(2707);
SELECT pg_temp.taken_back(2707, 2, 90), pg_temp.undone(2707, 2);
SELECT n, plan, state FROM pg_temp.bounds(2707);
SELECT subscription_no, deferred FROM billing_books.subscription WHERE account_id = 2707 ORDER BY 1;

-- Usage that was stamped ahead, waits for a weight, and whose period is cut before it: counted on what covers it, or rejected.
SELECT test.buy(2708, 'lite', 'plan'), test.buy(2709, 'lite', 'plan');
SELECT status, reason FROM unnest('{2708,2709}'::bigint[]) AS a, billing.charge(a, 1, 'ahead', 'ahead', 10, 0, occurred_at => clock_timestamp() + current_setting('billing.clock_offset')::interval + interval '4 min');
SELECT test.buy(2708, 'pro', 'plan', 1), pg_temp.taken_back(2709, 1, 30);
SELECT count(billing.set_plan_weight(p, 'ahead', w, 0, effective_from => '2025-01-01 00:00+00')) AS weights FROM unnest('{lite,pro}'::text[], '{2000000,5000000}'::numeric[]) AS u (p, w);
SELECT billing.settle() AS settled;
SELECT account_id, status, reason, subscription_no, credits FROM billing_books.usage_event WHERE account_id IN (2708, 2709) ORDER BY 1;
SELECT * FROM test.verify();

-- The heaviest request there can be counts, and one beyond all credits waits.
SELECT billing.create_plan('heavy', 'cn', 10, 4000000000, days => 10) AS version, billing.set_plan_weight('heavy', 'm', 40000000, 100000000, effective_from => '2025-01-01 00:00+00') IS NOT NULL AS set;
SELECT test.buy(2710, 'heavy', 'plan');
SELECT status, credits, reason FROM billing.charge(2710, 1, 'heavy', 'm', 200000000, 0);
SELECT status, credits, reason FROM billing.charge(2710, 1, 'heavier', 'm', 0, 200000000);
SELECT billing.reject_usage(2710, 'heavier', 'nonsense');
-- Zones of one's own have no months.
SELECT billing.create_account(27199, 'cn', time_zone => 'AAA0BBB-100,J333/14,J360');

-- Rows that the tables' owner has altered: an error of their account alone.
SELECT test.buy(2711, 'lite', 'plan'), test.buy(2712, 'lite', 'plan');
UPDATE billing_books.quota SET ends_at = starts_at WHERE account_id = 2711;
SELECT billing.give_back_quota(2711, 1, 10, 'give', 'why');
SELECT test.attempt('UPDATE billing_books.quota SET used = ''NaN'' WHERE account_id = 2711');
SELECT test.attempt('UPDATE billing_books.subscription SET deferred = ''NaN'' WHERE account_id = 2711');
UPDATE billing_books.quota SET ends_at = planned_until WHERE account_id = 2711;
UPDATE billing_books.subscription SET earn_at = '-infinity', earn_from = '-infinity' WHERE account_id = 2711;
SELECT pg_temp.travel('2027-06-01 10:00+08') IS NOT NULL AS travelled;
SELECT billing.earn_plans() > 0 AS earned;
SELECT account_id, deferred FROM billing_books.subscription WHERE account_id IN (2711, 2712);
SELECT status FROM billing.charge(2712, 1, 'good', 'm', 1, 0);
SELECT billing.plan_usage(2711, 1);
UPDATE billing_books.subscription SET earn_at = booked_at, earn_from = starts_at WHERE account_id = 2711;
SELECT billing.earn_plans() AS earned;
SELECT * FROM test.verify();

-- Closing earns the rest, and the keys are shut.
SELECT test.buy(2704, 'year', 'plan'), test.buy(2704, 'lite', 'plan'), test.buy(2704, 'pack', 'plan');
SELECT status FROM billing.close_account(2704, 'close', reason => 'bye');
SELECT n, plan, state, ends = (SELECT to_char(last_booked_at AT TIME ZONE 'Asia/Shanghai', 'MM-DD HH24:MI') FROM billing_books.account WHERE account_id = 2704) AS ended_now FROM pg_temp.bounds(2704);
SELECT sum(CASE credit WHEN 'plan_deferred' THEN amount ELSE -amount END) AS deferred FROM billing_books.ledger_entry WHERE account_id = 2704 AND 'plan_deferred' IN (debit, credit);
-- Its customer is told that it is bought, and once that little is left.
SELECT billing.create_account(2904, 'cn', 'wang@example.com'), billing.set_gateway('told', 'wechat', 'cn', 'subject'), billing.set_payment_method('told', 'told', 'native');
SELECT billing.create_plan('told', 'cn', 10, 1000, months => 1) AS version, billing.set_plan_weight('told', 'told', 1000000, 1000000, effective_from => '2025-01-01 00:00+00') IS NOT NULL AS weighed;
SELECT test.buy(2904, 'told', 'told');
SELECT key_id AS plan_key FROM billing.create_api_key(2904, 'plan key', 'plan') \gset
SELECT tokens, status FROM (VALUES (1, 899), (2, 1), (3, 50), (4, 100)) AS c (n, tokens), billing.charge(2904, :plan_key, 'r' || n, 'told', tokens, 0);
SELECT event, source_id, payload - 'paid_at' - 'ends_at' AS payload, payload ? 'ends_at' AS ends FROM billing_books.notification WHERE account_id = 2904 ORDER BY notification_no;
SELECT * FROM test.verify();
-- Once that its last period has ended: not of one that another follows, or follows by the time it would be told, nor of what an upgrade, a take-back or a closing ended.
SELECT count(billing.create_account(account_id, 'cn', 'wang@example.com')) AS accounts FROM generate_series(2905, 2910) AS account_id;
CREATE FUNCTION pg_temp.ended() RETURNS TABLE (account_id bigint, n text, plan text, ended text) LANGUAGE sql AS $$
    SELECT account_id, payload ->> 'subscription_no', payload ->> 'plan', to_char((payload ->> 'ended_at')::timestamptz AT TIME ZONE 'Asia/Shanghai', 'MM-DD HH24:MI')
    FROM billing_books.notification WHERE account_id BETWEEN 2904 AND 2919 AND event = 'plan_ended' ORDER BY account_id, notification_no
$$;
SELECT billing.create_plan('more', 'cn', 20, 2000, months => 1) AS version, billing.create_plan('beside', 'cn', 5, 100) AS pack;
SELECT pg_temp.travel('2027-08-01 10:00+08') IS NOT NULL AS travelled, billing.earn_plans() > 0 AS earned;
SELECT * FROM pg_temp.ended();
SELECT test.buy(2905, 'told', 'told'), test.buy(2905, 'told', 'told'), test.buy(2905, 'beside', 'told'), test.buy(2906, 'told', 'told'), test.buy(2907, 'told', 'told'), test.buy(2908, 'told', 'told'), test.buy(2909, 'told', 'told'), test.buy(2910, 'told', 'told');
SELECT pg_temp.travel('2027-08-11 10:00+08') IS NOT NULL AS travelled;
SELECT test.buy(2906, 'more', 'told', 1), pg_temp.taken_back(2907, 1, 10), pg_temp.taken_back(2908, 1, 10), (billing.close_account(2909, 'close', reason => 'bye')).status;
SELECT pg_temp.travel('2027-09-02 10:00:10+08') IS NOT NULL AS travelled, test.buy(2910, 'told', 'told');
SELECT billing.earn_plans() > 0 AS earned, billing.earn_plans() AS again;
SELECT * FROM pg_temp.ended();
-- What a take-back left ends in its turn, 21 days after it was undone; of an account that is locked, too.
SELECT pg_temp.undone(2907, 1);
SELECT n, state, ends FROM pg_temp.bounds(2907);
SELECT pg_temp.travel('2027-10-03 10:00+08') IS NOT NULL AS travelled;
SELECT billing.lock_account(2910, 'operator', reason => 'looked at');
SELECT billing.earn_plans() > 0 AS earned, billing.earn_plans() AS again;
SELECT * FROM pg_temp.ended();
SELECT * FROM test.verify();
-- A take-back of what has ended and was told leaves it so; undone, it is not told again.
SELECT pg_temp.taken_back(2905, 2, 10), pg_temp.undone(2905, 2), billing.earn_plans() AS earned;
SELECT count(*) FROM pg_temp.ended() WHERE account_id = 2905;
-- A closing books what a period has earned that is over, though no job has come by.
SELECT billing.create_account(2921, 'cn'), test.buy(2921, 'told', 'told');
SELECT pg_temp.travel('2027-12-05 10:00+08') IS NOT NULL AS travelled, (billing.close_account(2921, 'close', reason => 'bye')).status;
SELECT credit, amount, source_type, source_id, to_char(occurred_at AT TIME ZONE 'Asia/Shanghai', 'MM-DD') AS occurred FROM billing_books.ledger_entry WHERE account_id = 2921 ORDER BY entry_no;
SELECT * FROM test.verify();
RESET billing.clock_offset;
SELECT billing.revoke_access('regress_plan_a'), billing.revoke_access('regress_plan_b');
DROP ROLE regress_plan_a, regress_plan_b;
