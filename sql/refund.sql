-- Refunds (R12 to R14, B&S 4.4, 4.5): what can be, the lock, the review, parts that are paid by hand. Bank transfers
-- have no way back of their own: their parts are manual. test/tap has those of gateways. Accounts 2620 to 2629.
SELECT count(billing.create_account(account_id, 'cn')) AS accounts FROM generate_series(2620, 2629) AS account_id;
SELECT count(billing.create_api_key(account_id, 'prod')) AS keys FROM generate_series(2620, 2629) AS account_id;
SELECT billing.set_price('refund', 'CNY', 1000000, 0, effective_from => '2025-01-01 00:00+00') IS NOT NULL AS set;

-- R12: 100 paid, 30 consumed, 20 invoiced: 70. Bonus is never refunded, and an alert is silent about a refund (R11).
SELECT status FROM billing.record_offline_payment(2620, 100, 'a', '2620 a');
SELECT status FROM billing.record_offline_payment(2620, 50, 'b', '2620 b');
SELECT status FROM billing.charge(2620, 1, 'use', 'refund', 30, 0);
SELECT status FROM billing.grant_bonus(2620, 5, 'gift');
INSERT INTO billing_books.invoice (account_id, invoice_id, kind, state, created_at) VALUES (2620, 1, 'ordinary', 'requested', now()), (2620, 2, 'special', 'cancelled', now()), (2620, 3, 'special', 'failed', now());
INSERT INTO billing_books.invoice_line (account_id, invoice_id, order_id, amount) VALUES (2620, 1, 1, 20), (2620, 2, 1, 100), (2620, 3, 1, 100);
INSERT INTO billing_books.idempotent_call SELECT 2620, 'by hand ' || n, 'request_invoice', '', now(), format('{"invoice_id": %s, "amount": %s}', n, CASE n WHEN 1 THEN '20.000000000' ELSE '100.000000000' END)::jsonb FROM generate_series(1, 4) AS n;
SELECT * FROM billing.refund_quote(2620);
SELECT billing.set_balance_alert(2620, 60);

-- The request locks: no calls, no top-up, no second request; nobody else lifts that lock (R13).
SELECT refund_id, state, amount, paid_back, waiting, working_days FROM billing.request_refund(2620, 'we leave', 'request');
SELECT refund_id, state FROM billing.request_refund(2620, 'we leave, as we said', 'request');
SELECT refund_id FROM billing.request_refund(2620, 'again', 'request 2');
SELECT status FROM billing.charge(2620, 1, 'late', 'refund', 1, 0);
SELECT status FROM billing.record_offline_payment(2620, 1, 'c', '2620 c');
SELECT billing.unlock_account(2620, 'refund');
SELECT billing.reopen_account(2620);
SELECT status FROM billing.close_account(2620, 'close');
SELECT status FROM billing.refund_order(2620, 2, 1, 'one order');
-- By whoever writes: the tables' owner, too.
INSERT INTO billing_books.payment_order (account_id, order_id, kind, method, gateway, product, state, currency, pay_amount, discount, gift, created_at, expires_at, payable_until, actor)
    VALUES (2620, 9, 'topup', 'm', 'g', 'p', 'created', 'CNY', 1, 0, 0, now(), now(), now(), 'me');
INSERT INTO billing_books.invoice (account_id, invoice_id, kind, state, created_at) VALUES (2620, 4, 'ordinary', 'requested', now());
INSERT INTO billing_books.refund (account_id, refund_id, state, amount, requested_at, requested_by) VALUES (2620, 9, 'accepted', 1, now(), 'me');

-- Not before refund_settle_wait is over, and not while usage is unsettled (R14).
SELECT status FROM billing.approve_refund(2620, 1, 'approve');
SELECT account_id, refund_id, state, amount, currency, working_days, overdue, approvable_from - requested_at AS wait, waiting FROM billing.refund_queue WHERE account_id = 2620;
SET billing.clock_offset = '2 h';
SELECT billing.meter(2620, 1, 'before', 'refund', 2, 0, occurred_at => (SELECT requested_at - interval '1 ms' FROM billing.refunds(2620)));
SELECT status FROM billing.approve_refund(2620, 1, 'approve');
SELECT billing.settle() > 0 AS settled;
SELECT status FROM billing.approve_refund(2620, 2, 'approve');

