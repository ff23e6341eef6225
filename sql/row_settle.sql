-- A batch's rows are taken, looked for and written by the thousand, without the executor (src/rows): what an owner may put on the tables holds as
-- with statements, and what cannot be carried is refused by name (LB630). Accounts 2320 to 2322.
SELECT count(billing.create_account(account_id, 'cn')) AS accounts FROM generate_series(2320, 2322) AS account_id;
SELECT count(billing.create_api_key(account_id, 'prod')) AS keys FROM generate_series(2320, 2322) AS account_id;
SELECT billing.set_price('row-settle', 'CNY', 1000000, 0, effective_from => '2025-01-01 00:00+00') IS NOT NULL AS set;
SELECT status FROM generate_series(2320, 2322) AS account_id, billing.record_offline_payment(account_id, 10000, 'payment', 'row-settle ' || account_id);
CREATE FUNCTION test.append(account bigint, prefix text, count int) RETURNS int LANGUAGE sql AS $$
    INSERT INTO billing_books.usage_inbox (account_id, key_id, request_id, model, input_tokens, output_tokens)
    SELECT account, 1, prefix || n, 'row-settle', 1, 0 FROM generate_series(1, count) AS n;
    SELECT count
$$;
CREATE TABLE test.seen (what text, n int GENERATED ALWAYS AS IDENTITY);
CREATE FUNCTION test.see() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    INSERT INTO test.seen VALUES (concat_ws(' ', TG_WHEN, TG_LEVEL, TG_OP, regexp_replace(TG_TABLE_NAME, '\d{4}_\d\d', 'month')));
    RETURN coalesce(NEW, OLD);
END $$;

-- More than are written together, and once: also where they come again, one by one and together.
SELECT test.append(2320, 'a', 700) + test.append(2321, 'a', 700) + test.append(2322, 'a', 3) AS appended;
SELECT billing.settle() AS settled;
SELECT account_id, count(*), sum(charge), count(DISTINCT request_id) AS requests FROM billing_books.usage_event WHERE account_id BETWEEN 2320 AND 2322 GROUP BY account_id ORDER BY 1;
SELECT account_id, count(*) AS entries, sum(amount) FROM billing_books.ledger_entry WHERE account_id BETWEEN 2320 AND 2322 AND source_type = 'settlement' GROUP BY account_id ORDER BY 1;
SELECT test.append(2320, 'a', 300) + test.append(2321, 'a', 300) + test.append(2320, 'b', 2) + test.append(2320, 'b', 2) AS appended;
SELECT billing.settle() AS settled;
SELECT account_id, count(*), sum(charge) FROM billing_books.usage_event WHERE account_id BETWEEN 2320 AND 2322 GROUP BY account_id ORDER BY 1;
-- A batch at the end of a month, of accounts one of which was booked in the next one already: each row is in its account's month.
BEGIN;
SELECT extract(epoch FROM date_trunc('month', now() AT TIME ZONE 'UTC') + interval '1 month' - now() AT TIME ZONE 'UTC')::int AS left_s \gset
SELECT set_config('billing.clock_offset', :left_s + 20 || 's', true) > '' AS next_month;
SELECT status FROM billing.charge(2321, 1, 'next', 'row-settle', 1, 0);
SELECT set_config('billing.clock_offset', :left_s - 20 || 's', true) > '' AS this_month;
SELECT test.append(2320, 'm', 300) + test.append(2321, 'm', 300) + test.append(2322, 'm', 300) AS appended;
SELECT billing.settle() AS settled;
SELECT account_id, count(*), tableoid = to_regclass(format('billing_books.usage_event_%s', to_char(now() AT TIME ZONE 'UTC', 'YYYY_MM'))) AS this_month, count(DISTINCT recorded_at) AS instants
    FROM billing_books.usage_event WHERE account_id BETWEEN 2320 AND 2322 AND request_id ~ '^m' GROUP BY account_id, tableoid ORDER BY 1;
