-- correct_price(), begin_rerate(), continue_rerate(): a price that was wrong (R20, R23). Accounts 2800 to 2839.
SELECT count(billing.create_account(account_id, 'cn')) AS accounts FROM generate_series(2800, 2825) AS account_id;
SELECT count(billing.create_api_key(account_id, 'prod')) AS keys FROM generate_series(2800, 2825) AS account_id;
CREATE VIEW pg_temp.entries AS SELECT account_id, entry_no, source_type, debit, credit, lot_no, amount, undoes_entry_no AS undoes FROM billing_books.ledger_entry;
CREATE VIEW pg_temp.revisions AS
SELECT r.account_id, u.request_id, r.revision_no AS no, r.old_charge, r.charge, r.amount, r.written_off, r.entry_count AS entries
FROM billing_books.charge_revision AS r
JOIN billing_books.usage_event AS u ON u.account_id = r.account_id AND u.request_hash = r.request_hash AND u.probe = r.probe AND u.recorded_at = r.event_recorded_at;
-- A price of a model, and what it is corrected to; a re-rating of some accounts' charges from begin to end.
CREATE FUNCTION pg_temp.price(model text, input numeric) RETURNS bigint LANGUAGE sql AS $$
    SELECT billing.set_price(model, 'CNY', input, 0, effective_from => '2025-01-01 00:00+00')
$$;
CREATE FUNCTION pg_temp.correct(model text, input numeric) RETURNS text LANGUAGE sql AS $$
    SELECT c.status FROM (SELECT max(price_id) AS price_id FROM billing_books.price AS p WHERE p.model = correct.model AND p.prompt_tokens_over = 0) AS p, billing.correct_price(p.price_id, input, NULL, NULL, 0, 'correct ' || p.price_id, 'wrong') AS c
$$;
CREATE FUNCTION pg_temp.rerate(account_id bigint, model text, key text, OUT begun text, OUT steps text, OUT balance numeric) LANGUAGE plpgsql AS $$
DECLARE
    w billing.rerate;
    s billing.rerate_step;
BEGIN
    w := billing.begin_rerate(account_id, '2025-01-01 00:00+00', 'tomorrow', model, key, 'wrong');
    begun := concat_ws(' ', w.status, w.accounts, w.events, w.less, w.more);
    LOOP
        s := billing.continue_rerate(w.rerate_no);
        steps := concat_ws(', ', steps, s.done || ' done ' || s."left" || ' left');
        EXIT WHEN s."left" = 0;
    END LOOP;
    SELECT b.balance INTO balance FROM billing.balance(account_id) AS b;
END $$;

