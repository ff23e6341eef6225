CREATE TABLE billing_books.idempotent_call (
    account_id bigint NOT NULL,
    idempotency_key text NOT NULL,
    function text NOT NULL,
    arguments_hash bytea NOT NULL,
    recorded_at timestamptz NOT NULL,
    result jsonb NOT NULL,
    PRIMARY KEY (account_id, idempotency_key)
);
COMMENT ON TABLE billing_books.idempotent_call IS 'Calls that moved, promised or created something: repeating one returns its result and does nothing. Kept for ever.';
COMMENT ON COLUMN billing_books.idempotent_call.account_id IS 'The account.';
COMMENT ON COLUMN billing_books.idempotent_call.idempotency_key IS 'The caller''s key, unique per account over all functions.';
COMMENT ON COLUMN billing_books.idempotent_call.function IS 'The function that it was given to.';
COMMENT ON COLUMN billing_books.idempotent_call.arguments_hash IS 'SHA-256 of the other arguments, without actor and reason.';
COMMENT ON COLUMN billing_books.idempotent_call.recorded_at IS 'When the call was carried out.';
COMMENT ON COLUMN billing_books.idempotent_call.result IS 'What it returned, without an API key.';
