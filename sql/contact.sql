-- How a customer is reached: changing it with its history, and erasing it wherever it stands. Accounts 3020 to 3024.
SELECT billing.create_account(3020, 'cn', 'old@example.com', '+8613800130001', 'UTC', 'contact 3020'), billing.create_account(3021, 'cn', 'other@example.com', external_ref => 'contact 3021');
SELECT billing.set_price('contact', 'CNY', 1, 1, effective_from => '2025-01-01 00:00+00') > 0 AS set;
CREATE FUNCTION pg_temp.waiting(account bigint) RETURNS TABLE (event text, channel text, address text, state text) LANGUAGE sql AS $$
    SELECT n.event, n.channel, n.address, n.state FROM billing_books.notification AS n WHERE n.account_id = account ORDER BY n.notification_no
$$;
SELECT key_id FROM billing.create_api_key(3020, 'one');
-- Changed: what waits goes where it was to go, what is told from now on to the new address.
SELECT * FROM billing.update_contact(3020, 'new@example.com', NULL, NULL, 'contact 1');
SELECT * FROM billing.update_contact(3020, 'new@example.com', NULL, NULL, 'contact 1');
SELECT test.attempt($$SELECT * FROM billing.update_contact(3020, 'third@example.com', NULL, NULL, 'contact 1')$$);
SELECT email, mobile, time_zone, external_ref FROM billing_books.account_profile WHERE account_id = 3020;
SELECT key_id FROM billing.create_api_key(3020, 'two');
SELECT * FROM pg_temp.waiting(3020);
SELECT * FROM billing.update_contact(3020, 'new@example.com', NULL, 'Europe/Berlin', 'contact 2');
SELECT contact_no AS nothing_new, replayed FROM billing.update_contact(3020, 'new@example.com', NULL, 'Europe/Berlin', 'contact 3');
SELECT contact_no, email, mobile, time_zone FROM billing_books.contact_history WHERE account_id = 3020 ORDER BY 1;
SELECT action, object, old_value, new_value FROM billing_books.audit_log WHERE account_id = 3020 AND action = 'update_contact' ORDER BY audit_no;
-- An alert, too.
SELECT status FROM billing.record_offline_payment(3020, 10, 'pay', '3020 bank');
SELECT billing.set_balance_alert(3020, 10) AS alert;
SELECT status FROM billing.charge(3020, 1, 'alerts', 'contact', 1000000, 0);
SELECT event, channel, address FROM pg_temp.waiting(3020) WHERE event = 'balance_low';
-- create_account() is compared by what holds now.
SELECT billing.create_account(3020, 'cn', 'new@example.com', NULL, 'Europe/Berlin', 'contact 3020');
SELECT test.attempt($$SELECT billing.create_account(3020, 'cn', 'old@example.com', '+8613800130001', 'UTC', 'contact 3020')$$);
-- History stays; there is no contact of nobody, and none that is no address.
SELECT test.attempt(call) FROM unnest(ARRAY[$$UPDATE billing_books.contact_history SET email = 'x@y.z' WHERE account_id = 3020$$, $$UPDATE billing_books.contact_history SET email = NULL WHERE account_id = 3020$$,
    $$UPDATE billing_books.contact_history SET email = email WHERE account_id = 3020$$, $$UPDATE billing_books.contact_history SET time_zone = 'erased' WHERE account_id = 3020$$,
    $$DELETE FROM billing_books.contact_history$$, $$TRUNCATE billing_books.contact_history$$,
    $$SELECT * FROM billing.update_contact(3029, NULL, NULL, NULL, 'contact')$$, $$SELECT * FROM billing.update_contact(3020, 'nobody', NULL, NULL, 'contact 9')$$,
    $$SELECT * FROM billing.update_contact(3020, NULL, '12ab', NULL, 'contact 9')$$, $$SELECT * FROM billing.update_contact(3020, NULL, NULL, 'Mars/Olympus', 'contact 9')$$,
    $$SELECT * FROM billing.update_contact(3020, NULL, NULL, NULL, NULL)$$]) AS call;

