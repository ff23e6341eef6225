-- charge() and settle(): usage is priced and booked exactly once (R7 to R10, R20, B&S 4.10, 4.11).
-- Accounts 1200 to 1219, models charge-*.
SELECT count(billing.create_account(account_id, 'cn')) AS accounts FROM generate_series(1200, 1219) AS account_id;
SELECT count(billing.create_api_key(account_id, 'prod')) AS keys FROM generate_series(1200, 1219) AS account_id;
SELECT count(billing.set_price(model, 'CNY', input, output, cache_read, cache_write, prompt_tokens_over, '2025-01-01 00:00+00')) AS prices FROM (VALUES
    ('charge-one', 1000000::numeric, 0::numeric, NULL::numeric, NULL::numeric, 0::bigint), -- a token is 1.00
    ('charge-tiny', 0.0005, 0.000499999, 0, 0, 0),
    ('charge-real', 0.435, 0.87, 0.0036, NULL, 0),
    ('charge-zero', 0, 0, NULL, NULL, 0),
    ('charge-tier', 1, 10, 0.1, 2, 0),
    ('charge-tier', 3, 30, 0.3, 6, 1000)) AS p (model, input, output, cache_read, cache_write, prompt_tokens_over);

-- R20: the worked example, and one rounding at the end, half up, to 9 decimals: 0.5 nano-units are one,
-- 0.499999 none; two halves from two classes are one whole, not two.
SELECT status, charge, balance FROM billing.charge(1200, 1, 'real', 'charge-real', 1434, 153, 700);
SELECT status, charge FROM billing.charge(1200, 1, 'half', 'charge-tiny', 1, 0);
SELECT status, charge FROM billing.charge(1200, 1, 'below half', 'charge-tiny', 0, 1);
SELECT status, charge FROM billing.charge(1200, 1, 'rounded once', 'charge-tiny', 1, 1);
SELECT cash, bonus, arrears, balance, balance_shown FROM billing.balance(1200);

-- R20: the tier is the prompt's (input + cache read + cache write, not output); exactly 1,000 do not
-- exceed it, 1,001 do and are priced wholly there.
SELECT status, charge FROM billing.charge(1200, 1, 'tier 1000', 'charge-tier', 500, 5000, 300, 200);
SELECT status, charge FROM billing.charge(1200, 1, 'tier 1001', 'charge-tier', 500, 5000, 301, 200);
SELECT status, charge FROM billing.charge(1200, 1, 'no prompt', 'charge-tier', 0, 5000);
SELECT prompt_tokens_over, input FROM billing_books.price AS p JOIN billing_books.usage_event AS u USING (price_id)
WHERE u.account_id = 1200 AND u.request_id LIKE 'tier%' ORDER BY 1;

-- A model that costs nothing, and a request of no tokens: charged 0, which is not free, and no entry.
SELECT status, charge FROM billing.charge(1200, 1, 'zero', 'charge-zero', 1000000, 1000000);
SELECT status, charge FROM billing.charge(1200, 1, 'nothing', 'charge-real', 0, 0);
SELECT request_id, status, entry_count, first_entry_no FROM billing_books.usage_event WHERE account_id = 1200 AND request_id IN ('zero', 'nothing') ORDER BY 1;

-- R7: bonus before cash; bonus that expires soonest first, no expiry last, then oldest first; cash in
-- the order of its top-ups. Made in another order than they pay.
SELECT lot_no FROM billing.record_offline_payment(1201, 5, 'cash 1', '1201 bank 1');
SELECT lot_no FROM billing.grant_bonus(1201, 5, 'bonus for ever');
SELECT lot_no FROM billing.grant_bonus(1201, 5, 'bonus late', expires_at => now() + interval '20 days');
SELECT lot_no FROM billing.record_offline_payment(1201, 5, 'cash 2', '1201 bank 2');
SELECT lot_no FROM billing.grant_bonus(1201, 5, 'bonus soon', expires_at => now() + interval '10 days');
SELECT lot_no FROM billing.adjust(1201, 5, 'credit for ever');
SELECT lot_no FROM billing.grant_bonus(1201, 5, 'bonus late, again', expires_at => now() + interval '20 days');
SELECT status, charge, balance FROM billing.charge(1201, 1, 'all', 'charge-one', 33, 0);
SELECT item, amount, lot_no, order_id, entry_no FROM billing.explain_charge(1201, 'all') WHERE item ~ '^(paid by|left as)';