-- Corrections: the row stays, and another stands in its place for what is booked from then on; the charge before keeps its price.
SELECT pg_temp.price('rerate', 1000000) AS price_id \gset
SELECT status FROM billing.record_offline_payment(2800, 100, 'payment', '2800 bank');
SELECT status, charge, balance FROM billing.charge(2800, 1, 'before', 'rerate', 10, 0);
SELECT status, price_id > :price_id AS another FROM billing.correct_price(:price_id, 800000, NULL, NULL, 0, 'fix', 'a typing error', 'me');
SELECT status, price_id > :price_id AS another FROM billing.correct_price(:price_id, 800000, NULL, NULL, 0, 'fix');
SELECT test.attempt(format('SELECT billing.correct_price(%s, 800001, NULL, NULL, 0, ''fix'')', :price_id));
SELECT status, charge, balance FROM billing.charge(2800, 1, 'after', 'rerate', 10, 0);
SELECT amount FROM billing.quote(2800, 'rerate', 10, 0) WHERE item = 'charge';
SELECT input, cache_read, corrects = :price_id AS corrects, corrected_at > effective_from AS later FROM billing_books.price WHERE model = 'rerate' ORDER BY price_id;
SELECT input, in_force FROM billing.list_prices('rerate');
SELECT action, object ~ 'rerate in CNY' AS object, old_value, new_value, actor, reason FROM billing_books.audit_log WHERE action = 'correct_price' ORDER BY audit_no DESC LIMIT 1;
-- What it says already adds none; the next correction is of the same row; what set_price() would add from then on is as ever.
SELECT count(*) FROM billing_books.price WHERE model = 'rerate';
SELECT c.price_id = p.price_id AS the_same FROM (SELECT max(price_id) AS price_id FROM billing_books.price WHERE model = 'rerate') AS p, billing.correct_price(p.price_id, 800000, NULL, NULL, 0, 'fix 2') AS c;
SELECT pg_temp.correct('rerate', 700000), count(*) FROM billing_books.price WHERE model = 'rerate';
SELECT input, corrects = :price_id AS corrects FROM billing_books.price WHERE model = 'rerate' ORDER BY price_id;
SELECT test.attempt('SELECT pg_temp.price(''rerate'', 1000000)') AS the_first, test.attempt('SELECT pg_temp.price(''rerate'', 700000)') AS as_corrected;
-- R20's refusal stays for all else: another row, an end, a list.
SELECT test.attempt('SELECT billing.set_price(''rerate'', ''CNY'', 1, 1, effective_from => ''2025-06-01 00:00+00'')');
SELECT test.attempt('SELECT billing.end_prices(''rerate'', ''CNY'', ''2025-06-01 00:00+00'')');
SELECT test.attempt('SELECT billing.set_price(''rerate'', ''CNY'', 1, 1, hours => ''00:00-24:00 UTC'', effective_from => ''2025-06-01 00:00+00'')');
SELECT billing.set_price('rerate', 'CNY', 1, 1, prompt_tokens_over => 1000, effective_from => '2025-06-01 00:00+00') IS NOT NULL AS what_prices_no_charge;
SELECT * FROM test.verify();
-- Not of what is not there, not in force yet, withdrawn, or an end.
SELECT test.attempt('SELECT billing.correct_price(99999999, 1, 1, 1, 1, ''none'')');
SELECT billing.set_price('rerate-later', 'CNY', 1, 1, effective_from => '2100-01-01 00:00+00') AS later \gset
SELECT regexp_replace(test.attempt(format('SELECT billing.correct_price(%s, 1, 1, 1, 1, ''later'')', :later)), '\d{2,}( cannot)', '...\1') AS attempt;
SELECT billing.withdraw_price(:later);
SELECT regexp_replace(test.attempt(format('SELECT billing.correct_price(%s, 1, 1, 1, 1, ''withdrawn'')', :later)), '\d{2,}( cannot)', '...\1') AS attempt;
SELECT pg_temp.price('rerate-ended', 1) IS NOT NULL AS set, billing.end_prices('rerate-ended', 'CNY', '2026-01-01 00:00+00') AS ended;
SELECT regexp_replace(test.attempt(format('SELECT billing.correct_price(%s, 1, 1, 1, 1, ''end'')', max(price_id))), '\d{2,}( cannot)', '...\1') AS attempt FROM billing_books.price WHERE model = 'rerate-ended';

