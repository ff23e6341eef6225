-- An account's subscriptions at $2, the newest first: what each gives now, and what is left of it.
SELECT s.subscription_no, s.plan, s.plan_version,
       CASE
           WHEN s.state = 'revoked' THEN 'revoked'
           WHEN s.starts_at IS NULL OR s.starts_at > $2 THEN 'queued'
           WHEN s.ends_at <= $2 THEN 'ended'
           WHEN (part.remaining > 0 AND coalesce(win.remaining, 1) > 0) OR pack.remaining > 0 THEN 'active'
           ELSE 'exhausted'
       END,
       s.pack_of, s.price, s.starts_at, s.ends_at, part.granted, part.used, CASE WHEN part.remaining IS NOT NULL THEN greatest(part.remaining, 0.000000000) END, part.ends_at,
       CASE WHEN part.windows_from IS NOT NULL THEN p.window_quota END,
       CASE WHEN win.remaining IS NOT NULL THEN greatest(win.remaining, 0.000000000) WHEN part.windows_from IS NOT NULL THEN p.window_quota END,
       win.ends_at, s.order_id
FROM billing_books.subscription AS s
JOIN billing_books.plan AS p ON p.plan = s.plan AND p.version = s.plan_version
LEFT JOIN LATERAL (
    SELECT q.amount + q.given AS granted, q.used + q.carried AS used, q.amount + q.given - q.used - q.carried AS remaining, q.ends_at, q.windows_from
    FROM billing_books.quota AS q
    WHERE q.account_id = s.account_id AND q.subscription_no = s.subscription_no AND q.kind = 'part' AND q.starts_at <= $2 AND q.ends_at > $2
) AS part ON true
LEFT JOIN LATERAL (
    SELECT q.amount + q.given - q.used AS remaining, q.ends_at
    FROM billing_books.quota AS q
    WHERE q.account_id = s.account_id AND q.subscription_no = s.subscription_no AND q.kind = 'window' AND q.starts_at <= $2 AND q.ends_at > $2
) AS win ON true
LEFT JOIN LATERAL (
    SELECT max(q.amount + q.given - q.used - q.carried) AS remaining
    FROM billing_books.subscription AS b
    JOIN billing_books.quota AS q ON q.account_id = b.account_id AND q.subscription_no = b.subscription_no
    WHERE b.account_id = s.account_id AND b.pack_of = s.subscription_no AND q.starts_at <= $2 AND q.ends_at > $2
) AS pack ON true
WHERE s.account_id = $1
ORDER BY s.subscription_no DESC
