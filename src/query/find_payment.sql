-- All that is known under a number of ours or a gateway's, $2, of gateway $1 (null: of any).
WITH known AS (
    SELECT c.account_id, p.order_id, c.payment_id
    FROM billing_books.payment_claim AS c
    JOIN billing_books.payment AS p ON p.account_id = c.account_id AND p.payment_id = c.payment_id
    WHERE c.transaction_id = $2 AND (c.gateway = $1 OR ($1 IS NULL AND c.gateway IN (SELECT gateway FROM billing_books.gateway UNION ALL SELECT 'offline')))
    UNION
    SELECT o.account_id, o.order_id, NULL
    FROM billing_books.payment_order AS o
    WHERE o.gateway_number = $2
    UNION
    SELECT c.account_id, c.order_id, c.payment_id
    FROM billing_books.gateway_call AS c
    WHERE c.gateway_number = $2
    UNION
    SELECT t.account_id, NULL, t.payment_id
    FROM billing_books.take_back AS t
    WHERE t.refund_id = $2 OR t.refund_number = $2
), payments AS (
    SELECT DISTINCT p.*
    FROM known AS k
    JOIN billing_books.payment AS p ON p.account_id = k.account_id AND (p.payment_id = k.payment_id OR p.order_id = k.order_id)
)
SELECT *
FROM (
    SELECT 'order' AS what, o.account_id, o.order_id AS id, o.gateway, o.gateway_number AS number, o.state, o.pay_amount AS amount, o.created_at AS at,
           o.close_reason AS detail
    FROM billing_books.payment_order AS o
    WHERE (o.account_id, o.order_id) IN (SELECT account_id, order_id FROM known UNION SELECT account_id, order_id FROM payments)
    UNION ALL
    SELECT 'payment', p.account_id, p.payment_id, p.gateway, p.transaction_id, p.state, p.amount, p.recorded_at, p.reason
    FROM payments AS p
    UNION ALL
    SELECT 'call', c.account_id, c.call_id, c.gateway, coalesce(c.gateway_number, c.refund_number, c.refund_id), c.state, c.amount, c.created_at,
           concat_ws(' ', c.kind, c.result, c.code)
    FROM billing_books.gateway_call AS c
    WHERE (c.account_id, c.order_id) IN (SELECT account_id, order_id FROM known)
        OR (c.account_id, c.payment_id) IN (SELECT account_id, payment_id FROM payments)
    UNION ALL
    SELECT 'notice', n.account_id, n.notice_id, n.gateway, NULL, n.state, NULL, n.received_at, n.verdict
    FROM billing_books.gateway_notice AS n
    WHERE (n.account_id, n.payment_id) IN (SELECT account_id, payment_id FROM payments)
    UNION ALL
    SELECT 'entry', e.account_id, e.entry_no, e.gateway, NULL, format('%s / %s', e.debit, e.credit), e.amount, e.recorded_at, e.actor
    FROM billing_books.ledger_entry AS e
    LEFT JOIN billing_books.take_back AS t ON t.account_id = e.account_id AND e.source_type = 'take_back' AND t.take_back_id = e.source_id
    JOIN payments AS p ON p.account_id = e.account_id
        AND p.payment_id = CASE e.source_type WHEN 'payment' THEN e.source_id WHEN 'take_back' THEN t.payment_id END
    UNION ALL
    SELECT 'take-back', t.account_id, t.take_back_id, t.gateway, coalesce(t.refund_id, t.refund_number), t.kind, t.amount, t.recorded_at, t.reason
    FROM billing_books.take_back AS t
    JOIN payments AS p ON p.account_id = t.account_id AND p.payment_id = t.payment_id
) AS f
ORDER BY f.at, f.what, f.id
