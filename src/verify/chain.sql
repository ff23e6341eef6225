-- check entry_chain
-- Each entry's chain is that of its columns and of the entry before it.
SELECT account_id, format('entry %s has another chain than its columns, and the entry before it, make', entry_no)
FROM (
    SELECT *, lag(chain) OVER (PARTITION BY account_id ORDER BY entry_no) AS before
    FROM billing_books.ledger_entry
) AS e
WHERE chain IS DISTINCT FROM billing.entry_chain(before, account_id, entry_no, occurred_at, recorded_at, source_id,
        lot_no, subscription_no, undoes_entry_no, amount, debit, credit, source_type, gateway, actor, usage_digest)

-- check newest_chain
-- What an account says of its newest entry's chain is what that entry says.
SELECT a.account_id, format('account has another chain than its newest entry, %s', a.last_entry_no)
FROM billing_books.account AS a
LEFT JOIN billing_books.ledger_entry AS e ON e.account_id = a.account_id AND e.entry_no = a.last_entry_no
WHERE a.chain IS DISTINCT FROM e.chain

-- check usage_digest
-- The usage that an entry pays is what it was when it was booked; of a month that is closed nobody looks any more.
SELECT u.account_id, format('the usage that entry %s pays is another than was booked', u.first_entry_no)
FROM (
    SELECT account_id, first_entry_no,
           sha256('\x01'::bytea || string_agg(coalesce(billing.usage_event_digest(request_id, occurred_at, recorded_at, key_id, model, variant,
                                                           input_tokens, output_tokens, cache_read_tokens, cache_write_tokens,
                                                           meters, price_id, charge), ''),
                                              ''::bytea ORDER BY occurred_at, request_id COLLATE "C")) AS digest
    FROM billing_books.usage_event
    WHERE first_entry_no IS NOT NULL
    GROUP BY account_id, first_entry_no
) AS u
LEFT JOIN billing_books.ledger_entry AS e ON e.account_id = u.account_id AND e.entry_no = u.first_entry_no
WHERE u.digest IS DISTINCT FROM e.usage_digest