-- R8: never fails for lack of money: the rest becomes arrears, the balance negative.
SELECT status, charge, balance FROM billing.charge(1201, 1, 'beyond', 'charge-one', 10, 0);
SELECT item, amount, lot_no, order_id FROM billing.explain_charge(1201, 'beyond') WHERE item ~ '^(paid by|left as)';
SELECT cash, bonus, arrears, balance, callable, reason FROM billing.balance(1201);
SELECT status, charge, balance FROM billing.charge(1201, 1, 'further', 'charge-one', 1, 0);

-- R9: calls are allowed while the balance is >= 0; exactly zero is allowed, unless block_at_zero is on.
-- charge() books in either case.
SELECT api_key FROM billing.create_api_key(1202, 'gate') \gset
SELECT allowed, reason, balance, shortfall FROM billing.authorize(:'api_key');
SELECT billing.set_policy('block_at_zero', 'on');
SELECT allowed, reason, balance, shortfall, retryable FROM billing.authorize(:'api_key');
SELECT status, charge FROM billing.charge(1202, 1, 'blocked, but it happened', 'charge-zero', 1, 1);
SELECT billing.set_policy('block_at_zero', NULL);
SELECT status, charge, balance FROM billing.charge(1202, 1, 'one', 'charge-one', 1, 0);
SELECT allowed, reason, balance, shortfall, retryable FROM billing.authorize(:'api_key');

-- R9: usage that occurred before go_live_at is free, for ever, and until then calls are allowed whatever
-- the balance. Deleted keys, locks and plan keys are judged before; changing the policy re-decides nothing.
SELECT billing.set_policy('go_live_at', (now() + interval '1 hour')::text);
SELECT allowed, reason, balance, shortfall FROM billing.authorize(:'api_key');
SELECT status, charge, balance, reason FROM billing.charge(1202, 1, 'before go-live', 'charge-one', 7, 0);
SELECT status, charge, reason FROM billing.charge(1202, 1, 'before go-live, unpriced', 'charge-unheard-of', 7, 0);
SELECT key_id FROM billing.create_api_key(1202, 'deleted before go-live') \gset
SELECT billing.delete_api_key(1202, :key_id);
SELECT status, reason FROM billing.charge(1202, :key_id, 'before go-live, deleted key', 'charge-one', 7, 0);
SELECT billing.set_policy('clock_jump', '1 day');
SET billing.clock_offset = '2h';
SELECT status, charge, balance FROM billing.charge(1202, 1, 'after go-live', 'charge-one', 1, 0);
SELECT status, charge, balance FROM billing.charge(1202, 1, 'late report from before', 'charge-one', 1, 0, occurred_at => now());
RESET billing.clock_offset;
SELECT billing.set_policy('go_live_at', NULL);
SELECT status, charge, balance, reason FROM billing.charge(1202, 1, 'before go-live', 'charge-one', 7, 0);
SELECT billing.settle() AS settled;
SELECT request_id, status, charge, reason FROM billing_books.usage_event WHERE account_id = 1202 ORDER BY recorded_at;
SELECT billing.set_policy('clock_jump', NULL);

-- R10: usage that started before the key was deleted is charged even if reported later; what started at
-- that instant or after it is rejected. The key's name stays.
SELECT key_id FROM billing.create_api_key(1203, 'short-lived') \gset
SELECT clock_timestamp() AS before \gset
SELECT billing.delete_api_key(1203, :key_id);
SELECT billing.delete_api_key(1203, :key_id) AS again;
SELECT deleted_at AS at FROM billing_books.api_key WHERE account_id = 1203 AND key_id = :key_id \gset
SELECT status, charge FROM billing.charge(1203, :key_id, 'before', 'charge-one', 1, 0, occurred_at => :'before');
SELECT status, charge, reason FROM billing.charge(1203, :key_id, 'at', 'charge-one', 1, 0, occurred_at => :'at');
SELECT status, charge, balance, reason FROM billing.charge(1203, :key_id, 'after', 'charge-one', 1, 0);
SELECT request_id, key_name, status, reason FROM billing_books.usage_event WHERE account_id = 1203 ORDER BY recorded_at;

