-- Invoices of the mainland (R15 to R17, B&S 4.6): what can be invoiced, applications, what an operator issues and reverses by hand, and
-- what invoices and refunds of the same money do to each other. Accounts 2720 to 2729.
SELECT count(billing.create_account(account_id, 'cn')) AS accounts FROM generate_series(2720, 2726) AS account_id;
SELECT billing.create_account(2729, 'global');
SELECT status FROM billing.record_offline_payment(2720, 100, 'a', '2720 a');
SELECT status FROM billing.record_offline_payment(2720, 50.50, 'b', '2720 b');
SELECT status FROM billing.grant_bonus(2720, 5, 'gift');

-- Titles: what is none, and what changes one.
SELECT billing.set_invoice_title(2720, 'me', 'individual', '张三');
SELECT billing.set_invoice_title(2720, 'company', 'enterprise', '某某科技有限公司', '91330106673959654P', '杭州', '0571-1', '工商银行', '6222');
SELECT billing.set_invoice_title(2720, 'x', 'club', 'n');
SELECT billing.set_invoice_title(2720, 'x', 'enterprise', 'n');
SELECT billing.set_invoice_title(2720, 'x', 'enterprise', 'n', '91330106673959654Q');
SELECT billing.set_invoice_title(2720, 'x', 'individual', 'n', '91330106673959654P');
SELECT billing.set_invoice_title(2720, E'a\nb', 'individual', 'n');
SELECT billing.set_invoice_title(-1, 'x', 'individual', 'n');

-- What can be invoiced: what was paid, never what was given.
SELECT order_id, kind, method, paid, payer_paid, payer_refunded, invoiced, invoiceable FROM billing.invoiceable(2720);

-- R16: what goes together.
SELECT billing.request_invoice(2720, ARRAY[1], 'me', 'special', 'a@b.example', NULL, 'no');
SELECT billing.request_invoice(2720, ARRAY[1], 'me', 'big', 'a@b.example', NULL, 'no');
SELECT billing.request_invoice(2720, ARRAY[1], 'nobody', 'ordinary', 'a@b.example', NULL, 'no');
SELECT billing.request_invoice(2720, ARRAY[1], 'me', 'ordinary', NULL, NULL, 'no');
SELECT billing.request_invoice(2720, ARRAY[1], 'me', 'ordinary', 'nonsense', NULL, 'no');
SELECT billing.request_invoice(2720, ARRAY[1], 'me', 'ordinary', E'a@b\x01', NULL, 'no');
SELECT billing.request_invoice(2720, '{}', 'me', 'ordinary', 'a@b.example', NULL, 'no');
SELECT billing.request_invoice(2720, ARRAY[1, NULL], 'me', 'ordinary', 'a@b.example', NULL, 'no');
SELECT billing.request_invoice(2720, ARRAY[1, 1], 'me', 'ordinary', 'a@b.example', NULL, 'no');
SELECT billing.request_invoice(2720, ARRAY[1, 9], 'me', 'ordinary', 'a@b.example', NULL, 'no');
SELECT billing.request_invoice(2720, (SELECT array_agg(n) FROM generate_series(1, 101) AS n), 'me', 'ordinary', 'a@b.example', NULL, 'no');
SELECT billing.request_invoice(2720, ARRAY[1], 'me', 'ordinary', 'a@b.example', NULL, 'no', ARRAY[1, 2]);
SELECT billing.request_invoice(2720, ARRAY[1], 'me', 'ordinary', 'a@b.example', NULL, 'no', ARRAY[0]);
SELECT billing.request_invoice(2720, ARRAY[1], 'me', 'ordinary', 'a@b.example', NULL, 'no', ARRAY[0.001]);
SELECT billing.request_invoice(2720, ARRAY[1], 'me', 'ordinary', 'a@b.example', NULL, 'no', ARRAY['NaN'::numeric]);
SELECT billing.request_invoice(2720, ARRAY[1], 'me', 'ordinary', 'a@b.example', NULL, 'no', ARRAY[100.01]);
SELECT billing.request_invoice(2729, ARRAY[1], 'me', 'ordinary', 'a@b.example', NULL, 'no');
SELECT count(*) AS invoices FROM billing_books.invoice WHERE account_id = 2720;

