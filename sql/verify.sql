-- verify(): each of its checks can fire (test/house/verify_checks.pl knows which there are); a missing, disabled
-- or weakened guard is a row of it, and install() puts it back; the books outlive the extension. Accounts 1900 to
-- 1911. This file comes last.
SELECT count(billing.create_account(account_id, 'cn', 'a@b.c')) AS accounts FROM generate_series(1900, 1904) AS account_id;
SELECT count(billing.create_api_key(account_id, 'prod')) AS keys FROM generate_series(1900, 1904) AS account_id;
SELECT billing.set_price('verify', 'CNY', 1000000, 0, effective_from => '2025-01-01 00:00+00') IS NOT NULL AS set;
SELECT status FROM billing.record_offline_payment(1900, 100, 'payment', '1900 bank');
SELECT status FROM billing.record_offline_payment(1900, 5, 'mistake', '1900 bank 2');
SELECT status FROM billing.reverse_offline_payment(1900, 2, 'reversed');
SELECT status FROM billing.grant_bonus(1900, 10, 'gift', expires_at => now() + interval '40 days');
SELECT status FROM billing.grant_bonus(1900, 7, 'more', expires_at => now() + interval '50 days');
SELECT status FROM billing.charge(1900, 1, 'both', 'verify', 25, 0);
SELECT status FROM billing.charge(1900, 1, 'undone', 'verify', 2, 0);
SELECT status FROM billing.reverse_charge(1900, 'undone', 'undo');
SELECT status FROM billing.grant_bonus(1900, 3, 'last', expires_at => now() + interval '30 days');
SELECT status FROM billing.charge(1901, 1, 'owed', 'verify', 3, 0);
-- A batch over bonus, cash and arrears, with an alert that fired and one that is armed.
SELECT status FROM billing.record_offline_payment(1903, 5, 'payment', '1903 bank');
SELECT status FROM billing.grant_bonus(1903, 2, 'gift');
SELECT billing.set_balance_alert(1903, 6), billing.set_balance_alert(1903, 0), billing.set_balance_alert(1904, runway_hours => 1);
SELECT billing.meter(1903, 1, 'm' || n, 'verify', n, 0, occurred_at => now()) FROM generate_series(1, 4) AS n;
SELECT billing.settle() > 0 AS settled;
SELECT status, balance FROM billing.grant_bonus(1903, 4, 'another');
SELECT billing.set_gateway('verify', 'wechat', 'cn', 'subject'), billing.set_payment_method('verify', 'verify', 'native');
SELECT order_id, state FROM billing.create_topup(1904, 10, 'verify', 'topup');
-- A refund that is paid, one that is paying, and one that is asked for.
SELECT count(billing.create_account(account_id, 'cn')) AS accounts FROM generate_series(1905, 1906) AS account_id;
SELECT status FROM generate_series(1905, 1906) AS a, billing.record_offline_payment(a, 30, 'payment', a || ' bank');
SELECT status, id FROM billing.refund_order(1905, 1, 10, 'refund 1');
SELECT status, id FROM billing.settle_refund_item_offline(1905, 1, 'transfer 1905', 'settle 1');
SELECT status, id FROM billing.refund_order(1905, 1, 5, 'refund 2');
SELECT refund_id, state FROM billing.request_refund(1906, 'why', 'refund');
-- Charges that were re-rated, down and up.
SELECT billing.create_account(1910, 'cn'), billing.create_api_key(1910, 'prod') IS NOT NULL AS key, billing.set_price('verify-wrong', 'CNY', 1000000, 0, effective_from => '2025-01-01 00:00+00') AS wrong \gset
SELECT status FROM billing.record_offline_payment(1910, 30, 'payment', '1910 bank');
SELECT status FROM billing.charge(1910, 1, 're-rated', 'verify-wrong', 10, 0);
SELECT status FROM billing.charge(1910, 1, 'other', 'verify', 5, 0);
SELECT status FROM billing.correct_price(:wrong, 800000, NULL, NULL, 0, 'verify down');
SELECT status, events FROM billing.begin_rerate(1910, '2025-01-01 00:00+00', 'tomorrow', 'verify-wrong', 'down');
SELECT done, "left" FROM billing.continue_rerate();
SELECT status FROM billing.correct_price(:wrong, 900000, NULL, NULL, 0, 'verify up');
SELECT status, events FROM billing.begin_rerate(1910, '2025-01-01 00:00+00', 'tomorrow', 'verify-wrong', 'up');
SELECT done, "left" FROM billing.continue_rerate();
-- A plan with two periods and a window, and a request on it.
SELECT billing.create_account(1907, 'cn'), billing.create_plan('verify', 'cn', 30, 1000, months => 1, window_hours => 5, window_quota => 100) AS version;
SELECT billing.set_plan_weight('verify', 'verify', 1000000, 0, effective_from => '2025-01-01 00:00+00') IS NOT NULL AS weighed;
SELECT test.buy(1907, 'verify', 'verify'), test.buy(1907, 'verify', 'verify');
SELECT key_id FROM billing.create_api_key(1907, 'plan', 'plan');
SELECT status, credits FROM billing.charge(1907, 1, 'on the plan', 'verify', 7, 1);
-- A weight from now on never begins in the future, behind what a clock that was ahead has counted.
BEGIN;
SET LOCAL billing.clock_offset = '16 min';
SELECT status, credits FROM billing.charge(1907, 1, 'ahead on the plan', 'verify', 7, 1);
SET LOCAL billing.clock_offset = 0;
SELECT left(test.attempt('SELECT billing.set_plan_weight(''verify'', ''verify'', 2, 0)'), 39) AS attempt;
SELECT billing.set_plan_weight('verify', 'verify', 2, 0, effective_from => clock_timestamp() + interval '20 min') IS NOT NULL AS named;
ROLLBACK;
-- An account that a wrong clock had booked, and that was taken back to the time.
SELECT billing.create_account(1911, 'cn');
SELECT status FROM billing.grant_bonus(1911, 3, 'gift', expires_at => now() + interval '10 days');
SET billing.clock_offset = '50d';
SELECT status FROM billing.record_offline_payment(1911, 5, 'ahead', '1911 bank');
RESET billing.clock_offset;
SELECT last_entry_no, bonus FROM billing.repair_clock(1911, 'ahead');
-- An invoice that was issued.
SELECT billing.set_invoice_title(1907, 'me', 'individual', 'name');
SELECT amount FROM billing.request_invoice(1907, ARRAY[1], 'me', 'ordinary', 'a@b.example', NULL, 'invoice');
SELECT billing.record_invoice(1907, 1, '19071907190719071907');
-- Two payments overseas with their invoices, and a credit note.
SELECT billing.create_account(1908, 'global'), billing.set_seller('global', 'Verify Ltd', 'API credit', 0, address => '1 Example Street', series => 'VERIFY') > 0 AS set;
SELECT billing.number_invoices() >= 0 AS others;
SELECT status FROM billing.record_offline_payment(1908, 20, 'a', '1908 a');
SELECT status FROM billing.record_offline_payment(1908, 30, 'b', '1908 b');
SELECT status FROM billing.refund_order(1908, 1, 5, 'refund');
SELECT status FROM billing.settle_refund_item_offline(1908, 1, 'transfer 1908', 'settle');
SELECT billing.number_invoices();
SELECT * FROM billing.request_statement(1908, now() - interval '1 day', now(), 'statement');
SELECT * FROM test.verify();

-- Does what it is told, with history unlocked, and says which checks of verify() fire for which accounts;
-- all of it is undone. found() makes the chains anew, as who knows of them would.
CREATE FUNCTION pg_temp.found_as_is(VARIADIC corruption text[]) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    command text;
    fired text;
BEGIN
    PERFORM set_config('billing.allow_history_change', 'on', true);
    FOREACH command IN ARRAY corruption LOOP
        EXECUTE command;
    END LOOP;
    SELECT coalesce(string_agg(DISTINCT v.check_name || coalesce(' ' || v.account_id, ''), ', '), 'nothing') INTO fired
    FROM test.verify() AS v WHERE v.detail > '';
    RAISE SQLSTATE '00001';
EXCEPTION WHEN SQLSTATE '00001' THEN
    RETURN fired;
END $$;
CREATE FUNCTION pg_temp.found(VARIADIC corruption text[]) RETURNS text LANGUAGE sql AS $$
    SELECT pg_temp.found_as_is(VARIADIC corruption || 'SELECT test.rechain(account_id) FROM billing_books.account WHERE account_id BETWEEN 1900 AND 1910'::text)
