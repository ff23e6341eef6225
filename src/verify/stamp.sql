-- check entry_stamp
-- An entry is recorded and happened when that did which it comes from; what nobody dates happened when it was recorded.
SELECT e.account_id, format('entry %s from %s %s is recorded at %s and happened at %s, where %s and %s are expected', e.entry_no, e.source_type, e.source_id, e.recorded_at, e.occurred_at, x.recorded_at, x.occurred_at)
FROM (SELECT * FROM billing_books.ledger_entry WHERE source_type NOT IN ('charge', 'settlement')) AS e
LEFT JOIN billing_books.payment AS p ON e.source_type = 'payment' AND p.account_id = e.account_id AND p.payment_id = e.source_id
LEFT JOIN billing_books.take_back AS t ON e.source_type = 'take_back' AND t.account_id = e.account_id AND t.take_back_id = e.source_id
LEFT JOIN billing_books.refund_item AS i ON e.source_type = 'refund_item' AND i.account_id = e.account_id AND i.item_id = e.source_id
LEFT JOIN billing_books.charge_reversal AS r ON e.source_type = 'reversal' AND r.account_id = e.account_id AND r.reversal_id = e.source_id
LEFT JOIN billing_books.reconciliation_line AS n ON e.source_type = 'reconciliation' AND n.account_id = e.account_id AND n.line_no = e.source_id
LEFT JOIN billing_books.lot AS l ON l.account_id = e.account_id AND l.lot_no = e.lot_no
CROSS JOIN LATERAL (
    SELECT CASE e.source_type
               WHEN 'payment' THEN CASE e.debit WHEN 'gateway' THEN p.recorded_at END
               WHEN 'take_back' THEN t.recorded_at
               WHEN 'refund_item' THEN CASE WHEN e.credit = 'refund_payable' THEN i.created_at WHEN e.debit = 'refund_payable' THEN i.changed_at END
               WHEN 'reversal' THEN r.recorded_at
               WHEN 'reconciliation' THEN n.recorded_at
               ELSE CASE WHEN e.credit = 'bonus' AND e.debit IN ('promotion', 'adjustment') THEN l.created_at END
           END AS recorded_at,
           CASE e.source_type
               WHEN 'payment' THEN CASE WHEN e.debit = 'gateway' OR e.credit IN ('cash', 'plan_deferred') THEN p.paid_at END
               WHEN 'take_back' THEN t.occurred_at
               WHEN 'lot' THEN l.expires_at
               WHEN 'subscription' THEN NULL
               ELSE e.recorded_at
           END AS occurred_at
) AS x
WHERE e.recorded_at <> x.recorded_at OR e.occurred_at <> x.occurred_at
    OR (e.source_type = 'lot' AND (l.expires_at IS NULL OR l.expires_at > e.recorded_at))
    OR (e.source_type = 'payment' AND e.recorded_at < p.recorded_at)
    OR (e.source_type = 'subscription' AND e.occurred_at > e.recorded_at)

-- check lot_stamp
-- A lot is as old as the entry that filled it, and what expires did so later.
SELECT e.account_id, format('lot %s is of %s, its entry %s of %s, it expires at %s', l.lot_no, l.created_at, e.entry_no, e.recorded_at, l.expires_at)
FROM billing_books.ledger_entry AS e
JOIN billing_books.lot AS l ON l.account_id = e.account_id AND l.lot_no = e.lot_no
WHERE e.credit IN ('cash', 'bonus') AND e.debit IN ('gateway', 'suspense', 'promotion', 'adjustment') AND e.source_type <> 'take_back'
    AND (e.recorded_at <> l.created_at OR l.expires_at <= l.created_at)

