-- Balance alerts of account $1 below number $2, the newest first, $3 at the most. Behind the columns of the result stands what the list is sorted by.
SELECT a.alert_no, a.threshold, a.runway_hours, a.notify_recovery, a.enabled, a.armed, a.fired, a.episode, NULL::text AS next_cursor,
       a.alert_no
FROM billing_books.balance_alert AS a
WHERE a.account_id = $1 AND a.alert_no < $2
ORDER BY a.alert_no DESC
LIMIT $3
