-- History cannot be changed by any DML: not by the owner, not by a superuser, not under
-- session_replication_role = replica (design 4). Accounts 1350 to 1359.
CREATE ROLE regress_history_owner;
BEGIN;
SET LOCAL client_min_messages = warning; -- TRUNCATE CASCADE names the tables
-- A month that is closed by now: the clock is set back for its usage, and its partition made.
SET LOCAL billing.clock_offset = '-200d';
SELECT billing.make_partitions() > 0 AS made;
SELECT billing.create_account(1349, 'cn');
SELECT key_id FROM billing.create_api_key(1349, 'prod');
SELECT billing.set_price('history', 'CNY', 1000000, 0, effective_from => '2000-01-01 00:00+00') IS NOT NULL AS set;
SELECT status FROM billing.charge(1349, 1, 'long ago', 'history', 3, 0);
RESET billing.clock_offset;
SELECT billing.set_policy('usage_retention', '60 days');
SELECT billing.close_partitions() > 0 AS closed;
SELECT 'billing_books.' || min(partition_name) AS closed FROM billing_books.closed_month \gset
SELECT * FROM test.verify();
SELECT billing.create_account(1350, 'cn', 'a@b.c');
SELECT count(billing.create_api_key(1350, name, idempotency_key => name)) AS keys FROM unnest(ARRAY['prod', 'deleted']) AS name;
SELECT billing.delete_api_key(1350, 2);
SELECT status FROM billing.record_offline_payment(1350, 100, 'payment', '1350 bank');
SELECT status FROM billing.record_offline_payment(1350, 50, 'mistake', '1350 bank 2');
SELECT status FROM billing.reverse_offline_payment(1350, 2, 'reversed');
SELECT status FROM billing.charge(1350, 1, 'charged', 'history', 3, 0);
SELECT status FROM billing.charge(1350, 1, 'undone', 'history', 4, 0);
SELECT status FROM billing.reverse_charge(1350, 'undone', 'undo');
SELECT status FROM billing.charge(1350, 1, 'unpriced', 'history-unpriced', 3, 0);
SELECT billing.set_price_list(1350, 'standard', '2100-01-01 00:00+00') IS NOT NULL AS set;
SELECT status FROM billing.charge(1350, 2, 'rejected', 'history', 3, 0);
SELECT billing.set_gateway('history', 'wechat', 'cn', 'subject');
SELECT billing.set_payment_method('history', 'history', 'native');
SELECT billing.create_promotion('history', 'cn', 10, 1);
SELECT order_id, state FROM billing.create_topup(1350, 10, 'history', 'topup', 'history');
INSERT INTO billing_books.arming (epoch, token, armed_at, armed_by, login, books_until) VALUES (0, 'history', now(), 'me', 'me', now());
INSERT INTO billing_books.gateway_notice (gateway, received_at, state, headers, body) VALUES ('history', now(), 'applied', '{}', '');
INSERT INTO billing_books.refund_claim (gateway, transaction_id, refund_id, account_id, call_id, amount, refunded_at) VALUES ('history', 'T', '50', 1350, 1, 1, now());
INSERT INTO billing_books.reconciliation (gateway, day, run, state, requested_at, requested_by, finished_at) VALUES ('history', '2025-01-01', 1, 'done', now(), 'me', now());
INSERT INTO billing_books.reconciliation_difference (gateway, day, run, class, subject, transaction_id, refund_id, number, state, detail, found_at) VALUES ('history', '2025-01-01', 1, 'amount', 'payment', 'T', '', '', 'open', 'x', now());
INSERT INTO billing_books.reconciliation_line (account_id, line_no, gateway, day, run, class, amount, recorded_at) VALUES (-1, 1, 'history', '2025-01-01', 1, 'fee', 1, now());
WITH w AS (INSERT INTO billing_books.rerate (account_id, occurred_from, occurred_to, prices_at, begun_at, finished_at, call_account_id, idempotency_key, actor) VALUES (1350, '2025-01-01 00:00+00', now(), now(), now(), now(), 1350, 'history', 'me') RETURNING rerate_no),
    a AS (INSERT INTO billing_books.rerate_account (account_id, rerate_no, events, less, more, last_entry_no, next_reversal_id, booked_until, finished_at) SELECT 1350, rerate_no, 1, 1, 0, 1, 1, now(), now() FROM w),
    s AS (INSERT INTO billing_books.rerate_skip (account_id, rerate_no, reason, events) SELECT 1350, rerate_no, 'plan', 1 FROM w)
