-- Statements of the books go by indexes however small their tables are and whatever the session sets (src/spi/planning), and the session's own go as
-- it sets: after calls, and after errors in them, wherever these end. Account 2330.
SELECT billing.create_account(2330, 'cn') AS account;
CREATE TABLE test.small (n int PRIMARY KEY);
INSERT INTO test.small SELECT generate_series(1, 100);
ANALYZE test.small;
-- How a statement of the session's own is planned.
CREATE FUNCTION test.plan() RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    line text;
BEGIN
    EXECUTE 'EXPLAIN (COSTS OFF) SELECT * FROM test.small AS a JOIN test.small AS b ON b.n = a.n + 1' INTO line;
    RETURN line;
END $$;
-- Tables of the books that this transaction read whole. Policies are few, and remembered.
CREATE FUNCTION test.read_whole() RETURNS text LANGUAGE sql AS $$
    SELECT coalesce(string_agg(relname, ', ' ORDER BY relname), 'none') FROM pg_stat_xact_user_tables
    WHERE schemaname = 'billing_books' AND seq_scan > 0 AND relname <> 'policy_setting'
$$;
SELECT test.plan() AS before;
\c -
BEGIN;
SELECT status FROM billing.record_offline_payment(2330, 100, 'payment', 'planning 1');
SELECT cash FROM billing.balance(2330);
SELECT count(*) FROM billing.list_statement(2330);
SELECT test.read_whole(), test.plan() AS after;
COMMIT;

-- Code of the owner's in the middle of a call calls another one, which fails, and goes on: so does the call, by indexes.
CREATE TABLE test.plans (within text);
CREATE FUNCTION test.fails_within() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    PERFORM billing.list_statement(2339);
    RETURN NEW;
EXCEPTION WHEN OTHERS THEN
    INSERT INTO test.plans (within) VALUES (SQLSTATE || ' ' || test.plan());
    RETURN NEW;
END $$;
CREATE TRIGGER fails_within BEFORE INSERT ON billing_books.payment FOR EACH ROW EXECUTE FUNCTION test.fails_within();
\c -
BEGIN;
SELECT status FROM billing.record_offline_payment(2330, 100, 'payment 2', 'planning 2');
SELECT within FROM test.plans;
SELECT test.read_whole(), test.plan() AS after;
COMMIT;
DROP TRIGGER fails_within ON billing_books.payment;

-- What the owner's code sets while a statement of the books is planned is undone with that.
CREATE FUNCTION test.sets() RETURNS boolean IMMUTABLE LANGUAGE plpgsql AS $$ BEGIN
    PERFORM set_config('enable_seqscan', 'on', true), set_config('enable_hashjoin', 'on', true), set_config('work_mem', '64kB', false);
    RETURN true;
END $$;
CREATE INDEX sets ON billing_books.payment (account_id) WHERE test.sets();
\c -
SELECT status FROM billing.record_offline_payment(2330, 100, 'payment 3', 'planning 3');
SELECT cash FROM billing.balance(2330);
SELECT test.plan() AS after, current_setting('enable_seqscan') AS seqscan, current_setting('enable_hashjoin') AS hashjoin, current_setting('work_mem') <> '64kB' AS memory;
DROP INDEX billing_books.sets;

-- An error that nobody catches, one in a block, one that is rolled back to.
SELECT billing.list_statement(2339);
SELECT test.plan() AS after;
SELECT left(test.attempt('SELECT billing.list_statement(2339)'), 5) AS attempt, test.plan() AS after;
BEGIN;
SAVEPOINT s;
SELECT billing.list_statement(2339);
ROLLBACK TO s;
SELECT test.plan() AS after;
COMMIT;
DROP TABLE test.small, test.plans;
DROP FUNCTION test.plan(), test.read_whole(), test.fails_within(), test.sets();
