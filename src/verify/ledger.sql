-- check transfer_allowed on ledger_entry
-- Every entry is a transfer that the design allows.
WHEN NOT billing.transfer_allowed(account_id, debit, credit, lot_no, subscription_no, gateway, source_type)
THEN format('entry %s: %s / %s from %s is not allowed', entry_no, debit, credit, source_type)

-- check lot_bounds on lot
-- What is left of a lot lies between nothing and what it began with less what went back to the payer; cash does not expire.
WHEN NOT (remaining BETWEEN 0 AND amount - given_back
          AND amount > 0 AND amount < 'NaN'
          AND is_open = (remaining > 0)
          AND (kind = 'bonus' OR (kind = 'cash' AND expires_at IS NULL)))
THEN format('lot %s: %s of %s, %s given back, open %s, %s, expires %s are not possible together',
            lot_no, remaining, amount, given_back, is_open, kind, expires_at)

-- check lot_source
-- A lot comes from where the entry that filled it comes from; cash has an order, and of bonus that which came with one.
SELECT e.account_id,
       format('lot %s comes from %s %s and order %s, its entry %s from %s %s',
              l.lot_no, l.source_type, l.source_id, l.order_id, e.entry_no, e.source_type, e.source_id)
FROM billing_books.ledger_entry AS e
JOIN billing_books.lot AS l ON l.account_id = e.account_id AND l.lot_no = e.lot_no
WHERE e.credit IN ('cash', 'bonus')
    AND e.debit IN ('gateway', 'suspense', 'promotion', 'adjustment')
    AND e.source_type <> 'take_back'
    AND ((l.source_type, l.source_id) <> (e.source_type, e.source_id)
        OR (l.kind = 'cash' OR l.source_type = 'payment_order') <> (l.order_id IS NOT NULL)
        OR NOT CASE l.source_type
                   WHEN 'payment' THEN true
                   WHEN 'payment_order' THEN l.source_id = l.order_id AND l.kind = 'bonus'
                   WHEN 'grant' THEN l.source_id = l.lot_no
                   WHEN 'adjustment' THEN l.source_id = e.entry_no
                   ELSE false
               END)

-- check next_expiry
-- next_expiry_at of an account is the earliest expiry of its open lots.
SELECT a.account_id, format('next expiry is %s, expected %s', a.next_expiry_at, l.expires_at)
FROM billing_books.account AS a
LEFT JOIN (
    SELECT account_id, min(expires_at) AS expires_at
    FROM billing_books.lot
    WHERE is_open
    GROUP BY account_id
) AS l ON l.account_id = a.account_id
WHERE a.next_expiry_at IS DISTINCT FROM l.expires_at

-- check expired_lot_pays
-- Bonus pays nothing once it has expired.
SELECT e.account_id, format('entry %s takes from lot %s, which expired at %s', e.entry_no, e.lot_no, l.expires_at)
FROM billing_books.ledger_entry AS e
JOIN billing_books.lot AS l ON l.account_id = e.account_id AND l.lot_no = e.lot_no
WHERE e.debit = 'bonus' AND e.credit <> 'breakage' AND e.recorded_at >= l.expires_at

-- check undone_entry
-- An entry that is undone comes before those that undo it, which give back no more than it moved.
SELECT u.account_id, format('entry %s (%s) is undone by %s in all', e.entry_no, e.amount, u.amount)
FROM (
    SELECT account_id, undoes_entry_no, sum(amount) AS amount, min(entry_no) AS entry_no
    FROM billing_books.ledger_entry
    WHERE undoes_entry_no IS NOT NULL
    GROUP BY account_id, undoes_entry_no
) AS u
LEFT JOIN billing_books.ledger_entry AS e ON e.account_id = u.account_id AND e.entry_no = u.undoes_entry_no
WHERE e.entry_no IS NULL OR u.amount > e.amount OR u.entry_no <= e.entry_no

-- check operator_call
-- A gift, an adjustment and a write-off are in the audit log, and answered under an idempotency key.
SELECT e.account_id, format('%s %s has %s in the audit log and %s under an idempotency key', e.source_type, e.source_id,
                            CASE WHEN a.object IS NULL THEN 'no line' ELSE 'a line' END,
                            CASE WHEN i.id IS NULL THEN 'no answer' ELSE 'an answer' END)
FROM (
    SELECT DISTINCT account_id, source_type, source_id,
           CASE WHEN source_type = 'adjustment' THEN 'adjust'
                WHEN source_type = 'write_off' THEN 'write_off'
                WHEN debit = 'promotion' THEN 'grant_bonus'
                ELSE 'withdraw_bonus' END AS function
    FROM billing_books.ledger_entry
    WHERE source_type = 'write_off'
        -- What a lot pays at once has no call of its own, nor has what a repair of the clock brings back.
        OR (source_type IN ('grant', 'adjustment') AND credit <> 'arrears' AND undoes_entry_no IS NULL)
) AS e
LEFT JOIN (SELECT DISTINCT account_id, action, object FROM billing_books.audit_log) AS a
    ON a.account_id = e.account_id AND a.action = e.function AND a.object = e.source_type || ' ' || e.source_id
LEFT JOIN (SELECT DISTINCT account_id, function, result ->> 'id' AS id FROM billing_books.idempotent_call) AS i
    ON i.account_id = e.account_id AND i.function = e.function AND i.id = e.source_id::text
WHERE a.object IS NULL OR i.id IS NULL
