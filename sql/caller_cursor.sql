-- Cursors that the caller has open are nobody else's while a call works: the owner's code, which runs within, neither reads nor moves nor closes nor sees
-- them (src/spi/caller_cursor); and after the call they go on, wherever it ends. What a plain owner could become by them: test/tap/070_owner.pl. Account 2340.
SELECT billing.create_account(2340, 'cn') AS account;
CREATE TABLE test.tried (n int GENERATED ALWAYS AS IDENTITY, what text, result text);
-- Tries one thing with a cursor, by its name.
CREATE FUNCTION test.try_cursor(name text, what text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    c refcursor := name;
    row record;
BEGIN
    CASE what
        WHEN 'fetch' THEN FETCH c INTO row;
        WHEN 'move' THEN MOVE c;
        WHEN 'close' THEN CLOSE c;
        WHEN 'open' THEN OPEN c FOR SELECT 0;
    END CASE;
    RETURN 'done';
EXCEPTION WHEN OTHERS THEN
    RETURN SQLERRM;
END $$;
CREATE FUNCTION test.try_cursors() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    INSERT INTO test.tried (what, result)
    SELECT what || ' ' || name, test.try_cursor(name, what)
    FROM unnest(ARRAY['c', 'kept', '<unnamed>']) AS name, unnest(ARRAY['fetch', 'move', 'close', 'open']) AS what;
    INSERT INTO test.tried (what, result) SELECT 'see', coalesce(string_agg(name, ', '), 'none') FROM pg_cursors WHERE name NOT LIKE '<unnamed portal%';
    RETURN NULL;
END $$;
CREATE TRIGGER try_cursors AFTER INSERT ON billing_books.payment FOR EACH STATEMENT EXECUTE FUNCTION test.try_cursors();

DECLARE kept CURSOR WITH HOLD FOR SELECT n FROM generate_series(1, 20) AS n;
BEGIN;
DECLARE c CURSOR FOR SELECT n FROM generate_series(1, 20) AS n;
DECLARE "<unnamed>" CURSOR FOR SELECT n FROM generate_series(1, 20) AS n;
FETCH c;
FETCH kept;
SELECT status FROM billing.record_offline_payment(2340, 100, 'payment', 'cursor 1');
SELECT what, result FROM test.tried ORDER BY n;
SELECT name FROM pg_cursors WHERE name NOT LIKE '<unnamed portal%' ORDER BY name;
FETCH c;
FETCH kept;
FETCH "<unnamed>";
-- A cursor that calls is open while it does, and the ones beside it stay hidden.
DECLARE calls CURSOR FOR SELECT status FROM generate_series(2, 3) AS n, billing.record_offline_payment(2340, 100, 'payment ' || n, 'cursor ' || n);
FETCH calls;
FETCH c;
FETCH calls;
SELECT DISTINCT result FROM test.tried WHERE what = 'close c';
COMMIT;
FETCH kept;

-- A call that fails: in the transaction, in a savepoint that read the cursor, in a savepoint that opened it.
BEGIN;
DECLARE c CURSOR FOR SELECT 1;
SELECT billing.record_offline_payment(2349, 100, 'payment 4', 'cursor 4');
ROLLBACK;
FETCH c;
FETCH kept;
BEGIN;
DECLARE c CURSOR FOR SELECT n FROM generate_series(1, 20) AS n;
FETCH c;
SAVEPOINT reads;
FETCH c;
FETCH kept;
SELECT billing.record_offline_payment(2349, 100, 'payment 4', 'cursor 4');
ROLLBACK TO reads;
FETCH c;
SAVEPOINT opens;
DECLARE inner_c CURSOR FOR SELECT 1;
SELECT billing.record_offline_payment(2349, 100, 'payment 4', 'cursor 4');
ROLLBACK TO reads;
FETCH c;
FETCH kept;
SELECT name FROM pg_cursors ORDER BY name;
SELECT status FROM billing.record_offline_payment(2340, 100, 'payment 4', 'cursor 4');
FETCH c;
COMMIT;
-- In a loop over a cursor, in blocks; and the code within fails and is caught, and calls itself.
CREATE FUNCTION test.call_within() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    own CURSOR FOR SELECT n FROM generate_series(1, 3) AS n;
    n int;
BEGIN
    IF NEW.transaction_id LIKE 'cursor %' AND NEW.transaction_id >= 'cursor 5' THEN
        OPEN own;
        FETCH own INTO n;
        BEGIN
            PERFORM billing.record_offline_payment(2349, 100, 'within', 'within');
        EXCEPTION WHEN OTHERS THEN NULL;
        END;
        FETCH own INTO n;
        PERFORM billing.balance(2340);
        FETCH own INTO n;
        INSERT INTO test.tried (what, result) VALUES ('own', n::text || ', then ' || test.try_cursor('c', 'fetch'));
        CLOSE own;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER call_within BEFORE INSERT ON billing_books.payment FOR EACH ROW EXECUTE FUNCTION test.call_within();
DO $$
DECLARE
    c CURSOR FOR SELECT n FROM generate_series(5, 8) AS n;
    failed int := 0;
BEGIN
    c := 'c';
    FOR row IN c LOOP
        BEGIN
            PERFORM billing.record_offline_payment(2340 + row.n % 2 * 9, 100, 'around ' || row.n, 'cursor ' || row.n);
        EXCEPTION WHEN OTHERS THEN
            failed := failed + 1;
        END;
    END LOOP;
    RAISE NOTICE '% failed', failed;
END $$;
SELECT result FROM test.tried WHERE what = 'own';
FETCH kept;
CLOSE kept;
DROP TRIGGER try_cursors ON billing_books.payment;
DROP TRIGGER call_within ON billing_books.payment;
DROP FUNCTION test.try_cursors(), test.try_cursor(text, text), test.call_within();
DROP TABLE test.tried;
SELECT cash FROM billing.balance(2340);
SELECT * FROM billing.verify(2340);
