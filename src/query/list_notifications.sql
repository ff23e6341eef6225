-- What account $1 was told below number $2, the newest first, $3 at the most. Behind the columns of the result stands what the list is sorted by.
SELECT n.notification_no, n.event, n.source_id, n.channel, n.address, n.state, n.created_at, n.attempts, n.due_at, n.result, n.code, n.answered_at, NULL::text AS next_cursor,
       n.notification_no
FROM billing_books.notification AS n
WHERE n.account_id = $1 AND n.notification_no < $2
ORDER BY n.notification_no DESC
LIMIT $3
