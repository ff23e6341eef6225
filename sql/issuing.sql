-- Invoices that a provider issues (R16, B&S 4.6): when they begin, what can be done with one that is on its way, and what of it needs an
-- answer of the provider's; test/tap/165_invoices.pl has the answers. Accounts 2740 to 2749.
SELECT count(billing.create_account(account_id, 'cn')) AS accounts FROM generate_series(2740, 2742) AS account_id;
SELECT count(billing.record_offline_payment(account_id, 100, 'a', account_id || ' a')) AS paid FROM generate_series(2740, 2742) AS account_id;
SELECT count(billing.set_invoice_title(account_id, 'company', 'enterprise', '某某科技有限公司', '91330106673959654P')) AS titles FROM generate_series(2740, 2742) AS account_id;
SELECT billing.set_gateway('pay_2740', 'wechat', 'cn', 'Credit');
SELECT billing.set_gateway('invoices_2740', 'nuonuo', 'cn', 'Invoices');
SELECT billing.set_payment_method('invoices_2740', 'invoices_2740', 'native', 1, 100);
SELECT billing.set_seller('cn', '销方有限公司', '*信息技术服务*API调用服务', 0.06, '91330106673959654P', drawer => '李四', goods_code => '3040203000000000000', gateway => 'pay_2740');

SELECT invoice_id, state FROM billing.request_invoice(2740, ARRAY[1], 'company', 'special', 'a@b.example', NULL, 'i', ARRAY[40]);
SELECT invoice_id, state FROM billing.request_invoice(2741, ARRAY[1], 'company', 'ordinary', NULL, '13800138000', 'i');
-- Nobody but operators issues: no seller has a gateway.
SELECT billing.set_policy('invoice_wait', '0');
SELECT billing.issue_due_invoices();
SELECT billing.set_seller('cn', '销方有限公司', '*信息技术服务*API调用服务', 0.06, '91330106673959654P', drawer => '李四', goods_code => '3040203000000000000', gateway => 'invoices_2740') > 0 AS set;
-- A customer has a while to withdraw it.
SELECT billing.set_policy('invoice_wait', '1 hour');
SELECT billing.issue_due_invoices();
SELECT billing.set_policy('invoice_wait', '0');
-- By a gateway that is retired nothing is issued: what was applied for waits, and stands in the list of what needs a person; nor can a seller have one.
SELECT billing.set_gateway('invoices_2740', 'nuonuo', 'cn', 'Invoices', retired => true);
SELECT billing.issue_due_invoices();
SELECT account_id, state FROM billing_books.invoice WHERE account_id IN (2740, 2741) ORDER BY 1;
SELECT what, account_id, gateway, detail FROM billing.attention WHERE gateway = 'invoices_2740';
SELECT billing.set_seller('cn', '另一销方有限公司', '*信息技术服务*API调用服务', 0.06, '91330106673959654P', drawer => '李四', goods_code => '3040203000000000000', gateway => 'invoices_2740');
SELECT billing.set_gateway('invoices_2740', 'nuonuo', 'cn', 'Invoices');
SELECT count(*) FROM billing.attention WHERE gateway = 'invoices_2740';
SELECT billing.issue_due_invoices() > 0 AS begun, billing.issue_due_invoices() AS again;
SELECT n.account_id, n.invoice_id, n.state, n.actor, s.name AS seller, c.kind, c.gateway, c.state, c.gateway_number
FROM billing_books.invoice AS n
JOIN billing_books.seller AS s ON s.region = 'cn' AND s.seller_no = n.seller_no
JOIN billing_books.gateway_call AS c USING (account_id, invoice_id)
WHERE n.account_id IN (2740, 2741) ORDER BY n.account_id;

-- It is on its way: nobody withdraws it, and by hand nothing is done with it.
SELECT billing.withdraw_invoice(2740, 1);
SELECT billing.record_invoice(2740, 1, '26332000000000002740');
SELECT billing.decline_invoice(2740, 1, 'no');
SELECT billing.retry_invoice(2740, 1);
SELECT billing.retry_invoice(2740, 9);
SELECT * FROM billing.reverse_invoice(2740, 1, '01', 'r', 'wrong');
SELECT order_id, invoiced, invoiceable FROM billing.invoiceable(2740);

-- What operators issued they reverse by hand.
SELECT invoice_id FROM billing.request_invoice(2742, ARRAY[1], 'company', 'special', 'a@b.example', NULL, 'i');
SELECT billing.record_invoice(2742, 1, '26332000000000002742');
SELECT * FROM billing.reverse_invoice(2742, 1, '01', 'r', 'wrong');
SELECT * FROM billing.reverse_invoice(2742, 1, '05', 'r', 'wrong');
SELECT * FROM billing.reverse_invoice(2742, 1, '01', 'r', NULL);
SELECT * FROM billing.reverse_invoice(2742, 9, '01', 'r', 'wrong');
SELECT billing.resolve_red_confirmation(2742, 1, 'agree');
SELECT billing.resolve_red_confirmation(2742, 1, 'perhaps');
SELECT * FROM billing.red_confirmations(2742);
SELECT * FROM billing.red_confirmations(9999999);

-- Who sells on an invoice stays, whatever is set later.
SELECT billing.set_seller('cn', '新销方有限公司', '*信息技术服务*API调用服务', 0.13, '91330106673959654P', drawer => '李四', goods_code => '3040203000000000000') > 0 AS set;
SELECT s.name FROM billing_books.invoice AS n JOIN billing_books.seller AS s USING (seller_no) WHERE n.account_id = 2740 AND s.region = 'cn';
SELECT billing.set_policy('invoice_wait', NULL);
SELECT * FROM test.verify();
