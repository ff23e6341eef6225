CREATE TABLE billing_books.ledger_entry (
    account_id bigint NOT NULL,
    entry_no bigint NOT NULL,
    occurred_at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL,
    source_id bigint NOT NULL,
    lot_no bigint,
    subscription_no bigint,
    undoes_entry_no bigint,
    amount numeric(18,9) NOT NULL,
    debit text NOT NULL,
    credit text NOT NULL,
    source_type text NOT NULL,
    gateway text,
    actor text,
    usage_digest bytea,
    chain bytea NOT NULL,
    PRIMARY KEY (account_id, entry_no)
);
COMMENT ON TABLE billing_books.ledger_entry IS 'The ledger: one row is one transfer from the credited book to the debited one. Append-only; gapless numbers per account.';
COMMENT ON COLUMN billing_books.ledger_entry.account_id IS 'The account; every entry balances within it.';
COMMENT ON COLUMN billing_books.ledger_entry.entry_no IS 'Number of the entry, gapless within the account.';
COMMENT ON COLUMN billing_books.ledger_entry.lot_no IS 'The lot of cash or bonus that it moves; null where the pair names none.';
COMMENT ON COLUMN billing_books.ledger_entry.subscription_no IS 'The subscription whose money it moves; null elsewhere.';
COMMENT ON COLUMN billing_books.ledger_entry.debit IS 'The book that is debited.';
COMMENT ON COLUMN billing_books.ledger_entry.credit IS 'The book that is credited.';
COMMENT ON COLUMN billing_books.ledger_entry.source_type IS 'What it comes from: payment, grant, charge, reversal and so on.';
COMMENT ON COLUMN billing_books.ledger_entry.gateway IS 'The gateway, exactly where a book is gateway; offline is the bank account.';
COMMENT ON COLUMN billing_books.ledger_entry.occurred_at IS 'When the cause happened: start of the call, time of payment, moment of expiry.';
COMMENT ON COLUMN billing_books.ledger_entry.recorded_at IS 'The booking instant; never falls as entry_no rises.';
COMMENT ON COLUMN billing_books.ledger_entry.source_id IS 'What source_type''s number is: payment_id, lot_no, reversal_id, take_back_id; the first entry_no of an adjustment, write_off or closing; the request_hash of a charge.';
COMMENT ON COLUMN billing_books.ledger_entry.undoes_entry_no IS 'The earlier entry that this one gives back, wholly or in part.';
COMMENT ON COLUMN billing_books.ledger_entry.amount IS 'In the account''s currency, above zero.';
COMMENT ON COLUMN billing_books.ledger_entry.usage_digest IS 'On the first entry of a charge or batch: SHA-256 over the digests of its usage rows, in the order of R7 (docs/auditing.md); stays when their month is dropped. Null elsewhere.';
COMMENT ON COLUMN billing_books.ledger_entry.chain IS 'SHA-256 over the chain of the entry before it and all columns of this one (docs/auditing.md).';
COMMENT ON COLUMN billing_books.ledger_entry.actor IS 'Who booked it; null for usage and expiry, which nobody books.';
