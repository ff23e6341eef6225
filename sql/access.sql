-- Who may do what: app, operator, auditor, a stranger; an owner who is no superuser; and that nobody
-- can slip code of his own under the owner's rights (design 7). Accounts 1050 to 1059.
CREATE ROLE regress_app;
CREATE ROLE regress_operator;
CREATE ROLE regress_auditor;
CREATE ROLE regress_monitor;
CREATE ROLE regress_notice;
CREATE ROLE regress_stranger;
SELECT billing.grant_access('regress_app', 'app'), billing.grant_access('regress_operator', 'operator'), billing.grant_access('regress_auditor', 'auditor'), billing.grant_access('regress_monitor', 'monitor'), billing.grant_access('regress_notice', 'notice');
SELECT billing.grant_access('regress_app', 'app') AS again;
SELECT role_name, access_level FROM billing_books.access_grant WHERE role_name LIKE 'regress\_a%' OR role_name IN ('regress_operator', 'regress_monitor') ORDER BY 1;
SELECT action, object, new_value, actor = session_user AS by_me FROM billing_books.audit_log WHERE action = 'grant_access' AND object LIKE 'role regress\_%'
ORDER BY audit_no DESC LIMIT 5;

-- Functions: x where the role may call it.
SELECT p.proname AS function, max(CASE WHEN has_function_privilege(r.role, p.oid, 'EXECUTE') THEN 'x' ELSE '' END) FILTER (WHERE r.role = 'regress_app') AS app,
       max(CASE WHEN has_function_privilege(r.role, p.oid, 'EXECUTE') THEN 'x' ELSE '' END) FILTER (WHERE r.role = 'regress_operator') AS operator,
       max(CASE WHEN has_function_privilege(r.role, p.oid, 'EXECUTE') THEN 'x' ELSE '' END) FILTER (WHERE r.role = 'regress_auditor') AS auditor,
       max(CASE WHEN has_function_privilege(r.role, p.oid, 'EXECUTE') THEN 'x' ELSE '' END) FILTER (WHERE r.role = 'regress_monitor') AS monitor,
       max(CASE WHEN has_function_privilege(r.role, p.oid, 'EXECUTE') THEN 'x' ELSE '' END) FILTER (WHERE r.role = 'regress_notice') AS notice,
       max(CASE WHEN has_function_privilege(r.role, p.oid, 'EXECUTE') THEN 'x' ELSE '' END) FILTER (WHERE r.role = 'regress_stranger') AS stranger
FROM pg_proc AS p, (VALUES ('regress_app'), ('regress_operator'), ('regress_auditor'), ('regress_monitor'), ('regress_notice'), ('regress_stranger')) AS r (role)
WHERE p.pronamespace = 'billing'::regnamespace GROUP BY 1 ORDER BY 1;
-- Tables, views, leaves and sequences: r read, c some columns only, w any way to write.
CREATE FUNCTION pg_temp.rights(role text, object oid) RETURNS text LANGUAGE sql AS $$
    SELECT CASE WHEN c.relkind = 'S' THEN CASE WHEN has_sequence_privilege(role, object, 'USAGE, SELECT, UPDATE') THEN 'w' ELSE '' END
        ELSE CASE WHEN has_table_privilege(role, object, 'SELECT') THEN 'r' WHEN has_any_column_privilege(role, object, 'SELECT') THEN 'c' ELSE '' END
        || CASE WHEN has_table_privilege(role, object, 'INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER')
                  OR has_any_column_privilege(role, object, 'INSERT, UPDATE, REFERENCES') THEN 'w' ELSE '' END END
    FROM pg_class AS c WHERE c.oid = object
$$;
SELECT DISTINCT regexp_replace(c.relname, '_[0-9]{4}_[0-9]{2}$', '_YYYY_MM') AS relation, c.relkind AS kind, pg_temp.rights('regress_app', c.oid) AS app,
       pg_temp.rights('regress_operator', c.oid) AS operator, pg_temp.rights('regress_auditor', c.oid) AS auditor,
       pg_temp.rights('regress_monitor', c.oid) AS monitor, pg_temp.rights('regress_notice', c.oid) AS notice, pg_temp.rights('regress_stranger', c.oid) AS stranger
FROM pg_class AS c WHERE c.relnamespace IN ('billing'::regnamespace, 'billing_books'::regnamespace) AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S') ORDER BY 1;
-- The inbox: applications put rows in, and can do nothing else there; what they put in, they cannot read.
SELECT r.role, string_agg(p.right, ', ') AS rights FROM (VALUES ('regress_app'), ('regress_operator'), ('regress_auditor'), ('regress_monitor'), ('regress_notice'), ('regress_stranger')) AS r (role)
LEFT JOIN unnest('{SELECT,INSERT,UPDATE,DELETE,TRUNCATE,REFERENCES,TRIGGER}'::text[]) AS p ("right")
    ON has_table_privilege(r.role, 'billing_books.usage_inbox', p.right) OR (p.right IN ('SELECT', 'INSERT', 'UPDATE', 'REFERENCES') AND has_any_column_privilege(r.role, 'billing_books.usage_inbox', p.right))