-- All places where contact data stands: a title, webhooks, an order's payer, an invoice, a statement, a call under a key.
SELECT billing.set_invoice_title(3020, 'me', 'individual', 'Jane Doe');
UPDATE billing_books.invoice_title SET address = 'Street 3020', phone = '+8613800130001' WHERE account_id = 3020;
INSERT INTO billing_books.webhook_endpoint (account_id, endpoint_id, url, host, secret_version, created_at) VALUES (3020, 1, 'https://contact3020.example/', 'contact3020.example', 1, now());
INSERT INTO billing_books.audit_log (recorded_at, account_id, action, object, new_value, actor, session_user_name) VALUES (now(), 3020, 'set_webhook', 'webhook 1', 'https://contact3020.example/', 'app', 'app');
SELECT billing.set_gateway('contact', 'wechat', 'cn', 'subject'), billing.set_payment_method('contact_pay', 'contact', 'native', 1, 100);
SELECT order_id, state FROM billing.create_topup(3020, 10, 'contact_pay', 'topup', payer => '{"client_ip": "192.0.2.20"}');
SELECT test.attempt($$SELECT billing.erase_contact(3020, 'asked for')$$);
SELECT test.pay(3020, 2);
SELECT invoice_id, state, replayed FROM billing.request_invoice(3020, ARRAY[2], 'me', 'ordinary', 'new@example.com', '+8613800130001', 'invoice');
SELECT test.attempt($$SELECT billing.erase_contact(3020, 'asked for')$$);
SELECT billing.record_invoice(3020, 1, '30200001');
SELECT key_id FROM billing.create_api_key(3020, 'three');
-- Two statements of a time when nothing was, as request_statement() and the clerk leave them.
INSERT INTO billing_books.account_statement (account_id, statement_no, period_from, period_to, opening, closing, says, requested_at)
SELECT 3020, n, '2025-01-01 00:00+00', '2025-01-02 00:00+00', 0, 0, '{"closing": "0.00", "buyer": {"name": "Jane Doe", "email": "old@example.com", "account": "contact 3020"}}', now() FROM generate_series(1, 2) AS n;
INSERT INTO billing_books.idempotent_call SELECT 3020, 'by hand ' || n, 'request_statement', '', now(), format('{"statement_no": %s}', n)::jsonb FROM generate_series(1, 2) AS n;
INSERT INTO billing_books.document (account_id, kind, id, state, attempts, due_at, created_at, changed_at, pdf) VALUES (3020, 'statement', 1, 'ready', 1, now(), now(), now(), '%PDF'), (3020, 'statement', 2, 'rendering', 0, now(), now(), now(), NULL);
-- Every table of the books, as text: where does it stand?
CREATE FUNCTION pg_temp.places(words text) RETURNS TABLE (place text, rows bigint) LANGUAGE plpgsql AS $$
BEGIN
    FOR place IN SELECT c.relname FROM pg_class AS c WHERE c.relnamespace = 'billing_books'::regnamespace AND c.relkind = 'r' ORDER BY 1 LOOP
        EXECUTE format('SELECT count(*) FROM billing_books.%I AS t WHERE t::text ~ $1', place) INTO rows USING words;
        IF rows > 0 THEN
            RETURN NEXT;
        END IF;
    END LOOP;
