-- check plan_deferred
-- What is not earned of a subscription's money is what its entries say, and entries name one of its account.
SELECT coalesce(s.account_id, e.account_id),
       format('subscription %s says that %s is not earned, the ledger %s', coalesce(s.subscription_no, e.subscription_no), s.deferred, coalesce(e.amount, 0))
FROM billing_books.subscription AS s
FULL JOIN (
    SELECT account_id, subscription_no, sum(CASE 'plan_deferred' WHEN credit THEN amount WHEN debit THEN -amount ELSE 0.000000000 END) AS amount
    FROM billing_books.ledger_entry
    WHERE subscription_no IS NOT NULL
    GROUP BY account_id, subscription_no
) AS e ON e.account_id = s.account_id AND e.subscription_no = s.subscription_no
WHERE s.deferred IS DISTINCT FROM coalesce(e.amount, 0)

-- check subscription_order
-- A plan order that is paid has a subscription of its plan, for what was paid; nothing else has one.
SELECT coalesce(o.account_id, s.account_id),
       format('order %s of plan %s is %s, its subscription %s of plan %s for %s', coalesce(o.order_id, s.order_id), o.plan, o.state, s.subscription_no, s.plan, s.price)
FROM (SELECT * FROM billing_books.payment_order WHERE kind = 'plan') AS o
LEFT JOIN billing_books.payment AS p ON p.account_id = o.account_id AND p.order_id = o.order_id AND p.state = 'credited'
FULL JOIN billing_books.subscription AS s ON s.account_id = o.account_id AND s.order_id = o.order_id
WHERE (s.plan, s.plan_version, s.price, s.pack_of, s.replaces) IS DISTINCT FROM
    CASE WHEN o.state = 'paid' THEN (o.plan, o.plan_version, p.amount - p.taken, o.pack_of, o.replaces) ELSE (NULL::text, NULL::integer, NULL::numeric, NULL::bigint, NULL::bigint) END

-- check plan_terms
-- An order of a plan costs what its version does, of its region; a quota is that of the version, a window's the one of its windows.
SELECT o.account_id, format('order %s is of %s for plan %s, which costs %s in %s', o.order_id, o.pay_amount, o.plan, p.price, p.region)
FROM billing_books.payment_order AS o
LEFT JOIN billing_books.plan AS p ON p.plan = o.plan AND p.version = o.plan_version
WHERE o.kind = 'plan' AND (p.price, CASE p.region WHEN 'cn' THEN 'CNY' ELSE 'USD' END) IS DISTINCT FROM (o.pay_amount, o.currency)
UNION ALL
SELECT q.account_id, format('%s %s of subscription %s is of %s credits, by plan %s of %s', q.kind, q.quota_no, q.subscription_no, q.amount, s.plan, CASE q.kind WHEN 'part' THEN p.quota ELSE p.window_quota END)
FROM billing_books.quota AS q
LEFT JOIN billing_books.subscription AS s ON s.account_id = q.account_id AND s.subscription_no = q.subscription_no
LEFT JOIN billing_books.plan AS p ON p.plan = s.plan AND p.version = s.plan_version
WHERE q.amount IS DISTINCT FROM CASE q.kind WHEN 'part' THEN p.quota ELSE p.window_quota END

-- check subscription_entry
-- A subscription's money comes by the payment of its order, and goes by take-backs of that.
SELECT e.account_id, format('entry %s of subscription %s comes from %s %s, which is not of its order', e.entry_no, e.subscription_no, e.source_type, e.source_id)
FROM billing_books.ledger_entry AS e
LEFT JOIN billing_books.subscription AS s ON s.account_id = e.account_id AND s.subscription_no = e.subscription_no
LEFT JOIN billing_books.take_back AS t
    ON e.source_type = 'take_back' AND t.account_id = e.account_id AND t.take_back_id = e.source_id
LEFT JOIN billing_books.payment AS p
    ON p.account_id = e.account_id AND p.payment_id = CASE e.source_type WHEN 'payment' THEN e.source_id ELSE t.payment_id END
WHERE e.subscription_no IS NOT NULL
    AND CASE e.source_type WHEN 'subscription' THEN e.source_id IS DISTINCT FROM e.subscription_no ELSE s.order_id IS DISTINCT FROM p.order_id END

-- check plan_period
-- No instant of an account is in two periods, and each period and pack is the sum of its parts.
SELECT a.account_id, format('quota %s of subscription %s and quota %s of %s cover the same time', a.quota_no, a.subscription_no, b.quota_no, b.subscription_no)
FROM billing_books.quota AS a
JOIN billing_books.subscription AS s ON s.account_id = a.account_id AND s.subscription_no = a.subscription_no
JOIN billing_books.quota AS b
    ON b.account_id = a.account_id AND (b.subscription_no, b.quota_no) > (a.subscription_no, a.quota_no) AND b.kind = 'part'
    AND b.starts_at < a.ends_at AND a.starts_at < b.ends_at AND b.starts_at < b.ends_at
JOIN billing_books.subscription AS t ON t.account_id = b.account_id AND t.subscription_no = b.subscription_no
WHERE a.kind = 'part' AND a.starts_at < a.ends_at
    AND (a.subscription_no = b.subscription_no OR (s.pack_of IS NULL AND t.pack_of IS NULL))
UNION ALL
SELECT s.account_id, format('subscription %s lasts from %s to %s, its quota to %s', s.subscription_no, s.starts_at, s.ends_at, q.ends_at)
FROM billing_books.subscription AS s
CROSS JOIN LATERAL (
    SELECT max(q.ends_at) AS ends_at
    FROM billing_books.quota AS q
    WHERE q.account_id = s.account_id AND q.subscription_no = s.subscription_no AND q.kind = 'part' AND q.starts_at < q.ends_at
) AS q
WHERE s.state = 'paid' AND s.ends_at > s.starts_at AND q.ends_at IS DISTINCT FROM s.ends_at

-- check quota_used
-- What a quota says of its use is the sum of the credits of its requests, as far as all of them are kept.
SELECT q.account_id, format('%s %s of subscription %s says that %s was used, its requests %s', q.kind, q.quota_no, q.subscription_no, q.used, coalesce(u.credits, 0))
FROM billing_books.quota AS q
JOIN billing_books.subscription AS s ON s.account_id = q.account_id AND s.subscription_no = q.subscription_no
CROSS JOIN LATERAL (
    SELECT sum(u.credits) AS credits
    FROM billing_books.usage_event AS u
    WHERE u.account_id = q.account_id AND u.status = 'plan' AND u.subscription_no = q.subscription_no
        AND q.quota_no = CASE q.kind WHEN 'part' THEN u.quota_no ELSE u.window_no END
) AS u
WHERE q.used IS DISTINCT FROM coalesce(u.credits, 0)
    AND NOT EXISTS (SELECT FROM billing_books.closed_month AS m WHERE m.ends_at > s.booked_at - interval '60 days')

-- check quota_carried
-- The rest of a part that was cut has what was used of that, before and late.
SELECT q.account_id, format('quota %s of subscription %s says that %s was used of %s, which has %s', q.quota_no, q.subscription_no, q.carried, q.continues, c.used + c.carried)
FROM billing_books.quota AS q
LEFT JOIN billing_books.quota AS c ON c.account_id = q.account_id AND c.subscription_no = q.subscription_no AND c.quota_no = q.continues
WHERE q.carried IS DISTINCT FROM CASE WHEN q.continues IS NULL THEN 0 ELSE c.used + c.carried END
