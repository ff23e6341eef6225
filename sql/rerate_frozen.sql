-- begin_rerate() freezes what continue_rerate() does, whatever comes between; what cannot be moved is passed over and counted, and stops nothing (R20). Accounts 2826 to 2839.
SELECT count(billing.create_account(account_id, 'cn')) AS accounts, count(billing.create_api_key(account_id, 'prod')) AS keys FROM generate_series(2826, 2839) AS account_id;
CREATE FUNCTION pg_temp.price(model text, input numeric, meters text = NULL) RETURNS bigint LANGUAGE sql AS $$
    SELECT billing.set_price(model, 'CNY', input, 0, effective_from => '2025-01-01 00:00+00', meters => meters)
$$;
CREATE FUNCTION pg_temp.correct(model text, input numeric, meters text = NULL) RETURNS text LANGUAGE sql AS $$
    SELECT c.status FROM (SELECT max(price_id) AS price_id FROM billing_books.price AS p WHERE p.model = correct.model) AS p, billing.correct_price(p.price_id, input, NULL, NULL, 0, 'frozen ' || p.price_id, 'wrong', meters => meters) AS c
$$;
CREATE FUNCTION pg_temp.begin(account_id bigint, model text, key text, OUT begun text, OUT rerate_no bigint) LANGUAGE sql AS $$
    SELECT concat_ws(' ', w.status, w.accounts, w.events, trim_scale(w.less), trim_scale(w.more)), w.rerate_no FROM billing.begin_rerate(account_id, '2025-01-01 00:00+00', '2100-01-01 00:00+00', model, key, 'wrong') AS w
$$;
CREATE VIEW pg_temp.moved AS
SELECT w.idempotency_key AS key, a.account_id, a.events, trim_scale(a.less) AS less, trim_scale(a.more) AS more, a.moved, trim_scale(a.given_back) AS given_back, trim_scale(a.charged) AS charged, a.skipped, a.finished_at IS NOT NULL AS finished
FROM billing_books.rerate AS w, billing.rerate_accounts(w.rerate_no) AS a;

-- Usage that comes after the dry run is not moved, though a clock that was ahead put the correction, and so the prices, ahead of it.
SELECT pg_temp.price('frozen-a', 100000) IS NOT NULL AS set;
SELECT billing.set_policy('clock_jump', '1 day');
SET billing.clock_offset = '30min';
SELECT charge FROM billing.charge(2826, 1, 'ahead', 'frozen-a', 10, 0);
RESET billing.clock_offset;
SELECT pg_temp.correct('frozen-a', 1000000);
SELECT max(corrected_at) > now() + interval '25 min' AS ahead FROM billing_books.price WHERE model = 'frozen-a';
SELECT charge FROM billing.charge(2827, 1, 'before', 'frozen-a', 10, 0);
SELECT begun, rerate_no FROM pg_temp.begin(NULL, 'frozen-a', 'a') \gset
SELECT :'begun' AS begun;
SELECT charge FROM billing.charge(2827, 1, 'after', 'frozen-a', 100, 0);
SELECT sum(s.done) AS done FROM generate_series(1, 3) AS n, billing.continue_rerate(:rerate_no + 0 * n) AS s;
SELECT * FROM pg_temp.moved WHERE key = 'a' ORDER BY account_id;
SELECT * FROM test.verify();
SELECT billing.set_policy('clock_jump', NULL);

-- What cost nothing has no entries, and costs something now.
SELECT pg_temp.price('frozen-h', 0) IS NOT NULL AS set;
SELECT status, charge FROM billing.charge(2836, 1, 'a', 'frozen-h', 10, 0);
SELECT pg_temp.correct('frozen-h', 100000);
SELECT begun, s.done, s."left" FROM pg_temp.begin(2836, 'frozen-h', 'h') AS w, LATERAL billing.continue_rerate(w.rerate_no) AS s;
SELECT balance FROM billing.balance(2836);