-- Re-rating: 10 becomes 7, 8 becomes 7. The dry run is frozen, and moves nothing; again it is the same.
SELECT status, accounts, events, less, more FROM billing.begin_rerate(2800, '2025-01-01 00:00+00', 'tomorrow', 'rerate', 'first', 'wrong');
SELECT rerate_no FROM billing.begin_rerate(2800, '2025-01-01 00:00+00', 'tomorrow', 'rerate', 'first') \gset
SELECT currency, events, less, more, moved, given_back, charged, skipped, finished_at FROM billing.rerate_accounts(:rerate_no);
SELECT balance FROM billing.balance(2800);
-- While it goes on, no other one of these charges is begun.
SELECT test.attempt('SELECT billing.begin_rerate(NULL, ''2025-01-01 00:00+00'', ''tomorrow'', NULL, ''second'')') ~ '^LB416 re-rating [0-9]+ of some of these charges is not finished$' AS refused;
SELECT status, events FROM billing.begin_rerate(2800, '2025-01-01 00:00+00', 'tomorrow', 'rerate-later', 'other model');
SELECT done, "left" FROM billing.continue_rerate(:rerate_no, 1);
SELECT done, "left" FROM billing.continue_rerate(:rerate_no, 1);
SELECT done, "left" FROM billing.continue_rerate(:rerate_no);
SELECT request_id, no, old_charge, charge, amount, written_off, entries FROM pg_temp.revisions WHERE account_id = 2800 ORDER BY request_id;
SELECT entry_no, source_type, debit, credit, lot_no, amount, undoes FROM pg_temp.entries WHERE account_id = 2800 AND source_type = 'rerate' ORDER BY amount;
SELECT moved, given_back, charged, skipped, finished_at IS NOT NULL AS finished FROM billing.rerate_accounts(:rerate_no);
SELECT finished_at IS NOT NULL AS finished FROM billing_books.rerate WHERE rerate_no = :rerate_no;
SELECT balance FROM billing.balance(2800);
SELECT * FROM test.verify();
-- Told by the newest revision: explain_charge(), usage_report(), and the sums of the ledger.
SELECT item, quantity, price, amount, lot_no, regexp_replace(detail, 'price \d+|re-rating \d+( by \w+)?|from .* for|paid \d.*Z', '...', 'g') AS detail FROM billing.explain_charge(2800, 'before') WHERE item !~ 'request|received|cache|output';
SELECT requests, charge, given_back, charge - given_back AS revenue FROM billing.usage_report(2800, group_by => '{model}');
SELECT requests, charge, given_back FROM billing.usage_report(2800, group_by => '{key,variant}', by => 'occurred_at');
SELECT sum(CASE 'revenue' WHEN credit THEN amount WHEN debit THEN -amount END) AS revenue FROM billing_books.ledger_entry WHERE account_id = 2800;
SELECT status, charge FROM billing.charge(2800, 1, 'before', 'rerate', 10, 0);
-- Up again, and down: the difference alone, each time. A re-rating without a correction since moves nothing.
SELECT * FROM pg_temp.rerate(2800, 'rerate', 'nothing');
SELECT pg_temp.correct('rerate', 900000);
SELECT * FROM pg_temp.rerate(2800, 'rerate', 'up');
SELECT pg_temp.correct('rerate', 600000);
SELECT * FROM pg_temp.rerate(2800, 'rerate', 'down');
SELECT request_id, no, old_charge, charge, amount FROM pg_temp.revisions WHERE account_id = 2800 ORDER BY request_id, no;
-- Undone in the end: what is booked of it.
SELECT status, balance FROM billing.reverse_charge(2800, 'before', 'undo');
SELECT amount FROM billing_books.charge_reversal WHERE account_id = 2800;
SELECT test.attempt('SELECT billing.reverse_charge(2800, ''before'', ''undo again'')');
SELECT pg_temp.correct('rerate', 500000);
SELECT * FROM pg_temp.rerate(2800, 'rerate', 'after an undo');
SELECT skipped FROM billing_books.rerate AS w, billing.rerate_accounts(w.rerate_no) WHERE w.idempotency_key = 'after an undo';
SELECT * FROM test.verify();

-- R20's example: paid by bonus that has expired since. Two go back to it and expire again; cash is not touched.
SELECT pg_temp.price('rerate-b', 1000000) IS NOT NULL AS set;
SELECT status FROM billing.grant_bonus(2801, 10, 'gift', expires_at => now() + interval '1 day');
SELECT status FROM billing.record_offline_payment(2801, 50, 'payment', '2801 bank');
SELECT status, charge, balance FROM billing.charge(2801, 1, 'bonus', 'rerate-b', 10, 0);
SELECT pg_temp.correct('rerate-b', 800000);
SET billing.clock_offset = '2d';
SELECT * FROM pg_temp.rerate(2801, 'rerate-b', 'expired');
SELECT entry_no, source_type, debit, credit, lot_no, amount, undoes FROM pg_temp.entries WHERE account_id = 2801 AND entry_no > 3 ORDER BY entry_no;
SELECT cash, bonus, arrears FROM billing.balance(2801);
RESET billing.clock_offset;

