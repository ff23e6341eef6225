-- check invoice_lines
-- An invoice has lines, of orders that were paid; what is issued has its number, what was reversed that of its red one.
SELECT n.account_id, format('invoice %s is %s, with %s lines, %s of them of orders that are not paid, number %s, red %s', n.invoice_id, n.state, l.lines, l.unpaid, n.number, n.red_number)
FROM billing_books.invoice AS n
CROSS JOIN LATERAL (
    SELECT count(*) AS lines, count(*) FILTER (WHERE o.state IS DISTINCT FROM 'paid') AS unpaid
    FROM billing_books.invoice_line AS l
    LEFT JOIN billing_books.payment_order AS o ON o.account_id = l.account_id AND o.order_id = l.order_id
    WHERE l.account_id = n.account_id AND l.invoice_id = n.invoice_id
) AS l
WHERE n.buyer IS NOT NULL AND n.kind IN ('ordinary', 'special')
    AND (l.lines = 0 OR l.unpaid > 0
        OR (n.state IN ('issued', 'reversing', 'reversed')) <> (n.number IS NOT NULL)
        OR (n.state = 'reversed') <> (n.red_number IS NOT NULL))

-- check invoice_limit
-- No more of an order is invoiced than its payer gave himself and our refunds left him (R15). What went back otherwise, or in another share than ours, is in attention.
SELECT p.account_id, format('of order %s, %s is invoiced, where the payer gave %s, and %s went back by refunds', p.order_id, v.amount, p.payer_amount, r.amount)
FROM billing_books.payment AS p
CROSS JOIN LATERAL (
    SELECT coalesce(sum(l.amount - l.reversed), 0) AS amount
    FROM billing_books.invoice_line AS l
    JOIN billing_books.invoice AS n ON n.account_id = l.account_id AND n.invoice_id = l.invoice_id
    WHERE l.account_id = p.account_id AND l.order_id = p.order_id AND n.kind IN ('ordinary', 'special') AND n.state NOT IN ('failed', 'cancelled', 'reversed')
) AS v
CROSS JOIN LATERAL (
    SELECT coalesce(sum(least(i.payer_amount, CASE WHEN p.payer_amount >= p.amount THEN i.amount ELSE round(i.amount * p.payer_amount / p.amount, 2) END)), 0) AS amount
    FROM billing_books.refund_item AS i
    WHERE i.account_id = p.account_id AND i.payment_id = p.payment_id AND i.state <> 'released'
) AS r
WHERE p.state = 'credited' AND v.amount > p.payer_amount - r.amount

-- check invoice_number of all
-- A number of the tax bureau is that of one invoice, or of one red invoice.
SELECT NULL, format('number %s is that of %s invoices', u.number, count(*))
FROM (
    SELECT number FROM billing_books.invoice
    UNION ALL
    SELECT red_number FROM billing_books.invoice
    UNION ALL
    SELECT red_number FROM billing_books.red_confirmation
) AS u
WHERE u.number IS NOT NULL
GROUP BY u.number
HAVING count(*) > 1

-- check invoice_call
-- What is on its way through a provider has a call that knows more, and a seller; while nobody but operators has to do with it, it has none.
SELECT n.account_id, format('invoice %s is %s, its seller is %s, its call %s', n.invoice_id, n.state, coalesce(s.seller_no::text, 'not there'), coalesce(c.state, 'not there'))
FROM billing_books.invoice AS n
LEFT JOIN billing_books.seller AS s ON s.region = 'cn' AND s.seller_no = n.seller_no
LEFT JOIN billing_books.gateway_call AS c ON c.account_id = n.account_id AND c.invoice_id = n.invoice_id AND c.kind = 'issue'
WHERE n.kind IN ('ordinary', 'special')
    AND ((c.call_id IS NULL) <> (s.seller_no IS NULL)
        OR (n.state IN ('sending', 'blocked', 'sealing') AND (c.state IS NULL OR c.state NOT IN ('queued', 'sending', 'unknown', 'parked')))
        OR (n.state IN ('requested', 'cancelled') AND c.call_id IS NOT NULL))

-- check red_confirmation
-- An invoice is being reversed exactly while one confirmation of it is open; one with a red invoice has reversed it, or its part of it.
SELECT n.account_id, format('invoice %s is %s, with %s open confirmations, and %s by which it was reversed; %s of it by parts, where its lines have %s', n.invoice_id, n.state, r.open, r.issued, r.parts, l.reversed)
FROM billing_books.invoice AS n
CROSS JOIN LATERAL (
    SELECT count(*) FILTER (WHERE r.state NOT IN ('red_issued', 'void', 'failed')) AS open, count(*) FILTER (WHERE r.state = 'red_issued' AND r.amount IS NULL) AS issued, coalesce(sum(r.amount) FILTER (WHERE r.state = 'red_issued'), 0) AS parts
    FROM billing_books.red_confirmation AS r
    WHERE r.account_id = n.account_id AND r.invoice_id = n.invoice_id
) AS r
CROSS JOIN LATERAL (
    SELECT coalesce(sum(l.reversed), 0) AS reversed
    FROM billing_books.invoice_line AS l
    WHERE l.account_id = n.account_id AND l.invoice_id = n.invoice_id
) AS l
WHERE r.open <> (n.state = 'reversing')::int OR (r.issued > 0 AND n.state <> 'reversed') OR r.issued > 1 OR r.parts <> l.reversed
