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
WHERE n.buyer IS NOT NULL
    AND (l.lines = 0 OR l.unpaid > 0
        OR (n.state IN ('issued', 'reversing', 'reversed')) <> (n.number IS NOT NULL)
        OR (n.state = 'reversed') <> (n.red_number IS NOT NULL))

-- check invoice_limit
-- No more of an order is invoiced than its payer gave himself and our refunds left him (R15). What went back otherwise, or in another share than ours, is in attention.
SELECT p.account_id, format('of order %s, %s is invoiced, where the payer gave %s, and %s went back by refunds', p.order_id, v.amount, p.payer_amount, r.amount)
FROM billing_books.payment AS p
CROSS JOIN LATERAL (
    SELECT coalesce(sum(l.amount), 0) AS amount
    FROM billing_books.invoice_line AS l
    JOIN billing_books.invoice AS n ON n.account_id = l.account_id AND n.invoice_id = l.invoice_id
    WHERE l.account_id = p.account_id AND l.order_id = p.order_id AND n.kind <> 'overseas' AND n.state NOT IN ('failed', 'cancelled', 'reversed')
) AS v
CROSS JOIN LATERAL (
    SELECT coalesce(sum(least(i.payer_amount, CASE WHEN p.payer_amount >= p.amount THEN i.amount ELSE round(i.amount * p.payer_amount / p.amount, 2) END)), 0) AS amount
    FROM billing_books.refund_item AS i
    WHERE i.account_id = p.account_id AND i.payment_id = p.payment_id AND i.state <> 'released'
) AS r
WHERE p.state = 'credited' AND v.amount > p.payer_amount - r.amount

-- check invoice_number
-- A number of the tax bureau is that of one invoice, or of one red invoice.
SELECT NULL, format('number %s is that of %s invoices', u.number, count(*))
FROM (
    SELECT number FROM billing_books.invoice
    UNION ALL
    SELECT red_number FROM billing_books.invoice
) AS u
WHERE u.number IS NOT NULL
GROUP BY u.number
HAVING count(*) > 1
