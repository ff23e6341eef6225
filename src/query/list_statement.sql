-- Ledger entries of account $1 below number $2, the newest first, $3 at the most. Behind the columns of the result stands what the list is sorted by.
SELECT e.entry_no, c.counts_at AS recorded_at, e.occurred_at, e.source_type,
       CASE WHEN e.source_type NOT IN ('charge', 'settlement') THEN e.source_id END AS source_id,
       e.debit, e.credit, e.lot_no, e.amount,
       CASE WHEN e.credit IN ('cash', 'bonus', 'arrears') THEN e.amount ELSE 0 END - CASE WHEN e.debit IN ('cash', 'bonus', 'arrears') THEN e.amount ELSE 0 END AS change,
       NULL::text AS next_cursor,
       e.entry_no
FROM billing_books.ledger_entry AS e
CROSS JOIN LATERAL billing.counts_at(e.account_id, e.entry_no, e.recorded_at) AS c
WHERE e.account_id = $1 AND e.entry_no < $2
ORDER BY e.entry_no DESC
LIMIT $3