INSERT INTO billing_books.charge_revision (account_id, request_hash, event_recorded_at, recorded_at, rerate_no, old_price_id, price_id, key_id, revision_no, entry_count, probe, old_charge, charge, amount, written_off, model, occurred_at)
SELECT u.account_id, u.request_hash, u.recorded_at, now(), w.rerate_no, 1, 2, 1, 1, 0, 0, 3, 3, 0, 0, u.model, u.occurred_at FROM w, billing_books.usage_event AS u WHERE u.account_id = 1350 AND u.request_id = 'charged';
SELECT status FROM billing.refund_order(1350, 1, 1, 'refund');
SELECT billing.lock_account(1350);
SELECT billing.unlock_account(1350);
SELECT billing.set_policy('second_person_above', '10', 'CNY');
SELECT status FROM billing.grant_bonus(1350, 11, 'large');
SELECT billing.set_balance_alert(1350, 30);
SELECT billing.set_notification(1350, 'order_closed', 'email', true), billing.set_email_template('order_closed', 'en', 'Closed', 'It is closed.'), billing.set_sms_template('order_closed', 'cn', 'zh', 'Example', 'SMS_1', '{}');
INSERT INTO billing_books.webhook_endpoint (account_id, endpoint_id, url, host, secret_version, created_at) VALUES (1350, 1, 'https://example.com/', 'example.com', 1, now());
SELECT status FROM billing.charge(1350, 1, 'down', 'history', 80, 0);
SELECT billing.meter(1350, 9, 'set aside', 'history', 3, 0);
SELECT billing.settle() > 0 AS settled;
INSERT INTO billing_books.parking (worker, account_id, parked_at) VALUES ('settler', 1350, now()); -- as the settler does after a crash
SELECT billing.meter(1350, 1, 'metered', 'history', 5, 0);
SET LOCAL billing.clock_offset = '500d';
SELECT status FROM billing.charge(1350, 1, 'in the default partition', 'history', 3, 0);
RESET billing.clock_offset;