SELECT * FROM test.verify();
ROLLBACK;

-- Does what the owner did, settles a row of 2320 and two of 2322, looks, and undoes all of it.
CREATE FUNCTION pg_temp.altered(look text, VARIADIC commands text[]) RETURNS text LANGUAGE sql AS $$
    SELECT test.altered(array_prepend('SELECT test.append(2320, ''own'', 1), test.append(2322, ''own'', 2)', commands), 'SELECT billing.settle()',
        coalesce(nullif(look, ''), 'SELECT format(''%s charged, %s wait, %s set aside'', (SELECT count(*) FROM billing_books.usage_event WHERE request_id ~ ''^own''), (SELECT count(*) FROM billing_books.usage_inbox), (SELECT count(*) FROM billing_books.usage_set_aside WHERE request_id ~ ''^own''))'))
$$;

-- What cannot be carried.
SELECT what, pg_temp.altered('', VARIADIC commands) FROM (VALUES
    ('as it is', '{}'::text[]),
    ('a rule on the inbox', ARRAY['CREATE RULE r AS ON DELETE TO billing_books.usage_inbox DO INSTEAD NOTHING']),
    ('a transition table', ARRAY['CREATE TRIGGER t AFTER DELETE ON billing_books.usage_inbox REFERENCING OLD TABLE AS o FOR EACH STATEMENT EXECUTE FUNCTION test.see()']),
    ('one of the usage', ARRAY['CREATE TRIGGER t AFTER INSERT ON billing_books.usage_event REFERENCING NEW TABLE AS n FOR EACH STATEMENT EXECUTE FUNCTION test.see()']),
    ('one of the lots', ARRAY['CREATE TRIGGER t AFTER UPDATE ON billing_books.lot REFERENCING NEW TABLE AS n FOR EACH STATEMENT EXECUTE FUNCTION test.see()']),
    ('an inbox in parts', ARRAY['ALTER TABLE billing_books.usage_inbox RENAME TO other', 'CREATE TABLE billing_books.usage_inbox (LIKE billing_books.other) PARTITION BY LIST (account_id)', 'CREATE TABLE test.part PARTITION OF billing_books.usage_inbox DEFAULT', 'SELECT test.append(2320, ''own'', 1)']),
    ('an inbox with children', ARRAY['CREATE TABLE test.child () INHERITS (billing_books.usage_inbox)']),
    ('a view', ARRAY['ALTER TABLE billing_books.usage_inbox RENAME TO other', 'CREATE VIEW billing_books.usage_inbox AS SELECT * FROM billing_books.other']),
    ('a column less', ARRAY['ALTER TABLE billing_books.usage_inbox DROP tags']),
    ('a column of another type', ARRAY['ALTER TABLE billing_books.usage_inbox ALTER meters TYPE json USING meters::json'])) AS c (what, commands);

