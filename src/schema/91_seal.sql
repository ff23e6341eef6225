CREATE TABLE billing_books.seal (
    seal_no bigint PRIMARY KEY CHECK (seal_no > 0),
    sealed_at timestamptz NOT NULL,
    rows_before timestamptz NOT NULL,
    accounts bigint NOT NULL,
    version int NOT NULL,
    root bytea NOT NULL CHECK (octet_length(root) = 32)
);
COMMENT ON TABLE billing_books.seal IS 'Seals of the books, one after the other without a gap (docs/auditing.md): who keeps a copy of one elsewhere can tell whether anything of before it was changed.';
COMMENT ON COLUMN billing_books.seal.seal_no IS 'Number of the seal, from 1.';
COMMENT ON COLUMN billing_books.seal.sealed_at IS 'When it was made.';
COMMENT ON COLUMN billing_books.seal.rows_before IS 'The rows of other tables that are stamped before it are in this seal, or in one before.';
COMMENT ON COLUMN billing_books.seal.accounts IS 'How many accounts had moved since the seal before it.';
COMMENT ON COLUMN billing_books.seal.version IS 'Of its form.';
COMMENT ON COLUMN billing_books.seal.root IS 'SHA-256 over its text, in which the root of the seal before it stands.';

CREATE TABLE billing_books.seal_account (
    account_id bigint NOT NULL,
    seal_no bigint NOT NULL,
    entry_no bigint NOT NULL,
    chain bytea NOT NULL CHECK (octet_length(chain) = 32),
    PRIMARY KEY (account_id, seal_no)
);
CREATE INDEX seal_account_of_seal ON billing_books.seal_account (seal_no, account_id);
COMMENT ON TABLE billing_books.seal_account IS 'How far each account that had moved was when a seal was made.';
COMMENT ON COLUMN billing_books.seal_account.account_id IS 'The account.';
COMMENT ON COLUMN billing_books.seal_account.seal_no IS 'The seal.';
COMMENT ON COLUMN billing_books.seal_account.entry_no IS 'Its newest ledger entry.';
COMMENT ON COLUMN billing_books.seal_account.chain IS 'The chain of that entry.';

CREATE TABLE billing_books.seal_rows (
    seal_no bigint NOT NULL,
    name text COLLATE "C" NOT NULL CHECK (octet_length(name) <= 100),
    rows bigint NOT NULL,
    digest bytea NOT NULL CHECK (octet_length(digest) = 32),
    PRIMARY KEY (seal_no, name)
);
COMMENT ON TABLE billing_books.seal_rows IS 'What other tables got since the seal before, where they got anything.';
COMMENT ON COLUMN billing_books.seal_rows.seal_no IS 'The seal.';
COMMENT ON COLUMN billing_books.seal_rows.name IS 'The table, of usage with the month (UTC) of its receipt: what has no ledger entry.';
COMMENT ON COLUMN billing_books.seal_rows.rows IS 'How many rows.';
COMMENT ON COLUMN billing_books.seal_rows.digest IS 'SHA-256 over their lines (sealed_rows()), in byte order, each with a line feed behind it.';
