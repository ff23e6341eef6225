-- verify() does every account's ledger again: what balances, and is another than the rules make (B&S 1.3, 3), is told at its entry.
-- verify(account_id) tells the same of one account. Accounts 3430 to 3436.
SELECT count(billing.create_account(account_id, 'cn')) AS accounts FROM generate_series(3430, 3436) AS account_id;
SELECT count(billing.create_api_key(account_id, 'prod')) AS keys FROM generate_series(3430, 3436) AS account_id;
SELECT billing.set_price('replay', 'CNY', 1000000, 0, effective_from => '2025-01-01 00:00+00') IS NOT NULL AS set;

-- 3430: bonus 10 (lot 1), cash 20 (lots 2, 3); charges of 25 and 5; one of 4 undone.
SELECT status FROM billing.grant_bonus(3430, 10, 'gift', expires_at => now() + interval '40 days');
SELECT status FROM generate_series(1, 2) AS n, billing.record_offline_payment(3430, 20, 'payment ' || n, '3430 bank ' || n);
SELECT status FROM billing.charge(3430, 1, 'first', 'replay', 25, 0);
SELECT status FROM billing.charge(3430, 1, 'second', 'replay', 5, 0);
SELECT status FROM billing.charge(3430, 1, 'third', 'replay', 4, 0);
SELECT status FROM billing.reverse_charge(3430, 'third', 'undo');

-- 3431: owes 30, and is paid 20, and 50.
SELECT status FROM billing.charge(3431, 1, 'owed', 'replay', 30, 0);
SELECT status FROM billing.record_offline_payment(3431, 20, 'payment 1', '3431 bank 1');
SELECT status FROM billing.record_offline_payment(3431, 50, 'payment 2', '3431 bank 2');
SELECT status FROM billing.reverse_charge(3431, 'owed', 'undo');

-- 3432: a bonus of 10 that expires before the second charge, and a third one.
SELECT status FROM billing.grant_bonus(3432, 10, 'gift', expires_at => clock_timestamp() + interval '1 day');
SELECT status FROM billing.record_offline_payment(3432, 20, 'payment', '3432 bank');
SELECT status FROM billing.charge(3432, 1, 'first', 'replay', 4, 0);
SET billing.clock_offset = '2d';
SELECT status FROM billing.charge(3432, 1, 'second', 'replay', 3, 0);
SELECT status FROM billing.charge(3432, 1, 'third', 'replay', 2, 0);
RESET billing.clock_offset;

-- 3433: a batch of three charges over two lots; 3434: a payment that is taken back, in part out of its lot.
SELECT status FROM generate_series(1, 2) AS n, billing.record_offline_payment(3433, 5, 'payment ' || n, '3433 bank ' || n);
SELECT billing.meter(3433, 1, 'm' || n, 'replay', 2, 0, occurred_at => now()) FROM generate_series(1, 3) AS n;
SELECT billing.settle() > 0 AS settled;
SELECT status FROM billing.record_offline_payment(3434, 20, 'payment', '3434 bank');
SELECT status FROM billing.charge(3434, 1, 'spent', 'replay', 15, 0);
SELECT status FROM billing.reverse_offline_payment(3434, 1, 'reversed');
SELECT status FROM billing.adjust(3434, 40, 'credit');
SELECT status FROM billing.adjust(3434, -5, 'debit');
SELECT status FROM billing.charge(3435, 1, 'owed', 'replay', 3, 0);
SELECT status FROM billing.write_off(3435, 1, 'give up');
SELECT entry_no, debit, credit, lot_no, amount, undoes_entry_no FROM billing_books.ledger_entry WHERE account_id = 3431 ORDER BY entry_no;
SELECT * FROM test.verify();
SELECT a, v.* FROM generate_series(3430, 3436) AS a, test.verify(a) AS v;

-- Does what it is told, with history unlocked and no trigger, and says what verify() tells of it, and of one account; all of it is undone.
CREATE FUNCTION pg_temp.told(account_id bigint, VARIADIC corruption text[]) RETURNS TABLE (told text, replayed text) LANGUAGE plpgsql AS $$
DECLARE
    command text;
