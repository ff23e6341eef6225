-- Bank transfers that an operator books, and their reversal (R1, R2, R6, R13, R21, R22). Accounts 1400 to 1409.
SELECT count(billing.create_account(account_id, 'cn')) AS accounts FROM generate_series(1400, 1407) AS account_id;
SELECT billing.create_account(1408, 'global'), billing.create_account(1409, 'cn');
SELECT count(billing.create_api_key(account_id, 'prod')) AS keys FROM generate_series(1400, 1408) AS account_id;
SELECT billing.set_price('payment', 'CNY', 1000000, 0, effective_from => '2025-01-01 00:00+00') IS NOT NULL AS set;

-- R2: a payment counts at once: balance, records, cumulative top-up. Offline works in both regions (R1).
SELECT * FROM billing.record_offline_payment(1400, 100, 'first', '1400 bank 1', reason => 'transfer of Monday');
SELECT * FROM billing.record_offline_payment(1408, 0.01, 'first', '1408 bank 1', 'USD');
SELECT cash, balance, total_topup, total_refunded, callable FROM billing.balance(1400);
SELECT currency, balance, total_topup FROM billing.balance(1408);
SELECT order_id, kind, method, state, currency, pay_amount FROM billing_books.payment_order WHERE account_id = 1400;
SELECT payment_id, order_id, gateway, transaction_id, state, currency, amount, actor = session_user AS by_me FROM billing_books.payment WHERE account_id = 1400;
SELECT entry_no, debit, credit, gateway, lot_no, amount, source_type, source_id, actor = session_user AS by_me FROM billing_books.ledger_entry WHERE account_id = 1400;

-- R5: the same call, the same row; the bank's reference counts once, under whatever key.
SELECT * FROM billing.record_offline_payment(1400, 100.00, 'first', '1400 bank 1');
SELECT test.attempt('SELECT billing.record_offline_payment(1400, 100, ''second'', ''1400 bank 1'')');
SELECT total_topup FROM billing.balance(1400);

-- R6, arrears first. Balance -12.30, top-up 100 -> cash 87.70; top-up 10 -> arrears 2.30, still blocked.
SELECT status, balance FROM billing.adjust(1401, -12.30, 'owed');
SELECT status, balance FROM billing.record_offline_payment(1401, 100, 'payment', '1401 bank');
SELECT cash, arrears, callable, total_topup FROM billing.balance(1401);
SELECT entry_no, source_type, debit, credit, lot_no, amount, balance_after FROM billing.statement(1401) WHERE entry_no > 1;
SELECT status, balance FROM billing.adjust(1402, -12.30, 'owed');
SELECT status, balance FROM billing.record_offline_payment(1402, 10, 'payment', '1402 bank');
SELECT cash, arrears, callable, reason, total_topup FROM billing.balance(1402);

-- paid_at may lie behind, and decides whether a lock was in force: paid before it is credited, after it not
-- (B&S 4.10), and a lock that was lifted stops nothing any more.
SELECT clock_timestamp() AS before \gset
SELECT billing.lock_account(1403);
SELECT status, balance FROM billing.record_offline_payment(1403, 1, 'before', '1403 bank 1', paid_at => :'before');
SELECT test.attempt('SELECT billing.record_offline_payment(1403, 1, ''after'', ''1403 bank 2'')');
SELECT test.attempt(format('SELECT billing.record_offline_payment(1403, 1, ''at'', ''1403 bank 2'', paid_at => %L)', locked_at)) FROM billing_books.account_lock WHERE account_id = 1403;
SELECT billing.lock_account(1403, 'dispute');
SELECT test.attempt('SELECT billing.record_offline_payment(1403, 1, ''after'', ''1403 bank 2'')');
SELECT billing.unlock_account(1403), billing.unlock_account(1403, 'dispute');
SELECT status, balance FROM billing.record_offline_payment(1403, 1, 'after', '1403 bank 2');
SELECT status FROM billing.close_account(1404, 'close');
SELECT test.attempt(format('SELECT billing.record_offline_payment(1404, 1, ''before'', ''1404 bank'', paid_at => %L)', :'before'));
SELECT regexp_replace(test.attempt('SELECT billing.record_offline_payment(1403, 1, ''ahead'', ''1403 bank 3'', paid_at => clock_timestamp() + interval ''1 hour'')'), ', is .*', '') AS attempt;
SELECT occurred_at = :'before' AS stamped_by_the_payer FROM billing_books.ledger_entry WHERE account_id = 1403 AND entry_no = 1;

-- R22: a payment booked by mistake is taken back whole: first what its lot still has, the rest as arrears,
-- which other credit pays at once; no lock; the cumulative top-up goes down (R2).
SELECT status, id FROM billing.record_offline_payment(1405, 50, 'mistake', '1405 bank 1');
SELECT status, charge, balance FROM billing.charge(1405, 1, 'used', 'payment', 13, 0);
SELECT * FROM billing.reverse_offline_payment(1405, 1, 'reverse', reason => 'not ours');
SELECT entry_no, source_type, source, debit, credit, lot_no, amount, balance_after FROM billing.statement(1405);
SELECT cash, arrears, total_topup, total_refunded, callable, reason FROM billing.balance(1405);
SELECT take_back_id, payment_id, gateway, kind, amount, reason FROM billing_books.take_back WHERE account_id = 1405;
SELECT * FROM billing.reverse_offline_payment(1405, 1, 'reverse');
SELECT test.attempt('SELECT billing.reverse_offline_payment(1405, 1, ''twice'')');
-- The reference is free again: the right payment may carry it.
SELECT status, id, lot_no, balance FROM billing.record_offline_payment(1405, 20, 'right', '1405 bank 1');
SELECT cash, total_topup FROM billing.balance(1405);
-- And it may be another account's: over all accounts it counts once, until it is reversed (B&S 4.1).
SELECT test.attempt('SELECT billing.record_offline_payment(1409, 20, ''right'', ''1405 bank 1'')');
SELECT status FROM billing.reverse_offline_payment(1405, 2, 'not there either');
SELECT status, id, lot_no, balance FROM billing.record_offline_payment(1409, 20, 'right', '1405 bank 1');
SELECT test.attempt('SELECT billing.record_offline_payment(1405, 20, ''once more'', ''1405 bank 1'')');
SELECT try, account_id, payment_id FROM billing_books.payment_claim WHERE transaction_id = '1405 bank 1' ORDER BY try;
-- Other credit pays: bonus first, then cash by age (R7).
SELECT status FROM billing.record_offline_payment(1406, 30, 'mistake', '1406 bank 1');
SELECT status FROM billing.record_offline_payment(1406, 10, 'other', '1406 bank 2');
SELECT status FROM billing.charge(1406, 1, 'used', 'payment', 25, 0);
SELECT status FROM billing.grant_bonus(1406, 4, 'gift');
SELECT status, balance FROM billing.reverse_offline_payment(1406, 1, 'reverse');
SELECT entry_no, source_type, debit, credit, lot_no, amount, balance_after FROM billing.statement(1406) WHERE entry_no > 4;
SELECT lot_no, kind, amount, remaining FROM billing_books.lot WHERE account_id = 1406 ORDER BY lot_no;
-- A reversal under a lock is booked all the same: it is a fact.
SELECT billing.lock_account(1406);
SELECT status, balance FROM billing.reverse_offline_payment(1406, 2, 'reverse 2');
SELECT billing.unlock_account(1406);
SELECT locks FROM billing_books.account WHERE account_id = 1406;
SELECT * FROM test.verify();
