-- The one table that applications insert into, by COPY or INSERT, with just these columns. Every check,
-- key or row trigger here would be paid by each row; rows are judged when they are settled.
CREATE TABLE billing_books.usage_inbox (
    account_id bigint,
    key_id bigint,
    request_id text,
    model text,
    input_tokens bigint,
    output_tokens bigint,
    cache_read_tokens bigint DEFAULT 0,
    cache_write_tokens bigint DEFAULT 0,
    occurred_at timestamptz
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 10000, autovacuum_vacuum_insert_threshold = -1, autovacuum_vacuum_cost_delay = 0);
COMMENT ON TABLE billing_books.usage_inbox IS 'Metered requests that are not settled yet: what a row''s presence says. Write by COPY, INSERT or meter(); the settler takes rows out.';
COMMENT ON COLUMN billing_books.usage_inbox.account_id IS 'The account.';
COMMENT ON COLUMN billing_books.usage_inbox.key_id IS 'The API key that called.';
COMMENT ON COLUMN billing_books.usage_inbox.request_id IS 'The caller''s own id of the request.';
COMMENT ON COLUMN billing_books.usage_inbox.model IS 'The model that was called.';
COMMENT ON COLUMN billing_books.usage_inbox.input_tokens IS 'Uncached prompt tokens.';
COMMENT ON COLUMN billing_books.usage_inbox.output_tokens IS 'Generated tokens.';
COMMENT ON COLUMN billing_books.usage_inbox.cache_read_tokens IS 'Prompt tokens read from the cache.';
COMMENT ON COLUMN billing_books.usage_inbox.cache_write_tokens IS 'Prompt tokens written to the cache.';
COMMENT ON COLUMN billing_books.usage_inbox.occurred_at IS 'Start of the call; null: when it is settled.';

CREATE TABLE billing_books.usage_set_aside (
    account_id bigint,
    key_id bigint,
    request_id text,
    model text,
    input_tokens bigint,
    output_tokens bigint,
    cache_read_tokens bigint,
    cache_write_tokens bigint,
    occurred_at timestamptz,
    set_aside_at timestamptz NOT NULL,
    sqlstate text NOT NULL,
    reason text NOT NULL,
    detail text NOT NULL
);
COMMENT ON TABLE billing_books.usage_set_aside IS 'Rows of the inbox that could not become usage, as they came (texts cut to 1,000 characters), with the reason. They took no request id: put right, they can be metered again.';
COMMENT ON COLUMN billing_books.usage_set_aside.account_id IS 'As it came.';
COMMENT ON COLUMN billing_books.usage_set_aside.key_id IS 'As it came.';
COMMENT ON COLUMN billing_books.usage_set_aside.request_id IS 'As it came.';
COMMENT ON COLUMN billing_books.usage_set_aside.model IS 'As it came.';
COMMENT ON COLUMN billing_books.usage_set_aside.input_tokens IS 'As it came.';
COMMENT ON COLUMN billing_books.usage_set_aside.output_tokens IS 'As it came.';
COMMENT ON COLUMN billing_books.usage_set_aside.cache_read_tokens IS 'As it came.';
COMMENT ON COLUMN billing_books.usage_set_aside.cache_write_tokens IS 'As it came.';
COMMENT ON COLUMN billing_books.usage_set_aside.occurred_at IS 'As it came.';
COMMENT ON COLUMN billing_books.usage_set_aside.set_aside_at IS 'When it was taken out of the inbox.';
COMMENT ON COLUMN billing_books.usage_set_aside.sqlstate IS 'The code of the error that charge() would have raised: see error_codes().';
COMMENT ON COLUMN billing_books.usage_set_aside.reason IS 'The name of that error; internal where something else failed, which detail tells.';
COMMENT ON COLUMN billing_books.usage_set_aside.detail IS 'Its message.';
