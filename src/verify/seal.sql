-- check sealed_entry
-- The entries that seals name are there, with the chains that were sealed.
SELECT s.account_id, format('entry %s is another than seal %s says, or is gone', s.entry_no, s.seal_no)
FROM billing_books.seal_account AS s
LEFT JOIN billing_books.ledger_entry AS e ON e.account_id = s.account_id AND e.entry_no = s.entry_no
WHERE e.chain IS DISTINCT FROM s.chain

-- check seal_account
-- What is sealed of an account is so by a seal that is there.
SELECT s.account_id, format('entry %s is of seal %s, which is not there', s.entry_no, s.seal_no)
FROM billing_books.seal_account AS s
WHERE NOT EXISTS (SELECT FROM billing_books.seal AS b WHERE b.seal_no = s.seal_no)

-- check seal_left_out
-- An account's entries of before the instant up to which seals hold what other tables got are in seals, too: those who booked them had ended when the newest was made.
SELECT a.account_id, format('entry %s is of %s and in no seal, and seals hold what is of before %s', e.entry_no, e.recorded_at, b.rows_before)
FROM billing_books.account AS a
CROSS JOIN (SELECT max(rows_before) AS rows_before FROM billing_books.seal) AS b
CROSS JOIN LATERAL (
    SELECT coalesce(max(s.entry_no), 0) AS entry_no
    FROM billing_books.seal_account AS s
    JOIN billing_books.seal AS n ON n.seal_no = s.seal_no
    WHERE s.account_id = a.account_id
) AS sealed
CROSS JOIN LATERAL (
    SELECT l.entry_no, l.recorded_at
    FROM billing_books.ledger_entry AS l
    WHERE l.account_id = a.account_id AND l.entry_no > sealed.entry_no AND l.recorded_at < b.rows_before
    ORDER BY l.entry_no
    LIMIT 1
) AS e

-- check seal_rows of all
-- What is sealed of other tables is so by a seal that is there.
SELECT NULL, format('%s rows of %s are of seal %s, which is not there', r.rows, r.name, r.seal_no)
FROM billing_books.seal_rows AS r
WHERE NOT EXISTS (SELECT FROM billing_books.seal AS b WHERE b.seal_no = r.seal_no)

-- check seal_says of all
-- A seal says how many accounts it holds, and holds no less of other tables than the one before it.
SELECT NULL, format('seal %s says that %s accounts had moved, and holds %s', s.seal_no, s.accounts, a.accounts)
FROM billing_books.seal AS s
CROSS JOIN LATERAL (SELECT count(*) AS accounts FROM billing_books.seal_account AS o WHERE o.seal_no = s.seal_no) AS a
WHERE s.accounts <> a.accounts
UNION ALL
SELECT NULL, format('seal %s holds rows of before %s, the one in front of it of before %s', s.seal_no, s.rows_before, s.before)
FROM (SELECT *, lag(rows_before) OVER (ORDER BY seal_no) AS before FROM billing_books.seal) AS s
WHERE s.rows_before < s.before

-- check seal_month of all
-- A closed month had all of its usage that seals hold.
SELECT NULL, format('month %s was closed with %s events, and seals hold %s of it', m.month, m.events, s.rows)
FROM billing_books.closed_month AS m
JOIN (
    SELECT r.name, sum(r.rows) AS rows
    FROM billing_books.seal_rows AS r
    JOIN billing_books.seal AS b ON b.seal_no = r.seal_no
    GROUP BY r.name
) AS s ON s.name = 'usage_event ' || to_char(m.month, 'YYYY-MM')
WHERE m.events < s.rows
