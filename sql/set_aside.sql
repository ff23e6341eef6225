-- Rows that make their booking fail: the row's fault, or something wrong with everybody's; what operators do about rows that
-- were set aside. Accounts 2300 to 2309.
BEGIN;
SELECT count(billing.create_account(a, 'cn')) AS accounts FROM generate_series(2300, 2306) AS a;
SELECT count(billing.create_api_key(a, 'prod')) AS keys FROM generate_series(2300, 2306) AS a;
SELECT billing.set_price('aside', 'CNY', 1000000, 0, effective_from => '2025-01-01 00:00+00') IS NOT NULL AS set;
CREATE SEQUENCE pg_temp.request;
CREATE FUNCTION pg_temp.meter(rows int, VARIADIC accounts bigint[]) RETURNS bigint LANGUAGE sql AS $$
    SELECT count(billing.meter(a, 1, format('%s %s', txid_current(), nextval('pg_temp.request')), 'aside', 1, 0)) FROM generate_series(1, rows), unnest(accounts) AS a
$$;
CREATE VIEW pg_temp.aside AS SELECT account_id, cause, count(*) AS rows, handling FROM billing_books.usage_set_aside
    WHERE account_id BETWEEN 2300 AND 2309 GROUP BY account_id, cause, handling ORDER BY account_id, cause, handling;
CREATE VIEW pg_temp.inbox AS SELECT count(*) AS in_the_inbox FROM billing_books.usage_inbox WHERE account_id BETWEEN 2300 AND 2309;
SET LOCAL client_min_messages = error; -- warnings come once a minute

-- Something is wrong with everybody's rows: the month has no partition, and there is no default one. 20 rows are set aside,
-- no more, whichever process goes on; good rows are settled.
SAVEPOINT everybodys;
ALTER TABLE billing_books.usage_event DETACH PARTITION billing_books.usage_event_default;
SET LOCAL billing.clock_offset = '4000d';
SELECT pg_temp.meter(10, 2300, 2301, 2302, 2303, 2304, 2305);
SELECT billing.settle();
SELECT * FROM pg_temp.aside;
SELECT * FROM pg_temp.inbox;
SELECT billing.settle() AS again;
SELECT sum(rows) AS set_aside FROM pg_temp.aside;
-- Mended: the others go on, and an operator sends again what was set aside. The stamp is that of when it was set aside.
ALTER TABLE billing_books.usage_event ATTACH PARTITION billing_books.usage_event_default DEFAULT;
SELECT billing.settle() AS the_others;
SELECT billing.retry_set_aside(array_agg(set_aside_no), 'partition made', 'me') FROM billing_books.usage_set_aside WHERE account_id BETWEEN 2300 AND 2309;
SELECT * FROM pg_temp.aside;
SELECT billing.settle() AS retried;
SELECT count(*) AS events, count(DISTINCT request_id) AS requests, sum(charge) AS charge FROM billing_books.usage_event WHERE account_id BETWEEN 2300 AND 2309;
SELECT * FROM test.verify();
SELECT count(*) AS lines, min(actor) AS actor, min(reason) AS reason FROM billing_books.audit_log WHERE action = 'retry_set_aside' AND account_id BETWEEN 2300 AND 2309;
ROLLBACK TO everybodys;

-- One sender's rows fail: they are set aside, first 20, and the rest when all rows were tried once and no others failed alike.
ALTER TABLE billing_books.usage_event ADD CONSTRAINT no_seven CHECK (account_id <> 2300 OR input_tokens <> 7) NOT VALID;
INSERT INTO billing_books.usage_inbox (account_id, key_id, request_id, model, input_tokens, output_tokens) SELECT 2300, 1, 'seven ' || i, 'aside', 7, 0 FROM generate_series(1, 30) AS i;
SELECT pg_temp.meter(5, 2300, 2301, 2302);
SELECT billing.settle() AS settled;
SELECT * FROM pg_temp.aside;
SELECT billing.settle() AS the_rest;
SELECT * FROM pg_temp.aside;
SELECT * FROM pg_temp.inbox;
SELECT count(*) AS events FROM billing_books.usage_event WHERE account_id BETWEEN 2300 AND 2309;
-- What failed is kept with the row.
SELECT sqlstate, reason, regexp_replace(detail, '\d{4}_\d\d', 'month') AS detail, cause FROM billing_books.usage_set_aside WHERE account_id = 2300 ORDER BY set_aside_no LIMIT 1;