-- Each table of history, a leaf of usage_event on its own and the default one.
SELECT min(tableoid::regclass::text) AS leaf FROM billing_books.usage_event WHERE account_id = 1350 AND request_id = 'charged' \gset
CREATE TEMP TABLE target (place serial, what text, name text, change text, only_where text);
INSERT INTO target (what, name, change, only_where) VALUES
    ('ledger_entry', 'billing_books.ledger_entry', 'amount = amount + 1', 'account_id = 1350'),
    ('usage_event', 'billing_books.usage_event', 'charge = charge + 1', 'account_id = 1350 AND status = ''charged'''),
    ('usage_event, a rejected one', 'billing_books.usage_event', 'status = ''charged''', 'account_id = 1350 AND status = ''rejected'''),
    ('usage_event, tokens of an unpriced one', 'billing_books.usage_event', 'input_tokens = 0', 'account_id = 1350 AND status = ''unpriced'''),
    ('usage_event, an unpriced one made free', 'billing_books.usage_event', 'status = ''free'', charge = 0', 'account_id = 1350 AND status = ''unpriced'''),
    ('usage_event, receipt of an unpriced one', 'billing_books.usage_event', 'recorded_at = recorded_at + interval ''1 month''', 'account_id = 1350 AND status = ''unpriced'''),
    ('usage_event, the leaf', :'leaf', 'charge = charge + 1', 'account_id = 1350 AND status = ''charged'''),
    ('usage_event_default', 'billing_books.usage_event_default', 'charge = charge + 1', 'account_id = 1350'),
    ('lot, its number', 'billing_books.lot', 'lot_no = lot_no + 100', 'account_id = 1350'),
    ('lot, its amount', 'billing_books.lot', 'amount = amount + 1', 'account_id = 1350'),
    ('lot, its order', 'billing_books.lot', 'order_id = NULL', 'account_id = 1350'),
    ('lot, its expiry', 'billing_books.lot', 'expires_at = now()', 'account_id = 1350'),
    ('lot, its kind and source', 'billing_books.lot', 'kind = ''bonus'', source_type = ''grant'', source_id = 1', 'account_id = 1350'),
    ('account, its number', 'billing_books.account', 'account_id = 1359', 'account_id = 1350'),
    ('account, its region', 'billing_books.account', 'region = ''global'', currency = ''USD''', 'account_id = 1350'),
    ('account, its birth', 'billing_books.account', 'created_at = created_at - interval ''1 day''', 'account_id = 1350'),
    ('account_lock', 'billing_books.account_lock', 'unlocked_at = NULL', 'account_id = 1350'),
    ('api_key, a deleted one', 'billing_books.api_key', 'deleted_at = NULL', 'account_id = 1350 AND key_id = 2'),
    ('api_key, its kind', 'billing_books.api_key', 'kind = ''plan''', 'account_id = 1350 AND key_id = 1'),
    ('api_key, its birth', 'billing_books.api_key', 'created_at = created_at - interval ''1 day''', 'account_id = 1350 AND key_id = 1'),
    ('api_key_version', 'billing_books.api_key_version', 'expires_at = now()', 'account_id = 1350 AND key_id = 1'),
    ('usage_set_aside', 'billing_books.usage_set_aside', 'reason = ''none''', 'account_id = 1350'),
    ('usage_day', 'billing_books.usage_day', 'charge = charge + 1', 'account_id = 1349'),
    ('closed_month', 'billing_books.closed_month', 'charge = charge + 1', 'true'),
    ('the table of a closed month', :'closed', 'charge = charge + 1', 'account_id = 1349'),
    ('balance_alert, its number', 'billing_books.balance_alert', 'alert_no = alert_no + 100', 'account_id = 1350'),
    ('balance_alert, its hours', 'billing_books.balance_alert', 'runway_hours = 1', 'account_id = 1350'),
    ('notification, what it says', 'billing_books.notification', 'payload = ''{}''', 'account_id = 1350'),
    ('notification, to whom', 'billing_books.notification', 'address = ''other''', 'account_id = 1350'),
    ('notification, what about', 'billing_books.notification', 'event = ''balance_recovered'', episode = 2', 'account_id = 1350'),
    ('notification_setting, of what', 'billing_books.notification_setting', 'event = ''key_created''', 'account_id = 1350'),
    ('webhook_endpoint, its url', 'billing_books.webhook_endpoint', 'url = ''https://other.example.com/''', 'account_id = 1350'),
    ('email_template', 'billing_books.email_template', 'body = ''other''', 'event = ''order_closed'''),
    ('sms_template', 'billing_books.sms_template', 'template_code = ''other''', 'event = ''order_closed'''),
    ('parking', 'billing_books.parking', 'parked_at = now() + interval ''1 s''', 'account_id = 1350'),
    ('price', 'billing_books.price', 'input = 0', 'model = ''history'''),
    ('payment_order', 'billing_books.payment_order', 'pay_amount = 1', 'account_id = 1350'),
    ('payment_order, its state', 'billing_books.payment_order', 'state = ''closed'', close_reason = ''expired'', paid_at = NULL', 'account_id = 1350'),
    ('payment', 'billing_books.payment', 'amount = 1', 'account_id = 1350'),
    ('payment, its state', 'billing_books.payment', 'state = ''held''', 'account_id = 1350'),
    ('payment_claim', 'billing_books.payment_claim', 'try = 2', 'account_id = 1350'),
    ('take_back', 'billing_books.take_back', 'amount = 1', 'account_id = 1350'),
    ('refund_claim', 'billing_books.refund_claim', 'refund_id = ''other''', 'account_id = 1350'),
    ('refund', 'billing_books.refund', 'requested_by = ''other''', 'account_id = 1350'),
    ('refund, its state', 'billing_books.refund', 'state = ''accepted'', decided_at = NULL, decided_by = NULL', 'account_id = 1350'),
    ('refund_item', 'billing_books.refund_item', 'amount = 2', 'account_id = 1350'),
    ('refund_item, its state', 'billing_books.refund_item', 'state = ''paid''', 'account_id = 1350'),
    ('reconciliation', 'billing_books.reconciliation', 'requested_by = ''other''', 'gateway = ''history'''),
    ('reconciliation, its state', 'billing_books.reconciliation', 'state = ''fetching'', finished_at = NULL, due_at = now()', 'gateway = ''history'''),
    ('reconciliation_difference', 'billing_books.reconciliation_difference', 'class = ''fee''', 'gateway = ''history'''),
    ('reconciliation_line', 'billing_books.reconciliation_line', 'amount = 2', 'gateway = ''history'''),
    ('payment_order, how it is paid', 'billing_books.payment_order', 'payer = ''{}'', return_url = ''x'', expires_at = now()', 'account_id = 1350 AND order_id = 3'),
    ('payment_order, its promotion', 'billing_books.payment_order', 'promotion = ''other''', 'account_id = 1350 AND order_id = 3'),
    ('gateway', 'billing_books.gateway', 'provider = ''alipay''', 'gateway = ''history'''),
    ('promotion', 'billing_books.promotion', 'gift = 100', 'promotion = ''history'''),
    ('gateway_call', 'billing_books.gateway_call', 'kind = ''follow''', 'account_id = 1350'),
    ('gateway_call, its state', 'billing_books.gateway_call', 'state = ''done'', due_at = NULL', 'account_id = 1350'),
    ('arming', 'billing_books.arming', 'epoch = 1', 'token = ''history'''),
    ('charge_reversal', 'billing_books.charge_reversal', 'amount = 1', 'account_id = 1350'),
    ('charge_revision', 'billing_books.charge_revision', 'amount = 1', 'account_id = 1350'),
    ('rerate', 'billing_books.rerate', 'actor = ''other''', 'account_id = 1350'),
    ('rerate, when it began', 'billing_books.rerate', 'begun_at = now() + interval ''1 s''', 'account_id = 1350'),
    ('rerate_account', 'billing_books.rerate_account', 'less = 2', 'account_id = 1350'),
    ('rerate_account, its end', 'billing_books.rerate_account', 'finished_at = NULL', 'account_id = 1350'),
    ('rerate_skip', 'billing_books.rerate_skip', 'reason = ''free''', 'account_id = 1350'),
    ('idempotent_call', 'billing_books.idempotent_call', 'result = ''{}''', 'account_id = 1350'),
    ('approval_request', 'billing_books.approval_request', 'requested_by = ''other''', 'account_id = 1350'),
    ('account_price_list', 'billing_books.account_price_list', 'price_list = ''other''', 'account_id = 1350'),
    ('audit_log', 'billing_books.audit_log', 'actor = ''other''', 'account_id = 1350');
