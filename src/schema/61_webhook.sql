CREATE TABLE billing_books.webhook_endpoint (
    account_id bigint NOT NULL REFERENCES billing_books.account,
    endpoint_id bigint NOT NULL,
    url text NOT NULL,
    host text NOT NULL,
    events text[],
    secret_version bigint NOT NULL CHECK (secret_version > 0),
    previous_version bigint,
    previous_until timestamptz,
    created_at timestamptz NOT NULL,
    deleted_at timestamptz,
    PRIMARY KEY (account_id, endpoint_id),
    CHECK ((previous_version IS NULL) = (previous_until IS NULL))
);
COMMENT ON TABLE billing_books.webhook_endpoint IS 'Where accounts want to be told by webhook: set_webhook() makes them. Their secrets are kept nowhere: they are made of the master key and the version.';
COMMENT ON COLUMN billing_books.webhook_endpoint.account_id IS 'The account.';
COMMENT ON COLUMN billing_books.webhook_endpoint.endpoint_id IS 'Number of the endpoint within the account.';
COMMENT ON COLUMN billing_books.webhook_endpoint.url IS 'What is called; for life.';
COMMENT ON COLUMN billing_books.webhook_endpoint.host IS 'The host of the url, by which calls take turns.';
COMMENT ON COLUMN billing_books.webhook_endpoint.events IS 'What it is told of; null: everything.';
COMMENT ON COLUMN billing_books.webhook_endpoint.secret_version IS 'Of which the secret is made that signs; a random number, so that no secret can be shown twice.';
COMMENT ON COLUMN billing_books.webhook_endpoint.previous_version IS 'That of the secret before, which signs too until previous_until; null: none.';
COMMENT ON COLUMN billing_books.webhook_endpoint.previous_until IS 'Until when the secret before signs.';
COMMENT ON COLUMN billing_books.webhook_endpoint.created_at IS 'When it was made.';
COMMENT ON COLUMN billing_books.webhook_endpoint.deleted_at IS 'Told of nothing from then on; null: still told.';