-- R20's other example: 4 of bonus, 3 of A, 3 owed, of which B has paid 2; for 8, 5, 9, and undone.
SELECT pg_temp.price('rerate-c', 1000000) IS NOT NULL AS set;
SELECT status FROM billing.grant_bonus(2802, 4, 'gift');
SELECT status FROM billing.record_offline_payment(2802, 3, 'A', '2802 A');
SELECT status, charge, balance FROM billing.charge(2802, 1, 'all', 'rerate-c', 10, 0);
SELECT status, balance FROM billing.record_offline_payment(2802, 2, 'B', '2802 B');
SELECT pg_temp.correct('rerate-c', 800000);
SELECT * FROM pg_temp.rerate(2802, 'rerate-c', 'to 8');
SELECT pg_temp.correct('rerate-c', 500000);
SELECT * FROM pg_temp.rerate(2802, 'rerate-c', 'to 5');
SELECT pg_temp.correct('rerate-c', 900000);
SELECT * FROM pg_temp.rerate(2802, 'rerate-c', 'to 9');
SELECT status, balance FROM billing.reverse_charge(2802, 'all', 'undo');
SELECT entry_no, source_type, debit, credit, lot_no, amount, undoes FROM pg_temp.entries WHERE account_id = 2802 AND entry_no > 6 ORDER BY entry_no;
SELECT lot_no, kind, amount, remaining FROM billing_books.lot WHERE account_id = 2802 ORDER BY lot_no;
SELECT * FROM test.verify();

-- Charged in one batch: each its own part of its entries, to the last nano. What is more becomes arrears, and is told.
SELECT billing.set_price('rerate-d', 'CNY', 0.333333333, 0, effective_from => '2025-01-01 00:00+00') IS NOT NULL AS set;
SELECT status FROM billing.grant_bonus(2803, 0.5, 'gift');
SELECT status FROM billing.record_offline_payment(2803, 0.7, 'payment', '2803 bank');
SELECT count(billing.meter(2803, 1, 'm' || n, 'rerate-d', 1000000 * n + n, 0)) AS metered FROM generate_series(1, 4) AS n;
SELECT billing.settle() > 0 AS settled;
SELECT request_id, charge, batch_offset, entry_count FROM billing_books.usage_event WHERE account_id = 2803 ORDER BY request_id;
SELECT pg_temp.correct('rerate-d', 0.111111111);
SELECT * FROM pg_temp.rerate(2803, 'rerate-d', 'a third');
SELECT request_id, no, old_charge, charge, amount FROM pg_temp.revisions WHERE account_id = 2803 ORDER BY request_id;
SELECT pg_temp.correct('rerate-d', 0.555555555);
SELECT * FROM pg_temp.rerate(2803, 'rerate-d', 'more');
SELECT cash, bonus, arrears FROM billing.balance(2803);
SELECT status, balance FROM generate_series(1, 4) AS n, billing.reverse_charge(2803, 'm' || n, 'undo ' || n);
SELECT cash, bonus, arrears FROM billing.balance(2803);
SELECT * FROM test.verify();

-- Written off: that stays booked, and covers what the price becomes. Owed 10, 6 paid, 4 written off.
SELECT pg_temp.price('rerate-e', 1000000) IS NOT NULL AS set;
SELECT status, balance FROM billing.charge(2804, 1, 'owed', 'rerate-e', 10, 0);
SELECT status, balance FROM billing.record_offline_payment(2804, 6, 'payment', '2804 bank');
SELECT status, balance FROM billing.write_off(2804, 4, 'forgiven');
SELECT pg_temp.correct('rerate-e', 800000);
SELECT * FROM pg_temp.rerate(2804, 'rerate-e', 'to 8');
SELECT pg_temp.correct('rerate-e', 1000000);
SELECT * FROM pg_temp.rerate(2804, 'rerate-e', 'to 10 again');
SELECT pg_temp.correct('rerate-e', 500000);
SELECT * FROM pg_temp.rerate(2804, 'rerate-e', 'to 5');
SELECT no, old_charge, charge, amount, written_off, entries FROM pg_temp.revisions WHERE account_id = 2804 ORDER BY no;
SELECT status, balance FROM billing.reverse_charge(2804, 'owed', 'undo');
SELECT * FROM test.verify();
-- Taken back, and of that debt something written off: R23 refuses it, so it is passed over; the account's others are not.
SELECT status FROM billing.record_offline_payment(2805, 10, 'mistake', '2805 bank');
SELECT status, balance FROM billing.charge(2805, 1, 'paid', 'rerate-e', 20, 0);
SELECT pg_temp.correct('rerate-e', 400000);
SELECT status, balance FROM billing.reverse_offline_payment(2805, 1, 'reverse');
SELECT status, balance FROM billing.write_off(2805, 10, 'forgiven');
SELECT * FROM pg_temp.rerate(2805, 'rerate-e', 'taken back');
SELECT skipped FROM billing_books.rerate AS w, billing.rerate_accounts(w.rerate_no) WHERE w.idempotency_key = 'taken back';
SELECT cash, bonus, arrears FROM billing.balance(2805);
-- Taken back and owed: what is given back pays that debt.
SELECT pg_temp.price('rerate-f', 1000000) IS NOT NULL AS set;
SELECT status FROM billing.record_offline_payment(2806, 10, 'mistake', '2806 bank');
SELECT status, balance FROM billing.charge(2806, 1, 'paid', 'rerate-f', 10, 0);
SELECT status, balance FROM billing.reverse_offline_payment(2806, 1, 'reverse');
SELECT pg_temp.correct('rerate-f', 700000);
SELECT * FROM pg_temp.rerate(2806, 'rerate-f', 'taken back');
SELECT entry_no, source_type, debit, credit, lot_no, amount, undoes FROM pg_temp.entries WHERE account_id = 2806 AND entry_no > 3 ORDER BY entry_no;
SELECT * FROM test.verify();

