-- Bad input: each a clear error of class LB with its hint, and nothing changed. Accounts 1150 to 1159.
SELECT billing.create_account(1150, 'cn', external_ref => 'bad input');
SELECT billing.create_account(1151, 'global');
SELECT key_id FROM billing.create_api_key(1150, 'prod', 'payg', 'key');
SELECT billing.set_price('bad-input', 'CNY', 1, 2, effective_from => '2025-01-01 00:00+00') IS NOT NULL AS set;
SELECT billing.set_price('bad-input-charged', 'CNY', 1, 2, effective_from => '2025-01-01 00:00+00') IS NOT NULL AS set;
SELECT status, id, lot_no FROM billing.record_offline_payment(1150, 100, 'payment', '1150 bank 1');
SELECT status, id, lot_no FROM billing.record_offline_payment(1150, 50, 'payment to reverse', '1150 bank 2');
SELECT status, id, lot_no FROM billing.grant_bonus(1150, 10, 'grant');
SELECT status, charge FROM billing.charge(1150, 1, 'charged', 'bad-input-charged', 1000000, 0);
SELECT status, charge FROM billing.charge(1150, 1, 'unpriced', 'bad-input-unpriced', 1000000, 0);
SELECT billing.set_policy('second_person_above', '1000', 'CNY');
SELECT status FROM billing.adjust(1150, 2000, 'waiting');
SELECT billing.set_policy('second_person_above', NULL, 'CNY');
SELECT billing.set_gateway('bad_input', 'wechat', 'cn', 'subject');
SELECT billing.set_payment_method('bad_input', 'bad_input', 'native', 1, 20);
SELECT billing.create_promotion('bad input', 'cn', 10, 1);
SELECT order_id, state FROM billing.create_topup(1150, 10, 'bad_input', 'topup');
-- A plan that runs, and a window of it that was used.
SELECT billing.create_account(1152, 'cn');
SELECT billing.create_plan('bad_input', 'cn', 10, 1000, months => 1, window_hours => 5, window_quota => 100) AS version, billing.set_plan_weight('bad_input', 'bad-input', 1000000, 1000000, effective_from => '2025-01-01 00:00+00') IS NOT NULL AS weighed;
SELECT test.buy(1152, 'bad_input', 'bad_input');
SELECT billing.set_invoice_title(1152, 'me', 'individual', 'name');
INSERT INTO billing_books.webhook_endpoint (account_id, endpoint_id, url, host, secret_version, created_at) VALUES (1152, 1, 'https://example.com/', 'example.com', 1, now());
INSERT INTO billing_books.notification (account_id, notification_no, event, source_id, episode, created_at, channel, endpoint_id, address, lane, language, payload, state, due_at)
SELECT account_id, 900, 'plan_bought', 1, 0, now(), 'webhook', 1, url, host, 'zh', '{}', 'sent', NULL FROM billing_books.webhook_endpoint WHERE account_id = 1152;
SELECT invoice_id FROM generate_series(1, 2) AS n, billing.request_invoice(1152, ARRAY[1], 'me', 'ordinary', 'a@b.example', NULL, 'invoice ' || n, ARRAY[2]);
SELECT billing.record_invoice(1152, 2, '87654321');
SELECT key_id AS plan_key FROM billing.create_api_key(1152, 'plan key', 'plan') \gset
SELECT status, credits FROM billing.charge(1152, :plan_key, 'on the plan', 'bad-input', 1, 1);

