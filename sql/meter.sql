-- meter(), INSERT and COPY into usage_inbox, and settle(): the same rows, rules and exactly-once as charge(), booked in batches
-- (R7 to R10, R20, B&S 4.11). Accounts 2000 to 2039, models meter-*.
SELECT count(billing.create_account(account_id, 'cn')) AS accounts FROM generate_series(2000, 2029) AS account_id;
SELECT count(billing.create_api_key(account_id, 'prod')) AS keys FROM generate_series(2000, 2029) AS account_id;
SELECT count(billing.set_price(model, 'CNY', input, output, effective_from => '2025-01-01 00:00+00')) AS prices
FROM (VALUES ('meter-one', 1000000::numeric, 0::numeric), ('meter-real', 0.435, 0.87), ('meter-zero', 0, 0), ('meter-dear', 1000000, 1000000)) AS p (model, input, output);
-- What each lot paid of a request, or what it left as arrears.
CREATE FUNCTION pg_temp.slices(account bigint, request text) RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(trim_scale(amount) || CASE WHEN lot_no IS NULL THEN ' owed' ELSE ' of lot ' || lot_no END, ', ' ORDER BY entry_no)
    FROM billing.explain_charge(account, request) WHERE item ~ '^(paid|left)'
$$;
CREATE VIEW pg_temp.entries AS SELECT account_id, entry_no, source_type, source_id, debit, credit, lot_no, amount, undoes_entry_no AS undoes FROM billing_books.ledger_entry;
CREATE VIEW pg_temp.aside AS SELECT account_id, request_id, sqlstate, reason, detail FROM billing_books.usage_set_aside WHERE account_id BETWEEN 2000 AND 2039;
SET TimeZone = 'UTC';
SELECT count(*) AS unsettled FROM billing_books.usage_inbox;

-- Three ways in. Nothing is booked until it is settled; then each row is what charge() makes of it.
SELECT r.status FROM generate_series(2000, 2001) AS account_id, billing.record_offline_payment(account_id, 5, 'payment', account_id || ' bank') AS r;
SELECT clock_timestamp() AS at \gset
SELECT billing.meter(2000, 1, 'function', 'meter-real', 1434, 153, 700, 20, :'at');
INSERT INTO billing_books.usage_inbox VALUES (2000, 1, 'insert', 'meter-one', 3, 0, 0, 0, :'at');
COPY billing_books.usage_inbox (account_id, key_id, request_id, model, input_tokens, output_tokens) FROM STDIN;
2000	1	copy	meter-one	4	0
\.
SELECT balance FROM billing.balance(2000);
SELECT count(*) AS unsettled FROM billing_books.usage_inbox;
SELECT billing.settle() AS settled;
SELECT billing.settle() AS settled;
SELECT count(*) AS unsettled FROM billing_books.usage_inbox;
SELECT status, balance FROM billing.charge(2001, 1, 'function', 'meter-real', 1434, 153, 700, 20, :'at');
SELECT status, balance FROM billing.charge(2001, 1, 'insert', 'meter-one', 3, 0, 0, 0, :'at');
SELECT status, balance FROM billing.charge(2001, 1, 'copy', 'meter-one', 4, 0);
SELECT request_id, status, charge, batch_offset, first_entry_no, entry_count, settled_at = recorded_at AS at_once, occurred_at = recorded_at AS stamped_when_settled
FROM billing_books.usage_event WHERE account_id = 2000 ORDER BY batch_offset;
SELECT count(*) AS alike FROM billing_books.usage_event AS m JOIN billing_books.usage_event AS c USING (request_id)
WHERE m.account_id = 2000 AND c.account_id = 2001 AND (m.key_id, m.key_name, m.model, m.input_tokens, m.output_tokens, m.cache_read_tokens, m.cache_write_tokens, m.status, m.charge, m.price_id, m.request_hash, m.probe)
    = (c.key_id, c.key_name, c.model, c.input_tokens, c.output_tokens, c.cache_read_tokens, c.cache_write_tokens, c.status, c.charge, c.price_id, c.request_hash, c.probe);
SELECT request_id, pg_temp.slices(2000, request_id) AS metered, pg_temp.slices(2001, request_id) AS charged FROM unnest('{function,insert,copy}'::text[]) AS request_id;

