-- verify() does every account's ledger again: what balances, and is another than the rules make (B&S 1.3, 3), is told at its entry.
-- verify(account_id) tells the same of one account. Accounts 2600 to 2606.
SELECT count(billing.create_account(account_id, 'cn')) AS accounts FROM generate_series(2600, 2606) AS account_id;
SELECT count(billing.create_api_key(account_id, 'prod')) AS keys FROM generate_series(2600, 2606) AS account_id;
SELECT billing.set_price('replay', 'CNY', 1000000, 0, effective_from => '2025-01-01 00:00+00') IS NOT NULL AS set;

-- 2600: bonus 10 (lot 1), cash 20 (lots 2, 3); charges of 25 and 5; one of 4 undone.
SELECT status FROM billing.grant_bonus(2600, 10, 'gift', expires_at => now() + interval '40 days');
SELECT status FROM generate_series(1, 2) AS n, billing.record_offline_payment(2600, 20, 'payment ' || n, '2600 bank ' || n);
SELECT status FROM billing.charge(2600, 1, 'first', 'replay', 25, 0);
SELECT status FROM billing.charge(2600, 1, 'second', 'replay', 5, 0);
SELECT status FROM billing.charge(2600, 1, 'third', 'replay', 4, 0);
SELECT status FROM billing.reverse_charge(2600, 'third', 'undo');

-- 2601: owes 30, and is paid 20, and 50.
SELECT status FROM billing.charge(2601, 1, 'owed', 'replay', 30, 0);
SELECT status FROM billing.record_offline_payment(2601, 20, 'payment 1', '2601 bank 1');
SELECT status FROM billing.record_offline_payment(2601, 50, 'payment 2', '2601 bank 2');
SELECT status FROM billing.reverse_charge(2601, 'owed', 'undo');

-- 2602: a bonus of 10 that expires before the second charge, and a third one.
SELECT status FROM billing.grant_bonus(2602, 10, 'gift', expires_at => clock_timestamp() + interval '1 day');
SELECT status FROM billing.record_offline_payment(2602, 20, 'payment', '2602 bank');
SELECT status FROM billing.charge(2602, 1, 'first', 'replay', 4, 0);
SET billing.clock_offset = '2d';
SELECT status FROM billing.charge(2602, 1, 'second', 'replay', 3, 0);
SELECT status FROM billing.charge(2602, 1, 'third', 'replay', 2, 0);
RESET billing.clock_offset;

-- 2603: a batch of three charges over two lots; 2604: a payment that is taken back, in part out of its lot.
SELECT status FROM generate_series(1, 2) AS n, billing.record_offline_payment(2603, 5, 'payment ' || n, '2603 bank ' || n);
SELECT billing.meter(2603, 1, 'm' || n, 'replay', 2, 0, occurred_at => now()) FROM generate_series(1, 3) AS n;
SELECT billing.settle() > 0 AS settled;
SELECT status FROM billing.record_offline_payment(2604, 20, 'payment', '2604 bank');
SELECT status FROM billing.charge(2604, 1, 'spent', 'replay', 15, 0);
SELECT status FROM billing.reverse_offline_payment(2604, 1, 'reversed');
SELECT status FROM billing.adjust(2604, 40, 'credit');
SELECT status FROM billing.adjust(2604, -5, 'debit');
SELECT status FROM billing.charge(2605, 1, 'owed', 'replay', 3, 0);
SELECT status FROM billing.write_off(2605, 1, 'give up');
SELECT entry_no, debit, credit, lot_no, amount, undoes_entry_no FROM billing_books.ledger_entry WHERE account_id = 2601 ORDER BY entry_no;
SELECT * FROM billing.verify();
SELECT a, v.* FROM generate_series(2600, 2606) AS a, billing.verify(a) AS v;

-- Does what it is told, with history unlocked and no trigger, and says what verify() tells of it, and of one account; all of it is undone.
CREATE FUNCTION pg_temp.told(account_id bigint, VARIADIC corruption text[]) RETURNS TABLE (told text, replayed text) LANGUAGE plpgsql AS $$
DECLARE
    command text;