-- An application: part of one order and all of another. Its amounts count from then on; the same call again is the same.
SELECT invoice_id, state, amount FROM billing.request_invoice(2720, ARRAY[1, 2], 'company', 'special', 'a@b.example', NULL, 'first', ARRAY[60, 50.5]);
SELECT invoice_id, state, amount FROM billing.request_invoice(2720, ARRAY[1, 2], 'company', 'special', 'a@b.example', NULL, 'first', ARRAY[60, 50.5]);
SELECT invoice_id FROM billing.request_invoice(2720, ARRAY[1, 2], 'company', 'special', 'a@b.example', NULL, 'first', ARRAY[60, 50]);
SELECT due_at - created_at AS target FROM billing.invoices(2720);
SELECT order_id, invoiced, invoiceable FROM billing.invoiceable(2720);
SELECT subject, order_id, invoiced, refundable, reason FROM billing.refund_quote(2720);
SELECT billing.request_invoice(2720, ARRAY[2], 'me', 'ordinary', 'a@b.example', NULL, 'second');
SELECT invoice_id, amount FROM billing.request_invoice(2720, ARRAY[1], 'me', 'ordinary', NULL, '13800138000', 'third');
-- By whoever writes: the tables' owner, too.
INSERT INTO billing_books.invoice_line (account_id, invoice_id, order_id, amount) VALUES (2720, 2, 2, 0.01);
INSERT INTO billing_books.invoice_line (account_id, invoice_id, order_id, amount) VALUES (2720, 2, 9, 1);
-- A line before its invoice, too.
WITH line AS (INSERT INTO billing_books.invoice_line VALUES (2720, 7, 2, 0.01) RETURNING account_id)
INSERT INTO billing_books.invoice (account_id, invoice_id, kind, state, created_at) SELECT account_id, 7, 'ordinary', 'requested', now() FROM line;
UPDATE billing_books.invoice_line SET amount = 1 WHERE account_id = 2720;
UPDATE billing_books.invoice SET buyer = '{}' WHERE account_id = 2720;
UPDATE billing_books.invoice SET state = 'sealing' WHERE account_id = 2720 AND invoice_id = 2;
DELETE FROM billing_books.invoice WHERE account_id = 2720;

-- Withdrawn, declined, issued by hand: each once.
SELECT billing.withdraw_invoice(2720, 2, reason => 'a mistake'), billing.withdraw_invoice(2720, 2);
SELECT billing.record_invoice(2720, 2, '26112000000000000001');
SELECT billing.withdraw_invoice(2720, 9);
SELECT account_id, invoice_id, state, kind, name, tax_number, amount, address, overdue, buyer FROM billing.invoice_queue WHERE account_id = 2720;
SELECT billing.record_invoice(2720, 1, 'N-1');
SELECT billing.record_invoice(2720, 1, '26112000000000000001', '2099-01-01 00:00+00');
-- The title has changed meanwhile: the invoice keeps what it was applied for with.
SELECT billing.set_invoice_title(2720, 'company', 'enterprise', 'another name', '110108551385082');
SELECT billing.record_invoice(2720, 1, '26112000000000000001', '2026-01-01 00:00+00');
SELECT billing.record_invoice(2720, 1, '26112000000000000001', document => '');
-- Its document may come later, once.
SELECT billing.record_invoice(2720, 1, '26112000000000000001', now() - interval '1 hour'), billing.record_invoice(2720, 1, '26112000000000000001');
SELECT billing.record_invoice(2720, 1, '26112000000000000001', document => '\x255044462d'), billing.record_invoice(2720, 1, '26112000000000000001', document => '\x00');
SELECT billing.record_invoice(2720, 1, '26112000000000000002');
SELECT billing.withdraw_invoice(2720, 1);
SELECT billing.invoice_document(2720, 1), billing.invoice_document(2720, 2);
SELECT invoice_id, state, kind, name, tax_number, amount, order_ids, email, mobile, number, created_at - issued_at < interval '1 day' AS issued, reason, has_document FROM billing.invoices(2720);
SELECT status FROM billing.record_offline_payment(2721, 10, 'a', '2721 a');
SELECT billing.set_invoice_title(2721, 'me', 'individual', 'n');
SELECT invoice_id FROM billing.request_invoice(2721, ARRAY[1], 'me', 'ordinary', 'a@b.example', NULL, 'first');
-- A number is one invoice's over all accounts.
SELECT billing.record_invoice(2721, 1, '26112000000000000001');
SELECT billing.close_account(2721, 'close');
SELECT billing.decline_invoice(2721, 1, 'the bureau refuses the name'), billing.decline_invoice(2721, 1, 'again');
SELECT invoice_id, state, reason FROM billing.invoices(2721);
SELECT order_id, invoiceable FROM billing.invoiceable(2721);