-- Two that wait for a second person: when one of them has begun, what the other was to move is out of date.
SELECT pg_temp.price('frozen-b', 100000) IS NOT NULL AS set;
SELECT charge FROM billing.charge(2828, 1, 'a', 'frozen-b', 100, 0);
SELECT pg_temp.correct('frozen-b', 1000000);
SELECT billing.set_policy('second_person_above', '5', 'CNY');
SELECT begun FROM pg_temp.begin(2828, 'frozen-b', 'b 1');
SELECT billing.set_policy('second_person_above', NULL, 'CNY');
SELECT pg_temp.correct('frozen-b', 200000);
SELECT billing.set_policy('second_person_above', '5', 'CNY');
SELECT begun FROM pg_temp.begin(2828, 'frozen-b', 'b 2');
CREATE ROLE regress_frozen SUPERUSER;
SET SESSION AUTHORIZATION regress_frozen;
SELECT status, rerate_no FROM billing.begin_rerate(2828, '2025-01-01 00:00+00', '2100-01-01 00:00+00', 'frozen-b', 'b 1') \gset
SELECT :'status' AS status, done, "left" FROM billing.continue_rerate(:rerate_no);
SELECT test.attempt('SELECT billing.begin_rerate(2828, ''2025-01-01 00:00+00'', ''2100-01-01 00:00+00'', ''frozen-b'', ''b 2'')') ~ '^LB416 .* has begun meanwhile$' AS refused;
RESET SESSION AUTHORIZATION;
DROP ROLE regress_frozen;
SELECT billing.set_policy('second_person_above', NULL, 'CNY'), billing.withdraw_approval(2828, 'b 2');
SELECT balance FROM billing.balance(2828);

-- By the corrected price it has no charge: counted, and kept.
SELECT pg_temp.price('frozen-c', 100000, 'web_search 10/1000, image 0.04') IS NOT NULL AS set;
SELECT charge FROM billing.charge(2829, 1, 'a', 'frozen-c', 100, 0, meters => '{"web_search": 2}');
SELECT charge FROM billing.charge(2829, 1, 'b', 'frozen-c', 100, 0);
SELECT pg_temp.correct('frozen-c', 50000, 'image 0.04');
SELECT begun, s.done, s."left" FROM pg_temp.begin(2829, 'frozen-c', 'c') AS w, LATERAL billing.continue_rerate(w.rerate_no) AS s;
SELECT * FROM pg_temp.moved WHERE key = 'c';
SELECT status, reason FROM billing.charge(2829, 1, 'c', 'frozen-c', 100, 0, meters => '{"web_search": 2}');

-- Corrected again, by whichever of its rows: its meters are as they were corrected.
SELECT billing.correct_price(min(price_id), 60000, NULL, NULL, 0, 'frozen c first') IS NOT NULL AS corrected FROM billing_books.price WHERE model = 'frozen-c';
SELECT trim_scale(input) AS input, meters FROM billing_books.price WHERE model = 'frozen-c' ORDER BY price_id;
-- What was undone before the dry run is counted by it alone, though the undoing was stamped by a clock that was ahead; undone since, it is counted then, and not once more as what a closed account keeps.
SELECT pg_temp.price('frozen-g', 1000000) IS NOT NULL AS set;
SELECT count(*) FROM generate_series(1, 4) AS n, billing.charge(2835, 1, 'g' || n, 'frozen-g', 1, 0);
SELECT pg_temp.correct('frozen-g', 500000);
SET billing.clock_offset = '60s';
SELECT status FROM billing.record_offline_payment(2835, 1, 'payment', '2835 bank');
SELECT status FROM billing.reverse_charge(2835, 'g1', 'undo 1');
RESET billing.clock_offset;
SELECT begun, rerate_no FROM pg_temp.begin(2835, 'frozen-g', 'g') \gset
SELECT status FROM generate_series(2, 3) AS n, billing.reverse_charge(2835, 'g' || n, 'undo ' || n);
SELECT sum(s.done) AS done FROM generate_series(1, 2) AS n, billing.continue_rerate(:rerate_no, 1 + 0 * n) AS s;
SELECT a.status FROM billing.balance(2835) AS b, LATERAL billing.adjust(2835, -b.balance, 'nothing left') AS a;
SELECT status FROM billing.close_account(2835, 'close');
SELECT s."left" FROM billing.continue_rerate(:rerate_no) AS s;
SELECT events, moved, skipped, finished FROM pg_temp.moved WHERE key = 'g';
SELECT * FROM test.verify();