BEGIN
    PERFORM set_config('billing.allow_history_change', 'on', true), set_config('session_replication_role', 'replica', true);
    FOREACH command IN ARRAY corruption LOOP
        EXECUTE command;
    END LOOP;
    SELECT string_agg(v.check_name || coalesce(' ' || v.account_id, ''), ', ' ORDER BY v.check_name COLLATE "C"),
           max(regexp_replace(v.detail, '\d{4}-\d\d-\d\d [0-9:.]+[+-]\d\d', 'then', 'g')) FILTER (WHERE v.check_name = 'replay') INTO told, replayed
    FROM billing.verify() AS v;
    IF told IS DISTINCT FROM (SELECT string_agg(v.check_name || ' ' || v.account_id, ', ' ORDER BY v.check_name COLLATE "C") FROM billing.verify(told.account_id) AS v) THEN
        told := told || '; of one account otherwise';
    END IF;
    RAISE SQLSTATE '00001';
EXCEPTION WHEN SQLSTATE '00001' THEN
    RETURN NEXT;
END $$;
CREATE FUNCTION pg_temp.entry(account_id bigint, entry_no bigint, change text) RETURNS text LANGUAGE sql AS $$
    SELECT format('UPDATE billing_books.ledger_entry SET %s WHERE account_id = %s AND entry_no = %s', change, account_id, entry_no)
$$;
-- Two entries change places, but for their numbers and instants.
CREATE FUNCTION pg_temp.swap(account_id bigint, a bigint, b bigint) RETURNS text LANGUAGE sql AS $$
    SELECT format('UPDATE billing_books.ledger_entry AS e SET (debit, credit, lot_no, amount, undoes_entry_no) = (SELECT o.debit, o.credit, o.lot_no, o.amount, o.undoes_entry_no
        FROM billing_books.ledger_entry AS o WHERE o.account_id = e.account_id AND o.entry_no = %2$s + %3$s - e.entry_no) WHERE account_id = %1$s AND entry_no IN (%2$s, %3$s)', account_id, a, b)
$$;

