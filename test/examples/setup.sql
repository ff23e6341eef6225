-- A platform with prices and gateways, two roles of the application, and two customers: one who has used it for ten days, and one
-- whose numbers fit no JavaScript number. It begins ten days ago.
\set ON_ERROR_STOP on
SET client_min_messages = warning;
SET billing.clock_offset = '-10d';
CREATE EXTENSION billing;
SELECT billing.install();
CREATE ROLE my_app LOGIN;
CREATE ROLE my_route LOGIN;
SELECT billing.grant_access('my_app', 'app'), billing.grant_access('my_route', 'notice');

SELECT billing.set_price('example-small', 'CNY', 800, 2400), billing.set_price('example-large', 'CNY', 30000, 90000);
SELECT billing.set_gateway('alipay', 'alipay', 'cn', 'Example AI credit'), billing.set_payment_method('alipay', 'alipay', 'page'),
       billing.set_gateway('wechat', 'wechat', 'cn', 'Example AI credit'), billing.set_payment_method('wechat', 'wechat', 'native'),
       billing.set_gateway('nuonuo', 'nuonuo', 'cn', 'Invoices'), billing.set_policy('invoice_wait', '0'),
       billing.set_seller('cn', '示例智能科技有限公司', '*信息技术服务*API调用服务', 0.06, '339902999999789113', drawer => '李四', goods_code => '3040203000000000000', gateway => 'nuonuo');

-- Ten days of use: a working week, a quiet weekend, and more again.
SELECT billing.create_account(7, 'cn', 'busy@customer.example', external_ref => 'user busy@customer.example') AS busy \gset
SELECT count(*) FROM unnest('{production,evaluation,notebook}'::text[]) AS name, billing.create_api_key(:busy, name);
SELECT billing.record_offline_payment(:busy, 600, 'first', 'transfer 1'), billing.grant_bonus(:busy, 20, 'welcome', now() + interval '90 days', 'welcome');
CREATE FUNCTION pg_temp.use_day(ago int, calls int) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM set_config('billing.clock_offset', -ago || 'd', false);
    PERFORM billing.charge(7, 1 + n % 3, 'day ' || ago || ', ' || n, CASE n % 4 WHEN 0 THEN 'example-small' ELSE 'example-large' END, 40 * n % 311, 55 * n % 197)
        FROM generate_series(1, calls) AS n;
END $$;
SELECT pg_temp.use_day(ago, calls)
    FROM unnest('{9,8,7,6,5,4,3,2,1,0}'::int[], '{3,5,4,7,6,1,1,6,8,4}'::int[]) AS d(ago, calls);

RESET billing.clock_offset;
SELECT billing.create_account(4611686018427387904, 'cn', 'big@customer.example', external_ref => 'user big@customer.example') AS big \gset
SELECT count(*) FROM billing.create_api_key(:big, 'only');
SELECT billing.record_offline_payment(:big, 400000000, 'first', 'transfer 2');
SELECT billing.set_price('nearly-free', 'CNY', 0.001, 0.001);
SELECT billing.charge(:big, 1, 'least', 'nearly-free', 1, 0);
SELECT billing.arm(reason => 'the example');
