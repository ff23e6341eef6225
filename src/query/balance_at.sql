-- Cash, bonus and arrears of account $1 at the instant $2: the sums of its entries, without bonus that had expired.
SELECT coalesce(sum(e.cash), 0),
       coalesce(sum(e.bonus) FILTER (WHERE l.expires_at IS NULL OR l.expires_at > $2), 0),
       coalesce(sum(e.arrears), 0)
FROM (
    SELECT lot_no,
           sum(CASE 'cash' WHEN credit THEN amount WHEN debit THEN -amount ELSE 0.000000000 END) AS cash,
           sum(CASE 'bonus' WHEN credit THEN amount WHEN debit THEN -amount ELSE 0.000000000 END) AS bonus,
           sum(CASE 'arrears' WHEN credit THEN -amount WHEN debit THEN amount ELSE 0.000000000 END) AS arrears
    FROM billing_books.ledger_entry AS b
    CROSS JOIN LATERAL billing.counts_at(b.account_id, b.entry_no, b.recorded_at) AS c
    WHERE b.account_id = $1 AND c.counts_at <= $2
    GROUP BY lot_no
) AS e
LEFT JOIN billing_books.lot AS l ON l.account_id = $1 AND l.lot_no = e.lot_no
