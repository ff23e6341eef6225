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
    occurred_at timestamptz,
    variant text,
    meters text,
    tags text
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 10000, autovacuum_vacuum_insert_threshold = -1, autovacuum_vacuum_cost_delay = 0);
-- It has no key: where it is published, rows are known by all of their columns.
ALTER TABLE billing_books.usage_inbox REPLICA IDENTITY FULL;
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
COMMENT ON COLUMN billing_books.usage_inbox.variant IS 'The service tier that it was sent with, such as batch; null or empty: the standard one.';
COMMENT ON COLUMN billing_books.usage_inbox.meters IS 'What it counts beside its tokens: a flat JSON object of names and whole numbers, such as {"web_search": 3}; null: nothing.';
COMMENT ON COLUMN billing_books.usage_inbox.tags IS 'What the caller notes of it, to group usage by: a flat JSON object of names and short texts; null: nothing. No personal data.';
