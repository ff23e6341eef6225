-- check refund_payable
-- What is reserved for an item of a refund is its amount until it is paid or released, out of the lot of its order; then nothing.
SELECT coalesce(i.account_id, e.account_id),
       format('refund item %s of %s is %s and has %s reserved', coalesce(i.item_id, e.source_id), i.amount, coalesce(i.state, 'not there'), coalesce(e.amount, 0))
FROM billing_books.refund_item AS i
FULL JOIN (
    SELECT e.account_id, e.source_id,
           sum(CASE 'refund_payable' WHEN e.credit THEN e.amount ELSE -e.amount END) AS amount,
           sum(e.amount) FILTER (WHERE e.credit = 'refund_payable') AS reserved,
           min(l.order_id) AS order_id, max(l.order_id) AS order_id_max
    FROM billing_books.ledger_entry AS e
    LEFT JOIN billing_books.lot AS l ON l.account_id = e.account_id AND l.lot_no = e.lot_no
    WHERE 'refund_payable' IN (e.debit, e.credit)
    GROUP BY e.account_id, e.source_id
) AS e ON e.account_id = i.account_id AND e.source_id = i.item_id
WHERE (CASE WHEN i.state IN ('paid', 'paid_offline', 'released') THEN 0 ELSE i.amount END, i.amount, i.order_id, i.order_id)
    IS DISTINCT FROM (e.amount, e.reserved, e.order_id, e.order_id_max)

-- check refund_paid
-- What was paid back left through the gateway of its payment, or through the bank where that was so settled; what was released did not.
SELECT i.account_id, format('refund item %s is %s, and its money left through %s', i.item_id, i.state, coalesce(e.gateway, 'no gateway'))
FROM billing_books.refund_item AS i
LEFT JOIN billing_books.ledger_entry AS e
    ON e.account_id = i.account_id AND e.source_type = 'refund_item' AND e.source_id = i.item_id AND e.debit = 'refund_payable' AND e.credit = 'gateway'
WHERE e.gateway IS DISTINCT FROM CASE i.state WHEN 'paid' THEN i.gateway WHEN 'paid_offline' THEN 'offline' END

-- check refund_item_payment
-- An item is of the payment that was credited for its order, through that payment's gateway, and no more of it goes back than came in.
SELECT i.account_id, format('refund item %s is of payment %s of order %s through %s', i.item_id, i.payment_id, i.order_id, i.gateway)
FROM billing_books.refund_item AS i
LEFT JOIN billing_books.payment AS p ON p.account_id = i.account_id AND p.payment_id = i.payment_id
WHERE (p.state, p.order_id, p.gateway) IS DISTINCT FROM ('credited', i.order_id, i.gateway)
UNION ALL
SELECT p.account_id, format('of payment %s of %s, %s go back by refunds', p.payment_id, p.amount, i.amount)
FROM (SELECT account_id, payment_id, sum(amount) AS amount FROM billing_books.refund_item WHERE state <> 'released' GROUP BY account_id, payment_id) AS i
JOIN billing_books.payment AS p ON p.account_id = i.account_id AND p.payment_id = i.payment_id
WHERE i.amount > p.amount - p.taken

-- check refund_state
-- A refund that pays has items that are not final, one that is completed has none, and others have no items; they are its amount.
SELECT r.account_id, format('refund %s of %s is %s, with items of %s, %s of them not final', r.refund_id, r.amount, r.state, i.amount, i.open)
FROM billing_books.refund AS r
CROSS JOIN LATERAL (
    SELECT coalesce(sum(i.amount), 0) AS amount, count(*) FILTER (WHERE i.state NOT IN ('paid', 'paid_offline', 'released')) AS open
    FROM billing_books.refund_item AS i
    WHERE i.account_id = r.account_id AND i.refund_id = r.refund_id
) AS i
WHERE NOT CASE r.state
    WHEN 'paying' THEN i.open > 0 AND i.amount = r.amount
    WHEN 'completed' THEN i.open = 0 AND i.amount = r.amount
    ELSE i.amount = 0 END

-- check refund_lock
-- While a refund is reviewed, its account is locked.
SELECT r.account_id, format('refund %s is accepted, and its account is not locked', r.refund_id)
FROM billing_books.refund AS r
JOIN billing_books.account AS a ON a.account_id = r.account_id
WHERE r.state = 'accepted' AND a.locks & 1 = 0

-- check refund_item_call
-- What is on its way back has a call that sends it, and what a gateway paid back is the claim of its refund.
SELECT i.account_id, format('refund item %s is %s, and nothing sends it back', i.item_id, i.state)
FROM billing_books.refund_item AS i
WHERE i.state IN ('queued', 'processing')
    AND NOT EXISTS (SELECT FROM billing_books.gateway_call AS c
        WHERE c.account_id = i.account_id AND c.item_id = i.item_id AND c.state IN ('queued', 'sending', 'unknown', 'parked'))
UNION ALL
SELECT i.account_id, format('refund item %s is paid, and no refund of the gateway is its', i.item_id)
FROM billing_books.refund_item AS i
WHERE i.state = 'paid'
    AND NOT EXISTS (SELECT FROM billing_books.refund_claim AS r
        JOIN billing_books.gateway_call AS c ON c.account_id = r.account_id AND c.call_id = r.call_id
        WHERE c.account_id = i.account_id AND c.item_id = i.item_id AND r.amount = i.amount)