GROUP BY 1 ORDER BY 1;
SELECT attname AS hidden_column FROM pg_attribute AS a
WHERE a.attrelid = 'billing_books.api_key'::regclass AND a.attnum > 0 AND NOT has_column_privilege('regress_auditor', a.attrelid, a.attnum, 'SELECT');
SELECT r.role, has_schema_privilege(r.role, 'billing', 'USAGE') AS usage, has_schema_privilege(r.role, 'billing', 'CREATE') AS "create"
FROM (VALUES ('regress_app'), ('regress_operator'), ('regress_auditor'), ('regress_monitor'), ('regress_notice'), ('regress_stranger')) AS r (role);
-- Nothing can be passed on.
SELECT count(*) AS grantable FROM pg_proc AS p, aclexplode(p.proacl) AS a WHERE p.pronamespace = 'billing'::regnamespace AND a.is_grantable AND a.grantee <> p.proowner;

-- Real calls. What a role may not do is refused before anything is read.
SET ROLE regress_app;
SELECT billing.create_account(1050, 'cn');
SELECT key_id, api_key FROM billing.create_api_key(1050, 'prod') \gset
SELECT allowed, reason FROM billing.authorize(:'api_key');
SELECT status FROM billing.charge(1050, 1, 'unpriced', 'access', 1, 0);
RESET ROLE;
SET ROLE regress_operator;
SELECT billing.set_price('access', 'CNY', 1000000, 0, effective_from => '2025-01-01 00:00+00') IS NOT NULL AS set;
SELECT status FROM billing.record_offline_payment(1050, 10, 'payment', '1050 bank', reason => 'transfer');
SELECT billing.set_policy('block_at_zero', 'on'), billing.set_policy('block_at_zero', NULL);
SELECT name, value FROM billing.policy WHERE name = 'block_at_zero';
SELECT * FROM billing.verify();
SELECT count(*) > 0 AS reads FROM billing_books.ledger_entry WHERE account_id = 1050;
RESET ROLE;
-- Rights are a superuser's to give, also where somebody was let call the function.
GRANT EXECUTE ON FUNCTION billing.grant_access TO regress_operator;
SET ROLE regress_operator;
SELECT test.attempt($$SELECT billing.grant_access('regress_app', 'operator')$$);
RESET ROLE;
REVOKE EXECUTE ON FUNCTION billing.grant_access FROM regress_operator;

-- Who watches sees health and counts, and no customer.
SET ROLE regress_monitor;
SELECT billing.check_health();
SELECT count(*) > 5 AS has_status FROM billing.status();
SELECT unsettled_rows FROM billing.settler_lag;
SELECT events, accounts FROM billing.unpriced_usage WHERE model = 'access' AND currency = 'CNY';
SELECT test.attempt('SELECT * FROM billing.balance(1050)'), test.attempt('SELECT * FROM billing.verify()'), test.attempt('SELECT * FROM billing_books.account');
RESET ROLE;
-- What is revoked stays revoked, after migrate() too; of rights given by hand nothing stays; what a role has through another does.
GRANT EXECUTE ON FUNCTION billing.settle(bigint) TO regress_monitor;
GRANT regress_auditor TO regress_monitor;
SELECT billing.grant_access('regress_monitor', 'app'), billing.revoke_access('regress_monitor');
SELECT billing.migrate() > 0 AS migrated;
SELECT count(*) AS rights FROM pg_proc AS p, aclexplode(p.proacl) AS a WHERE p.pronamespace = 'billing'::regnamespace AND a.grantee = 'regress_monitor'::regrole;
SELECT count(*) AS rights FROM pg_class AS c, aclexplode(c.relacl) AS a WHERE c.relnamespace IN ('billing'::regnamespace, 'billing_books'::regnamespace) AND a.grantee = 'regress_monitor'::regrole;
SELECT count(*) AS rights FROM pg_namespace AS n, aclexplode(n.nspacl) AS a WHERE a.grantee = 'regress_monitor'::regrole;
SELECT count(*) AS rights FROM pg_attribute AS t, aclexplode(t.attacl) AS a WHERE a.grantee = 'regress_monitor'::regrole;
SELECT has_function_privilege('regress_monitor', 'billing.verify()', 'EXECUTE') AS through_another;
REVOKE regress_auditor FROM regress_monitor;
SELECT count(*) AS remembered FROM billing_books.access_grant WHERE role_name = 'regress_monitor';
SELECT old_value, new_value FROM billing_books.audit_log WHERE action = 'revoke_access' AND object = 'role regress_monitor';
-- A role that is gone is forgotten as well: another of its name starts with nothing.
SELECT billing.grant_access('regress_monitor', 'monitor');
DROP OWNED BY regress_monitor;
DROP ROLE regress_monitor;
SELECT billing.revoke_access('regress_monitor');
CREATE ROLE regress_monitor;
SELECT billing.migrate() > 0 AS migrated, has_function_privilege('regress_monitor', 'billing.status()', 'EXECUTE') AS again;
DROP ROLE regress_monitor;
SELECT test.attempt($$SELECT billing.revoke_access('regress_monitor')$$), test.attempt($$SELECT billing.revoke_access('public')$$);
GRANT EXECUTE ON FUNCTION billing.revoke_access TO regress_operator;
SET ROLE regress_operator;
SELECT test.attempt($$SELECT billing.revoke_access('regress_app')$$);
RESET ROLE;
REVOKE EXECUTE ON FUNCTION billing.revoke_access FROM regress_operator;

