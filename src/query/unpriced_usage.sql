-- The rows of the view unpriced_usage.
SELECT a.currency, u.model, coalesce(u.variant, ''), count(*), count(DISTINCT u.account_id), min(u.occurred_at), max(u.occurred_at), u.reason, billing.sum_meters(u.meters) FILTER (WHERE billing.are_meters(u.meters))
FROM billing_books.usage_event AS u
JOIN billing_books.account AS a ON a.account_id = u.account_id
WHERE u.status = 'unpriced'
GROUP BY a.currency, u.model, coalesce(u.variant, ''), u.reason