GRANT SELECT ON target TO PUBLIC;
-- Every target has a row, else its triggers would have nothing to refuse.
CREATE FUNCTION pg_temp.rows(name text, only_where text) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE n bigint;
BEGIN
    EXECUTE format('SELECT count(*) FROM %s WHERE %s', name, only_where) INTO n;
    RETURN n;
END $$;
SELECT what AS without_rows FROM target WHERE pg_temp.rows(name, only_where) = 0;
-- And every table that has guards is a target.
SELECT DISTINCT c.relname AS no_target FROM pg_trigger AS t JOIN pg_class AS c ON c.oid = t.tgrelid
WHERE t.tgfoid IN ('billing.history_guard'::regproc, 'billing.lifecycle_guard'::regproc) AND NOT c.relispartition AND c.relname !~ '^usage_event_[0-9]'
  AND NOT EXISTS (SELECT FROM target AS g WHERE g.name = 'billing_books.' || c.relname) ORDER BY 1;
-- The inbox is no history yet, a profile may change, forged messages are forgotten; but nobody shall empty them.
SELECT call, left(test.attempt(call), 5) AS outcome FROM (VALUES ('TRUNCATE billing_books.usage_inbox'), ('DELETE FROM billing_books.account_profile WHERE account_id = 1350'), ('TRUNCATE billing_books.account_profile'),
    ('TRUNCATE billing_books.gateway_notice'), ('UPDATE billing_books.gateway_notice SET body = ''x'' WHERE gateway = ''history'''),
    ('UPDATE billing_books.account_profile SET email = ''b@c.d'' WHERE account_id = 1350')) AS c (call);

