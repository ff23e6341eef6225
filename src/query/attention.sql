-- What needs a person: held money, parked calls, gateways that do not answer, messages that go on waiting or cannot be, notifications that do not arrive.
SELECT 'payment held', p.account_id, p.payment_id, p.gateway, p.recorded_at, p.amount,
       format('%s; resolve_payment() decides', coalesce(p.reason, 'no reason'))
FROM billing_books.payment AS p
WHERE p.state = 'held'
UNION ALL
SELECT 'call parked', c.account_id, c.call_id, c.gateway, coalesce(c.answered_at, c.created_at), NULL,
       format('%s %s: %s; retry_gateway_call() sends it again', c.kind, c.result, coalesce(c.code, 'no code'))
FROM billing_books.gateway_call AS c
WHERE c.state = 'parked'
UNION ALL
SELECT CASE c.kind WHEN 'refund' THEN 'refund waits' ELSE 'invoice waits' END, c.account_id, c.call_id, c.gateway, c.created_at, NULL,
       CASE c.result WHEN 'held' THEN 'release_refunds() lets it go' ELSE 'the merchant account has no funds' END
FROM billing_books.gateway_call AS c
WHERE (c.kind = 'refund' AND c.state IN ('queued', 'unknown') AND c.result IN ('held', 'no_funds'))
    OR (c.kind IN ('issue', 'red') AND c.state = 'queued' AND c.result = 'held')
UNION ALL
SELECT 'refund item', i.account_id, i.item_id, i.gateway, i.changed_at, i.amount,
       format('%s (%s); %s', i.state, i.reason,
              CASE i.state WHEN 'manual' THEN 'settle_refund_item_offline() when it is paid, or release_refund_item()'
                   ELSE 'retry_refund_item(), settle_refund_item_offline()' || CASE i.state WHEN 'failed' THEN ' or release_refund_item()' ELSE '' END END)
FROM billing_books.refund_item AS i
WHERE i.state IN ('manual', 'failed', 'abnormal')
UNION ALL
SELECT 'invoice overdue', n.account_id, n.invoice_id, NULL, n.due_at, NULL, 'issue it: record_invoice(), or decline_invoice()'
FROM billing_books.invoice AS n
WHERE n.state IN ('requested', 'sending', 'blocked', 'sealing') AND n.due_at < statement_timestamp()
UNION ALL
SELECT 'gateway retired', NULL, NULL, s.gateway, g.retired_at, NULL, 'it issues no more invoices: set_seller() with another one, or without, then record_invoice()'
FROM billing_books.seller AS s
JOIN billing_books.gateway AS g ON g.gateway = s.gateway AND g.retired_at IS NOT NULL
WHERE s.seller_no = (SELECT max(n.seller_no) FROM billing_books.seller AS n WHERE n.region = s.region)
    AND EXISTS (SELECT FROM billing_books.invoice AS n WHERE n.state = 'requested')
UNION ALL
SELECT 'invoice blocked', n.account_id, n.invoice_id, c.gateway, n.changed_at, NULL, format('the provider says %s: do it there, then retry_invoice()', coalesce(c.code, c.result))
FROM billing_books.invoice AS n
JOIN billing_books.gateway_call AS c ON c.account_id = n.account_id AND c.invoice_id = n.invoice_id AND c.kind = 'issue'
WHERE n.state = 'blocked'
UNION ALL
SELECT 'invoice not sealed', n.account_id, n.invoice_id, c.gateway, n.changed_at, NULL, 'the bureau has it, and it is sealed again by itself: retry_invoice() does so at once'
FROM billing_books.invoice AS n
JOIN billing_books.gateway_call AS c ON c.account_id = n.account_id AND c.invoice_id = n.invoice_id AND c.kind = 'issue'
WHERE n.state = 'sealing'
UNION ALL
SELECT 'red confirmation waits', r.account_id, r.confirmation_no, NULL, r.entered_at, NULL, CASE r.state WHEN 'waiting_seller' THEN 'resolve_red_confirmation()' ELSE 'the buyer has not answered within 72 hours: the bureau says what becomes of it' END
FROM billing_books.red_confirmation AS r
WHERE r.state = 'waiting_seller' OR (r.state = 'waiting_buyer' AND r.entered_at < statement_timestamp() - interval '72 hours')
UNION ALL
SELECT 'invoice without number', n.account_id, n.invoice_id, NULL, n.created_at, NULL,
       coalesce(w.detail, 'set_seller() for region global, and see that the clerk runs and the books are armed here, or call number_invoices()')