-- A caller who catches an error has his own rights afterwards, and can go on: here the server gives up on JSON
-- that is nested too deep, and on a word that is no duration, inside a subtransaction of the caller's own.
SET SESSION AUTHORIZATION regress_operator;
BEGIN;
DO $$
BEGIN
    PERFORM billing.import_prices(repeat('[', 900000), 'CNY');
EXCEPTION WHEN OTHERS THEN
    RAISE NOTICE '% %', sqlstate, sqlerrm;
END $$;
SELECT current_user;
COMMIT;
DO $$
BEGIN
    PERFORM billing.set_policy('dedupe_window', 'soon');
EXCEPTION WHEN OTHERS THEN
    RAISE NOTICE '% %', sqlstate, sqlerrm;
END $$;
SELECT current_user;
SELECT name, value FROM billing.policy WHERE name = 'dedupe_window';
RESET SESSION AUTHORIZATION;

SET ROLE regress_operator;
SELECT billing.settle() > 0 AS settled;
-- Who books must not say from when on a second person is needed.
SELECT test.attempt($$SELECT billing.set_policy('second_person_above', '100', 'CNY')$$);
RESET ROLE;
-- An application meters by the function, by INSERT and by COPY; an operator settles; both read the report.
SET ROLE regress_app;
SELECT billing.meter(1050, 1, 'metered', 'access', 1, 0);
INSERT INTO billing_books.usage_inbox (account_id, key_id, request_id, model, input_tokens, output_tokens) VALUES (1050, 1, 'inserted', 'access', 1, 0);
COPY billing_books.usage_inbox (account_id, key_id, request_id, model, input_tokens, output_tokens) FROM STDIN;
1050	1	copied	access	1	0
\.
SELECT billing.set_balance_alert(1050, 5);
RESET ROLE;
SET ROLE regress_operator;
SELECT billing.settle() AS settled;
SELECT count(*) AS left_in_the_inbox FROM billing_books.usage_inbox;
SELECT status, unsettled_rows FROM billing.settler_lag;
SELECT billing.make_partitions(), billing.close_partitions(), billing.book_expired();
SELECT count(*) AS jobs FROM billing.schedule_jobs();
SELECT billing.unschedule_jobs();
SELECT billing.check_health();
RESET ROLE;
SET ROLE regress_app;
SELECT requests, unpriced, charge FROM billing.usage_report(1050, group_by => '{}');
RESET ROLE;
SET ROLE regress_auditor;
SELECT requests, unpriced, charge FROM billing.usage_report(1050, group_by => '{}');
SELECT status, unsettled_rows FROM billing.settler_lag;
SELECT billing.check_health();
RESET ROLE;
SET ROLE regress_app;
SELECT status, charge, balance FROM billing.charge(1050, 1, 'priced', 'access', 1, 0);
SELECT item, amount FROM billing.explain_charge(1050, 'priced') WHERE item ~ '^(paid|left)';
SELECT amount FROM billing.quote(1050, 'access', 1, 0) WHERE item = 'charge';
SELECT balance FROM billing.balance(1050);
SELECT count(*) FROM billing.statement(1050);
RESET ROLE;
SET ROLE regress_auditor;
SELECT * FROM billing.verify();
SELECT sum(amount) FROM billing_books.ledger_entry WHERE account_id = 1050 AND credit = 'revenue';
SELECT name FROM billing_books.api_key WHERE account_id = 1050;
SELECT model, events FROM billing.unpriced_usage WHERE model = 'access';
SELECT count(*) > 0 AS reads_default_leaf_through_the_table FROM billing_books.usage_event;
SELECT count(*) > 0 AS has_status FROM billing.status();
RESET ROLE;
CREATE FUNCTION pg_temp.as_role(role text, call text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    outcome text;
BEGIN
    EXECUTE format('SET LOCAL ROLE %I', role);
    outcome := test.attempt(call);
    RESET ROLE;
    RETURN outcome;
END $$;
SELECT role, call, pg_temp.as_role(role, call) AS outcome FROM (VALUES
    ('regress_app', 'SELECT * FROM billing.grant_bonus(1050, 1, ''gift'')'),
    ('regress_app', 'SELECT * FROM billing.adjust(1050, 1, ''adjust'')'),
    ('regress_app', 'SELECT * FROM billing.record_offline_payment(1050, 1, ''pay'', ''1050 bank'')'),
    ('regress_app', 'SELECT billing.set_price(''access'', ''CNY'', 1, 1)'),
    ('regress_app', 'SELECT billing.set_policy(''block_at_zero'', ''on'')'),
    ('regress_app', 'SELECT billing.lock_account(1050)'),
    ('regress_app', 'SELECT billing.grant_access(''regress_app'', ''operator'')'),
    ('regress_app', 'SELECT * FROM billing_books.account'),
    ('regress_app', 'INSERT INTO billing_books.ledger_entry DEFAULT VALUES'),
    ('regress_app', 'UPDATE billing_books.account SET cash = 100'),
    ('regress_app', 'SELECT billing.install()'),
    ('regress_app', 'SELECT * FROM billing_books.usage_inbox'),
    ('regress_app', 'UPDATE billing_books.usage_inbox SET input_tokens = 0'),
    ('regress_app', 'DELETE FROM billing_books.usage_inbox'),
    ('regress_app', 'TRUNCATE billing_books.usage_inbox'),
    ('regress_app', 'INSERT INTO billing_books.usage_inbox (account_id) VALUES (1) RETURNING account_id'),
    ('regress_app', 'SELECT billing.settle()'),
    ('regress_app', 'SELECT billing.close_partitions()'),
    ('regress_app', 'SELECT billing.pause_workers(''1 s'')'),
    ('regress_app', 'SELECT billing.schedule_jobs()'),
    ('regress_app', 'SELECT * FROM billing.settler_lag'),
    ('regress_app', 'INSERT INTO billing_books.usage_set_aside (request_id) VALUES (''x'')'),
    ('regress_app', 'INSERT INTO billing_books.usage_event (request_id) VALUES (''x'')'),
    ('regress_app', 'SELECT * FROM billing_books.notification'),
    ('regress_app', 'UPDATE billing_books.balance_alert SET armed = true'),
    ('regress_operator', 'UPDATE billing_books.usage_inbox SET input_tokens = 0'),
    ('regress_operator', 'DELETE FROM billing_books.usage_inbox'),
    ('regress_operator', 'TRUNCATE billing_books.usage_inbox'),
    ('regress_operator', 'DELETE FROM billing_books.usage_set_aside'),
    ('regress_operator', 'UPDATE billing_books.notification SET state = ''sent'''),
    ('regress_operator', 'INSERT INTO billing_books.closed_month (month) VALUES (NULL)'),
    ('regress_operator', 'UPDATE billing_books.usage_day SET charge = 0'),
    ('regress_operator', 'UPDATE billing_books.account SET cash = 100'),
    ('regress_operator', 'DELETE FROM billing_books.audit_log'),
    ('regress_operator', 'INSERT INTO billing_books.price (model) VALUES (NULL)'),
    ('regress_operator', 'TRUNCATE billing_books.policy_setting'),
    ('regress_operator', 'SELECT secret_hash FROM billing_books.api_key'),
    ('regress_operator', 'SELECT old_secret_hash FROM billing_books.api_key'),
    ('regress_operator', 'SELECT secret_hash FROM billing_books.api_key_version'),
    ('regress_operator', 'UPDATE billing_books.api_key SET expires_at = NULL'),
    ('regress_operator', 'INSERT INTO billing_books.api_key_version (account_id) VALUES (1)'),
    ('regress_operator', 'SELECT * FROM billing_books.idempotent_call'),
    ('regress_operator', 'SELECT nextval(''billing_books.account_account_id_seq'')'),
    ('regress_operator', 'SELECT billing.migrate()'),
    ('regress_operator', 'SELECT billing.grant_access(''regress_stranger'', ''app'')'),
    ('regress_operator', 'SET billing.clock_offset = ''1d'''),
    ('regress_operator', 'CREATE TABLE billing.mine ()'),
    ('regress_operator', 'CREATE TRIGGER t BEFORE INSERT ON billing_books.ledger_entry EXECUTE FUNCTION billing.forget_cached()'),
    ('regress_auditor', 'SELECT * FROM billing.charge(1050, 1, ''new'', ''access'', 1, 0)'),
    ('regress_auditor', 'SELECT * FROM billing.authorize(''sk-'')'),
    ('regress_auditor', 'SELECT * FROM billing.authorize(1050, 1)'),
    ('regress_auditor', 'SELECT billing.update_api_key(1050, 1, ''x'')'),
    ('regress_app', 'SELECT name FROM billing_books.api_key_version'),
    ('regress_auditor', 'SELECT billing.create_account(1059, ''cn'')'),
    ('regress_auditor', 'SELECT billing.settle()'),
    ('regress_auditor', 'SELECT * FROM billing_books.api_key'),
    ('regress_auditor', 'SELECT billing.meter(1050, 1, ''new'', ''access'', 1, 0)'),
    ('regress_auditor', 'INSERT INTO billing_books.usage_inbox (account_id) VALUES (1)'),
    ('regress_auditor', 'SELECT billing.set_balance_alert(1050, 1)'),
    ('regress_auditor', 'SELECT billing.make_partitions()'),
    ('regress_auditor', 'SELECT billing.pause_workers(''1 s'')'),
    ('regress_stranger', 'INSERT INTO billing_books.usage_inbox (account_id) VALUES (1)'),
    ('regress_stranger', 'SELECT * FROM billing.usage_report(1050)'),
    ('regress_stranger', 'SELECT billing.version()'),
    ('regress_stranger', 'SELECT * FROM billing.balance(1050)'),
    ('regress_stranger', 'SELECT * FROM billing.policy'),
    ('regress_stranger', 'SELECT * FROM billing_books.account')) AS c (role, call);

-- After an error inside a call, the caller is himself again, with his own search_path.
SET search_path = public, pg_catalog;
SET ROLE regress_app;
SELECT test.attempt('SELECT * FROM billing.charge(1050, 1, ''priced'', ''access'', 2, 0)');
SELECT current_user, current_setting('search_path');
SELECT test.attempt('SELECT * FROM billing.charge(1050, 99, ''new'', ''access'', 2, 0)') LIKE 'LB206%' AS refused, test.attempt('SELECT * FROM billing_books.account');
RESET ROLE;
RESET search_path;

-- Hostile search_path: a schema of the caller's first, pg_catalog behind it, and his temporary tables before
-- both; with operators, functions and tables that cry out when they are used.
CREATE SCHEMA regress_hostile AUTHORIZATION regress_app;
GRANT regress_app TO CURRENT_USER;
SET ROLE regress_app;
DO $$
DECLARE
    type text;
    operator text;
    name text;
BEGIN
    FOREACH type IN ARRAY '{bigint,integer,smallint,text,numeric,timestamptz,boolean,bytea,name,oid,"char"}'::text[] LOOP
        EXECUTE format('CREATE FUNCTION regress_hostile.compare(%1$s, %1$s) RETURNS boolean LANGUAGE plpgsql AS ''BEGIN RAISE EXCEPTION USING MESSAGE = ''''hostile operator as '''' || current_user; END''', type);
        FOREACH operator IN ARRAY '{=,<>,<,<=,>,>=}'::text[] LOOP
            EXECUTE format('CREATE OPERATOR regress_hostile.%2$s (LEFTARG = %1$s, RIGHTARG = %1$s, FUNCTION = regress_hostile.compare)', type, operator);
        END LOOP;
    END LOOP;
    FOREACH type IN ARRAY '{bigint,integer,numeric}'::text[] LOOP
        EXECUTE format('CREATE FUNCTION regress_hostile.compute(%1$s, %1$s) RETURNS %1$s LANGUAGE plpgsql AS ''BEGIN RAISE EXCEPTION USING MESSAGE = ''''hostile operator as '''' || current_user; END''', type);
        EXECUTE format('CREATE FUNCTION regress_hostile.negate(%1$s) RETURNS %1$s LANGUAGE plpgsql AS ''BEGIN RAISE EXCEPTION USING MESSAGE = ''''hostile operator as '''' || current_user; END''', type);
        FOREACH operator IN ARRAY '{+,-,*,/}'::text[] LOOP
            EXECUTE format('CREATE OPERATOR regress_hostile.%2$s (LEFTARG = %1$s, RIGHTARG = %1$s, FUNCTION = regress_hostile.compute)', type, operator);
        END LOOP;
        EXECUTE format('CREATE OPERATOR regress_hostile.- (RIGHTARG = %1$s, FUNCTION = regress_hostile.negate)', type);
        FOREACH name IN ARRAY '{sum,max,min,abs,round}'::text[] LOOP
            EXECUTE format('CREATE FUNCTION regress_hostile.%2$s(%1$s) RETURNS %1$s LANGUAGE plpgsql AS ''BEGIN RAISE EXCEPTION USING MESSAGE = ''''hostile function as '''' || current_user; END''', type, name);
        END LOOP;
    END LOOP;
    FOREACH name IN ARRAY '{usage_inbox,usage_set_aside,usage_day,closed_month,balance_alert,notification,rows,account,account_profile,account_lock,api_key,api_key_version,price,lot,ledger_entry,usage_event,usage_event_default,payment,payment_order,payment_claim,take_back,charge_reversal,charge_revision,rerate,rerate_account,rerate_skip,idempotent_call,approval_request,audit_log,policy_setting,schema_version,access_grant,pg_class,pg_trigger,pg_inherits,pg_proc}'::text[] LOOP
        EXECUTE format('CREATE TABLE regress_hostile.%I (account_id bigint, key_id bigint)', name);
    END LOOP;
END $$;
CREATE FUNCTION regress_hostile.date_trunc(text, timestamptz, text) RETURNS timestamptz LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION USING MESSAGE = ''hostile function as '' || current_user; END';
CREATE FUNCTION regress_hostile.clock_timestamp() RETURNS timestamptz LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION USING MESSAGE = ''hostile function as '' || current_user; END';
CREATE FUNCTION regress_hostile.to_jsonb(record) RETURNS jsonb LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION USING MESSAGE = ''hostile function as '' || current_user; END';
CREATE FUNCTION regress_hostile.nextval(regclass) RETURNS bigint LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION USING MESSAGE = ''hostile function as '' || current_user; END';
CREATE FUNCTION regress_hostile.format(text, VARIADIC text[]) RETURNS text LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION USING MESSAGE = ''hostile function as '' || current_user; END';
RESET ROLE;
-- It bites where it can: this call of the caller's own does use it.
SET search_path = pg_temp, regress_hostile, pg_catalog;
SELECT test.attempt('SELECT 1::bigint = 1::bigint');
-- A new session has no plans yet: each statement is planned under the hostile path.
\c -
SET ROLE regress_app;
DO $$
DECLARE name text;
BEGIN
    FOR name IN SELECT c.relname FROM pg_class AS c WHERE c.relnamespace = 'regress_hostile'::regnamespace AND c.relkind = 'r' LOOP
        EXECUTE format('CREATE TEMP TABLE %I (account_id bigint, key_id bigint)', name);
    END LOOP;
END $$;
SET search_path = pg_temp, regress_hostile, pg_catalog;
SELECT test.attempt('SELECT 1::bigint = 1::bigint');
SELECT billing.create_account(1051, 'cn', 'a@b.c', '+8613800138000', 'Asia/Shanghai', 'hostile');
SELECT billing.create_account(1051, 'cn', 'a@b.c', '+8613800138000', 'Asia/Shanghai', 'hostile');
SELECT key_id, api_key FROM billing.create_api_key(1051, 'prod', 'payg', 'key') \gset
SELECT key_id, api_key FROM billing.create_api_key(1051, 'prod', 'payg', 'key');
SELECT allowed, reason FROM billing.authorize(:'api_key');
SELECT billing.update_api_key(1051, 1, 'renamed', 'project', '2100-01-01 00:00+00', '{access,other}'), billing.update_api_key(1051, 1, 'renamed');
SELECT api_key FROM billing.rotate_api_key(1051, 1, 'rotate') \gset
SELECT key_id, api_key FROM billing.rotate_api_key(1051, 1, 'rotate');
SELECT allowed, reason FROM billing.authorize(:'api_key', 'access');
SELECT allowed, reason FROM billing.authorize(1051::bigint, 1::bigint, 'another'::text);
SELECT status, charge, balance FROM billing.charge(1051, 1, 'one', 'access', 5, 0);
SELECT status, charge, balance FROM billing.charge(1051, 1, 'one', 'access', 5, 0);
SELECT status, charge, balance FROM billing.charge(1051, 1, 'two', 'access-unpriced', 5, 0);
SELECT amount FROM billing.quote(1051, 'access', 1, 0);
SELECT item, amount FROM billing.explain_charge(1051, 'one') OFFSET 2;
SELECT entry_no, debit, credit, amount, balance_after FROM billing.statement(1051);
SELECT * FROM billing.balance(1051);
SELECT * FROM billing.balance_at(1051, pg_catalog.now());
SELECT billing.set_balance_alert(1051, 1), billing.set_balance_alert(1051, runway_hours => 1);
SELECT billing.meter(1051, 1, 'metered', 'access', 5, 0), billing.meter(1051, 1, 'metered', 'access', 6, 0), billing.meter(1051, 9, 'metered', 'access', 6, 0);
INSERT INTO billing_books.usage_inbox (account_id, key_id, request_id, model, input_tokens, output_tokens) VALUES (1051, 1, 'inserted', 'access', 1, 0);
SELECT key_id, key_name, model, requests, unpriced, charge::numeric(18,9) FROM billing.usage_report(1051, group_by => '{key,model}');
SELECT requests, unpriced, charge FROM billing.usage_report(1051, group_by => '{day}', by => 'occurred_at');
SELECT billing.delete_api_key(1051, 1);
RESET ROLE;
GRANT USAGE ON SCHEMA regress_hostile TO regress_operator;
SET ROLE regress_operator;
SELECT status, lot_no, balance FROM billing.record_offline_payment(1051, 10, 'payment', '1051 bank');
SELECT status, lot_no, balance FROM billing.record_offline_payment(1051, 10, 'payment', '1051 bank');
SELECT billing.settle() AS settled;
SELECT reason FROM billing_books.usage_set_aside WHERE account_id OPERATOR(pg_catalog.=) 1051 ORDER BY reason USING OPERATOR(pg_catalog.<);
SELECT unsettled_rows FROM billing.settler_lag;
SELECT billing.make_partitions(), billing.close_partitions(), billing.book_expired(), billing.unschedule_jobs(), billing.check_health();
SELECT count(*) FROM billing.schedule_jobs();
SELECT status, lot_no, balance FROM billing.grant_bonus(1051, 3, 'gift');
SELECT status, lot_no, balance FROM billing.withdraw_bonus(1051, 2, 'no gift');
SELECT status, lot_no, balance FROM billing.adjust(1051, -1, 'adjust');
SELECT status, id, balance FROM billing.reverse_charge(1051, 'one', 'undo');
SELECT status, id, balance FROM billing.reverse_offline_payment(1051, 1, 'no payment');
SELECT status, balance FROM billing.adjust(1051, -10, 'down');
SELECT status, balance FROM billing.write_off(1051, 1, 'forgiven');
SELECT billing.lock_account(1051), billing.unlock_account(1051);
SELECT billing.set_policy('block_at_zero', 'on'), billing.set_policy('block_at_zero', NULL);
SELECT billing.set_price('access', 'USD', 1, 1, effective_from => '2025-01-01 00:00+00') IS NOT NULL AS set;
SELECT billing.import_prices('[{"provider": "access", "model": "json", "usd_per_million_input": 1, "usd_per_million_output": 1}]', 'CNY', 1, 'access');
SELECT billing.import_prices(E'provider,model,prompt_tokens_over,usd_per_million_input,usd_per_million_output\naccess,access-csv,0,1,1', 'CNY', 1, 'access');
SELECT count(*) FROM billing.policies();
SELECT count(*) > 5 AS has_status FROM billing.status();
SELECT * FROM billing.verify();
RESET ROLE;
SELECT billing.install(), billing.migrate();
SELECT billing.grant_access('regress_auditor', 'auditor');
SELECT * FROM billing.verify();
RESET search_path;
SELECT (SELECT count(*) FROM regress_hostile.account) + (SELECT count(*) FROM pg_temp.account) AS rows_in_hostile_tables;
\c -
SET client_min_messages = warning;
DROP SCHEMA regress_hostile CASCADE;
RESET client_min_messages;

-- Settings of the session change no result: the same calls, told apart by nothing.
CREATE FUNCTION pg_temp.results() RETURNS text LANGUAGE sql AS $$
    SELECT md5(concat((SELECT r::text FROM billing.balance(1050) AS r), (SELECT r::text FROM billing.balance_at(1050, '2030-01-01 00:00:00+00') AS r),
        (SELECT string_agg(ROW(entry_no, extract(epoch FROM recorded_at), source, debit, credit, amount, balance_after)::text, ',') FROM billing.statement(1050)),
        (SELECT string_agg(ROW(item, quantity, price, amount, lot_no, order_id, entry_no)::text, ',') FROM billing.explain_charge(1050, 'priced')),
        (SELECT string_agg(ROW(extract(epoch FROM period), key_id, key_name, model, requests, input_tokens, charge)::text, ',') FROM billing.usage_report(1050, '2020-01-01 00:00+00', '2100-01-01 00:00+00', '{hour,key,model}') AS r),
        (SELECT string_agg(r::text, ',') FROM billing.policies() AS r), (SELECT string_agg(v::text, ',') FROM billing.verify() AS v),
        (SELECT r::text FROM billing.record_offline_payment(1050, 10.00, 'payment', '1050 bank') AS r)))
$$;
SELECT pg_temp.results() AS results \gset
CREATE FUNCTION pg_temp.results_under(setting text, value text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    results text;
BEGIN
    PERFORM set_config(setting, value, true);
    results := pg_temp.results();
    RAISE SQLSTATE '00001';
EXCEPTION WHEN SQLSTATE '00001' THEN
    RETURN results;
END $$;
SELECT setting, value, pg_temp.results_under(setting, value) = :'results' AS same FROM (VALUES
    ('DateStyle', 'SQL, DMY'), ('DateStyle', 'German'), ('IntervalStyle', 'sql_standard'), ('IntervalStyle', 'iso_8601'), ('TimeZone', 'Asia/Kathmandu'), ('TimeZone', 'America/St_Johns'),
    ('row_security', 'off'), ('bytea_output', 'escape'), ('extra_float_digits', '-15'), ('lc_numeric', 'C'), ('standard_conforming_strings', 'off'),
    ('transform_null_equals', 'on'), ('quote_all_identifiers', 'on'), ('timezone_abbreviations', 'Australia'), ('plan_cache_mode', 'force_generic_plan'),
    ('enable_indexscan', 'off'), ('synchronous_commit', 'off'), ('array_nulls', 'off'), ('default_transaction_isolation', 'serializable')) AS s (setting, value);
-- A read-only transaction can read, and writes nothing.
BEGIN READ ONLY;
SELECT balance FROM billing.balance(1050);
SELECT left(test.attempt('SELECT * FROM billing.charge(1050, 1, ''new'', ''access'', 1, 0)'), 5) AS charge;
COMMIT;

-- An owner who is no superuser: he is given the schema, install() and the triggers' functions; then the
-- books are his, and calls work on them with his rights, not with those of a superuser.
CREATE ROLE regress_owner;
CREATE DATABASE regress_billing_owner;
\set old_database :DBNAME
\c regress_billing_owner
CREATE EXTENSION billing;
GRANT USAGE ON SCHEMA billing TO regress_owner;
GRANT EXECUTE ON FUNCTION billing.install(), billing.history_guard(), billing.lifecycle_guard(), billing.lock_guard(), billing.invoice_line_guard(), billing.day_start(date, text), billing.known_time_zone, billing.price_choice, billing.is_price_hours, billing.are_price_items, billing.are_meters, billing.entry_chain, billing.counts_at, billing.hash_lines, billing.hash_lines_add, billing.hash_lines_end, billing.usage_event_digest, billing.sum_meters, billing.sum_meters_add, billing.sum_meters_end, billing.judge_transfer(), billing.forget_cached(), billing.wake_settler(), billing.transfer_allowed(bigint, text, text, bigint, bigint, text, text) TO regress_owner;
-- Somebody has to make the schema of his tables for him, nobody else may create objects there, and he none in schema billing.
SET ROLE regress_owner;
SELECT billing.install();
RESET ROLE;
CREATE SCHEMA billing_books AUTHORIZATION regress_owner;
GRANT CREATE ON SCHEMA billing TO regress_owner WITH GRANT OPTION;
SET ROLE regress_owner;
GRANT CREATE ON SCHEMA billing TO regress_app;
SELECT billing.install();
RESET ROLE;
REVOKE CREATE ON SCHEMA billing FROM regress_owner CASCADE;
SET ROLE regress_owner;
GRANT CREATE ON SCHEMA billing_books TO regress_app;
SELECT billing.install();
REVOKE CREATE ON SCHEMA billing_books FROM regress_app;
SELECT billing.install();
RESET ROLE;
-- migrate() takes away what was given since.
GRANT CREATE ON SCHEMA billing TO PUBLIC;
GRANT CREATE ON SCHEMA billing TO regress_owner WITH GRANT OPTION;
SET ROLE regress_owner;
GRANT CREATE ON SCHEMA billing TO regress_app;
SELECT billing.migrate();
RESET ROLE;
SELECT detail FROM billing.verify();
SELECT billing.migrate();
SELECT * FROM billing.verify();
SELECT DISTINCT pg_get_userbyid(relowner) AS owner FROM pg_class WHERE relnamespace IN ('billing'::regnamespace, 'billing_books'::regnamespace) AND relkind IN ('r', 'p', 'S');
SELECT billing.grant_access('regress_app', 'app'), billing.grant_access('regress_operator', 'operator');
SET ROLE regress_app;
SELECT billing.create_account(1, 'global');
SELECT key_id FROM billing.create_api_key(1, 'prod');
RESET ROLE;
SET ROLE regress_operator;
SELECT billing.set_price('access', 'USD', 1000000, 0, effective_from => '2025-01-01 00:00+00');
SELECT status, balance FROM billing.record_offline_payment(1, 10, 'payment', '1 bank');
RESET ROLE;
SET ROLE regress_app;
SELECT status, charge, balance FROM billing.charge(1, 1, 'one', 'access', 3, 0);
SELECT billing.set_balance_alert(1, 6), billing.meter(1, 1, 'metered', 'access', 1, 0), billing.meter(1, 9, 'no such key', 'access', 1, 0);
INSERT INTO billing_books.usage_inbox (account_id, key_id, request_id, model, input_tokens, output_tokens) VALUES (1, 1, 'inserted', 'access', 1, 0);
RESET ROLE;
SET ROLE regress_operator;
SELECT billing.settle(), billing.make_partitions(), billing.close_partitions(), billing.book_expired(), billing.check_health();
SELECT charge FROM billing.usage_report(1, group_by => '{}');
SELECT reason FROM billing_books.usage_set_aside;
SELECT unsettled_rows FROM billing.settler_lag;
SELECT status, balance FROM billing.reverse_charge(1, 'one', 'undo');
SELECT * FROM billing.verify();
SELECT count(*) > 0 AS policies FROM billing.policy;
RESET ROLE;
-- A trigger of the owner's runs with his rights at most; one that asks who it is says so.
SET ROLE regress_owner;
CREATE FUNCTION billing_books.who() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE NOTICE 'as %, superuser %', current_user, (SELECT rolsuper FROM pg_roles WHERE rolname = current_user); RETURN NEW; END $$;
CREATE TRIGGER who BEFORE INSERT ON billing_books.usage_event FOR EACH ROW EXECUTE FUNCTION billing_books.who();
RESET ROLE;
SET ROLE regress_app;
SELECT status FROM billing.charge(1, 1, 'two', 'access', 3, 0);
RESET ROLE;
-- Not with a superuser's either, whom the owner waits for.
SET ROLE regress_owner;
CREATE TRIGGER who BEFORE INSERT ON billing_books.access_grant FOR EACH ROW EXECUTE FUNCTION billing_books.who();
RESET ROLE;
SELECT billing.grant_access('regress_auditor', 'auditor');
SELECT billing.migrate();
SET ROLE regress_owner;
SELECT billing.install();
UPDATE billing_books.ledger_entry SET amount = 1;
SET billing.allow_history_change = on;
RESET ROLE;
\c :old_database
DROP DATABASE regress_billing_owner;

DROP OWNED BY regress_notice;
DROP ROLE regress_notice;
DROP OWNED BY regress_app, regress_operator, regress_auditor, regress_stranger;
DROP ROLE regress_app, regress_operator, regress_auditor, regress_stranger, regress_owner;
SELECT * FROM billing.verify();