CREATE FUNCTION pg_temp.tried(g target, OUT update text, OUT merge_update text, OUT delete text, OUT merge_delete text, OUT truncate text) LANGUAGE plpgsql AS $$
DECLARE
    merge text := format('MERGE INTO %s AS t USING (VALUES (1)) AS v ON %s WHEN MATCHED THEN ', g.name, g.only_where);
BEGIN
    update := left(test.attempt(format('UPDATE %s SET %s WHERE %s', g.name, g.change, g.only_where)), 5);
    merge_update := left(test.attempt(merge || 'UPDATE SET ' || g.change), 5);
    delete := left(test.attempt(format('DELETE FROM %s WHERE %s', g.name, g.only_where)), 5);
    merge_delete := left(test.attempt(merge || 'DELETE'), 5);
    truncate := left(test.attempt(format('TRUNCATE %s CASCADE', g.name)), 5);
END $$;

-- As the owner and superuser.
SELECT g.what, t.* FROM target AS g, pg_temp.tried(g) AS t ORDER BY g.place;
SELECT test.attempt('UPDATE billing_books.ledger_entry SET amount = 1 WHERE account_id = 1350');
SELECT test.attempt('DELETE FROM billing_books.usage_event WHERE account_id = 1350 AND request_id = ''in the default partition''');
SELECT test.attempt('TRUNCATE billing_books.audit_log');
SELECT test.attempt('TRUNCATE billing_books.usage_event');
SELECT test.attempt('INSERT INTO billing_books.price OVERRIDING SYSTEM VALUE SELECT * FROM billing_books.price WHERE model = ''history'' ON CONFLICT (price_id) DO UPDATE SET input = 0');
SELECT test.attempt('INSERT INTO billing_books.ledger_entry SELECT * FROM billing_books.ledger_entry WHERE account_id = 1350 ON CONFLICT (account_id, entry_no) DO UPDATE SET amount = 0.01');

-- Under session_replication_role = replica: every outcome is the same, so only others are shown.
CREATE TEMP TABLE as_origin AS SELECT g.what, t.* FROM target AS g, pg_temp.tried(g) AS t;
SET LOCAL session_replication_role = replica;
SELECT g.what, t.* FROM target AS g, pg_temp.tried(g) AS t EXCEPT SELECT * FROM as_origin;
SELECT count(*) AS targets, count(*) FILTER (WHERE '{LB601,LB616}' @> ARRAY[t.update, t.merge_update, t.delete, t.merge_delete, t.truncate]) AS refused
FROM target AS g, pg_temp.tried(g) AS t;
SET LOCAL session_replication_role = origin;