-- By two above second_person_above. What settled meanwhile is gone; a repeated call answers the same.
SELECT billing.set_policy('second_person_above', '100', 'CNY');
SELECT status FROM billing.approve_refund(2620, 1, 'approve', actor => 'one');
SELECT billing.set_policy('second_person_above', NULL, 'CNY');
SELECT billing.withdraw_approval(2620, 'approve', reason => 'policy changed');
SELECT status, id, balance FROM billing.approve_refund(2620, 1, 'approve 2', actor => 'one');
SELECT status, id, balance FROM billing.approve_refund(2620, 1, 'approve 2', actor => 'one');
SELECT status FROM billing.approve_refund(2620, 1, 'approve 3');
SELECT billing.reject_refund(2620, 1, 'too late');
SELECT item_id, order_id, gateway, state, amount, reason FROM billing.refund_items(2620);
SELECT what, account_id, id, gateway, amount, detail FROM billing.attention WHERE what = 'refund item' ORDER BY account_id;
SELECT account_id, state, waiting FROM billing.refund_queue WHERE account_id = 2620;
SELECT cash, bonus, arrears, balance_shown, callable, reason, total_refunded FROM billing.balance(2620);
SELECT count(*) AS alerts FROM billing_books.notification WHERE account_id = 2620 AND event LIKE 'balance%';
SELECT subject, order_id, consumed, refunded, remaining, refundable, reason FROM billing.refund_quote(2620);

-- Part by part: one by bank transfer, one released into its lot again. The lock stays until the account is reopened.
SELECT status, id, balance FROM billing.settle_refund_item_offline(2620, 1, 'transfer 1', 'settle');
SELECT status, id, balance FROM billing.settle_refund_item_offline(2620, 1, 'transfer 1', 'settle');
SELECT status FROM billing.release_refund_item(2620, 1, 'release');
SELECT status FROM billing.give_up_refund_item(2620, 2, 'give up');
SELECT billing.retry_refund_item(2620, 2);
SELECT refund_id, state, amount, paid_back, waiting, released FROM billing.refunds(2620);
SELECT status, id, balance FROM billing.release_refund_item(2620, 2, 'release 2');
SELECT refund_id, state, amount, paid_back, waiting, released FROM billing.refunds(2620);
SELECT cash, bonus, arrears, callable, reason, total_refunded FROM billing.balance(2620);
INSERT INTO billing_books.invoice (account_id, invoice_id, kind, state, created_at) VALUES (2620, 4, 'ordinary', 'requested', now());
SELECT billing.reopen_account(2620), billing.reopen_account(2620);
SELECT cash, callable, reason FROM billing.balance(2620);
SELECT action, object, new_value, actor = session_user AS by_me, reason FROM billing_books.audit_log WHERE account_id = 2620 ORDER BY recorded_at, action;

-- A refund that is rejected lifts its lock, and no other.
SELECT status FROM billing.record_offline_payment(2621, 10, 'a', '2621 a');
SELECT state FROM billing.request_refund(2621, 'x', 'request');
SELECT billing.lock_account(2621);
SELECT billing.reject_refund(2621, 1, 'it is used');
SELECT callable, reason FROM billing.balance(2621);
SELECT billing.unlock_account(2621);
SELECT refund_id, state, amount, reason, ended_at IS NOT NULL AS ended FROM billing.refunds(2621);
SELECT callable, reason FROM billing.balance(2621);

-- Nothing to refund is refused, and locks nothing: no money; all consumed; in arrears; less than 0.01.
SELECT state FROM billing.request_refund(2622, 'x', 'request');
SELECT status FROM billing.record_offline_payment(2622, 1, 'a', '2622 a');
SELECT status FROM billing.charge(2622, 1, 'use', 'refund', 2, 0);
SELECT state FROM billing.request_refund(2622, 'x', 'request');
SELECT status FROM billing.record_offline_payment(2622, 1.01, 'b', '2622 b');
SELECT billing.set_price('refund-fine', 'CNY', 1000, 0, effective_from => '2025-01-01 00:00+00') IS NOT NULL AS set;
SELECT status FROM billing.charge(2622, 1, 'fine', 'refund-fine', 1, 0);
SELECT state FROM billing.request_refund(2622, 'x', 'request');
SELECT subject, order_id, remaining, refundable, reason FROM billing.refund_quote(2622);
SELECT callable, reason FROM billing.balance(2622);

-- R14, R8: usage that settles after the approval becomes arrears, and the reserve is untouched; released, it pays them first.
SELECT status FROM billing.record_offline_payment(2623, 37.99, 'a', '2623 a');
SELECT state FROM billing.request_refund(2623, 'x', 'request');
SELECT requested_at - interval '1 ms' AS before_lock FROM billing.refunds(2623) \gset
SET billing.clock_offset = '4 h';
SELECT status, balance FROM billing.approve_refund(2623, 1, 'approve');
SELECT status, charge, balance FROM billing.charge(2623, 1, 'late', 'refund', 1, 0, occurred_at => :'before_lock');
SELECT cash, arrears FROM billing.balance(2623);
SELECT status, balance FROM billing.release_refund_item(2623, 1, 'release');
SELECT cash, arrears FROM billing.balance(2623);

