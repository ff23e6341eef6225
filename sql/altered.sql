-- The tables' owner may alter them: what comes back is looked at before it is read, what was written is counted, and whatever is
-- otherwise than install() made it is an error of its own (LB615) that changes nothing. Accounts 2200 to 2204.
SELECT count(billing.create_account(account_id, 'cn')) AS accounts FROM generate_series(2200, 2203) AS account_id;
SELECT billing.create_account(2204, 'cn', 'altered@example.com');
SELECT api_key FROM billing.create_api_key(2200, 'prod') \gset
SELECT key_id FROM billing.create_api_key(2204, 'prod');
SELECT billing.set_price('altered', 'CNY', 1000000, 0, effective_from => '2025-01-01 00:00+00') IS NOT NULL AS set;
SELECT status FROM billing.record_offline_payment(2200, 100, 'payment', '2200 bank 2200');
SELECT status FROM billing.charge(2200, 1, 'before', 'altered', 1, 0);
SELECT billing.meter(2200, 1, 'metered', 'altered', 1, 0);
CREATE FUNCTION pg_temp.drop_row() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';

-- Does what the owner did, tries a call, and undoes all of it.
CREATE FUNCTION pg_temp.altered(call text, VARIADIC commands text[]) RETURNS text LANGUAGE sql AS $$
    SELECT left(test.altered(commands, call), 130)
$$;

-- Other types: a number would be read as a pointer, a text as a number.
SELECT what, pg_temp.altered(call, command) FROM (VALUES
    ('a number for a text', 'SELECT billing.charge(2200, 1, ''a'', ''altered'', 1, 0)', 'ALTER TABLE billing_books.api_key ALTER name TYPE bigint USING 4294967296'),
    ('the same in a batch', 'SELECT billing.settle()', 'ALTER TABLE billing_books.api_key ALTER name TYPE bigint USING 4294967296'),
    ('a text for a number', 'SELECT billing.balance(2200)', 'ALTER TABLE billing_books.account ALTER locks TYPE text'),
    ('a float for an amount', 'SELECT billing.charge(2200, 1, ''a'', ''altered'', 1, 0)', 'ALTER TABLE billing_books.lot ALTER remaining TYPE float8'),
    ('a date for an instant', 'SELECT billing.charge(2200, 1, ''a'', ''altered'', 1, 0)', 'ALTER TABLE billing_books.account ALTER last_booked_at TYPE date'),
    ('a text for a hash', format('SELECT billing.authorize(%L)', :'api_key'), 'ALTER TABLE billing_books.api_key DROP CONSTRAINT api_key_secret_hash_check, ALTER secret_hash TYPE text'),
    ('an int for a bigint', 'SELECT billing.settle()', 'ALTER TABLE billing_books.usage_inbox ALTER account_id TYPE int'),
    ('a bigint for an int', 'SELECT billing.charge(2200, 1, ''before'', ''altered'', 1, 0)', 'ALTER TABLE billing_books.usage_event ALTER input_tokens TYPE bigint'),
    ('an int for a smallint', 'SELECT billing.charge(2200, 1, ''before'', ''altered'', 1, 0)', 'ALTER TABLE billing_books.usage_event ALTER probe TYPE int'),
    ('a domain', 'SELECT billing.charge(2200, 1, ''a'', ''altered'', 1, 0)', 'CREATE DOMAIN test.n AS text; ALTER TABLE billing_books.api_key ALTER name TYPE test.n'),
    ('a text for an expiry', 'SELECT billing.charge(2200, 1, ''a'', ''altered'', 1, 0)', 'ALTER TABLE billing_books.api_key ALTER expires_at TYPE text'),
    ('the same at the gate', 'SELECT billing.authorize(2200, 1)', 'ALTER TABLE billing_books.api_key ALTER expires_at TYPE text'),
    ('a date for the end of a secret', 'SELECT billing.authorize(2200, 1)', 'ALTER TABLE billing_books.api_key ALTER old_secret_until TYPE date'),
    ('a number for a project', 'SELECT billing.charge(2200, 1, ''a'', ''altered'', 1, 0)', 'ALTER TABLE billing_books.api_key ALTER project DROP DEFAULT, ALTER project TYPE bigint USING 4294967296'),
    ('in a report', 'SELECT billing.statement(2200)', 'ALTER TABLE billing_books.ledger_entry ALTER actor TYPE bytea USING actor::bytea'),
    ('in a list', 'SELECT * FROM billing.list_usage(2200)', 'ALTER TABLE billing_books.usage_event ALTER key_name TYPE varchar(200)'),
    ('an instant of another kind', 'SELECT * FROM billing.list_usage(2200)', 'ALTER TABLE billing_books.usage_event ALTER occurred_at TYPE timestamp'),
    ('a list without its table', 'SELECT * FROM billing.list_balance_alerts(2200)', 'DROP TABLE billing_books.balance_alert'),
    ('in a view of ours', 'SELECT * FROM billing.unpriced_usage', 'ALTER TABLE billing_books.usage_event ALTER model TYPE varchar(200)')) AS c (what, call, command);