-- Reserved for a refund, and locked for it: the reserve is untouched, the difference is in the account; more becomes arrears.
SELECT pg_temp.price('rerate-g', 500000) IS NOT NULL AS set;
SELECT status FROM billing.record_offline_payment(2807, 100, 'payment', '2807 bank');
SELECT status, balance FROM billing.charge(2807, 1, 'some', 'rerate-g', 60, 0);
SELECT refund_id, state, amount FROM billing.request_refund(2807, 'why', 'refund');
SELECT billing.set_policy('refund_settle_wait', '0');
SELECT status FROM billing.approve_refund(2807, 1, 'approve');
SELECT billing.set_policy('refund_settle_wait', NULL);
SELECT pg_temp.correct('rerate-g', 450000);
SELECT * FROM pg_temp.rerate(2807, 'rerate-g', 'to 27');
SELECT lot_no, amount, remaining, given_back FROM billing_books.lot WHERE account_id = 2807;
SELECT pg_temp.correct('rerate-g', 600000);
SELECT * FROM pg_temp.rerate(2807, 'rerate-g', 'to 36');
SELECT cash, arrears FROM billing.balance(2807);
SELECT status FROM billing.release_refund_item(2807, 1, 'release');
SELECT cash, arrears FROM billing.balance(2807);
SELECT * FROM test.verify();

-- Passed over, and counted: closed accounts; plan, free, rejected and unpriced usage. Of other models, calls and instants nothing is.
SELECT pg_temp.price('rerate-h', 1000000) IS NOT NULL AS set, pg_temp.price('rerate-i', 1000000) IS NOT NULL AS other;
SELECT status, charge FROM billing.charge(2808, 1, 'charged', 'rerate-h', 1, 0);
SELECT status, charge FROM billing.charge(2808, 1, 'other', 'rerate-i', 1, 0);
SELECT status FROM billing.charge(2808, 1, 'batch', 'rerate-h', 1, 0, variant => 'batch');
SELECT billing.lock_account(2808);
SELECT status FROM billing.charge(2808, 1, 'rejected', 'rerate-h', 1, 0);
SELECT billing.unlock_account(2808);
SELECT status FROM billing.charge(2809, 1, 'paid', 'rerate-h', 1, 0);
SELECT status FROM billing.record_offline_payment(2809, 1, 'payment', '2809 bank');
SELECT status, charge FROM billing.charge(2810, 1, 'charged', 'rerate-h', 2, 0);
SELECT status, charge FROM billing.charge(2811, 1, 'charged', 'rerate-i', 2, 0);
SELECT pg_temp.correct('rerate-h', 500000), pg_temp.correct('rerate-i', 500000);
SELECT status FROM billing.close_account(2809, 'close');
SELECT status, accounts, events, less, more FROM billing.begin_rerate(NULL, '2025-01-01 00:00+00', 'tomorrow', 'rerate-h', 'everybody', 'wrong');
SELECT rerate_no AS everybody FROM billing_books.rerate WHERE idempotency_key = 'everybody' \gset
SELECT account_id, events, less, more, skipped, finished_at IS NOT NULL AS finished FROM billing.rerate_accounts(:everybody);
-- One account a call, where it is named; undone and closed meanwhile is passed over. The job's takes what is free, and ends it.
SELECT done, "left" FROM billing.continue_rerate(:everybody);
SELECT status, balance FROM billing.reverse_charge(2810, 'charged', 'undo');
SELECT done, "left" FROM billing.continue_rerate(:everybody);
SELECT account_id, moved, given_back, charged, skipped, finished_at IS NOT NULL AS finished FROM billing.rerate_accounts(:everybody);
SELECT rerate_no IS NULL AS none, done, "left" FROM billing.continue_rerate();
SELECT done, "left" FROM billing.continue_rerate(:everybody);
SELECT count(*) AS revisions FROM billing_books.charge_revision WHERE account_id BETWEEN 2808 AND 2810;
SELECT rerate_no AS closing FROM billing.begin_rerate(2811, '2025-01-01 00:00+00', 'tomorrow', 'rerate-i', 'closing') \gset
SELECT status, balance FROM billing.record_offline_payment(2811, 2, 'payment', '2811 bank');
SELECT status FROM billing.close_account(2811, 'close');
SELECT rerate_no = :closing AS the_same, done, "left" FROM billing.continue_rerate();
SELECT events, moved, skipped, finished_at IS NOT NULL AS finished FROM billing.rerate_accounts(:closing);
SELECT * FROM test.verify();

