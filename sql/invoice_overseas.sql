-- Invoices and credit notes overseas (R18, B&S 4.6): made with the money, numbered without a gap, drawn by the clerk, who is not here
-- (test/tap/167_clerk.pl). Accounts 2730 to 2739.
SELECT billing.create_account(2730, 'global', 'ap@acme.example', external_ref => 'acme'), billing.create_account(2731, 'global');
SELECT count(billing.create_account(account_id, 'global')) AS accounts FROM generate_series(2732, 2738) AS account_id;
SELECT billing.create_account(2739, 'cn');
CREATE VIEW pg_temp.paper AS
SELECT n.account_id, n.invoice_id AS id, n.kind, n.state, trim_scale(l.amount) AS amount, l.order_id, n.payment_id AS payment, n.corrects, n.item_id AS item, n.take_back_id AS take_back, n.number
FROM billing_books.invoice AS n JOIN billing_books.invoice_line AS l ON l.account_id = n.account_id AND l.invoice_id = n.invoice_id;

-- The buyer is the title called default, as it is when the money comes; tax numbers are what they are there.
SELECT billing.set_invoice_title(2730, 'default', 'enterprise', 'ACME GmbH', 'DE 129273398', 'Hauptstr. 1, Berlin'), billing.set_invoice_title(2730, 'other', 'enterprise', 'no number');
SELECT billing.set_invoice_title(2730, 'x', 'club', 'n');
SELECT billing.set_invoice_title(2730, 'x', 'enterprise', 'n', E'DE\n1');
SELECT status FROM billing.record_offline_payment(2730, 100, 'a', '2730 a');
SELECT billing.set_invoice_title(2730, 'default', 'enterprise', 'ACME SE', 'DE 129273398', 'Hauptstr. 2, Berlin');
SELECT status FROM billing.record_offline_payment(2730, 50.50, 'b', '2730 b');
SELECT status FROM billing.record_offline_payment(2730, 50.50, 'b', '2730 b');
SELECT status FROM billing.record_offline_payment(2731, 10, 'a', '2731 a');
SELECT status FROM billing.record_offline_payment(2739, 10, 'a', '2739 a');
SELECT account_id, invoice_id, email, buyer FROM billing_books.invoice WHERE account_id BETWEEN 2730 AND 2739 ORDER BY 1, 2;

-- Nothing fails without a seller: what was made waits.
SELECT billing.number_invoices();
SELECT invoice_id, state, kind, name, tax_number, amount, order_ids, email, due_at, number, issued_at, has_document, corrects, document_state FROM billing.invoices(2730);
SELECT status FROM billing.close_account(2731, 'close');
SELECT status FROM billing.adjust(2731, -10, 'all');
SELECT status FROM billing.close_account(2731, 'close');

-- What other tests left first; then a series of our own, from 1.
SELECT billing.set_seller('global', 'Before Ltd', 'API credit', 0, address => '1 Example Street', series => 'BEFORE');
SELECT billing.number_invoices() >= 3 AS numbered, billing.number_invoices();
SELECT account_id, id, state, kind, amount, number ~ '^BEFORE-[0-9]{6}$' AS numbered FROM pg_temp.paper WHERE account_id BETWEEN 2730 AND 2731 ORDER BY 1, 2;
SELECT billing.set_seller('global', 'Example Ltd', 'API credit', 0.09, tax_number => '201912345K', address => '1 Example Street', series => 'R18') > 1 AS set;
SELECT status FROM billing.record_offline_payment(2730, 7, 'c', '2730 c');
SELECT status FROM billing.record_offline_payment(2732, 8, 'a', '2732 a');
SELECT billing.number_invoices();
SELECT account_id, id, kind, state, amount, number FROM pg_temp.paper WHERE number ~ '^R18' ORDER BY number;
SELECT invoice_id, regexp_replace(number, '^BEFORE-.*', 'BEFORE') AS number, issued_at IS NOT NULL AS issued, has_document, document_state FROM billing.invoices(2730);
SELECT billing.invoice_document(2730, 3) IS NULL AS not_drawn_yet;
SELECT series, last_no FROM billing_books.invoice_series WHERE series ~ '^R18';