-- Invoiced money is not refunded, and refunded money is not invoiced; a red invoice frees it.
SELECT status, id FROM billing.refund_order(2720, 1, 41, 'too much');
SELECT status, id FROM billing.refund_order(2720, 1, 40, 'what is not invoiced');
SELECT order_id, payer_refunded, invoiced, invoiceable FROM billing.invoiceable(2720);
SELECT billing.record_red_invoice(2720, 1, '26112000000000000003', 'the customer sends it back'), billing.record_red_invoice(2720, 1, '26112000000000000003', 'the customer sends it back');
SELECT order_id, payer_refunded, invoiced, invoiceable FROM billing.invoiceable(2720);
SELECT subject, order_id, refundable FROM billing.refund_quote(2720);
SELECT invoice_id, amount FROM billing.request_invoice(2720, ARRAY[1], 'company', 'ordinary', 'a@b.example', NULL, 'fourth');

-- Under the lock of a refund nothing can be applied for (R13); an application can be withdrawn.
SELECT status FROM billing.settle_refund_item_offline(2720, 1, 'transfer', 'settle');
SELECT billing.set_policy('refund_settle_wait', '0');
SELECT state, amount FROM billing.request_refund(2720, 'leaving', 'refund');
SELECT invoice_id FROM billing.request_invoice(2720, ARRAY[2], 'company', 'ordinary', 'a@b.example', NULL, 'locked');
SELECT billing.withdraw_invoice(2720, 3);
SELECT subject, order_id, refundable FROM billing.refund_quote(2720);
SELECT status FROM billing.approve_refund(2720, 2, 'approve');
SELECT item_id, order_id, state, amount FROM billing.refund_items(2720);
SELECT order_id, payer_refunded, invoiced, invoiceable FROM billing.invoiceable(2720);
SELECT billing.set_policy('refund_settle_wait', NULL);

-- Plans are invoiceable, and an excess after a take-back is listed for reversal.
SELECT billing.create_plan('invoice', 'cn', 30, 1000, months => 1) AS version;
SELECT billing.set_gateway('invoice', 'wechat', 'cn', 'subject'), billing.set_payment_method('invoice', 'invoice', 'native');
SELECT test.buy(2722, 'invoice', 'invoice');
SELECT billing.set_invoice_title(2722, 'me', 'individual', 'n');
SELECT order_id, kind, invoiceable FROM billing.invoiceable(2722);
SELECT invoice_id, amount FROM billing.request_invoice(2722, ARRAY[1], 'me', 'ordinary', 'a@b.example', NULL, 'plan');
SELECT billing.record_invoice(2722, 1, '26112000000000000004');
CREATE ROLE regress_invoice SUPERUSER;
SELECT status FROM billing.record_take_back(2722, 1, 12, 'refund', 'portal', 'take');
SET SESSION AUTHORIZATION regress_invoice;
SELECT status FROM billing.record_take_back(2722, 1, 12, 'refund', 'portal', 'take', actor => 'another');
RESET SESSION AUTHORIZATION;
SELECT what, account_id, id, amount, detail FROM billing.attention WHERE account_id = 2722 AND what ~ 'invoiced';
SELECT order_id, payer_refunded, invoiced, invoiceable FROM billing.invoiceable(2722);
SELECT billing.unlock_account(2722, 'dispute');
SELECT billing.record_red_invoice(2722, 1, '26112000000000000005', 'taken back in part');
SELECT invoice_id, amount FROM billing.request_invoice(2722, ARRAY[1], 'me', 'ordinary', 'a@b.example', NULL, 'rest');
SELECT count(*) AS over_invoiced FROM billing.attention WHERE account_id = 2722 AND what ~ 'invoiced';

