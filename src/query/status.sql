-- The lines of status() that the tables know. No instant of a right clock is later than $1.
SELECT 'owner of the books', pg_get_userbyid(relowner)::text, NULL
FROM pg_class
WHERE oid = 'billing_books.account'::regclass
UNION ALL
SELECT 'accounts', count(*)::text,
       format('%s of them locked, %s in arrears', count(*) FILTER (WHERE locks <> 0), count(*) FILTER (WHERE arrears > 0))
FROM billing_books.account
UNION ALL
SELECT 'accounts ahead of the clock', count(*)::text, 'booked by a clock that was ahead, the furthest at ' || max(last_booked_at)
FROM billing_books.account
WHERE last_booked_at > $1
UNION ALL
SELECT 'account range', coalesce(r.first_id || ' to ' || r.last_id, 'all'), coalesce(format('since %s, by %s', r.set_at, r.actor), 'set_account_range() shares them out over several databases')
FROM (VALUES (1)) AS one (row)
LEFT JOIN (SELECT * FROM billing_books.account_range ORDER BY range_no DESC LIMIT 1) AS r ON true
UNION ALL
SELECT 'usage partitions', count(*)::text, format('%s to %s, and the default one', min(c.relname), max(c.relname))
FROM pg_inherits AS i
JOIN pg_class AS c ON c.oid = i.inhrelid
WHERE i.inhparent = 'billing_books.usage_event'::regclass AND c.relname <> 'usage_event_default'
UNION ALL
SELECT 'usage in the default partition',
       CASE WHEN EXISTS (SELECT FROM billing_books.usage_event_default) THEN 'yes' ELSE 'no' END,
       'usage received in a month without a partition'
UNION ALL
SELECT 'closed months', count(*)::text, 'up to ' || max(month)
FROM billing_books.closed_month
UNION ALL
SELECT 'metered usage, not settled', count(*)::text, 'rows of billing_books.usage_inbox: see billing.settler_lag'
FROM billing_books.usage_inbox
UNION ALL
SELECT 'metered usage, set aside', count(*)::text, 'rows of billing_books.usage_set_aside that nobody has handled, the last at ' || max(set_aside_at)
FROM billing_books.usage_set_aside
WHERE handled_at IS NULL
UNION ALL
SELECT 'parked after a crash', count(*)::text, 'rows of billing_books.parking: find out why, then unpark()'
FROM billing_books.parking
WHERE unparked_at IS NULL
UNION ALL
SELECT 'usage without a price', count(*)::text, 'events: see billing.unpriced_usage'
FROM billing_books.usage_event
WHERE status = 'unpriced'
UNION ALL
-- What meter() stamped is not told from other usage.
SELECT 'usage without occurred_at', coalesce(sum(k.requests), 0)::text,
       'in the last hour; repeated late it would count again: ' || string_agg(format('%s of key %s of account %s', k.requests, k.key_id, k.account_id), ', ' ORDER BY k.requests DESC, k.account_id, k.key_id) FILTER (WHERE k.place <= 10)
FROM (
    SELECT account_id, key_id, count(*) AS requests, row_number() OVER (ORDER BY count(*) DESC, account_id, key_id) AS place
    FROM billing_books.usage_event
    WHERE recorded_at >= now() - interval '1 hour' AND occurred_at = recorded_at
    GROUP BY account_id, key_id
) AS k
UNION ALL
SELECT 'invoices without a number', count(*)::text, 'overseas, since ' || min(created_at)
FROM billing_books.invoice
WHERE state = 'numbering'
UNION ALL
SELECT 'documents to draw', count(*)::text, format('%s of them failed: see billing.attention', count(*) FILTER (WHERE state = 'failed'))
FROM billing_books.document
WHERE state <> 'ready'
UNION ALL
SELECT 'notifications to send', count(*)::text, 'rows of billing_books.notification, the first since ' || min(created_at)
FROM billing_books.notification
WHERE due_at IS NOT NULL
UNION ALL
SELECT 'dead notifications', count(*)::text, 'see billing.dead_notification'
FROM billing_books.notification
WHERE state = 'dead'
UNION ALL
SELECT 'awaiting a second person', count(*)::text, 'see billing.awaiting_second'
FROM billing_books.approval_request AS r
WHERE NOT EXISTS (
    SELECT FROM billing_books.idempotent_call AS c
    WHERE c.account_id = r.account_id AND c.idempotency_key = r.idempotency_key
)
