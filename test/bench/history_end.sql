-- Accounts and lots as the filled-in ledger says.
BEGIN;
CREATE TEMP TABLE filled ON COMMIT DROP AS
    SELECT account_id, max(entry_no) AS last_entry_no, max(recorded_at) AS last_booked_at, sum(amount) AS amount
    FROM billing_books.ledger_entry WHERE source_type = 'charge' GROUP BY account_id;
UPDATE billing_books.account AS a
    SET last_entry_no = f.last_entry_no, last_booked_at = f.last_booked_at, cash = a.cash - f.amount, chain = e.chain
    FROM filled AS f JOIN billing_books.ledger_entry AS e ON e.account_id = f.account_id AND e.entry_no = f.last_entry_no
    WHERE f.account_id = a.account_id;
UPDATE billing_books.lot AS l SET remaining = l.remaining - f.amount FROM filled AS f WHERE f.account_id = l.account_id;
COMMIT;
VACUUM ANALYZE;