$$;
CREATE FUNCTION pg_temp.put(account_id bigint, debit text, credit text, source_type text, source_id bigint, lot_no bigint, gateway text, amount numeric) RETURNS text LANGUAGE sql AS $$
    SELECT format('INSERT INTO billing_books.ledger_entry (account_id, entry_no, occurred_at, recorded_at, source_id, lot_no, amount, debit, credit, source_type, gateway, chain)
        SELECT account_id, last_entry_no + 1, last_booked_at, last_booked_at, %L, %L, %L, %L, %L, %L, %L, '''' FROM billing_books.account WHERE account_id = %L;
        UPDATE billing_books.account SET last_entry_no = last_entry_no + 1 WHERE account_id = %8$L', source_id, lot_no, amount, debit, credit, source_type, gateway, account_id)
$$;

-- An account may be ahead of the clock by as much as clock_jump.
SELECT pg_temp.found('UPDATE billing_books.account SET last_booked_at = now() + interval ''6000 days 9 minutes'' WHERE account_id = 1901');
CREATE TEMP TABLE fires (place serial, damage text, found text);
INSERT INTO fires (damage, found) SELECT * FROM (VALUES
    ('a chain of another entry', pg_temp.found_as_is('UPDATE billing_books.ledger_entry AS e SET chain = o.chain FROM billing_books.ledger_entry AS o WHERE e.account_id = 1900 AND o.account_id = 1900 AND e.entry_no = 2 AND o.entry_no = 1')),
    ('a chain that is none', pg_temp.found_as_is('UPDATE billing_books.ledger_entry SET chain = ''\x00'' WHERE account_id = 1901')),
    ('an actor, under the chain', pg_temp.found_as_is('UPDATE billing_books.ledger_entry SET actor = ''other'' WHERE account_id = 1900 AND entry_no = 1')),
    ('an account with the chain of another', pg_temp.found_as_is('UPDATE billing_books.account SET chain = (SELECT chain FROM billing_books.account WHERE account_id = 1901) WHERE account_id = 1900')),
    ('a sealed entry, with all chains made anew', pg_temp.found('SELECT test.seal_books()', 'UPDATE billing_books.ledger_entry SET actor = ''other'' WHERE account_id = 1900 AND entry_no = 1')),
    ('an account in a seal that is not there', pg_temp.found('INSERT INTO billing_books.seal_account SELECT account_id, 9, last_entry_no, sha256(''x'') FROM billing_books.account WHERE account_id = 1900')),
    ('rows in a seal that is not there', pg_temp.found('INSERT INTO billing_books.seal_rows VALUES (9, ''lot'', 1, sha256(''x''))')),
    ('an account that a seal leaves out', pg_temp.found('UPDATE billing_books.account SET last_entry_no = 0 WHERE account_id = 1900', 'SELECT test.seal_books()', 'UPDATE billing_books.account SET last_entry_no = (SELECT max(entry_no) FROM billing_books.ledger_entry WHERE account_id = 1900) WHERE account_id = 1900')),
    ('a seal of more accounts than it holds', pg_temp.found('SELECT test.seal_books()', 'UPDATE billing_books.seal SET accounts = accounts + 1')),
    ('a seal of less than the one before', pg_temp.found('SELECT test.seal_books(), test.seal_books()', 'UPDATE billing_books.seal SET rows_before = rows_before - interval ''1 day'' WHERE seal_no = 2')),
    ('usage of a closed month that seals hold', pg_temp.found('SELECT test.seal_books()', 'INSERT INTO billing_books.seal_rows VALUES (1, ''usage_event 2024-02'', 1, sha256(''x''))', 'INSERT INTO billing_books.closed_month VALUES (''2024-02-01'', ''2024-03-01 00:00+00'', ''usage_event_2024_02'', now(), 0, 0)')),
    ('an account without a chain', pg_temp.found_as_is('UPDATE billing_books.account SET chain = NULL WHERE account_id = 1900')),
    ('usage stamped otherwise, priced alike', pg_temp.found('UPDATE billing_books.usage_event SET occurred_at = occurred_at - interval ''1 s'' WHERE account_id = 1903 AND request_id = ''m2''')),
    ('an entry is gone', pg_temp.found('DELETE FROM billing_books.ledger_entry WHERE account_id = 1900 AND entry_no = 2')),
    ('the newest entry is gone', pg_temp.found('DELETE FROM billing_books.ledger_entry WHERE account_id = 1901')),
    ('an account outside of the range', pg_temp.found('INSERT INTO billing_books.account_range VALUES (1, 2, 4611686018427387904, now(), ''test'')')),
    ('last_entry_no is ahead', pg_temp.found('UPDATE billing_books.account SET last_entry_no = last_entry_no + 1 WHERE account_id = 1900')),
    ('an entry of no account', pg_temp.found('INSERT INTO billing_books.ledger_entry SELECT 1909, 1, occurred_at, recorded_at, source_id, lot_no, NULL, NULL, amount, debit, credit, source_type, NULL, NULL, NULL, '''' FROM billing_books.ledger_entry WHERE account_id = 1901')),
    ('an entry before the one in front of it', pg_temp.found('UPDATE billing_books.ledger_entry SET recorded_at = recorded_at - interval ''1 day'' WHERE account_id = 1900 AND debit = ''gateway'' AND source_id = 2')),
    ('a booking of the future', pg_temp.found('UPDATE billing_books.account SET last_booked_at = now() + interval ''6000 days 11 minutes'' WHERE account_id = 1901')),
    ('the same, by another policy', pg_temp.found('SELECT billing.set_policy(''clock_jump'', ''8 minutes'')', 'UPDATE billing_books.account SET last_booked_at = now() + interval ''6000 days 9 minutes'' WHERE account_id = 1901')),
    ('a call of the future', pg_temp.found('UPDATE billing_books.idempotent_call SET recorded_at = now() + interval ''6001 days'' WHERE account_id = 1900 AND idempotency_key = ''gift''')),
    ('a promotion of the future', pg_temp.found('INSERT INTO billing_books.promotion VALUES (''verify'', ''cn'', 1, 0, 1, 1, 1, now() + interval ''6001 days'')')),
    ('last_booked_at is behind', pg_temp.found('UPDATE billing_books.account SET last_booked_at = created_at WHERE account_id = 1901')),
    ('a transfer that does not exist', pg_temp.found('UPDATE billing_books.ledger_entry SET gateway = ''offline'' WHERE account_id = 1901')),
    ('cash from nowhere', pg_temp.found('UPDATE billing_books.account SET cash = cash + 1 WHERE account_id = 1900')),
    ('arrears forgotten', pg_temp.found('UPDATE billing_books.account SET arrears = 0 WHERE account_id = 1901')),
    ('a lot that lost money', pg_temp.found('UPDATE billing_books.lot SET remaining = remaining - 1 WHERE account_id = 1900 AND lot_no = 1')),
    ('a lot without entries', pg_temp.found('INSERT INTO billing_books.lot (account_id, lot_no, order_id, source_id, created_at, expires_at, is_open, amount, remaining, kind, source_type) SELECT account_id, 9, order_id, source_id, created_at, expires_at, is_open, amount, remaining, kind, source_type FROM billing_books.lot WHERE account_id = 1900 AND lot_no = 1')),
    ('a lot that is gone', pg_temp.found('DELETE FROM billing_books.lot WHERE account_id = 1900 AND lot_no = 1')),
    ('a lot that began larger', pg_temp.found('UPDATE billing_books.lot SET amount = amount + 1 WHERE account_id = 1900 AND lot_no = 1')),
    ('a lot of another kind', pg_temp.found('UPDATE billing_books.lot SET kind = ''bonus'' WHERE account_id = 1900 AND lot_no = 1')),
    ('arrears beside cash', pg_temp.found('UPDATE billing_books.account SET arrears = 1 WHERE account_id = 1900')),
    ('next_expiry_at forgotten', pg_temp.found('UPDATE billing_books.account SET next_expiry_at = NULL WHERE account_id = 1900')),
    ('a lot that paid after its expiry', pg_temp.found('UPDATE billing_books.lot SET expires_at = created_at WHERE account_id = 1900 AND lot_no = 3')),
    ('a charge that does not follow from its price', pg_temp.found('UPDATE billing_books.usage_event SET charge = charge + 1 WHERE account_id = 1901')),
    ('a charge by the price of another variant', pg_temp.found('UPDATE billing_books.usage_event SET variant = ''batch'' WHERE account_id = 1901')),
    ('a price withdrawn behind a charge', pg_temp.found('UPDATE billing_books.price AS p SET withdrawn_at = now(), withdrawn_by = ''me'' FROM billing_books.usage_event AS u WHERE u.account_id = 1901 AND p.price_id = u.price_id')),
    ('meters that the charge does not know', pg_temp.found('UPDATE billing_books.usage_event SET meters = ''{"image": 1}'' WHERE account_id = 1901')),
    ('meters that are none', pg_temp.found('UPDATE billing_books.usage_event SET meters = ''[]'' WHERE account_id = 1901')),
    ('a meter of nothing', pg_temp.found('UPDATE billing_books.usage_event SET meters = ''{"image": 0}'' WHERE account_id = 1901')),
    ('meters that the credits do not know', pg_temp.found('UPDATE billing_books.usage_event SET meters = ''{"image": 1}'' WHERE account_id = 1907')),
    ('items that a charge should have cost', pg_temp.found('UPDATE billing_books.usage_event SET meters = ''{"image": 1}'' WHERE account_id = 1901', 'UPDATE billing_books.price AS p SET meters = ''image 1'' FROM billing_books.usage_event AS u WHERE u.account_id = 1901 AND p.price_id = u.price_id')),
    ('items that are none', pg_temp.found('UPDATE billing_books.price AS p SET meters = ''image x'' FROM billing_books.usage_event AS u WHERE u.account_id = 1901 AND p.price_id = u.price_id')),
    ('items that are none, of a weight', pg_temp.found('UPDATE billing_books.plan_weight SET meters = ''image 1/0'' WHERE plan = ''verify''')),
    ('a stretch of usage that is said to stand in sums', pg_temp.found('INSERT INTO billing_books.usage_summed SELECT account_id, date_bin(''15 minutes'', recorded_at, ''2000-01-01 00:00+00''), last_booked_at FROM billing_books.usage_event JOIN billing_books.account USING (account_id) WHERE account_id = 1901', 'UPDATE billing_books.account SET last_booked_at = last_booked_at + interval ''1 day'' WHERE account_id = 1901', 'UPDATE billing_books.usage_summed SET summed_until = summed_until + interval ''15 minutes''')),
    ('sums of no usage', pg_temp.found('INSERT INTO billing_books.usage_sum SELECT 1901, now(), 1, ''verify'', '''', 1, 0, 0, 0, 0, 0, 0, NULL, ''''')),
    ('an account on a list that it was not put on', pg_temp.found('UPDATE billing_books.account SET has_price_list = true WHERE account_id = 1901')),
    ('a list of a name that is too long', pg_temp.found('UPDATE billing_books.account SET has_price_list = true WHERE account_id = 1901', 'INSERT INTO billing_books.account_price_list SELECT 1901, ''2000-01-01 00:00+00'', repeat(''l'', 65), now(), ''me''')),
    ('a charge by the price of another model', pg_temp.found('UPDATE billing_books.usage_event SET model = ''other'' WHERE account_id = 1901')),
    ('a charge by no price', pg_temp.found('UPDATE billing_books.usage_event SET price_id = -1 WHERE account_id = 1901')),
    ('a price put behind a charge', pg_temp.found('INSERT INTO billing_books.price (currency, model, prompt_tokens_over, effective_from, input, output, cache_read, cache_write) VALUES (''CNY'', ''verify'', 0, ''2025-06-01'', 1, 1, 1, 1)')),
    ('a tier put behind a charge', pg_temp.found('INSERT INTO billing_books.price (currency, model, prompt_tokens_over, effective_from, input, output, cache_read, cache_write) VALUES (''CNY'', ''verify'', 20, ''2024-06-01'', 1, 1, 1, 1)')),
    ('a price of hours that are none', pg_temp.found('INSERT INTO billing_books.price (currency, model, hours, prompt_tokens_over, effective_from, input, output, cache_read, cache_write) VALUES (''CNY'', ''verify'', ''gibberish'', 0, ''2025-06-01'', 1, 1, 1, 1)')),
    ('hours of a rule, and a charge of another amount', pg_temp.found('INSERT INTO billing_books.price (currency, model, hours, prompt_tokens_over, effective_from, input, output, cache_read, cache_write) VALUES (''CNY'', ''verify'', ''08:00-09:00 AAA1'', 0, ''2025-06-01'', 1, 1, 1, 1)', 'UPDATE billing_books.usage_event SET charge = charge + 1 WHERE account_id = 1901')),
    ('a price of hours on Mars', pg_temp.found('INSERT INTO billing_books.price (currency, model, hours, prompt_tokens_over, effective_from, input, output, cache_read, cache_write) VALUES (''CNY'', ''verify'', ''08:00-09:00 Mars/Crater'', 0, ''2025-06-01'', 1, 1, 1, 1)')),
    ('a variant that is too long', pg_temp.found('UPDATE billing_books.usage_event SET variant = repeat(''v'', 65) WHERE account_id = 1901')),
    ('a variant that is blank', pg_temp.found('UPDATE billing_books.usage_event SET variant = '' '' WHERE account_id = 1901')),
    ('a model that is too long', pg_temp.found('UPDATE billing_books.usage_event SET model = repeat(''m'', 201) WHERE account_id = 1901')),
    ('a model that is blank', pg_temp.found('UPDATE billing_books.usage_event SET model = '''' WHERE account_id = 1901')),
    ('more tokens than a request can have', pg_temp.found('UPDATE billing_books.usage_event SET input_tokens = 200000001 WHERE account_id = 1901')),
    ('prompt tokens below zero', pg_temp.found('UPDATE billing_books.usage_event SET input_tokens = -1 WHERE account_id = 1901')),
    ('a charge that never happened', pg_temp.found('UPDATE billing_books.usage_event SET occurred_at = ''infinity'' WHERE account_id = 1901')),
    ('a charge that lost a slice', pg_temp.found('UPDATE billing_books.usage_event SET entry_count = entry_count - 1 WHERE account_id = 1900 AND request_id = ''both''')),
    ('a charge that names other slices', pg_temp.found('UPDATE billing_books.usage_event SET first_entry_no = first_entry_no - 1 WHERE account_id = 1900 AND request_id = ''both''')),
    ('a charge that names no slices', pg_temp.found('UPDATE billing_books.usage_event SET first_entry_no = NULL, entry_count = 0 WHERE account_id = 1901')),
    ('a charge that is gone', pg_temp.found('DELETE FROM billing_books.usage_event WHERE account_id = 1901')),
    ('slices of no charge', pg_temp.found(pg_temp.put(1901, 'arrears', 'revenue', 'charge', 1, NULL, NULL, 1), 'UPDATE billing_books.account SET arrears = arrears + 1 WHERE account_id = 1901')),
    ('a reversal of another amount', pg_temp.found('UPDATE billing_books.charge_reversal SET amount = 1 WHERE account_id = 1900')),
    ('a reversal that is gone', pg_temp.found('DELETE FROM billing_books.charge_reversal WHERE account_id = 1900')),
    ('a reversal of another charge', pg_temp.found('UPDATE billing_books.charge_reversal SET request_hash = 1 WHERE account_id = 1900')),
    ('a correction of another instant', pg_temp.found('UPDATE billing_books.price SET effective_from = effective_from + interval ''1 day'' WHERE model = ''verify-wrong'' AND corrects IS NOT NULL')),
    ('a correction put behind what was booked', pg_temp.found('INSERT INTO billing_books.price (currency, model, prompt_tokens_over, effective_from, input, output, cache_read, cache_write, corrects, corrected_at) SELECT currency, model, prompt_tokens_over, effective_from, 1, 1, 1, 1, price_id, effective_from FROM billing_books.price WHERE model = ''verify''')),
    ('a revision that is gone', pg_temp.found('DELETE FROM billing_books.charge_revision WHERE account_id = 1910 AND revision_no = 2')),
    ('a revision that moved another amount', pg_temp.found('UPDATE billing_books.charge_revision SET amount = amount - 1 WHERE account_id = 1910 AND revision_no = 1')),
    ('a revision of another charge', pg_temp.found('UPDATE billing_books.charge_revision SET request_hash = 1 WHERE account_id = 1910')),
    ('a revision that does not follow from its price', pg_temp.found('UPDATE billing_books.charge_revision SET charge = charge - 1, written_off = 1 WHERE account_id = 1910 AND revision_no = 2')),
    ('a revision by another price', pg_temp.found('UPDATE billing_books.charge_revision SET price_id = price_id - 1, charge = 8 WHERE account_id = 1910 AND revision_no = 2')),
    ('a revision that was not what was charged before', pg_temp.found('UPDATE billing_books.charge_revision SET old_charge = 11 WHERE account_id = 1910 AND revision_no = 1')),
    ('a revision that names other entries', pg_temp.found('UPDATE billing_books.charge_revision SET first_entry_no = first_entry_no - 1 WHERE account_id = 1910 AND revision_no = 2')),
    ('a revision that kept what nobody wrote off', pg_temp.found('UPDATE billing_books.charge_revision SET amount = amount + 1, written_off = 1 WHERE account_id = 1910 AND revision_no = 1', 'UPDATE billing_books.ledger_entry SET amount = amount - 1 WHERE account_id = 1910 AND source_type = ''rerate'' AND debit = ''revenue''')),
    ('entries of no revision', pg_temp.found(pg_temp.put(1910, 'cash', 'revenue', 'rerate', 1, 1, NULL, 1), 'UPDATE billing_books.account SET cash = cash - 1 WHERE account_id = 1910', 'UPDATE billing_books.lot SET remaining = remaining - 1 WHERE account_id = 1910')),
    ('a re-rating that says something else', pg_temp.found('UPDATE billing_books.rerate_account SET given_back = given_back + 1 WHERE account_id = 1910 AND given_back > 0')),
    ('a re-rating that is finished, and its account is not', pg_temp.found('UPDATE billing_books.rerate_account SET finished_at = NULL WHERE account_id = 1910')),
    ('a re-rating that nobody approved', pg_temp.found('UPDATE billing_books.rerate SET begun_at = NULL WHERE account_id = 1910')),
    ('a reversal of more than is booked', pg_temp.found('INSERT INTO billing_books.charge_reversal (account_id, reversal_id, request_hash, event_recorded_at, recorded_at, probe, key_id, amount, model, occurred_at, actor) SELECT account_id, 1, request_hash, recorded_at, recorded_at, probe, key_id, 9.5, model, occurred_at, ''me'' FROM billing_books.usage_event WHERE account_id = 1910 AND model = ''verify-wrong''', pg_temp.put(1910, 'revenue', 'cash', 'reversal', 1, 1, NULL, 9.5), 'UPDATE billing_books.account SET cash = cash + 9.5 WHERE account_id = 1910', 'UPDATE billing_books.lot SET remaining = remaining + 9.5 WHERE account_id = 1910')),
    ('an undo of more than there was', pg_temp.found('UPDATE billing_books.ledger_entry SET amount = amount + 1 WHERE account_id = 1900 AND undoes_entry_no IS NOT NULL')),
    ('an undo of what is not there', pg_temp.found('UPDATE billing_books.ledger_entry SET undoes_entry_no = 99 WHERE account_id = 1900 AND undoes_entry_no IS NOT NULL')),
    ('an undo of itself', pg_temp.found('UPDATE billing_books.ledger_entry SET undoes_entry_no = entry_no WHERE account_id = 1900 AND undoes_entry_no IS NOT NULL')),
    ('a charge of entries beyond all', pg_temp.found('UPDATE billing_books.usage_event SET first_entry_no = 9223372036854775807, entry_count = 2 WHERE account_id = 1901')),
    ('a charge of entries from below', pg_temp.found('UPDATE billing_books.usage_event SET first_entry_no = -9223372036854775808 WHERE account_id = 1901')),
    ('a charge of very many entries', pg_temp.found('UPDATE billing_books.usage_event SET entry_count = 2147483647 WHERE account_id = 1901')),
    ('a batch of entries beyond all', pg_temp.found('UPDATE billing_books.usage_event SET first_entry_no = 9223372036854775807, entry_count = 2147483647 WHERE account_id = 1903 AND request_id = ''m1''')),
    ('a batch of fewer than no entries', pg_temp.found('UPDATE billing_books.usage_event SET entry_count = -2147483648 WHERE account_id = 1903 AND request_id = ''m1''')),
    ('a revision of entries beyond all', pg_temp.found('UPDATE billing_books.charge_revision SET first_entry_no = 9223372036854775807, entry_count = 2 WHERE account_id = 1910 AND revision_no = 2')),
    ('a revision of very many entries', pg_temp.found('UPDATE billing_books.charge_revision SET entry_count = 2147483647 WHERE account_id = 1910 AND revision_no = 2')),
    ('very many entries, which their accounts say they have', pg_temp.found_as_is('SET LOCAL temp_file_limit = ''50MB''', 'UPDATE billing_books.account SET last_entry_no = 3000000000 WHERE account_id IN (1901, 1910)',
        'UPDATE billing_books.usage_event SET entry_count = 2147483647 WHERE account_id = 1901', 'UPDATE billing_books.charge_revision SET entry_count = 2147483647 WHERE account_id = 1910 AND revision_no = 2')),
    ('an account without entries', pg_temp.found('UPDATE billing_books.account SET last_entry_no = -9223372036854775808 WHERE account_id = 1901')),
    ('an account of very many entries', pg_temp.found('UPDATE billing_books.account SET last_entry_no = 9223372036854775807 WHERE account_id = 1901')),
    ('an account of no currency', pg_temp.found('UPDATE billing_books.account SET currency = '''' WHERE account_id = 1901')),
    ('a re-rated account of no currency', pg_temp.found('UPDATE billing_books.account SET currency = '''' WHERE account_id = 1910')),
    ('a charge of no tokens', pg_temp.found('ALTER TABLE billing_books.usage_event ALTER cache_read_tokens DROP NOT NULL', 'UPDATE billing_books.usage_event SET cache_read_tokens = NULL WHERE account_id = 1901')),
    ('a re-rated charge of no tokens', pg_temp.found('ALTER TABLE billing_books.usage_event ALTER input_tokens DROP NOT NULL', 'UPDATE billing_books.usage_event SET input_tokens = NULL WHERE account_id = 1910 AND request_id = ''re-rated''')),
    ('a charge of no model', pg_temp.found('ALTER TABLE billing_books.usage_event ALTER model DROP NOT NULL', 'UPDATE billing_books.usage_event SET model = NULL WHERE account_id = 1901')),
    ('a charge settled never', pg_temp.found('UPDATE billing_books.usage_event SET settled_at = ''infinity'' WHERE account_id = 1901')),
    ('an account that booked last never', pg_temp.found('UPDATE billing_books.account SET last_booked_at = ''infinity'' WHERE account_id = 1904')),
    ('a time zone that there is not', pg_temp.found('UPDATE billing_books.account_profile SET time_zone = ''US/Pacific-New'' WHERE account_id = 1904')),
    ('a key renamed behind its usage', pg_temp.found('UPDATE billing_books.usage_event SET key_name = ''other'' WHERE account_id = 1901')),
    ('usage of a key that the account never had', pg_temp.found('UPDATE billing_books.usage_event SET key_id = 99 WHERE account_id = 1901')),
    ('usage of a project that its key was never in', pg_temp.found('UPDATE billing_books.usage_event SET project = ''other'' WHERE account_id = 1901')),
    ('a reversal of another project', pg_temp.found('UPDATE billing_books.charge_reversal SET project = ''other'' WHERE account_id = 1900')),
    ('a key with a name that nobody gave it', pg_temp.found('UPDATE billing_books.api_key SET name = ''other'' WHERE account_id = 1901')),
    ('a key with a secret that nobody gave it', pg_temp.found('UPDATE billing_books.api_key SET secret_hash = sha256(''x'') WHERE account_id = 1901')),
    ('a key that was rotated, and nobody noted it', pg_temp.found('UPDATE billing_books.api_key SET version_no = 2, secret_hash = sha256(''x''), old_secret_hash = secret_hash, old_secret_until = now() WHERE account_id = 1901')),
    ('a rotation that names another old secret', pg_temp.found('INSERT INTO billing_books.api_key_version SELECT account_id, key_id, 2, now(), NULL, now(), name, project, models, sha256(''x''), sha256(''y''), ''me'' FROM billing_books.api_key WHERE account_id = 1901',
        'UPDATE billing_books.api_key AS k SET version_no = 2, secret_hash = v.secret_hash, old_secret_hash = v.old_secret_hash, old_secret_until = v.old_secret_until FROM billing_books.api_key_version AS v WHERE k.account_id = 1901 AND v.account_id = 1901 AND v.version_no = 2')),
    ('a version of a key that is gone', pg_temp.found('DELETE FROM billing_books.api_key_version WHERE account_id = 1901')),
    ('a version of no key', pg_temp.found('INSERT INTO billing_books.api_key_version SELECT account_id, 99, 1, set_at, NULL, NULL, name, project, models, secret_hash, NULL, ''me'' FROM billing_books.api_key_version WHERE account_id = 1901')),
    ('an expiry that nobody set, before usage', pg_temp.found('UPDATE billing_books.api_key SET expires_at = created_at WHERE account_id = 1901')),
    ('an expiry from the beginning, before usage', pg_temp.found('UPDATE billing_books.api_key SET expires_at = created_at WHERE account_id = 1901', 'UPDATE billing_books.api_key_version SET expires_at = set_at WHERE account_id = 1901')),
    ('an expiry that had passed when it was set', pg_temp.found('UPDATE billing_books.api_key SET expires_at = created_at - interval ''1 s'' WHERE account_id = 1902', 'UPDATE billing_books.api_key_version SET expires_at = set_at - interval ''1 s'' WHERE account_id = 1902')),
    ('an expiry set after another one, before usage', pg_temp.found('UPDATE billing_books.api_key SET expires_at = ''2100-01-01'' WHERE account_id = 1901', 'UPDATE billing_books.api_key_version SET expires_at = ''2100-01-01'' WHERE account_id = 1901',
        'INSERT INTO billing_books.api_key_version SELECT v.account_id, key_id, 2, u.occurred_at, u.occurred_at, NULL, name, project, models, secret_hash, NULL, ''me'' FROM billing_books.api_key_version AS v, LATERAL (SELECT max(occurred_at) AS occurred_at FROM billing_books.usage_event AS u WHERE u.account_id = 1901) AS u WHERE v.account_id = 1901',
        'UPDATE billing_books.api_key AS k SET version_no = 2, expires_at = v.expires_at, expiry_set_at = v.set_at FROM billing_books.api_key_version AS v WHERE k.account_id = 1901 AND v.account_id = 1901 AND v.version_no = 2')),
    ('usage rejected as of an expired key', pg_temp.found('UPDATE billing_books.usage_event SET status = ''rejected'', reason = ''key_expired'', charge = NULL, price_id = NULL, first_entry_no = NULL, entry_count = 0, batch_offset = NULL WHERE account_id = 1901',
        'UPDATE billing_books.api_key SET expires_at = ''2100-01-01'' WHERE account_id = 1901', 'UPDATE billing_books.api_key_version SET expires_at = ''2100-01-01'' WHERE account_id = 1901')),
    ('usage rejected as of a key that never expires', pg_temp.found('UPDATE billing_books.usage_event SET status = ''rejected'', reason = ''key_expired'', charge = NULL, price_id = NULL, first_entry_no = NULL, entry_count = 0, batch_offset = NULL WHERE account_id = 1901')),
    ('a project that is too long', pg_temp.found('UPDATE billing_books.api_key_version SET project = repeat(''p'', 65) WHERE account_id = 1902', 'UPDATE billing_books.api_key SET project = repeat(''p'', 65) WHERE account_id = 1902')),
    ('a list of no models', pg_temp.found('UPDATE billing_books.api_key_version SET models = ''{}'' WHERE account_id = 1902', 'UPDATE billing_books.api_key SET models = ''{}'' WHERE account_id = 1902')),
    ('usage of a key that is gone', pg_temp.found('DELETE FROM billing_books.api_key WHERE account_id = 1901')),
    ('a request twice', pg_temp.found('INSERT INTO billing_books.usage_event SELECT account_id, request_hash, occurred_at, recorded_at, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, key_id, 0, input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, 1, NULL, NULL, ''unpriced'', request_id, model, key_name, ''no_price'' FROM billing_books.usage_event WHERE account_id = 1901')),
    ('a payment of another amount', pg_temp.found('UPDATE billing_books.payment SET amount = amount + 1 WHERE account_id = 1900 AND payment_id = 1')),
    ('a payment that nobody claimed', pg_temp.found('DELETE FROM billing_books.payment_claim WHERE account_id = 1900 AND payment_id = 1')),
    ('a payment of another transaction', pg_temp.found('UPDATE billing_books.payment SET transaction_id = ''other'' WHERE account_id = 1900 AND payment_id = 1')),
    ('a transaction booked twice', pg_temp.found('UPDATE billing_books.payment_claim SET transaction_id = ''1903 bank'', try = 2 WHERE account_id = 1900 AND payment_id = 1', 'UPDATE billing_books.payment SET transaction_id = ''1903 bank'' WHERE account_id = 1900 AND payment_id = 1')),
    ('an order of another amount', pg_temp.found('UPDATE billing_books.payment_order SET pay_amount = pay_amount + 1 WHERE account_id = 1900 AND order_id = 1')),
    ('an order closed though it is paid', pg_temp.found('UPDATE billing_books.payment_order SET state = ''closed'', close_reason = ''expired'', paid_at = NULL WHERE account_id = 1900 AND order_id = 1')),
    ('a payment held though it is credited', pg_temp.found('UPDATE billing_books.payment SET state = ''held'' WHERE account_id = 1900 AND payment_id = 1')),
    ('an order that promised a gift', pg_temp.found('UPDATE billing_books.payment_order SET gift = 1 WHERE account_id = 1900 AND order_id = 1')),
    ('an order of another currency', pg_temp.found('UPDATE billing_books.payment_order SET currency = ''USD'' WHERE account_id = 1900 AND order_id = 1')),
    ('an order that nobody follows', pg_temp.found('UPDATE billing_books.payment_order SET gateway_number = ''lost'' WHERE account_id = 1904')),
    ('a payment that nobody sends back', pg_temp.found('UPDATE billing_books.payment SET state = ''returning'' WHERE account_id = 1900 AND payment_id = 1')),
    ('a transaction through two names of a gateway', pg_temp.found('INSERT INTO billing_books.gateway (gateway, provider, region, subject, created_at) VALUES (''offline'', ''wechat'', ''cn'', ''x'', now()), (''offline2'', ''wechat'', ''cn'', ''x'', now())', 'INSERT INTO billing_books.payment (account_id, payment_id, order_id, gateway, transaction_id, state, currency, amount, payer_amount, paid_at, recorded_at, actor) SELECT account_id, 9, order_id, ''offline2'', transaction_id, state, currency, amount, payer_amount, paid_at, recorded_at, actor FROM billing_books.payment WHERE account_id = 1900 AND payment_id = 1', 'INSERT INTO billing_books.payment_claim SELECT ''offline2'', transaction_id, 1, account_id, 9 FROM billing_books.payment_claim WHERE account_id = 1900 AND payment_id = 1')),
    ('an order without a payment', pg_temp.found('INSERT INTO billing_books.payment_order (account_id, order_id, kind, method, gateway, state, currency, pay_amount, discount, gift, created_at, paid_at, actor) SELECT account_id, 9, kind, method, gateway, state, currency, pay_amount, discount, gift, created_at, paid_at, actor FROM billing_books.payment_order WHERE account_id = 1900 AND order_id = 1')),
    ('a payment credited twice', pg_temp.found(pg_temp.put(1900, 'gateway', 'cash', 'payment', 1, 1, 'offline', 100), 'UPDATE billing_books.lot SET amount = 200, remaining = remaining + 100 WHERE account_id = 1900 AND lot_no = 1', 'UPDATE billing_books.account SET cash = cash + 100 WHERE account_id = 1900')),
    ('a take-back of another amount', pg_temp.found('UPDATE billing_books.take_back SET amount = 1, payer_amount = 1 WHERE account_id = 1900')),
    ('a take-back that is gone', pg_temp.found('DELETE FROM billing_books.take_back WHERE account_id = 1900')),
    ('plan money of no subscription', pg_temp.found('INSERT INTO billing_books.ledger_entry (account_id, entry_no, occurred_at, recorded_at, source_id, subscription_no, amount, debit, credit, source_type, gateway, chain) SELECT account_id, last_entry_no + 1, last_booked_at, last_booked_at, 1, 1, 1, ''gateway'', ''plan_deferred'', ''payment'', ''offline'', '''' FROM billing_books.account WHERE account_id = 1900')),
    ('plan money that was not earned', pg_temp.found('UPDATE billing_books.subscription SET deferred = deferred - 1 WHERE account_id = 1907 AND subscription_no = 1')),
    ('a plan for less than was paid', pg_temp.found('UPDATE billing_books.subscription SET price = 29 WHERE account_id = 1907 AND subscription_no = 1')),
    ('a plan of no order', pg_temp.found('UPDATE billing_books.payment_order SET state = ''closed'', close_reason = ''expired'', paid_at = NULL WHERE account_id = 1907 AND order_id = 1')),
    ('plan money of another order', pg_temp.found('UPDATE billing_books.ledger_entry SET subscription_no = 3 - subscription_no WHERE account_id = 1907 AND subscription_no IS NOT NULL')),
    ('two periods at once', pg_temp.found('UPDATE billing_books.quota SET starts_at = starts_at - interval ''1 day'', windows_from = NULL WHERE account_id = 1907 AND subscription_no = 2')),
    ('a period longer than its quota', pg_temp.found('UPDATE billing_books.subscription SET ends_at = ends_at + interval ''1 day'' WHERE account_id = 1907 AND subscription_no = 2')),
    ('quota that nobody used', pg_temp.found('UPDATE billing_books.quota SET used = used + 1 WHERE account_id = 1907 AND subscription_no = 1 AND kind = ''part''')),
    ('a window that nobody used', pg_temp.found('UPDATE billing_books.quota SET used = used + 1 WHERE account_id = 1907 AND subscription_no = 1 AND kind = ''window''')),
    ('a rest that forgot what was used', pg_temp.found('UPDATE billing_books.quota SET carried = 1 WHERE account_id = 1907 AND subscription_no = 2')),
    ('credits that do not follow', pg_temp.found('UPDATE billing_books.usage_event SET credits = 8 WHERE account_id = 1907', 'UPDATE billing_books.quota SET used = 8 WHERE account_id = 1907 AND subscription_no = 1')),
    ('a weight put behind a request', pg_temp.found('INSERT INTO billing_books.plan_weight (plan, model, prompt_tokens_over, effective_from, input, output, cache_read, cache_write) VALUES (''verify'', ''verify'', 5, ''2025-01-01'', 1, 1, 1, 1)')),
    ('a request of a plan that costs money', pg_temp.found('UPDATE billing_books.usage_event SET charge = 0 WHERE account_id = 1907')),
    ('an invoice without lines', pg_temp.found('DELETE FROM billing_books.invoice_line WHERE account_id = 1907')),
    ('an invoice issued without a number', pg_temp.found('UPDATE billing_books.invoice SET number = NULL WHERE account_id = 1907')),
    ('an invoice on its way by nothing', pg_temp.found('UPDATE billing_books.invoice SET state = ''sending'', number = NULL WHERE account_id = 1907')),
    ('an invoice reversed by nothing', pg_temp.found('UPDATE billing_books.invoice SET state = ''reversing'' WHERE account_id = 1907')),
    ('a red invoice with the number of another', pg_temp.found('UPDATE billing_books.invoice SET red_number = number WHERE account_id = 1907')),
    ('an overseas invoice that is gone', pg_temp.found('DELETE FROM billing_books.invoice_line WHERE account_id = 1908 AND invoice_id = 2', 'DELETE FROM billing_books.document WHERE account_id = 1908 AND id = 2', 'DELETE FROM billing_books.invoice WHERE account_id = 1908 AND invoice_id = 2')),
    ('an overseas invoice of another amount', pg_temp.found('UPDATE billing_books.invoice_line SET amount = 31 WHERE account_id = 1908 AND invoice_id = 2')),
    ('an overseas invoice of another order', pg_temp.found('UPDATE billing_books.invoice_line SET order_id = 1 WHERE account_id = 1908 AND invoice_id = 2')),
    ('a payment invoiced twice', pg_temp.found('INSERT INTO billing_books.invoice (account_id, invoice_id, kind, state, created_at, payment_id) VALUES (1908, 9, ''overseas'', ''numbering'', now(), 2)', 'INSERT INTO billing_books.invoice_line VALUES (1908, 9, 2, 30)')),
    ('a credit note that is gone', pg_temp.found('DELETE FROM billing_books.invoice_line WHERE account_id = 1908 AND invoice_id = 3', 'DELETE FROM billing_books.document WHERE account_id = 1908 AND id = 3', 'DELETE FROM billing_books.invoice WHERE account_id = 1908 AND invoice_id = 3')),
    ('a credit note of more than its invoice', pg_temp.found('UPDATE billing_books.invoice_line SET amount = 21 WHERE account_id = 1908 AND invoice_id = 3')),
    ('a credit note without a cause', pg_temp.found('UPDATE billing_books.invoice SET item_id = NULL WHERE account_id = 1908 AND invoice_id = 3')),
    ('a credit note of another payment''s invoice', pg_temp.found('UPDATE billing_books.invoice SET corrects = 2 WHERE account_id = 1908 AND invoice_id = 3')),
    ('a gap in a series', pg_temp.found('UPDATE billing_books.invoice SET series_no = series_no + 1, number = ''VERIFY-'' || lpad((series_no + 1)::text, 6, ''0'') WHERE account_id = 1908 AND invoice_id = 2')),
    ('a series that forgot how far it is', pg_temp.found('UPDATE billing_books.invoice_series SET last_no = last_no - 1 WHERE series = ''VERIFY''')),
    ('a number of no series', pg_temp.found('UPDATE billing_books.invoice SET number = ''X-000001'' WHERE account_id = 1908 AND invoice_id = 1')),
    ('numbers that go back in time', pg_temp.found('UPDATE billing_books.invoice SET issued_at = issued_at - interval ''1 day'' WHERE account_id = 1908 AND invoice_id = 2')),
    ('an overseas invoice issued without a number', pg_temp.found('UPDATE billing_books.invoice SET number = NULL WHERE account_id = 1908 AND invoice_id = 1')),
    ('an overseas invoice issued without a document', pg_temp.found('DELETE FROM billing_books.document WHERE account_id = 1908 AND kind = ''invoice'' AND id = 1')),
    ('a document of no invoice', pg_temp.found('UPDATE billing_books.document SET id = 9 WHERE account_id = 1908 AND kind = ''invoice'' AND id = 1')),
    ('a statement that closes with another balance', pg_temp.found('UPDATE billing_books.account_statement SET closing = closing + 1 WHERE account_id = 1908')),
    ('a statement of another balance than it says', pg_temp.found('UPDATE billing_books.account_statement SET says = jsonb_set(says, ''{closing}'', ''"1.00"'') WHERE account_id = 1908')),
    ('a statement that opens with another balance', pg_temp.found('UPDATE billing_books.account_statement SET opening = 1 WHERE account_id = 1908')),
    ('a statement without a document', pg_temp.found('DELETE FROM billing_books.document WHERE account_id = 1908 AND kind = ''statement''')),
    ('a document of no statement', pg_temp.found('UPDATE billing_books.document SET id = 9 WHERE account_id = 1908 AND kind = ''statement''')),
    ('a part of an invoice reversed by nothing', pg_temp.found('UPDATE billing_books.invoice_line SET reversed = 1 WHERE account_id = 1907')),
    ('an order invoiced for more than was paid', pg_temp.found('UPDATE billing_books.invoice_line SET amount = 31 WHERE account_id = 1907')),
    ('money reserved for no refund', pg_temp.found(pg_temp.put(1900, 'cash', 'refund_payable', 'refund_item', 1, 1, NULL, 1), 'UPDATE billing_books.account SET cash = cash - 1 WHERE account_id = 1900', 'UPDATE billing_books.lot SET remaining = remaining - 1 WHERE account_id = 1900 AND lot_no = 1')),
    ('money taken of a payment that no take-back took', pg_temp.found('UPDATE billing_books.payment SET taken = 1 WHERE account_id = 1900 AND payment_id = 1')),
    ('a lot that gave more back than its entries say', pg_temp.found('UPDATE billing_books.lot SET given_back = given_back + 1 WHERE account_id = 1900 AND lot_no = 1')),
    ('a take-back undone that cannot be', pg_temp.found('INSERT INTO billing_books.take_back (account_id, take_back_id, payment_id, gateway, kind, amount, payer_amount, undoes, occurred_at, recorded_at, actor) SELECT account_id, take_back_id + 100, payment_id, gateway, ''undone'', 0, 0, take_back_id, occurred_at, recorded_at, actor FROM billing_books.take_back WHERE account_id = 1900')),
    ('a take-back that claims no refund', pg_temp.found('INSERT INTO billing_books.take_back (account_id, take_back_id, payment_id, gateway, kind, amount, payer_amount, refund_id, occurred_at, recorded_at, actor) SELECT account_id, take_back_id + 100, 1, gateway, ''refund'', amount, payer_amount, ''50'', occurred_at, recorded_at, actor FROM billing_books.take_back WHERE account_id = 1900')),
    ('a refund of ours that no gateway made', pg_temp.found('INSERT INTO billing_books.gateway_call (account_id, call_id, gateway, kind, payment_id, amount, state, created_at) VALUES (1900, 900, ''verify'', ''refund'', 1, 1, ''done'', now())')),
    ('a day of a bill that is not booked', pg_temp.found('INSERT INTO billing_books.reconciliation (gateway, day, run, state, requested_at, requested_by, fees, finished_at) VALUES (''verify'', ''2026-01-01'', 1, ''done'', now(), ''me'', 1, now())')),
    ('a payment that never came in', pg_temp.found('INSERT INTO billing_books.payment (account_id, payment_id, order_id, gateway, transaction_id, state, currency, amount, payer_amount, paid_at, recorded_at, actor) SELECT account_id, 9, order_id, gateway, ''never'', ''returned'', currency, amount, payer_amount, paid_at, recorded_at, actor FROM billing_books.payment WHERE account_id = 1900 AND payment_id = 1', 'UPDATE billing_books.payment SET taken = 1 WHERE account_id = 1900 AND payment_id = 9')),
    ('a day of a bill that was not looked at', pg_temp.found('INSERT INTO billing_books.reconciliation (gateway, day, run, state, requested_at, requested_by, rows, finished_at) VALUES (''verify'', ''2026-01-01'', 1, ''done'', now(), ''me'', 1, now())')),
    ('a line of a bill without its entry', pg_temp.found('INSERT INTO billing_books.reconciliation (gateway, day, run, state, requested_at, requested_by, fees, finished_at) VALUES (''verify'', ''2026-01-01'', 1, ''done'', now(), ''me'', 1, now())', 'INSERT INTO billing_books.account (account_id, created_at, last_booked_at, region, currency) VALUES (-1, now(), now(), ''cn'', ''CNY'') ON CONFLICT DO NOTHING', 'INSERT INTO billing_books.reconciliation_line VALUES (-1, 99, ''verify'', ''2026-01-01'', 1, ''fee'', 1, now())')),
    ('money in suspense', pg_temp.found(pg_temp.put(1900, 'gateway', 'suspense', 'payment', 1, NULL, 'offline', 1))),
    ('a lock that nobody set', pg_temp.found('UPDATE billing_books.account SET locks = 2 WHERE account_id = 1900')),
    ('a lock forgotten', pg_temp.found('INSERT INTO billing_books.account_lock (account_id, lock_no, lock, locked_at, locked_by) VALUES (1900, 1, ''dispute'', now(), ''me'')')),
    ('an account without a profile', pg_temp.found('DELETE FROM billing_books.account_profile WHERE account_id = 1900')),
    ('a partition without its key', pg_temp.found('DROP INDEX billing_books.usage_event_default_request')),
    ('a policy out of its bounds', pg_temp.found('INSERT INTO billing_books.policy_setting VALUES (''hold_timeout'', '''', 1)')),
    ('a policy that there is not', pg_temp.found('INSERT INTO billing_books.policy_setting VALUES (''nonsense'', '''', 1)')),
    ('a policy of one currency', pg_temp.found('INSERT INTO billing_books.policy_setting VALUES (''block_at_zero'', ''CNY'', 1)')),
    ('an amount of no currency', pg_temp.found('INSERT INTO billing_books.policy_setting VALUES (''second_person_above'', '''', 1)')),
    ('a stranger who may create functions beside ours', pg_temp.found('GRANT CREATE ON SCHEMA billing TO PUBLIC')),
    ('a stranger who may create tables beside the books', pg_temp.found('GRANT CREATE ON SCHEMA billing_books TO PUBLIC')),
    ('a function of somebody beside ours', pg_temp.found('CREATE FUNCTION billing.grant_access(text, text) RETURNS void LANGUAGE sql AS ''SELECT''')),
    ('the judge of the ledger is gone', pg_temp.found('DROP TRIGGER judge_transfer ON billing_books.ledger_entry')),
    ('the judge of the ledger sees updates only', pg_temp.found('DROP TRIGGER judge_transfer ON billing_books.ledger_entry', 'CREATE TRIGGER judge_transfer BEFORE UPDATE ON billing_books.ledger_entry FOR EACH ROW EXECUTE FUNCTION billing.judge_transfer()', 'ALTER TABLE billing_books.ledger_entry ENABLE ALWAYS TRIGGER judge_transfer')),
    ('the judge of the ledger is another function', pg_temp.found('DROP TRIGGER judge_transfer ON billing_books.ledger_entry', 'CREATE TRIGGER judge_transfer BEFORE TRUNCATE ON billing_books.ledger_entry FOR EACH STATEMENT EXECUTE FUNCTION billing.forget_cached()', 'ALTER TABLE billing_books.ledger_entry ENABLE ALWAYS TRIGGER judge_transfer')),
    ('cash below zero, and the ledger agrees (B&S 2.1)', pg_temp.found(pg_temp.put(1900, 'cash', 'adjustment', 'adjustment', 1, 1, NULL, 1000),
        'UPDATE billing_books.account SET cash = cash - 1000 WHERE account_id = 1900', 'UPDATE billing_books.lot SET remaining = remaining - 1000 WHERE account_id = 1900 AND lot_no = 1')),
    ('a currency of another region', pg_temp.found('UPDATE billing_books.account SET currency = ''USD'' WHERE account_id = 1902')),
    ('an account of the house with another number', pg_temp.found('INSERT INTO billing_books.account (account_id, created_at, last_booked_at, region, currency) VALUES (-7, now(), now(), ''cn'', ''CNY'')')),
    ('a balance that is no number', pg_temp.found('UPDATE billing_books.account SET cash = ''NaN'' WHERE account_id = 1902')),
    ('an empty lot that is open', pg_temp.found('UPDATE billing_books.lot SET is_open = NOT is_open WHERE account_id = 1900 AND lot_no = 2')),
    ('more in a lot than it began with', pg_temp.found('UPDATE billing_books.lot SET remaining = amount + 1 WHERE account_id = 1900 AND lot_no = 1')),
    ('cash that expires', pg_temp.found('UPDATE billing_books.lot SET expires_at = now() + interval ''1 day'' WHERE account_id = 1900 AND lot_no = 2')),
    ('tokens below zero', pg_temp.found('UPDATE billing_books.usage_event SET output_tokens = -1 WHERE account_id = 1901')),
    ('a rejected event with a charge', pg_temp.found('UPDATE billing_books.usage_event SET status = ''rejected'' WHERE account_id = 1901')),
    ('a status that does not exist', pg_temp.found('UPDATE billing_books.usage_event SET status = ''paid'' WHERE account_id = 1901')),
    ('an entry that two charges name', pg_temp.found('UPDATE billing_books.usage_event SET first_entry_no = (SELECT first_entry_no FROM billing_books.usage_event WHERE account_id = 1900 AND request_id = ''both'') WHERE account_id = 1900 AND request_id = ''undone''')),
    ('a reserve whose item is released', pg_temp.found('UPDATE billing_books.refund_item SET state = ''released'' WHERE account_id = 1905 AND item_id = 2')),
    ('a refund paid through another gateway', pg_temp.found('UPDATE billing_books.ledger_entry SET gateway = ''verify'' WHERE account_id = 1905 AND debit = ''refund_payable''')),
    ('a refund item of another gateway', pg_temp.found('UPDATE billing_books.refund_item SET gateway = ''verify'' WHERE account_id = 1905')),
    ('more refunded than was paid', pg_temp.found('UPDATE billing_books.refund_item SET amount = 100 WHERE account_id = 1905 AND item_id = 2')),
    ('a refund that has ended with an item open', pg_temp.found('UPDATE billing_books.refund SET state = ''completed'', ended_at = now() WHERE account_id = 1905 AND refund_id = 2')),
    ('a refund that is reviewed without its lock', pg_temp.found('UPDATE billing_books.account SET locks = 0 WHERE account_id = 1906')),
    ('a refund item that nothing sends', pg_temp.found('UPDATE billing_books.refund_item SET state = ''queued'' WHERE account_id = 1905 AND item_id = 2')),
    ('a refund item that no gateway paid', pg_temp.found('UPDATE billing_books.refund_item SET state = ''paid'' WHERE account_id = 1905 AND item_id = 1')),
    ('a payment taken back twice', pg_temp.found('INSERT INTO billing_books.take_back (account_id, take_back_id, payment_id, gateway, kind, amount, payer_amount,  occurred_at, recorded_at, actor) SELECT account_id, take_back_id + 100, payment_id, gateway, kind, amount, payer_amount,  occurred_at, recorded_at, actor FROM billing_books.take_back WHERE account_id = 1900')),
    ('a take-back through another gateway', pg_temp.found('UPDATE billing_books.take_back SET gateway = ''alipay'' WHERE account_id = 1900')),
    ('cash of a take-back that is not there', pg_temp.found(pg_temp.put(1900, 'gateway', 'cash', 'take_back', 99, 1, 'offline', 1))),
    ('a payment through another gateway', pg_temp.found('UPDATE billing_books.ledger_entry SET gateway = ''alipay'' WHERE account_id = 1900 AND debit = ''gateway'' AND source_id = 1')),
    ('a lot of another order', pg_temp.found('UPDATE billing_books.lot SET order_id = 99 WHERE account_id = 1900 AND lot_no = 1')),
    ('a lot of another source', pg_temp.found('UPDATE billing_books.lot SET source_id = 99 WHERE account_id = 1900 AND lot_no = 1')),
    ('a bonus from an order', pg_temp.found('UPDATE billing_books.lot SET source_type = ''payment_order'' WHERE account_id = 1900 AND kind = ''bonus''', 'UPDATE billing_books.ledger_entry SET source_type = ''payment_order'' WHERE account_id = 1900 AND debit = ''promotion''')),
    ('a request twice, stamped alike, days apart', pg_temp.found('INSERT INTO billing_books.usage_event SELECT account_id, request_hash, occurred_at, recorded_at + interval ''40 days'', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, key_id, 0, input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, 7, NULL, NULL, ''unpriced'', request_id, model, key_name, ''no_price'' FROM billing_books.usage_event WHERE account_id = 1901')),
    ('a ledger without its key', pg_temp.found('ALTER TABLE billing_books.ledger_entry DROP CONSTRAINT ledger_entry_pkey')),
    ('claims without their key', pg_temp.found('ALTER TABLE billing_books.payment_claim DROP CONSTRAINT payment_claim_pkey')),
    ('a trigger of others', pg_temp.found('CREATE TRIGGER others AFTER INSERT ON billing_books.lot FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()')),
    ('a rule', pg_temp.found('CREATE RULE others AS ON INSERT TO billing_books.lot DO ALSO NOTIFY lot')),
    ('a gift that nobody made', pg_temp.found('DELETE FROM billing_books.audit_log WHERE account_id = 1900 AND action = ''grant_bonus''')),
    ('a write-off that nobody asked for', pg_temp.found('DELETE FROM billing_books.idempotent_call WHERE function = ''write_off'' AND account_id = 1654')),
    ('an account that booked before it was made', pg_temp.found('UPDATE billing_books.account SET created_at = last_booked_at + interval ''1 day'' WHERE account_id = 1902')),
    ('a key deleted before it was made', pg_temp.found('UPDATE billing_books.api_key SET deleted_at = created_at - interval ''1 s'' WHERE account_id = 1900')),
    ('no triggers on the ledger', pg_temp.found('ALTER TABLE billing_books.ledger_entry DISABLE TRIGGER ALL')),
    ('a guard that sees deletions only', pg_temp.found('DROP TRIGGER no_change ON billing_books.ledger_entry', 'CREATE TRIGGER no_change BEFORE DELETE ON billing_books.ledger_entry FOR EACH ROW EXECUTE FUNCTION billing.history_guard()', 'ALTER TABLE billing_books.ledger_entry ENABLE ALWAYS TRIGGER no_change')),
    ('a guard that sees nothing', pg_temp.found('DROP TRIGGER no_change ON billing_books.ledger_entry', 'CREATE TRIGGER no_change BEFORE UPDATE OR DELETE ON billing_books.ledger_entry FOR EACH ROW WHEN (false) EXECUTE FUNCTION billing.history_guard()', 'ALTER TABLE billing_books.ledger_entry ENABLE ALWAYS TRIGGER no_change')),
    ('a guard that does nothing', pg_temp.found('DROP TRIGGER no_truncate ON billing_books.ledger_entry', 'CREATE TRIGGER no_truncate BEFORE TRUNCATE ON billing_books.ledger_entry FOR EACH STATEMENT EXECUTE FUNCTION billing.forget_cached()', 'ALTER TABLE billing_books.ledger_entry ENABLE ALWAYS TRIGGER no_truncate')),
    ('a batch that lost an event', pg_temp.found('DELETE FROM billing_books.usage_event WHERE account_id = 1903 AND request_id = ''m2''')),
    ('an event of a batch of another charge', pg_temp.found('UPDATE billing_books.usage_event SET charge = charge + 1 WHERE account_id = 1903 AND request_id = ''m4''')),
    ('two events of a batch with their charges exchanged', pg_temp.found('UPDATE billing_books.usage_event SET charge = 5 - charge, input_tokens = 5 - input_tokens WHERE account_id = 1903 AND request_id IN (''m2'', ''m3'')')),
    ('an event of a batch in another place', pg_temp.found('UPDATE billing_books.usage_event SET batch_offset = batch_offset + 1 WHERE account_id = 1903 AND request_id = ''m4''')),
    ('events of a batch in another order', pg_temp.found('UPDATE billing_books.usage_event SET batch_offset = 10 - batch_offset - charge WHERE account_id = 1903')),
    ('an event of a batch stamped otherwise', pg_temp.found('UPDATE billing_books.usage_event SET occurred_at = occurred_at + interval ''1 us'' WHERE account_id = 1903 AND request_id = ''m1''')),
    ('a batch over less entries', pg_temp.found('UPDATE billing_books.usage_event SET entry_count = entry_count - 1 WHERE account_id = 1903')),
    ('an event of a batch over less entries', pg_temp.found('UPDATE billing_books.usage_event SET entry_count = entry_count - 1 WHERE account_id = 1903 AND request_id = ''m1''')),
    ('a batch of other entries', pg_temp.found('UPDATE billing_books.usage_event SET first_entry_no = first_entry_no - 1 WHERE account_id = 1903')),
    ('an event torn out of its batch', pg_temp.found('UPDATE billing_books.usage_event SET batch_offset = NULL WHERE account_id = 1903 AND request_id = ''m1''')),
    ('an entry of a batch of another amount', pg_temp.found('UPDATE billing_books.ledger_entry SET amount = amount + 1 WHERE account_id = 1903 AND source_type = ''settlement'' AND debit = ''arrears''')),
    ('an entry of a batch from another source', pg_temp.found('UPDATE billing_books.ledger_entry SET source_id = source_id + 1 WHERE account_id = 1903 AND source_type = ''settlement'' AND debit = ''cash''')),
    ('entries of no batch', pg_temp.found(pg_temp.put(1903, 'bonus', 'revenue', 'settlement', 99, 3, NULL, 1), 'UPDATE billing_books.account SET bonus = bonus - 1 WHERE account_id = 1903', 'UPDATE billing_books.lot SET remaining = remaining - 1 WHERE account_id = 1903 AND lot_no = 3')),
    ('an event of a batch that is settled later', pg_temp.found('UPDATE billing_books.usage_event SET settled_at = settled_at + interval ''1 s'' WHERE account_id = 1903 AND request_id = ''m1''')),
    ('an alert armed above the balance', pg_temp.found('UPDATE billing_books.balance_alert SET armed = true, fired = false WHERE account_id = 1903 AND threshold = 6', 'UPDATE billing_books.account SET alert_fires_below = 6, alert_rearms_at = NULL WHERE account_id = 1903')),
    ('an alert not armed below the balance', pg_temp.found('UPDATE billing_books.balance_alert SET armed = false WHERE account_id = 1903 AND threshold = 0', 'UPDATE billing_books.account SET alert_fires_below = NULL, alert_rearms_at = 0 WHERE account_id = 1903')),
    ('an account that forgot where its alerts fire', pg_temp.found('UPDATE billing_books.account SET alert_fires_below = NULL WHERE account_id = 1903')),
    ('an account that forgot where its alerts are armed', pg_temp.found('UPDATE billing_books.account SET alert_rearms_at = NULL WHERE account_id = 1903')),
    ('an account that waits for alerts it has not', pg_temp.found('UPDATE billing_books.account SET alert_fires_below = 1 WHERE account_id = 1902')),
    ('an account that forgot its runway alert', pg_temp.found('UPDATE billing_books.account SET alert_review_at = NULL WHERE account_id = 1904')),
    ('an alert switched off behind the account', pg_temp.found('UPDATE billing_books.balance_alert SET enabled = false WHERE account_id = 1903')),
    ('a notification of no firing', pg_temp.found('UPDATE billing_books.notification SET episode = 2 WHERE account_id = 1903 AND event = ''balance_low''')),
    ('a notification of a firing before the first', pg_temp.found('UPDATE billing_books.notification SET episode = 0 WHERE account_id = 1903 AND event = ''balance_low''')),
    ('a notification of what has not happened', pg_temp.found('UPDATE billing_books.notification SET event = ''refund_completed'' WHERE account_id = 1903 AND event = ''topup_received''')),
    ('a change of a contact behind another that is gone', pg_temp.found('INSERT INTO billing_books.contact_history (account_id, contact_no, replaced_at, time_zone) VALUES (1903, 2, now(), ''UTC'')')),
    ('an endpoint in use whose address is erased', pg_temp.found('INSERT INTO billing_books.webhook_endpoint (account_id, endpoint_id, url, host, secret_version, created_at) VALUES (1903, 1, ''erased'', ''erased'', 1, now())')),
    ('a notification that goes elsewhere', pg_temp.found('INSERT INTO billing_books.webhook_endpoint (account_id, endpoint_id, url, host, secret_version, created_at) VALUES (1903, 1, ''https://a.example.com/'', ''a.example.com'', 1, now())',
        'INSERT INTO billing_books.notification (account_id, notification_no, event, source_id, episode, created_at, channel, endpoint_id, address, lane, language, payload, state) SELECT account_id, 900, event, source_id, 0, created_at, ''webhook'', 1, ''https://b.example.com/'', ''b.example.com'', ''en'', payload, ''sent'' FROM billing_books.notification WHERE account_id = 1903 AND event = ''topup_received''')),
    ('a closed month without its days', pg_temp.found('INSERT INTO billing_books.closed_month VALUES (''2020-01-01'', ''2020-02-01 00:00+00'', ''gone'', now(), 1, 0)')),
    ('a closed month of another charge', pg_temp.found('INSERT INTO billing_books.closed_month VALUES (''2020-01-01'', ''2020-02-01 00:00+00'', ''gone'', now(), 0, 1)')),
    ('a month left out between closed ones', pg_temp.found('INSERT INTO billing_books.closed_month VALUES (''2020-01-01'', ''2020-02-01 00:00+00'', ''gone'', now(), 0, 0), (''2020-03-01'', ''2020-04-01 00:00+00'', ''gone, too'', now(), 0, 0)')),
    ('a day of usage that the ledger does not have', pg_temp.found('INSERT INTO billing_books.closed_month VALUES (''2020-01-01'', ''2020-02-01 00:00+00'', ''gone'', now(), 1, 7)',
        'INSERT INTO billing_books.usage_day VALUES (1904, ''2020-01-01'', ''2020-01-03 00:00+08'', ''2020-01-04 00:00+08'', ''Asia/Shanghai'', 1, ''prod'', ''verify'', '''', 1, 0, 7, 0, 0, 0, 7)')),
    ('days that overlap', pg_temp.found('INSERT INTO billing_books.closed_month VALUES (''2020-01-01'', ''2020-02-01 00:00+00'', ''gone'', now(), 2, 0)',
        'INSERT INTO billing_books.usage_day VALUES (1904, ''2020-01-01'', ''2020-01-03 00:00+08'', ''2020-01-04 00:00+08'', ''Asia/Shanghai'', 1, ''prod'', ''verify'', '''', 1, 0, 7, 0, 0, 0, 0), (1904, ''2020-01-01'', ''2020-01-03 00:00+00'', ''2020-01-04 00:00+00'', ''UTC'', 1, ''prod'', ''verify'', '''', 1, 0, 7, 0, 0, 0, 0)')),
    ('days of a month that is not closed', pg_temp.found('INSERT INTO billing_books.usage_day VALUES (1904, ''2020-01-01'', ''2020-01-03 00:00+08'', ''2020-01-04 00:00+08'', ''Asia/Shanghai'', 1, ''prod'', ''verify'', '''', 1, 0, 7, 0, 0, 0, 0)')),
    ('usage of a closed month that the days do not have', pg_temp.found('INSERT INTO billing_books.closed_month VALUES (''2020-01-01'', ''2020-02-01 00:00+00'', ''gone'', now(), 0, 0)',
        'UPDATE billing_books.ledger_entry SET recorded_at = ''2020-01-03 12:00+00'' WHERE account_id = 1901 AND source_type = ''charge''')),
    ('usage recorded in a closed month', pg_temp.found('INSERT INTO billing_books.closed_month VALUES (''2020-01-01'', ''2020-02-01 00:00+00'', ''gone'', now(), 0, 0)',
        'UPDATE billing_books.usage_event SET recorded_at = ''2020-01-03 12:00+00'' WHERE account_id = 1901')),
    ('an inbox that cannot be published', pg_temp.found('ALTER TABLE billing_books.usage_inbox REPLICA IDENTITY NOTHING')),
    ('a partition that cannot be published', pg_temp.found('ALTER TABLE billing_books.usage_event_default REPLICA IDENTITY DEFAULT')),
    ('a table that is a view', pg_temp.found('ALTER TABLE billing_books.refund_claim RENAME TO away', 'CREATE VIEW billing_books.refund_claim AS SELECT * FROM billing_books.away')),
    ('a column of another type', pg_temp.found('ALTER TABLE billing_books.notification ALTER code TYPE varchar(200)')),
    ('rows that are hidden', pg_temp.found('ALTER TABLE billing_books.lot ENABLE ROW LEVEL SECURITY')),
    ('an index by code of others', pg_temp.found('CREATE FUNCTION billing_books.code() RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS ''BEGIN RETURN true; END''', 'CREATE INDEX code ON billing_books.lot (lot_no) WHERE billing_books.code()')),
    ('a column that may be null', pg_temp.found('ALTER TABLE billing_books.lot ALTER amount DROP NOT NULL')),
    ('a foreign key that is gone', pg_temp.found('ALTER TABLE billing_books.invoice_line DROP CONSTRAINT invoice_line_account_id_order_id_fkey')),
    ('foreign keys that nobody looks at', pg_temp.found('ALTER TABLE billing_books.invoice_line DISABLE TRIGGER ALL')),
    ('an index that is gone', pg_temp.found('DROP INDEX billing_books.refund_open')),
    ('a CHECK that is gone', pg_temp.found('ALTER TABLE billing_books.payment DROP CONSTRAINT payment_amount_check')),
    ('a price that is no number', pg_temp.found('ALTER TABLE billing_books.price DROP CONSTRAINT price_input_check', 'UPDATE billing_books.price SET input = ''NaN'' WHERE model = ''verify''')),
    ('a month of another name', pg_temp.found('DO $do$ BEGIN EXECUTE (SELECT format(''ALTER TABLE %s RENAME TO usage_event_2090_01'', max(inhrelid::regclass::text)) FROM pg_inherits WHERE inhparent = ''billing_books.usage_event''::regclass AND inhrelid::regclass::text ~ ''[0-9]$''); END $do$')),
    ('a closed month whose table has a request that its days have not', pg_temp.found('INSERT INTO billing_books.closed_month VALUES (''2020-01-01'', ''2020-02-01 00:00+00'', ''usage_event_2020_01'', now(), 0, 0)', 'CREATE TABLE billing_books.usage_event_2020_01 (LIKE billing_books.usage_event)', 'INSERT INTO billing_books.usage_event_2020_01 SELECT * FROM billing_books.usage_event WHERE account_id = 1901')),
    ('another request id', pg_temp.found('UPDATE billing_books.usage_event SET request_id = ''another'' WHERE account_id = 1901')),
    ('a probe of nothing below', pg_temp.found('UPDATE billing_books.usage_event SET probe = 1 WHERE account_id = 1901')),
    ('a gift by somebody else', pg_temp.found('UPDATE billing_books.audit_log SET new_value = ''11.000000000'' WHERE account_id = 1900 AND new_value = ''10.000000000'' AND action = ''grant_bonus''')),
    ('credits on top that nobody gave', pg_temp.found('UPDATE billing_books.quota SET given = 5 WHERE account_id = 1907')),
    ('a call of two that one made', pg_temp.found('DELETE FROM billing_books.approval_request WHERE account_id = 2905 AND function = ''undo_take_back''')),
    ('a refund that nobody asked for', pg_temp.found('DELETE FROM billing_books.idempotent_call WHERE account_id = 1906 AND function = ''request_refund''')),
    ('an invoice of another amount than was applied for', pg_temp.found('UPDATE billing_books.invoice_line SET amount = amount - 1 WHERE account_id = 1907')),
    ('a lock that nobody set', pg_temp.found('INSERT INTO billing_books.account_lock (account_id, lock_no, lock, locked_at, locked_by) SELECT account_id, 1, ''operator'', last_booked_at, ''me'' FROM billing_books.account WHERE account_id = 1901', 'UPDATE billing_books.account SET locks = 2 WHERE account_id = 1901')),
    ('a key that nobody made', pg_temp.found('DELETE FROM billing_books.audit_log WHERE account_id = 1900 AND action = ''create_api_key''')),
    ('a price that was set otherwise', pg_temp.found('UPDATE billing_books.price SET output = output + 1 WHERE model = ''verify''')),
    ('a policy that nobody set', pg_temp.found('INSERT INTO billing_books.policy_setting (name, value) VALUES (''block_at_zero'', 1)')),
    ('a quota larger than the plans', pg_temp.found('UPDATE billing_books.quota SET amount = amount + 1 WHERE account_id = 1907 AND kind = ''part'' AND subscription_no = 1')),
    ('a refund of a gateway of another instant', pg_temp.found('UPDATE billing_books.refund_claim SET refunded_at = refunded_at + interval ''1 s'' WHERE account_id = 2905')),
    ('a message of no payment', pg_temp.found('INSERT INTO billing_books.gateway_notice (gateway, received_at, state, headers, body, account_id, payment_id) VALUES (''verify'', now(), ''applied'', ''{}'', '''', 1901, 99)')),
    ('an order with a gift of no promotion', pg_temp.found('UPDATE billing_books.payment_order SET gift = 1 WHERE account_id = 1904')),
    ('an entry dated otherwise', pg_temp.found('UPDATE billing_books.ledger_entry SET occurred_at = occurred_at - interval ''1 s'' WHERE account_id = 1900 AND debit = ''promotion''')),
    ('a lot older than its entry', pg_temp.found('UPDATE billing_books.lot SET created_at = created_at - interval ''1 us'' WHERE account_id = 1900 AND lot_no = 1')),
    ('a lock after the newest booking', pg_temp.found('UPDATE billing_books.account_lock SET locked_at = locked_at + interval ''1 day'' WHERE account_id = 1906')),
    ('a refund decided after its items', pg_temp.found('UPDATE billing_books.refund SET decided_at = decided_at + interval ''1 us'' WHERE account_id = 1905')),
    ('an order paid when its payment was not', pg_temp.found('UPDATE billing_books.payment_order SET paid_at = paid_at + interval ''1 us'' WHERE account_id = 1900 AND order_id = 1')),
    ('a request before its account', pg_temp.found('UPDATE billing_books.usage_event SET occurred_at = occurred_at - interval ''1 day'' WHERE account_id = 1901')),
    ('a lock lifted before it was set', pg_temp.found('UPDATE billing_books.account_lock SET unlocked_at = locked_at - interval ''1 us'' WHERE account_id = 1906')),
    ('a repair without its line of the audit log', pg_temp.found('DELETE FROM billing_books.audit_log WHERE account_id = 1911 AND action = ''repair_clock''')),
    ('a repair that is gone', pg_temp.found('DELETE FROM billing_books.clock_repair WHERE account_id = 1911')),
    ('a repair of entries that are not there', pg_temp.found('UPDATE billing_books.clock_repair SET last_entry_no = 9 WHERE account_id = 1911')),
    ('a repair behind what was booked next', pg_temp.found('UPDATE billing_books.clock_repair SET corrected_at = corrected_at + interval ''1 day'' WHERE account_id = 1911')),
    ('bonus that a repair brought back for longer', pg_temp.found('UPDATE billing_books.lot SET expires_at = expires_at + interval ''1 day'' WHERE account_id = 1911 AND source_type = ''adjustment''')),
    ('a charge under a lock', pg_temp.found('INSERT INTO billing_books.account_lock (account_id, lock_no, lock, locked_at, locked_by) SELECT account_id, 1, ''operator'', occurred_at - interval ''1 us'', ''me'' FROM billing_books.usage_event WHERE account_id = 1901', 'UPDATE billing_books.account SET locks = 2 WHERE account_id = 1901')),
    ('a guard of one leaf disabled', pg_temp.found('ALTER TABLE billing_books.usage_event_default DISABLE TRIGGER no_change'))
    ) AS t (damage, found);