-- What holds as with statements.
SELECT what, pg_temp.altered(look, VARIADIC commands) FROM (VALUES
    ('a trigger that keeps rows', '', ARRAY['CREATE FUNCTION test.keep() RETURNS trigger LANGUAGE plpgsql AS ''BEGIN IF OLD.request_id = ''''own2'''' THEN RETURN NULL; END IF; RETURN OLD; END''', 'CREATE TRIGGER t BEFORE DELETE ON billing_books.usage_inbox FOR EACH ROW EXECUTE FUNCTION test.keep()']),
    ('one that changes them', '', ARRAY['CREATE FUNCTION test.change() RETURNS trigger LANGUAGE plpgsql AS ''BEGIN UPDATE billing_books.usage_inbox SET input_tokens = 2 WHERE ctid = OLD.ctid; RETURN OLD; END''', 'CREATE TRIGGER t BEFORE DELETE ON billing_books.usage_inbox FOR EACH ROW EXECUTE FUNCTION test.change()']),
    ('one that has them deleted already', '', ARRAY['CREATE FUNCTION test.gone() RETURNS trigger LANGUAGE plpgsql AS ''BEGIN IF pg_trigger_depth() = 1 THEN DELETE FROM billing_books.usage_inbox; END IF; RETURN NULL; END''', 'CREATE TRIGGER t BEFORE DELETE ON billing_books.usage_inbox FOR EACH STATEMENT EXECUTE FUNCTION test.gone()']),
    ('one that empties the inbox', '', ARRAY['CREATE FUNCTION test.empty() RETURNS trigger LANGUAGE plpgsql AS ''BEGIN TRUNCATE billing_books.usage_inbox; RETURN OLD; END''', 'CREATE TRIGGER t BEFORE DELETE ON billing_books.usage_inbox FOR EACH ROW EXECUTE FUNCTION test.empty()']),
    ('one that drops usage', '', ARRAY['CREATE FUNCTION test.drop_row() RETURNS trigger LANGUAGE plpgsql AS ''BEGIN RETURN CASE WHEN NEW.request_id <> ''''own2'''' THEN NEW END; END''', 'CREATE TRIGGER t BEFORE INSERT ON billing_books.usage_event FOR EACH ROW EXECUTE FUNCTION test.drop_row()']),
    ('one that tags it', 'SELECT string_agg(tags::text, '' '') FROM billing_books.usage_event WHERE request_id ~ ''^own''', ARRAY['CREATE FUNCTION test.tag() RETURNS trigger LANGUAGE plpgsql AS ''BEGIN NEW.tags := ''''{"by": "owner"}''''; RETURN NEW; END''', 'CREATE TRIGGER t BEFORE INSERT ON billing_books.usage_event FOR EACH ROW EXECUTE FUNCTION test.tag()']),
    ('a check, whose warning names the month', '', ARRAY['SET LOCAL client_min_messages = error', 'ALTER TABLE billing_books.usage_event ADD CONSTRAINT short CHECK (request_id <> ''own2'') NOT VALID']),
    ('a key that is given twice', '', ARRAY['CREATE UNIQUE INDEX ON billing_books.ledger_entry (account_id, source_type) WHERE account_id = 2322 AND entry_no > 1', 'SELECT billing.settle()', 'SELECT test.append(2322, ''own2'', 1)']),
    ('a default', 'SELECT string_agg(more, '' '' ORDER BY account_id) FROM billing_books.ledger_entry WHERE account_id BETWEEN 2320 AND 2322 AND more IS NOT NULL', ARRAY['ALTER TABLE billing_books.ledger_entry ADD more text', 'ALTER TABLE billing_books.ledger_entry ALTER more SET DEFAULT upper(''default'')']),
    ('a column made of others', 'SELECT string_agg(more::text, '' '') FROM billing_books.usage_event WHERE request_id ~ ''^own''', ARRAY['ALTER TABLE billing_books.usage_event ADD more int GENERATED ALWAYS AS (input_tokens + 1) STORED']),
    ('more indexes', '', ARRAY['CREATE INDEX ON billing_books.usage_event ((input_tokens + 1)) WHERE charge > 0', 'CREATE INDEX ON billing_books.account (cash)', 'CREATE INDEX ON billing_books.usage_inbox (account_id)']),
    ('texts out of line', 'SELECT string_agg(left(reason, 40) || '' '' || length(request_id), '', '' ORDER BY set_aside_no) FROM billing_books.usage_set_aside WHERE account_id = 2320', ARRAY['ALTER TABLE billing_books.usage_inbox ALTER request_id SET STORAGE EXTERNAL', 'INSERT INTO billing_books.usage_inbox (account_id, key_id, request_id, model, input_tokens, output_tokens) SELECT 2320, 1, repeat(''x'', n), ''row-settle'', 1, 0 FROM unnest(ARRAY[999, 100000]) AS n']),
    ('a column that a leaf makes', 'SELECT string_agg(request_id || '' '' || charge, '', '' ORDER BY account_id, request_id) FROM billing_books.usage_event_default WHERE request_id ~ ''^own''',
        ARRAY['UPDATE billing_books.usage_inbox SET input_tokens = 20 WHERE request_id = ''own2''', 'ALTER TABLE billing_books.usage_event DETACH PARTITION billing_books.usage_event_default', 'DROP TABLE billing_books.usage_event_default',
        format('ALTER TABLE billing_books.usage_event DETACH PARTITION billing_books.%I', to_char(now() AT TIME ZONE 'UTC', '"usage_event_"YYYY_MM')),
        'CREATE TABLE billing_books.usage_event_default (LIKE billing_books.usage_event INCLUDING DEFAULTS)', 'ALTER TABLE billing_books.usage_event_default DROP reason, ADD reason text' || CASE WHEN current_setting('server_version_num')::int < 160000 THEN ' GENERATED ALWAYS AS (NULL::text) STORED' ELSE '' END, -- later ones refuse it
        'CREATE UNIQUE INDEX ON billing_books.usage_event_default (account_id, request_hash, probe)', 'ALTER TABLE billing_books.usage_event ATTACH PARTITION billing_books.usage_event_default DEFAULT']),
    ('a leaf of another order', 'SELECT concat_ws('' '', count(*), min(model), sum(charge)) FROM billing_books.usage_event_default WHERE request_id ~ ''^own''', test.leaf_of_another_order())) AS c (what, look, commands);