-- By two: a correction where policy second_person_above is set, a re-rating above it, by the sum of what is less and more.
SELECT pg_temp.price('rerate-j', 1000000) AS price_id \gset
SELECT status, charge FROM billing.charge(2812, 1, 'a', 'rerate-j', 10, 0);
SELECT billing.set_policy('second_person_above', '2', 'CNY');
SELECT * FROM billing.correct_price(:price_id, 700000, NULL, NULL, 0, 'fix j', 'wrong', 'one');
SELECT * FROM billing.correct_price(:price_id, 700000, NULL, NULL, 0, 'fix j', 'wrong', 'one');
SELECT count(*) FROM billing_books.price WHERE model = 'rerate-j';
SELECT account_id, idempotency_key, function, amount, requested_by FROM billing.awaiting_second WHERE idempotency_key = 'fix j';
CREATE ROLE regress_rerate SUPERUSER;
SET SESSION AUTHORIZATION regress_rerate;
SELECT status, price_id > :price_id AS another FROM billing.correct_price(:price_id, 700000, NULL, NULL, 0, 'fix j', 'yes', 'two');
RESET SESSION AUTHORIZATION;
SELECT status, events, less, more, replayed FROM billing.begin_rerate(2812, '2025-01-01 00:00+00', 'tomorrow', 'rerate-j', 'by two', 'wrong', 'one');
SELECT status, replayed FROM billing.begin_rerate(2812, '2025-01-01 00:00+00', 'tomorrow', 'rerate-j', 'by two', 'wrong', 'one');
SELECT rerate_no AS by_two FROM billing_books.rerate WHERE idempotency_key = 'by two' \gset
SELECT test.attempt(format('SELECT billing.continue_rerate(%s)', :by_two)) ~ '^LB416 .* waits for a second person$' AS waits;
SELECT rerate_no IS NULL AS none FROM billing.continue_rerate();
SELECT events, less, finished_at FROM billing.rerate_accounts(:by_two);
SET SESSION AUTHORIZATION regress_rerate;
SELECT test.attempt('SELECT billing.begin_rerate(2812, ''2025-01-01 00:00+00'', ''tomorrow'', ''other'', ''by two'', ''wrong'', ''two'')') ~ '^LB109' AS conflicts;
SELECT status, rerate_no = :by_two AS the_same, less, replayed FROM billing.begin_rerate(2812, '2025-01-01 00:00+00', 'tomorrow', 'rerate-j', 'by two', 'wrong', 'two');
RESET SESSION AUTHORIZATION;
SELECT done, "left" FROM billing.continue_rerate(:by_two);
SELECT actor FROM billing_books.ledger_entry WHERE account_id = 2812 AND source_type = 'rerate';
-- One that waited too long is out of date, when another one of these charges has begun.
SELECT billing.set_policy('second_person_above', NULL, 'CNY');
SELECT pg_temp.correct('rerate-j', 400000);
SELECT billing.set_policy('second_person_above', '2', 'CNY');
SELECT status, less FROM billing.begin_rerate(2812, '2025-01-01 00:00+00', 'tomorrow', 'rerate-j', 'too late', 'wrong', 'one');
SELECT billing.set_policy('second_person_above', NULL, 'CNY');
SELECT pg_temp.correct('rerate-j', 600000);
SELECT * FROM pg_temp.rerate(2812, 'rerate-j', 'meanwhile');
SET SESSION AUTHORIZATION regress_rerate;
SELECT test.attempt('SELECT billing.begin_rerate(2812, ''2025-01-01 00:00+00'', ''tomorrow'', ''rerate-j'', ''too late'', ''wrong'', ''two'')') ~ '^LB416 .* has begun meanwhile$' AS refused;
RESET SESSION AUTHORIZATION;
DROP ROLE regress_rerate;
SELECT billing.withdraw_approval(2812, 'too late');
SELECT test.attempt('SELECT billing.begin_rerate(2812, ''2025-01-01 00:00+00'', ''tomorrow'', ''rerate-j'', ''too late'')') ~ '^LB112' AS withdrawn;
SELECT balance FROM billing.balance(2812);
SELECT * FROM test.verify();