SELECT damage, found FROM fires ORDER BY place;
-- What is no damage: an expiry that was set a moment after usage.
SELECT pg_temp.found('INSERT INTO billing_books.api_key_version SELECT v.account_id, key_id, 2, u.last_at, u.last_at, NULL, name, project, models, secret_hash, NULL, ''me'' FROM billing_books.api_key_version AS v, LATERAL (SELECT max(greatest(occurred_at, recorded_at)) + interval ''1 us'' AS last_at FROM billing_books.usage_event AS u WHERE u.account_id = 1901) AS u WHERE v.account_id = 1901',
        'UPDATE billing_books.api_key AS k SET version_no = 2, expires_at = v.expires_at, expiry_set_at = v.set_at FROM billing_books.api_key_version AS v WHERE k.account_id = 1901 AND v.account_id = 1901 AND v.version_no = 2',
        'UPDATE billing_books.account SET last_booked_at = last_booked_at + interval ''1 us'' WHERE account_id = 1901', 'INSERT INTO billing_books.audit_log (recorded_at, account_id, action, object, actor, session_user_name) VALUES (now(), 1901, ''update_api_key'', ''key 1'', ''me'', ''me'')') AS found;

SELECT * FROM test.verify();

-- Each check tells the first thousand of what it finds, and that there are more: a scan of rows, a query, what is priced again, what C looks at, seals.
CREATE FUNCTION pg_temp.damage(first int, last int) RETURNS void LANGUAGE sql SET billing.allow_history_change = on AS $$
    INSERT INTO billing_books.usage_event (account_id, request_hash, occurred_at, recorded_at, settled_at, first_entry_no, entry_count, key_id, input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, charge, price_id, status, request_id, model, key_name)
    SELECT 1902, n, a.created_at, a.created_at, a.created_at, n, 1, 1, 1, 0, 0, 0, 2, 1, 'charged', n::text, 'verify', 'prod' FROM billing_books.account AS a, generate_series(first, last) AS n WHERE a.account_id = 1902;
    INSERT INTO billing_books.policy_setting SELECT n, '', 0 FROM generate_series(first, last) AS n;
    INSERT INTO billing_books.seal_rows SELECT 1, 'plan ' || n, 1, sha256('') FROM generate_series(first, last) AS n;
