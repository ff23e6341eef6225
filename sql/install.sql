-- Installing: the extension, then its tables, which are no members of it.
-- Not into a schema that is somebody else's, that others may add to, or that holds anything already: it would become ours.
\set SHOW_CONTEXT never
CREATE ROLE regress_install;
CREATE SCHEMA billing AUTHORIZATION regress_install;
CREATE EXTENSION billing;
ALTER SCHEMA billing OWNER TO CURRENT_USER;
GRANT CREATE ON SCHEMA billing TO PUBLIC;
CREATE EXTENSION billing;
REVOKE ALL ON SCHEMA billing FROM PUBLIC;
CREATE FUNCTION billing.of_the_application() RETURNS int LANGUAGE sql AS 'SELECT 1';
CREATE EXTENSION billing;
SELECT has_function_privilege('regress_install', 'billing.of_the_application()', 'EXECUTE') AS application_goes_on;
DROP FUNCTION billing.of_the_application();
CREATE EXTENSION billing;
DROP ROLE regress_install;

-- What the other tests use. attempt() runs a call and says what became of it; an error of billing must
-- carry the hint that error_codes() lists. books() is a checksum of all that billing keeps.
CREATE SCHEMA test;
GRANT USAGE ON SCHEMA test TO PUBLIC;
CREATE FUNCTION test.has_hint(code text, advice text) RETURNS boolean LANGUAGE sql SECURITY DEFINER AS $$
    SELECT EXISTS (SELECT FROM billing.error_codes() AS e WHERE (e.sqlstate, e.hint) = (code, advice))
$$;
-- What verify() finds by a clock that is ahead of all that these files travel to: what they booked there stays, and to the clock itself it is the future.
-- A seal of all that is there: what it holds lags behind by twice policy clock_jump.
CREATE FUNCTION test.seal_books() RETURNS billing.seal LANGUAGE sql SET billing.clock_offset = '20 min' AS $$
    SELECT billing.seal_books('0')
$$;
CREATE FUNCTION test.verify() RETURNS TABLE (check_name text, account_id bigint, detail text) LANGUAGE sql SET billing.clock_offset = '6000d' AS $$
    SELECT * FROM billing.verify()
$$;
CREATE FUNCTION test.verify(account bigint) RETURNS TABLE (check_name text, account_id bigint, detail text) LANGUAGE sql SET billing.clock_offset = '6000d' AS $$
    SELECT * FROM billing.verify(account)
