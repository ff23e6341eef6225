-- Hot tables are worked on by their rows, without the executor (src/rows): what an owner may put on them holds as with statements, and what cannot be
-- carried is refused by name (LB630). Rights and row security, which hold for plain owners alone: test/tap/070_owner.pl. Accounts 2310 to 2312.
SELECT count(billing.create_account(account_id, 'cn')) AS accounts FROM generate_series(2310, 2312) AS account_id;
SELECT count(billing.create_api_key(account_id, 'prod')) AS keys FROM generate_series(2310, 2312) AS account_id;
SELECT billing.set_price('row-table', 'CNY', 1000000, 0, effective_from => '2025-01-01 00:00+00') IS NOT NULL AS set;
SELECT status FROM generate_series(2310, 2312) AS account_id, billing.record_offline_payment(account_id, 100, 'payment', 'row-table ' || account_id);
CREATE TABLE test.seen (what text, n int GENERATED ALWAYS AS IDENTITY);
CREATE FUNCTION test.see() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    INSERT INTO test.seen VALUES (concat_ws(' ', TG_WHEN, TG_LEVEL, TG_OP, regexp_replace(TG_TABLE_NAME, '\d{4}_\d\d', 'month')));
    RETURN NEW;
END $$;

-- Does what the owner did, charges, looks, and undoes all of it.
CREATE FUNCTION pg_temp.altered(look text, VARIADIC commands text[]) RETURNS text LANGUAGE sql AS $$
    SELECT test.altered(commands, 'SELECT billing.charge(2310, 1, ''row-a'', ''row-table'', 1, 0)', look)
$$;

-- What cannot be carried.
SELECT what, pg_temp.altered('', VARIADIC commands) FROM (VALUES
    ('a rule', ARRAY['CREATE RULE r AS ON INSERT TO billing_books.usage_event DO ALSO SELECT 1']),
    ('one that swallows', ARRAY['CREATE RULE r AS ON UPDATE TO billing_books.lot DO INSTEAD NOTHING']),
    ('a transition table', ARRAY['CREATE TRIGGER t AFTER INSERT ON billing_books.usage_event REFERENCING NEW TABLE AS n FOR EACH STATEMENT EXECUTE FUNCTION test.see()']),
    ('one of an update', ARRAY['CREATE TRIGGER t AFTER UPDATE ON billing_books.account REFERENCING OLD TABLE AS o FOR EACH STATEMENT EXECUTE FUNCTION test.see()']),
    ('no index', ARRAY['ALTER TABLE billing_books.lot DROP CONSTRAINT lot_pkey']),
    ('an index of another kind', ARRAY['ALTER TABLE billing_books.api_key DROP CONSTRAINT api_key_pkey', 'CREATE INDEX ON billing_books.api_key USING hash (account_id)']),
    ('an index of some rows', ARRAY['ALTER TABLE billing_books.api_key DROP CONSTRAINT api_key_pkey', 'CREATE INDEX ON billing_books.api_key (account_id, key_id) WHERE deleted_at IS NULL']),
    ('children', ARRAY['CREATE TABLE test.child () INHERITS (billing_books.lot)']),
    ('a view', ARRAY['ALTER TABLE billing_books.api_key RENAME TO other', 'CREATE VIEW billing_books.api_key AS SELECT * FROM billing_books.other']),
    ('nothing of that name', ARRAY['ALTER TABLE billing_books.api_key RENAME TO other']),
    ('a column that the server fills', ARRAY['ALTER TABLE billing_books.ledger_entry DROP gateway', 'ALTER TABLE billing_books.ledger_entry ADD gateway text GENERATED ALWAYS AS (debit) STORED']),
    ('a number of its own', ARRAY['ALTER TABLE billing_books.ledger_entry ALTER entry_no ADD GENERATED ALWAYS AS IDENTITY']),
    ('a column less', ARRAY['ALTER TABLE billing_books.ledger_entry DROP actor']),
    ('an instant of fewer digits', ARRAY['ALTER TABLE billing_books.ledger_entry ALTER recorded_at TYPE timestamptz(3)']),
    ('a domain without a default', ARRAY['CREATE DOMAIN test.d AS int NOT NULL', 'ALTER TABLE billing_books.ledger_entry ADD more test.d DEFAULT 1', 'ALTER TABLE billing_books.ledger_entry ALTER more DROP DEFAULT'])) AS c (what, commands);