-- B&S 4.10: usage stamped before a lock is charged, during it rejected, after it charged again, whenever
-- it is reported: under the lock, or when it is lifted. The reasons are those of the lock that was in force.
SELECT clock_timestamp() AS before \gset
SELECT billing.lock_account(1204);
SELECT clock_timestamp() AS during \gset
SELECT status, charge FROM billing.charge(1204, 1, 'before, reported under the lock', 'charge-one', 1, 0, occurred_at => :'before');
SELECT status, reason FROM billing.charge(1204, 1, 'during, reported under the lock', 'charge-one', 1, 0, occurred_at => :'during');
SELECT billing.lock_account(1204, 'dispute');
SELECT clock_timestamp() AS during_both \gset
SELECT billing.unlock_account(1204, 'operator');
SELECT clock_timestamp() AS during_dispute \gset
SELECT billing.unlock_account(1204, 'dispute');
SELECT clock_timestamp() AS after \gset
SELECT status, charge FROM billing.charge(1204, 1, 'before, reported after', 'charge-one', 1, 0, occurred_at => :'before');
SELECT status, reason FROM billing.charge(1204, 1, 'during, reported after', 'charge-one', 1, 0, occurred_at => :'during');
SELECT status, reason FROM billing.charge(1204, 1, 'during both, reported after', 'charge-one', 1, 0, occurred_at => :'during_both');
SELECT status, reason FROM billing.charge(1204, 1, 'during the dispute, reported after', 'charge-one', 1, 0, occurred_at => :'during_dispute');
SELECT status, charge FROM billing.charge(1204, 1, 'after', 'charge-one', 1, 0, occurred_at => :'after');
-- At the very instants: a lock begins at locked_at and ends just before unlocked_at.
SELECT min(locked_at) AS locked_at, max(unlocked_at) AS unlocked_at FROM billing_books.account_lock WHERE account_id = 1204 \gset
SELECT status, reason FROM billing.charge(1204, 1, 'at the lock', 'charge-one', 1, 0, occurred_at => :'locked_at');
SELECT status, charge FROM billing.charge(1204, 1, 'at its end', 'charge-one', 1, 0, occurred_at => :'unlocked_at');
-- A closed account is locked for good.
SELECT clock_timestamp() AS before \gset
SELECT status FROM billing.close_account(1205, 'close');
SELECT status, reason FROM billing.charge(1205, 1, 'after closing', 'charge-one', 1, 0);
SELECT status, charge, balance FROM billing.charge(1205, 1, 'before closing', 'charge-one', 1, 0, occurred_at => :'before');

-- R3: plan keys draw on a plan alone, and there are none yet.
SELECT key_id AS plan_key_id FROM billing.create_api_key(1203, 'plan', 'plan') \gset
SELECT status, charge, balance, reason FROM billing.charge(1203, :plan_key_id, 'plan', 'charge-one', 1, 0);