-- All triggers of the owner's fire, in the order in which a statement fires them.
BEGIN;
CREATE TRIGGER t1 BEFORE DELETE ON billing_books.usage_inbox FOR EACH STATEMENT EXECUTE FUNCTION test.see();
CREATE TRIGGER t2 BEFORE DELETE ON billing_books.usage_inbox FOR EACH ROW EXECUTE FUNCTION test.see();
CREATE TRIGGER t3 AFTER DELETE ON billing_books.usage_inbox FOR EACH ROW EXECUTE FUNCTION test.see();
CREATE TRIGGER t4 AFTER DELETE ON billing_books.usage_inbox FOR EACH STATEMENT EXECUTE FUNCTION test.see();
CREATE TRIGGER t1 BEFORE INSERT ON billing_books.usage_event FOR EACH STATEMENT EXECUTE FUNCTION test.see();
CREATE TRIGGER t3 AFTER INSERT ON billing_books.usage_event FOR EACH ROW EXECUTE FUNCTION test.see();
CREATE TRIGGER t4 AFTER INSERT ON billing_books.usage_event FOR EACH STATEMENT EXECUTE FUNCTION test.see();
CREATE TRIGGER t1 BEFORE INSERT ON billing_books.ledger_entry FOR EACH STATEMENT EXECUTE FUNCTION test.see();
CREATE TRIGGER t2 BEFORE INSERT ON billing_books.ledger_entry FOR EACH ROW EXECUTE FUNCTION test.see();
CREATE TRIGGER t3 AFTER UPDATE OF remaining ON billing_books.lot FOR EACH ROW EXECUTE FUNCTION test.see();
CREATE TRIGGER t4 AFTER UPDATE ON billing_books.account FOR EACH STATEMENT EXECUTE FUNCTION test.see();
SELECT test.append(2320, 'seen', 1) + test.append(2322, 'seen', 2) AS appended;
SELECT billing.settle() AS settled;
SELECT what FROM test.seen ORDER BY n;
ROLLBACK;

-- A transaction that must not write does not.
SELECT test.append(2320, 'd', 1) AS appended;
BEGIN READ ONLY;
SELECT test.attempt('SELECT billing.settle()');
ROLLBACK;
SELECT billing.settle() AS settled;

-- An error at each step, many times over: nothing is left of it, and no warning says that anything leaked.
CREATE FUNCTION test.fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    IF current_setting('test.fails') = concat_ws(' ', TG_WHEN, TG_LEVEL, TG_OP, TG_ARGV[0]) THEN
        RAISE SQLSTATE '58000' USING MESSAGE = 'at ' || current_setting('test.fails');
    END IF;
    RETURN coalesce(NEW, OLD);
