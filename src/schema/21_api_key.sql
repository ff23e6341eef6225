CREATE TABLE billing_books.api_key (
    account_id bigint NOT NULL REFERENCES billing_books.account,
    key_id bigint NOT NULL CHECK (key_id > 0),
    kind text NOT NULL CHECK (kind IN ('payg', 'plan')),
    name text NOT NULL,
    secret_hash bytea NOT NULL CHECK (length(secret_hash) = 32),
    created_at timestamptz NOT NULL,
    deleted_at timestamptz,
    PRIMARY KEY (account_id, key_id)
);
COMMENT ON TABLE billing_books.api_key IS 'API keys. A deleted key keeps its row: its usage and name stay in reports.';
COMMENT ON COLUMN billing_books.api_key.account_id IS 'The account that the key draws on.';
COMMENT ON COLUMN billing_books.api_key.key_id IS 'Number of the key within the account.';
COMMENT ON COLUMN billing_books.api_key.name IS 'The customer''s name for it, copied onto its usage.';
COMMENT ON COLUMN billing_books.api_key.created_at IS 'When it was made and shown.';
COMMENT ON COLUMN billing_books.api_key.kind IS 'payg (sk-, draws on the balance) or plan (tp-, draws on a Token Plan).';
COMMENT ON COLUMN billing_books.api_key.secret_hash IS 'SHA-256 of the key''s text, which itself is stored nowhere.';
COMMENT ON COLUMN billing_books.api_key.deleted_at IS 'Usage that started at or after it is rejected (R10).';