FROM billing_books.invoice AS n
LEFT JOIN LATERAL (
    SELECT CASE WHEN a.disarmed_at IS NULL THEN format('the books were armed anew: release_numbers(%L), or set_seller() with a new series', i.series) ELSE 'the books were armed, and are not: arm()' END AS detail
    FROM (SELECT * FROM billing_books.seller WHERE region = 'global' ORDER BY seller_no DESC LIMIT 1) AS s
    JOIN billing_books.invoice_series AS i ON i.series = s.series
    JOIN (SELECT * FROM billing_books.arming ORDER BY arming_no DESC LIMIT 1) AS a ON a.disarmed_at IS NOT NULL OR i.epoch IS DISTINCT FROM a.epoch
) AS w ON true
WHERE n.state = 'numbering' AND n.created_at < statement_timestamp() - interval '1 minute'
UNION ALL
SELECT CASE d.state WHEN 'failed' THEN 'document failed' ELSE 'document waits' END, d.account_id, d.id, NULL, d.changed_at, NULL,
       CASE d.state WHEN 'failed' THEN format('%s; %s has it drawn again', d.fault, CASE d.kind WHEN 'statement' THEN 'retry_statement()' ELSE 'retry_document()' END) ELSE coalesce(d.fault, 'the clerk draws it; does it run?') END
FROM billing_books.document AS d
WHERE d.state = 'failed' OR (d.state = 'rendering' AND d.created_at < statement_timestamp() - interval '10 minutes')
UNION ALL
SELECT 'order over-invoiced', p.account_id, p.order_id, p.gateway, greatest(r.at, t.at), v.amount - l.amount, 'money went back after it was invoiced: reverse its invoice'
FROM (
    SELECT l.account_id, l.order_id, sum(l.amount - l.reversed) AS amount
    FROM billing_books.invoice_line AS l
    JOIN billing_books.invoice AS n ON n.account_id = l.account_id AND n.invoice_id = l.invoice_id
    WHERE n.kind IN ('ordinary', 'special') AND n.state NOT IN ('failed', 'cancelled', 'reversed')
    GROUP BY l.account_id, l.order_id
) AS v
JOIN billing_books.payment AS p ON p.account_id = v.account_id AND p.order_id = v.order_id AND p.state = 'credited'
CROSS JOIN LATERAL (
    SELECT coalesce(sum(i.amount), 0) AS amount, max(i.changed_at) AS at,
           coalesce(sum(coalesce(i.payer_amount, CASE WHEN p.payer_amount >= p.amount THEN i.amount ELSE round(i.amount * p.payer_amount / p.amount, 2) END)), 0) AS payer_amount
    FROM billing_books.refund_item AS i
    WHERE i.account_id = p.account_id AND i.payment_id = p.payment_id AND i.state <> 'released'
) AS r
CROSS JOIN LATERAL (
    SELECT coalesce(sum(i.sign * i.amount), 0) AS amount, coalesce(sum(i.sign * i.payer_amount), 0) AS payer_amount, max(i.recorded_at) AS at
    FROM (SELECT *, CASE kind WHEN 'undone' THEN -1 ELSE 1 END AS sign FROM billing_books.take_back) AS i
    WHERE i.account_id = p.account_id AND i.payment_id = p.payment_id AND NOT i.from_suspense
) AS t
CROSS JOIN LATERAL (
    SELECT least(round(p.payer_amount * (p.amount - p.taken) / p.amount, 2) - r.payer_amount - t.payer_amount, p.amount - p.taken - r.amount - t.amount) AS amount
) AS l
WHERE v.amount > greatest(l.amount, 0)
UNION ALL
SELECT 'order does not close', o.account_id, o.order_id, o.gateway, o.expires_at, o.pay_amount, 'find_payment() shows its calls'
FROM billing_books.payment_order AS o
WHERE o.state = 'closing' AND o.expires_at < statement_timestamp() - interval '1 hour'
UNION ALL
SELECT 'refund does not end', c.account_id, c.call_id, c.gateway, c.created_at, NULL, 'ask at the gateway; find_payment() shows its calls'
FROM billing_books.gateway_call AS c
WHERE c.kind = 'refund' AND c.state = 'unknown' AND c.created_at < statement_timestamp() - interval '1 day'
UNION ALL
SELECT 'gateway does not answer', NULL, NULL, g.gateway, g.unavailable_since, NULL, g.unavailable_because
FROM billing_books.gateway AS g
WHERE g.unavailable_since IS NOT NULL
UNION ALL
SELECT 'message waits', n.account_id, n.notice_id, n.gateway, n.received_at, NULL, 'the worker books it; its log says why not yet'
FROM billing_books.gateway_notice AS n
WHERE n.state = 'waiting'
UNION ALL
SELECT CASE n.state WHEN 'unmatched' THEN 'refund unmatched' ELSE 'refund contradicts' END, n.account_id, n.notice_id, n.gateway, n.received_at,
       CASE WHEN n.fact ->> 'amount_nano' ~ '^[0-9]{1,18}$' THEN (n.fact ->> 'amount_nano')::numeric / 1000000000 END,
       CASE WHEN o.account_id IS NOT NULL THEN format('of account %s, which is another database''s', o.account_id)
            WHEN n.state = 'unmatched' THEN 'of a payment that is not here; booked once that is' ELSE 'it cannot be; ask at the gateway, find_payment() shows what is known' END
