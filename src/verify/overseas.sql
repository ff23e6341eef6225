-- check overseas_papers
-- What stands on the invoices of a credited payment overseas, less their credit notes, is what is kept of it: what was credited, less what was paid back and taken back, less what came again; never below 0 (R18).
SELECT p.account_id, format('of payment %s, %s stands on invoices, where %s is kept', p.payment_id, n.amount, greatest(p.amount - p.taken - r.amount - t.amount, 0))
FROM billing_books.payment AS p
JOIN billing_books.account AS a ON a.account_id = p.account_id
CROSS JOIN LATERAL (
    SELECT coalesce(sum(CASE n.kind WHEN 'overseas' THEN l.amount ELSE -l.amount END), 0) AS amount
    FROM billing_books.invoice AS n
    JOIN billing_books.invoice_line AS l ON l.account_id = n.account_id AND l.invoice_id = n.invoice_id
    WHERE n.account_id = p.account_id AND n.payment_id = p.payment_id
) AS n
CROSS JOIN LATERAL (
    SELECT coalesce(sum(i.amount), 0) AS amount
    FROM billing_books.refund_item AS i
    WHERE i.account_id = p.account_id AND i.payment_id = p.payment_id AND i.state IN ('paid', 'paid_offline')
) AS r
CROSS JOIN LATERAL (
    SELECT coalesce(sum(CASE t.kind WHEN 'undone' THEN -t.amount ELSE t.amount END), 0) AS amount
    FROM billing_books.take_back AS t
    WHERE t.account_id = p.account_id AND t.payment_id = p.payment_id AND NOT t.from_suspense
) AS t
WHERE a.currency = 'USD' AND p.account_id > 0
    AND n.amount <> CASE p.state WHEN 'credited' THEN greatest(p.amount - p.taken - r.amount - t.amount, 0) ELSE 0 END

-- check overseas_invoice
-- A payment that was credited overseas has one invoice of all that was credited, and further ones only by what came again; each has one line, of the payment's order.
SELECT p.account_id, format('payment %s has %s invoices of its credit, of %s, and %s lines of other orders', p.payment_id, n.invoices, n.amount, n.other_lines)
FROM billing_books.payment AS p
JOIN billing_books.account AS a ON a.account_id = p.account_id
CROSS JOIN LATERAL (
    SELECT count(*) FILTER (WHERE n.kind = 'overseas' AND n.take_back_id IS NULL) AS invoices,
           sum(l.amount) FILTER (WHERE n.kind = 'overseas' AND n.take_back_id IS NULL) AS amount,
           count(*) FILTER (WHERE l.order_id IS DISTINCT FROM p.order_id) AS other_lines
    FROM billing_books.invoice AS n
    LEFT JOIN billing_books.invoice_line AS l ON l.account_id = n.account_id AND l.invoice_id = n.invoice_id
    WHERE n.account_id = p.account_id AND n.payment_id = p.payment_id
) AS n
WHERE a.currency = 'USD' AND p.state = 'credited'
    AND (n.invoices <> 1 OR n.amount IS DISTINCT FROM p.amount - p.taken OR n.other_lines > 0)

-- check credit_note
-- A credit note is of the payment of the invoice that it corrects, has the cause that it names, and the notes of an invoice are not of more than that.
SELECT n.account_id, format('invoice %s of %s is corrected by %s, %s of the notes without a cause of their payment', n.invoice_id, l.amount, c.amount, c.strays)
FROM billing_books.invoice AS n
JOIN billing_books.invoice_line AS l ON l.account_id = n.account_id AND l.invoice_id = n.invoice_id
CROSS JOIN LATERAL (
    SELECT sum(m.amount) AS amount,
           count(*) FILTER (WHERE c.payment_id <> n.payment_id OR num_nonnulls(i.item_id, t.take_back_id) <> 1) AS strays
    FROM billing_books.invoice AS c
    JOIN billing_books.invoice_line AS m ON m.account_id = c.account_id AND m.invoice_id = c.invoice_id
    LEFT JOIN billing_books.refund_item AS i ON i.account_id = c.account_id AND i.item_id = c.item_id AND i.payment_id = c.payment_id AND i.state IN ('paid', 'paid_offline')
    LEFT JOIN billing_books.take_back AS t ON t.account_id = c.account_id AND t.take_back_id = c.take_back_id AND t.payment_id = c.payment_id AND t.kind <> 'undone'
    WHERE c.account_id = n.account_id AND c.corrects = n.invoice_id
) AS c
WHERE c.amount > l.amount OR c.strays > 0

-- check invoice_series of all
-- The numbers of a series are 1 to its last, each once, in the order of time, and what has one says so, with its seller; nothing else has one.
SELECT NULL, format('series %s has %s numbers, %s to %s, the last known is %s, %s are out of order', coalesce(s.series, n.series), n.numbers, n.first, n.last, s.last_no, n.out_of_order)
FROM billing_books.invoice_series AS s
FULL JOIN (
    SELECT n.series, count(*) AS numbers, min(n.series_no) AS first, max(n.series_no) AS last, max(n.issued_at) AS issued_at,
           count(*) FILTER (WHERE n.issued_at < n.before OR n.seller_no IS NULL OR n.number IS DISTINCT FROM n.series || '-' || lpad(n.series_no::text, greatest(6, length(n.series_no::text)), '0')) AS out_of_order
    FROM (SELECT *, max(issued_at) OVER (PARTITION BY series ORDER BY series_no ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before FROM billing_books.invoice WHERE series IS NOT NULL) AS n
    GROUP BY n.series
) AS n ON n.series = s.series
WHERE s.series IS NULL OR coalesce(n.numbers, 0) <> s.last_no OR coalesce(n.last, 0) <> s.last_no OR n.first <> 1 OR n.out_of_order > 0 OR n.issued_at > s.last_issued_at

-- check invoice_numbered on invoice
-- Overseas what is issued has a number of a series, and what waits for one has none.
WHEN kind IN ('overseas', 'credit_note') AND num_nonnulls(number, series, series_no, issued_at, seller_no) <> CASE state WHEN 'issued' THEN 5 ELSE 0 END
THEN format('%s %s is %s, with number %s', kind, invoice_id, state, number)

-- check document
-- What is issued overseas has a document, and every document is of something that is issued.
SELECT coalesce(n.account_id, d.account_id), format('invoice %s has %s document', coalesce(n.invoice_id, d.id), CASE WHEN d.id IS NULL THEN 'no' ELSE 'nothing but a' END)
FROM (SELECT * FROM billing_books.invoice WHERE kind IN ('overseas', 'credit_note') AND state = 'issued') AS n
FULL JOIN (SELECT * FROM billing_books.document WHERE kind = 'invoice') AS d ON d.account_id = n.account_id AND d.id = n.invoice_id
WHERE n.invoice_id IS NULL OR d.id IS NULL