-- As an owner who is no superuser.
DO $$
DECLARE name text;
BEGIN
    FOR name IN SELECT c.oid::regclass FROM pg_class AS c WHERE c.relnamespace = 'billing_books'::regnamespace AND c.relkind IN ('r', 'p') LOOP
        EXECUTE format('ALTER TABLE %s OWNER TO regress_history_owner', name);
    END LOOP;
END $$;
GRANT USAGE ON SCHEMA billing, billing_books TO regress_history_owner;
SET LOCAL ROLE regress_history_owner;
SELECT count(*) AS targets, count(*) FILTER (WHERE '{LB601,LB616}' @> ARRAY[t.update, t.merge_update, t.delete, t.merge_delete, t.truncate]) AS refused
FROM target AS g, pg_temp.tried(g) AS t;
-- He cannot allow himself to: not in a session, not for one, not for a function.
SELECT test.attempt('SET billing.allow_history_change = on');
SELECT test.attempt('SELECT set_config(''billing.allow_history_change'', ''on'', true)');
SELECT test.attempt('ALTER ROLE regress_history_owner SET billing.allow_history_change = on');
SELECT test.attempt('SET billing.clock_offset = 1');
SELECT test.attempt('SET billing.something_else = 1');
SELECT test.attempt('CREATE FUNCTION pg_temp.f() RETURNS void LANGUAGE sql SET billing.allow_history_change = on AS ''UPDATE billing_books.ledger_entry SET amount = 1''');
RESET ROLE;
ROLLBACK;

-- What is refused is the whole history, nothing else: settling an unpriced event, deleting a key and
-- lifting a lock go on, once. A superuser may change history on purpose; each row is logged.
BEGIN;
SELECT billing.create_account(1351, 'cn');
SELECT key_id FROM billing.create_api_key(1351, 'prod');
SELECT status FROM billing.grant_bonus(1351, 2, 'grant');
SELECT status FROM billing.charge(1351, 1, 'unpriced', 'history-later', 1, 0);
SELECT billing.set_price('history-later', 'CNY', 1000000, 0, effective_from => '2025-01-01 00:00+00') IS NOT NULL AS set;
SELECT billing.settle() AS settled;
SELECT billing.lock_account(1351), billing.unlock_account(1351), billing.delete_api_key(1351, 1);
SELECT * FROM test.verify();
SET LOCAL billing.allow_history_change = on;
SET LOCAL client_min_messages = log;
UPDATE billing_books.ledger_entry SET actor = 'other' WHERE account_id = 1351 AND entry_no = 1;
DELETE FROM billing_books.idempotent_call WHERE account_id = 1351;
RESET client_min_messages;
SELECT actor FROM billing_books.ledger_entry WHERE account_id = 1351 AND entry_no = 1;
RESET billing.allow_history_change;
SELECT test.attempt('UPDATE billing_books.ledger_entry SET actor = ''me'' WHERE account_id = 1351 AND entry_no = 1');
ROLLBACK;

