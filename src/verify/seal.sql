-- check sealed_entry
-- The entries that seals name are there, with the chains that were sealed.
SELECT s.account_id, format('entry %s is another than seal %s says, or is gone', s.entry_no, s.seal_no)
FROM billing_books.seal_account AS s
LEFT JOIN billing_books.ledger_entry AS e ON e.account_id = s.account_id AND e.entry_no = s.entry_no
WHERE e.chain IS DISTINCT FROM s.chain
