-- Notifications (R11, R16, B&S 4.9): who is told of what, in which language, and what operators set. They are sent by test/tap/170_notifications.pl.
-- Accounts 2900 to 2919.
SELECT billing.create_account(2900, 'cn', 'zhang@example.com', '+8613800138000'), billing.create_account(2901, 'global', 'li@example.com', time_zone => 'America/New_York'),
       billing.create_account(2902, 'global', mobile => '12345'), billing.create_account(2903, 'cn');
CREATE VIEW pg_temp.told AS SELECT account_id, notification_no AS no, event, source_id, channel, address, language, state, result, payload FROM billing_books.notification WHERE account_id BETWEEN 2900 AND 2919;
-- By e-mail, where there is an address; by SMS where there is no other, and that has no template yet.
SELECT billing.create_api_key(account_id, 'prod') IS NOT NULL AS made FROM generate_series(2900, 2903) AS account_id;
SELECT * FROM pg_temp.told;
SELECT status FROM billing.record_offline_payment(2900, 100, 'payment', '2900 bank', paid_at => '2026-01-01 00:00+00');
SELECT status FROM billing.record_offline_payment(2900, 100, 'payment', '2900 bank', paid_at => '2026-01-01 00:00+00');
SELECT no, event, source_id, payload FROM pg_temp.told WHERE account_id = 2900 AND event = 'topup_received';
-- What an account chose counts; of each thing it hears once.
SELECT billing.set_notification(2900, 'key_created', 'email', false), billing.set_notification(2900, 'key_created', 'sms', true);
SELECT billing.create_api_key(2900, 'second') IS NOT NULL AS made;
SELECT billing.set_notification(2900, 'key_created', 'email', true), billing.set_notification(2900, 'key_deleted', 'email', true);
SELECT billing.delete_api_key(2900, 2), billing.delete_api_key(2900, 2);
SELECT no, event, source_id, channel, state, result FROM pg_temp.told WHERE account_id = 2900 AND event LIKE 'key%';
SELECT test.attempt('SELECT billing.set_notification(2900, ''key_made'', ''email'', true)');
SELECT test.attempt('SELECT billing.set_notification(2900, ''key_created'', ''webhook'', true)');
SELECT test.attempt('SELECT billing.set_notification(2900, ''key_created'', ''email'', NULL)');
SELECT test.attempt('SELECT billing.set_notification(2999, ''key_created'', ''email'', true)');
-- Its language is its region's, or what it chose.
SELECT billing.set_language(2900, 'en'), billing.set_language(2901, 'zh');
SELECT count(billing.create_api_key(account_id, 'third')) FROM generate_series(2900, 2901) AS account_id;
SELECT billing.set_language(2900, NULL), billing.set_language(2901, NULL);
SELECT count(billing.create_api_key(account_id, 'fourth')) FROM generate_series(2900, 2901) AS account_id;
SELECT account_id, payload ->> 'name' AS key, language FROM pg_temp.told WHERE event = 'key_created' AND channel = 'email' AND payload ->> 'name' IN ('third', 'fourth') ORDER BY 1, no;
SELECT test.attempt('SELECT billing.set_language(2900, ''fr'')');
-- Refunds: asked for, rejected, paid back.
SELECT state, amount FROM billing.request_refund(2900, 'too much', 'refund 1');
SELECT billing.reject_refund(2900, 1, 'not yet');
SELECT state, amount FROM billing.request_refund(2900, 'too much', 'refund 2');
SELECT billing.set_policy('clock_jump', '1 day');
SET billing.clock_offset = '2h';
SELECT status FROM billing.approve_refund(2900, 2, 'approve');
SELECT status FROM billing.settle_refund_item_offline(2900, 1, 'ref', 'settle');
RESET billing.clock_offset;
SELECT event, source_id, payload FROM pg_temp.told WHERE account_id = 2900 AND event LIKE 'refund%' ORDER BY no;
-- Locks by take-backs, and no others.
SELECT billing.lock_account(2901), billing.unlock_account(2901), billing.lock_account(2901, 'dispute', reason => 'fraud?'), billing.unlock_account(2901, 'dispute');
SELECT event, source_id, payload FROM pg_temp.told WHERE account_id = 2901 AND event LIKE '%lock%' ORDER BY no;
-- Invoices go where the application says.
SELECT status FROM billing.record_offline_payment(2903, 100, 'payment', '2903 bank');
SELECT billing.set_invoice_title(2903, 'me', 'individual', '张三');
SELECT state FROM billing.request_invoice(2903, '{1}', 'me', 'ordinary', 'buyer@example.com', NULL, 'invoice 1');
SELECT billing.decline_invoice(2903, 1, 'name'), billing.decline_invoice(2903, 1, 'name');
SELECT state FROM billing.request_invoice(2903, '{1}', 'me', 'ordinary', 'buyer@example.com', NULL, 'invoice 2');
SELECT billing.record_invoice(2903, 2, '29030001'), billing.record_red_invoice(2903, 2, '29030002', 'wrong');
SELECT event, source_id, channel, address, language, payload FROM pg_temp.told WHERE account_id = 2903 ORDER BY no;
-- Templates: with placeholders that the event offers, and only what differs is a new one.
SELECT billing.set_email_template('balance_low', 'en', 'Low', 'Only {{balance}} {{currency}} are left of {{account}}.');
SELECT billing.set_email_template('balance_low', 'en', 'Low', 'Only {{balance}} {{currency}} are left of {{account}}.');
SELECT billing.set_email_template('balance_low', 'en', 'Low', 'Only {{balance}} are left.', '<p>{{balance}}</p>', actor => 'anna', reason => 'shorter');
SELECT test.attempt('SELECT billing.set_email_template(''balance_low'', ''en'', ''Low'', ''{{paid_at}}'')');
SELECT test.attempt('SELECT billing.set_email_template(''balance_low'', ''en'', ''{{ balance }}'', ''text'')');
SELECT test.attempt('SELECT billing.set_email_template(''balance_low'', ''en'', ''Low'', ''{{balance'')');
SELECT test.attempt('SELECT billing.set_email_template(''balance_low'', ''en'', E''Low\nBcc: all'', ''text'')');
SELECT test.attempt('SELECT billing.set_email_template(''balance_low'', ''fr'', ''Low'', ''text'')');
SELECT test.attempt('SELECT billing.set_email_template(''balance'', ''en'', ''Low'', ''text'')');
SELECT billing.set_sms_template('key_created', 'global', 'en', 'Example', 'SMS_1', '{"key": "{{name}}", "at": "{{time}}"}');
SELECT test.attempt('SELECT billing.set_sms_template(''key_created'', ''global'', ''en'', ''Example'', ''SMS_1'', ''{"key": "{{secret}}"}'')');
SELECT test.attempt('SELECT billing.set_sms_template(''key_created'', ''global'', ''en'', ''Example'', ''SMS_1'', ''{"key": 1}'')');
SELECT test.attempt('SELECT billing.set_sms_template(''key_created'', ''global'', ''en'', ''Example'', ''SMS_1'', ''["key"]'')');
SELECT test.attempt('SELECT billing.set_sms_template(''key_created'', ''mars'', ''en'', ''Example'', ''SMS_1'', ''{}'')');
SELECT action, object, old_value, new_value, reason FROM billing_books.audit_log WHERE action IN ('set_email_template', 'set_sms_template') AND object ~ '^(balance_low|key_created) ' ORDER BY audit_no;
SELECT event, language, template_no, subject FROM billing_books.email_template WHERE event = 'balance_low' ORDER BY 1, 2, 3;
SELECT test.attempt('UPDATE billing_books.email_template SET body = ''x'''), test.attempt('DELETE FROM billing_books.sms_template');
-- With a template there are SMS; what was not sent is listed until there is one.
SELECT what, detail FROM billing.attention WHERE what = 'SMS without a template' AND detail LIKE '% key_created in en of %' ORDER BY 2;
SELECT billing.create_api_key(2902, 'told') IS NOT NULL AS made;
SELECT event, source_id, state, result FROM pg_temp.told WHERE account_id = 2902 ORDER BY no;
-- Again, whatever became of it, but not while it is being sent.
SELECT billing.resend_notification(2902, 1, reason => 'there is a template now');
SELECT notification_no, state, due_at IS NOT NULL AS due, result FROM billing.list_notifications(2902) ORDER BY 1;
UPDATE billing_books.notification SET state = 'sending', attempts = 1 WHERE account_id = 2902 AND notification_no = 1;
SELECT test.attempt('SELECT billing.resend_notification(2902, 1)');
UPDATE billing_books.notification SET state = 'dead', due_at = NULL, result = 'refused', code = 'smtp_550', attempts = 15 WHERE account_id = 2902 AND notification_no = 1;
SELECT account_id, notification_no, event, channel, attempts, result, code FROM billing.dead_notification WHERE account_id BETWEEN 2900 AND 2919;
SELECT what, account_id, id, detail FROM billing.attention WHERE what = 'notification dead' AND account_id BETWEEN 2900 AND 2919;
SELECT billing.resend_notification(2902, 1), test.attempt('SELECT billing.resend_notification(2902, 99)'), test.attempt('SELECT billing.replay_webhook(2902, 1)');
SELECT state, attempts FROM billing.list_notifications(2902) WHERE notification_no = 1;
SELECT action, object, old_value, reason FROM billing_books.audit_log WHERE action = 'resend_notification' ORDER BY audit_no;
-- States change along the table only, and what was told stays.
SELECT test.attempt('UPDATE billing_books.notification SET state = ''sent'', due_at = NULL WHERE account_id = 2902 AND notification_no = 1');
SELECT test.attempt('UPDATE billing_books.notification SET address = ''other'' WHERE account_id = 2902'), test.attempt('DELETE FROM billing_books.notification');
-- Webhooks need the operator's master key, which is not in this server.
SELECT test.attempt('SELECT billing.set_webhook(2900, ''https://example.com/billing'')');
SELECT test.attempt('SELECT billing.set_webhook(2900, ''https://example.com/billing'', ''{key_made}'')');
SELECT test.attempt('SELECT billing.set_webhook(2900, ''https://example.com/billing'', ''{}'')');
SELECT test.attempt('SELECT billing.set_webhook(2900, ''https://example.com/billing'', ''{NULL}'')');
SELECT test.attempt('SELECT billing.rotate_webhook_secret(2900, 1)'), test.attempt('SELECT billing.delete_webhook(2900, 1)');
SELECT * FROM billing.webhooks(2900);
SELECT test.attempt('SELECT * FROM billing.webhooks(2999)'), test.attempt('SELECT * FROM billing.list_notifications(2999)');
-- One endpoint of all events, one of some, one that is deleted: each is told in its own row.
INSERT INTO billing_books.webhook_endpoint (account_id, endpoint_id, url, host, events, secret_version, created_at, deleted_at)
SELECT 2903, n, 'https://h' || n || '.example.com/', 'h' || n || '.example.com', CASE n WHEN 2 THEN '{key_created,topup_received}'::text[] WHEN 3 THEN '{key_deleted}' END, n, now(), CASE n WHEN 4 THEN now() END
FROM generate_series(1, 4) AS n;
SELECT billing.create_api_key(2903, 'hooked') IS NOT NULL AS made;
SELECT event, channel, address, state, payload FROM pg_temp.told WHERE account_id = 2903 AND event = 'key_created' ORDER BY no;
-- Of keys people hear 50 times within a day, of made and deleted ones together; webhooks hear of all.
SELECT billing.create_account(2911, 'cn', 'zhao@example.com');
INSERT INTO billing_books.webhook_endpoint (account_id, endpoint_id, url, host, events, secret_version, created_at) VALUES (2911, 1, 'https://h.example.com/', 'h.example.com', NULL, 1, now());
SELECT count(billing.create_api_key(2911, 'loop ' || n)) AS made FROM generate_series(1, 40) AS n;
SELECT count(billing.delete_api_key(2911, n)) AS deleted FROM generate_series(1, 20) AS n;
SELECT channel, event, count(*), max(source_id) FROM pg_temp.told WHERE account_id = 2911 GROUP BY 1, 2 ORDER BY 1, 2;
SET billing.clock_offset = '25h';
SELECT billing.create_api_key(2911, 'next day') IS NOT NULL AS made;
RESET billing.clock_offset;
SELECT channel, event, count(*), max(source_id) FROM pg_temp.told WHERE account_id = 2911 GROUP BY 1, 2 ORDER BY 1, 2;
SELECT billing.set_policy('clock_jump', NULL);
SELECT * FROM test.verify();
