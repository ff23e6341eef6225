-- Accounts: made once, locked for reasons, closed for good (R1, B&S 3, 4.10). Accounts 1000 to 1019.
SELECT billing.create_account(1000, 'cn', 'a@example.com', '+8613800138000', 'Asia/Shanghai', 'customer 1000');
SELECT billing.create_account(1001, 'global');
SELECT a.account_id, region, currency, email, mobile, time_zone, external_ref, cash, bonus, arrears, locks, last_entry_no
FROM billing_books.account AS a JOIN billing_books.account_profile USING (account_id) WHERE account_id IN (1000, 1001) ORDER BY 1;
SELECT * FROM billing.balance(1001);
-- Again with the same arguments: that account, by its id or its external_ref; with others an error.
SELECT billing.create_account(1000, 'cn', 'a@example.com', '+8613800138000', 'Asia/Shanghai', 'customer 1000');
SELECT billing.create_account(1000, 'cn', 'a@example.com', '+8613800138000', NULL, 'customer 1000') AS default_time_zone;
SELECT billing.create_account(NULL, 'cn', 'a@example.com', '+8613800138000', 'Asia/Shanghai', 'customer 1000');
SELECT test.attempt('SELECT billing.create_account(1000, ''global'', ''a@example.com'', ''+8613800138000'', ''Asia/Shanghai'', ''customer 1000'')');
SELECT test.attempt('SELECT billing.create_account(1002, ''cn'', ''a@example.com'', ''+8613800138000'', ''Asia/Shanghai'', ''customer 1000'')');
SELECT test.attempt('SELECT billing.create_account(1001, ''global'', external_ref => ''customer 1000'')');
-- Without an id one is made: positive, and free.
SELECT billing.create_account(NULL, 'global', external_ref => 'made') AS made \gset
SELECT :made > 0 AS positive, billing.create_account(NULL, 'global', external_ref => 'made') = :made AS same;
SELECT billing.create_account(NULL, 'global') <> :made AS another;
SELECT count(*) FROM billing_books.account JOIN billing_books.account_profile USING (account_id) WHERE external_ref = 'made';

-- Locks are a set, each set and lifted on its own, with who, when and why. Setting one twice does nothing.
SELECT billing.lock_account(1000, reason => 'complaint', actor => 'alice'), billing.lock_account(1000), billing.lock_account(1000, 'dispute');
SELECT locks FROM billing_books.account WHERE account_id = 1000;
SELECT billing.unlock_account(1000, actor => 'bob', reason => 'settled'), billing.unlock_account(1000);
SELECT callable, reason FROM billing.balance(1000);
SELECT billing.unlock_account(1000, 'dispute');
SELECT callable, reason FROM billing.balance(1000);
SELECT billing.lock_account(1000);
SELECT lock_no, lock, locked_by = session_user AS by_me, locked_by = 'alice' AS by_alice, lock_reason, unlocked_at >= locked_at AS lifted, unlocked_by = 'bob' AS by_bob, unlock_reason
FROM billing_books.account_lock WHERE account_id = 1000 ORDER BY lock_no;
SELECT action, object, actor = session_user AS by_me, reason FROM billing_books.audit_log WHERE account_id = 1000 ORDER BY audit_no;
SELECT billing.unlock_account(1000);

-- Closing: not with arrears, refundable cash, unsettled usage or a lock; then bonus and cash below 0.01 go to
-- breakage. It cannot be undone; statement and history stay.
SELECT billing.set_price('account', 'CNY', 1000000, 0, effective_from => '2025-01-01 00:00+00') IS NOT NULL AS set;
SELECT billing.create_account(1003, 'cn');
SELECT key_id FROM billing.create_api_key(1003, 'prod');
SELECT status FROM billing.charge(1003, 1, 'one', 'account', 1, 0);
SELECT test.attempt('SELECT billing.close_account(1003, ''close'')');
SELECT status FROM billing.record_offline_payment(1003, 1.02, 'payment', '1003 bank');
SELECT test.attempt('SELECT billing.close_account(1003, ''close'')');
SELECT status FROM billing.adjust(1003, -0.010000001, 'down to 0.009999999');
SELECT status FROM billing.grant_bonus(1003, 2, 'gift');
SELECT status FROM billing.grant_bonus(1003, 3, 'gift that expires', expires_at => now() + interval '1 day');
SELECT billing.lock_account(1003, 'dispute');
SELECT test.attempt('SELECT billing.close_account(1003, ''close'')');
SELECT billing.unlock_account(1003, 'dispute');
SET billing.clock_offset = '25h';
SELECT status, balance FROM billing.close_account(1003, 'close', reason => 'asked for it');
SELECT status, balance FROM billing.close_account(1003, 'close', reason => 'asked for it');
SELECT test.attempt('SELECT billing.close_account(1003, ''again'')');
SELECT entry_no, source_type, debit, credit, lot_no, amount, balance_after FROM billing.statement(1003) WHERE credit = 'breakage';
SELECT cash, bonus, arrears, callable, reason FROM billing.balance(1003);
SELECT test.attempt('SELECT billing.unlock_account(1003, ''closed'')');
SELECT test.attempt('SELECT billing.record_offline_payment(1003, 1, ''late'', ''1003 bank 2'')');
SELECT billing.lock_account(1003), billing.unlock_account(1003);
SELECT callable, reason FROM billing.balance(1003);
SELECT count(*) AS entries FROM billing.statement(1003);
RESET billing.clock_offset;
SELECT * FROM test.verify();