-- check booked_stamp
-- What is booked of an account is so between the making of the account and its newest booking, or how far a wrong clock had booked it before a repair.
SELECT x.account_id, format('%s is of %s, the account was made at %s and booked last at %s', x.what, x.at, a.created_at, a.last_booked_at)
FROM (
    SELECT account_id, recorded_at AS at, 'payment ' || payment_id AS what FROM billing_books.payment
    UNION ALL
    SELECT account_id, recorded_at, 'take-back ' || take_back_id FROM billing_books.take_back
    UNION ALL
    SELECT account_id, recorded_at, 'reversal ' || reversal_id FROM billing_books.charge_reversal
    UNION ALL
    SELECT account_id, recorded_at, 'a revision of re-rating ' || rerate_no FROM billing_books.charge_revision
    UNION ALL
    SELECT account_id, unnest(ARRAY[locked_at, unlocked_at]), 'lock ' || lock_no FROM billing_books.account_lock
    UNION ALL
    SELECT account_id, set_at, 'a version of key ' || key_id FROM billing_books.api_key_version
    UNION ALL
    SELECT account_id, deleted_at, 'the end of key ' || key_id FROM billing_books.api_key
    UNION ALL
    SELECT account_id, created_at, 'lot ' || lot_no FROM billing_books.lot
    UNION ALL
    SELECT account_id, unnest(ARRAY[booked_at, queued_at, revoked_at]), 'subscription ' || subscription_no FROM billing_books.subscription
    UNION ALL
    SELECT account_id, replaced_at, 'a change of the contact' FROM billing_books.contact_history
    UNION ALL
    SELECT account_id, unnest(ARRAY[requested_at, decided_at, ended_at]), 'refund ' || refund_id FROM billing_books.refund
    UNION ALL
    SELECT account_id, created_at, 'refund item ' || item_id FROM billing_books.refund_item
    UNION ALL
    SELECT account_id, created_at, 'invoice ' || invoice_id FROM billing_books.invoice
    UNION ALL
    SELECT account_id, created_at, 'order ' || order_id FROM billing_books.payment_order
    UNION ALL
    SELECT account_id, set_at, 'a price list' FROM billing_books.account_price_list
    UNION ALL
    SELECT account_id, recorded_at, 'reconciliation line ' || line_no FROM billing_books.reconciliation_line
) AS x
LEFT JOIN billing_books.account AS a ON a.account_id = x.account_id
LEFT JOIN (SELECT account_id, min(corrected_at) AS corrected_at, max(booked_until) AS booked_until FROM billing_books.clock_repair GROUP BY account_id) AS r
    ON r.account_id = x.account_id
WHERE x.at IS NOT NULL AND (a.account_id IS NULL OR x.at NOT BETWEEN least(a.created_at, r.corrected_at) AND greatest(a.last_booked_at, r.booked_until))

-- check refund_stamp
-- A refund is decided after it was asked for, its items are of that instant, and it ends with the last of them.
SELECT r.account_id, format('refund %s was asked for at %s, decided at %s and ended at %s, with items from %s to %s', r.refund_id, r.requested_at, r.decided_at, r.ended_at, i.created_at, i.changed_at)
FROM billing_books.refund AS r
LEFT JOIN (
    SELECT account_id, refund_id, min(created_at) AS created_at, max(created_at) AS created_max, min(changed_at) AS changed_min, max(changed_at) AS changed_at
    FROM billing_books.refund_item
    GROUP BY account_id, refund_id
) AS i ON i.account_id = r.account_id AND i.refund_id = r.refund_id
CROSS JOIN LATERAL billing.counts_at(r.account_id, NULL, r.requested_at) AS q
CROSS JOIN LATERAL billing.counts_at(r.account_id, NULL, r.decided_at) AS d
CROSS JOIN LATERAL billing.counts_at(r.account_id, NULL, i.created_at) AS c
WHERE r.decided_at < q.counts_at OR r.ended_at < d.counts_at
    OR r.decided_at <> i.created_at OR r.decided_at <> i.created_max OR i.changed_min < c.counts_at
    OR (r.state = 'completed' AND r.ended_at <> i.changed_at) OR (r.state = 'rejected' AND r.ended_at <> r.decided_at)

-- check order_stamp
-- An order is paid when its payment was, which is booked after the order was placed.
SELECT o.account_id, format('order %s was placed at %s and paid at %s, its payment %s at %s and booked at %s', o.order_id, o.created_at, o.paid_at, p.payment_id, p.paid_at, p.recorded_at)
FROM billing_books.payment_order AS o
JOIN billing_books.payment AS p ON p.account_id = o.account_id AND p.order_id = o.order_id AND p.state = 'credited'
CROSS JOIN LATERAL billing.counts_at(o.account_id, NULL, o.created_at) AS c
WHERE o.paid_at IS DISTINCT FROM p.paid_at OR (o.product IS NOT NULL AND c.counts_at > p.recorded_at) OR NOT isfinite(p.paid_at)