END $$;
\set words '(old@example|new@example|13800130001|contact 3020|contact3020|Jane Doe|Street 3020|192.0.2.20|u3020)'
SELECT * FROM pg_temp.places(:'words');
SELECT count(*) AS entries, sum(amount) AS moved FROM billing_books.ledger_entry WHERE account_id = 3020 \gset before_
SELECT billing.erase_contact(3020, 'asked for', 'dpo') > 8 AS erased;
SELECT billing.erase_contact(3020, 'asked for again', 'dpo') AS nothing_left;
-- What an issued invoice says of its buyer is kept.
SELECT * FROM pg_temp.places(:'words');
SELECT kind, state, email, mobile, buyer ->> 'name' AS buyer FROM billing_books.invoice WHERE account_id = 3020;
SELECT count(*) = :before_entries AND sum(amount) = :before_moved AS ledger_untouched FROM billing_books.ledger_entry WHERE account_id = 3020;
SELECT email, mobile, external_ref FROM billing_books.account_profile WHERE account_id = 3020;
SELECT contact_no, email, mobile FROM billing_books.contact_history WHERE account_id = 3020 ORDER BY 1;
SELECT DISTINCT address FROM pg_temp.waiting(3020);
SELECT order_id, payer FROM billing_books.payment_order WHERE account_id = 3020;
SELECT action, object, new_value, actor, reason FROM billing_books.audit_log WHERE account_id = 3020 AND action IN ('erase_contact', 'set_webhook') ORDER BY audit_no;
SELECT test.attempt('SELECT billing.statement_document(3020, 1)'), test.attempt('SELECT billing.statement_document(3020, 2)');
-- The key of a call that named an address does not take it again, and says so.
SELECT test.attempt($$SELECT * FROM billing.update_contact(3020, 'new@example.com', NULL, NULL, 'contact 1')$$);
-- The account goes on: who is a customer again gives a new address.
SELECT contact_no FROM billing.update_contact(3020, 'again@example.com', NULL, NULL, 'contact 4');
SELECT status FROM billing.charge(3020, 1, 'after', 'contact', 1, 0);
SELECT key_id FROM billing.create_api_key(3020, 'four');
SELECT event, address FROM pg_temp.waiting(3020) WHERE address <> 'erased';
-- Nobody else's is touched.
SELECT email, external_ref FROM billing_books.account_profile WHERE account_id = 3021;
-- The guards let the mark be put where contact data stood, and there alone; nothing comes back.
SELECT call, test.attempt(call) FROM unnest(ARRAY[
    $$UPDATE billing_books.notification SET address = 'x@y.z' WHERE account_id = 3020$$, $$UPDATE billing_books.notification SET payload = '"erased"' WHERE account_id = 3020$$,
    $$UPDATE billing_books.notification SET lane = 'erased' WHERE account_id = 3020 AND channel = 'email'$$, $$UPDATE billing_books.notification SET address = 'erased', event = 'key_deleted' WHERE account_id = 3020$$,
    $$UPDATE billing_books.payment_order SET payer = '{}' WHERE account_id = 3020$$, $$UPDATE billing_books.payment_order SET payer = '"erased"' WHERE account_id = 3020 AND payer IS NULL$$,
    $$UPDATE billing_books.invoice SET buyer = '"erased"' WHERE account_id = 3020$$, $$UPDATE billing_books.invoice SET number = 'erased' WHERE account_id = 3020$$,
    $$INSERT INTO billing_books.document (account_id, kind, id, state, attempts, due_at, created_at, changed_at, pdf) VALUES (3020, 'invoice', 1, 'ready', 1, now(), now(), now(), '%PDF'); UPDATE billing_books.document SET pdf = '' WHERE account_id = 3020 AND kind = 'invoice'$$,
    $$UPDATE billing_books.audit_log SET new_value = 'erased' WHERE account_id = 3020 AND action = 'erase_contact'$$, $$UPDATE billing_books.audit_log SET actor = 'erased' WHERE account_id = 3020$$,
    $$UPDATE billing_books.idempotent_call SET arguments_hash = '' WHERE account_id = 3020 AND function = 'record_offline_payment'$$,
    $$UPDATE billing_books.idempotent_call SET result = '"erased"' WHERE account_id = 3020$$,
    $$UPDATE billing_books.ledger_entry SET actor = 'erased' WHERE account_id = 3020$$, $$UPDATE billing_books.account_statement SET closing = 0, says = '"erased"' WHERE account_id = 3020$$]) AS call;
SELECT * FROM test.verify();
