-- Orders of account $1 below number $2, the newest first, $3 at the most; $4 is now. Behind the columns of the result stands what the list is sorted by.
SELECT o.order_id, o.kind, o.plan,
       CASE WHEN o.state IN ('created', 'pending') AND o.payable_until <= $4 THEN 'expired' ELSE o.state END,
       o.close_reason, o.method, o.currency, round(o.pay_amount + o.discount, 9), o.pay_amount, o.discount, o.gift,
       o.created_at, o.expires_at, o.paid_at,
       (SELECT min(n.invoice_id) FROM billing_books.invoice_line AS l JOIN billing_books.invoice AS n ON n.account_id = l.account_id AND n.invoice_id = l.invoice_id
        WHERE l.account_id = o.account_id AND l.order_id = o.order_id AND n.kind = 'overseas'),
       NULL::text AS next_cursor,
       o.order_id
FROM billing_books.payment_order AS o
WHERE o.account_id = $1 AND o.order_id < $2
ORDER BY o.order_id DESC
LIMIT $3
