-- The row of unsettled_usage().
SELECT count(*), min(occurred_at)
FROM billing_books.usage_inbox
