-- The rows of the view dead_notification.
SELECT n.account_id, n.notification_no, n.event, n.channel, n.address, n.created_at, n.attempts, n.result, n.code, n.answered_at
FROM billing_books.notification AS n
WHERE n.state = 'dead'
