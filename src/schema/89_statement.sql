CREATE TABLE billing_books.account_statement (
    account_id bigint NOT NULL REFERENCES billing_books.account,
    statement_no bigint NOT NULL,
    period_from timestamptz NOT NULL,
    period_to timestamptz NOT NULL,
    opening numeric(18,9) NOT NULL,
    closing numeric(18,9) NOT NULL,
    says jsonb NOT NULL,
    requested_at timestamptz NOT NULL,
    PRIMARY KEY (account_id, statement_no),
    CHECK (period_from < period_to AND period_to <= requested_at)
);
COMMENT ON TABLE billing_books.account_statement IS 'Statements of account that were asked for, each with what its document says: read once, when it was asked for, so that names and words stay what they were.';
COMMENT ON COLUMN billing_books.account_statement.account_id IS 'The account.';
COMMENT ON COLUMN billing_books.account_statement.statement_no IS 'Number of the statement within the account.';
COMMENT ON COLUMN billing_books.account_statement.period_from IS 'Entries recorded from then on are in it.';
COMMENT ON COLUMN billing_books.account_statement.period_to IS 'Entries recorded before then are in it.';
COMMENT ON COLUMN billing_books.account_statement.opening IS 'The balance when the period began, as the ledger has it.';
COMMENT ON COLUMN billing_books.account_statement.closing IS 'The balance when it ended.';
COMMENT ON COLUMN billing_books.account_statement.says IS 'The document, as billing-pdf reads it.';
COMMENT ON COLUMN billing_books.account_statement.requested_at IS 'When it was asked for.';