$$;
CREATE FUNCTION test.attempt(call text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    code text;
    message text;
    advice text;
BEGIN
    EXECUTE call;
    RETURN 'done';
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS code = RETURNED_SQLSTATE, message = MESSAGE_TEXT, advice = PG_EXCEPTION_HINT;
    IF code LIKE 'LB%' AND NOT test.has_hint(code, advice) THEN
        message := message || ' (without its hint)';
    END IF;
    RETURN code || ' ' || message;
END $$;
-- Does what the tables' owner did, tries a call, looks where it was done, and undoes all of it.
CREATE FUNCTION test.altered(commands text[], call text, look text = '') RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    command text;
    outcome text;
BEGIN
    SET LOCAL billing.allow_history_change = on;
    SET LOCAL client_min_messages = warning;
    FOREACH command IN ARRAY commands LOOP
        EXECUTE command;
    END LOOP;
    outcome := test.attempt(call);
    IF outcome = 'done' AND look > '' THEN
        EXECUTE look INTO outcome;
    END IF;
    RAISE SQLSTATE '00001';
EXCEPTION WHEN SQLSTATE '00001' THEN
    RETURN regexp_replace(outcome, '\d{4}_\d\d', 'month');
END $$;
-- Puts the default partition of usage in the place of this month's, with its columns the other way round.
CREATE FUNCTION test.leaf_of_another_order() RETURNS text[] LANGUAGE sql AS $$
    SELECT ARRAY[
        'ALTER TABLE billing_books.usage_event DETACH PARTITION billing_books.usage_event_default', 'DROP TABLE billing_books.usage_event_default',
        format('ALTER TABLE billing_books.usage_event DETACH PARTITION billing_books.%I', to_char(now() AT TIME ZONE 'UTC', '"usage_event_"YYYY_MM')),
        format('ALTER TABLE billing_books.%I RENAME TO gone', to_char(now() AT TIME ZONE 'UTC', '"usage_event_"YYYY_MM')),
        'CREATE TABLE billing_books.usage_event_default (project text, gone int, tags jsonb, meters jsonb, variant text, reason text, key_name text NOT NULL, model text NOT NULL, request_id text NOT NULL, status text NOT NULL, credits numeric(19,9), charge numeric(18,9), probe smallint NOT NULL DEFAULT 0, cache_write_tokens int NOT NULL, cache_read_tokens int NOT NULL, output_tokens int NOT NULL, input_tokens int NOT NULL, entry_count int NOT NULL DEFAULT 0, key_id bigint NOT NULL, weight_id bigint, window_no bigint, quota_no bigint, subscription_no bigint, batch_offset numeric(18,9), first_entry_no bigint, price_id bigint, settled_at timestamptz, recorded_at timestamptz NOT NULL, occurred_at timestamptz NOT NULL, request_hash bigint NOT NULL, account_id bigint NOT NULL)',
        'ALTER TABLE billing_books.usage_event_default DROP gone', 'CREATE UNIQUE INDEX ON billing_books.usage_event_default (account_id, request_hash, probe)',
        'ALTER TABLE billing_books.usage_event ATTACH PARTITION billing_books.usage_event_default DEFAULT']
$$;
-- The chain of an account's entries anew, for what a test puts there or changes by hand.
CREATE AGGREGATE test.chain(bigint, bigint, timestamptz, timestamptz, bigint, bigint, bigint, bigint, numeric, text, text, text, text, text, bytea) (SFUNC = billing.entry_chain, STYPE = bytea);
CREATE FUNCTION test.rechain(account bigint) RETURNS void LANGUAGE plpgsql SET billing.allow_history_change = on AS $$
BEGIN
    UPDATE billing_books.ledger_entry AS e SET chain = c.chain FROM (
        SELECT entry_no, test.chain(account_id, entry_no, occurred_at, recorded_at, source_id, lot_no, subscription_no, undoes_entry_no, amount,
                                    debit, credit, source_type, gateway, actor, usage_digest) OVER (ORDER BY entry_no) AS chain
        FROM billing_books.ledger_entry WHERE account_id = account) AS c
    WHERE e.account_id = account AND e.entry_no = c.entry_no AND e.chain <> c.chain;
    UPDATE billing_books.account AS a SET chain = e.chain FROM billing_books.ledger_entry AS e
    WHERE a.account_id = account AND e.account_id = account AND e.entry_no = a.last_entry_no;
END $$;
-- Money for an order came, and is held: an operator credits it.
CREATE FUNCTION test.pay(owner bigint, wanted bigint, payer numeric = NULL) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    bought record;
    at timestamptz;
    number bigint;
BEGIN
    SELECT * INTO STRICT bought FROM billing_books.payment_order AS o WHERE o.account_id = owner AND o.order_id = wanted;
    SELECT greatest(a.last_booked_at, clock_timestamp() + current_setting('billing.clock_offset')::interval) INTO STRICT at
    FROM billing_books.account AS a WHERE a.account_id = owner;
    SELECT coalesce(max(p.payment_id), 0) + 1 INTO number FROM billing_books.payment AS p WHERE p.account_id = owner;
    INSERT INTO billing_books.payment (account_id, payment_id, order_id, gateway, transaction_id, state, currency, amount, payer_amount, reason, paid_at, recorded_at, actor)
    VALUES (owner, number, wanted, bought.gateway, format('%s-%s', owner, number), 'held', bought.currency, bought.pay_amount, coalesce(payer, bought.pay_amount), 'limit', at, at, 'test');
    INSERT INTO billing_books.payment_claim (gateway, transaction_id, try, account_id, payment_id) VALUES (bought.gateway, format('%s-%s', owner, number), 1, owner, number);
    INSERT INTO billing_books.ledger_entry (account_id, entry_no, occurred_at, recorded_at, source_id, amount, debit, credit, source_type, gateway, chain)
    SELECT owner, a.last_entry_no + 1, at, at, number, bought.pay_amount, 'gateway', 'suspense', 'payment', bought.gateway, '' FROM billing_books.account AS a WHERE a.account_id = owner;
    UPDATE billing_books.account SET last_entry_no = last_entry_no + 1, last_booked_at = at WHERE account_id = owner;
    PERFORM test.rechain(owner);
    RETURN (billing.resolve_payment(owner, number, 'credit', format('credit %s', number))).status;
END $$;
-- Buys a plan and pays for it.
CREATE FUNCTION test.buy(account bigint, plan text, method text, replaces bigint = NULL) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    wanted bigint;
BEGIN
    SELECT order_id INTO STRICT wanted FROM billing.subscribe(account, plan, method, format('buy %s', (SELECT count(*) FROM billing_books.payment_order WHERE account_id = account)), replaces);
    RETURN test.pay(account, wanted);
END $$;
CREATE FUNCTION test.books() RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    name text;
    sums text := '';
    one text;
BEGIN
    FOR name IN SELECT c.oid::regclass FROM pg_class AS c
                WHERE c.relnamespace IN ('billing'::regnamespace, 'billing_books'::regnamespace) AND c.relkind IN ('r', 'p') AND NOT c.relispartition
                ORDER BY 1 LOOP
        EXECUTE format('SELECT count(*) || md5(coalesce(string_agg(md5(t::text), '''' ORDER BY md5(t::text)), '''')) FROM %s AS t', name) INTO one;
        sums := sums || name || one;
    END LOOP;
    RETURN md5(sums);
END $$;

-- Before install() every entry point says so; what needs no tables works.
SELECT billing.version() ~ '^[0-9]+\.[0-9]+\.[0-9]+$' AS version;
SELECT call, test.attempt(call) FROM (VALUES
    ('SELECT billing.create_account(1, ''cn'')'),
    ('SELECT billing.balance(1)'),
    ('SELECT billing.charge(1, 1, ''r'', ''m'', 1, 1)'),
    ('SELECT billing.meter(1, 1, ''r'', ''m'', 1, 1)'),
    ('SELECT billing.settle()'),
    ('SELECT billing.usage_report(1)'),
    ('SELECT billing.set_balance_alert(1, 1)'),
    ('SELECT billing.make_partitions()'),
    ('SELECT billing.close_partitions()'),
    ('SELECT billing.book_expired()'),
    ('SELECT billing.check_health()'),
    ('SELECT billing.verify()'),
    ('SELECT billing.status()'),
    ('SELECT billing.migrate()'),
    ('SELECT billing.grant_access(''nobody'', ''app'')')) AS c (call);
SELECT reason FROM billing.authorize('sk-nonsense');

-- The tables, owned by the caller. A second install() changes nothing, migrate() neither.
SELECT billing.install();
SELECT test.books() AS books \gset
SELECT billing.install();
SELECT billing.migrate();
SELECT test.books() = :'books' AS unchanged, count(*) AS installations FROM billing_books.schema_version;
SELECT * FROM billing.verify();

SELECT c.relname, c.relkind, pg_get_userbyid(c.relowner) = current_user AS owned_by_caller,
       EXISTS (SELECT FROM pg_depend AS d WHERE d.objid = c.oid AND d.deptype = 'e') AS member_of_extension
FROM pg_class AS c
WHERE c.relnamespace IN ('billing'::regnamespace, 'billing_books'::regnamespace) AND c.relkind IN ('r', 'p', 'v', 'm', 'f') AND c.relname !~ '^usage_event_[0-9]'
ORDER BY c.relname;

-- usage_event has leaves for this month (UTC) and the next three, each with its own unique key, and a
-- default one (B&S 4.11: exactly once within the window).
SELECT month, to_regclass(to_char(now() AT TIME ZONE 'UTC' + month * interval '1 month', '"billing_books.usage_event_"YYYY_MM')) IS NOT NULL AS has_leaf
FROM generate_series(0, 4) AS month;
SELECT count(*) AS leaves, count(*) FILTER (WHERE k.indisunique) AS with_unique_key
FROM pg_inherits AS i
LEFT JOIN pg_index AS k ON k.indrelid = i.inhrelid AND k.indisunique
    AND pg_get_indexdef(k.indexrelid) LIKE '%(account_id, request_hash, probe)'
WHERE i.inhparent = 'billing_books.usage_event'::regclass;

-- Nobody but the owner has any right yet; and nothing stands without a comment.
SELECT p.oid::regprocedure AS open_to_all FROM pg_proc AS p
WHERE p.pronamespace = 'billing'::regnamespace AND has_function_privilege('public', p.oid, 'EXECUTE');
SELECT c.oid::regclass AS open_to_all FROM pg_class AS c
WHERE c.relnamespace IN ('billing'::regnamespace, 'billing_books'::regnamespace) AND c.relkind IN ('r', 'p', 'v')
  AND has_table_privilege('public', c.oid, 'SELECT, INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER');
SELECT has_schema_privilege('public', 'billing', 'USAGE, CREATE') AS schema_open_to_all;
SELECT p.oid::regprocedure AS without_comment FROM pg_proc AS p
WHERE p.pronamespace = 'billing'::regnamespace AND obj_description(p.oid, 'pg_proc') IS NULL;
SELECT c.relname AS without_comment FROM pg_class AS c
WHERE c.relnamespace IN ('billing'::regnamespace, 'billing_books'::regnamespace) AND c.relkind IN ('r', 'p', 'v', 'c') AND c.relname !~ '^usage_event_[0-9]'
  AND obj_description(c.oid, 'pg_class') IS NULL
  AND NOT EXISTS (SELECT FROM pg_type AS t WHERE t.typrelid = c.oid AND obj_description(t.oid, 'pg_type') IS NOT NULL);

-- The interface: input signatures are frozen from 1.0.
SELECT p.proname AS function, pg_get_function_arguments(p.oid) AS arguments, pg_get_function_result(p.oid) AS result,
       CASE p.provolatile WHEN 'v' THEN 'volatile' WHEN 's' THEN 'stable' ELSE 'immutable' END
       || CASE p.proparallel WHEN 's' THEN ', parallel safe' ELSE '' END AS kind
FROM pg_proc AS p WHERE p.pronamespace = 'billing'::regnamespace ORDER BY 1, 2 \g (format=unaligned)
-- What would keep everybody's bookings waiting behind it gives up.
SELECT setting, string_agg(proname, ', ' ORDER BY proname) AS functions
FROM pg_proc CROSS JOIN unnest(proconfig) AS setting WHERE pronamespace = 'billing'::regnamespace AND setting LIKE 'lock_timeout=%' GROUP BY setting ORDER BY setting;

-- The errors: each code and each name once, every one with a hint.
SELECT * FROM billing.error_codes() ORDER BY sqlstate \g (format=unaligned)
SELECT count(*) = count(DISTINCT sqlstate) AND count(*) = count(DISTINCT name) AND bool_and(hint > '') AND bool_and(sqlstate ~ '^LB[0-9]{3}$') AS well_formed
FROM billing.error_codes();

-- status(): what it tells of a fresh installation (versions and places left out).
SELECT name, CASE WHEN name ~ 'version|owner' THEN '...' ELSE value END AS value FROM billing.status();

-- Everything has a comment: functions, types, tables, views and the columns of tables.
SELECT p.proname AS without_comment FROM pg_proc AS p
    WHERE p.pronamespace = 'billing'::regnamespace AND obj_description(p.oid, 'pg_proc') IS NULL
UNION ALL SELECT c.relname FROM pg_class AS c
    WHERE c.relnamespace IN ('billing'::regnamespace, 'billing_books'::regnamespace) AND c.relkind IN ('r', 'p', 'v') AND obj_description(c.oid, 'pg_class') IS NULL
UNION ALL SELECT c.relname || '.' || a.attname FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid
    WHERE c.relnamespace IN ('billing'::regnamespace, 'billing_books'::regnamespace) AND c.relkind IN ('r', 'p') AND NOT c.relispartition
      AND a.attnum > 0 AND col_description(c.oid, a.attnum) IS NULL
UNION ALL SELECT t.typname FROM pg_type AS t
    WHERE t.typnamespace = 'billing'::regnamespace AND t.typtype = 'c' AND obj_description(t.oid, 'pg_type') IS NULL
      AND (SELECT c.relkind FROM pg_class AS c WHERE c.oid = t.typrelid) = 'c';