-- A re-rating keeps the prices of when it was asked for, whatever is corrected meanwhile.
SELECT pg_temp.price('rerate-k', 1000000) IS NOT NULL AS set;
SELECT status, charge FROM billing.charge(2813, 1, 'a', 'rerate-k', 10, 0);
SELECT pg_temp.correct('rerate-k', 800000);
SELECT rerate_no AS k, events, less FROM billing.begin_rerate(2813, '2025-01-01 00:00+00', 'tomorrow', 'rerate-k', 'k') \gset
SELECT pg_temp.correct('rerate-k', 100000);
SELECT status, charge FROM billing.charge(2813, 1, 'b', 'rerate-k', 10, 0);
SELECT done, "left" FROM billing.continue_rerate(:k);
SELECT request_id, charge, amount FROM pg_temp.revisions WHERE account_id = 2813;
SELECT * FROM pg_temp.rerate(2813, 'rerate-k', 'k again');
-- A step that is rolled back has done nothing.
SELECT pg_temp.correct('rerate-k', 300000);
SELECT rerate_no AS k FROM billing.begin_rerate(2813, '2025-01-01 00:00+00', 'tomorrow', 'rerate-k', 'k rolled back') \gset
BEGIN;
SELECT done, "left" FROM billing.continue_rerate(:k, 1);
ROLLBACK;
SELECT done, "left" FROM billing.continue_rerate(:k, 1);
SELECT done, "left" FROM billing.continue_rerate(:k, 1);
SELECT balance FROM billing.balance(2813);
-- On a price list: an account's own row is corrected for it alone, and hours that go before others go on doing so.
SELECT billing.set_price('rerate-l', 'CNY', 1000000, 0, effective_from => '2025-01-01 00:00+00') IS NOT NULL AS set, billing.set_price('rerate-l', 'CNY', 500000, 0, effective_from => '2025-01-01 00:00+00', price_list => 'rerate') AS vip \gset
SELECT billing.set_price_list(2814, 'rerate', now() - interval '1 day') IS NOT NULL AS put;
SELECT account_id, charge FROM generate_series(2814, 2815) AS account_id, billing.charge(account_id, 1, 'a', 'rerate-l', 1, 0);
SELECT status FROM billing.correct_price(:vip, 250000, NULL, NULL, 0, 'vip');
SELECT account_id, begun, balance FROM generate_series(2814, 2815) AS account_id, pg_temp.rerate(account_id, 'rerate-l', 'l');
SELECT billing.set_price('rerate-m', 'CNY', 1000000, 0, hours => '00:00-12:00 UTC', effective_from => '2025-01-01 00:00+00') AS a, billing.set_price('rerate-m', 'CNY', 900000, 0, hours => '00:00-13:00 UTC', effective_from => '2025-01-01 00:00+00') AS b \gset
SELECT status FROM billing.correct_price(:a, 500000, NULL, NULL, 0, 'hours');
SELECT billing.price_choice('CNY', 'rerate-m', NULL, NULL, 1, '2025-06-01 06:00+00') = :b AS the_same;