-- An internal error is never the row's own fault: it stays, and all others are settled.
CREATE FUNCTION pg_temp.fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.input_tokens = 8 THEN RAISE SQLSTATE 'XX000' USING MESSAGE = 'internal'; END IF; RETURN NEW; END $$;
CREATE TRIGGER fail BEFORE INSERT ON billing_books.usage_event FOR EACH ROW EXECUTE FUNCTION pg_temp.fail();
SELECT billing.meter(2303, 1, 'internal', 'aside', 8, 0), billing.meter(2304, 1, 'good', 'aside', 1, 0);
SELECT billing.settle() AS settled;
SELECT request_id FROM billing_books.usage_inbox WHERE account_id BETWEEN 2300 AND 2309;
DROP TRIGGER fail ON billing_books.usage_event;
SELECT billing.settle() AS settled;

-- A cancel is a cancel, wherever it comes: here while a row is set aside.
CREATE FUNCTION pg_temp.linger() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(60); RETURN NEW; END $$;
CREATE TRIGGER linger BEFORE INSERT ON billing_books.usage_set_aside FOR EACH ROW EXECUTE FUNCTION pg_temp.linger();
INSERT INTO billing_books.usage_inbox (account_id, key_id, request_id, model, input_tokens, output_tokens) VALUES (2300, 1, 'seven again', 'aside', 7, 0);
DO $$ BEGIN PERFORM set_config('statement_timeout', '300ms', true); END $$;
DO $$ BEGIN PERFORM billing.settle(); EXCEPTION WHEN query_canceled THEN PERFORM set_config('test.caught', sqlstate, true); END $$;
SELECT current_setting('test.caught') AS caught;
SET LOCAL statement_timeout = 0;
SELECT * FROM pg_temp.inbox;
DROP TRIGGER linger ON billing_books.usage_set_aside;
SELECT billing.settle() AS set_aside;

-- Handling: each row once, all or none; with a reason; and what is not there or handled is an error that names it.
SELECT min(set_aside_no) AS first, max(set_aside_no) AS last FROM billing_books.usage_set_aside WHERE account_id = 2300 \gset
SELECT billing.dismiss_set_aside(ARRAY[:first], 'a test of the sender''s', 'me');
SELECT handling, handled_by, handling_reason, handled_at IS NOT NULL AS handled FROM billing_books.usage_set_aside WHERE set_aside_no = :first;
SELECT account_id, replace(object, :'first', 'N') AS object, actor, reason FROM billing_books.audit_log WHERE action = 'dismiss_set_aside' AND account_id = 2300;
SELECT replace(replace(test.attempt(call), :'first', 'N'), :'last', 'M') AS attempt FROM (VALUES
    (format('SELECT billing.dismiss_set_aside(ARRAY[%s], ''again'')', :first)), (format('SELECT billing.retry_set_aside(ARRAY[%s, %s], ''again'')', :last, :first)),
    ('SELECT billing.retry_set_aside(ARRAY[-1], ''none'')'), ('SELECT billing.retry_set_aside(''{}'', ''none'')'), ('SELECT billing.retry_set_aside(NULL, ''none'')'),
    ('SELECT billing.retry_set_aside(ARRAY[NULL]::bigint[], ''none'')'), (format('SELECT billing.retry_set_aside(ARRAY[%s], NULL)', :last)), (format('SELECT billing.retry_set_aside(ARRAY[%s], '' '')', :last)),
    ('SELECT billing.dismiss_set_aside(ARRAY(SELECT generate_series(1, 10001)), ''many'')')) AS c (call);
SELECT * FROM pg_temp.inbox;
-- Sent again with its cause still there, it is set aside again, under another number.
SELECT billing.retry_set_aside(ARRAY[:last, :last], 'try');
SELECT billing.settle() AS settled;
SELECT count(*) AS rows, count(*) FILTER (WHERE handled_at IS NULL) AS waiting FROM billing_books.usage_set_aside WHERE request_id = 'seven again';
SELECT * FROM test.verify();
-- What waits is counted by check_health(), once it has waited for longer than it may.
SELECT test.attempt('SELECT billing.check_health(''0'')') ~ 'LB611.*[0-9]+ rows of usage are set aside' AS waits, test.attempt('SELECT billing.check_health(''1 day'')') ~ 'set aside' AS waits_for_a_day;

