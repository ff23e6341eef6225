-- An account's orders of top-ups from $2 up to, not including, $3, newest first; $4 is now.
SELECT o.order_id,
       CASE WHEN o.state IN ('created', 'pending') AND o.payable_until <= $4 THEN 'expired' ELSE o.state END,
       o.close_reason, o.method, o.currency, round(o.pay_amount + o.discount, 9), o.pay_amount, o.discount, o.gift,
       o.created_at, o.expires_at, o.paid_at, NULL::text, NULL::timestamptz,
       (SELECT min(n.invoice_id) FROM billing_books.invoice_line AS l JOIN billing_books.invoice AS n ON n.account_id = l.account_id AND n.invoice_id = l.invoice_id
        WHERE l.account_id = o.account_id AND l.order_id = o.order_id AND n.kind = 'overseas')
FROM billing_books.payment_order AS o
WHERE o.account_id = $1 AND o.kind = 'topup' AND o.created_at >= $2 AND o.created_at < $3
ORDER BY o.order_id DESC
