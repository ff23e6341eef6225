CREATE TABLE billing_books.document (
    account_id bigint NOT NULL REFERENCES billing_books.account,
    kind text NOT NULL CHECK (kind IN ('invoice', 'statement')),
    id bigint NOT NULL,
    state text NOT NULL CHECK (state IN ('rendering', 'ready', 'failed')),
    attempts int NOT NULL CHECK (attempts >= 0),
    due_at timestamptz NOT NULL,
    fault text,
    created_at timestamptz NOT NULL,
    changed_at timestamptz NOT NULL,
    pdf bytea,
    is_told boolean NOT NULL DEFAULT false,
    PRIMARY KEY (account_id, kind, id),
    CHECK ((state = 'ready') = (pdf IS NOT NULL)),
    CHECK (state <> 'failed' OR fault IS NOT NULL),
    CHECK (NOT is_told OR (kind = 'invoice' AND state = 'ready'))
);
CREATE INDEX document_to_draw ON billing_books.document (due_at, account_id, kind, id) WHERE state = 'rendering';
CREATE INDEX document_untold ON billing_books.document (changed_at) WHERE kind = 'invoice' AND state = 'ready' AND NOT is_told;
COMMENT ON TABLE billing_books.document IS 'Documents that the clerk has drawn, one by one (docs/books-and-states.md 4.6, end). What they say stands in what they are of, and does not change.';
COMMENT ON COLUMN billing_books.document.account_id IS 'The account.';
COMMENT ON COLUMN billing_books.document.kind IS 'What it is of: invoice (or a credit note), overseas, or statement.';
COMMENT ON COLUMN billing_books.document.id IS 'Number of that within the account.';
COMMENT ON COLUMN billing_books.document.state IS 'rendering, ready or failed.';
COMMENT ON COLUMN billing_books.document.attempts IS 'How often it was begun since it was last asked for.';
COMMENT ON COLUMN billing_books.document.due_at IS 'While it is rendering: it is not begun before.';
COMMENT ON COLUMN billing_books.document.fault IS 'Why the last attempt failed; null: none has.';
COMMENT ON COLUMN billing_books.document.created_at IS 'When it was asked for.';
COMMENT ON COLUMN billing_books.document.changed_at IS 'When its state last changed.';
COMMENT ON COLUMN billing_books.document.pdf IS 'The document; null before it is ready.';
COMMENT ON COLUMN billing_books.document.is_told IS 'Of an invoice or a credit note that is ready: whether its customer is told, as far as he wants to be.';