-- More than an amount would go back to an account: passed over. More than one would move of it: the dry run says as much as there can be.
SELECT pg_temp.price('frozen-d', 0, 'a 1000000') IS NOT NULL AS set;
SELECT status FROM billing.adjust(2830, 500000000, 'd 1');
SELECT charge FROM billing.charge(2830, 1, 'a', 'frozen-d', 0, 0, meters => '{"a": 400}');
SELECT status FROM billing.adjust(2830, 400000000, 'd 2');
SELECT charge FROM billing.charge(2830, 1, 'b', 'frozen-d', 0, 0, meters => '{"a": 400}');
SELECT status FROM billing.adjust(2830, 400000000, 'd 3');
SELECT charge FROM billing.charge(2830, 1, 'c', 'frozen-d', 0, 0, meters => '{"a": 400}');
SELECT status FROM billing.adjust(2830, 400000000, 'd 4');
SELECT charge FROM billing.charge(2831, 1, 'a', 'frozen-d', 0, 0, meters => '{"a": 4}');
SELECT pg_temp.correct('frozen-d', 0, 'a 1');
SELECT begun, rerate_no FROM pg_temp.begin(NULL, 'frozen-d', 'd') \gset
SELECT :'begun' AS begun;
SELECT done, "left" FROM billing.continue_rerate(:rerate_no);
SELECT done, "left" FROM billing.continue_rerate(:rerate_no);
SELECT * FROM pg_temp.moved WHERE key = 'd' ORDER BY account_id;
SELECT * FROM test.verify();

-- One account fails: the others go on, alone or with all of a later one; the job goes on to the next one, and an operator ends what is left.
SELECT pg_temp.price('frozen-e', 1000000) IS NOT NULL AS set, pg_temp.price('frozen-f', 1000000) IS NOT NULL AS other;
SELECT status FROM billing.record_offline_payment(2832, 3, 'payment', '2832 bank');
SELECT account_id, charge FROM generate_series(2832, 2833) AS account_id, billing.charge(account_id, 1, 'a', 'frozen-e', 2, 0);
SELECT charge FROM billing.charge(2834, 1, 'a', 'frozen-f', 2, 0);
SELECT pg_temp.correct('frozen-e', 500000), pg_temp.correct('frozen-f', 500000);
SELECT begun, rerate_no AS e FROM pg_temp.begin(NULL, 'frozen-e', 'e') \gset
SELECT begun, rerate_no AS f FROM pg_temp.begin(2834, 'frozen-f', 'f') \gset
UPDATE billing_books.lot SET remaining = amount WHERE account_id = 2832;
SET client_min_messages = error;
SELECT rerate_no = :e AS e, done, "left" FROM billing.continue_rerate();
SELECT rerate_no = :f AS f, done, "left" FROM billing.continue_rerate();
SELECT rerate_no = :e AS e, done, "left" FROM billing.continue_rerate();
RESET client_min_messages;
SELECT pg_temp.correct('frozen-e', 250000);
SELECT begun FROM pg_temp.begin(2833, 'frozen-e', 'e 2833');
SELECT test.attempt('SELECT pg_temp.begin(2832, ''frozen-e'', ''e 2832'')') ~ '^LB416 .* is not finished$' AS of_the_account, test.attempt('SELECT pg_temp.begin(NULL, ''frozen-e'', ''e all'')') ~ '^LB416 .* is not finished$' AS of_all;
SELECT test.attempt('SELECT billing.end_rerate(999999, ''why'')');
SELECT billing.end_rerate(:e, 'a lot is damaged', 'me'), billing.end_rerate(:e, 'again');
SELECT * FROM pg_temp.moved WHERE key = 'e' ORDER BY account_id;
SELECT object ~ '^re-rating \d+$' AS object, new_value, actor, reason FROM billing_books.audit_log WHERE action = 'end_rerate';
UPDATE billing_books.lot SET remaining = 1 WHERE account_id = 2832;
SELECT done, "left" FROM billing.continue_rerate();
SELECT begun, s.done, s."left" FROM pg_temp.begin(2832, 'frozen-e', 'e once more') AS w, LATERAL billing.continue_rerate(w.rerate_no) AS s;
SELECT * FROM test.verify();