SELECT damage, told, replayed FROM (VALUES
    ('two lots that paid in the wrong order', 2600, ARRAY[pg_temp.swap(2600, 4, 5)]),
    ('a charge paid by the later lot', 2600, ARRAY[pg_temp.entry(2600, 6, 'lot_no = 3'), 'UPDATE billing_books.lot SET remaining = remaining + CASE lot_no WHEN 2 THEN 5 ELSE -5 END, is_open = true WHERE account_id = 2600 AND lot_no IN (2, 3)']),
    ('an undo that gives to another lot', 2600, ARRAY[pg_temp.entry(2600, 8, 'lot_no = 2'), 'UPDATE billing_books.lot SET remaining = remaining + CASE lot_no WHEN 2 THEN 4 ELSE -4 END, is_open = true WHERE account_id = 2600 AND lot_no IN (2, 3)']),
    ('an undo of another charge''s entry', 2600, ARRAY[pg_temp.entry(2600, 8, 'undoes_entry_no = 5')]),
    ('arrears that were paid by a later payment', 2601, ARRAY[pg_temp.swap(2601, 3, 4), pg_temp.entry(2601, 3, 'recorded_at = (SELECT recorded_at FROM billing_books.ledger_entry WHERE account_id = 2601 AND entry_no = 4), source_id = 2, occurred_at = (SELECT occurred_at FROM billing_books.ledger_entry WHERE account_id = 2601 AND entry_no = 4)')]),
    ('arrears that are not paid yet', 2601, ARRAY['DELETE FROM billing_books.ledger_entry WHERE account_id = 2601 AND entry_no > 2', 'UPDATE billing_books.account SET last_entry_no = 2, cash = 20, arrears = 30 WHERE account_id = 2601']),
    ('two lots that are given back the other way round', 2601, ARRAY[pg_temp.swap(2601, 6, 7)]),
    ('a charge paid by cash though bonus was there', 2602, ARRAY[pg_temp.entry(2602, 3, 'lot_no = 2, debit = ''cash'''), pg_temp.entry(2602, 4, 'amount = 10'), 'UPDATE billing_books.lot SET remaining = remaining - 4 WHERE account_id = 2602 AND lot_no = 2', 'UPDATE billing_books.account SET cash = cash - 4 WHERE account_id = 2602']),
    ('an expiry that was skipped, and booked late', 2602, ARRAY[pg_temp.swap(2602, 4, 5), pg_temp.entry(2602, 4, 'source_type = ''charge'', source_id = (SELECT source_id FROM billing_books.ledger_entry WHERE account_id = 2602 AND entry_no = 5)'), pg_temp.entry(2602, 5, 'source_type = ''lot'', source_id = 1, recorded_at = (SELECT recorded_at FROM billing_books.ledger_entry WHERE account_id = 2602 AND entry_no = 6)'), 'UPDATE billing_books.usage_event SET first_entry_no = 4 WHERE account_id = 2602 AND first_entry_no = 5']),
    ('an expiry of another instant', 2602, ARRAY[pg_temp.entry(2602, 4, 'occurred_at = occurred_at - interval ''1 hour''')]),
    ('a batch that took from its lots the other way round', 2603, ARRAY[pg_temp.swap(2603, 3, 4)]),
    ('a take-back that spares its lot', 2604, ARRAY[pg_temp.entry(2604, 3, 'debit = ''arrears'', lot_no = NULL'), 'UPDATE billing_books.lot SET remaining = 5, is_open = true, given_back = 0 WHERE account_id = 2604 AND lot_no = 1', 'UPDATE billing_books.account SET cash = cash + 5, arrears = arrears + 5 WHERE account_id = 2604']),
    ('a gift at another instant than it was booked', 2600, ARRAY[pg_temp.entry(2600, 1, 'occurred_at = occurred_at - interval ''1 hour''')]),
    ('a debit under another number', 2604, ARRAY[pg_temp.entry(2604, 7, 'source_id = 6')]),
    ('an entry of no instant', 2605, ARRAY['ALTER TABLE billing_books.ledger_entry ALTER occurred_at DROP NOT NULL', pg_temp.entry(2605, 1, 'occurred_at = NULL')]),
    ('an entry of no amount', 2605, ARRAY[pg_temp.entry(2605, 1, 'amount = ''NaN''')]),
    ('an entry of a book that is none', 2605, ARRAY[pg_temp.entry(2605, 1, 'credit = ''pocket''')]),
    ('an entry of no lot that there is', 2600, ARRAY[pg_temp.entry(2600, 1, 'lot_no = 9')]),
    ('an entry of no number', 2605, ARRAY[pg_temp.entry(2605, 2, 'entry_no = 9')]),
    ('more written off than was owed', 2605, ARRAY[pg_temp.entry(2605, 2, 'amount = 4'), 'UPDATE billing_books.account SET arrears = -1 WHERE account_id = 2605'])
) AS d (damage, account_id, corruption), LATERAL pg_temp.told(d.account_id, VARIADIC d.corruption);
SELECT * FROM billing.verify();

-- Of one account, no table of accounts is read whole.
BEGIN;
CREATE TEMP TABLE read_before ON COMMIT DROP AS SELECT relid, seq_scan FROM pg_stat_xact_user_tables;
SELECT count(*) AS found FROM billing.verify(2600);
SELECT s.relname AS read_whole FROM pg_stat_xact_user_tables AS s
JOIN pg_attribute AS a ON a.attrelid = s.relid AND a.attname = 'account_id'
LEFT JOIN read_before AS b ON b.relid = s.relid
WHERE s.schemaname = 'billing_books' AND s.seq_scan > coalesce(b.seq_scan, 0) ORDER BY 1;
COMMIT;

-- An account that is not there, and one that none can be.
SELECT test.attempt('SELECT * FROM billing.verify(2699)'), test.attempt('SELECT * FROM billing.verify(0)'), test.attempt('SELECT * FROM billing.verify(NULL)');