FROM billing_books.gateway_notice AS n
LEFT JOIN LATERAL (
    SELECT k.account_id
    FROM (SELECT billing.order_number_account(n.fact ->> 'order_number') AS account_id) AS k,
        (SELECT first_id, last_id FROM billing_books.account_range ORDER BY range_no DESC LIMIT 1) AS r
    WHERE k.account_id NOT BETWEEN r.first_id AND r.last_id
) AS o ON true
WHERE n.state IN ('unmatched', 'contradiction')
UNION ALL
SELECT 'bill differs', NULL, d.difference_id, d.gateway, d.found_at, coalesce(d.theirs, d.ours),
       format('%s of %s %s: %s; resolve_difference() settles it', d.class, d.subject, d.transaction_id, d.detail)
FROM billing_books.reconciliation_difference AS d
WHERE d.state = 'open'
UNION ALL
SELECT 'no bill', NULL, NULL, r.gateway, r.requested_at, NULL, format('of %s: %s; reconcile() fetches it again', to_char(r.day, 'YYYY-MM-DD'), coalesce(r.code, 'no answer'))
FROM billing_books.reconciliation AS r
WHERE r.state = 'failed'
    AND NOT EXISTS (SELECT FROM billing_books.reconciliation AS n WHERE n.gateway = r.gateway AND n.day = r.day AND n.run > r.run)
UNION ALL
SELECT 'lock by take-back', l.account_id, l.lock_no, NULL, l.locked_at, NULL, 'money was taken back; unlock_account() when that is settled'
FROM billing_books.account_lock AS l
WHERE l.lock = 'dispute' AND l.locked_by = 'gateway' AND l.unlocked_at IS NULL
UNION ALL
SELECT 'notification dead', n.account_id, n.notification_no, NULL, n.answered_at, NULL,
       format('%s by %s: %s; resend_notification() sends it again', n.event, n.channel, coalesce(n.code, n.result))
FROM billing_books.notification AS n
WHERE n.state = 'dead'
UNION ALL
SELECT 'notifications wait', NULL, NULL, NULL, min(n.created_at), NULL,
       format('%s by %s: %s', count(*), n.channel, coalesce(n.code, n.result, 'is a clerk running, armed, with billing.secrets_dir?'))
FROM billing_books.notification AS n
WHERE n.due_at IS NOT NULL AND n.channel <> 'webhook' AND n.created_at < statement_timestamp() - interval '10 minutes'
GROUP BY n.channel, coalesce(n.code, n.result, 'is a clerk running, armed, with billing.secrets_dir?')
UNION ALL
SELECT 'SMS without a template', NULL, NULL, NULL, min(n.created_at), NULL,
       format('%s of %s in %s of %s; set_sms_template() says how', count(*), n.event, n.language, a.region)
FROM billing_books.notification AS n
JOIN billing_books.account AS a ON a.account_id = n.account_id
WHERE n.result = 'no_template' AND n.state = 'dropped' AND n.created_at > statement_timestamp() - interval '30 days'
    AND NOT EXISTS (SELECT FROM billing_books.sms_template AS t WHERE t.event = n.event AND t.region = a.region AND t.language = n.language)
GROUP BY n.event, n.language, a.region
ORDER BY 5, 1, 2, 3