-- Coupons: of 1.00 the payer gave 0.49. Shares are rounded one by one, but of what went back whole nothing can be invoiced.
CREATE FUNCTION pg_temp.take_back(account_id bigint, payment_id bigint, amount numeric, refund text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    result text;
BEGIN
    PERFORM billing.record_take_back($1, $2, $3, 'refund', $4, $4);
    SET SESSION AUTHORIZATION regress_invoice;
    SELECT r.status INTO result FROM billing.record_take_back($1, $2, $3, 'refund', $4, $4, actor => 'another') AS r;
    RESET SESSION AUTHORIZATION;
    RETURN result;
END $$;
CREATE FUNCTION pg_temp.top_up(account_id bigint, amount numeric, payer numeric) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    PERFORM billing.create_topup($1, $2, 'invoice', 'order');
    PERFORM test.pay($1, 1, $3);
    RETURN (SELECT o.state FROM billing_books.payment_order AS o WHERE o.account_id = $1);
END $$;
SELECT pg_temp.top_up(2725, 1, 0.49), billing.set_invoice_title(2725, 'me', 'individual', 'n');
SELECT pg_temp.take_back(2725, 1, 0.01, 'part ' || n) AS status, count(*) FROM generate_series(1, 99) AS n GROUP BY 1;
SELECT paid, payer_paid, payer_refunded, invoiceable FROM billing.invoiceable(2725);
SELECT pg_temp.take_back(2725, 1, 0.01, 'part 100') AS status;
SELECT paid, payer_paid, payer_refunded, invoiceable FROM billing.invoiceable(2725);
SELECT billing.unlock_account(2725, 'dispute');
SELECT billing.request_invoice(2725, ARRAY[1], 'me', 'ordinary', 'a@b.example', NULL, 'nothing');
-- What was taken from suspense was never credited: it does not hide an excess that came later; where nothing is invoiced, nothing is in excess.
SELECT pg_temp.top_up(2726, 100, 33.33), billing.set_invoice_title(2726, 'me', 'individual', 'n');
SELECT pg_temp.take_back(2726, 1, 50, 'half ' || n) AS status FROM generate_series(1, 2) AS n;
SELECT what, amount FROM billing.attention WHERE account_id = 2726 AND what ~ 'invoiced';
DROP ROLE regress_invoice;
-- Late ones are listed.
SELECT billing.set_policy('invoice_target', '1 h');
SELECT status FROM billing.record_offline_payment(2723, 10, 'a', '2723 a');
SELECT billing.set_invoice_title(2723, 'me', 'individual', 'n');
SELECT invoice_id FROM billing.request_invoice(2723, ARRAY[1], 'me', 'ordinary', 'a@b.example', NULL, 'late');
SET billing.clock_offset = '2 h';
SELECT invoice_id, overdue FROM billing.invoice_queue WHERE account_id = 2723;
RESET billing.clock_offset;
SELECT billing.set_policy('invoice_target', NULL);
SELECT action, object, old_value, new_value, reason FROM billing_books.audit_log WHERE account_id = 2720 AND action ~ 'invoice' ORDER BY audit_no;
SELECT * FROM test.verify();