BEGIN
    PERFORM set_config('billing.allow_history_change', 'on', true), set_config('session_replication_role', 'replica', true);
    FOREACH command IN ARRAY corruption LOOP
        EXECUTE command;
    END LOOP;
    PERFORM test.rechain(told.account_id);
    SELECT string_agg(v.check_name || coalesce(' ' || v.account_id, ''), ', ' ORDER BY v.check_name COLLATE "C"),
           max(regexp_replace(v.detail, '\d{4}-\d\d-\d\d [0-9:.]+[+-]\d\d', 'then', 'g')) FILTER (WHERE v.check_name = 'replay') INTO told, replayed
    FROM test.verify() AS v;
    IF told IS DISTINCT FROM (SELECT string_agg(v.check_name || ' ' || v.account_id, ', ' ORDER BY v.check_name COLLATE "C") FROM test.verify(told.account_id) AS v) THEN
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
    ('two lots that paid in the wrong order', 3430, ARRAY[pg_temp.swap(3430, 4, 5)]),
    ('a charge paid by the later lot', 3430, ARRAY[pg_temp.entry(3430, 6, 'lot_no = 3'), 'UPDATE billing_books.lot SET remaining = remaining + CASE lot_no WHEN 2 THEN 5 ELSE -5 END, is_open = true WHERE account_id = 3430 AND lot_no IN (2, 3)']),
    ('an undo that gives to another lot', 3430, ARRAY[pg_temp.entry(3430, 8, 'lot_no = 2'), 'UPDATE billing_books.lot SET remaining = remaining + CASE lot_no WHEN 2 THEN 4 ELSE -4 END, is_open = true WHERE account_id = 3430 AND lot_no IN (2, 3)']),
    ('an undo of another charge''s entry', 3430, ARRAY[pg_temp.entry(3430, 8, 'undoes_entry_no = 5')]),
    ('arrears that were paid by a later payment', 3431, ARRAY[pg_temp.swap(3431, 3, 4), pg_temp.entry(3431, 3, 'recorded_at = (SELECT recorded_at FROM billing_books.ledger_entry WHERE account_id = 3431 AND entry_no = 4), source_id = 2, occurred_at = (SELECT occurred_at FROM billing_books.ledger_entry WHERE account_id = 3431 AND entry_no = 4)')]),
    ('arrears that are not paid yet', 3431, ARRAY['DELETE FROM billing_books.ledger_entry WHERE account_id = 3431 AND entry_no > 2', 'UPDATE billing_books.account SET last_entry_no = 2, cash = 20, arrears = 30 WHERE account_id = 3431']),
    ('two lots that are given back the other way round', 3431, ARRAY[pg_temp.swap(3431, 6, 7)]),
    ('a charge paid by cash though bonus was there', 3432, ARRAY[pg_temp.entry(3432, 3, 'lot_no = 2, debit = ''cash'''), pg_temp.entry(3432, 4, 'amount = 10'), 'UPDATE billing_books.lot SET remaining = remaining - 4 WHERE account_id = 3432 AND lot_no = 2', 'UPDATE billing_books.account SET cash = cash - 4 WHERE account_id = 3432']),
    ('an expiry that was skipped, and booked late', 3432, ARRAY[pg_temp.swap(3432, 4, 5), pg_temp.entry(3432, 4, 'source_type = ''charge'', source_id = (SELECT source_id FROM billing_books.ledger_entry WHERE account_id = 3432 AND entry_no = 5)'), pg_temp.entry(3432, 5, 'source_type = ''lot'', source_id = 1, recorded_at = (SELECT recorded_at FROM billing_books.ledger_entry WHERE account_id = 3432 AND entry_no = 6)'), 'UPDATE billing_books.usage_event SET first_entry_no = 4 WHERE account_id = 3432 AND first_entry_no = 5']),
    ('an expiry of another instant', 3432, ARRAY[pg_temp.entry(3432, 4, 'occurred_at = occurred_at - interval ''1 hour''')]),
    ('a batch that took from its lots the other way round', 3433, ARRAY[pg_temp.swap(3433, 3, 4)]),
    ('a take-back that spares its lot', 3434, ARRAY[pg_temp.entry(3434, 3, 'debit = ''arrears'', lot_no = NULL'), 'UPDATE billing_books.lot SET remaining = 5, is_open = true, given_back = 0 WHERE account_id = 3434 AND lot_no = 1', 'UPDATE billing_books.account SET cash = cash + 5, arrears = arrears + 5 WHERE account_id = 3434']),
    ('a gift at another instant than it was booked', 3430, ARRAY[pg_temp.entry(3430, 1, 'occurred_at = occurred_at - interval ''1 hour''')]),
    ('a debit under another number', 3434, ARRAY[pg_temp.entry(3434, 7, 'source_id = 6')]),
    ('an entry of no instant', 3435, ARRAY['ALTER TABLE billing_books.ledger_entry ALTER occurred_at DROP NOT NULL', pg_temp.entry(3435, 1, 'occurred_at = NULL')]),
    ('an entry of no amount', 3435, ARRAY[pg_temp.entry(3435, 1, 'amount = ''NaN''')]),
    ('an entry of a book that is none', 3435, ARRAY[pg_temp.entry(3435, 1, 'credit = ''pocket''')]),
    ('an entry of no lot that there is', 3430, ARRAY[pg_temp.entry(3430, 1, 'lot_no = 9')]),
    ('an entry of no number', 3435, ARRAY[pg_temp.entry(3435, 2, 'entry_no = 9')]),
    ('more written off than was owed', 3435, ARRAY[pg_temp.entry(3435, 2, 'amount = 4'), 'UPDATE billing_books.account SET arrears = -1 WHERE account_id = 3435'])
) AS d (damage, account_id, corruption), LATERAL pg_temp.told(d.account_id, VARIADIC d.corruption);
SELECT * FROM test.verify();

-- Of one account, no table of accounts is read whole.
BEGIN;
CREATE TEMP TABLE read_before ON COMMIT DROP AS SELECT relid, seq_scan FROM pg_stat_xact_user_tables;
SELECT count(*) AS found FROM test.verify(3430);
SELECT s.relname AS read_whole FROM pg_stat_xact_user_tables AS s
JOIN pg_attribute AS a ON a.attrelid = s.relid AND a.attname = 'account_id'
LEFT JOIN read_before AS b ON b.relid = s.relid
WHERE s.schemaname = 'billing_books' AND s.seq_scan > coalesce(b.seq_scan, 0) ORDER BY 1;
COMMIT;

-- An account that is not there, and one that none can be.
SELECT test.attempt('SELECT * FROM billing.verify(3439)'), test.attempt('SELECT * FROM billing.verify(0)'), test.attempt('SELECT * FROM billing.verify(NULL)');
