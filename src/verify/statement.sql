-- check statement
-- A statement that was asked for opens and closes with what the ledger had, says so, and has a document; there is no document of another. One that was asked for by a wrong clock says what counted before the repair.
SELECT coalesce(s.account_id, d.account_id),
       format('statement %s, with %s document, goes from %s to %s, where the ledger goes from %s to %s', coalesce(s.statement_no, d.id), CASE WHEN d.id IS NULL THEN 'no' ELSE 'a' END, s.opening, s.closing, l.opening, l.closing)
FROM billing_books.account_statement AS s
FULL JOIN (SELECT account_id, id FROM billing_books.document WHERE kind = 'statement') AS d ON d.account_id = s.account_id AND d.id = s.statement_no
LEFT JOIN LATERAL (
    SELECT coalesce(sum(c.change) FILTER (WHERE n.counts_at < s.period_from), 0) AS opening, coalesce(sum(c.change), 0) AS closing
    FROM billing_books.ledger_entry AS e
    CROSS JOIN LATERAL billing.counts_at(e.account_id, e.entry_no, e.recorded_at) AS n
    CROSS JOIN LATERAL (
        SELECT CASE WHEN e.credit IN ('cash', 'bonus', 'arrears') THEN e.amount ELSE 0 END - CASE WHEN e.debit IN ('cash', 'bonus', 'arrears') THEN e.amount ELSE 0 END
    ) AS c (change)
    WHERE e.account_id = s.account_id AND n.counts_at < s.period_to
) AS l ON true
LEFT JOIN LATERAL billing.counts_at(s.account_id, NULL, s.requested_at) AS r ON true
WHERE s.account_id IS NULL OR d.id IS NULL
    OR (r.counts_at = s.requested_at AND (s.opening <> l.opening OR s.closing <> l.closing))
    OR s.says <> '"erased"' AND s.says ->> 'closing' IS DISTINCT FROM to_char(s.closing, 'FM999,999,999,990.009999999')
