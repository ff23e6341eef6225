-- check reconciliation_line
-- A line of a reconciliation is one entry of its amount, on the house's account and of its gateway.
SELECT coalesce(l.account_id, e.account_id),
       format('reconciliation line %s of %s (%s) is booked with %s', coalesce(l.line_no, e.source_id), l.amount, l.class, e.amount)
FROM billing_books.reconciliation_line AS l
FULL JOIN (
    SELECT account_id, source_id, min(gateway) AS gateway,
           sum(CASE 'gateway' WHEN credit THEN amount WHEN debit THEN -amount END) AS amount,
           min(CASE WHEN 'fee' IN (debit, credit) THEN 'fee' ELSE 'bank' END) AS book
    FROM billing_books.ledger_entry
    WHERE source_type = 'reconciliation'
    GROUP BY account_id, source_id
) AS e ON e.account_id = l.account_id AND e.source_id = l.line_no
WHERE (CASE WHEN l.class IN ('fee', 'settlement') THEN l.amount ELSE -l.amount END, l.gateway,
       CASE WHEN l.class IN ('fee', 'fee_returned') THEN 'fee' ELSE 'bank' END)
    IS DISTINCT FROM (e.amount, e.gateway, e.book)

-- check reconciliation_booked of all
-- What is booked of a day's fees and settlements is what its newest finished run found.
SELECT NULL, format('day %s of %s has %s of %s and %s is booked', r.day, r.gateway, s.amount, s.class, coalesce(l.amount, 0))
FROM billing_books.reconciliation AS r
CROSS JOIN LATERAL (VALUES ('fee', r.fees), ('fee_returned', r.fees_returned), ('settlement', r.settled), ('funding', r.funded)) AS s (class, amount)
LEFT JOIN (
    SELECT gateway, day, class, sum(amount) AS amount
    FROM billing_books.reconciliation_line
    GROUP BY gateway, day, class
) AS l ON l.gateway = r.gateway AND l.day = r.day AND l.class = s.class
WHERE r.state = 'done'
    AND NOT EXISTS (SELECT FROM billing_books.reconciliation AS n
        WHERE n.gateway = r.gateway AND n.day = r.day AND n.run > r.run AND n.state = 'done')
    AND s.amount <> coalesce(l.amount, 0)

-- check reconciliation_rows of all
-- A run that is done has looked at all rows of its bills, and asks for none.
SELECT NULL, format('run %s of %s of %s is done with %s of %s rows looked at', r.run, r.day, r.gateway, r.matched, r.rows)
FROM billing_books.reconciliation AS r
WHERE r.state = 'done'
    AND (r.matched <> r.rows
        OR EXISTS (SELECT FROM billing_books.bill_row AS b
            WHERE b.gateway = r.gateway AND b.day = r.day AND b.run = r.run AND b.outcome IN ('new', 'asking')))

-- check gateway_owes of all
-- What a gateway holds over all accounts is what came in, less what was given back, dismissed, moved, taken back, kept and settled.
SELECT NULL, format('gateway %s holds %s by the ledger, and %s by what came in and went out', coalesce(e.gateway, m.gateway), coalesce(e.amount, 0), coalesce(m.amount, 0))
FROM (
    SELECT gateway, sum(CASE 'gateway' WHEN debit THEN amount ELSE -amount END) AS amount
    FROM billing_books.ledger_entry
    WHERE 'gateway' IN (debit, credit)
    GROUP BY gateway
) AS e
FULL JOIN (
    SELECT u.gateway, sum(u.amount) AS amount
    FROM (
        SELECT gateway, CASE WHEN state IN ('returned', 'dismissed', 'moved') THEN taken ELSE amount END AS amount
        FROM billing_books.payment
        UNION ALL
        SELECT CASE state WHEN 'paid' THEN gateway ELSE 'offline' END, -amount
        FROM billing_books.refund_item
        WHERE state IN ('paid', 'paid_offline')
        UNION ALL
        SELECT gateway, CASE kind WHEN 'undone' THEN amount ELSE -amount END
        FROM billing_books.take_back
        UNION ALL
        SELECT gateway, CASE WHEN class IN ('fee', 'settlement') THEN -amount ELSE amount END
        FROM billing_books.reconciliation_line
    ) AS u
    GROUP BY u.gateway
) AS m ON m.gateway = e.gateway
WHERE coalesce(e.amount, 0) <> coalesce(m.amount, 0)
