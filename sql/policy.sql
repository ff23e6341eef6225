-- Policies: typed, bounded, with defaults in code; every change is in the audit log (design 5).
SELECT name, type, currency, value, value_default, value_min, value_max FROM billing.policy;
SELECT bool_and(description > '') AS described FROM billing.policy;
SELECT count(*) AS rows_of_defaults FROM billing_books.policy_setting;

-- Each type, set and shown in a form that set_policy() reads again; null goes back to the default.
CREATE FUNCTION pg_temp.set_and_show(name text, value text, currency text, OUT shown text, OUT stays boolean) LANGUAGE plpgsql AS $$
DECLARE
    stored bigint;
    outcome text;
BEGIN
    PERFORM billing.set_policy(name, value, currency);
    SELECT s.value INTO stored FROM billing_books.policy_setting AS s WHERE s.name = $1 AND s.currency = coalesce($3, '');
    SELECT p.value INTO shown FROM billing.policy AS p WHERE p.name = $1 AND p.currency IS NOT DISTINCT FROM $3;
    outcome := test.attempt(format('SELECT billing.set_policy(%L, %L, %L)', name, shown, currency));
    SELECT outcome = 'done' AND s.value = stored INTO stays FROM billing_books.policy_setting AS s WHERE s.name = $1 AND s.currency = coalesce($3, '');
    PERFORM billing.set_policy(name, NULL, currency);
END $$;
SELECT name, value, currency, CASE WHEN value NOT LIKE '%.%' THEN shown END AS shown, stays FROM (VALUES
    ('block_at_zero', 'on', NULL), ('block_at_zero', 'true', NULL), ('block_at_zero', '0', NULL),
    ('dedupe_window', '1 day', NULL), ('dedupe_window', '56 days', NULL), ('dedupe_window', '40 days 12 hours', NULL), ('dedupe_window', '90061 s', NULL), ('dedupe_window', 'P5DT6H', NULL),
    ('dedupe_window', '1 day 0.000001 s', NULL), ('dedupe_window', '33 days 12:34:56.789012', NULL),
    ('future_tolerance', '0', NULL), ('future_tolerance', '1 hour', NULL), ('future_tolerance', '90 s', NULL), ('future_tolerance', '0.5 s', NULL),
    ('go_live_at', '2026-01-01 00:00:00+00', NULL), ('go_live_at', '2026-01-01 00:00:00.123456+05:45', NULL), ('go_live_at', '1999-12-31 23:59:59.999999+00', NULL),
    ('second_person_above', '0', 'CNY'), ('second_person_above', '100', 'USD'), ('second_person_above', '999999999.999999999', 'CNY'), ('second_person_above', '1e3', 'CNY')) AS p (name, value, currency), pg_temp.set_and_show(name, value, currency);
SELECT count(*) AS rows_of_defaults FROM billing_books.policy_setting;

-- Amounts are per currency: one does not touch the other.
SELECT billing.set_policy('second_person_above', '100', 'CNY', 'alice', 'audit of May');
SELECT billing.set_policy('second_person_above', '200', 'CNY', 'bob');
SELECT currency, value FROM billing.policy WHERE name = 'second_person_above' ORDER BY currency;
SELECT billing.set_policy('second_person_above', NULL, 'CNY');
SELECT action, object, old_value, new_value, actor = session_user AS by_me, reason FROM billing_books.audit_log
WHERE action = 'set_policy' AND object = 'second_person_above in CNY' ORDER BY audit_no DESC LIMIT 3;

-- In force at once, in this session and after a rollback as before.
SELECT billing.create_account(1450, 'cn');
BEGIN;
SELECT billing.set_policy('block_at_zero', 'on');
SELECT callable FROM billing.balance(1450);
ROLLBACK;
SELECT callable FROM billing.balance(1450);
BEGIN;
SAVEPOINT before;
SELECT billing.set_policy('block_at_zero', 'on');
SELECT callable FROM billing.balance(1450);
ROLLBACK TO before;
SELECT callable FROM billing.balance(1450);
COMMIT;
SELECT count(*) AS rows_of_defaults FROM billing_books.policy_setting;
SELECT * FROM test.verify();