-- R20: without a price usage waits as unpriced, is listed, and holds the closing up; set_price() moves no
-- money; settle() charges what has a price at its time, in the order of (occurred_at, request_id in byte
-- order, R7), and never twice.
SELECT now() AS at, clock_timestamp() AS later \gset
SELECT status, charge, balance, reason FROM billing.charge(1206, 1, 'b', 'charge-new', 3, 0, occurred_at => :'later');
SELECT status FROM billing.charge(1206, 1, 'a', 'charge-new', 2, 0, occurred_at => :'later');
SELECT status FROM billing.charge(1206, 1, 'B', 'charge-new', 4, 0, occurred_at => :'later');
SELECT status FROM billing.charge(1206, 1, 'z', 'charge-new', 1, 0, occurred_at => :'at');
SELECT status FROM billing.charge(1206, 1, 'never priced', 'charge-never', 1, 0);
SELECT status, reason FROM billing.charge(1206, 1, 'a', 'charge-new', 2, 0, occurred_at => :'later');
SELECT currency, model, events, accounts FROM billing.unpriced_usage WHERE model LIKE 'charge-%' ORDER BY model;
SELECT test.attempt('SELECT billing.close_account(1206, ''close'')');
SELECT lot_no FROM billing.grant_bonus(1206, 5, 'bonus');
SELECT billing.settle() AS settled;
SELECT billing.set_price('charge-new', 'CNY', 1000000, 0, effective_from => '2025-01-01 00:00+00') IS NOT NULL AS set;
SELECT balance FROM billing.balance(1206);
SELECT status, charge, balance, reason FROM billing.charge(1206, 1, 'a', 'charge-new', 2, 0);
SELECT billing.settle(1) AS settled;
SELECT request_id, charge FROM billing_books.usage_event WHERE account_id = 1206 AND status = 'charged';
SELECT billing.settle() AS settled;
SELECT billing.settle() AS settled;
SELECT source, debit, credit, lot_no, amount, balance_after FROM billing.statement(1206) WHERE source_type = 'charge';
SELECT status, charge, balance FROM billing.charge(1206, 1, 'a', 'charge-new', 2, 0);
SELECT request_id, status, charge, settled_at > recorded_at AS charged_later FROM billing_books.usage_event WHERE account_id = 1206 ORDER BY request_id COLLATE "C";

-- Exactly once: the same request again is a duplicate, whatever its occurred_at, and answers what the
-- first was charged; another payload is an error that names both, in each of its parts.
SELECT key_id AS other_key_id FROM billing.create_api_key(1207, 'other') \gset
SELECT status, charge, balance FROM billing.charge(1207, 1, 'once', 'charge-real', 1, 2, 3, 4);
SELECT status, charge, balance FROM billing.charge(1207, 1, 'once', 'charge-real', 1, 2, 3, 4);
SELECT status, charge, balance FROM billing.charge(1207, 1, 'once', 'charge-real', 1, 2, 3, 4, occurred_at => now());
SELECT test.attempt('SELECT billing.charge(1207, ' || payload || ')') FROM (VALUES
    ('2, ''once'', ''charge-real'', 1, 2, 3, 4'), ('1, ''once'', ''charge-tiny'', 1, 2, 3, 4'),
    ('1, ''once'', ''charge-real'', 2, 2, 3, 4'), ('1, ''once'', ''charge-real'', 1, 3, 3, 4'),
    ('1, ''once'', ''charge-real'', 1, 2, 4, 4'), ('1, ''once'', ''charge-real'', 1, 2, 3, 5')) AS p (payload);
SELECT count(*) FROM billing_books.usage_event WHERE account_id = 1207;
-- Ids are of one account, and of one spelling: case, blanks and accents count.
SELECT status FROM billing.charge(1208, 1, 'once', 'charge-real', 9, 9);
SELECT status FROM billing.charge(1207, 1, 'Once', 'charge-real', 1, 2, 3, 4);
SELECT status FROM billing.charge(1207, 1, 'once ', 'charge-real', 1, 2, 3, 4);
SELECT status FROM billing.charge(1207, 1, U&'onc\0065\0301', 'charge-real', 1, 2, 3, 4);
-- The id belongs to its first row whatever its status: a rejected request stays rejected.
SELECT billing.lock_account(1208);
SELECT status, reason FROM billing.charge(1208, 1, 'rejected', 'charge-real', 1, 1);
SELECT billing.unlock_account(1208);
SELECT status, charge, reason FROM billing.charge(1208, 1, 'rejected', 'charge-real', 1, 1);