$$;
CREATE FUNCTION pg_temp.told() RETURNS TABLE (check_name text, told bigint, more text) LANGUAGE sql AS $$
    SELECT check_name, count(*), max(detail) FILTER (WHERE detail LIKE 'and more%' AND account_id IS NULL)
    FROM test.verify() WHERE check_name IN ('charge_price', 'charge_slices', 'policy', 'request_hash', 'sealed_rows') GROUP BY check_name ORDER BY 1
$$;
BEGIN;
SELECT seal_no > 0 AS sealed FROM test.seal_books();
SELECT pg_temp.damage(1, 1000);
SELECT * FROM pg_temp.told();
SELECT pg_temp.damage(1001, 1002);
SELECT * FROM pg_temp.told();
SELECT count(*) AS rows FROM test.verify(1902) WHERE check_name = 'charge_price';
ROLLBACK;

-- Each guard, of each table and leaf: disabled, firing for origin only, firing for replicas only, dropped.
-- verify() names every one, install() puts every one back. (Row triggers of a leaf go with those of the whole
-- table and cannot be dropped alone.)
CREATE TEMP TABLE guard AS
SELECT c.relname AS name, t.tgname AS trigger, t.tgparentid <> 0 AS is_clone
FROM pg_trigger AS t JOIN pg_class AS c ON c.oid = t.tgrelid
WHERE c.relnamespace = 'billing_books'::regnamespace AND NOT t.tgisinternal AND t.tgfoid IN ('billing.history_guard'::regproc, 'billing.lifecycle_guard'::regproc, 'billing.judge_transfer'::regproc, 'billing.forget_cached'::regproc, 'billing.wake_settler'::regproc);
SELECT regexp_replace(name, '_[0-9]{4}_[0-9]{2}$', '_YYYY_MM') AS "table", string_agg(DISTINCT trigger, ', ' ORDER BY trigger) AS guards FROM guard GROUP BY 1 ORDER BY 1;
CREATE FUNCTION pg_temp.weaken(command text, OUT weakened bigint, OUT overlooked bigint, OUT left_over bigint) LANGUAGE plpgsql AS $$
DECLARE
    one guard;
