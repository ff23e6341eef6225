-- authorize() and balance(): may a key call? (R9, R10, R13, B&S 4.10). Accounts 1300 to 1309.
SELECT count(billing.create_account(account_id, 'cn')) AS accounts FROM generate_series(1300, 1304) AS account_id;
SELECT billing.set_price('gate', 'CNY', 1000000, 0, effective_from => '2025-01-01 00:00+00') IS NOT NULL AS set;
SELECT api_key FROM billing.create_api_key(1300, 'prod') \gset
SELECT api_key AS plan_key FROM billing.create_api_key(1300, 'plan', 'plan') \gset
SELECT api_key AS other_key FROM billing.create_api_key(1300, 'other') \gset

-- An allowed key; its account and number are told, the reason is null.
SELECT * FROM billing.authorize(:'api_key');
-- The reasons, each with what a caller can do about it. Malformed: whatever is no key; no query is spent on it.
SELECT what, a.* FROM (VALUES ('null', NULL), ('empty', ''), ('a letter less', left(:'api_key', -1)), ('a letter more', :'api_key' || 'x'),
    ('upper case', upper(:'api_key')), ('another prefix', 'tp-' || substr(:'api_key', 4)), ('a blank in front', ' ' || :'api_key'),
    ('two letters changed places', overlay(:'api_key' placing reverse(substr(:'api_key', 20, 2)) from 20) ||
        CASE WHEN substr(:'api_key', 20, 1) = substr(:'api_key', 21, 1) THEN 'x' ELSE '' END)) AS t (what, key), billing.authorize(key) AS a;
-- Unknown: well formed, but of no account, or of a key whose secret is another (made here in another account).
SELECT api_key AS unknown_key FROM billing.create_api_key(1301, 'short-lived') \gset
BEGIN;
SET LOCAL billing.allow_history_change = on;
UPDATE billing_books.api_key SET secret_hash = sha256('other') WHERE account_id = 1301;
SELECT * FROM billing.authorize(:'unknown_key');
DELETE FROM billing_books.api_key WHERE account_id = 1301;
SELECT * FROM billing.authorize(:'unknown_key');
ROLLBACK;
SELECT allowed FROM billing.authorize(:'unknown_key');

-- Plan keys draw on a plan alone, whatever the balance (R3).
SELECT status FROM billing.grant_bonus(1300, 1, 'gift');
SELECT * FROM billing.authorize(:'plan_key');

-- Locks refuse, each by its name, in this order: closed, operator, dispute; lifting one leaves the others.
SELECT billing.lock_account(1300, 'dispute');
SELECT allowed, reason, balance, shortfall, retryable FROM billing.authorize(:'api_key');
SELECT billing.lock_account(1300, 'operator');
SELECT reason, retryable FROM billing.authorize(:'api_key');
SELECT reason FROM billing.authorize(:'plan_key');
SELECT callable, reason FROM billing.balance(1300);
SELECT billing.unlock_account(1300, 'operator');
SELECT reason FROM billing.authorize(:'api_key');
SELECT billing.unlock_account(1300, 'dispute');
SELECT allowed FROM billing.authorize(:'api_key');

-- A deleted key cannot call, from the moment it is deleted; that comes before the locks. The others go on.
SELECT billing.delete_api_key(1300, 3);
SELECT billing.lock_account(1300);
SELECT allowed, reason, account_id, key_id, retryable FROM billing.authorize(:'other_key');
SELECT billing.unlock_account(1300);
SELECT allowed FROM billing.authorize(:'api_key');