-- R7, R8: one ledger entry per lot and batch, in the order of the lots; its events by (occurred_at, request_id in byte order), however they
-- came in; each has its own slices.
SELECT lot_no FROM billing.record_offline_payment(2002, 5, 'cash', '2002 bank');
SELECT lot_no FROM billing.grant_bonus(2002, 5, 'bonus for ever');
SELECT lot_no FROM billing.grant_bonus(2002, 5, 'bonus soon', expires_at => now() + interval '10 days');
INSERT INTO billing_books.usage_inbox VALUES
    (2002, 1, 'without a stamp', 'meter-one', 6, 0, 0, 0, NULL), (2002, 1, 'b', 'meter-one', 1, 0, 0, 0, :'at'), (2002, 1, 'é', 'meter-one', 1, 0, 0, 0, :'at'),
    (2002, 1, 'B', 'meter-one', 4, 0, 0, 0, :'at'), (2002, 1, 'a', 'meter-one', 2, 0, 0, 0, :'at'),
    (2002, 1, 'z', 'meter-one', 5, 0, 0, 0, :'at'::timestamptz - interval '1 us'), (2002, 1, 'nothing', 'meter-zero', 5, 0, 0, 0, :'at');
SELECT billing.settle() AS settled;
SELECT * FROM pg_temp.entries WHERE account_id = 2002 AND entry_no > 3 ORDER BY entry_no;
SELECT request_id, charge, batch_offset, first_entry_no, entry_count, pg_temp.slices(2002, request_id) AS slices FROM billing_books.usage_event WHERE account_id = 2002 ORDER BY batch_offset;
SELECT cash, bonus, arrears FROM billing.balance(2002);
-- A second batch on arrears alone: one more entry.
SELECT billing.meter(2002, 1, 'more ' || n, 'meter-one', n, 0) FROM generate_series(1, 3) AS n;
SELECT billing.settle() AS settled;
SELECT * FROM pg_temp.entries WHERE account_id = 2002 AND entry_no > 7 ORDER BY entry_no;
-- Many accounts at once: an entry for each lot of each.
INSERT INTO billing_books.usage_inbox SELECT 2020 + n % 5, 1, 'r' || n, 'meter-one', 1, 0, 0, 0, NULL FROM generate_series(1, 50) AS n;
SELECT status FROM billing.grant_bonus(2021, 3, 'gift');
SELECT billing.settle() AS settled;
SELECT account_id, count(*) FILTER (WHERE source_type = 'settlement') AS entries, sum(amount) FILTER (WHERE source_type = 'settlement') AS amount FROM pg_temp.entries
WHERE account_id BETWEEN 2020 AND 2024 GROUP BY 1 ORDER BY 1;

-- Exactly once: within a batch, across batches, against charge() before and after, whatever the stamp. Of two alike the earlier counts.
SELECT status FROM billing.charge(2003, 1, 'charged before', 'meter-one', 1, 0);
INSERT INTO billing_books.usage_inbox SELECT 2003, 1, id, 'meter-one', 1, 0, 0, 0, stamp FROM unnest('{charged before,twice,charged meanwhile}'::text[]) AS id, unnest(ARRAY[NULL, :'at']::timestamptz[]) AS stamp;
SELECT status FROM billing.charge(2003, 1, 'charged meanwhile', 'meter-one', 1, 0);
SELECT billing.settle() AS settled;
INSERT INTO billing_books.usage_inbox SELECT 2003, 1, id, 'meter-one', 1, 0, 0, 0, NULL FROM unnest('{charged before,twice,charged meanwhile}'::text[]) AS id;
SELECT billing.settle() AS settled;
SELECT status, charge, balance FROM billing.charge(2003, 1, 'twice', 'meter-one', 1, 0);
SELECT request_id, count(*), min(occurred_at) = :'at' AS earlier FROM billing_books.usage_event WHERE account_id = 2003 GROUP BY 1 ORDER BY 1;
SELECT arrears FROM billing.balance(2003);
SELECT * FROM pg_temp.aside WHERE account_id = 2003;
-- Another payload is set aside, with both: against what was charged, what was settled, and the earlier row of its batch.
INSERT INTO billing_books.usage_inbox VALUES (2003, 1, 'charged before', 'meter-one', 2, 0, 0, 0, NULL), (2003, 1, 'twice', 'meter-real', 1, 0, 0, 0, NULL),
    (2003, 1, 'two', 'meter-one', 1, 0, 0, 0, :'at'::timestamptz + interval '1 us'), (2003, 1, 'two', 'meter-one', 2, 3, 4, 5, :'at');
