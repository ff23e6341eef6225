-- What the statement of account $1 for [$2, $3) says, as billing-pdf reads it, asked for at $6: with as many lines as it has, its balances and the last
-- entry before $3. A line is of one thing that changed the balance; where there are more than $4, usage is summed by day, behind what else
-- the day had. There is no text where there are more than $5 all the same, or where nobody sells. Its buyer stands before.
, account AS (
    SELECT a.currency, billing.known_time_zone(p.time_zone) AS time_zone,
           coalesce(p.language, CASE a.region WHEN 'cn' THEN 'zh' ELSE 'en' END) AS language, a.region
    FROM billing_books.account AS a
    JOIN billing_books.account_profile AS p ON p.account_id = a.account_id
    WHERE a.account_id = $1
), seller AS (
    SELECT jsonb_build_object('name', s.name, 'address', s.address, 'tax_number', s.tax_number, 'email', s.email, 'phone', s.phone) AS seller
    FROM billing_books.seller AS s
    JOIN account AS a ON a.region = s.region
    ORDER BY s.seller_no DESC
    LIMIT 1
), word (source_type, kind, en, en_total, zh) AS (
    VALUES ('payment', 1, 'Top-up', 'Top-ups', '充值'),
           ('grant', 2, 'Gift', 'Gifts', '赠送'),
           ('payment_order', 2, 'Gift', 'Gifts', '赠送'),
           ('charge', 3, 'Usage', 'Usage', '用量'),
           ('settlement', 3, 'Usage', 'Usage', '用量'),
           ('reversal', 4, 'Usage given back', 'Usage given back', '用量退还'),
           ('rerate', 4, 'Usage at corrected prices', 'Usage at corrected prices', '用量价格更正'),
           ('refund_item', 5, 'Refund', 'Refunds', '退款'),
           ('take_back', 6, 'Payment taken back', 'Payments taken back', '支付撤回'),
           ('lot', 7, 'Gift expired', 'Gifts expired or withdrawn', '赠送失效'),
           ('refund', 7, 'Gift withdrawn', 'Gifts expired or withdrawn', '赠送失效'),
           ('adjustment', 8, 'Adjustment', 'Adjustments', '调整'),
           ('write_off', 9, 'Debt written off', 'Debt written off', '欠款核销'),
           ('closing', 10, 'Account closed', 'Account closed', '销户')
), entry AS NOT MATERIALIZED (
    SELECT e.entry_no, e.recorded_at, c.counts_at, e.source_type, e.source_id,
           CASE WHEN e.credit IN ('cash', 'bonus', 'arrears') THEN e.amount ELSE 0 END - CASE WHEN e.debit IN ('cash', 'bonus', 'arrears') THEN e.amount ELSE 0 END AS change
    FROM billing_books.ledger_entry AS e
    CROSS JOIN LATERAL billing.counts_at(e.account_id, e.entry_no, e.recorded_at) AS c
    WHERE e.account_id = $1 AND c.counts_at < $3
), opening AS (
    SELECT coalesce(sum(change) FILTER (WHERE counts_at < $2), 0) AS opening, coalesce(sum(change), 0) AS closing, coalesce(max(entry_no), 0) AS last_entry_no
    FROM entry
), event AS (
    SELECT e.source_type, e.source_id, e.recorded_at AS booked_at, e.counts_at AS at, (e.counts_at AT TIME ZONE a.time_zone)::date AS day, max(e.entry_no) AS entry_no, sum(e.change) AS change,
           count(*) OVER () > $4 AND e.source_type IN ('charge', 'settlement') AS folds
    FROM entry AS e, account AS a
    WHERE e.counts_at >= $2
    GROUP BY e.source_type, e.source_id, e.recorded_at, e.counts_at, a.time_zone
    HAVING sum(e.change) <> 0
), line AS (
    SELECT source_type, source_id, booked_at, at, NULL::date AS day_summed, day, entry_no, change, 1 AS events
    FROM event
    WHERE NOT folds
    UNION ALL
    SELECT 'charge', NULL, NULL, NULL, day, day, max(entry_no), sum(change), count(*)
    FROM event
    WHERE folds
    GROUP BY day
), counted AS (
    SELECT count(*) AS lines, count(day_summed) AS summed
    FROM line
), balanced AS (
    SELECT l.*, o.opening + sum(l.change) OVER (ORDER BY CASE WHEN c.summed > 0 THEN l.day END, l.day_summed IS NOT NULL, l.entry_no) AS balance,
           row_number() OVER (ORDER BY CASE WHEN c.summed > 0 THEN l.day END, l.day_summed IS NOT NULL, l.entry_no) AS place
    FROM line AS l, opening AS o, counted AS c
    WHERE c.lines <= $5
), told AS (
    SELECT b.place, jsonb_build_object(
        'at', CASE WHEN b.day_summed IS NULL THEN to_char(b.at AT TIME ZONE a.time_zone, 'YYYY-MM-DD HH24:MI:SS') ELSE to_char(b.day_summed, 'YYYY-MM-DD') END,
        'description', CASE a.language WHEN 'zh' THEN w.zh ELSE w.en END,
        'detail', CASE WHEN b.day_summed IS NOT NULL THEN format(CASE a.language WHEN 'zh' THEN '%s 笔' ELSE '%s bookings' END, b.events)
                       WHEN b.source_type = 'charge' THEN (
                           SELECT CASE WHEN length(r.line) > 60 THEN left(r.line, 59) || '…' ELSE r.line END
                           FROM billing_books.usage_event AS u, regexp_replace(u.request_id, '[[:cntrl:]]', ' ', 'g') AS r (line)
                           WHERE u.account_id = $1 AND u.request_hash = b.source_id AND u.settled_at = b.booked_at AND u.recorded_at <= b.booked_at
                           LIMIT 1)
                       ELSE CASE a.language WHEN 'zh' THEN '订单 ' ELSE 'Order ' END || CASE b.source_type
                           WHEN 'payment' THEN (SELECT p.order_id FROM billing_books.payment AS p WHERE p.account_id = $1 AND p.payment_id = b.source_id)
                           WHEN 'payment_order' THEN b.source_id
                           WHEN 'refund_item' THEN (SELECT i.order_id FROM billing_books.refund_item AS i WHERE i.account_id = $1 AND i.item_id = b.source_id)
                           WHEN 'take_back' THEN (SELECT p.order_id FROM billing_books.take_back AS t JOIN billing_books.payment AS p ON p.account_id = t.account_id AND p.payment_id = t.payment_id WHERE t.account_id = $1 AND t.take_back_id = b.source_id)
                       END END,
        'amount', to_char(b.change, 'FM999,999,999,990.009999999'),
        'balance', to_char(b.balance, 'FM999,999,999,990.009999999')) AS says
    FROM balanced AS b
    CROSS JOIN account AS a
    LEFT JOIN word AS w ON w.source_type = b.source_type
), total AS (
    SELECT w.kind, CASE a.language WHEN 'zh' THEN w.zh ELSE w.en_total END AS label, sum(e.change) AS amount
    FROM event AS e
    CROSS JOIN account AS a
    LEFT JOIN word AS w ON w.source_type = e.source_type
    GROUP BY 1, 2
)
SELECT c.lines, o.opening, o.closing, o.last_entry_no, s.seller IS NOT NULL,
       CASE WHEN c.lines <= $5 AND s.seller IS NOT NULL THEN jsonb_strip_nulls(jsonb_build_object(
    'kind', 'statement',
    'language', a.language,
    'issued_on', to_char($6 AT TIME ZONE a.time_zone, 'YYYY-MM-DD'),
    'account', $1::text,
    'period_from', to_char($2 AT TIME ZONE a.time_zone, 'YYYY-MM-DD HH24:MI:SS'),
    'period_to', to_char($3 AT TIME ZONE a.time_zone, 'YYYY-MM-DD HH24:MI:SS'),
    'time_zone', a.time_zone,
    'seller', s.seller,
    'buyer', jsonb_build_object('name', coalesce(b.buyer ->> 'name', format(CASE a.language WHEN 'zh' THEN '账户 %s' ELSE 'Account %s' END, $1)), 'address', b.buyer -> 'address',
                                'tax_number', b.buyer -> 'tax_number', 'email', b.buyer -> 'email', 'account', b.buyer -> 'account'),
    'currency', a.currency,
    'opening', to_char(o.opening, 'FM999,999,999,990.009999999'),
    'closing', to_char(o.closing, 'FM999,999,999,990.009999999'),
    'totals', coalesce((SELECT jsonb_agg(jsonb_build_object('label', t.label, 'amount', to_char(t.amount, 'FM999,999,999,990.009999999')) ORDER BY t.kind) FROM total AS t), '[]'),
    'entries', coalesce((SELECT jsonb_agg(t.says ORDER BY t.place) FROM told AS t), '[]'),
    'notes', CASE WHEN c.summed > 0 THEN CASE a.language WHEN 'zh' THEN '本期记录较多，用量按日汇总。' ELSE 'There are many entries in this period: usage is summed by day.' END END))::text END
FROM account AS a
CROSS JOIN buyer AS b
CROSS JOIN opening AS o
CROSS JOIN counted AS c
LEFT JOIN seller AS s ON true
