-- Orders of top-ups (R1, R4, R19): setting gateways up, placing orders, promotions, cancelling. Accounts 2600 to 2619.
-- What a gateway answers is tested by test/tap; here no gateway is called.
SELECT billing.set_gateway('order_wechat', 'wechat', 'cn', 'API credit');
SELECT billing.set_gateway('order_alipay', 'alipay', 'cn', 'API credit');
SELECT billing.set_payment_method('order_code', 'order_wechat', 'native', 1, 5000);
SELECT billing.set_payment_method('order_h5', 'order_wechat', 'h5');
SELECT billing.set_payment_method('order_page', 'order_alipay', 'page', enabled => false);
SELECT billing.create_account(2600, 'cn'), billing.create_account(2601, 'global');
SELECT method, pays_with, amount_min, amount_max, payer_needs, unavailable FROM billing.payment_methods(2600) WHERE method ~ '^order_';
SELECT count(*) FROM billing.payment_methods(2601) WHERE method ~ '^order';

-- An order.
SELECT order_id, state, reason, method, currency, amount, pay_amount, discount, gift, expires_at - created_at AS lives, paid_at, pay_url FROM billing.create_topup(2600, 100, 'order_code', 'one');
SELECT order_id, state FROM billing.create_topup(2600, 100, 'order_code', 'one');
SELECT order_id, state FROM billing.create_topup(2600, 100, 'order_code', 'one', payer => '{"client_ip": "192.0.2.1"}');
SELECT test.attempt($$SELECT billing.create_topup(2600, 101, 'order_code', 'one')$$);
SELECT kind, state, due_at IS NOT NULL AS due FROM billing_books.gateway_call WHERE account_id = 2600;
SELECT state, pay_url FROM billing.order_status(2600, 1);

-- Policies.
SELECT billing.set_policy('payment_timeout', '5 minutes'), billing.set_policy('topup_min', '10', 'CNY'), billing.set_policy('topup_max', '1000', 'CNY');
SELECT order_id, state, expires_at - created_at AS lives FROM billing.create_topup(2600, 10, 'order_code', 'policies');
SELECT test.attempt(format($$SELECT billing.create_topup(2600, %s, 'order_code', 'refused')$$, amount)) FROM unnest(ARRAY['9.99', '1000.01', '0', '-1', '0.001', 'NULL', $a$'NaN'$a$]) AS amount;
SELECT billing.set_policy('payment_timeout', NULL), billing.set_policy('topup_min', NULL, 'CNY'), billing.set_policy('topup_max', NULL, 'CNY');
SELECT test.attempt(call) FROM (VALUES
    ($$SELECT billing.create_topup(2600, 5001, 'order_code', 'refused')$$),
    ($$SELECT billing.create_topup(2600, 0.5, 'order_code', 'refused')$$),
    ($$SELECT billing.create_topup(2600, 5, 'nothing', 'refused')$$),
    ($$SELECT billing.create_topup(2600, 5, 'order_page', 'refused')$$),
    ($$SELECT billing.create_topup(2601, 5, 'order_code', 'refused')$$),
    ($$SELECT billing.create_topup(2699, 5, 'order_code', 'refused')$$),
    ($$SELECT billing.create_topup(2600, 5, NULL, 'refused')$$),
    ($$SELECT billing.create_topup(2600, 5, 'order_code', NULL)$$),
    ($$SELECT billing.create_topup(2600, 5, 'order_code', 'refused', return_url => 'javascript:alert(1)')$$),
    ($$SELECT billing.create_topup(2600, 5, 'order_code', 'refused', return_url => 'https://example.org/ x')$$),
    ($$SELECT billing.create_topup(2600, 5, 'order_h5', 'refused')$$),
    ($$SELECT billing.create_topup(2600, 5, 'order_h5', 'refused', payer => '{"uid": "7"}')$$),
    ($$SELECT billing.create_topup(2600, 5, 'order_h5', 'refused', payer => '{"client_ip": "nowhere"}')$$),
    ($$SELECT billing.create_topup(2600, 5, 'order_h5', 'refused', payer => '{"client_ip": 7}')$$),
    ($$SELECT billing.create_topup(2600, 5, 'order_h5', 'refused', payer => '{"client_ip": {"deep": ["x"]}}')$$),
    ($$SELECT billing.create_topup(2600, 5, 'order_h5', 'refused', payer => '{"client_ip": "192.0.2.1", "name": "x"}')$$),
    ($$SELECT billing.create_topup(2600, 5, 'order_h5', 'refused', payer => '["client_ip"]')$$),
    ($$SELECT billing.create_topup(2600, 5, 'order_h5', 'refused', payer => '"client_ip"')$$),
    ($$SELECT billing.create_topup(2600, 5, 'order_h5', 'refused', payer => jsonb_build_object('client_ip', '192.0.2.1', 'uid', repeat('x', 65)))$$)) AS c (call);
SELECT order_id, state FROM billing.create_topup(2600, 5, 'order_h5', 'h5', payer => '{"uid": "7", "client_ip": "2001:db8::1"}', return_url => 'https://example.org/paid');
SELECT payer, return_url FROM billing_books.payment_order WHERE account_id = 2600 AND order_id = 3;

