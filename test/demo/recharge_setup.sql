-- Four gateways, five ways of paying, a promotion, two customers abroad; who sells, and who issues invoices; who may call what.
\set ON_ERROR_STOP on
SET client_min_messages = warning;
CREATE ROLE route LOGIN;
SELECT billing.grant_access('route', 'notice');
SELECT billing.set_gateway('wechat', 'wechat', 'cn', 'API credit'), billing.set_gateway('alipay', 'alipay', 'cn', 'API credit');
SELECT billing.set_payment_method('wechat_code', 'wechat', 'native'), billing.set_payment_method('alipay_code', 'alipay', 'qr'),
       billing.set_payment_method('alipay_page', 'alipay', 'page');
SELECT billing.set_gateway('xiaomi', 'xiaomi', 'cn', 'API credit'), billing.set_gateway('waffo', 'waffo', 'global', 'API credit');
SELECT billing.set_payment_method('xiaomi_app', 'xiaomi', 'sdk'), billing.set_payment_method('card', 'waffo', 'credit_card');
SELECT billing.set_gateway_fee(gateway, 0.006) FROM unnest('{wechat,alipay}'::text[]) AS gateway;
SELECT billing.set_gateway('nuonuo', 'nuonuo', 'cn', 'Invoices'),
       billing.set_seller('cn', '示例智能科技有限公司', '*信息技术服务*API调用服务', 0.06, '339902999999789113', drawer => '李四', goods_code => '3040203000000000000', gateway => 'nuonuo'),
       billing.set_seller('global', 'Example AI Ltd', 'API credit', 0.09, address => '1 Example Street, Singapore', series => 'INV');
SELECT billing.create_account(account_id, 'global', 'a@b.example') FROM generate_series(:abroad, :abroad + 1) AS account_id;
SELECT billing.create_promotion('welcome back', 'cn', 100, discount => 10, gift => 5, gift_days => 30);
SELECT billing.arm(reason => 'the demo');