-- It never counts as invoiced (R12, R15): all can be refunded. What is paid back gets a credit note.
SELECT subject, order_id, paid, invoiced, refundable FROM billing.refund_quote(2730) WHERE subject = 'order' ORDER BY order_id;
SELECT status, id FROM billing.refund_order(2730, 1, 30, 'too much');
SELECT count(*) AS reserved_only FROM pg_temp.paper WHERE account_id = 2730 AND kind = 'credit_note';
SELECT status FROM billing.settle_refund_item_offline(2730, 1, 'transfer', 'settle');
SELECT status FROM billing.refund_order(2730, 1, 10, 'kept after all');
SELECT status FROM billing.release_refund_item(2730, 2, 'release');
SELECT status FROM billing.reverse_offline_payment(2730, 2, 'a mistake');
SELECT billing.number_invoices();
SELECT id, kind, amount, order_id, payment, corrects, item, take_back, number ~ '^R18-CN-' AS numbered FROM pg_temp.paper WHERE account_id = 2730 ORDER BY id;
SELECT number FROM pg_temp.paper WHERE number ~ '^R18' ORDER BY number;
SELECT account_id, invoice_id, buyer ->> 'name' AS name FROM billing_books.invoice WHERE account_id = 2730 ORDER BY invoice_id;

-- A credit note waits for what it corrects: here both are made before there is a number.
SELECT status FROM billing.record_offline_payment(2733, 20, 'a', '2733 a');
SELECT status FROM billing.reverse_offline_payment(2733, 1, 'a mistake');
SELECT billing.number_invoices();
SELECT id, kind, amount, corrects, number FROM pg_temp.paper WHERE account_id = 2733 ORDER BY id;

-- Through a gateway: a top-up with a discount (what was paid, not what was credited), a plan, what was held and credited.
SELECT billing.set_gateway('overseas', 'waffo', 'global', 'subject'), billing.set_payment_method('overseas', 'overseas', 'credit_card');
SELECT billing.create_promotion('overseas', 'global', 20, discount => 2), billing.create_plan('overseas', 'global', 30, 1000, months => 1);
SELECT order_id, pay_amount FROM billing.create_topup(2734, 20, 'overseas', 'order', promotion => 'overseas', payer => '{"email": "a@b.example", "terminal": "WEB"}');
SELECT test.pay(2734, 1);
CREATE FUNCTION pg_temp.subscribe(account_id bigint) RETURNS text LANGUAGE sql AS $$
    SELECT test.pay($1, order_id) FROM billing.subscribe($1, 'overseas', 'overseas', 'plan', payer => '{"email": "a@b.example", "terminal": "WEB"}') $$;
SELECT pg_temp.subscribe(2735);
SELECT billing.number_invoices();
SELECT account_id, id, kind, amount, order_id, payment, number FROM pg_temp.paper WHERE account_id IN (2734, 2735) ORDER BY 1, 2;
SELECT invoice_id, order_id, state FROM billing.order_status(2734, 1);
SELECT invoice_id, order_id, state FROM billing.list_orders(2734);