-- R9, R21: the gate compares exact values. -0.000000001 blocks; shown -0.01, never 0.00; the shortfall is
-- the least top-up in whole 0.01 that opens it.
SELECT api_key FROM billing.create_api_key(1302, 'prod') \gset
SELECT status, balance FROM billing.adjust(1302, -0.000000001, 'a nano');
SELECT allowed, reason, balance, shortfall, retryable FROM billing.authorize(:'api_key');
SELECT balance, balance_shown, callable, reason FROM billing.balance(1302);
SELECT status, balance FROM billing.record_offline_payment(1302, 0.01, 'cent', '1302 bank 1');
SELECT allowed, reason, balance, shortfall FROM billing.authorize(:'api_key');
SELECT balance, balance_shown, callable FROM billing.balance(1302);
SELECT status, balance FROM billing.adjust(1302, -1.009999999, 'down to a whole amount');
SELECT allowed, balance, shortfall FROM billing.authorize(:'api_key');
-- With block_at_zero a top-up that only reaches zero is not enough.
SELECT billing.set_policy('block_at_zero', 'on');
SELECT allowed, reason, balance, shortfall FROM billing.authorize(:'api_key');
SELECT status, balance FROM billing.record_offline_payment(1302, 1, 'to zero', '1302 bank 2');
SELECT allowed, reason, balance, shortfall FROM billing.authorize(:'api_key');
SELECT callable, reason FROM billing.balance(1302);
SELECT status, balance FROM billing.record_offline_payment(1302, 0.01, 'above', '1302 bank 3');
SELECT allowed, reason, balance FROM billing.authorize(:'api_key');
SELECT billing.set_policy('block_at_zero', NULL);

-- R9: before go_live_at money is no reason, all else is.
SELECT status, balance FROM billing.adjust(1302, -5, 'below');
SELECT reason FROM billing.authorize(:'api_key');
SELECT billing.set_policy('go_live_at', (now() + interval '1 day')::text);
SELECT allowed, reason, balance, shortfall FROM billing.authorize(:'api_key');
SELECT callable FROM billing.balance(1302);
SELECT billing.lock_account(1302);
SELECT reason FROM billing.authorize(:'api_key');
SELECT billing.unlock_account(1302);
SELECT reason FROM billing.authorize(:'plan_key');
SET billing.clock_offset = '25h';
SELECT allowed, reason FROM billing.authorize(:'api_key');
RESET billing.clock_offset;
SELECT billing.set_policy('go_live_at', NULL);

-- R19: expiry is true without jobs: at its instant the bonus leaves the gate and every balance, nothing booked.
SELECT api_key FROM billing.create_api_key(1303, 'prod') \gset
SELECT status FROM billing.charge(1303, 1, 'owed', 'gate', 2, 0);
SELECT status, balance FROM billing.grant_bonus(1303, 5, 'gift', expires_at => now() + interval '10 days');
SELECT billing.set_policy('block_at_zero', 'on');
SELECT allowed, balance FROM billing.authorize(:'api_key');
SET billing.clock_offset = '863940s'; -- a minute before
SELECT allowed, balance FROM billing.authorize(:'api_key');
SET billing.clock_offset = '864000s';
SELECT allowed, reason, balance, shortfall FROM billing.authorize(:'api_key');
SELECT bonus, balance, callable FROM billing.balance(1303);
SELECT count(*) AS booked FROM billing_books.ledger_entry WHERE account_id = 1303 AND credit = 'breakage';
RESET billing.clock_offset;
SELECT billing.set_policy('block_at_zero', NULL);

-- A closed account's keys are refused for good.
SELECT api_key FROM billing.create_api_key(1304, 'prod') \gset
SELECT status FROM billing.close_account(1304, 'close');
SELECT allowed, reason, retryable FROM billing.authorize(:'api_key');
SELECT callable, reason FROM billing.balance(1304);

-- Read-only, and in the caller's snapshot: what is booked in the same transaction counts.
SELECT api_key FROM billing.create_api_key(1301, 'prod') \gset
BEGIN READ ONLY;
SELECT allowed FROM billing.authorize(:'api_key');
COMMIT;
BEGIN;
SELECT status FROM billing.adjust(1301, -1, 'below');
SELECT allowed, reason FROM billing.authorize(:'api_key');
ROLLBACK;
SELECT allowed FROM billing.authorize(:'api_key');
SELECT * FROM test.verify();
