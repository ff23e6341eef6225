-- Which accounts are these books', where several databases share them out (design 4): ids outside are refused and set aside by name,
-- and ids that are made lie inside. In a database of its own.
\set old_database :DBNAME
CREATE DATABASE regress_billing_account_range;
\c regress_billing_account_range
SET client_min_messages = warning;
CREATE EXTENSION billing;
SELECT billing.install();
RESET client_min_messages;
CREATE FUNCTION pg_temp.attempt(call text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE call;
    RETURN 'done';
EXCEPTION WHEN OTHERS THEN
    RETURN SQLSTATE || ' ' || SQLERRM;
END $$;

-- Without a range all ids are these books'. It can be set as long as every account is inside, and again; who, when and why is kept.
SELECT value FROM billing.status() WHERE name = 'account range';
SELECT billing.create_account(NULL, 'cn');
SELECT pg_temp.attempt('SELECT billing.set_account_range(2, 1000)');
SELECT billing.set_account_range(1, 1000, 'me', 'cell a'), billing.set_account_range(1, 1000, 'me', 'again');
SELECT value, detail LIKE 'since %, by me' AS told FROM billing.status() WHERE name = 'account range';
SELECT range_no, first_id, last_id, actor, reason FROM billing_books.account_range;
SELECT action, object, old_value, new_value, actor, reason FROM billing_books.audit_log WHERE action = 'set_account_range';
SELECT pg_temp.attempt('UPDATE billing_books.account_range SET last_id = 2000'), pg_temp.attempt('DELETE FROM billing_books.account_range'), pg_temp.attempt('TRUNCATE billing_books.account_range');

-- The edges are inside, and what is beyond is not.
SELECT id, pg_temp.attempt(format('SELECT billing.create_account(%s, ''cn'')', id)) FROM unnest(ARRAY[999, 1000, 1001, 4611686018427387904, 4611686018427387905]) AS id;
SELECT pg_temp.attempt('SELECT billing.set_account_range(1, 999)'), pg_temp.attempt('SELECT billing.set_account_range(1, 1000)');

-- An id of another database: every call says so, and a COPY row is set aside for it. An id that is free here is unknown, as ever.
SELECT api_key AS key FROM billing.create_api_key(999, 'prod') \gset
SELECT call, pg_temp.attempt('SELECT * FROM billing.' || call) FROM unnest(ARRAY[
    'balance(1001)', 'charge(1001, 1, ''r'', ''m'', 1, 1)', 'meter(1001, 1, ''r'', ''m'', 1, 1)', 'grant_bonus(1001, 1, ''k'')', 'statement(1001)', 'statements(1001)', 'request_statement(1001, ''2026-01-01'', ''2026-02-01'', ''k'')',
    'usage_report(1001)', 'refunds(1001)', 'quote(1001, ''m'', 1, 1)', 'list_orders(1001)', 'balance_at(1001, now())',
    'balance(998)', 'charge(998, 1, ''r'', ''m'', 1, 1)', 'meter(998, 1, ''r'', ''m'', 1, 1)', 'balance(-1)', 'balance(0)']) AS call;
COPY billing_books.usage_inbox (account_id, key_id, request_id, model, input_tokens, output_tokens) FROM stdin;
1001	1	copied	m	1	1
998	1	copied	m	1	1
0	1	copied	m	1	1
999	1	copied	m	1	1
\.
SELECT billing.settle();
SELECT account_id, request_id, sqlstate, reason, detail FROM billing_books.usage_set_aside ORDER BY set_aside_no;
SELECT account_id, status FROM billing_books.usage_event;

-- A key and the number of an order say whose they are, without a look at any table; other texts nothing.
SELECT billing.api_key_account(:'key'), billing.api_key_account(upper(:'key')), billing.api_key_account(overlay(:'key' PLACING 'x' FROM 20)), billing.api_key_account(''), billing.api_key_account(NULL);
SELECT billing.order_number_account('0000000000015' || '00000001' || 'P' || '0000000001'), billing.order_number_account('0000000000015'), billing.order_number_account('7ZZZZZZZZZZZZ' || '00000001' || 'R' || '0000000001'), billing.order_number_account(NULL);
SELECT billing.find_account('customer'), billing.create_account(990, 'cn', external_ref => 'customer'), billing.find_account('customer') AS found;

-- Ids that are made go on behind the highest; where that is the last one, in the gaps, until all are taken.
CREATE DATABASE regress_billing_account_range_2;
\c regress_billing_account_range_2
SET client_min_messages = warning;
CREATE EXTENSION billing;
SELECT billing.install();
RESET client_min_messages;
CREATE FUNCTION pg_temp.attempt(call text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE call;
    RETURN 'done';
EXCEPTION WHEN OTHERS THEN
    RETURN SQLSTATE || ' ' || SQLERRM;
END $$;
BEGIN;
SELECT billing.set_account_range(100, 200);
SELECT billing.create_account(NULL, 'cn');
ROLLBACK;
SELECT billing.set_account_range(5, 13);
SELECT billing.create_account(6, 'cn', external_ref => 'taken'), billing.create_account(7, 'cn'), billing.create_account(9, 'cn');
SELECT billing.create_account(NULL, 'cn') AS behind, billing.create_account(13, 'cn'), billing.create_account(11, 'cn');
SELECT billing.create_account(NULL, 'cn') AS made FROM generate_series(1, 3);
SELECT pg_temp.attempt('SELECT billing.create_account(NULL, ''cn'')');
SELECT billing.set_account_range(5, 14), billing.create_account(NULL, 'cn') AS made;
SELECT pg_temp.attempt('SELECT billing.create_account(NULL, ''cn'')');
SELECT * FROM billing.verify();

-- What these books have claimed and no others may, and a text that two databases with the same prices share, whatever their numbers.
SELECT billing.record_offline_payment(5, 1, 'pay', 'bank 1') IS NOT NULL AS paid;
SELECT billing.find_account('taken'), billing.find_account('not taken');
SELECT * FROM billing.account_references() ORDER BY 1, 2;
SELECT billing.price_fingerprint() AS none \gset
SELECT billing.set_price('m', 'CNY', 1, 2, effective_from => '2030-01-01 00:00+00') AS price_id \gset
SELECT billing.price_fingerprint() AS one, billing.price_fingerprint() <> :'none' AS differs \gset
SELECT :'differs' AS differs, billing.withdraw_price(:price_id);
SELECT billing.price_fingerprint() = :'none' AS as_before;
SELECT billing.set_price('m', 'CNY', 1, 2, effective_from => '2030-01-01 00:00+00') = :price_id AS same_number;
SET timezone = 'Asia/Shanghai';
SELECT billing.price_fingerprint() = :'one' AS same, (SELECT value = :'one' FROM billing.status() WHERE name = 'price fingerprint') AS told;
RESET timezone;
SELECT billing.set_price('m', 'CNY', 1, 2, effective_from => '2030-01-01 00:00:00.000001+00') > 0 AS set;
SELECT billing.price_fingerprint() <> :'one' AS differs;

-- Tables that Citus has put elsewhere are refused, by install() too; those of others are not looked at. Its catalog, as it would be there:
BEGIN;
SET LOCAL allow_system_table_mods = on;
CREATE TABLE pg_catalog.pg_dist_partition (logicalrelid regclass);
CREATE TABLE public.elsewhere ();
INSERT INTO pg_dist_partition VALUES ('public.elsewhere');
SELECT cash FROM billing.balance(5);
INSERT INTO pg_dist_partition VALUES ('billing_books.usage_event');
SELECT call, pg_temp.attempt('SELECT billing.' || call) FROM unnest(ARRAY['balance(5)', 'charge(5, 1, ''r'', ''m'', 1, 1)', 'settle()', 'install()', 'migrate()', 'verify()']) AS call;
ROLLBACK;
SELECT cash FROM billing.balance(5);
\c :old_database
DROP DATABASE regress_billing_account_range;
DROP DATABASE regress_billing_account_range_2;
