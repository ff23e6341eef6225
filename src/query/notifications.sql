-- What an account was told, the newest first.
SELECT n.notification_no, n.event, n.source_id, n.channel, n.address, n.state, n.created_at, n.attempts, n.due_at, n.result, n.code, n.answered_at
FROM billing_books.notification AS n
WHERE n.account_id = $1
ORDER BY n.notification_no DESC
LIMIT $2
