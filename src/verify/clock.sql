-- check clock_repair
-- A repair of an account is in the audit log, one line for each; it is about entries that are there, and was made behind them by an instant that is before theirs and not behind what was booked since.
SELECT r.account_id, format('repair %s, of entries up to %s booked until %s, as of %s, is not possible: the account has entries up to %s, that one of %s, the next of %s, and was booked last at %s',
                            r.repair_no, r.last_entry_no, r.booked_until, r.corrected_at, a.last_entry_no, e.recorded_at, n.recorded_at, a.last_booked_at)
FROM billing_books.clock_repair AS r
LEFT JOIN billing_books.account AS a ON a.account_id = r.account_id
LEFT JOIN billing_books.ledger_entry AS e ON e.account_id = r.account_id AND e.entry_no = r.last_entry_no
LEFT JOIN billing_books.ledger_entry AS n ON n.account_id = r.account_id AND n.entry_no = r.last_entry_no + 1
WHERE a.account_id IS NULL OR (e.entry_no IS NULL AND r.last_entry_no <> 0)
    OR e.recorded_at > r.booked_until OR r.corrected_at >= r.booked_until OR n.recorded_at < r.corrected_at
    OR r.corrected_at > greatest(a.last_booked_at, (SELECT max(s.booked_until) FROM billing_books.clock_repair AS s WHERE s.account_id = r.account_id AND s.repair_no > r.repair_no))
    OR NOT isfinite(r.corrected_at) OR NOT isfinite(r.booked_until)
    OR r.repair_no <> (SELECT count(*) FROM billing_books.clock_repair AS s WHERE s.account_id = r.account_id AND s.repair_no <= r.repair_no)
UNION ALL
SELECT coalesce(r.account_id, l.account_id),
       format('of %s, %s repairs are there and %s stand in the audit log', coalesce(r.object, l.object), coalesce(r.repairs, 0), coalesce(l.lines, 0))
FROM (
    SELECT account_id, format('entries up to %s', last_entry_no) AS object, actor, reason, count(*) AS repairs
    FROM billing_books.clock_repair
    GROUP BY account_id, last_entry_no, actor, reason
) AS r
FULL JOIN (
    SELECT account_id, object, actor, reason, count(*) AS lines
    FROM billing_books.audit_log
    WHERE action = 'repair_clock'
    GROUP BY account_id, object, actor, reason
) AS l ON l.account_id = r.account_id AND l.object = r.object AND l.actor = r.actor AND l.reason = r.reason
WHERE r.repairs IS DISTINCT FROM l.lines

-- check repaired_bonus
-- Bonus that expired by a wrong clock alone came back when that was repaired, whole and with its old expiry, unless the account is closed; and nothing else undoes an expiry.
SELECT r.account_id, format('entry %s expired %s of lot %s by a clock that was ahead, and repair %s did not bring it back', e.entry_no, e.amount, e.lot_no, r.repair_no)
FROM billing_books.clock_repair AS r
JOIN billing_books.ledger_entry AS e
    ON e.account_id = r.account_id AND e.entry_no <= r.last_entry_no AND e.recorded_at > r.corrected_at
    AND e.debit = 'bonus' AND e.credit = 'breakage' AND e.source_type = 'lot'
JOIN billing_books.lot AS l ON l.account_id = e.account_id AND l.lot_no = e.lot_no AND l.expires_at > r.corrected_at
WHERE NOT EXISTS (SELECT FROM billing_books.ledger_entry AS u WHERE u.account_id = e.account_id AND u.undoes_entry_no = e.entry_no)
    AND NOT EXISTS (SELECT FROM billing_books.account_lock AS k WHERE k.account_id = r.account_id AND k.lock = 'closed')
UNION ALL
SELECT u.account_id, format('entry %s gives %s until %s for entry %s, which expired %s that was to last until %s', u.entry_no, u.amount, n.expires_at, u.undoes_entry_no, e.amount, l.expires_at)
FROM (SELECT * FROM billing_books.ledger_entry WHERE undoes_entry_no IS NOT NULL AND debit = 'adjustment') AS u
LEFT JOIN billing_books.lot AS n ON n.account_id = u.account_id AND n.lot_no = u.lot_no
LEFT JOIN billing_books.ledger_entry AS e
    ON e.account_id = u.account_id AND e.entry_no = u.undoes_entry_no AND e.debit = 'bonus' AND e.credit = 'breakage' AND e.source_type = 'lot'
LEFT JOIN billing_books.lot AS l ON l.account_id = e.account_id AND l.lot_no = e.lot_no
WHERE (u.amount, n.expires_at) IS DISTINCT FROM (e.amount, l.expires_at)
    OR NOT EXISTS (
        SELECT FROM billing_books.clock_repair AS r
        WHERE r.account_id = u.account_id AND r.corrected_at = u.recorded_at AND r.last_entry_no >= e.entry_no AND r.last_entry_no < u.entry_no
            AND e.recorded_at > r.corrected_at AND l.expires_at > r.corrected_at
    )