-- Every function with every argument, one value wrong at a time. A good call of each:
CREATE TEMP TABLE good_call (function text, place int, argument text, type text, value text);
INSERT INTO good_call
SELECT g.name, a.n, a.name, a.type::regtype, a.value
FROM (VALUES
    ('arm', $$'me'$$, $$'why'$$, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
    ('disarm', $$'me'$$, $$'why'$$, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
    ('release_refunds', $$'bad_input'$$, $$'why'$$, $$'me'$$, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
    ('release_numbers', $$'BAD'$$, $$'why'$$, $$'me'$$, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
    ('receive_notice', $$'bad_input'$$, $$'POST'$$, $$'{}'$$, $$''$$, $$''$$, NULL, NULL, NULL, NULL, NULL, NULL),
    ('list_api_keys', $$1150$$, $$NULL$$, $$10$$, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
    ('list_usage', $$1150$$, $$NULL$$, $$10$$, $$1$$, $$'bad-input'$$, $$'charged'$$, $$1$$, NULL, NULL, NULL, NULL),
    ('list_statement', $$1150$$, $$NULL$$, $$10$$, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
    ('list_orders', $$1150$$, $$NULL$$, $$10$$, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
    ('list_balance_alerts', $$1150$$, $$NULL$$, $$10$$, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
    ('list_notifications', $$1152$$, $$NULL$$, $$10$$, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
    ('retry_gateway_call', $$1150$$, $$1$$, $$'me'$$, $$'why'$$, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
    ('retry_gateway_calls', $$'bad_input'$$, $$'me'$$, $$'why'$$, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
    ('find_payment', $$'bad_input'$$, $$'1'$$, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
    ('resolve_payment', $$1150$$, $$1$$, $$'credit'$$, $$'new key'$$, $$1150$$, $$'me'$$, $$'why'$$, NULL, NULL, NULL, NULL),
    ('reconcile', $$'bad_input'$$, $$'2026-01-01'$$, $$'me'$$, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
    ('import_bill', $$'bad_input'$$, $$'2026-01-01'$$, $$E'kind,amount\\nsettlement,1'$$, $$'me'$$, $$'why'$$, NULL, NULL, NULL, NULL, NULL, NULL),
    ('set_gateway_fee', $$'bad_input'$$, $$0.006$$, $$'me'$$, $$'why'$$, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
    ('resolve_difference', $$1$$, $$'how'$$, $$'me'$$, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
    ('record_take_back', $$1150$$, $$1$$, $$1$$, $$'refund'$$, $$'50'$$, $$'new key'$$, $$'me'$$, $$'why'$$, NULL, NULL, NULL),
    ('undo_take_back', $$1150$$, $$1$$, $$'new key'$$, $$'me'$$, $$'why'$$, NULL, NULL, NULL, NULL, NULL, NULL),
    ('refund_quote', $$1150$$, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
    ('refunds', $$1150$$, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
    ('refund_items', $$1150$$, $$1$$, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
    ('request_refund', $$1150$$, $$'why'$$, $$'new key'$$, $$'me'$$, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
    ('approve_refund', $$1150$$, $$1$$, $$'new key'$$, $$'me'$$, $$'why'$$, NULL, NULL, NULL, NULL, NULL, NULL),
    ('reject_refund', $$1150$$, $$1$$, $$'why'$$, $$'me'$$, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
    ('refund_order', $$1150$$, $$1$$, $$1$$, $$'new key'$$, $$'me'$$, $$'why'$$, NULL, NULL, NULL, NULL, NULL),
    ('retry_refund_item', $$1150$$, $$1$$, $$'me'$$, $$'why'$$, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
    ('release_refund_item', $$1150$$, $$1$$, $$'new key'$$, $$'me'$$, $$'why'$$, NULL, NULL, NULL, NULL, NULL, NULL),
    ('settle_refund_item_offline', $$1150$$, $$1$$, $$'transfer'$$, $$'new key'$$, $$'me'$$, $$'why'$$, NULL, NULL, NULL, NULL, NULL),
    ('give_up_refund_item', $$1150$$, $$1$$, $$'new key'$$, $$'me'$$, $$'why'$$, NULL, NULL, NULL, NULL, NULL, NULL),
    ('reopen_account', $$1150$$, $$'me'$$, $$'why'$$, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
    ('set_working_day', $$'2026-01-01'$$, $$false$$, $$'me'$$, $$'why'$$, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
    ('create_plan', $$'bad input'$$, $$'cn'$$, $$1$$, $$1$$, $$2$$, $$NULL$$, $$true$$, $$1$$, $$1$$, $$'me'$$, $$'why'$$),
    ('retire_plan', $$'bad_input'$$, $$'me'$$, $$'why'$$, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
    ('set_plan_weight', $$'bad_input'$$, $$'m'$$, $$1$$, $$1$$, $$1$$, $$1$$, $$1$$, $$now()$$, $$''$$, $$'image 1'$$, $$''$$),
    ('subscribe', $$1152$$, $$'bad_input'$$, $$'bad_input'$$, $$'new key'$$, $$1$$, $$'{"client_ip": "192.0.2.1"}'$$, $$'https://example.org'$$, NULL, NULL, NULL, NULL),
    ('plan_status', $$1152$$, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
    ('plan_usage', $$1152$$, $$1$$, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
    ('give_back_quota', $$1152$$, $$1$$, $$1$$, $$'new key'$$, $$'why'$$, $$'me'$$, NULL, NULL, NULL, NULL, NULL),
    ('reset_quota_window', $$1152$$, $$1$$, $$'new key'$$, $$'why'$$, $$'me'$$, NULL, NULL, NULL, NULL, NULL, NULL),
    ('extend_subscription', $$1152$$, $$1$$, $$1$$, $$'new key'$$, $$'why'$$, $$'me'$$, NULL, NULL, NULL, NULL, NULL),
    ('set_notification', $$1152$$, $$'key_created'$$, $$'email'$$, $$true$$, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
    ('set_language', $$1152$$, $$'zh'$$, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
    ('resend_notification', $$1152$$, $$900$$, $$'me'$$, $$'why'$$, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
    ('set_webhook', $$1152$$, $$'https://example.com/'$$, $$'{key_created}'$$, $$'new key'$$, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
    ('rotate_webhook_secret', $$1152$$, $$1$$, $$'new key'$$, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
    ('replay_webhook', $$1152$$, $$900$$, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
    ('delete_webhook', $$1152$$, $$1$$, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
    ('webhooks', $$1152$$, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
    ('set_email_template', $$'key_created'$$, $$'zh'$$, $$'subject'$$, $$'body'$$, $$'html'$$, $$'me'$$, $$'why'$$, NULL, NULL, NULL, NULL),
    ('set_sms_template', $$'key_created'$$, $$'cn'$$, $$'zh'$$, $$'sign'$$, $$'code'$$, $$'{}'$$, $$'me'$$, $$'why'$$, NULL, NULL, NULL),
    ('set_invoice_title', $$1152$$, $$'company'$$, $$'enterprise'$$, $$'name'$$, $$'91330106673959654P'$$, $$'address'$$, $$'phone'$$, $$'bank'$$, $$'account'$$, NULL, NULL),
    ('invoiceable', $$1152$$, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
    ('request_invoice', $$1152$$, $$ARRAY[1]$$, $$'me'$$, $$'ordinary'$$, $$'a@b.example'$$, $$'13800138000'$$, $$'new key'$$, $$ARRAY[1]$$, NULL, NULL, NULL),
    ('withdraw_invoice', $$1152$$, $$1$$, $$'me'$$, $$'why'$$, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
    ('invoices', $$1152$$, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
    ('invoice_document', $$1152$$, $$1$$, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
    ('record_invoice', $$1152$$, $$1$$, $$'12345678'$$, $$now()$$, $$'x'$$, $$'me'$$, $$'why'$$, NULL, NULL, NULL, NULL),
    ('decline_invoice', $$1152$$, $$1$$, $$'why'$$, $$'me'$$, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
    ('record_red_invoice', $$1152$$, $$2$$, $$'12345679'$$, $$'why'$$, $$'me'$$, NULL, NULL, NULL, NULL, NULL, NULL),
    ('retry_invoice', $$1152$$, $$1$$, $$'me'$$, $$'why'$$, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
    ('retry_document', $$1152$$, $$1$$, $$'me'$$, $$'why'$$, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
    ('reverse_invoice', $$1152$$, $$2$$, $$'01'$$, $$'new key'$$, $$'why'$$, $$'me'$$, NULL, NULL, NULL, NULL, NULL),
    ('resolve_red_confirmation', $$1152$$, $$1$$, $$'agree'$$, $$'me'$$, $$'why'$$, NULL, NULL, NULL, NULL, NULL, NULL),
    ('red_confirmations', $$1152$$, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
    ('set_seller', $$'cn'$$, $$'name'$$, $$'goods'$$, $$0.06$$, $$'91330106673959654P'$$, $$'address'$$, $$'phone'$$, $$'a@b.example'$$, $$'bank'$$, $$'account'$$, $$'drawer'$$),
    ('set_gateway', $$'bad_input'$$, $$'wechat'$$, $$'cn'$$, $$'subject'$$, $$false$$, $$'me'$$, $$'why'$$, NULL, NULL, NULL, NULL),
    ('set_payment_method', $$'bad_input'$$, $$'bad_input'$$, $$'native'$$, $$1$$, $$10$$, $$true$$, $$'me'$$, $$'why'$$, NULL, NULL, NULL),
    ('payment_methods', $$1150$$, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
    ('create_promotion', $$'bad input 2'$$, $$'cn'$$, $$10$$, $$1$$, $$1$$, $$1$$, $$1$$, $$now() + interval '1 day'$$, $$'me'$$, $$'why'$$, NULL),
    ('end_rerate', $$1$$, $$'why'$$, $$'me'$$, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
    ('end_promotion', $$'bad input'$$, $$'me'$$, $$'why'$$, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
    ('create_topup', $$1150$$, $$10$$, $$'bad_input'$$, $$'new key'$$, $$'bad input'$$, $$'{"client_ip": "192.0.2.1"}'$$, $$'https://example.org'$$, NULL, NULL, NULL, NULL),
    ('order_status', $$1150$$, $$3$$, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
    ('refresh_order', $$1150$$, $$3$$, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
    ('cancel_order', $$1150$$, $$3$$, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
    ('transfer_allowed', $$1150$$, $$'cash'$$, $$'revenue'$$, $$1$$, $$NULL$$, $$NULL$$, $$'charge'$$, NULL, NULL, NULL, NULL),
    ('grant_access', $$'pg_monitor'$$, $$'auditor'$$, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
    ('revoke_access', $$'regress_no_such_role'$$, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
    ('set_policy', $$'second_person_above'$$, $$'1000'$$, $$'CNY'$$, $$'me'$$, $$'why'$$, NULL, NULL, NULL, NULL, NULL, NULL),
    ('set_account_range', $$1$$, $$4611686018427387904$$, $$'me'$$, $$'why'$$, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
    ('api_key_account', $$'sk-'$$, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
    ('order_number_account', $$'1'$$, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
    ('find_account', $$'bad input'$$, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
    ('create_account', $$1159$$, $$'cn'$$, $$'a@b.c'$$, $$'+8613800138000'$$, $$'Asia/Shanghai'$$, $$'a name'$$, NULL, NULL, NULL, NULL, NULL),
    ('balance', $$1150$$, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
    ('balance_at', $$1150$$, $$now()$$, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
    ('journal', $$now()$$, $$now()$$, $$'day'$$, $$'UTC'$$, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
    ('statement_csv', $$1150$$, $$now() - interval '1 day'$$, $$now()$$, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
    ('request_statement', $$1152$$, $$now() - interval '1 day'$$, $$now()$$, $$'new key'$$, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
    ('statement_document', $$1152$$, $$1$$, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
    ('statements', $$1152$$, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
    ('retry_statement', $$1152$$, $$1$$, $$'me'$$, $$'why'$$, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
    ('statement', $$1150$$, $$now()$$, $$now()$$, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
    ('withdraw_approval', $$1150$$, $$'waiting'$$, $$'me'$$, $$'why'$$, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
    ('reject_usage', $$1150$$, $$'unpriced'$$, $$'why'$$, $$'me'$$, $$NULL$$, NULL, NULL, NULL, NULL, NULL, NULL),
    ('update_contact', $$1150$$, $$'a@b.c'$$, $$'+8613800138000'$$, $$'UTC'$$, $$'new key'$$, NULL, NULL, NULL, NULL, NULL, NULL),
    ('erase_contact', $$1151$$, $$'why'$$, $$'me'$$, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
    ('lock_account', $$1150$$, $$'operator'$$, $$'me'$$, $$'why'$$, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
    ('unlock_account', $$1150$$, $$'operator'$$, $$'me'$$, $$'why'$$, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
    ('close_account', $$1151$$, $$'new key'$$, $$'me'$$, $$'why'$$, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
    ('create_api_key', $$1150$$, $$'test'$$, $$'plan'$$, $$'new key'$$, $$'project'$$, $$now() + interval '2 hours'$$, $$'{m}'$$, NULL, NULL, NULL, NULL),
    ('update_api_key', $$1150$$, $$1$$, $$'test'$$, $$'project'$$, $$now() + interval '2 hours'$$, $$'{m}'$$, $$'me'$$, $$'why'$$, NULL, NULL, NULL),
    ('rotate_api_key', $$1150$$, $$1$$, $$'new key'$$, $$interval '1 day'$$, $$'me'$$, $$'why'$$, NULL, NULL, NULL, NULL, NULL),
    ('delete_api_key', $$1150$$, $$1$$, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
    ('authorize', $$'sk-'$$, $$'m'$$, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
    ('authorize by number', $$1150$$, $$1$$, $$'m'$$, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
    ('set_price', $$'bad-input'$$, $$'USD'$$, $$1$$, $$1$$, $$1$$, $$1$$, $$0$$, $$now()$$, $$''$$, $$''$$, $$'bad_input'$$),
    ('end_prices', $$'bad-input'$$, $$'USD'$$, $$'2100-01-01 00:00+00'$$, $$''$$, $$''$$, $$0$$, $$'standard'$$, $$'me'$$, $$'why'$$, NULL, NULL),
    ('withdraw_price', $$99999999$$, $$'me'$$, $$'why'$$, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
    ('correct_price', $$(SELECT max(price_id) FROM billing_books.price WHERE model = 'bad-input')$$, $$1$$, $$1$$, $$1$$, $$1$$, $$'new key'$$, $$'why'$$, $$'me'$$, $$'image 1'$$, $$''$$, NULL),
    ('begin_rerate', $$1150$$, $$'2025-01-01 00:00+00'$$, $$'2100-01-01 00:00+00'$$, $$'bad-input'$$, $$'new key'$$, $$'why'$$, $$'me'$$, NULL, NULL, NULL, NULL),
    ('continue_rerate', $$NULL$$, $$1$$, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
    ('rerate_accounts', $$99999999$$, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
    ('verify', $$1150$$, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
    ('list_prices', $$'bad-input'$$, $$now()$$, $$'standard'$$, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
    ('is_price_hours', $$'08:00-09:00 UTC'$$, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
    ('price_choice', $$'CNY'$$, $$'bad-input'$$, $$'standard'$$, $$''$$, $$1$$, $$now()$$, $$'{"image": 1}'$$, $$now()$$, NULL, NULL, NULL),
    ('rebuild_usage_sums', $$1150$$, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
    ('are_price_items', $$'image 1'$$, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
    ('are_meters', $$'{"image": 1}'$$, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
    ('seal_books', $$interval '0'$$, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
    ('export_seal', $$1$$, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
    ('verify_seal', $$'billing seal 1'$$, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
    ('entry_chain', $$NULL$$, $$1150$$, $$1$$, $$now()$$, $$now()$$, $$1$$, $$1$$, $$1$$, $$1$$, $$1$$, $$'cash'$$),
    ('usage_event_digest', $$'charged'$$, $$now()$$, $$now()$$, $$1$$, $$'m'$$, $$''$$, $$1$$, $$1$$, $$1$$, $$1$$, $$'{"image": 1}'$$),
    ('set_price_list', $$1150$$, $$'standard'$$, $$'2100-01-01 00:00+00'$$, $$'me'$$, $$'why'$$, NULL, NULL, NULL, NULL, NULL, NULL),
    ('price_lists', $$1150$$, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
    ('import_prices', $$E'provider,model,prompt_tokens_over,usd_per_million_input,usd_per_million_output\nbad-input,m,0,1,1'$$,
        $$'USD'$$, $$1$$, $$'bad-input'$$, $$now()$$, $$'bad_input'$$, $$'me'$$, $$'why'$$, $$false$$, NULL, NULL),
    ('quote', $$1150$$, $$'bad-input'$$, $$1$$, $$1$$, $$1$$, $$1$$, $$now()$$, $$''$$, $$'{}'$$, NULL, NULL),
    ('charge', $$1150$$, $$1$$, $$'new'$$, $$'bad-input'$$, $$1$$, $$1$$, $$1$$, $$1$$, $$clock_timestamp()$$, $$''$$, $$'{}'$$),
    ('meter', $$1150$$, $$1$$, $$'new'$$, $$'bad-input'$$, $$1$$, $$1$$, $$1$$, $$1$$, $$clock_timestamp()$$, $$''$$, $$'{}'$$),
    ('usage_report', $$1150$$, $$now()$$, $$now()$$, $$'{day}'$$, $$'UTC'$$, $$'recorded_at'$$, NULL, NULL, NULL, NULL, NULL),
    ('set_balance_alert', $$1150$$, $$1$$, $$NULL$$, $$false$$, $$true$$, NULL, NULL, NULL, NULL, NULL, NULL),
    ('check_health', $$interval '30 s'$$, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
    ('pause_workers', $$interval '1 s'$$, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
    ('retry_set_aside', $$ARRAY[-1]$$, $$'why'$$, $$'me'$$, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
    ('dismiss_set_aside', $$ARRAY[-1]$$, $$'why'$$, $$'me'$$, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
    ('unpark', $$1150$$, $$'why'$$, $$'me'$$, $$'settler'$$, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
    ('confirm_clock', $$'why'$$, $$'me'$$, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
    ('counts_at', $$1150$$, $$1$$, $$now()$$, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
    ('repair_clock', $$1150$$, $$'why'$$, $$'me'$$, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
    ('known_time_zone', $$'UTC'$$, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
    ('day_start', $$date '2026-01-01'$$, $$'UTC'$$, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
    ('settle', $$1$$, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
    ('explain_charge', $$1150$$, $$'charged'$$, $$NULL$$, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
    ('reverse_charge', $$1150$$, $$'charged'$$, $$'new key'$$, $$'why'$$, $$'me'$$, $$NULL$$, NULL, NULL, NULL, NULL, NULL),
    ('grant_bonus', $$1150$$, $$1$$, $$'new key'$$, $$now() + interval '1 day'$$, $$'why'$$, $$'me'$$, NULL, NULL, NULL, NULL, NULL),
    ('withdraw_bonus', $$1150$$, $$3$$, $$'new key'$$, $$'me'$$, $$'why'$$, NULL, NULL, NULL, NULL, NULL, NULL),
    ('adjust', $$1150$$, $$1$$, $$'new key'$$, $$now() + interval '1 day'$$, $$'me'$$, $$'why'$$, NULL, NULL, NULL, NULL, NULL),
    ('write_off', $$1150$$, $$1$$, $$'new key'$$, $$'me'$$, $$'why'$$, NULL, NULL, NULL, NULL, NULL, NULL),
    ('record_offline_payment', $$1150$$, $$1$$, $$'new key'$$, $$'bank 3'$$, $$'CNY'$$, $$now()$$, $$'me'$$, $$'why'$$, NULL, NULL, NULL),
    ('reverse_offline_payment', $$1150$$, $$2$$, $$'new key'$$, $$'me'$$, $$'why'$$, NULL, NULL, NULL, NULL, NULL, NULL)
    ) AS g (name, v1, v2, v3, v4, v5, v6, v7, v8, v9, v10, v11)
JOIN pg_proc AS p ON p.pronamespace = 'billing'::regnamespace AND p.proname || CASE WHEN p.oid = 'billing.authorize(bigint, bigint, text)'::regprocedure THEN ' by number' ELSE '' END = g.name,
LATERAL unnest(p.proargnames, p.proargtypes::oid[],
    ARRAY[v1, v2, v3, v4, v5, v6, v7, v8, v9, v10, v11] || CASE g.name WHEN 'set_price' THEN ARRAY[$$'image 1'$$, $$''$$, $$'me'$$, $$'why'$$] WHEN 'entry_chain' THEN ARRAY[$$'revenue'$$, $$'charge'$$, 'NULL', $$'me'$$, 'NULL'] WHEN 'usage_event_digest' THEN ARRAY['1', '1'] WHEN 'charge' THEN ARRAY[$$'{}'$$] WHEN 'meter' THEN ARRAY[$$'{}'$$] WHEN 'set_seller' THEN ARRAY[$$'3040203000000000000'$$, 'NULL', 'NULL', $$'me'$$, $$'why'$$] END) WITH ORDINALITY AS a (name, type, value, n)
WHERE a.name IS NOT NULL;

-- None is left out, with none of its arguments.
SELECT p.oid::regprocedure AS left_out FROM pg_proc AS p
WHERE p.pronamespace = 'billing'::regnamespace AND p.pronargs > 0 AND p.prokind = 'f' AND p.proargtypes[0] <> 'internal'::regtype
  AND (SELECT count(*) FROM good_call AS g WHERE g.function = p.proname || CASE WHEN p.oid = 'billing.authorize(bigint, bigint, text)'::regprocedure THEN ' by number' ELSE '' END AND g.value IS NOT NULL) <> p.pronargs;

-- A call with one value put in the place of its argument. What becomes of it is undone, good or bad.
CREATE FUNCTION pg_temp.call_with(name text, at int, put text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    call text;
    code text;
BEGIN
    SELECT format('SELECT * FROM billing.%I(%s)', replace(name, ' by number', ''),
               string_agg(CASE WHEN g.place = at THEN '(' || put || ')' ELSE '(' || g.value || ')' END || '::' || g.type, ', ' ORDER BY g.place))
    INTO call FROM good_call AS g WHERE g.function = name;
    BEGIN
        EXECUTE call;
        RAISE SQLSTATE '00001';
    EXCEPTION WHEN OTHERS THEN
        GET STACKED DIAGNOSTICS code = RETURNED_SQLSTATE;
    END;
    RETURN CASE code WHEN '00001' THEN 'ok' ELSE code END;
END $$;

SELECT test.books() AS books \gset
-- The good calls are good, but for those on arrears and usage that are not there, on an invoice that a provider issued, on webhooks without a master key, and on statements without a seller.
SELECT function, pg_temp.call_with(function, 0, '') AS outcome FROM (SELECT DISTINCT function FROM good_call) AS g ORDER BY 1;

-- Texts. "ok" stands where a text may be null, or where more than 200 bytes are no limit.
SELECT function, argument, pg_temp.call_with(function, place, 'NULL') AS "null", pg_temp.call_with(function, place, '''''') AS empty,
       pg_temp.call_with(function, place, 'E'' \t\r\n''') AS blank, pg_temp.call_with(function, place, 'repeat(''é'', 101)') AS "202 bytes",
       pg_temp.call_with(function, place, 'repeat(''x'', 2001)') AS "2001 bytes",
       pg_temp.call_with(function, place, 'repeat(''x'', 5000000)') AS "5 MB"
FROM good_call WHERE type = 'text' ORDER BY function, place;

-- Numbers and ids: none of these exists, and tokens and tiers have bounds.
SELECT function, argument, pg_temp.call_with(function, place, 'NULL') AS "null", pg_temp.call_with(function, place, '''-9223372036854775808''') AS lowest,
       pg_temp.call_with(function, place, '''-1''') AS "-1", pg_temp.call_with(function, place, '0') AS "0",
       pg_temp.call_with(function, place, '4000000000') AS "4000000000", pg_temp.call_with(function, place, '9223372036854775807') AS highest
FROM good_call WHERE type = 'bigint' ORDER BY function, place;

-- Amounts and prices.
SELECT function, argument, pg_temp.call_with(function, place, 'NULL') AS "null", pg_temp.call_with(function, place, '''NaN''') AS nan,
       pg_temp.call_with(function, place, '''Infinity''') AS infinity, pg_temp.call_with(function, place, '''-Infinity''') AS "-infinity",
       pg_temp.call_with(function, place, '''-1''') AS "-1", pg_temp.call_with(function, place, '0') AS "0",
       pg_temp.call_with(function, place, '0.0000000001') AS "1e-10", pg_temp.call_with(function, place, '0.001') AS "0.001",
       pg_temp.call_with(function, place, '1000000000') AS "1e9", pg_temp.call_with(function, place, '''-1e9''') AS "-1e9",
       pg_temp.call_with(function, place, '1e131071') AS huge, pg_temp.call_with(function, place, '1e-16383') AS tiny
FROM good_call WHERE type = 'numeric' ORDER BY function, place;

-- Instants. paid_at may lie in the past, effective_from and the bounds of a statement anywhere.
SELECT function, argument, pg_temp.call_with(function, place, 'NULL') AS "null", pg_temp.call_with(function, place, '''infinity''') AS infinity,
       pg_temp.call_with(function, place, '''-infinity''') AS "-infinity", pg_temp.call_with(function, place, '''4714-11-24 00:00+00 BC''') AS first,
       pg_temp.call_with(function, place, '''294276-12-31 23:59:59.999999+00''') AS last,
       pg_temp.call_with(function, place, 'clock_timestamp() - interval ''1 hour''') AS "an hour ago",
       pg_temp.call_with(function, place, 'clock_timestamp() + interval ''1 hour''') AS "in an hour"
FROM good_call WHERE type = 'timestamp with time zone' ORDER BY function, place;
-- The other types that there are; and the first and the last instant as bounds of a report by occurred_at.
SELECT argument, pg_temp.call_with('usage_report', place, given) AS outcome, left(given, 40) AS given FROM good_call AS g, unnest(ARRAY[
    'NULL', '''{}''', '''{key}''', '''{model,key,hour}''', '''{day,day}''', '''{day,hour}''', '''{week}''', '''{Day}''', '''{""}''', '''{NULL}''', '''{{key,model},{day,key}}''',
    'array_fill(''key''::text, ARRAY[100000])', 'ARRAY[repeat(''x'', 5000000)]']) AS given WHERE g.function = 'usage_report' AND argument = 'group_by';
SELECT function, pg_temp.call_with(function, place, given) AS outcome, left(given, 60) AS given FROM good_call AS g, unnest(ARRAY[
    'NULL', '''{}''', '''{m,m}''', '''{""}''', '''{" "}''', '''{NULL}''', '''{{a,b},{c,d}}''', '''[-3:-2]={a,b}''', 'array_fill(''m''::text, ARRAY[32])', 'array_fill(''m''::text, ARRAY[33])',
    'array_fill(''m''::text, ARRAY[1000000])', 'ARRAY[repeat(''x'', 200)]', 'ARRAY[repeat(''x'', 201)]', 'ARRAY[repeat(''x'', 5000000)]']) WITH ORDINALITY AS v (given, n) WHERE argument = 'models' ORDER BY function DESC, n;
SELECT "from", "to", test.attempt(format('SELECT * FROM billing.usage_report(1150, %L, %L, by => ''occurred_at'')', "from", "to")) AS outcome
FROM (VALUES ('4714-11-24 00:00+00 BC'), (NULL)) AS f ("from"), (VALUES ('294276-12-31 23:59:59.999999+00'), (NULL)) AS t ("to");
SELECT function, argument, pg_temp.call_with(function, place, 'NULL') AS "null", pg_temp.call_with(function, place, '''0''') AS "0", pg_temp.call_with(function, place, '''-1 us''') AS negative,
       pg_temp.call_with(function, place, '''1 day''') AS "1 day", pg_temp.call_with(function, place, '''1 day 1 us''') AS longer, pg_temp.call_with(function, place, '''1 month''') AS "1 month",
       pg_temp.call_with(function, place, '''2147483647 days 2147483647 hours''') AS longest, pg_temp.call_with(function, place, '''-2147483647 days -2147483647 hours''') AS shortest
FROM good_call AS g WHERE type = 'interval' ORDER BY function, place;
SELECT argument, pg_temp.call_with(function, place, 'NULL') AS "null" FROM good_call AS g WHERE function = 'set_balance_alert' AND type IN ('boolean', 'integer') ORDER BY place;
SELECT test.books() = :'books' AS unchanged;

-- What else can be wrong. Each with its message; attempt() adds a note where the hint is missing.
\pset format unaligned
\pset tuples_only on
CREATE FUNCTION pg_temp.refused(calls text[]) RETURNS SETOF text LANGUAGE sql AS $$
    SELECT call || E'\n    ' || test.attempt('SELECT * FROM billing.' || call) FROM unnest(calls) AS call
$$;

\echo -- Accounts.
SELECT pg_temp.refused(ARRAY[
    $$create_account(1159, 'CN')$$, $$create_account(1159, 'eu')$$,
    $$create_account(-1, 'cn')$$, $$create_account(0, 'cn')$$,
    $$create_account(1150, 'global', external_ref => 'bad input')$$,
    $$create_account(1150, 'cn', external_ref => 'bad input', email => 'a@b.c')$$,
    $$create_account(1150, 'cn', external_ref => 'bad input', mobile => '+8613800138000')$$,
    $$create_account(1150, 'cn', external_ref => 'bad input', time_zone => 'UTC')$$,
    $$create_account(1150, 'cn')$$,
    $$create_account(1150, 'global', 'a@b.c', '+8613800138000', 'UTC', 'other')$$,
    $$create_account(1159, 'cn', external_ref => 'bad input')$$,
    $$create_account(NULL, 'global', external_ref => 'bad input')$$,
    $$create_account(1159, 'cn', email => 'nobody')$$, $$create_account(1159, 'cn', email => '@b.c')$$,
    $$create_account(1159, 'cn', email => 'a@')$$, $$create_account(1159, 'cn', email => 'a@b@c')$$,
    $$create_account(1159, 'cn', email => 'a b@c.d')$$, $$create_account(1159, 'cn', email => E'a@b.c\nBcc: x@y.z')$$,
    $$create_account(1159, 'cn', email => 'zhäng@b.c')$$, $$create_account(1159, 'cn', email => 'a@例子.cn')$$, $$create_account(1159, 'cn', email => 'a..b@c.d')$$,
    $$create_account(1159, 'cn', email => 'a@b..c')$$, $$create_account(1159, 'cn', email => '.a@b.c')$$, $$create_account(1159, 'cn', email => 'a@b.c.')$$,
    $$create_account(1159, 'cn', email => '"a"@b.c')$$, $$create_account(1159, 'cn', email => repeat('a', 65) || '@b.c')$$,
    $$request_invoice(1150, '{1}', 'title', 'ordinary', 'a..b@c.d', NULL, 'two dots')$$,
    $$set_seller('global', 'Seller', 'API', 0, address => 'Street', series => 'INV', email => 'verkäufer@b.c')$$,
    $$create_account(1159, 'cn', mobile => '12ab')$$, $$create_account(1159, 'cn', mobile => '1234')$$,
    $$create_account(1159, 'cn', mobile => '+1234567890123456')$$, $$create_account(1159, 'cn', mobile => '++12345')$$,
    $$create_account(1159, 'cn', mobile => '+')$$,
    $$create_account(1159, 'cn', time_zone => 'Mars/Olympus')$$, $$create_account(1159, 'cn', time_zone => '../../etc/passwd')$$,
    $$lock_account(1150, 'closed')$$, $$lock_account(1150, 'refund')$$, $$unlock_account(1150, 'refund')$$, $$lock_account(1150, 'Operator')$$,
    $$close_account(1150, 'new key')$$,
    $$set_account_range(2, 1)$$, $$set_account_range(1151, 1152)$$, $$set_account_range(1, 4611686018427387905)$$]);
\echo -- Keys: unknown ones, and those of another account.
SELECT pg_temp.refused(ARRAY[
    $$create_api_key(1150, 'test', 'sk')$$, $$delete_api_key(1150, 2)$$, $$delete_api_key(1151, 1)$$,
    $$charge(1151, 1, 'new', 'bad-input', 1, 1)$$, $$charge(1150, 2, 'new', 'bad-input', 1, 1)$$]);
SELECT reason FROM billing.authorize(NULL);
SELECT reason FROM billing.authorize('');
SELECT reason FROM billing.authorize('sk-' || repeat('0', 56));
SELECT reason FROM billing.authorize(repeat('x', 1000000));
\echo -- Usage: R20, B&S 4.11. A request_id used again with another payload names both.
SELECT pg_temp.refused(ARRAY[
    $$charge(1150, 1, 'charged', 'bad-input-charged', 1000001, 0)$$, $$charge(1150, 1, 'unpriced', 'bad-input-unpriced', 1000000, 1)$$,
    $$charge(1150, 1, 'new', 'bad-input', 200000001, 0)$$, $$charge(1150, 1, 'new', 'bad-input', 0, 200000001)$$,
    $$charge(1150, 1, 'new', 'bad-input', 0, 0, -1)$$, $$charge(1150, 1, 'new', 'bad-input', 0, 0, 0, 200000001)$$,
    $$charge(1150, 1, 'new', 'bad-input', 1, 1, occurred_at => '2020-01-01')$$,
    $$charge(1150, 1, 'new', 'bad-input', 1, 1, occurred_at => clock_timestamp() + interval '1 hour')$$,
    $$quote(1150, 'bad-input-unpriced', 1, 1)$$, $$quote(1151, 'bad-input', 1, 1)$$,
    $$quote(1150, 'bad-input', 1, 1, occurred_at => '2024-12-31')$$,
    $$explain_charge(1150, 'unheard of')$$, $$explain_charge(1151, 'charged')$$,
    $$explain_charge(1150, 'charged', '2025-01-01')$$,
    $$reverse_charge(1150, 'unheard of', 'new key')$$, $$reverse_charge(1150, 'unpriced', 'new key')$$,
    $$reverse_charge(1150, 'charged', 'new key', occurred_at => '2025-01-01')$$,
    $$settle(0)$$, $$settle(100001)$$]);
\echo -- Metering: what a row alone can tell. Whose it is, is found out when it is settled.
SELECT pg_temp.refused(ARRAY[
    $$meter(1150, 1, 'new', 'bad-input', 200000001, 0)$$, $$meter(1150, 1, 'new', 'bad-input', 0, 200000001)$$,
    $$meter(1150, 1, 'new', 'bad-input', 0, 0, -1)$$, $$meter(1150, 1, 'new', 'bad-input', 0, 0, 0, 200000001)$$,
    $$meter(1150, NULL, 'new', 'bad-input', 0, 0)$$, $$meter(1150, 1, 'new', 'bad-input', 0, 0, NULL)$$,
    $$meter(1150, 1, 'new', 'bad-input', 1, 1, occurred_at => 'infinity')$$]);
\echo -- Reports.
SELECT pg_temp.refused(ARRAY[
    $$usage_report(1158)$$, $$usage_report(1150, 'infinity')$$, $$usage_report(1150, NULL, '-infinity')$$,
    $$usage_report(1150, group_by => NULL)$$, $$usage_report(1150, group_by => '{day,hour}')$$, $$usage_report(1150, group_by => '{hour,key,day}')$$,
    $$usage_report(1150, group_by => '{week}')$$, $$usage_report(1150, group_by => '{NULL}')$$,
    $$usage_report(1150, time_zone => 'Mars/Olympus')$$, $$usage_report(1150, time_zone => '')$$,
    $$usage_report(1150, by => 'settled_at')$$, $$usage_report(1150, by => NULL)$$]);
\echo -- Balance alerts (R11): a threshold or hours, one of the two; whole 0.01.
SELECT pg_temp.refused(ARRAY[
    $$set_balance_alert(1150)$$, $$set_balance_alert(1150, 1, 1)$$, $$set_balance_alert(1158, 1)$$, $$set_balance_alert(-1, 1)$$, $$set_balance_alert(-2, 1)$$, $$create_api_key(-2, 'house')$$, $$delete_api_key(-2, 1)$$,
    $$set_balance_alert(1150, -0.01)$$, $$set_balance_alert(1150, 0.001)$$, $$set_balance_alert(1150, 'NaN')$$, $$set_balance_alert(1150, 'Infinity')$$,
    $$set_balance_alert(1150, 1000000000)$$,
    $$set_balance_alert(1150, runway_hours => 0)$$, $$set_balance_alert(1150, runway_hours => -1)$$, $$set_balance_alert(1150, runway_hours => 721)$$,
    $$set_balance_alert(1150, runway_hours => 2147483647)$$, $$set_balance_alert(1150, runway_hours => -2147483648)$$,
    $$set_balance_alert(1150, 1, notify_recovery => NULL)$$, $$set_balance_alert(1150, 1, enabled => NULL)$$]);
\echo -- Workers and health.
SELECT pg_temp.refused(ARRAY[
    $$pause_workers('1 s')$$, $$pause_workers('0')$$, $$pause_workers('25 hours')$$, $$check_health('-1 s')$$, $$check_health('2 days')$$, $$check_health(NULL)$$]);
\echo -- Money.
SELECT pg_temp.refused(ARRAY[
    $$record_offline_payment(1150, 1, 'new key', '1150 bank 3', 'USD')$$, $$record_offline_payment(1151, 1, 'new key', '1151 bank 3', 'CNY')$$,
    $$record_offline_payment(1150, 1, 'new key', '1150 bank 3', 'cny')$$, $$record_offline_payment(1150, 1, 'new key', '1150 bank 3', 'EUR')$$,
    $$record_offline_payment(1150, 1, 'new key', '1150 bank 1')$$, $$record_offline_payment(1150, 0.005, 'new key', '1150 bank 3')$$,
    $$record_offline_payment(1150, 999999999.99, 'new key', '1150 bank 3')$$,
    $$grant_bonus(1150, 999999999.999999999, 'new key')$$,
    $$grant_bonus(1150, 1, 'new key', expires_at => '2025-01-01 00:00+00')$$, $$adjust(1150, -1, 'new key', expires_at => '2100-01-01 00:00+00')$$,
    $$adjust(1150, 0, 'new key')$$, $$adjust(1150, -1e9, 'new key')$$, $$adjust(1150, -1e100, 'new key')$$, $$grant_bonus(1150, 1e9, 'new key')$$,
    $$record_offline_payment(1150, 1234567890.5, 'new key', '1150 bank 3')$$,
    $$record_offline_payment(1150, 1, 'new key', '1150 bank 3', paid_at => '1999-12-31 23:59+00')$$,
    $$withdraw_bonus(1150, 1, 'new key')$$, $$withdraw_bonus(1150, 99, 'new key')$$, $$withdraw_bonus(1151, 3, 'new key')$$,
    $$write_off(1150, 0.000000001, 'new key')$$,
    $$reverse_offline_payment(1150, 99, 'new key')$$, $$reverse_offline_payment(1151, 1, 'new key')$$]);
\echo -- Idempotency keys: of another request, of another function, of a call without money.
SELECT pg_temp.refused(ARRAY[
    $$record_offline_payment(1150, 101, 'payment', '1150 bank 1')$$, $$record_offline_payment(1150, 100, 'payment', '1150 bank 2')$$,
    $$record_offline_payment(1150, 100, 'payment', '1150 bank 1', 'CNY')$$,
    $$grant_bonus(1150, 10, 'payment')$$, $$adjust(1150, 10, 'grant')$$, $$write_off(1150, 10, 'grant')$$,
    $$withdraw_bonus(1150, 3, 'grant')$$, $$reverse_charge(1150, 'charged', 'grant')$$, $$reverse_offline_payment(1150, 1, 'grant')$$,
    $$close_account(1150, 'grant')$$, $$create_api_key(1150, 'prod', 'payg', 'grant')$$,
    $$create_api_key(1150, 'other', 'payg', 'key')$$, $$create_api_key(1150, 'prod', 'plan', 'key')$$,
    $$grant_bonus(1150, 10, 'grant', expires_at => now() + interval '1 day')$$]);
\echo -- Prices: R20. Negative, too high, too fine, without input or output, behind a charge, changed.
SELECT pg_temp.refused(ARRAY[
    $$set_price('bad-input', 'CNY', -0.000000001, 1)$$, $$set_price('bad-input', 'CNY', 1, 1, -1)$$, $$set_price('bad-input', 'CNY', 1, 1, 1, -1)$$,
    $$set_price('bad-input', 'CNY', 1000000.000000001, 1)$$, $$set_price('bad-input', 'CNY', 1, 0.0000000001)$$,
    $$set_price('bad-input', 'CNY', NULL, 1)$$, $$set_price('bad-input', 'CNY', 1, NULL)$$,
    $$set_price('bad-input', 'CNY', 1, 1, prompt_tokens_over => -1)$$, $$set_price('bad-input', 'CNY', 1, 1, prompt_tokens_over => 3000000001)$$,
    $$set_price('bad-input', 'cny', 1, 1)$$, $$set_price('bad-input', 'CNY', 9, 2, effective_from => '2025-01-01 00:00+00')$$,
    $$set_price('bad-input-charged', 'CNY', 9, 2, effective_from => '2025-06-01 00:00+00')$$,
    $$set_price('bad-input-charged', 'CNY', 9, 2, prompt_tokens_over => 10, effective_from => '2025-01-01 00:00+00')$$]);
\set head 'provider,model,prompt_tokens_over,usd_per_million_input,usd_per_million_output,usd_per_million_cache_read,usd_per_million_cache_write'
\echo -- Price files in CSV: what is wrong, and in which record (the line of names is 0).
SELECT replace(replace(body, E'\n', '\n'), :'head', 'HEAD') || E'\n    ' || test.attempt(format('SELECT billing.import_prices(%L, ''CNY'', effective_from => ''2025-01-01'')', body)) FROM (VALUES
    (:'head' || E'\np,m,0,1,1,,"'), (:'head' || E'\np,m,0,1,1,,\np,"m,0,1,1,,'), (:'head' || E'\np,m"m,0,1,1,,'), (:'head' || E'\np,"m"m,0,1,1,,'),
    (:'head' || E'\np,m,0,1'), (:'head' || E'\np,m,0,,1,,'), (:'head' || E'\np,m'), (:'head' || E'\np'), (:'head' || E'\n,m,0,1,1,,'), (:'head' || E'\np,,0,1,1,,'),
    (:'head' || E'\np,m,0,x,1,,'), (:'head' || E'\np,m,0,-1,1,,'), (:'head' || E'\np,m,0,1,1e,,'), (:'head' || E'\np,m,0,1,1,NaN,'),
    (:'head' || E'\np,m,0,1,1,,Infinity'), (:'head' || E'\np,m,0,1 ,1,,'), (:'head' || E'\np,m,0,0x1,1,,'), (:'head' || E'\np,m,0,1,1000000.1,,'),
    (:'head' || E'\np,m,0,1,0.0000000001,,'), (:'head' || E'\np,m,0,1,1e99999999999,,'), (:'head' || E'\np,m,-1,1,1,,'), (:'head' || E'\np,m,1.5,1,1,,'),
    (:'head' || E'\np,m,99999999999,1,1,,'), (:'head' || E'\np,m,one,1,1,,'), (:'head' || E'\np,m,0,1,1,,\np,m,0,2,1,,'),
    (:'head' || E'\np,m,0,1,1,,' || repeat(',', 40)), (:'head' || E'\np,m,0,1,1,,,superfluous'),
    (E'provider,model\np,m'), (E'provider,model,prompt_tokens_over,usd_per_million_input\np,m,0,1'), ('nonsense'), (',,,'), ('"'),
    (:'head' || E'\np,   ,0,1,1,,')) AS b (body);
\echo -- Without a row, a list adds nothing.
SELECT billing.import_prices(:'head', 'CNY');
SELECT test.attempt(format('SELECT billing.import_prices(%L, ''CNY'', effective_from => ''2025-01-01'')', :'head' || E'\n' || repeat('x', 150) || ',' || repeat('y', 150) || ',0,1,1,,'));
SELECT test.attempt(format('SELECT billing.import_prices(%L, ''CNY'', 1000000, effective_from => ''2025-01-01'')', :'head' || E'\np,m,0,1000,1,,'));
-- A message is cut, between two characters, where what was given is long.
SELECT octet_length(test.attempt(format('SELECT billing.import_prices(%L, ''CNY'', effective_from => ''2025-01-01'')', :'head' || E'\np,m,0,' || repeat('五', 5000) || ',1,,'))) AS bytes;
\echo -- Price files in JSON.
SELECT body || E'\n    ' || test.attempt(format('SELECT billing.import_prices(%L, ''CNY'', effective_from => ''2025-01-01'')', body)) FROM (VALUES
    ('['), ('[{]'), ('[1]'), ('[null]'), ('["a"]'), ('[[]]'), ('[{}]'), ('{}'), ('[{"provider": "p", "model": "m"}]'), ('[] []'), ('[1e99999999]'),
    ('[{"provider": "p", "model": "\u0000", "usd_per_million_input": 1, "usd_per_million_output": 1}]'),
    ('[{"provider": "p", "model": "m", "usd_per_million_input": 1}]'), ('[{"provider": "p", "model": "m", "usd_per_million_output": 1}]'),
    ('[{"provider": "p", "model": "m", "usd_per_million_input": null, "usd_per_million_output": 1}]'),
    ('[{"provider": "p", "model": "m", "usd_per_million_input": -1, "usd_per_million_output": 1}]'),
    ('[{"provider": "p", "model": "m", "usd_per_million_input": true, "usd_per_million_output": 1}]'),
    ('[{"provider": "p", "model": "m", "usd_per_million_input": [1], "usd_per_million_output": 1}]'),
    ('[{"provider": "p", "model": {}, "usd_per_million_input": 1, "usd_per_million_output": 1}]'),
    ('[{"provider": "p", "model": "m", "usd_per_million_input": 1, "usd_per_million_output": 1, "prompt_tokens_over": "many"}]'),
    ('[{"provider": null, "model": "m", "usd_per_million_input": 1, "usd_per_million_output": 1}]'), ('[{"provider": 1, "model": "m", "usd_per_million_input": 1, "usd_per_million_output": 1}]')) AS b (body);
\echo -- Policies.
SELECT pg_temp.refused(ARRAY[
    $$set_policy('no_such_policy', '1')$$, $$set_policy('Block_At_Zero', 'on')$$, $$set_policy('block_at_zero', 'maybe')$$, $$set_policy('block_at_zero', '2')$$,
    $$set_policy('dedupe_window', '57 days')$$, $$set_policy('dedupe_window', '23:59:59')$$, $$set_policy('dedupe_window', '-40 days')$$,
    $$set_policy('dedupe_window', '1 month')$$, $$set_policy('dedupe_window', 'soon')$$, $$set_policy('dedupe_window', '35')$$,
    $$set_policy('dedupe_window', '9223372036854775807 days')$$, $$set_policy('dedupe_window', '2147483647 days')$$,
    $$set_policy('future_tolerance', '-1 s')$$, $$set_policy('future_tolerance', '61 min')$$,
    $$set_policy('go_live_at', 'infinity')$$, $$set_policy('go_live_at', '-infinity')$$, $$set_policy('go_live_at', 'yesterday or so')$$,
    $$set_policy('go_live_at', '2026-02-30')$$, $$set_policy('go_live_at', '999999-01-01')$$,
    $$set_policy('usage_retention', '59 days')$$, $$set_policy('usage_retention', '36501 days')$$, $$set_policy('usage_retention', '5 years')$$,
    $$set_policy('second_person_above', '1000')$$, $$set_policy('second_person_above', '-1', 'CNY')$$, $$set_policy('second_person_above', 'much', 'CNY')$$,
    $$set_policy('second_person_above', '0.0000000001', 'CNY')$$, $$set_policy('second_person_above', '1000000000', 'CNY')$$,
    $$set_policy('second_person_above', 'NaN', 'CNY')$$, $$set_policy('second_person_above', '1', 'EUR')$$, $$set_policy('block_at_zero', 'on', 'CNY')$$]);
\echo -- Access.
SELECT pg_temp.refused(ARRAY[
    $$grant_access('pg_monitor', 'root')$$, $$grant_access('pg_monitor', 'APP')$$, $$grant_access('regress_no_such_role', 'app')$$]);
\pset format aligned
\pset tuples_only off

SELECT test.books() = :'books' AS unchanged;
SELECT state FROM billing.cancel_order(1150, 3);
SELECT * FROM test.verify();