-- The window is dedupe_window (35 days) by receipt. Still within it 34 days later, in another leaf for
-- certain; after 36 days the id names a new request.
SET billing.clock_offset = '34d';
SELECT status, charge FROM billing.charge(1207, 1, 'once', 'charge-real', 1, 2, 3, 4);
SELECT test.attempt('SELECT billing.charge(1207, 1, ''once'', ''charge-real'', 1, 2, 3, 5)');
SET billing.clock_offset = '36d';
SELECT status, charge FROM billing.charge(1207, 1, 'once', 'charge-real', 1, 2, 3, 5);
SELECT status FROM billing.charge(1207, 1, 'once', 'charge-real', 1, 2, 3, 5);
SELECT input_tokens, cache_write_tokens FROM billing_books.usage_event WHERE account_id = 1207 AND request_id = 'once' ORDER BY recorded_at;
SELECT count(*) AS leaves FROM (SELECT DISTINCT tableoid FROM billing_books.usage_event WHERE account_id = 1207 AND request_id = 'once') AS t;
-- explain_charge() takes the newest row of an id; occurred_at names an older one.
SELECT quantity FROM billing.explain_charge(1207, 'once') WHERE item = 'cache write';
SELECT quantity FROM billing_books.usage_event AS u, billing.explain_charge(1207, 'once', u.occurred_at)
WHERE u.account_id = 1207 AND u.request_id = 'once' AND item = 'cache write' ORDER BY u.recorded_at;
-- A shorter window forgets earlier, a longer one later.
SELECT billing.set_policy('dedupe_window', '1 day');
SET billing.clock_offset = '50d';
SELECT status FROM billing.charge(1209, 1, 'daily', 'charge-real', 1, 1);
SET billing.clock_offset = '1225h'; -- 51 days and an hour
SELECT status FROM billing.charge(1209, 1, 'daily', 'charge-real', 1, 1);
SELECT billing.set_policy('dedupe_window', '56 days');
SELECT status FROM billing.charge(1209, 1, 'daily', 'charge-real', 1, 1);
RESET billing.clock_offset;
SELECT billing.set_policy('dedupe_window', NULL);

-- An id that was used again after its window, both times without a price: both are settled in one call.
SELECT status FROM billing.charge(1216, 1, 'twice', 'charge-later', 1, 0);
SET billing.clock_offset = '36d';
SELECT status FROM billing.charge(1216, 1, 'twice', 'charge-later', 2, 0);
SELECT billing.set_price('charge-later', 'CNY', 1000000, 0, effective_from => '2025-01-01 00:00+00') IS NOT NULL AS set;
SELECT billing.settle() AS settled;
RESET billing.clock_offset;
SELECT request_id, charge FROM billing_books.usage_event WHERE account_id = 1216 ORDER BY recorded_at;
SELECT check_name, account_id FROM test.verify();

-- Usage lands in the leaf of the month (UTC) of its receipt, whatever its occurred_at; where there is no
-- leaf, in the default one, and is found there again.
SELECT status FROM billing.charge(1210, 1, 'now', 'charge-real', 1, 1);
SET billing.clock_offset = '45d';
SELECT status FROM billing.charge(1210, 1, 'later', 'charge-real', 1, 1);
SELECT status FROM billing.charge(1210, 1, 'later, of long ago', 'charge-real', 1, 1, occurred_at => now() + interval '11 days');
SET billing.clock_offset = '400d';
SELECT status FROM billing.charge(1210, 1, 'far', 'charge-real', 1, 1);
SET billing.clock_offset = '434d';
SELECT status FROM billing.charge(1210, 1, 'far', 'charge-real', 1, 1);
RESET billing.clock_offset;
SELECT request_id, CASE tableoid::regclass::text
           WHEN to_char(recorded_at AT TIME ZONE 'UTC', '"billing_books.usage_event_"YYYY_MM') THEN 'of its month'
           WHEN 'billing_books.usage_event_default' THEN 'default' ELSE 'another' END AS leaf
FROM billing_books.usage_event WHERE account_id = 1210 ORDER BY recorded_at;

-- Two texts with one hash: the second gets the next probe, and each stays its own request. (No two such
-- texts are known; so the first row is put in by hand.)
INSERT INTO billing_books.usage_event (account_id, request_hash, probe, request_id, key_id, key_name, model, input_tokens,
    cache_read_tokens, cache_write_tokens, output_tokens, occurred_at, recorded_at, settled_at, status, reason)