-- Whose charge it is not, cannot be: unknown accounts and re-ratings.
SELECT test.attempt('SELECT billing.begin_rerate(2839, ''2025-01-01 00:00+00'', ''tomorrow'', NULL, ''unknown'')');
SELECT test.attempt('SELECT billing.continue_rerate(99999999)'), test.attempt('SELECT billing.rerate_accounts(99999999)');
SELECT test.attempt('SELECT billing.begin_rerate(2800, ''2025-01-01 00:00+00'', ''2025-01-01 00:00+00'', NULL, ''empty'')');
SELECT * FROM test.verify();

-- Not into closed months; what was re-rated before a month is closed stays re-rated, and is in no day. In a database of its own: closing is for good.
SELECT current_database() AS old_database \gset
CREATE DATABASE regress_billing_rerate;
\c regress_billing_rerate
CREATE EXTENSION billing;
SET billing.clock_offset = '-120d';
SELECT billing.install();
SELECT billing.create_account(1, 'cn'), billing.create_api_key(1, 'prod', project => 'shop') IS NOT NULL AS key;
SELECT billing.set_price('m', 'CNY', 1000000, 0, effective_from => '2025-01-01 00:00+00') AS price_id, billing.set_price('m', 'CNY', 500000, 0, effective_from => '2025-01-01 00:00+00', variant => 'batch') AS batch \gset
SELECT status, charge FROM billing.charge(1, 1, 'a', 'm', 10, 0);
SELECT status, charge FROM billing.charge(1, 1, 'b', 'm', 10, 0);
SELECT status, charge FROM billing.charge(1, 1, 'batch', 'm', 10, 0, variant => 'batch');
SELECT status FROM billing.correct_price(:price_id, 900000, NULL, NULL, 0, 'fix');
SELECT status FROM billing.correct_price(:batch, 400000, NULL, NULL, 0, 'fix batch');
SELECT rerate_no, events FROM billing.begin_rerate(1, '2025-01-01 00:00+00', now(), 'm', 'first') \gset
SELECT done, "left" FROM billing.continue_rerate(:rerate_no);
SELECT status, balance FROM billing.reverse_charge(1, 'b', 'undo');
SELECT billing.set_policy('usage_retention', '60d');
SET billing.clock_offset = '0';
SELECT billing.close_partitions() > 0 AS closed;
SELECT sum(requests) AS requests, sum(charge) AS charge FROM billing_books.usage_day;
SELECT sum(charge) AS charge, sum(given_back) AS given_back FROM billing.usage_report(1);
DO $$
BEGIN
    PERFORM billing.correct_price(1, 800000, NULL, NULL, 0, 'too late');
EXCEPTION WHEN OTHERS THEN
    RAISE NOTICE '%', regexp_replace(SQLERRM, '[0-9]{4}-[0-9]{2}', 'so and so');
END $$;
SELECT status, events FROM billing.begin_rerate(NULL, '2025-01-01 00:00+00', now(), 'm', 'closed');
SELECT account_id, events, moved, skipped, finished_at IS NOT NULL AS finished FROM billing.rerate_accounts(2);
-- A charge of nothing has no entry: what is booked of that since, by a clock that was set back a little, is not touched either.
SELECT billing.create_account(2, 'cn'), billing.create_api_key(2, 'prod') IS NOT NULL AS key, billing.set_price('nothing', 'CNY', 0, 0, effective_from => '2025-01-01 00:00+00') AS nothing \gset
SELECT status, charge FROM billing.charge(2, 1, 'before', 'nothing', 10, 0);
SET billing.clock_offset = '3 min';
SELECT status FROM billing.correct_price(:nothing, 100000, NULL, NULL, 0, 'fix nothing');
SELECT rerate_no, events FROM billing.begin_rerate(NULL, '2025-01-01 00:00+00', 'tomorrow', 'nothing', 'nothing') \gset
SET billing.clock_offset = '0';
SELECT status, charge FROM billing.charge(2, 1, 'since', 'nothing', 10, 0);
SELECT done, "left" FROM billing.continue_rerate(:rerate_no);
SELECT u.request_id, r.old_charge, r.charge FROM billing_books.charge_revision AS r JOIN billing_books.usage_event AS u USING (account_id, request_hash) WHERE account_id = 2;
SELECT events, moved, charged, skipped FROM billing.rerate_accounts(:rerate_no);
SELECT * FROM billing.verify();
\c :old_database
DROP DATABASE regress_billing_rerate;