-- Promotions (R19).
SELECT billing.create_promotion('order spring', 'cn', 100, discount => 10, orders_max => 2);
SELECT billing.create_promotion('order gift', 'cn', 50, gift => 5, gift_days => 30);
SELECT billing.create_promotion('order abroad', 'global', 50, gift => 5);
SELECT order_id, amount, pay_amount, discount, gift FROM billing.create_topup(2600, 200, 'order_code', 'spring 1', 'order spring');
SELECT order_id, amount, pay_amount, discount, gift FROM billing.create_topup(2600, 100, 'order_code', 'spring 2', 'order spring');
SELECT order_id, amount, pay_amount, discount, gift FROM billing.create_topup(2600, 50, 'order_code', 'gift', 'order gift');
SELECT test.attempt(call) FROM (VALUES
    ($$SELECT billing.create_topup(2600, 100, 'order_code', 'refused', 'order spring')$$),
    ($$SELECT billing.create_topup(2600, 99, 'order_code', 'refused', 'order spring')$$),
    ($$SELECT billing.create_topup(2600, 100, 'order_code', 'refused', 'order abroad')$$),
    ($$SELECT billing.create_topup(2600, 100, 'order_code', 'refused', 'nothing')$$),
    ($$SELECT billing.create_promotion('order spring', 'cn', 100, 10)$$),
    ($$SELECT billing.create_promotion('order none', 'cn', 100)$$),
    ($$SELECT billing.create_promotion('order all', 'cn', 100, 100)$$),
    ($$SELECT billing.create_promotion('order days', 'cn', 100, 1, gift_days => 3)$$),
    ($$SELECT billing.create_promotion('order days', 'cn', 100, gift => 1, gift_days => 0)$$),
    ($$SELECT billing.create_promotion('order many', 'cn', 100, 1, orders_max => 1001)$$),
    ($$SELECT billing.create_promotion('order past', 'cn', 100, 1, ends_at => '2020-01-01')$$),
    ($$SELECT billing.create_promotion('order where', 'moon', 100, 1)$$)) AS c (call);
-- An order that closes unpaid gives its use back.
SELECT state, reason FROM billing.cancel_order(2600, 5);
SELECT order_id FROM billing.create_topup(2600, 100, 'order_code', 'spring 3', 'order spring');
SELECT billing.end_promotion('order spring'), billing.end_promotion('order spring'), billing.end_promotion('nothing');
SELECT test.attempt($$SELECT billing.create_topup(2600, 100, 'order_code', 'refused', 'order spring')$$);

-- Cancelling what was never sent closes it; its call is not needed any more.
SELECT state, reason FROM billing.cancel_order(2600, 1);
SELECT state, reason FROM billing.cancel_order(2600, 1);
SELECT state, due_at FROM billing_books.gateway_call WHERE account_id = 2600 AND order_id = 1;
SELECT status FROM billing.record_offline_payment(2600, 10, 'bank', '2600 bank');
SELECT test.attempt(format($$SELECT billing.%s(2600, %s)$$, call, id)) FROM unnest(ARRAY['order_status', 'cancel_order', 'refresh_order']) AS call, unnest(ARRAY['99', '8', 'NULL']) AS id;
SELECT state, reason, paid_at IS NOT NULL AS paid FROM billing.order_status(2600, 8);

-- Refreshing: once in 5 seconds.
SELECT state FROM billing.refresh_order(2600, 2);
SELECT test.attempt('SELECT billing.refresh_order(2600, 2)');
SELECT state, reason FROM billing.refresh_order(2600, 1);

-- One that ran out is expired for everybody at once.
BEGIN;
SET LOCAL billing.clock_offset = '6min';
SELECT state FROM billing.order_status(2600, 2);
ROLLBACK;

-- A lock stops all of them; a locked account places none.
SELECT billing.lock_account(2600);
SELECT order_id, state, close_reason FROM billing_books.payment_order WHERE account_id = 2600 ORDER BY order_id;
SELECT test.attempt($$SELECT billing.create_topup(2600, 100, 'order_code', 'locked')$$);
SELECT billing.unlock_account(2600);

-- An account with an open order does not close.
SELECT billing.create_account(2602, 'cn');
SELECT state FROM billing.create_topup(2602, 100, 'order_code', 'open');
SELECT test.attempt($$SELECT billing.close_account(2602, 'close')$$);
SELECT state FROM billing.cancel_order(2602, 1);
SELECT status FROM billing.close_account(2602, 'close');

-- Gateways: what is for life, and retiring.
SELECT test.attempt(call) FROM (VALUES
    ($$SELECT billing.set_gateway('order_wechat', 'alipay', 'cn', 'API credit')$$),
    ($$SELECT billing.set_gateway('order_other', 'wechat', 'global', 'API credit')$$),
    ($$SELECT billing.set_gateway('order_other', 'bank', 'cn', 'API credit')$$),
    ($$SELECT billing.set_gateway('../etc', 'wechat', 'cn', 'API credit')$$),
    ($$SELECT billing.set_gateway('Order', 'wechat', 'cn', 'API credit')$$),
    ($$SELECT billing.set_gateway('order_other', 'wechat', 'cn', '')$$),
    ($$SELECT billing.set_payment_method('order_code', 'nothing', 'native')$$),
    ($$SELECT billing.set_payment_method('order_code', 'order_wechat', 'page')$$),
    ($$SELECT billing.set_payment_method('offline', 'order_wechat', 'native')$$),
    ($$SELECT billing.set_payment_method('order_code', 'order_wechat', 'native', 10, 5)$$)) AS c (call);
SELECT billing.set_gateway('order_wechat', 'wechat', 'cn', 'API credit', retired => true);
SELECT method, unavailable FROM billing.payment_methods(2600) WHERE method ~ '^order_';
SELECT test.attempt($$SELECT billing.create_topup(2600, 100, 'order_code', 'retired')$$);
SELECT action, object, old_value, new_value FROM billing_books.audit_log WHERE object ~ '^order' AND action ~ '^(set|create|end)_' ORDER BY audit_no;
SELECT * FROM test.verify();
