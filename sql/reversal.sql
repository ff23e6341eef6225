-- reverse_charge(): undoing a charge (R23, B&S 3). Accounts 1650 to 1669.
SELECT count(billing.create_account(account_id, 'cn')) AS accounts FROM generate_series(1650, 1662) AS account_id;
SELECT count(billing.create_api_key(account_id, 'prod')) AS keys FROM generate_series(1650, 1662) AS account_id;
SELECT billing.set_price('reversal', 'CNY', 1000000, 0, effective_from => '2025-01-01 00:00+00') IS NOT NULL AS set;
CREATE VIEW pg_temp.entries AS SELECT account_id, entry_no, source_type, debit, credit, lot_no, amount, undoes_entry_no AS undoes FROM billing_books.ledger_entry;

-- The worked example of B&S 3: slices bonus 10 and cash 2, undone in arrears 13.004.
SELECT status FROM billing.grant_bonus(1650, 10, 'gift');
SELECT status FROM billing.record_offline_payment(1650, 2, 'payment', '1650 bank');
SELECT status, charge, balance FROM billing.charge(1650, 1, 'undone', 'reversal', 12, 0);
SELECT status, balance FROM billing.adjust(1650, -13.004, 'owed');
SELECT * FROM billing.reverse_charge(1650, 'undone', 'undo', reason => 'outage');
SELECT * FROM pg_temp.entries WHERE account_id = 1650 AND entry_no > 5 ORDER BY entry_no;
SELECT cash, bonus, arrears FROM billing.balance(1650);
-- Replayed, the same row; a second reversal is refused; the request stays what it was, and stays taken.
SELECT * FROM billing.reverse_charge(1650, 'undone', 'undo');
SELECT test.attempt('SELECT billing.reverse_charge(1650, ''undone'', ''again'')');
SELECT status, charge FROM billing.charge(1650, 1, 'undone', 'reversal', 12, 0);
SELECT item, amount, lot_no, order_id, detail = 'reversal 1 by ' || session_user || ': outage' AS explained FROM billing.explain_charge(1650, 'undone') WHERE item LIKE 'given%';

-- Nothing else happened since: undone in reverse, everything stands as before.
SELECT status FROM billing.record_offline_payment(1651, 5, 'a', '1651 bank 1');
SELECT status FROM billing.record_offline_payment(1651, 5, 'b', '1651 bank 2');
SELECT status FROM billing.grant_bonus(1651, 3, 'gift');
SELECT status, balance FROM billing.charge(1651, 1, 'undone', 'reversal', 20, 0);
SELECT status, balance FROM billing.reverse_charge(1651, 'undone', 'undo');
SELECT * FROM pg_temp.entries WHERE account_id = 1651 AND entry_no > 3 ORDER BY entry_no;
SELECT lot_no, remaining FROM billing_books.lot WHERE account_id = 1651 ORDER BY lot_no;

-- Arrears that were paid since go back to the lots that paid them, latest first; what is still owed first.
SELECT status, balance FROM billing.charge(1652, 1, 'undone', 'reversal', 10, 0);
SELECT status, balance FROM billing.grant_bonus(1652, 3, 'gift');
SELECT status, balance FROM billing.record_offline_payment(1652, 4, 'payment', '1652 bank');
SELECT status, balance FROM billing.reverse_charge(1652, 'undone', 'undo');
SELECT * FROM pg_temp.entries WHERE account_id = 1652 AND entry_no > 1 ORDER BY entry_no;
SELECT cash, bonus, arrears FROM billing.balance(1652);

-- Two charges in arrears, partly paid: each undo gives back its own, never the same payment twice.
SELECT status, balance FROM billing.charge(1653, 1, 'one', 'reversal', 6, 0);
SELECT status, balance FROM billing.charge(1653, 1, 'two', 'reversal', 6, 0);
SELECT status, balance FROM billing.record_offline_payment(1653, 9, 'payment', '1653 bank');
SELECT status, balance FROM billing.reverse_charge(1653, 'one', 'undo one');
SELECT * FROM pg_temp.entries WHERE account_id = 1653 AND source_type = 'reversal' ORDER BY entry_no;
SELECT status, balance FROM billing.reverse_charge(1653, 'two', 'undo two');
SELECT * FROM pg_temp.entries WHERE account_id = 1653 AND source_type = 'reversal' ORDER BY entry_no;
SELECT cash, bonus, arrears FROM billing.balance(1653);
SELECT * FROM test.verify();

