-- check notification
-- A notification of an alert is of a firing that the alert has had.
SELECT n.account_id,
       format('notification %s is of firing %s of alert %s, which fired %s times',
              n.notification_no, n.episode, n.source_id, coalesce(b.episode, 0))
FROM billing_books.notification AS n
LEFT JOIN billing_books.balance_alert AS b ON b.account_id = n.account_id AND b.alert_no = n.source_id
WHERE n.event IN ('balance_low', 'balance_recovered', 'runway_low', 'runway_recovered')
    AND (n.episode BETWEEN 1 AND b.episode) IS NOT TRUE

-- check notification_source
-- What a notification tells of has happened: its order is paid or was closed, its payment went back, its refund, invoice, plan and key are there.
SELECT n.account_id, format('notification %s tells %s of %s, which is not so', n.notification_no, n.event, n.source_id)
FROM billing_books.notification AS n
LEFT JOIN billing_books.payment_order AS o ON o.account_id = n.account_id AND o.order_id = n.source_id
LEFT JOIN billing_books.payment AS p ON p.account_id = n.account_id AND p.payment_id = n.source_id
LEFT JOIN billing_books.refund AS r ON r.account_id = n.account_id AND r.refund_id = n.source_id
LEFT JOIN billing_books.invoice AS i ON i.account_id = n.account_id AND i.invoice_id = n.source_id
LEFT JOIN billing_books.account_lock AS l ON l.account_id = n.account_id AND l.lock_no = n.source_id
LEFT JOIN billing_books.api_key AS k ON k.account_id = n.account_id AND k.key_id = n.source_id
LEFT JOIN billing_books.subscription AS s ON s.account_id = n.account_id AND s.subscription_no = n.source_id
LEFT JOIN billing_books.red_confirmation AS c ON c.account_id = n.account_id AND c.confirmation_no = n.source_id
WHERE n.event NOT IN ('balance_low', 'balance_recovered', 'runway_low', 'runway_recovered')
    AND CASE
        WHEN n.event IN ('topup_received', 'plan_bought') THEN o.state = 'paid' AND (o.plan IS NULL) = (n.event = 'topup_received')
        WHEN n.event = 'order_closed' THEN o.state IN ('closed', 'paid')
        WHEN n.event = 'payment_returned' THEN p.state = 'returned'
        WHEN n.event = 'refund_accepted' THEN r.refund_id IS NOT NULL
        WHEN n.event = 'refund_rejected' THEN r.state = 'rejected'
        WHEN n.event = 'refund_completed' THEN r.state = 'completed'
        WHEN n.event = 'invoice_issued' THEN i.state IN ('issued', 'reversing', 'reversed')
        WHEN n.event = 'credit_note_issued' THEN i.kind = 'credit_note' AND i.state = 'issued'
        WHEN n.event = 'invoice_refused' THEN i.state = 'failed'
        WHEN n.event = 'invoice_reversed' THEN i.state = 'reversed'
            OR EXISTS (SELECT FROM billing_books.red_confirmation AS x WHERE x.account_id = n.account_id AND x.invoice_id = n.source_id AND x.red_number IS NOT NULL)
        WHEN n.event = 'red_confirmation_awaits' THEN c.confirmation_no IS NOT NULL
        WHEN n.event = 'red_confirmation_ended' THEN c.state IN ('void', 'failed')
        WHEN n.event IN ('dispute_lock_set', 'dispute_lock_lifted') THEN l.lock = 'dispute' AND (l.unlocked_at IS NOT NULL OR n.event = 'dispute_lock_set')
        WHEN n.event = 'plan_nearly_used' THEN s.subscription_no IS NOT NULL
        WHEN n.event = 'plan_ended' THEN s.pack_of IS NULL AND s.end_is_told AND s.ends_at <= n.created_at
        WHEN n.event = 'key_created' THEN k.key_id IS NOT NULL
        WHEN n.event = 'key_deleted' THEN k.deleted_at IS NOT NULL
    END IS NOT TRUE

-- check notification_address
-- A notification to a webhook goes to the account's endpoint of that number, at its URL.
SELECT n.account_id, format('notification %s goes to %s, endpoint %s is %s', n.notification_no, n.address, n.endpoint_id, e.url)
FROM billing_books.notification AS n
JOIN billing_books.webhook_endpoint AS e ON e.account_id = n.account_id AND e.endpoint_id = n.endpoint_id
WHERE (n.address, n.lane) IS DISTINCT FROM (e.url, e.host)