SELECT billing.settle() AS settled;
SELECT request_id, sqlstate, reason, detail FROM pg_temp.aside WHERE account_id = 2003 ORDER BY request_id;
SELECT input_tokens FROM billing_books.usage_event WHERE account_id = 2003 AND request_id = 'two';
-- Alike in all but their payload: the one that stood first in the inbox counts. (Vacuumed, it is filled from the front.)
VACUUM billing_books.usage_inbox;
INSERT INTO billing_books.usage_inbox SELECT 2003, 1, 'alike ' || n % 20, 'meter-one', n / 20 + 1, 0, 0, 0, NULL FROM generate_series(0, 39) AS n;
SELECT billing.settle() AS settled;
SELECT input_tokens, count(*) FROM billing_books.usage_event WHERE account_id = 2003 AND request_id LIKE 'alike%' GROUP BY 1;
SELECT input_tokens, reason, count(*) FROM billing_books.usage_set_aside WHERE account_id = 2003 AND request_id LIKE 'alike%' GROUP BY 1, 2;
-- Two texts with one hash get different probes, in a batch and against a stored row. (The stored row is put in by hand.)
INSERT INTO billing_books.usage_event (account_id, request_hash, probe, request_id, key_id, key_name, model, input_tokens, cache_read_tokens, cache_write_tokens, output_tokens, occurred_at, recorded_at, settled_at, status, reason)
SELECT 2004, ('x' || left(encode(sha256('second'), 'hex'), 16))::bit(64)::bigint, 0, 'first', 1, 'prod', 'meter-one', 1, 0, 0, 1, last_booked_at, last_booked_at, last_booked_at, 'rejected', 'no_plan'
FROM billing_books.account WHERE account_id = 2004;
INSERT INTO billing_books.usage_inbox VALUES (2004, 1, 'second', 'meter-one', 2, 0), (2004, 1, 'second', 'meter-one', 2, 0);
SELECT billing.settle() AS settled;
SELECT request_id, probe, status, charge FROM billing_books.usage_event WHERE account_id = 2004 ORDER BY probe;
-- Each as its own text has it, so that verify() has nothing to tell.
BEGIN;
SET LOCAL billing.allow_history_change = on;
UPDATE billing_books.usage_event SET request_hash = ('x' || left(encode(sha256(request_id::bytea), 'hex'), 16))::bit(64)::bigint, probe = 0 WHERE account_id = 2004;
COMMIT;

