-- Lines of statement(): $1 account, [$2, $3) booked within, as of when it counts. Balances begin with the sum of all entries before.
WITH entry AS NOT MATERIALIZED (
    SELECT e.*, c.counts_at,
           CASE 'cash' WHEN e.credit THEN e.amount WHEN e.debit THEN -e.amount ELSE 0.000000000 END AS cash,
           CASE 'bonus' WHEN e.credit THEN e.amount WHEN e.debit THEN -e.amount ELSE 0.000000000 END AS bonus,
           CASE 'arrears' WHEN e.credit THEN -e.amount WHEN e.debit THEN e.amount ELSE 0.000000000 END AS arrears
    FROM billing_books.ledger_entry AS e
    CROSS JOIN LATERAL billing.counts_at(e.account_id, e.entry_no, e.recorded_at) AS c
    WHERE e.account_id = $1
), opening AS MATERIALIZED (
    SELECT coalesce(sum(cash), 0) AS cash, coalesce(sum(bonus), 0) AS bonus, coalesce(sum(arrears), 0) AS arrears
    FROM entry
    WHERE counts_at < $2
), line AS (
    SELECT e.entry_no, e.counts_at, e.recorded_at, e.occurred_at, e.source_type, e.source_id,
           e.debit, e.credit, e.lot_no, e.amount, e.actor,
           e.cash + e.bonus - e.arrears AS change,
           o.cash + sum(e.cash) OVER w AS cash,
           o.bonus + sum(e.bonus) OVER w AS bonus,
           o.arrears + sum(e.arrears) OVER w AS arrears
    FROM entry AS e, opening AS o
    WHERE e.counts_at >= $2 AND e.counts_at < $3
    WINDOW w AS (ORDER BY e.entry_no)
)
SELECT l.entry_no, l.counts_at AS recorded_at, l.occurred_at, l.source_type,
       CASE l.source_type
           WHEN 'charge' THEN (
               SELECT u.request_id
               FROM billing_books.usage_event AS u
               WHERE u.account_id = $1 AND u.request_hash = l.source_id
                   AND u.settled_at = l.recorded_at AND u.recorded_at <= l.recorded_at
                   AND l.entry_no >= u.first_entry_no AND l.entry_no < u.first_entry_no + u.entry_count
               LIMIT 1
           )
           ELSE l.source_id::text
       END AS source,
       l.debit, l.credit, l.lot_no, l.amount,
       l.cash + l.bonus - l.arrears - l.change AS balance_before,
       l.cash + l.bonus - l.arrears AS balance_after,
       l.cash, l.bonus, l.arrears, l.actor
FROM line AS l
ORDER BY l.entry_no
