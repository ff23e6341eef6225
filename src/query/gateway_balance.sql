-- What each gateway still owes, of its payments, what went back of them, and what its bills say it kept and paid out; offline: what is at the bank.
SELECT m.gateway, a.currency, round(sum(m.received), 9), round(sum(m.given_back), 9), round(sum(m.fees), 9), round(sum(m.settled), 9),
       round(sum(m.received - m.given_back - m.fees - m.settled), 9)
FROM (
    SELECT account_id, gateway, CASE WHEN state IN ('dismissed', 'moved') THEN taken ELSE amount END AS received,
           CASE state WHEN 'returned' THEN amount - taken ELSE 0 END AS given_back, 0::numeric AS fees, 0::numeric AS settled
    FROM billing_books.payment
    UNION ALL
    SELECT account_id, CASE state WHEN 'paid' THEN gateway ELSE 'offline' END, 0, amount, 0, 0
    FROM billing_books.refund_item
    WHERE state IN ('paid', 'paid_offline')
    UNION ALL
    SELECT account_id, gateway, 0, CASE kind WHEN 'undone' THEN -amount ELSE amount END, 0, 0
    FROM billing_books.take_back
    UNION ALL
    SELECT account_id, gateway, 0, 0, CASE class WHEN 'fee' THEN amount WHEN 'fee_returned' THEN -amount ELSE 0 END,
           CASE class WHEN 'settlement' THEN amount WHEN 'funding' THEN -amount ELSE 0 END
    FROM billing_books.reconciliation_line
) AS m
JOIN billing_books.account AS a ON a.account_id = m.account_id
GROUP BY m.gateway, a.currency
ORDER BY m.gateway, a.currency