SELECT 1211, ('x' || left(encode(sha256('second'), 'hex'), 16))::bit(64)::bigint, 0, 'first', 1, 'prod', 'charge-real', 1, 0, 0, 1,
       last_booked_at, last_booked_at, last_booked_at, 'rejected', 'no_plan'
FROM billing_books.account WHERE account_id = 1211;
SELECT status, charge FROM billing.charge(1211, 1, 'second', 'charge-real', 1000, 1);
SELECT status, charge FROM billing.charge(1211, 1, 'second', 'charge-real', 1000, 1);
SELECT request_id, probe, status FROM billing_books.usage_event WHERE account_id = 1211 ORDER BY probe;
SELECT amount FROM billing.explain_charge(1211, 'second') WHERE item = 'charge';
SELECT status, id FROM billing.reverse_charge(1211, 'second', 'undo');
SELECT item, amount FROM billing.explain_charge(1211, 'second') WHERE item LIKE 'given back%';
-- Each as its own text has it, so that verify() has nothing to tell.
BEGIN;
SET LOCAL billing.allow_history_change = on;
UPDATE billing_books.usage_event SET request_hash = ('x' || left(encode(sha256(request_id::bytea), 'hex'), 16))::bit(64)::bigint, probe = 0 WHERE account_id = 1211;
UPDATE billing_books.charge_reversal SET probe = 0 WHERE account_id = 1211;
COMMIT;

-- B&S 4.11: the edges of what is accepted. Up to future_tolerance ahead of the clock; from the moment the
-- account was made; not older than the window. Errors take no id.
SELECT test.attempt('SELECT billing.charge(1212, 1, ''ahead'', ''charge-real'', 1, 1, occurred_at => clock_timestamp() + interval ''5 min 10 s'')');
SELECT status FROM billing.charge(1212, 1, 'ahead', 'charge-real', 1, 1, occurred_at => clock_timestamp() + interval '4 min 50 s');
SELECT created_at FROM billing_books.account WHERE account_id = 1212 \gset
SELECT test.attempt(format('SELECT billing.charge(1212, 1, ''first'', ''charge-real'', 1, 1, occurred_at => %L)', :'created_at'::timestamptz - interval '1 us'));
SELECT status FROM billing.charge(1212, 1, 'first', 'charge-real', 1, 1, occurred_at => :'created_at');
SET billing.clock_offset = '36d';
SELECT test.attempt('SELECT billing.charge(1212, 1, ''old'', ''charge-real'', 1, 1, occurred_at => clock_timestamp() + interval ''12 hours'')');
SELECT status FROM billing.charge(1212, 1, 'old', 'charge-real', 1, 1, occurred_at => clock_timestamp() + interval '25 hours');
RESET billing.clock_offset;
SELECT request_id, status FROM billing_books.usage_event WHERE account_id = 1212 ORDER BY recorded_at;

-- The clock of an account never goes back: by a clock that is behind by more than clock_jump nothing is booked, by one that is a little behind where the account is.
SELECT regexp_replace(test.attempt('SELECT billing.charge(1212, 1, ''afterwards'', ''charge-real'', 1, 1)'), ' at .*', '') AS attempt;
SET billing.clock_offset = 3110100; -- 36 days less five minutes
SELECT status FROM billing.charge(1212, 1, 'afterwards', 'charge-real', 1, 1);
RESET billing.clock_offset;
SELECT bool_and(recorded_at > now() + interval '35 days 23 hours 58 minutes') AS in_the_future FROM billing_books.usage_event
WHERE account_id = 1212 AND request_id = 'afterwards';
SELECT value::int > 0 AS told, detail LIKE 'booked by a clock that was ahead, the furthest at %' AS why FROM billing.status() WHERE name = 'accounts ahead of the clock';