-- A share that was written off is not given back: owed 10, written off 4, paid 6 -> 6 come back.
SELECT status FROM billing.charge(1654, 1, 'undone', 'reversal', 10, 0);
SELECT status, balance FROM billing.write_off(1654, 4, 'forgiven');
SELECT status, balance FROM billing.record_offline_payment(1654, 6, 'payment', '1654 bank');
SELECT status, balance FROM billing.reverse_charge(1654, 'undone', 'undo');
SELECT amount FROM billing_books.charge_reversal WHERE account_id = 1654;
SELECT cash, bonus, arrears FROM billing.balance(1654);
-- All of it written off: nothing comes back, and no entry is made.
SELECT status FROM billing.charge(1655, 1, 'undone', 'reversal', 10, 0);
SELECT status, balance FROM billing.write_off(1655, 10, 'forgiven');
SELECT * FROM billing.reverse_charge(1655, 'undone', 'undo');
SELECT amount FROM billing_books.charge_reversal WHERE account_id = 1655;
-- Debts count as cleared in the order in which they arose: the older one was forgiven, the newer one is owed.
SELECT status FROM billing.charge(1656, 1, 'older', 'reversal', 5, 0);
SELECT status FROM billing.charge(1656, 1, 'newer', 'reversal', 5, 0);
SELECT status, balance FROM billing.write_off(1656, 5, 'forgiven');
SELECT status, balance FROM billing.reverse_charge(1656, 'newer', 'undo newer');
SELECT status, balance FROM billing.reverse_charge(1656, 'older', 'undo older');
SELECT request_hash = ('x' || left(encode(sha256('older'), 'hex'), 16))::bit(64)::bigint AS older, amount FROM billing_books.charge_reversal WHERE account_id = 1656 ORDER BY reversal_id;

-- Bonus that expired meanwhile comes back and expires again at once.
SELECT status FROM billing.grant_bonus(1657, 10, 'gift', expires_at => now() + interval '1 day');
SELECT status, balance FROM billing.charge(1657, 1, 'undone', 'reversal', 12, 0);
SET billing.clock_offset = '2d';
SELECT status, balance FROM billing.reverse_charge(1657, 'undone', 'undo');
SELECT * FROM pg_temp.entries WHERE account_id = 1657 AND entry_no > 3 ORDER BY entry_no;
SELECT cash, bonus, arrears FROM billing.balance(1657);
RESET billing.clock_offset;

-- A charge of nothing can be undone, once, and moves nothing; what was never charged cannot.
SELECT status FROM billing.charge(1658, 1, 'nothing', 'reversal', 0, 5);
SELECT status, id, entry_no, balance FROM billing.reverse_charge(1658, 'nothing', 'undo');
SELECT test.attempt('SELECT billing.reverse_charge(1658, ''nothing'', ''again'')');
SELECT status FROM billing.charge(1658, 1, 'unpriced', 'reversal-unpriced', 1, 0);
SELECT test.attempt('SELECT billing.reverse_charge(1658, ''unpriced'', ''undo unpriced'')');
SELECT billing.lock_account(1658);
SELECT status FROM billing.charge(1658, 1, 'rejected', 'reversal', 1, 0);
SELECT billing.unlock_account(1658);
SELECT test.attempt('SELECT billing.reverse_charge(1658, ''rejected'', ''undo rejected'')');