END $$;
DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['usage_event', 'ledger_entry', 'lot', 'account', 'usage_inbox'] LOOP
        EXECUTE format('CREATE TRIGGER fail1 BEFORE INSERT OR UPDATE OR DELETE ON billing_books.%1$I FOR EACH STATEMENT EXECUTE FUNCTION test.fail(%1$L)', name);
        EXECUTE format('CREATE TRIGGER fail3 AFTER INSERT OR UPDATE OR DELETE ON billing_books.%1$I FOR EACH ROW EXECUTE FUNCTION test.fail(%1$L)', name);
        EXECUTE format('CREATE TRIGGER fail4 AFTER INSERT OR UPDATE OR DELETE ON billing_books.%1$I FOR EACH STATEMENT EXECUTE FUNCTION test.fail(%1$L)', name);
        IF name <> 'usage_event' THEN
            EXECUTE format('CREATE TRIGGER fail2 BEFORE INSERT OR UPDATE OR DELETE ON billing_books.%1$I FOR EACH ROW EXECUTE FUNCTION test.fail(%1$L)', name);
        END IF;
    END LOOP;
END $$;
SELECT set_config('test.fails', 'none', false);
SELECT test.append(2320, 'fails', 300) + test.append(2322, 'fails', 3) AS appended;
CREATE FUNCTION test.fail_at(step text) RETURNS text LANGUAGE plpgsql AS $$ BEGIN
    PERFORM set_config('test.fails', step, true);
    RETURN test.attempt('SELECT billing.settle()');
END $$;
SELECT outcome, count(*) FROM generate_series(1, 10), unnest(ARRAY['BEFORE', 'AFTER']) AS w, unnest(ARRAY['STATEMENT', 'ROW']) AS l,
    unnest(ARRAY['INSERT usage_event', 'INSERT ledger_entry', 'UPDATE lot', 'UPDATE account', 'DELETE usage_inbox']) AS o, test.fail_at(concat_ws(' ', w, l, o)) AS outcome
WHERE concat_ws(' ', w, l, o) <> 'BEFORE ROW INSERT usage_event'
GROUP BY outcome ORDER BY outcome COLLATE "C";
SELECT count(*) AS waiting, (SELECT count(*) FROM billing_books.usage_event WHERE account_id BETWEEN 2320 AND 2322 AND request_id ~ 'fails') AS charged FROM billing_books.usage_inbox;
-- What is remembered does not grow.
CREATE TEMP TABLE memory AS SELECT sum(total_bytes) AS bytes FROM pg_backend_memory_contexts WHERE name IN ('TopMemoryContext', 'TopTransactionContext', 'ExecutorState', 'CacheMemoryContext');
DO $$ BEGIN
    FOR n IN 1 .. 50 LOOP
        PERFORM test.fail_at('AFTER ROW UPDATE account');
    END LOOP;
END $$;
SELECT sum(c.total_bytes) - m.bytes < 100000 AS bounded FROM pg_backend_memory_contexts AS c, memory AS m WHERE c.name IN ('TopMemoryContext', 'TopTransactionContext', 'ExecutorState', 'CacheMemoryContext') GROUP BY m.bytes;
SELECT billing.settle() AS settled;
DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['usage_event', 'ledger_entry', 'lot', 'account', 'usage_inbox'] LOOP
        FOR n IN 1 .. 4 LOOP
            EXECUTE format('DROP TRIGGER IF EXISTS fail%s ON billing_books.%I', n, name);
        END LOOP;
    END LOOP;
END $$;
DROP TABLE test.seen;
DROP FUNCTION test.see(), test.fail(), test.fail_at(text), test.append(bigint, text, int);
SELECT account_id, cash FROM generate_series(2320, 2322) AS account_id, billing.balance(account_id);
SELECT * FROM test.verify();
