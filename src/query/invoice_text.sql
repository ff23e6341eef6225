-- What the document of invoice $2, or credit note, of account $1 says, overseas, as billing-pdf reads it. All of it is of rows that do
-- not change. Amounts include tax.
WITH paper AS (
    SELECT n.*, l.order_id, l.amount, o.kind AS order_kind, o.plan, o.method, o.currency, p.paid_at, p.transaction_id, c.number AS of_invoice,
           o.pay_amount + o.discount AS credit, s.name AS seller, s.address, s.tax_number, s.email AS seller_email, s.phone, s.goods_name, s.tax_rate,
           l.amount - round(l.amount / (1 + s.tax_rate), 2) AS tax,
           CASE WHEN n.item_id IS NOT NULL THEN 'Refund'
                WHEN t.kind = 'dispute' THEN 'Disputed payment'
                WHEN t.kind = 'offline_reversal' THEN 'Payment recorded by mistake'
                ELSE 'Payment returned' END AS cause
    FROM billing_books.invoice AS n
    JOIN billing_books.invoice_line AS l ON l.account_id = n.account_id AND l.invoice_id = n.invoice_id
    JOIN billing_books.payment_order AS o ON o.account_id = l.account_id AND o.order_id = l.order_id
    JOIN billing_books.payment AS p ON p.account_id = n.account_id AND p.payment_id = n.payment_id
    JOIN billing_books.seller AS s ON s.region = 'global' AND s.seller_no = n.seller_no
    LEFT JOIN billing_books.invoice AS c ON c.account_id = n.account_id AND c.invoice_id = n.corrects
    LEFT JOIN billing_books.take_back AS t ON t.account_id = n.account_id AND t.take_back_id = n.take_back_id
    WHERE n.account_id = $1 AND n.invoice_id = $2 AND n.state = 'issued'
)
SELECT jsonb_strip_nulls(jsonb_build_object(
    'kind', CASE kind WHEN 'overseas' THEN 'invoice' ELSE kind END,
    'language', 'en',
    'number', number,
    'issued_on', to_char(issued_at AT TIME ZONE 'UTC', 'YYYY-MM-DD'),
    'of_invoice', of_invoice,
    'reason', CASE kind WHEN 'credit_note' THEN cause END,
    'seller', jsonb_build_object('name', seller, 'address', address, 'tax_number', tax_number, 'email', seller_email, 'phone', phone),
    'buyer', jsonb_build_object('name', coalesce(buyer ->> 'name', 'Account ' || account_id), 'address', buyer -> 'address', 'tax_number', buyer -> 'tax_number',
                                'email', buyer -> 'email', 'account', coalesce(buyer ->> 'account', account_id::text)),
    'currency', currency,
    'lines', jsonb_build_array(jsonb_build_object(
        'description', goods_name,
        'detail', format(CASE WHEN order_kind = 'plan' THEN 'Token Plan %2$s, order %1$s' WHEN credit > amount AND kind = 'overseas' AND take_back_id IS NULL THEN 'Credit of %3$s, order %1$s' ELSE 'Credit, order %1$s' END,
                         order_id, plan, to_char(credit, 'FM999,999,999,990.00')),
        'quantity', '1',
        'unit_price', to_char(amount - tax, 'FM999,999,999,990.00'),
        'amount', to_char(amount - tax, 'FM999,999,999,990.00'))),
    'subtotal', CASE WHEN tax_rate > 0 THEN to_char(amount - tax, 'FM999,999,999,990.00') END,
    'tax_label', CASE WHEN tax_rate > 0 THEN format('Tax %s %%', trim_scale(tax_rate * 100)) END,
    'tax', CASE WHEN tax_rate > 0 THEN to_char(tax, 'FM999,999,999,990.00') END,
    'total', to_char(amount, 'FM999,999,999,990.00'),
    'paid', CASE kind WHEN 'overseas' THEN jsonb_build_object('method', CASE method WHEN 'offline' THEN 'Bank transfer' ELSE method END, 'at', to_char(paid_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI "UTC"'),
                                                                'reference', transaction_id) END))::text
FROM paper