-- Usage that waited for a price, and that somebody damaged, stops nobody else's; verify() tells of it.
INSERT INTO billing_books.usage_event (account_id, request_hash, occurred_at, recorded_at, key_id, input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, status, reason, request_id, model, key_name)
SELECT account_id, ('x' || left(encode(sha256('waits'), 'hex'), 16))::bit(64)::bigint, last_booked_at, last_booked_at, 1, 1, 1, 0, 0, 'unpriced', 'no_price', 'waits', 'aside-later', 'prod' FROM billing_books.account WHERE account_id IN (2305, 2306);
SELECT billing.set_price('aside-later', 'CNY', 1, 1, effective_from => '2025-01-01 00:00+00') IS NOT NULL AS set;
CREATE FUNCTION pg_temp.settled(VARIADIC damage text[], OUT damaged text, OUT beside text, OUT told text) LANGUAGE plpgsql AS $$
DECLARE
    command text;
BEGIN
    SET LOCAL billing.allow_history_change = on;
    FOREACH command IN ARRAY damage LOOP
        EXECUTE command;
    END LOOP;
    PERFORM billing.settle();
    SELECT max(status) FILTER (WHERE account_id = 2305), max(status) FILTER (WHERE account_id = 2306) INTO damaged, beside FROM billing_books.usage_event WHERE request_id = 'waits' AND account_id IN (2305, 2306);
    SELECT string_agg(DISTINCT v.check_name || coalesce(' ' || v.account_id, ''), ', ') INTO told FROM test.verify() AS v;
    RAISE SQLSTATE '00001';
EXCEPTION WHEN SQLSTATE '00001' THEN
    NULL;
END $$;
SELECT what, s.* FROM (VALUES
    ('nothing', ARRAY['SELECT']),
    ('never', ARRAY['UPDATE billing_books.usage_event SET occurred_at = ''infinity'' WHERE account_id = 2305']),
    ('too many tokens', ARRAY['UPDATE billing_books.usage_event SET input_tokens = 200000001 WHERE account_id = 2305']),
    ('tokens below zero', ARRAY['UPDATE billing_books.usage_event SET cache_read_tokens = -1 WHERE account_id = 2305']),
    ('no tokens', ARRAY['ALTER TABLE billing_books.usage_event ALTER output_tokens DROP NOT NULL', 'UPDATE billing_books.usage_event SET output_tokens = NULL WHERE account_id = 2305']),
    ('no model', ARRAY['ALTER TABLE billing_books.usage_event ALTER model DROP NOT NULL', 'UPDATE billing_books.usage_event SET model = NULL WHERE account_id = 2305']),
    ('a model without a name', ARRAY['UPDATE billing_books.usage_event SET model = '''' WHERE account_id = 2305']),
    ('a long model', ARRAY['UPDATE billing_books.usage_event SET model = repeat(''m'', 201) WHERE account_id = 2305']),
    ('a long variant', ARRAY['UPDATE billing_books.usage_event SET variant = repeat(''v'', 65) WHERE account_id = 2305']),
    ('a blank variant', ARRAY['UPDATE billing_books.usage_event SET variant = '' '' WHERE account_id = 2305']),
    ('meters', ARRAY['UPDATE billing_books.usage_event SET meters = ''1'' WHERE account_id = 2305']),
    ('settled never', ARRAY['UPDATE billing_books.usage_event SET settled_at = ''infinity'' WHERE account_id = 2305']),
    ('a currency', ARRAY['UPDATE billing_books.account SET currency = '''' WHERE account_id = 2305']),
    ('a price list', ARRAY['UPDATE billing_books.account SET has_price_list = true WHERE account_id = 2305', 'INSERT INTO billing_books.account_price_list (account_id, effective_from, price_list, set_at, actor) VALUES (2305, ''2025-01-01'', repeat(''l'', 65), now(), ''me'')'])) AS d (what, damage), pg_temp.settled(VARIADIC damage) AS s;
ROLLBACK;
