-- The lines of status() that the tables know.
SELECT 'owner of the books', pg_get_userbyid(relowner)::text, NULL
FROM pg_class
WHERE oid = 'billing.account'::regclass
UNION ALL
SELECT 'accounts', count(*)::text,
       format('%s of them locked, %s in arrears', count(*) FILTER (WHERE locks <> 0), count(*) FILTER (WHERE arrears > 0))
FROM billing.account
UNION ALL
SELECT 'usage partitions', count(*)::text, format('%s to %s, and the default one', min(c.relname), max(c.relname))
FROM pg_inherits AS i
JOIN pg_class AS c ON c.oid = i.inhrelid
WHERE i.inhparent = 'billing.usage_event'::regclass AND c.relname <> 'usage_event_default'
UNION ALL
SELECT 'usage in the default partition',
       CASE WHEN EXISTS (SELECT FROM billing.usage_event_default) THEN 'yes' ELSE 'no' END,
       'usage received in a month without a partition'
UNION ALL
SELECT 'closed months', count(*)::text, 'up to ' || max(month)
FROM billing.closed_month
UNION ALL
SELECT 'metered usage, not settled', count(*)::text, 'rows of billing.usage_inbox: see billing.settler_lag'
FROM billing.usage_inbox
UNION ALL
SELECT 'metered usage, set aside', count(*)::text, 'rows of billing.usage_set_aside, the last at ' || max(set_aside_at)
FROM billing.usage_set_aside
UNION ALL
SELECT 'usage without a price', count(*)::text, 'events: see billing.unpriced_usage'
FROM billing.usage_event
WHERE status = 'unpriced'
UNION ALL
SELECT 'notifications to send', count(*)::text, 'rows of billing.notification'
FROM billing.notification
WHERE state = 'pending'
UNION ALL
SELECT 'awaiting a second person', count(*)::text, 'see billing.awaiting_second'
FROM billing.awaiting_second