-- An entry that the books do not know cannot be put in, balanced or not (B&S 2.2).
BEGIN;
SELECT billing.create_account(1352, 'cn');
CREATE FUNCTION pg_temp.entry(debit text, credit text, source_type text, lot_no bigint, gateway text, amount numeric = 1, account_id bigint = 1352)
RETURNS text LANGUAGE sql AS $$
    SELECT test.attempt(format('INSERT INTO billing_books.ledger_entry (account_id, entry_no, occurred_at, recorded_at, source_id, lot_no, amount, debit, credit, source_type, gateway, chain)
        VALUES (%L, 1, now(), now(), 1, %L, %L, %L, %L, %L, %L, '''')', account_id, lot_no, amount, debit, credit, source_type, gateway))
$$;
SELECT what, outcome FROM (VALUES
    ('a pair that does not exist', pg_temp.entry('cash', 'bonus', 'adjustment', 1, NULL)),
    ('the other way round', pg_temp.entry('cash', 'promotion', 'grant', 1, NULL)),
    ('the same book twice', pg_temp.entry('cash', 'cash', 'adjustment', 1, NULL)),
    ('a book that does not exist', pg_temp.entry('cash', 'pocket', 'charge', 1, NULL)),
    ('no lot', pg_temp.entry('cash', 'revenue', 'charge', NULL, NULL)),
    ('a lot where there is none', pg_temp.entry('arrears', 'revenue', 'charge', 1, NULL)),
    ('another source', pg_temp.entry('cash', 'revenue', 'grant', 1, NULL)),
    ('a source that does not exist', pg_temp.entry('cash', 'revenue', 'luck', 1, NULL)),
    ('no gateway', pg_temp.entry('gateway', 'cash', 'payment', 1, NULL)),
    ('a gateway where there is none', pg_temp.entry('cash', 'revenue', 'charge', 1, 'offline')),
    ('a pair of the house on a customer', pg_temp.entry('bank', 'gateway', 'reconciliation', NULL, 'offline')),
    ('a pair of customers on the house', pg_temp.entry('cash', 'revenue', 'charge', 1, NULL, account_id => -1)),
    ('nothing', pg_temp.entry('cash', 'revenue', 'charge', 1, NULL, 0)),
    ('less than nothing', pg_temp.entry('cash', 'revenue', 'charge', 1, NULL, -1)),
    ('not a number', pg_temp.entry('cash', 'revenue', 'charge', 1, NULL, 'NaN'))) AS t (what, outcome);
SELECT pg_temp.entry('cash', 'revenue', 'charge', 1, NULL) AS allowed;
ROLLBACK;

-- The transfers that exist, out of all that can be asked for: the table of B&S 2.2.
SELECT d AS debit, c AS credit, CASE WHEN lot = 1 THEN 'lot' WHEN subscription = 1 THEN 'subscription' END AS subject, gateway,
       string_agg(DISTINCT CASE account_id WHEN 1 THEN 'C' ELSE 'H' END, ' ') AS at, string_agg(DISTINCT s, ', ' ORDER BY s) AS sources
FROM unnest('{gateway,cash,bonus,plan_deferred,refund_payable,suspense,arrears,revenue,promotion,breakage,adjustment,write_off,fee,bank}'::text[]) WITH ORDINALITY AS d (d, dn),
     unnest('{gateway,cash,bonus,plan_deferred,refund_payable,suspense,arrears,revenue,promotion,breakage,adjustment,write_off,fee,bank}'::text[]) WITH ORDINALITY AS c (c, cn),
     unnest('{payment,take_back,grant,payment_order,lot,refund,closing,charge,settlement,reversal,write_off,refund_item,subscription,adjustment,reconciliation}'::text[]) AS s,
     unnest(ARRAY[NULL, 1]) AS lot, unnest(ARRAY[NULL, 1]) AS subscription, unnest(ARRAY[NULL, 'any']) AS gateway, unnest(ARRAY[1, -1]) AS account_id
WHERE billing.transfer_allowed(account_id, d, c, lot, subscription, gateway, s)
GROUP BY d, dn, c, cn, lot, subscription, gateway ORDER BY dn, cn;

DROP ROLE regress_history_owner;
-- The ledger's trigger on a table that is none: an error, whatever its columns are.
CREATE TEMP TABLE no_ledger (a bigint, b bigint, c bigint, d bigint, e bigint, f bigint, g bigint, h bigint, i bigint, j bigint, k bigint, l bigint, m bigint, n bigint);
CREATE TRIGGER judge BEFORE INSERT ON no_ledger FOR EACH ROW EXECUTE FUNCTION billing.judge_transfer();
INSERT INTO no_ledger VALUES (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14);
CREATE TEMP TABLE narrow (a bigint);
CREATE TRIGGER judge BEFORE INSERT ON narrow FOR EACH ROW EXECUTE FUNCTION billing.judge_transfer();
INSERT INTO narrow VALUES (1);

SELECT * FROM test.verify();