-- Taken back in parts, undone, and taken back again: no credit note is of more than its invoice has left, and what stands is what is kept.
CREATE ROLE regress_overseas SUPERUSER;
CREATE FUNCTION pg_temp.by_two(call text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    result text;
BEGIN
    EXECUTE 'SELECT status FROM billing.' || format(call, 'one');
    SET SESSION AUTHORIZATION regress_overseas;
    EXECUTE 'SELECT status FROM billing.' || format(call, 'another') INTO result;
    RESET SESSION AUTHORIZATION;
    RETURN result;
END $$;
SELECT pg_temp.by_two($$record_take_back(2734, 1, 6, 'refund', 'portal', 'take', actor => %L)$$);
SELECT pg_temp.by_two($$undo_take_back(2734, 1, 'undo', actor => %L)$$);
SELECT pg_temp.by_two($$record_take_back(2734, 1, 17, 'dispute', 'dispute', 'take again', actor => %L)$$);
SELECT billing.number_invoices();
SELECT id, kind, amount, corrects, take_back, number FROM pg_temp.paper WHERE account_id = 2734 ORDER BY id;
SELECT pg_temp.by_two($$record_take_back(2735, 1, 30, 'refund', 'plan', 'take', actor => %L)$$);
SELECT id, kind, amount, corrects, take_back FROM pg_temp.paper WHERE account_id = 2735 ORDER BY id;
-- Money that went back twice is corrected once: the customer owes the rest.
SELECT status FROM billing.record_offline_payment(2736, 40, 'a', '2736 a');
SELECT status FROM billing.refund_order(2736, 1, 40, 'all of it');
SELECT status FROM billing.reverse_offline_payment(2736, 1, 'a mistake');
SELECT status FROM billing.settle_refund_item_offline(2736, 1, 'transfer', 'settle');
SELECT id, kind, amount, corrects, item, take_back FROM pg_temp.paper WHERE account_id = 2736 ORDER BY id;
SELECT trim_scale(arrears) AS arrears FROM billing_books.account WHERE account_id = 2736;

-- Nobody applies for one, withdraws, declines or records one.
SELECT billing.request_invoice(2730, ARRAY[1], 'default', 'ordinary', 'a@b.example', NULL, 'no');
SELECT billing.withdraw_invoice(2730, 1);
SELECT billing.decline_invoice(2730, 1, 'why');
SELECT billing.record_invoice(2730, 1, '26112000000000000001');
SELECT billing.record_red_invoice(2730, 1, '26112000000000000001', 'why');
SELECT billing.reverse_invoice(2730, 1, '01', 'reverse', 'why');
SELECT billing.retry_invoice(2730, 1);
SELECT count(*) AS queued FROM billing.invoice_queue WHERE account_id BETWEEN 2730 AND 2739;

-- By whoever writes: what has a number keeps it, and is issued for good.
SELECT statement, test.attempt(statement) FROM (VALUES
    ('UPDATE billing_books.invoice SET number = ''R18-000009'' WHERE account_id = 2732'),
    ('UPDATE billing_books.invoice SET series_no = 9 WHERE account_id = 2732'),
    ('UPDATE billing_books.invoice SET number = NULL, series = NULL, series_no = NULL WHERE account_id = 2732'),
    ('UPDATE billing_books.invoice SET seller_no = 1 WHERE account_id = 2732'),
    ('UPDATE billing_books.invoice SET issued_at = now() WHERE account_id = 2732'),
    ('UPDATE billing_books.invoice SET buyer = ''{}'' WHERE account_id = 2732'),
    ('UPDATE billing_books.invoice SET state = ''reversed'' WHERE account_id = 2732'),
    ('UPDATE billing_books.invoice SET corrects = 2 WHERE account_id = 2734 AND invoice_id = 2'),
    ('INSERT INTO billing_books.invoice (account_id, invoice_id, kind, state, created_at) VALUES (2732, 9, ''overseas'', ''issued'', now())'),
    ('UPDATE billing_books.invoice_series SET series = ''X'' WHERE series = ''R18'''),
    ('DELETE FROM billing_books.invoice_series'),
    ('UPDATE billing_books.document SET id = 9 WHERE account_id = 2732'),
    ('UPDATE billing_books.document SET state = ''ready'' WHERE account_id = 2732'),
    ('DELETE FROM billing_books.document WHERE account_id = 2732')) AS s (statement);

-- A document that failed is drawn again when an operator says so.
SELECT billing.retry_document(2732, 1), billing.invoice_document(2732, 1) IS NULL AS none;
UPDATE billing_books.document SET state = 'failed', fault = 'a font', attempts = 5 WHERE account_id = 2732;
SELECT what, id, detail FROM billing.attention WHERE account_id = 2732;
SELECT invoice_id, document_state FROM billing.invoices(2732);
SELECT billing.retry_document(2732, 1, actor => 'anna', reason => 'the font is there'), billing.retry_document(2732, 1);
SELECT state, attempts, fault FROM billing_books.document WHERE account_id = 2732;
SELECT action, object, old_value, actor, reason FROM billing_books.audit_log WHERE account_id = 2732 ORDER BY audit_no;
SELECT billing.retry_document(2732, 9);
UPDATE billing_books.document SET state = 'ready', pdf = '\x255044462d', attempts = 1 WHERE account_id = 2732;
SELECT billing.invoice_document(2732, 1), billing.retry_document(2732, 1);
UPDATE billing_books.document SET pdf = '\x00' WHERE account_id = 2732;
SELECT billing.number_invoices() > 0 AS the_rest;
DROP ROLE regress_overseas;
SELECT * FROM test.verify();
