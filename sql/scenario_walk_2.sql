-- Walk 2 of the rules: fractions, expiry, a discount, a take-back, an undone charge.
-- The discount is granted as bonus, an operator issues the invoice; step 8 by
-- reverse_offline_payment().
\set account 910002

-- 0.001 for an input token, 10^-8 for one read from the cache.
SELECT billing.set_price('walk-2', 'CNY', 1000, 0, cache_read => 0.01, effective_from => now() - interval '1 day') > 0 AS priced;
SELECT billing.create_account(:account, 'cn');
SELECT key_id, api_key AS walk_key FROM billing.create_api_key(:account, 'walk') \gset
CREATE FUNCTION pg_temp.holds(bigint) RETURNS TABLE (cash numeric, bonus numeric, arrears numeric, balance numeric, balance_shown numeric, total_topup numeric, callable boolean, discrepancies bigint)
    LANGUAGE sql AS 'SELECT cash, bonus, arrears, balance, balance_shown, total_topup, callable, (SELECT count(*) FROM test.verify()) FROM billing.balance($1)';

-- 1. Order E: pay 90.00 for 100 (discount 10). Gift 5.00 that expires at T, in a day. Balance 105, cumulative 90.00.
SELECT id AS order_e, lot_no FROM billing.record_offline_payment(:account, 90, 'walk-2-e', 'walk-2 E') \gset
SELECT lot_no AS discount_lot FROM billing.grant_bonus(:account, 10, 'walk-2-discount') \gset
SELECT status, balance FROM billing.grant_bonus(:account, 5, 'walk-2-gift', now() + interval '1 day');
SELECT * FROM pg_temp.holds(:account);

-- 2. Usage 3.000759420: from the gift, which expires first. Gift 1.999240580.
SELECT * FROM billing.charge(:account, :key_id, 'walk-2-2', 'walk-2', 3000, 0, 75942);
SELECT kind, amount, remaining, expires_at IS NOT NULL AS expires FROM billing_books.lot WHERE account_id = :account ORDER BY lot_no;
SELECT * FROM pg_temp.holds(:account);

-- 3. T passes: balance 100 with no job run. Usage 12.00, stamped before T and reported after: bonus 0, cash 88.
SELECT clock_timestamp() AS before_t \gset
SET billing.clock_offset = '2d';
SELECT * FROM pg_temp.holds(:account);
SELECT * FROM billing.charge(:account, :key_id, 'walk-2-3', 'walk-2', 12000, 0, occurred_at => :'before_t');
SELECT entry_no, debit, credit, amount, source_type, balance_before, balance_after, occurred_at < recorded_at AS earlier FROM billing.statement(:account) WHERE entry_no > 4;
SELECT * FROM pg_temp.holds(:account);

-- 4. Invoice E: 90.00 (not 100). Refundable E 0.
SELECT billing.set_invoice_title(:account, 'me', 'individual', '张三');
SELECT invoice_id, amount FROM billing.request_invoice(:account, ARRAY[1], 'me', 'ordinary', NULL, '13800138000', 'walk-2-invoice');
SELECT billing.record_invoice(:account, 1, '26910002000000000001');
SELECT subject, order_id, invoiced, refundable, reason FROM billing.refund_quote(:account);

-- 5. E red-stamped. Order F 50.00. Usage 100.004: E consumed 90, F 12.004, cash 37.996, cumulative 140.00.
SELECT billing.record_red_invoice(:account, 1, '26910002000000000002', 'returned');
SELECT id AS order_f FROM billing.record_offline_payment(:account, 50, 'walk-2-f', 'walk-2 F') \gset
SELECT * FROM billing.charge(:account, :key_id, 'walk-2-5', 'walk-2', 100004, 0);
SELECT item, amount, lot_no, order_id FROM billing.explain_charge(:account, 'walk-2-5') WHERE item LIKE 'paid%';
SELECT * FROM pg_temp.holds(:account);

-- 6. Refund: quote E 0, F 37.99. Approved: reserved 37.99, cash 0.006. Late usage 1.00: cash 0, arrears 0.994; the reserve is untouched (R14).
SELECT subject, order_id = :order_f AS of_f, consumed, refundable, reason FROM billing.refund_quote(:account);
SELECT refund_id, state, amount FROM billing.request_refund(:account, 'we leave', 'walk-2-refund');
SELECT billing.set_policy('refund_settle_wait', '0');
SELECT status, balance FROM billing.approve_refund(:account, 1, 'walk-2-approve');
SELECT billing.set_policy('refund_settle_wait', NULL);
SELECT * FROM pg_temp.holds(:account);
SELECT * FROM billing.charge(:account, :key_id, 'walk-2-6', 'walk-2', 1000, 0, occurred_at => :'before_t');
SELECT * FROM pg_temp.holds(:account);

-- 7. The item cannot be paid, and an operator releases it: arrears 0, cash 36.996, F consumed 13.004. The request is completed; reopen_account.
SELECT item_id, state, reason, amount FROM billing.refund_items(:account);
SELECT status, balance FROM billing.release_refund_item(:account, 1, 'walk-2-release');
SELECT state, amount, paid_back, released FROM billing.refunds(:account);
SELECT billing.reopen_account(:account);
SELECT amount - remaining AS f_consumed FROM billing_books.lot WHERE account_id = :account AND order_id = :order_f;
SELECT * FROM pg_temp.holds(:account);

-- 8. F is taken back whole: F left 0, arrears 13.004, cumulative 90.00; no lock for a mistaken offline payment (R22).
SELECT status, balance FROM billing.reverse_offline_payment(:account, :order_f, 'walk-2-f-back', 'operator', 'booked by mistake');
SELECT * FROM pg_temp.holds(:account);

-- 9. The charge of 12.00 is undone: its 10 (bonus) and 2 (E) come back and pay arrears: 1.004 (R23).
SELECT status, balance FROM billing.reverse_charge(:account, 'walk-2-3', 'walk-2-undo', 'charged for nothing');
SELECT entry_no, debit, credit, lot_no = :lot_no AS of_e, amount, source_type, balance_after FROM billing.statement(:account) WHERE entry_no > 13;
SELECT item, amount FROM billing.explain_charge(:account, 'walk-2-3') WHERE item LIKE 'paid%' OR item LIKE 'given%';
SELECT * FROM pg_temp.holds(:account);

-- 10. Top-up G 1.00: arrears 0.004, still blocked, shown -0.01 (R21). Top-up H 0.01: cash 0.006, allowed. Cumulative 91.01.
SELECT status, balance FROM billing.record_offline_payment(:account, 1, 'walk-2-g', 'walk-2 G');
SELECT * FROM pg_temp.holds(:account);
SELECT allowed, reason, shortfall FROM billing.authorize(:'walk_key');
SELECT status, balance FROM billing.record_offline_payment(:account, 0.01, 'walk-2-h', 'walk-2 H');
SELECT * FROM pg_temp.holds(:account);
SELECT allowed, reason FROM billing.authorize(:'walk_key');

-- The books: gateway 91.01, cash 0.006, promotion 15, revenue 104.004759420, breakage 1.999240580, all others 0.
SELECT book, sum(amount) AS debit_less_credit
FROM (SELECT debit AS book, amount FROM billing_books.ledger_entry WHERE account_id = :account
      UNION ALL SELECT credit, -amount FROM billing_books.ledger_entry WHERE account_id = :account) AS e
GROUP BY book ORDER BY book;
SELECT * FROM test.verify();
RESET billing.clock_offset;
