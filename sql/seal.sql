-- Seals of the books (B&S 3.2): made, kept elsewhere, compared. All of it is undone in the end. Accounts 3410 to 3413.
\set VERBOSITY terse
BEGIN;
SELECT count(billing.create_account(account_id, 'cn')) AS accounts, count(billing.create_api_key(account_id, 'key')) AS keys FROM generate_series(3410, 3413) AS account_id;
SELECT billing.set_price('seal', 'CNY', 1000000, 0, effective_from => '2025-01-01 00:00+00') IS NOT NULL AS set;
SELECT status FROM generate_series(3410, 3412) AS a, billing.record_offline_payment(a, 30, 'payment', a || ' bank');
SELECT status FROM billing.charge(3410, 1, 'one', 'seal', 3, 0);
SELECT status FROM billing.charge(3410, 1, 'free of price', 'seal-none', 3, 0);
SELECT billing.reject_usage(3410, 'free of price', 'not ours');
SELECT seal_no, accounts >= 3 AS moved, rows_before <= sealed_at AS is_past, root ~ '^[0-9a-f]{64}$' AS root FROM test.seal_books();
SELECT seal_no, accounts FROM test.seal_books();
SELECT status FROM billing.charge(3411, 1, 'two', 'seal', 4, 0);
SELECT status FROM billing.adjust(3413, 5, 'credit', reason => 'made good');
SELECT seal_no, accounts FROM test.seal_books();
SELECT billing.export_seal() AS newest, billing.export_seal(1) AS first \gset
SELECT regexp_replace(line, '[0-9a-f]{64}', 'DIGEST') AS line FROM string_to_table(regexp_replace(:'newest', '[0-9]{4}(-[0-9]{2}){2} [0-9:.]+', 'INSTANT', 'g'), E'\n') AS line;
-- The root is that of the lines, as sha256sum makes it; and stands in the next seal.
SELECT encode(sha256(convert_to(lines, 'UTF8')), 'hex') = substring(:'newest' FROM 'root (.{64})$') AS is_root FROM regexp_replace(:'newest', 'root .*$', '') AS lines;
SELECT substring(:'newest' FROM 'after (.{64})') = (SELECT encode(root, 'hex') FROM billing_books.seal WHERE seal_no = 2) AS follows;
-- And the rows of other tables are those of the queries that sealed_rows() shows.
CREATE FUNCTION pg_temp.lines(from_seal bigint, wanted text) RETURNS TABLE (name text, rows bigint, digest bytea) LANGUAGE plpgsql AS $$
BEGIN
    RETURN QUERY EXECUTE (SELECT format('SELECT r.name, count(*), sha256(convert_to(string_agg(line || E''\n'', '''' ORDER BY line COLLATE "C"), ''UTF8'')) FROM (%s) AS r
        WHERE at >= coalesce((SELECT rows_before FROM billing_books.seal WHERE seal_no = $1 - 1), ''-infinity'') AND at < (SELECT rows_before FROM billing_books.seal WHERE seal_no = $1) GROUP BY r.name', s.query)
        FROM billing.sealed_rows() AS s WHERE s.name = wanted) USING from_seal;
END $$;
SELECT count(*) > 10 AS some, bool_and((f.rows, f.digest) IS NOT DISTINCT FROM (s.rows, s.digest)) AS are_right
FROM billing_books.seal AS e CROSS JOIN billing.sealed_rows() AS r CROSS JOIN LATERAL pg_temp.lines(e.seal_no, r.name) AS f
FULL JOIN billing_books.seal_rows AS s ON s.seal_no = e.seal_no AND s.name = f.name;
SELECT count(*) AS tables, bool_and(query ~ '^SELECT .* AS name, .* AS at, ROW\(.*\)::text AS line FROM ') AS are_queries FROM billing.sealed_rows();

-- Compared: nothing was changed, and a copy with the line ends of another system is the same.
SELECT * FROM billing.verify_seal(:'first');
SELECT * FROM billing.verify_seal(:'newest');
SELECT * FROM billing.verify_seal(replace(:'newest', E'\n', E'\r\n') || E'\r\n');
SELECT * FROM test.verify() WHERE check_name LIKE 'seal%';

-- What nothing else finds: all that tells of a charge is gone, everywhere, and the chain is made anew.
CREATE FUNCTION pg_temp.found(VARIADIC damage text[]) RETURNS TABLE (by_verify text, by_account text, by_first text, by_newest text) LANGUAGE plpgsql AS $$
DECLARE
    command text;
    newest text := billing.export_seal();
    first text := billing.export_seal(1);
BEGIN
    PERFORM set_config('billing.allow_history_change', 'on', true);
    FOREACH command IN ARRAY damage LOOP
        EXECUTE command;
    END LOOP;
    by_verify := (SELECT string_agg(DISTINCT v.check_name || coalesce(' ' || v.account_id, ''), ', ') FROM test.verify() AS v);
    by_account := (SELECT string_agg(DISTINCT v.check_name, ', ') FROM billing.verify(3410) AS v);
    by_first := (SELECT string_agg(DISTINCT v.check_name || coalesce(' ' || v.account_id, ''), ', ') FROM billing.verify_seal(first) AS v);
    by_newest := (SELECT string_agg(DISTINCT v.check_name || coalesce(' ' || v.account_id, ''), ', ') FROM billing.verify_seal(newest) AS v);
    RAISE SQLSTATE '00001';
EXCEPTION WHEN SQLSTATE '00001' THEN
    RETURN NEXT;
END $$;
\set gone '''DELETE FROM billing_books.usage_event WHERE account_id = 3410 AND request_id = ''''one'''''', ''DELETE FROM billing_books.ledger_entry WHERE account_id = 3410 AND entry_no = 2'', ''UPDATE billing_books.account SET last_entry_no = 1, cash = 30 WHERE account_id = 3410'', ''UPDATE billing_books.lot SET remaining = 30 WHERE account_id = 3410'', ''SELECT test.rechain(3410)'''
\set resealed '''DELETE FROM billing_books.seal'', ''DELETE FROM billing_books.seal_account'', ''DELETE FROM billing_books.seal_rows'''
SELECT * FROM pg_temp.found(:gone);
SELECT * FROM pg_temp.found(:gone, :resealed);
SELECT * FROM pg_temp.found(:gone, :resealed, 'SELECT test.seal_books() FROM generate_series(1, 4)');
SELECT * FROM pg_temp.found('UPDATE billing_books.audit_log SET reason = ''other'' WHERE account_id = 3413');
SELECT * FROM pg_temp.found('UPDATE billing_books.usage_event SET input_tokens = 4 WHERE account_id = 3410 AND status = ''rejected''');
SELECT * FROM pg_temp.found('UPDATE billing_books.seal SET sealed_at = sealed_at - interval ''1 s'' WHERE seal_no = 2');
SELECT * FROM pg_temp.found('UPDATE billing_books.seal_account SET chain = sha256(''x'') WHERE account_id = 3411 AND seal_no = 3');
SELECT * FROM pg_temp.found('DELETE FROM billing_books.seal WHERE seal_no = 2');
SELECT * FROM pg_temp.found('INSERT INTO billing_books.account_lock VALUES (3412, 1, ''operator'', ''2025-05-05'', ''me'', NULL, ''2025-05-06'', ''me'')');
SELECT * FROM pg_temp.found('UPDATE billing_books.ledger_entry SET actor = ''other'' WHERE account_id = 3411 AND entry_no = 1');

-- Rows that a policy hides, or a view in the place of a table, are told, and nothing else is looked at.
SELECT * FROM pg_temp.found('ALTER TABLE billing_books.take_back ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', 'CREATE POLICY hidden ON billing_books.take_back USING (false)');
SELECT * FROM pg_temp.found('ALTER TABLE billing_books.take_back RENAME TO away', 'CREATE VIEW billing_books.take_back AS SELECT * FROM billing_books.away WHERE false');
-- A seal that is not there holds nothing, and keeps no account out of the next.
SELECT * FROM pg_temp.found('INSERT INTO billing_books.seal_account SELECT account_id, 1000000000, last_entry_no, chain FROM billing_books.account WHERE account_id = 3410');
SELECT * FROM pg_temp.found('INSERT INTO billing_books.seal_account SELECT account_id, 1000000000, 9, chain FROM billing_books.account WHERE account_id = 3410', 'SELECT billing.adjust(3410, 1, ''more'')', 'SELECT test.seal_books()', 'DELETE FROM billing_books.seal_account WHERE seal_no = 1000000000');
-- Nor is one of its months closed whose partition is there.
SELECT by_verify ~ '\msealed_rows\M' AS rows, by_verify ~ '\mseal_month\M' AS events FROM pg_temp.found('DELETE FROM billing_books.usage_event WHERE account_id = 3410 AND status = ''rejected''',
    'INSERT INTO billing_books.closed_month SELECT m, (m + interval ''1 month'') AT TIME ZONE ''UTC'', ''elsewhere'', ''infinity'', 0, 0 FROM date_trunc(''month'', now() AT TIME ZONE ''UTC'') AS m');
-- Values that cannot be stay out by CHECKs; without these verify() tells them beside the CHECKs, and goes on.
SELECT test.attempt(command) FROM unnest(ARRAY['INSERT INTO billing_books.seal VALUES (-9223372036854775808, now(), now(), 0, 1, sha256(''x''))', 'INSERT INTO billing_books.closed_month VALUES (''5874897-12-31'', ''294276-12-31'', ''x'', ''infinity'', 0, 0)',
    'INSERT INTO billing_books.audit_log (action, object, actor, session_user_name, reason, recorded_at) VALUES (''set_policy'', ''x'', ''x'', ''x'', repeat(''x'', 2001), now())']) AS command;
SELECT * FROM pg_temp.found('ALTER TABLE billing_books.seal DROP CONSTRAINT seal_seal_no_check, DROP CONSTRAINT seal_root_check', 'INSERT INTO billing_books.seal VALUES (-9223372036854775808, now(), now(), 0, 1, '''')', 'UPDATE billing_books.audit_log SET reason = ''other'' WHERE account_id = 3413');
SELECT by_verify ~ '\mrow_check\M' AS "check", by_verify ~ '\munreadable\M' AS usage, by_verify ~ '\msealed_rows\M' AS others
FROM pg_temp.found('ALTER TABLE billing_books.closed_month DROP CONSTRAINT closed_month_month_check', 'INSERT INTO billing_books.closed_month VALUES (''5874897-12-31'', ''294276-12-31'', ''x'', ''infinity'', 0, 0)', 'UPDATE billing_books.audit_log SET reason = ''other'' WHERE account_id = 3413');
SELECT * FROM pg_temp.found('ALTER TABLE billing_books.seal DROP CONSTRAINT seal_pkey', 'INSERT INTO billing_books.seal SELECT * FROM billing_books.seal WHERE seal_no = 2');
-- And no seal is made that could not be compared.
CREATE FUNCTION pg_temp.refused(VARIADIC damage text[]) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    command text;
    outcome text;
BEGIN
    PERFORM set_config('billing.allow_history_change', 'on', true);
    FOREACH command IN ARRAY damage LOOP
        EXECUTE command;
    END LOOP;
    outcome := left(test.attempt('SELECT test.seal_books()'), 200);
    RAISE SQLSTATE '00001';
EXCEPTION WHEN SQLSTATE '00001' THEN
    RETURN outcome;
END $$;
SELECT pg_temp.refused('INSERT INTO billing_books.seal_account SELECT account_id, 4, 1, chain FROM billing_books.account WHERE account_id = 3410');
SELECT pg_temp.refused('INSERT INTO billing_books.seal_rows VALUES (4, ''lot'', 1, sha256(''x''))');
SELECT pg_temp.refused('INSERT INTO billing_books.seal VALUES (9223372036854775807, now(), now(), 0, 1, sha256(''x''))');
SELECT pg_temp.refused('ALTER TABLE billing_books.account ALTER chain DROP NOT NULL', 'UPDATE billing_books.account SET last_entry_no = 9, chain = NULL WHERE account_id = 3410');
SELECT left(regexp_replace(r, '[0-9]{4}(-[0-9]{2}){2} [0-9:.]+[0-9](-[0-9]+)?,', 'INSTANT,'), 150) AS refused FROM pg_temp.refused('ALTER TABLE billing_books.reconciliation_difference DROP CONSTRAINT reconciliation_difference_day_check',
    'INSERT INTO billing_books.reconciliation_difference (gateway, day, run, class, subject, transaction_id, refund_id, number, state, detail, found_at) SELECT ''seal'', day::date, 1, ''amount'', ''payment'', ''x'', '''', '''', ''open'', '''', sealed_at - interval ''20 min'' + after::interval FROM billing_books.seal, (VALUES (''2026-01-01'', ''1 us''), (''5874897-12-31'', ''2 us''), (''2026-01-02'', ''3 us'')) AS d (day, after) WHERE seal_no = 3') AS r;

-- A copy that ends before the seal, as one does that was restored, is told from damage.
SAVEPOINT copy;
SELECT status FROM billing.charge(3412, 1, 'later', 'seal', 1, 0);
SELECT seal_no, accounts FROM test.seal_books();
SELECT billing.export_seal(4) AS later \gset
ROLLBACK TO copy;
SELECT * FROM billing.verify_seal(:'later');

-- What is no seal, or none of ours.
SELECT test.attempt(format('SELECT billing.verify_seal(%L)', given)) FROM (VALUES
    (NULL), (''), (' '), ('seal'), (E'billing seal 2\n'), (E'billing seal 1\nseal 0\n'), (E'billing seal 1\nseal 01\n'), (E'billing seal 1\nseal 99999999999999999999\n'),
    (regexp_replace(:'newest', 'root .*', '')), (:'newest' || 'more'), (replace(:'newest', 'account 3411 2 ', 'account 3411 3 ')), (replace(:'newest', 'account 3411 2 ', 'account 3411 -2 ')),
    (replace(:'newest', 'account 3411 2 ', 'account 3411 2 0')), (replace(:'newest', E'\nseal 3', E'\nseal 4')), (upper(:'newest')), (:'newest' || E'\n\n' || :'first'), (repeat('x', 1000000))) AS v (given);
SELECT test.attempt('SELECT billing.export_seal(99)'), test.attempt('SELECT billing.seal_books(NULL)'), test.attempt('SELECT billing.seal_books(''-1 s'')'), test.attempt('SELECT billing.seal_books(''2 days'')');
SELECT test.attempt(format('%s billing_books.%s', command, name)) FROM unnest(ARRAY['DELETE FROM', 'TRUNCATE']) AS command, unnest(ARRAY['seal', 'seal_account', 'seal_rows']) AS name;
ROLLBACK;
BEGIN ISOLATION LEVEL REPEATABLE READ;
SELECT test.attempt('SELECT billing.seal_books()');
ROLLBACK;
SELECT billing.hash_lines(line ORDER BY line COLLATE "C") = sha256(E'a\nb\n'::bytea) AS of_lines FROM (VALUES ('b'), ('a')) AS v (line);
SELECT n % 2 AS odd, billing.hash_lines(n::text ORDER BY n) = sha256(convert_to(string_agg(n || E'\n', '' ORDER BY n), 'UTF8')) AS of_each FROM generate_series(1, 1000) AS n GROUP BY 1 ORDER BY 1;
-- Its state can be ended twice, and go on: a hash of groups that is scanned again, and a window.
BEGIN;
SET LOCAL enable_sort = off;
SET LOCAL enable_material = off;
SELECT count(*) AS rows, count(DISTINCT digest) AS digests
FROM (VALUES (1), (2)) AS again (time) LEFT JOIN (SELECT n % 3 AS rest, billing.hash_lines(n::text) AS digest FROM generate_series(1, 9) AS n GROUP BY n % 3) AS g ON g.rest + again.time > 0;
ROLLBACK;
SELECT line, billing.hash_lines(line) OVER (ORDER BY line) = sha256(convert_to(string_agg(line || E'\n', '') OVER (ORDER BY line), 'UTF8')) AS of_window FROM (VALUES ('a'), ('b'), ('c')) AS v (line);