BEGIN
    weakened := 0;
    FOR one IN SELECT * FROM guard WHERE NOT (is_clone AND command LIKE 'DROP%') LOOP
        EXECUTE format(command, one.name, one.trigger);
        weakened := weakened + 1;
    END LOOP;
    SELECT count(*) INTO overlooked FROM guard AS g
    WHERE NOT EXISTS (SELECT FROM test.verify() AS v WHERE v.check_name = 'guard'
                      AND v.detail LIKE format('trigger %s of table billing_books.%s %%', g.trigger, g.name));
    PERFORM billing.install();
    SELECT count(*) INTO left_over FROM test.verify();
END $$;
SELECT command, w.weakened > 35 AS weakened, overlooked, left_over FROM (VALUES
    ('ALTER TABLE billing_books.%I DISABLE TRIGGER %I'), ('ALTER TABLE billing_books.%I ENABLE TRIGGER %I'),
    ('ALTER TABLE billing_books.%I ENABLE REPLICA TRIGGER %I'), ('DROP TRIGGER %2$I ON billing_books.%1$I')) AS c (command), pg_temp.weaken(command) AS w;
-- One at a time is found as well.
CREATE FUNCTION pg_temp.weakened(command text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    before bigint;
    after bigint;
BEGIN
    EXECUTE command;
    SELECT count(*) INTO before FROM test.verify() WHERE check_name = 'guard';
    PERFORM billing.install();
    SELECT count(*) INTO after FROM test.verify();
    RETURN before || ' found, ' || after || ' left';
END $$;
SELECT pg_temp.weakened('ALTER TABLE billing_books.ledger_entry DISABLE TRIGGER no_change') AS ledger_guard;
SELECT pg_temp.weakened('DROP TRIGGER judge_transfer ON billing_books.ledger_entry') AS ledger_judge;
SELECT pg_temp.weakened('ALTER TABLE billing_books.price DISABLE TRIGGER USER') AS guards_of_price;
SELECT * FROM test.verify();

-- DROP EXTENSION does not take the books along: it is refused; with CASCADE the guards, the ledger's judge
-- and the views go, the tables stay; schema billing is empty then. CREATE EXTENSION and install() bring all of it back;
-- migrate() the rights that grant_access() gave, a role that is gone by now left out.
CREATE ROLE regress_verify_app;
CREATE ROLE regress_verify_gone;
SELECT billing.grant_access('regress_verify_app', 'app'), billing.grant_access('regress_verify_gone', 'auditor');
DROP OWNED BY regress_verify_gone;
DROP ROLE regress_verify_gone;
SELECT test.books() AS books \gset
SELECT left(test.attempt('DROP EXTENSION billing'), 58) AS refused;
SET client_min_messages = warning;
DROP EXTENSION billing CASCADE;
RESET client_min_messages;
SELECT test.books() = :'books' AS unchanged, to_regproc('billing.verify') IS NULL AS functions_gone;
CREATE EXTENSION billing;
SELECT check_name, count(*) > 0 AS found FROM test.verify() GROUP BY 1;
SELECT billing.install() IS NOT NULL AS installed;
SELECT * FROM test.verify();
SELECT test.books() = :'books' AS unchanged;
SELECT has_function_privilege('regress_verify_app', oid, 'EXECUTE') AS before_migrate FROM pg_proc WHERE pronamespace = 'billing'::regnamespace AND proname = 'charge';
SELECT billing.migrate() IS NOT NULL AS migrated;
SELECT has_function_privilege('regress_verify_app', oid, 'EXECUTE') AS after_migrate FROM pg_proc WHERE pronamespace = 'billing'::regnamespace AND proname = 'charge';
-- This session and its plans go on; so does every number.
SELECT status, charge, balance FROM billing.charge(1900, 1, 'both', 'verify', 25, 0);
SELECT status, charge, balance FROM billing.charge(1900, 1, 'afterwards', 'verify', 1, 0);
SELECT status, id, lot_no FROM billing.record_offline_payment(1900, 1, 'afterwards', '1900 bank 3');
SELECT status, id, lot_no FROM billing.record_offline_payment(1900, 1, 'afterwards', '1900 bank 3');
SELECT test.attempt('UPDATE billing_books.ledger_entry SET amount = 1 WHERE account_id = 1900');
DROP OWNED BY regress_verify_app;
DROP ROLE regress_verify_app;
SELECT * FROM test.verify();