-- The largest request at the highest price fits. What would raise arrears beyond what the books can hold is
-- kept unpriced, with its reason, and settled when there is room again: nothing is lost, nothing half booked.
SELECT billing.set_price('charge-dear', 'CNY', 1000000, 1000000, effective_from => '2025-01-01 00:00+00') IS NOT NULL AS set;
SELECT test.attempt('SELECT billing.charge(1213, 1, ''dear'', ''charge-dear'', 200000001, 0)');
SELECT status, charge, balance FROM billing.charge(1213, 1, 'dear', 'charge-dear', 200000000, 200000000, 200000000, 200000000);
SELECT status, charge, balance, reason FROM billing.charge(1213, 1, 'dearer', 'charge-dear', 200000000, 0);
SELECT status, charge, balance, reason FROM billing.charge(1213, 1, 'up to the limit', 'charge-dear', 199999999, 0);
SELECT status, charge, balance, reason FROM billing.charge(1213, 1, 'dearer', 'charge-dear', 200000000, 0);
SELECT billing.settle() AS settled;
SELECT status, balance FROM billing.write_off(1213, 500000000, 'room');
SELECT billing.settle() AS settled;
SELECT status, charge, balance, reason FROM billing.charge(1213, 1, 'dearer', 'charge-dear', 200000000, 0);

-- One call may book many requests of several accounts.
SELECT account_id, r.status, r.charge, r.balance
FROM generate_series(1214, 1215) AS account_id, generate_series(1, 2) AS n, billing.charge(account_id, 1, 'r' || n, 'charge-one', n, 0) AS r;

-- A request that is stamped ahead of its receipt still counts once where its stamp lies in the window and its
-- receipt does not any more.
SELECT billing.create_account(1240, 'cn');
SELECT key_id FROM billing.create_api_key(1240, 'key');
SELECT clock_timestamp() + interval '4 minutes' AS ahead \gset
SELECT status FROM billing.charge(1240, 1, 'ahead', 'charge-one', 1, 0, occurred_at => :'ahead');
SET billing.clock_offset = 3024060; -- 35 days and a minute
SELECT status FROM billing.charge(1240, 1, 'ahead', 'charge-one', 1, 0, occurred_at => :'ahead');
SET billing.clock_offset = 3024600; -- nine minutes later neither does
SELECT left(test.attempt(format('SELECT billing.charge(1240, 1, ''ahead'', ''charge-one'', 1, 0, occurred_at => %L)', :'ahead')), 5) AS code;
SELECT status FROM billing.charge(1240, 1, 'ahead', 'charge-one', 1, 0);
RESET billing.clock_offset;

-- Rounded once: 20000.0000000004995 is 20000.000000000, not .000000001 by way of twelve decimals.
SELECT billing.set_price('charge-half', 'CNY', 100, 0.0004995, effective_from => '2025-01-01 00:00+00') IS NOT NULL AS set;
SELECT billing.create_account(1241, 'cn');
SELECT key_id FROM billing.create_api_key(1241, 'key');
SELECT charge FROM billing.charge(1241, 1, 'half', 'charge-half', 200000000, 1);

-- A model that was mistyped never gets a price: an operator rejects its usage, with a reason. It is final.
SELECT status FROM billing.charge(1219, 1, 'mistyped', 'charge-mistyped', 7, 0);
SELECT status FROM billing.charge(1219, 1, 'typed', 'charge-one', 1, 0);
SELECT test.attempt('SELECT billing.reject_usage(1219, ''mistyped'', '''')');
SELECT billing.reject_usage(1219, 'mistyped', 'no such model', 'ann');
SELECT billing.reject_usage(1219, 'mistyped', 'no such model', 'ann');
SELECT test.attempt('SELECT billing.reject_usage(1219, ''typed'', ''no such model'')');
SELECT test.attempt('SELECT billing.reject_usage(1219, ''never told'', ''no such model'')');
SELECT status, charge, reason FROM billing.charge(1219, 1, 'mistyped', 'charge-mistyped', 7, 0);
SELECT billing.set_price('charge-mistyped', 'CNY', 1, 0, effective_from => '2025-01-01 00:00+00') > 0 AS priced;
SELECT billing.settle() AS settled;
SELECT request_id, status, charge, reason FROM billing_books.usage_event WHERE account_id = 1219 AND request_id ~ 'typed' ORDER BY 1;
SELECT object, actor, reason FROM billing_books.audit_log WHERE action = 'reject_usage';
SELECT * FROM test.verify();