-- What holds as with statements.
SELECT what, pg_temp.altered(look, VARIADIC commands) FROM (VALUES
    ('a check', '', ARRAY['ALTER TABLE billing_books.ledger_entry ADD CONSTRAINT small CHECK (amount < 1) NOT VALID']),
    ('a check of a lot', '', ARRAY['ALTER TABLE billing_books.lot ADD CONSTRAINT whole CHECK (remaining = amount) NOT VALID']),
    ('a check of a leaf', '', ARRAY['ALTER TABLE billing_books.usage_event ADD CONSTRAINT small CHECK (charge < 1) NOT VALID']),
    ('a column that must be there', '', ARRAY['ALTER TABLE billing_books.ledger_entry ADD more int NOT NULL DEFAULT 1', 'ALTER TABLE billing_books.ledger_entry ALTER more DROP DEFAULT']),
    ('fewer digits', '', ARRAY['ALTER TABLE billing_books.ledger_entry ALTER amount TYPE numeric(9,9) USING 0.5']),
    ('fewer decimals', 'SELECT cash FROM billing_books.account WHERE account_id = 2310', ARRAY['ALTER TABLE billing_books.account ALTER cash TYPE numeric(18,1) USING 1.5']),
    ('another unique key', '', ARRAY['CREATE UNIQUE INDEX ON billing_books.ledger_entry (account_id, source_type) WHERE account_id = 2310', 'SELECT billing.charge(2310, 1, ''row-b'', ''row-table'', 1, 0)']),
    ('a key that is looked at later', '', ARRAY['ALTER TABLE billing_books.ledger_entry ADD more int DEFAULT 1, ADD EXCLUDE (more WITH =) WHERE (account_id = 2310 AND source_type = ''charge'') DEFERRABLE', 'SELECT billing.charge(2310, 1, ''row-b'', ''row-table'', 1, 0)']),
    ('a trigger that is put off', '', ARRAY['CREATE CONSTRAINT TRIGGER t AFTER INSERT ON billing_books.ledger_entry DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION test.see()']),
    ('a foreign key', '', ARRAY['CREATE TABLE test.debits (debit text PRIMARY KEY)', 'ALTER TABLE billing_books.ledger_entry ADD FOREIGN KEY (debit) REFERENCES test.debits NOT VALID']),
    ('a trigger that drops rows', '', ARRAY['CREATE FUNCTION test.drop_row() RETURNS trigger LANGUAGE plpgsql AS ''BEGIN RETURN NULL; END''', 'CREATE TRIGGER t BEFORE UPDATE ON billing_books.account FOR EACH ROW EXECUTE FUNCTION test.drop_row()']),
    ('one that moves them', '', ARRAY['CREATE FUNCTION test.move() RETURNS trigger LANGUAGE plpgsql AS ''BEGIN NEW.recorded_at := NEW.recorded_at - interval ''''1 year''''; RETURN NEW; END''', 'CREATE TRIGGER t BEFORE INSERT ON billing_books.usage_event FOR EACH ROW EXECUTE FUNCTION test.move()']),
    ('one on the leaf that moves them', '', ARRAY['CREATE FUNCTION test.move() RETURNS trigger LANGUAGE plpgsql AS ''BEGIN NEW.recorded_at := NEW.recorded_at - interval ''''1 year''''; RETURN NEW; END''',
        format('CREATE TRIGGER t BEFORE INSERT ON billing_books.%I FOR EACH ROW EXECUTE FUNCTION test.move()', to_char(now() AT TIME ZONE 'UTC', '"usage_event_"YYYY_MM'))]),
    ('one that changes what is being changed', '', ARRAY['CREATE FUNCTION test.again() RETURNS trigger LANGUAGE plpgsql AS ''BEGIN IF pg_trigger_depth() = 1 THEN UPDATE billing_books.lot SET given_back = 1 WHERE account_id = NEW.account_id; END IF; RETURN NEW; END''', 'CREATE TRIGGER t BEFORE UPDATE ON billing_books.lot FOR EACH ROW EXECUTE FUNCTION test.again()']),
    ('the same before the statement', '', ARRAY['CREATE FUNCTION test.again() RETURNS trigger LANGUAGE plpgsql AS ''BEGIN IF pg_trigger_depth() = 1 THEN UPDATE billing_books.lot SET given_back = 1 WHERE account_id = 2310; END IF; RETURN NULL; END''', 'CREATE TRIGGER t BEFORE UPDATE ON billing_books.lot FOR EACH STATEMENT EXECUTE FUNCTION test.again()']),
    ('one that changes another row', 'SELECT (SELECT cash FROM billing.balance(2310)) || '', given back '' || given_back FROM billing_books.lot WHERE account_id = 2310', ARRAY['CREATE FUNCTION test.other() RETURNS trigger LANGUAGE plpgsql AS ''BEGIN UPDATE billing_books.lot SET given_back = 1 WHERE account_id = NEW.account_id; RETURN NEW; END''', 'CREATE TRIGGER t BEFORE INSERT ON billing_books.ledger_entry FOR EACH ROW EXECUTE FUNCTION test.other()']),
    ('one that changes what is written', 'SELECT tags FROM billing_books.usage_event WHERE request_id = ''row-a''', ARRAY['CREATE FUNCTION test.tag() RETURNS trigger LANGUAGE plpgsql AS ''BEGIN NEW.tags := ''''{"by": "owner"}''''; RETURN NEW; END''', 'CREATE TRIGGER t BEFORE INSERT ON billing_books.usage_event FOR EACH ROW EXECUTE FUNCTION test.tag()']),
    ('a default', 'SELECT more || '' '' || many FROM billing_books.ledger_entry WHERE account_id = 2310 AND source_type = ''charge''', ARRAY['ALTER TABLE billing_books.ledger_entry ADD more text DEFAULT upper(''default''), ADD less int, ADD many int GENERATED BY DEFAULT AS IDENTITY (START 7)', 'ALTER SEQUENCE billing_books.ledger_entry_many_seq RESTART 1000']),
    ('a column made of others', 'SELECT string_agg(more::text, '' '' ORDER BY lot_no) FROM billing_books.lot WHERE account_id = 2310', ARRAY['ALTER TABLE billing_books.lot ADD more numeric GENERATED ALWAYS AS (remaining * 2) STORED']),
    ('one of a leaf', 'SELECT more FROM billing_books.usage_event WHERE request_id = ''row-a''', ARRAY['ALTER TABLE billing_books.usage_event ADD more int GENERATED ALWAYS AS (input_tokens + 1) STORED']),
    ('fewer lots by an index', 'SELECT cash FROM billing.balance(2310)', ARRAY['DROP INDEX billing_books.lot_open']),
    ('more indexes', 'SELECT cash FROM billing.balance(2310)', ARRAY['CREATE INDEX ON billing_books.account (cash)', 'CREATE INDEX ON billing_books.lot ((remaining + 1)) WHERE is_open', 'CREATE INDEX ON billing_books.account USING brin (arrears)']),
    ('columns of other numbers', 'SELECT concat_ws('' '', r.charge, u.model, e.actor IS NULL) FROM billing_books.usage_event AS u JOIN billing_books.ledger_entry AS e ON e.account_id = u.account_id AND e.entry_no = u.first_entry_no, billing.charge(2310, 1, ''row-a'', ''row-table'', 1, 0) AS r WHERE u.request_id = ''row-a''',
        ARRAY['ALTER TABLE billing_books.api_key ADD more text DEFAULT ''x''', 'ALTER TABLE billing_books.api_key DROP project', 'ALTER TABLE billing_books.api_key ADD project text NOT NULL DEFAULT ''''', 'ALTER TABLE billing_books.ledger_entry DROP actor', 'ALTER TABLE billing_books.ledger_entry ADD actor text',
        'ALTER TABLE billing_books.usage_event DROP project', 'ALTER TABLE billing_books.usage_event ADD project text']),
    ('a leaf that is partitioned', 'SELECT concat_ws('' '', h.tableoid::regclass, r.status) FROM billing_books.half AS h, billing.charge(2310, 1, ''row-a'', ''row-table'', 1, 0) AS r WHERE h.request_id = ''row-a''', ARRAY['ALTER TABLE billing_books.usage_event DETACH PARTITION billing_books.usage_event_default',
        format('ALTER TABLE billing_books.usage_event DETACH PARTITION billing_books.%I', to_char(now() AT TIME ZONE 'UTC', '"usage_event_"YYYY_MM')),
        format('DROP TABLE billing_books.%I', to_char(now() AT TIME ZONE 'UTC', '"usage_event_"YYYY_MM')), 'DROP TABLE billing_books.usage_event_default',
        'CREATE TABLE billing_books.usage_event_default PARTITION OF billing_books.usage_event DEFAULT PARTITION BY HASH (account_id)',
        'CREATE TABLE billing_books.half PARTITION OF billing_books.usage_event_default FOR VALUES WITH (MODULUS 1, REMAINDER 0)']),
    ('a leaf of another order', 'SELECT concat_ws('' '', p.tableoid::regclass, u.model, u.charge, r.status) FROM billing_books.usage_event AS u, billing_books.usage_event_default AS p, billing.charge(2310, 1, ''row-a'', ''row-table'', 1, 0) AS r WHERE u.request_id = ''row-a'' AND p.request_id = ''row-a''', test.leaf_of_another_order())) AS c (what, look, commands);

-- All triggers of the owner's fire, in the order in which a statement fires them.
BEGIN;
CREATE TRIGGER t1 BEFORE INSERT OR UPDATE ON billing_books.usage_event FOR EACH STATEMENT EXECUTE FUNCTION test.see();
CREATE TRIGGER t2 BEFORE INSERT OR UPDATE ON billing_books.usage_event FOR EACH ROW EXECUTE FUNCTION test.see();
CREATE TRIGGER t3 AFTER INSERT OR UPDATE ON billing_books.usage_event FOR EACH ROW EXECUTE FUNCTION test.see();
CREATE TRIGGER t4 AFTER INSERT OR UPDATE ON billing_books.usage_event FOR EACH STATEMENT EXECUTE FUNCTION test.see();
CREATE TRIGGER t1 BEFORE INSERT OR UPDATE ON billing_books.lot FOR EACH STATEMENT EXECUTE FUNCTION test.see();
CREATE TRIGGER t2 BEFORE UPDATE OF amount ON billing_books.lot FOR EACH ROW WHEN (OLD.amount <> NEW.amount) EXECUTE FUNCTION test.see();
CREATE TRIGGER t3 BEFORE UPDATE OF remaining ON billing_books.lot FOR EACH ROW EXECUTE FUNCTION test.see();
CREATE TRIGGER t4 AFTER UPDATE OF remaining ON billing_books.lot FOR EACH ROW EXECUTE FUNCTION test.see();
CREATE TRIGGER t5 AFTER UPDATE OF amount ON billing_books.lot FOR EACH ROW EXECUTE FUNCTION test.see();
CREATE TRIGGER t6 AFTER UPDATE OF remaining ON billing_books.lot FOR EACH STATEMENT EXECUTE FUNCTION test.see();
SELECT status FROM billing.charge(2311, 1, 'seen', 'row-table', 1, 0);
SELECT what FROM test.seen ORDER BY n;
ROLLBACK;

-- A transaction that must not write does not.
BEGIN READ ONLY;
SELECT test.attempt('SELECT billing.charge(2310, 1, ''row-a'', ''row-table'', 1, 0)');
ROLLBACK;

-- An error at each step, many times over: nothing is left of it, and no warning says that anything leaked.
CREATE FUNCTION test.fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    IF current_setting('test.fails') = concat_ws(' ', TG_WHEN, TG_LEVEL, TG_OP, TG_ARGV[0]) THEN
        RAISE 'at %', current_setting('test.fails');
    END IF;
    RETURN NEW;
END $$;
DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['usage_event', 'ledger_entry', 'lot', 'account'] LOOP
        EXECUTE format('CREATE TRIGGER fail1 BEFORE INSERT OR UPDATE ON billing_books.%1$I FOR EACH STATEMENT EXECUTE FUNCTION test.fail(%1$L)', name);
        EXECUTE format('CREATE TRIGGER fail2 BEFORE INSERT OR UPDATE ON billing_books.%1$I FOR EACH ROW EXECUTE FUNCTION test.fail(%1$L)', name);
        EXECUTE format('CREATE TRIGGER fail3 AFTER INSERT OR UPDATE ON billing_books.%1$I FOR EACH ROW EXECUTE FUNCTION test.fail(%1$L)', name);
        EXECUTE format('CREATE TRIGGER fail4 AFTER INSERT OR UPDATE ON billing_books.%1$I FOR EACH STATEMENT EXECUTE FUNCTION test.fail(%1$L)', name);
    END LOOP;
END $$;
CREATE FUNCTION test.fail_at(step text) RETURNS text LANGUAGE plpgsql AS $$ BEGIN
    PERFORM set_config('test.fails', step, true);
    RETURN test.attempt('SELECT billing.charge(2312, 1, ''fails'', ''row-table'', 1, 0)');
END $$;
SELECT outcome, count(*) FROM generate_series(1, 50), unnest(ARRAY['BEFORE', 'AFTER']) AS w, unnest(ARRAY['STATEMENT', 'ROW']) AS l,
    unnest(ARRAY['INSERT usage_event', 'INSERT ledger_entry', 'UPDATE lot', 'UPDATE account']) AS o, test.fail_at(concat_ws(' ', w, l, o)) AS outcome
GROUP BY outcome ORDER BY outcome COLLATE "C";
SELECT cash, (SELECT count(*) FROM billing_books.usage_event WHERE account_id = 2312) AS usage FROM billing.balance(2312);
-- In a transaction of its own each: what a commit would tell.
SELECT set_config('test.fails', 'AFTER ROW UPDATE account', false);
SELECT billing.charge(2312, 1, 'fails', 'row-table', 1, 0);
SELECT set_config('test.fails', 'none', false);
SELECT status FROM billing.charge(2312, 1, 'fails', 'row-table', 1, 0);
-- A write goes by the table as it found it: a trigger that swaps two names, has the table looked at by them, and takes that back, swaps no money.
BEGIN;
CREATE FUNCTION test.swap() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    ALTER TABLE billing_books.account RENAME arrears TO other;
    ALTER TABLE billing_books.account RENAME cash TO arrears;
    ALTER TABLE billing_books.account RENAME other TO cash;
    PERFORM billing.balance(2310);
    RAISE 'undone';
EXCEPTION WHEN raise_exception THEN
    RETURN NULL;
END $$;
SELECT cash AS before FROM billing_books.account WHERE account_id = 2312 \gset
CREATE TRIGGER swap BEFORE UPDATE ON billing_books.account FOR EACH STATEMENT EXECUTE FUNCTION test.swap();
SELECT status, charge FROM billing.charge(2312, 1, 'swap', 'row-table', 1, 0);
SELECT :before - cash AS paid, arrears FROM billing_books.account WHERE account_id = 2312;
ROLLBACK;
-- An index that the transaction built itself, behind a change of its own, serves it.
BEGIN;
UPDATE billing_books.lot SET given_back = given_back WHERE account_id = 2312;
CREATE INDEX newer ON billing_books.lot (account_id) WHERE is_open;
DROP INDEX billing_books.lot_open;
SELECT status FROM billing.charge(2312, 1, 'newer', 'row-table', 1, 0);
ROLLBACK;
-- What is remembered of tables does not grow.
CREATE TEMP TABLE memory AS SELECT sum(total_bytes) AS bytes FROM pg_backend_memory_contexts WHERE name IN ('TopMemoryContext', 'TopTransactionContext', 'ExecutorState');
DO $$ BEGIN
    FOR n IN 1 .. 200 LOOP
        PERFORM test.fail_at('AFTER ROW UPDATE account');
        PERFORM billing.charge(2312, 1, 'fails', 'row-table', 1, 0);
    END LOOP;
END $$;
SELECT sum(c.total_bytes) - m.bytes < 100000 AS bounded FROM pg_backend_memory_contexts AS c, memory AS m WHERE c.name IN ('TopMemoryContext', 'TopTransactionContext', 'ExecutorState') GROUP BY m.bytes;
DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['usage_event', 'ledger_entry', 'lot', 'account'] LOOP
        FOR n IN 1 .. 4 LOOP
            EXECUTE format('DROP TRIGGER fail%s ON billing_books.%I', n, name);
        END LOOP;
    END LOOP;
END $$;
DROP TABLE test.seen;
DROP FUNCTION test.see(), test.fail(), test.fail_at(text);
-- Code in an index's predicate, which runs while a new session looks at the table, finds it whole.
CREATE FUNCTION test.nests(integer) RETURNS boolean IMMUTABLE LANGUAGE plpgsql AS $$ BEGIN
    IF current_setting('test.nests', true) = 'on' THEN
        PERFORM set_config('test.nests', 'off', false), billing.charge(2311, 1, 'nested', 'row-table', 1, 0);
    END IF;
    RETURN true;
END $$;
CREATE INDEX nested ON billing_books.lot (account_id) WHERE test.nests(1) AND is_open AND lot_no > 0;
\c -
SET test.nests = 'on';
SELECT status FROM billing.charge(2312, 1, 'outer', 'row-table', 1, 0);
SELECT account_id, status FROM billing_books.usage_event WHERE account_id IN (2311, 2312) AND request_id IN ('nested', 'outer') ORDER BY 1;
DROP INDEX billing_books.nested;
DROP FUNCTION test.nests(integer);
SELECT status, charge, balance FROM generate_series(2310, 2312) AS account_id, billing.charge(account_id, 1, 'last', 'row-table', 1, 0);
SELECT * FROM test.verify();
