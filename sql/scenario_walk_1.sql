-- Walk 1 of the rules: top-ups, late usage, arrears, recharge.
-- Offline payments stand for the gateways, and an operator for the provider of invoices.
-- Each step ends with what the account holds and with an empty verify().
\set account 910001

-- A price that makes round charges: 0.001 for an input token.
SELECT billing.set_price('walk-1', 'CNY', 1000, 0, effective_from => now() - interval '1 day') > 0 AS priced;
SELECT billing.create_account(:account, 'cn', email => 'walk@example.com');
SELECT key_id, api_key AS walk_key FROM billing.create_api_key(:account, 'walk') \gset
CREATE FUNCTION pg_temp.holds(bigint) RETURNS TABLE (cash numeric, bonus numeric, arrears numeric, balance_shown numeric, total_topup numeric, callable boolean, reason text, discrepancies bigint)
    LANGUAGE sql AS 'SELECT cash, bonus, arrears, balance_shown, total_topup, callable, reason, (SELECT count(*) FROM test.verify()) FROM billing.balance($1)';

-- 1. Top-up 100.00 (order A), bonus 10.00 that expires in 40 days: balance 110 (R2, R19).
SELECT status, id AS order_id, lot_no, balance FROM billing.record_offline_payment(:account, 100, 'walk-1-a', 'walk-1 A');
SELECT status, lot_no, balance FROM billing.grant_bonus(:account, 10, 'walk-1-bonus', now() + interval '40 days');
SELECT * FROM pg_temp.holds(:account);

-- 2. Usage 25.00: bonus before cash (R7). A consumed 15.
SELECT * FROM billing.charge(:account, :key_id, 'walk-1-2', 'walk-1', 25000, 0);
SELECT * FROM pg_temp.holds(:account);

-- 3. Top-up 50.00 (B): cash 135. Invoice A (enterprise, special): 100.00, issued (R15, R16).
SELECT id AS order_id, balance FROM billing.record_offline_payment(:account, 50, 'walk-1-b', 'walk-1 B');
SELECT billing.set_invoice_title(:account, 'company', 'enterprise', '某某科技有限公司', '91330106673959654P');
SELECT invoice_id, state, amount FROM billing.request_invoice(:account, ARRAY[1], 'company', 'special', 'walk@example.com', NULL, 'walk-1-invoice');
SELECT billing.record_invoice(:account, 1, '26910001000000000001');
SELECT * FROM pg_temp.holds(:account);

-- 4. Usage 160.00, reported late: cash 0, arrears 25, blocked (R8, R9).
SELECT * FROM billing.charge(:account, :key_id, 'walk-1-4', 'walk-1', 160000, 0);
SELECT * FROM pg_temp.holds(:account);
SELECT allowed, reason, balance, shortfall, retryable FROM billing.authorize(:'walk_key');
SELECT item, quantity, price, amount, lot_no, order_id FROM billing.explain_charge(:account, 'walk-1-4') WHERE item NOT IN ('request', 'received', 'price');

-- 5. Top-up 20.00 (C): all of it pays arrears, 5 stay. Still blocked (R6).
SELECT id AS order_id, balance FROM billing.record_offline_payment(:account, 20, 'walk-1-c', 'walk-1 C');
SELECT * FROM pg_temp.holds(:account);

-- 6. Top-up 30.00 (D): arrears 0, cash 25, allowed. Cumulative 200.00 (R2).
SELECT id AS order_id, balance FROM billing.record_offline_payment(:account, 30, 'walk-1-d', 'walk-1 D');
SELECT * FROM pg_temp.holds(:account);
SELECT allowed, reason FROM billing.authorize(:'walk_key');

-- 7. Refund request accepted: calls and recharge are refused from this instant on (R13). The quote: A 0, B 0, C 0, D 25.00.
SELECT clock_timestamp() AS before_lock \gset
SELECT refund_id, state, amount, reason FROM billing.request_refund(:account, 'we leave', 'walk-1-refund');
SELECT allowed, reason, retryable FROM billing.authorize(:'walk_key');
SELECT * FROM billing.record_offline_payment(:account, 5, 'walk-1-e', 'walk-1 E');
SELECT subject, order_id, paid, consumed, invoiced, refunded, remaining, refundable, by_hand, reason FROM billing.refund_quote(:account);

-- 8. A late report of 4.00, stamped before the lock, is charged: cash 21. One stamped after it is rejected.
-- Not approved before refund_settle_wait is over; then D 21.00 is reserved, and paid back.
SELECT * FROM billing.charge(:account, :key_id, 'walk-1-8', 'walk-1', 4000, 0, occurred_at => :'before_lock');
SELECT * FROM billing.charge(:account, :key_id, 'walk-1-8b', 'walk-1', 4000, 0);
SELECT * FROM pg_temp.holds(:account);
SET billing.clock_offset = '2 h';
SELECT status, id, balance FROM billing.approve_refund(:account, 1, 'walk-1-approve', reason => 'agreed');
SELECT * FROM pg_temp.holds(:account);
SELECT item_id, order_id, gateway, state, amount, reason FROM billing.refund_items(:account);
SELECT status, id, balance FROM billing.settle_refund_item_offline(:account, 1, 'transfer 4711', 'walk-1-settle');
SELECT refund_id, state, amount, paid_back, waiting FROM billing.refunds(:account);
SELECT * FROM pg_temp.holds(:account);

-- 9. What the orders' money became: A 100 consumed and invoiced, B 50, C 20, D 9, and 21 refunded. A is red-stamped: not invoiced any more.
SELECT order_id, paid, consumed, invoiced, refunded, refundable, reason FROM billing.refund_quote(:account) WHERE subject = 'order';
SELECT order_id, invoiceable FROM billing.invoiceable(:account);
SELECT billing.record_red_invoice(:account, 1, '26910001000000000002', 'returned');
SELECT order_id, invoiceable FROM billing.invoiceable(:account);
SELECT total_topup, total_refunded, callable, reason FROM billing.balance(:account);
SELECT billing.reopen_account(:account, reason => 'welcome back');
SELECT allowed, reason FROM billing.authorize(:'walk_key');

-- The books: gateway 179, revenue 189, promotion 10, all others 0.
SELECT book, sum(amount) AS debit_less_credit
FROM (SELECT debit AS book, amount FROM billing_books.ledger_entry WHERE account_id = :account
      UNION ALL SELECT credit, -amount FROM billing_books.ledger_entry WHERE account_id = :account) AS e
GROUP BY book HAVING sum(amount) <> 0 ORDER BY book;
SELECT * FROM test.verify();