-- Nulls and values that cannot be.
SELECT what, pg_temp.altered(call, VARIADIC commands) FROM (VALUES
    ('no currency', 'SELECT billing.charge(2200, 1, ''a'', ''altered'', 1, 0)', ARRAY['ALTER TABLE billing_books.account ALTER currency DROP NOT NULL', 'UPDATE billing_books.account SET currency = NULL WHERE account_id = 2200']),
    ('no hash', format('SELECT billing.authorize(%L)', :'api_key'), ARRAY['ALTER TABLE billing_books.api_key ALTER secret_hash DROP NOT NULL', 'UPDATE billing_books.api_key SET secret_hash = NULL WHERE account_id = 2200']),
    ('a short hash', format('SELECT billing.authorize(%L)', :'api_key'), ARRAY['ALTER TABLE billing_books.api_key DROP CONSTRAINT api_key_secret_hash_check', 'UPDATE billing_books.api_key SET secret_hash = ''x'' WHERE account_id = 2200']),
    ('no old hash', format('SELECT billing.authorize(%L)', :'api_key'), ARRAY['ALTER TABLE billing_books.api_key DROP CONSTRAINT api_key_check', 'UPDATE billing_books.api_key SET old_secret_until = ''2100-01-01'' WHERE account_id = 2200']),
    ('a short old hash', 'SELECT billing.authorize(2200, 1)', ARRAY['ALTER TABLE billing_books.api_key DROP CONSTRAINT api_key_old_secret_hash_check', 'UPDATE billing_books.api_key SET old_secret_until = ''2100-01-01'', old_secret_hash = ''x'' WHERE account_id = 2200']),
    ('no project of a key', 'SELECT billing.charge(2200, 1, ''a'', ''altered'', 1, 0)', ARRAY['ALTER TABLE billing_books.api_key ALTER project DROP NOT NULL', 'UPDATE billing_books.api_key SET project = NULL WHERE account_id = 2200']),
    ('no versions', 'SELECT billing.charge(2200, 1, ''a'', ''altered'', 1, 0)', ARRAY['UPDATE billing_books.api_key SET expiry_set_at = ''infinity'' WHERE account_id = 2200', 'DELETE FROM billing_books.api_key_version WHERE account_id = 2200']),
    ('the same in a batch', 'SELECT billing.settle()', ARRAY['UPDATE billing_books.api_key SET expiry_set_at = ''infinity'' WHERE account_id = 2200', 'DELETE FROM billing_books.api_key_version WHERE account_id = 2200']),
    ('no version to change', 'SELECT billing.update_api_key(2200, 1, ''x'')', ARRAY['UPDATE billing_books.api_key SET version_no = 0 WHERE account_id = 2200']),
    ('no name of a key', 'SELECT billing.charge(2200, 1, ''a'', ''altered'', 1, 0)', ARRAY['ALTER TABLE billing_books.api_key ALTER name DROP NOT NULL', 'UPDATE billing_books.api_key SET name = NULL WHERE account_id = 2200']),
    ('a status of its own', 'SELECT billing.charge(2200, 1, ''before'', ''altered'', 1, 0)', ARRAY['UPDATE billing_books.usage_event SET status = ''paid'' WHERE account_id = 2200']),
    ('no gateway', 'SELECT billing.reverse_offline_payment(2200, 1, ''a'')', ARRAY['ALTER TABLE billing_books.payment ALTER gateway DROP NOT NULL', 'UPDATE billing_books.payment SET gateway = NULL WHERE account_id = 2200']),
    ('policies without a name', 'SELECT billing.charge(2200, 1, ''a'', ''altered'', 1, 0)', ARRAY['ALTER TABLE billing_books.policy_setting DROP CONSTRAINT policy_setting_pkey, ALTER name DROP NOT NULL', 'INSERT INTO billing_books.policy_setting VALUES (NULL, '''', 1)'])) AS c (what, call, commands);

-- Rows that a trigger drops.
SELECT name, pg_temp.altered(call, format('CREATE TRIGGER drop_row BEFORE INSERT OR UPDATE ON billing_books.%I FOR EACH ROW EXECUTE FUNCTION pg_temp.drop_row()', name)) FROM (VALUES
    ('account', 'SELECT billing.charge(2200, 1, ''a'', ''altered'', 1, 0)'),
    ('lot', 'SELECT billing.charge(2200, 1, ''a'', ''altered'', 1, 0)'),
    ('ledger_entry', 'SELECT billing.charge(2200, 1, ''a'', ''altered'', 1, 0)'),
    ('usage_event', 'SELECT billing.charge(2200, 1, ''a'', ''altered'', 1, 0)'),
    ('account', 'SELECT billing.settle()'), ('lot', 'SELECT billing.settle()'), ('ledger_entry', 'SELECT billing.settle()'), ('usage_event', 'SELECT billing.settle()'),
    ('usage_inbox', 'SELECT billing.meter(2200, 1, ''a'', ''altered'', 1, 0)'),
    ('price', 'SELECT billing.set_price(''altered'', ''USD'', 2, 2)'),
    ('api_key', 'SELECT billing.create_api_key(2200, ''b'')'), ('api_key', 'SELECT billing.delete_api_key(2200, 1)'), ('api_key', 'SELECT billing.update_api_key(2200, 1, ''x'')'), ('api_key', 'SELECT billing.rotate_api_key(2200, 1, ''x'')'),
    ('api_key_version', 'SELECT billing.create_api_key(2200, ''b'')'), ('api_key_version', 'SELECT billing.update_api_key(2200, 1, ''x'')'), ('api_key_version', 'SELECT billing.rotate_api_key(2200, 1, ''x'')'),
    ('account_lock', 'SELECT billing.lock_account(2200)'),
    ('payment_order', 'SELECT billing.record_offline_payment(2200, 1, ''a'', ''2200 bank'')'), ('payment', 'SELECT billing.record_offline_payment(2200, 1, ''a'', ''2200 bank'')'),
    ('take_back', 'SELECT billing.reverse_offline_payment(2200, 1, ''a'')'),
    ('charge_reversal', 'SELECT billing.reverse_charge(2200, ''before'', ''a'')'),
    ('idempotent_call', 'SELECT billing.grant_bonus(2200, 1, ''a'')'), ('audit_log', 'SELECT billing.grant_bonus(2200, 1, ''a'')'),
    ('contact_history', 'SELECT billing.update_contact(2200, ''a@b.c'', NULL, NULL, ''a'')'), ('account_profile', 'SELECT billing.update_contact(2200, ''a@b.c'', NULL, NULL, ''a'')'),
    ('idempotent_call', 'SELECT billing.update_contact(2200, ''a@b.c'', NULL, NULL, ''a'')'),
    ('account_profile', 'SELECT billing.erase_contact(2204, ''why'')'), ('notification', 'SELECT billing.erase_contact(2204, ''why'')'), ('audit_log', 'SELECT billing.erase_contact(2204, ''why'')'),
    ('balance_alert', 'SELECT billing.set_balance_alert(2200, 1)'),
    ('policy_setting', 'SELECT billing.set_policy(''block_at_zero'', ''on'')')) AS c (name, call);

-- A batch stops and tells: nothing is set aside for it, nothing is lost, and afterwards it is settled.
BEGIN;
CREATE TRIGGER drop_row BEFORE INSERT ON billing_books.usage_event FOR EACH ROW EXECUTE FUNCTION pg_temp.drop_row();
SELECT left(test.attempt('SELECT billing.settle()'), 5) AS settle;
SELECT count(*) AS in_the_inbox, (SELECT count(*) FROM billing_books.usage_set_aside WHERE account_id = 2200) AS set_aside FROM billing_books.usage_inbox WHERE account_id = 2200;
ROLLBACK;
SELECT billing.settle() AS settled;
SELECT status, charge FROM billing_books.usage_event WHERE account_id = 2200 AND request_id = 'metered';
SELECT * FROM test.verify();
-- A price row that cannot be read takes no memory for what was read before it, however often it is asked for.
BEGIN;
INSERT INTO billing_books.price (currency, model, hours, prompt_tokens_over, effective_from, input, output, cache_read, cache_write)
SELECT 'CNY', 'altered-hours', CASE n WHEN 1000 THEN 'z' ELSE '' END, 0, '2025-01-01 00:00+00'::timestamptz + n * interval '1 s', 1, 1, 1, 1 FROM generate_series(1, 1000) AS n;
DO $$
DECLARE
    refused int := 0;
BEGIN
    FOR n IN 1 .. 100 LOOP
        BEGIN
            PERFORM billing.price_choice('CNY', 'altered-hours', NULL, NULL, 1, now());
        EXCEPTION WHEN SQLSTATE 'LB615' THEN
            refused := refused + 1;
        END;
    END LOOP;
    RAISE INFO '% refused', refused;
END
$$;
SELECT sum(total_bytes) < 1000000 AS bounded FROM pg_backend_memory_contexts WHERE name LIKE 'billing prices%';
ROLLBACK;
-- Nor is a zone looked for that set_price() refuses.
BEGIN;
INSERT INTO billing_books.price (currency, model, hours, prompt_tokens_over, effective_from, input, output, cache_read, cache_write) VALUES ('CNY', 'altered-zone', '08:00-09:00 AAA1', 0, '2025-01-01 00:00+00', 1, 1, 1, 1);
SELECT left(test.attempt('SELECT billing.price_choice(''CNY'', ''altered-zone'', NULL, NULL, 1, now())'), 64) AS zone;
ROLLBACK;