-- An older row of an id that was used again is named by its occurred_at.
SELECT status FROM billing.charge(1659, 1, 'twice', 'reversal', 1, 0);
SELECT occurred_at FROM billing_books.usage_event WHERE account_id = 1659 \gset
SET billing.clock_offset = '36d';
SELECT status FROM billing.charge(1659, 1, 'twice', 'reversal', 2, 0);
SELECT status, balance FROM billing.reverse_charge(1659, 'twice', 'undo older', occurred_at => :'occurred_at');
SELECT status, balance FROM billing.reverse_charge(1659, 'twice', 'undo newer');
RESET billing.clock_offset;

-- The money came from an offline payment that was taken back meanwhile: undoing pays that debt.
SELECT status FROM billing.record_offline_payment(1660, 10, 'mistake', '1660 bank');
SELECT status, balance FROM billing.charge(1660, 1, 'undone', 'reversal', 4, 0);
SELECT status, balance FROM billing.reverse_offline_payment(1660, 1, 'reverse');
SELECT status, balance FROM billing.reverse_charge(1660, 'undone', 'undo');
SELECT cash, bonus, arrears FROM billing.balance(1660);

-- And what of that debt was written off is not given back: who has paid nothing gets nothing (LB510). Owed or paid again it is.
SELECT billing.create_account(1662, 'cn'), billing.create_account(1663, 'cn'), billing.create_account(1664, 'cn');
SELECT count(billing.create_api_key(account_id, 'prod')) AS keys FROM generate_series(1662, 1664) AS account_id;
SELECT status FROM billing.record_offline_payment(1662, 100, 'mistake', '1662 bank');
SELECT status, balance FROM billing.charge(1662, 1, 'undone', 'reversal', 100, 0);
SELECT status, balance FROM billing.reverse_offline_payment(1662, 1, 'reverse');
SELECT status, balance FROM billing.write_off(1662, 1, 'forgiven');
SELECT test.attempt('SELECT billing.reverse_charge(1662, ''undone'', ''undo'')');
SELECT status, balance FROM billing.write_off(1662, 99, 'all forgiven');
SELECT test.attempt('SELECT billing.reverse_charge(1662, ''undone'', ''undo'')');
SELECT cash, bonus, arrears FROM billing.balance(1662);
-- The same where the charge was owed first, and the payment that was a mistake paid it.
SELECT status FROM billing.charge(1663, 1, 'undone', 'reversal', 10, 0);
SELECT status, balance FROM billing.record_offline_payment(1663, 10, 'mistake', '1663 bank');
SELECT status, balance FROM billing.reverse_offline_payment(1663, 1, 'reverse');
SELECT status, balance FROM billing.write_off(1663, 10, 'forgiven');
SELECT test.attempt('SELECT billing.reverse_charge(1663, ''undone'', ''undo'')');
-- Paid by other money since, it comes back.
SELECT status FROM billing.record_offline_payment(1664, 10, 'mistake', '1664 bank');
SELECT status, balance FROM billing.charge(1664, 1, 'undone', 'reversal', 10, 0);
SELECT status, balance FROM billing.reverse_offline_payment(1664, 1, 'reverse');
SELECT status, balance FROM billing.record_offline_payment(1664, 10, 'right', '1664 bank');
SELECT status, balance FROM billing.reverse_charge(1664, 'undone', 'undo');

-- Undoing what was charged before a lock, and on a closed account: the books are corrected all the same.
SELECT clock_timestamp() AS before \gset
SELECT status FROM billing.close_account(1661, 'close');
SELECT status, balance FROM billing.charge(1661, 1, 'late', 'reversal', 1, 0, occurred_at => :'before');
SELECT status, balance FROM billing.reverse_charge(1661, 'late', 'undo');
-- But not to leave credit there, which would have no way out.
SELECT billing.create_account(1665, 'cn');
SELECT count(billing.create_api_key(1665, 'prod')) AS keys;
SELECT status FROM billing.record_offline_payment(1665, 3, 'payment', '1665 bank');
SELECT status, balance FROM billing.charge(1665, 1, 'paid', 'reversal', 3, 0);
SELECT status FROM billing.close_account(1665, 'close');
SELECT test.attempt('SELECT billing.reverse_charge(1665, ''paid'', ''undo'')');
SELECT * FROM test.verify();