-- One order (refund_order): no lock, up to what can be refunded of it (R12).
SELECT status FROM billing.record_offline_payment(2624, 30, 'a', '2624 a');
SELECT status FROM billing.refund_order(2624, 1, 30.01, 'too much');
SELECT status FROM billing.refund_order(2624, 2, 1, 'no order');
-- 0 names no order, and not all of them.
SELECT status FROM billing.record_offline_payment(2624, 5, 'b', '2624 b');
SELECT status FROM billing.refund_order(2624, 0, 0.01, 'zero');
SELECT status FROM billing.refund_order(2624, -1, 0.01, 'below zero');
SELECT billing.set_gateway('refund', 'wechat', 'cn', 'subject'), billing.set_payment_method('refund', 'refund', 'native');
SELECT order_id FROM billing.create_topup(2624, 10, 'refund', 'unpaid');
SELECT status FROM billing.refund_order(2624, 3, 1, 'it is not paid');
SELECT status, id, balance FROM billing.refund_order(2624, 1, 12, 'part', reason => 'paid twice');
SELECT status FROM billing.refund_order(2624, 1, 1, 'while one is open');
SELECT state FROM billing.request_refund(2624, 'x', 'while one is open, too');
SELECT callable FROM billing.balance(2624);
SELECT status, balance FROM billing.settle_refund_item_offline(2624, 1, 'transfer 2', 'settle');
SELECT status, balance FROM billing.refund_order(2624, 1, 18, 'the rest');
SELECT status, balance FROM billing.settle_refund_item_offline(2624, 2, 'transfer 3', 'settle 2');
SELECT state, amount, paid_back FROM billing.refunds(2624);
SELECT status FROM billing.reverse_offline_payment(2624, 1, 'it was a mistake');

-- All bonus leaves, or none: policy bonus_on_refund. What came with an order alone: test/tap.
SELECT status FROM billing.record_offline_payment(2625, 100, 'a', '2625 a');
SELECT billing.set_policy('bonus_on_refund', 'forfeit_all');
SELECT status FROM billing.grant_bonus(2625, 10, 'gift');
SELECT status FROM billing.refund_order(2625, 1, 50, 'half');
SELECT status, balance FROM billing.settle_refund_item_offline(2625, 1, 'transfer 4', 'settle');
SELECT cash, bonus FROM billing.balance(2625);
SELECT billing.set_policy('bonus_on_refund', 'keep');
SELECT status FROM billing.grant_bonus(2625, 10, 'gift 2');
SELECT status FROM billing.refund_order(2625, 1, 50, 'other half');
SELECT status, balance FROM billing.settle_refund_item_offline(2625, 2, 'transfer 5', 'settle 2');
SELECT cash, bonus FROM billing.balance(2625);
SELECT billing.set_policy('bonus_on_refund', NULL);

-- Working days: since the day of the request, by China's calendar and what set_working_day() says.
SET billing.clock_offset = 0;
SELECT status FROM billing.record_offline_payment(2626, 10, 'a', '2626 a');
SELECT state FROM billing.request_refund(2626, 'x', 'request');
SELECT (requested_at AT TIME ZONE 'Asia/Shanghai')::date AS day FROM billing.refunds(2626) \gset
SELECT count(billing.set_working_day(d::date, n <= 7 AND n <> 3)) AS set FROM generate_series(:'day'::date + 1, :'day'::date + 14, interval '1 day') WITH ORDINALITY AS g (d, n);
SET billing.clock_offset = '5 d';
SELECT working_days, overdue FROM billing.refund_queue WHERE account_id = 2626;
SET billing.clock_offset = '14 d';
SELECT working_days, overdue FROM billing.refund_queue WHERE account_id = 2626;
SELECT count(billing.set_working_day(d::date, NULL)) AS unset FROM generate_series(:'day'::date + 1, :'day'::date + 14, interval '1 day') AS d;
SELECT working_days FROM billing.refund_queue WHERE account_id = 2626;
SELECT count(*) AS working_days_left FROM billing_books.working_day;
RESET billing.clock_offset;
-- A refund that was asked for when nobody can have keeps the others in the list.
BEGIN;
SET LOCAL billing.allow_history_change = on;
UPDATE billing_books.refund SET requested_at = '294276-12-31 00:00+00' WHERE account_id = 2626;
SELECT working_days, overdue, approvable_from < now() + interval '1 year' AS soon FROM billing.refund_queue WHERE account_id = 2626;
ROLLBACK;
SELECT * FROM test.verify();