-- B&S 4.11: what cannot become usage is set aside as it came, with the reason; the good rows beside it count; set-aside rows take no id.
SELECT key_id AS deleted_key FROM billing.create_api_key(2005, 'deleted') \gset
SELECT created_at - interval '1 us' AS unborn FROM billing_books.account WHERE account_id = 2005 \gset
INSERT INTO billing_books.usage_inbox VALUES
    (NULL, 1, 'no account', 'meter-one', 1, 0, 0, 0, NULL), (2039, 1, 'unknown account', 'meter-one', 1, 0, 0, 0, NULL), (0, 1, 'account 0', 'meter-one', 1, 0, 0, 0, NULL),
    (-1, 1, 'of the house', 'meter-one', 1, 0, 0, 0, NULL), (2005, NULL, 'no key', 'meter-one', 1, 0, 0, 0, NULL), (2005, 99, 'unknown key', 'meter-one', 1, 0, 0, 0, NULL),
    (2005, -1, 'a key below zero', 'meter-one', 1, 0, 0, 0, NULL), (2005, 1, NULL, 'meter-one', 1, 0, 0, 0, NULL), (2005, 1, '', 'meter-one', 2, 0, 0, 0, NULL), (2005, 1, E' \t\n', 'meter-one', 3, 0, 0, 0, NULL),
    (2005, 1, repeat('é', 101), 'meter-one', 4, 0, 0, 0, NULL), (2005, 1, 'no model', NULL, 1, 0, 0, 0, NULL), (2005, 1, 'blank model', ' ', 1, 0, 0, 0, NULL),
    (2005, 1, 'long model', repeat('m', 201), 1, 0, 0, 0, NULL), (2005, 1, 'no input', 'meter-one', NULL, 0, 0, 0, NULL), (2005, 1, 'no output', 'meter-one', 1, NULL, 0, 0, NULL),
    (2005, 1, 'no cache read', 'meter-one', 1, 0, NULL, 0, NULL), (2005, 1, 'no cache write', 'meter-one', 1, 0, 0, NULL, NULL), (2005, 1, 'below zero', 'meter-one', -1, 0, 0, 0, NULL),
    (2005, 1, 'too many', 'meter-one', 0, 200000001, 0, 0, NULL), (2005, 1, 'far too many', 'meter-one', 0, 0, 9223372036854775807, 0, NULL), (2005, 1, 'far too few', 'meter-one', 0, 0, 0, -9223372036854775808, NULL),
    (2005, 1, 'infinitely late', 'meter-one', 1, 0, 0, 0, 'infinity'), (2005, 1, 'infinitely early', 'meter-one', 1, 0, 0, 0, '-infinity'),
    (2005, 1, 'the last instant', 'meter-one', 1, 0, 0, 0, '294276-12-31 23:59:59.999999+00'), (2005, 1, 'the first instant', 'meter-one', 1, 0, 0, 0, '4714-11-24 00:00+00 BC'),
    (2005, 1, 'ahead', 'meter-one', 1, 0, 0, 0, clock_timestamp() + interval '6 min'), (2005, 1, 'a little ahead', 'meter-one', 1, 0, 0, 0, clock_timestamp() + interval '4 min'),
    (2005, 1, 'unborn', 'meter-one', 1, 0, 0, 0, :'unborn'), (2005, 1, 'good', 'meter-one', 1, 0, 0, 0, NULL),
    (2005, 1, repeat('x', 100000), repeat('é', 100000), 5, 0, 0, 0, NULL), (NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
SELECT billing.settle() AS settled;
SELECT count(*) AS unsettled FROM billing_books.usage_inbox;
SELECT request_id, status, charge FROM billing_books.usage_event WHERE account_id = 2005 ORDER BY occurred_at;
SELECT left(request_id, 20) AS request_id, sqlstate, reason, left(detail, 80) AS detail FROM billing_books.usage_set_aside
WHERE account_id IN (2005, 2039, -1, 0) OR account_id IS NULL ORDER BY request_id COLLATE "C", input_tokens;
SELECT account_id, key_id, request_id, model, input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, occurred_at, set_aside_at BETWEEN :'at' AND clock_timestamp() AS now
FROM billing_books.usage_set_aside WHERE request_id IN ('far too few', 'the first instant') OR (account_id IS NULL AND request_id IS NULL) ORDER BY 3;
-- What nobody can have meant is kept in part.
SELECT length(request_id) AS request_id, length(model) AS model FROM billing_books.usage_set_aside WHERE account_id = 2005 AND input_tokens = 5;
-- The same as charge() would say, word for word.
SELECT reason, detail = substr(test.attempt(format('SELECT billing.charge(%L, %L, %L, %L, %L, %L, %L, %L, %L)', account_id, key_id, request_id, model, input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, occurred_at)), 7) AS as_charge
FROM billing_books.usage_set_aside WHERE account_id IN (2005, 2039, 0) OR account_id IS NULL GROUP BY 1, 2 ORDER BY 1, 2;
SELECT status FROM billing.charge(2005, 1, 'unknown key', 'meter-one', 1, 0);
-- Rows of unknown accounts alone.
INSERT INTO billing_books.usage_inbox VALUES (2039, 1, 'unknown account, alone', 'meter-one', 1, 0);
SELECT billing.settle() AS settled;
SELECT count(*) AS unsettled FROM billing_books.usage_inbox;
SELECT account_id, reason FROM billing_books.usage_set_aside WHERE request_id = 'unknown account, alone';
-- Not even where there is a house account: the row does not go round for ever.
BEGIN;
INSERT INTO billing_books.account (account_id, created_at, last_booked_at, region, currency) VALUES (-1, now(), now(), 'cn', 'CNY');
INSERT INTO billing_books.usage_inbox VALUES (-1, 1, 'of a house that there is', 'meter-one', 1, 0);
SELECT billing.settle() AS settled;
SELECT count(*) AS unsettled FROM billing_books.usage_inbox;
SELECT account_id, reason FROM billing_books.usage_set_aside WHERE request_id = 'of a house that there is';
ROLLBACK;
SELECT * FROM test.verify();

-- R9, R10, B&S 4.10: rejected, free and unpriced usage, judged by its stamp as charge() does; these take their id.
SELECT clock_timestamp() AS before \gset
SELECT billing.delete_api_key(2005, :deleted_key);
SELECT deleted_at FROM billing_books.api_key WHERE account_id = 2005 AND key_id = :deleted_key \gset
SELECT billing.lock_account(2006);
SELECT clock_timestamp() AS during \gset
SELECT billing.unlock_account(2006);
SELECT key_id AS plan_key FROM billing.create_api_key(2006, 'plan', 'plan') \gset
INSERT INTO billing_books.usage_inbox VALUES
    (2005, :deleted_key, 'before the deletion', 'meter-one', 1, 0, 0, 0, :'before'), (2005, :deleted_key, 'at the deletion', 'meter-one', 1, 0, 0, 0, :'deleted_at'), (2005, :deleted_key, 'after it', 'meter-one', 1, 0, 0, 0, NULL),
    (2006, 1, 'before the lock', 'meter-one', 1, 0, 0, 0, :'before'), (2006, 1, 'during', 'meter-one', 1, 0, 0, 0, :'during'), (2006, 1, 'after the lock', 'meter-one', 1, 0, 0, 0, NULL),
    (2006, :plan_key, 'plan', 'meter-one', 1, 0, 0, 0, NULL), (2006, 1, 'unpriced', 'meter-unheard-of', 1, 0, 0, 0, NULL);
SELECT billing.settle() AS settled;
SELECT account_id, request_id, key_name, status, charge, reason, batch_offset FROM billing_books.usage_event WHERE account_id IN (2005, 2006) AND recorded_at > :'deleted_at' ORDER BY account_id, occurred_at, request_id;
SELECT status, reason FROM billing.charge(2006, 1, 'during', 'meter-one', 1, 0);
SELECT billing.set_policy('go_live_at', (now() + interval '1 hour')::text);
SELECT billing.meter(2006, 1, 'before go-live', 'meter-one', 1, 0), billing.meter(2006, 1, 'before go-live, unpriced', 'meter-unheard-of', 1, 0), billing.meter(2006, :plan_key, 'before go-live, plan', 'meter-one', 1, 0);
SELECT billing.settle() AS settled;
SELECT billing.set_policy('go_live_at', NULL);
SELECT request_id, status, charge, reason FROM billing_books.usage_event WHERE account_id = 2006 AND request_id LIKE 'before go-live%' ORDER BY request_id;
SELECT status, charge, reason FROM billing.charge(2006, 1, 'before go-live', 'meter-one', 1, 0);
-- What waited for a price is charged by itself, by the call that finds it, after what is in the inbox.
SELECT billing.set_price('meter-unheard-of', 'CNY', 1000000, 0, effective_from => '2025-01-01 00:00+00') IS NOT NULL AS set;
SELECT billing.meter(2006, 1, 'beside it', 'meter-one', 2, 0);
SELECT billing.settle() AS settled;
SELECT request_id, status, charge, reason, batch_offset, entry_count FROM billing_books.usage_event WHERE account_id = 2006 AND request_id IN ('unpriced', 'beside it') ORDER BY first_entry_no;
-- A price that begins between two rows of a batch prices the second alone (R20).
SELECT clock_timestamp() AS dearer \gset
SELECT billing.set_price('meter-change', 'CNY', 500000, 0, effective_from => '2025-01-01 00:00+00') < billing.set_price('meter-change', 'CNY', 1000000, 0, effective_from => :'dearer') AS set;
INSERT INTO billing_books.usage_inbox VALUES (2007, 1, 'at the change', 'meter-change', 1, 0, 0, 0, :'dearer'), (2007, 1, 'before it', 'meter-change', 1, 0, 0, 0, :'dearer'::timestamptz - interval '1 us');
SELECT billing.settle() AS settled;
SELECT request_id, charge, batch_offset FROM billing_books.usage_event WHERE account_id = 2007 ORDER BY batch_offset;

-- R19: bonus that expired is booked before the batch, and pays none of it, though all of it occurred before.
SELECT status FROM billing.grant_bonus(2008, 10, 'gift', expires_at => now() + interval '1 day');
SELECT status FROM billing.grant_bonus(2008, 2, 'another', expires_at => now() + interval '20 days');
SELECT billing.meter(2008, 1, 'r' || n, 'meter-one', 3, 0) FROM generate_series(1, 2) AS n;
SET billing.clock_offset = '2d';
SELECT billing.settle() AS settled;
SELECT * FROM pg_temp.entries WHERE account_id = 2008 AND entry_no > 2 ORDER BY entry_no;
SELECT request_id, first_entry_no, entry_count, pg_temp.slices(2008, request_id) AS slices FROM billing_books.usage_event WHERE account_id = 2008 ORDER BY batch_offset;
RESET billing.clock_offset;

-- explain_charge() of an event of a batch: its own arithmetic and its own slices.
SELECT item, quantity, amount, lot_no, order_id, entry_no FROM billing.explain_charge(2002, 'B') WHERE item NOT IN ('request', 'received', 'price');
-- R23: undoing events of a batch, one slice at a time, in any order; each gives back its own and no more.
SELECT status, balance FROM billing.reverse_charge(2002, 'B', 'undo B');
SELECT status, balance FROM billing.reverse_charge(2002, 'z', 'undo z');
SELECT * FROM pg_temp.entries WHERE account_id = 2002 AND source_type = 'reversal' ORDER BY entry_no;
SELECT test.attempt('SELECT billing.reverse_charge(2002, ''B'', ''again'')');
SELECT request_id, r.status, r.balance FROM unnest('{a,b,é,without a stamp,nothing,more 1,more 2,more 3}'::text[]) AS request_id, billing.reverse_charge(2002, request_id, 'undo ' || request_id) AS r;
SELECT lot_no, amount, remaining FROM billing_books.lot WHERE account_id = 2002 ORDER BY lot_no;
SELECT cash, bonus, arrears FROM billing.balance(2002);
SELECT * FROM test.verify();
-- A slice in the middle of one entry of arrears: owed 2 + 3 + 5; paid 4 since: the older debts are paid first. Undoing 'two' gives back
-- what is still owed first.
INSERT INTO billing_books.usage_inbox SELECT 2009, 1, id, 'meter-one', n, 0, 0, 0, :'at'::timestamptz + n * interval '1 us' FROM (VALUES ('one', 2), ('two', 3), ('three', 5)) AS r (id, n);
SELECT billing.settle() AS settled;
SELECT status, balance FROM billing.record_offline_payment(2009, 4, 'payment', '2009 bank');
SELECT status, balance FROM billing.reverse_charge(2009, 'two', 'undo two');
SELECT status, balance FROM billing.reverse_charge(2009, 'three', 'undo three');
SELECT status, balance FROM billing.reverse_charge(2009, 'one', 'undo one');
SELECT * FROM pg_temp.entries WHERE account_id = 2009 AND entry_no > 1 ORDER BY entry_no;
-- A share that was written off is not given back: 4 of 2 + 3 + 5 are; they are all of 'one' and 2 of 'two'.
INSERT INTO billing_books.usage_inbox SELECT 2010, 1, id, 'meter-one', n, 0, 0, 0, :'at'::timestamptz + n * interval '1 us' FROM (VALUES ('one', 2), ('two', 3), ('three', 5)) AS r (id, n);
SELECT billing.settle() AS settled;
SELECT status, balance FROM billing.write_off(2010, 4, 'forgiven');
SELECT status, balance FROM billing.reverse_charge(2010, 'three', 'undo three');
SELECT status, balance FROM billing.reverse_charge(2010, 'one', 'undo one');
SELECT status, balance FROM billing.reverse_charge(2010, 'two', 'undo two');
SELECT amount FROM billing_books.charge_reversal WHERE account_id = 2010 ORDER BY reversal_id;
-- What was undone before is no debt that could be forgiven: 5 undone, then 4 written off of 2 + 3.
INSERT INTO billing_books.usage_inbox SELECT 2027, 1, id, 'meter-one', n, 0, 0, 0, :'at'::timestamptz + n * interval '1 us' FROM (VALUES ('one', 2), ('two', 3), ('three', 5)) AS r (id, n);
SELECT billing.settle() AS settled;
SELECT status, balance FROM billing.reverse_charge(2027, 'three', 'undo three');
SELECT status, balance FROM billing.write_off(2027, 4, 'forgiven');
SELECT status, balance FROM billing.reverse_charge(2027, 'one', 'undo one');
SELECT status, balance FROM billing.reverse_charge(2027, 'two', 'undo two');
SELECT amount FROM billing_books.charge_reversal WHERE account_id = 2027 ORDER BY reversal_id;
-- A slice across bonus, cash and arrears, undone after the bonus had expired: that expires again.
SELECT status FROM billing.grant_bonus(2011, 2, 'gift', expires_at => now() + interval '1 day');
SELECT status FROM billing.record_offline_payment(2011, 2, 'payment', '2011 bank');
SELECT billing.meter(2011, 1, id, 'meter-one', n, 0) FROM (VALUES ('1', 1), ('2', 4), ('3', 1)) AS r (id, n);
SELECT billing.settle() AS settled;
SET billing.clock_offset = '2d';
SELECT request_id, pg_temp.slices(2011, request_id) AS slices FROM billing_books.usage_event WHERE account_id = 2011 ORDER BY batch_offset;
SELECT status, balance FROM billing.reverse_charge(2011, '2', 'undo');
SELECT * FROM pg_temp.entries WHERE account_id = 2011 AND entry_no > 2 ORDER BY entry_no;
RESET billing.clock_offset;
SELECT * FROM test.verify();

-- max_events, over the inbox and then over what waited for a price.
SELECT billing.meter(2012, 1, 'r' || n, 'meter-one', 1, 0) FROM generate_series(1, 5) AS n;
SELECT billing.settle(2) AS settled;
SELECT count(*) AS unsettled FROM billing_books.usage_inbox;
SELECT billing.settle(3) AS settled;
SELECT billing.settle(1) AS settled;
SELECT count(*) AS events, count(DISTINCT first_entry_no) AS batches FROM billing_books.usage_event WHERE account_id = 2012;

-- Rolled back, it did not happen: neither the rows, nor their settlement.
BEGIN;
SELECT billing.meter(2013, 1, 'never', 'meter-one', 1, 0);
ROLLBACK;
SELECT billing.meter(2013, 1, 'settled twice', 'meter-one', 1, 0);
BEGIN;
SELECT billing.settle() AS settled;
SAVEPOINT s;
SELECT billing.meter(2013, 1, 'in a savepoint', 'meter-one', 1, 0);
SELECT billing.settle() AS settled;
ROLLBACK TO s;
SELECT count(*) AS unsettled FROM billing_books.usage_inbox;
ROLLBACK;
SELECT count(*) AS events FROM billing_books.usage_event WHERE account_id = 2013;
SELECT count(*) AS unsettled FROM billing_books.usage_inbox;
-- In one transaction with a charge and another batch.
BEGIN;
SELECT billing.settle() AS settled;
SELECT status, balance FROM billing.charge(2013, 1, 'charged', 'meter-one', 1, 0);
SELECT billing.meter(2013, 1, 'charged', 'meter-one', 1, 0), billing.meter(2013, 1, 'second batch', 'meter-one', 1, 0);
SELECT billing.settle() AS settled;
COMMIT;
SELECT request_id, first_entry_no, batch_offset FROM billing_books.usage_event WHERE account_id = 2013 ORDER BY first_entry_no;

-- A row that fails, whatever fails of it, is set aside alone; the others of its account and its group count.
CREATE FUNCTION pg_temp.poison() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'this is poison' USING ERRCODE = 'check_violation'; END $$;
CREATE TRIGGER poison BEFORE INSERT ON billing_books.usage_event FOR EACH ROW WHEN (NEW.request_id = 'poison') EXECUTE FUNCTION pg_temp.poison();
INSERT INTO billing_books.usage_inbox SELECT 2014 + n % 3, 1, 'r' || n, 'meter-one', 1, 0 FROM generate_series(1, 10) AS n;
SELECT billing.meter(2015, 1, 'poison', 'meter-one', 1, 0);
INSERT INTO billing_books.usage_inbox SELECT 2014 + n % 3, 1, 'r' || n, 'meter-one', 1, 0 FROM generate_series(11, 20) AS n;
SELECT billing.settle() AS settled;
SELECT account_id, count(*) AS events, sum(charge) AS charge FROM billing_books.usage_event WHERE account_id BETWEEN 2014 AND 2016 GROUP BY 1 ORDER BY 1;
SELECT * FROM pg_temp.aside WHERE account_id BETWEEN 2014 AND 2016;
SELECT count(*) AS unsettled FROM billing_books.usage_inbox;
-- An error of the moment is none of the row's: it is raised, and the row stays.
CREATE OR REPLACE FUNCTION pg_temp.poison() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'try again' USING ERRCODE = 'serialization_failure'; END $$;
SELECT billing.meter(2014, 1, 'poison', 'meter-one', 1, 0);
SELECT test.attempt('SELECT billing.settle()');
SELECT count(*) AS unsettled FROM billing_books.usage_inbox;
DROP TRIGGER poison ON billing_books.usage_event;
SELECT billing.settle() AS settled;
SELECT request_id, charge FROM billing_books.usage_event WHERE account_id = 2014 AND request_id = 'poison';

-- What the account cannot owe waits, with its reason, and holds up neither the others of its batch nor the smaller ones behind it.
INSERT INTO billing_books.usage_inbox SELECT 2017, 1, id, 'meter-dear', n, 0, 0, 0, :'at'::timestamptz + place * interval '1 us'
FROM (VALUES (1, 'first', 200000000), (2, 'second', 200000000), (3, 'third', 200000000), (4, 'fourth', 200000000), (5, 'too much', 200000000), (6, 'up to the limit', 199999999)) AS r (place, id, n);
SELECT billing.settle() AS settled;
SELECT request_id, status, charge, reason, batch_offset FROM billing_books.usage_event WHERE account_id = 2017 ORDER BY occurred_at;
SELECT arrears FROM billing.balance(2017);
SELECT status, balance FROM billing.write_off(2017, 300000000, 'room');
SELECT billing.settle() AS settled;
SELECT request_id, status, charge, batch_offset FROM billing_books.usage_event WHERE account_id = 2017 AND request_id = 'too much';

-- A closing waits for what is in the inbox.
SELECT billing.meter(2018, 1, 'last', 'meter-one', 1, 0);
SELECT test.attempt('SELECT billing.close_account(2018, ''close'')');
SELECT billing.settle() AS settled;
SELECT status FROM billing.write_off(2018, 1, 'forgiven');
SELECT status FROM billing.close_account(2018, 'close');
SELECT billing.meter(2018, 1, 'after closing', 'meter-one', 1, 0);
SELECT billing.settle() AS settled;
SELECT request_id, status, reason FROM billing_books.usage_event WHERE account_id = 2018 ORDER BY recorded_at;

-- The window (35 days by receipt), over months: 34 days later a duplicate, 36 days later a new request; too old by then.
SELECT billing.meter(2019, 1, 'once', 'meter-one', 1, 0), billing.meter(2019, 1, 'late', 'meter-one', 1, 0);
SELECT billing.settle(1) AS settled;
SET billing.clock_offset = '34d';
SELECT billing.meter(2019, 1, 'once', 'meter-one', 1, 0), billing.meter(2025, 1, 'once', 'meter-one', 1, 0);
SELECT billing.settle() AS settled;
SELECT request_id, count(*) FROM billing_books.usage_event WHERE account_id = 2019 GROUP BY 1 ORDER BY 1;
SET billing.clock_offset = '36d';
SELECT billing.meter(2019, 1, 'once', 'meter-one', 2, 0), billing.meter(2019, 1, 'too old', 'meter-one', 1, 0, occurred_at => :'at');
SELECT billing.settle() AS settled;
SELECT request_id, charge FROM billing_books.usage_event WHERE account_id = 2019 ORDER BY recorded_at, occurred_at;
SELECT request_id, reason FROM pg_temp.aside WHERE account_id = 2019;
SELECT count(DISTINCT tableoid) > 1 AS in_several_leaves FROM billing_books.usage_event WHERE account_id = 2019;
SELECT quantity FROM billing.explain_charge(2019, 'once') WHERE item = 'input';
RESET billing.clock_offset;
-- Each account by its own clock: one is ahead of this one (it was booked 36 days from now), by more than clock_jump: what is metered of it waits. The other's does not, in one group, in one call.
SELECT billing.meter(account_id, 1, 'by two clocks', 'meter-one', 1, 0) FROM unnest('{2019,2026}'::bigint[]) AS account_id;
SET client_min_messages = error;
SELECT billing.settle() AS settled;
RESET client_min_messages;
SELECT account_id, status FROM billing_books.usage_event WHERE request_id = 'by two clocks' UNION ALL SELECT account_id, 'waits' FROM billing_books.usage_inbox WHERE request_id = 'by two clocks' ORDER BY 1;
SET billing.clock_offset = '36d';
SELECT billing.settle() AS settled;
RESET billing.clock_offset;
SELECT account_id, reason FROM billing_books.usage_set_aside WHERE request_id = 'by two clocks';

-- Over all batches of this file: the slices of the events are the entries, to the last nano-unit, and each event's slices are its charge.
SELECT count(*) > 30 AS batches, count(*) FILTER (WHERE amount IS DISTINCT FROM slices) AS differ FROM
    (SELECT account_id, entry_no, amount FROM billing_books.ledger_entry WHERE account_id BETWEEN 2000 AND 2039 AND source_type = 'settlement') AS e LEFT JOIN
    (SELECT account_id, x.entry_no, sum(x.amount) AS slices FROM billing_books.usage_event AS u, billing.explain_charge(u.account_id, u.request_id, u.occurred_at) AS x
     WHERE u.account_id BETWEEN 2000 AND 2039 AND u.batch_offset IS NOT NULL AND x.item ~ '^(paid|left)' GROUP BY 1, 2) AS s USING (account_id, entry_no);
SELECT count(*) AS events_that_differ FROM billing_books.usage_event AS u
WHERE u.account_id BETWEEN 2000 AND 2039 AND u.status = 'charged' AND u.charge <> (SELECT coalesce(sum(x.amount), 0) FROM billing.explain_charge(u.account_id, u.request_id, u.occurred_at) AS x WHERE x.item ~ '^(paid|left)');
SELECT * FROM test.verify();
