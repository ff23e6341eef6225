-- Who sells, as invoices say it: what each region needs, and that only what differs is a new one.
SELECT billing.set_seller('mars', 'n', 'g', 0);
SELECT billing.set_seller('cn', '某某科技有限公司', '*信息技术服务*API调用服务', 0.06);
SELECT billing.set_seller('cn', '某某科技有限公司', '*信息技术服务*API调用服务', 0.06, '91330106673959654P');
SELECT billing.set_seller('cn', '某某科技有限公司', '*信息技术服务*API调用服务', 0.06, '91330106673959654P', drawer => '张三', goods_code => '304020300000000000');
SELECT billing.set_seller('cn', '某某科技有限公司', '*信息技术服务*API调用服务', 0.06, '91330106673959654P', drawer => '张三', goods_code => '3040203000000000000', series => 'A');
SELECT billing.set_seller('cn', '某某科技有限公司', '*信息技术服务*API调用服务', 0.06, '91330106673959654P', drawer => '张三', goods_code => '3040203000000000000', gateway => 'none');
SELECT billing.set_seller('cn', '某某科技有限公司', '*信息技术服务*API调用服务', 1, '91330106673959654P', drawer => '张三', goods_code => '3040203000000000000');
SELECT billing.set_seller('cn', '某某科技有限公司', '*信息技术服务*API调用服务', 0.00001, '91330106673959654P', drawer => '张三', goods_code => '3040203000000000000');
SELECT billing.set_seller('cn', '某某科技有限公司', '*信息技术服务*API调用服务', 'NaN', '91330106673959654P', drawer => '张三', goods_code => '3040203000000000000');
SELECT billing.set_seller('cn', '某某科技有限公司', '*信息技术服务*API调用服务', NULL, '91330106673959654P', drawer => '张三', goods_code => '3040203000000000000');
SELECT billing.set_seller('global', 'Example Ltd', 'API credit', 0, series => 'INV');
SELECT billing.set_seller('global', 'Example Ltd', 'API credit', 0, address => '1 Example Street', series => 'inv');
SELECT billing.set_seller('global', E'Example\nLtd', 'API credit', 0, address => '1 Example Street', series => 'INV');

SELECT billing.set_seller('cn', '某某科技有限公司', '*信息技术服务*API调用服务', 0.06, '91330106673959654P', drawer => '张三', goods_code => '3040203000000000000');
SELECT billing.set_seller('cn', '某某科技有限公司', '*信息技术服务*API调用服务', 0.0600, '91330106673959654P', drawer => '张三', goods_code => '3040203000000000000');
SELECT billing.set_seller('cn', '某某科技有限公司', '*信息技术服务*API调用服务', 0.13, '91330106673959654P', drawer => '张三', goods_code => '3040203000000000000', actor => 'anna', reason => 'rate');
SELECT billing.set_seller('global', 'Example Ltd', 'API credit', 0, address => '1 Example Street', series => 'INV');
SELECT region, seller_no, name, tax_rate, series FROM billing_books.seller ORDER BY region, seller_no;
SELECT action, object, old_value, new_value, reason FROM billing_books.audit_log WHERE action = 'set_seller' ORDER BY audit_no;
UPDATE billing_books.seller SET tax_rate = 0;
SELECT * FROM test.verify();
