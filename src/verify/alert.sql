-- check alert_armed
-- An alert is armed where the balance is at or above its threshold.
SELECT account_id,
       format('alert %s: armed %s at balance %s and threshold %s',
              b.alert_no, b.armed, a.cash + a.bonus - a.arrears, b.threshold)
FROM billing_books.balance_alert AS b
JOIN billing_books.account AS a USING (account_id)
WHERE b.enabled AND b.armed <> (a.cash + a.bonus - a.arrears >= b.threshold)

-- check alert_bounds
-- The account knows between which balances no alert of its can change, and whether one goes by its spend.
SELECT account_id,
       format('alerts fire below %s and are armed at %s, the alerts say %s and %s',
              a.alert_fires_below, a.alert_rearms_at, b.fires_below, b.rearms_at)
FROM billing_books.account AS a
LEFT JOIN (
    SELECT account_id,
           max(watch_below) FILTER (WHERE armed) AS fires_below,
           min(threshold) FILTER (WHERE NOT armed) AS rearms_at,
           bool_or(runway_hours IS NOT NULL) AS has_runway
    FROM billing_books.balance_alert
    WHERE enabled
    GROUP BY account_id
) AS b USING (account_id)
WHERE (a.alert_fires_below, a.alert_rearms_at, a.alert_review_at IS NOT NULL)
    IS DISTINCT FROM (b.fires_below, b.rearms_at, coalesce(b.has_runway, false))
