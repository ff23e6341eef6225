CREATE TABLE billing_books.usage_set_aside (
    set_aside_no bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account_id bigint,
    key_id bigint,
    request_id text,
    model text,
    input_tokens bigint,
    output_tokens bigint,
    cache_read_tokens bigint,
    cache_write_tokens bigint,
    occurred_at timestamptz,
    variant text,
    meters text,
    tags text,
    set_aside_at timestamptz NOT NULL,
    sqlstate text NOT NULL,
    reason text NOT NULL,
    detail text NOT NULL,
    cause text,
    handled_at timestamptz,
    handling text CHECK (handling IN ('retried', 'dismissed')),
    handled_by text,
    handling_reason text
);
CREATE INDEX usage_set_aside_waiting ON billing_books.usage_set_aside (set_aside_at) WHERE handled_at IS NULL;
CREATE INDEX usage_set_aside_cause ON billing_books.usage_set_aside (cause, set_aside_no) WHERE cause IS NOT NULL;
COMMENT ON TABLE billing_books.usage_set_aside IS 'Rows of the inbox that could not become usage, as they came (texts cut to 1,000 characters, meters and tags to 4,001), with the reason. They took no request id: with the cause mended, retry_set_aside() meters them again; dismiss_set_aside() marks them as handled.';
COMMENT ON COLUMN billing_books.usage_set_aside.set_aside_no IS 'Its number, over all accounts: a row may name none.';
COMMENT ON COLUMN billing_books.usage_set_aside.account_id IS 'As it came.';
COMMENT ON COLUMN billing_books.usage_set_aside.key_id IS 'As it came.';
COMMENT ON COLUMN billing_books.usage_set_aside.request_id IS 'As it came.';
COMMENT ON COLUMN billing_books.usage_set_aside.model IS 'As it came.';
COMMENT ON COLUMN billing_books.usage_set_aside.input_tokens IS 'As it came.';
COMMENT ON COLUMN billing_books.usage_set_aside.output_tokens IS 'As it came.';
COMMENT ON COLUMN billing_books.usage_set_aside.cache_read_tokens IS 'As it came.';
COMMENT ON COLUMN billing_books.usage_set_aside.cache_write_tokens IS 'As it came.';
COMMENT ON COLUMN billing_books.usage_set_aside.occurred_at IS 'As it came.';
COMMENT ON COLUMN billing_books.usage_set_aside.variant IS 'As it came.';
COMMENT ON COLUMN billing_books.usage_set_aside.meters IS 'As it came.';
COMMENT ON COLUMN billing_books.usage_set_aside.tags IS 'As it came.';
COMMENT ON COLUMN billing_books.usage_set_aside.set_aside_at IS 'When it was taken out of the inbox.';
COMMENT ON COLUMN billing_books.usage_set_aside.sqlstate IS 'The code of the error that charge() would have raised: see error_codes().';
COMMENT ON COLUMN billing_books.usage_set_aside.reason IS 'The name of that error; internal where something else failed, which detail tells.';
COMMENT ON COLUMN billing_books.usage_set_aside.detail IS 'Its message.';
COMMENT ON COLUMN billing_books.usage_set_aside.cause IS 'SQLSTATE, and constraint or table, of what failed when it was booked; null where the row itself is no usage.';
COMMENT ON COLUMN billing_books.usage_set_aside.handled_at IS 'When an operator handled it; null: it waits.';
COMMENT ON COLUMN billing_books.usage_set_aside.handling IS 'retried: it was metered again; dismissed: it will not be.';
COMMENT ON COLUMN billing_books.usage_set_aside.handled_by IS 'Who handled it.';
COMMENT ON COLUMN billing_books.usage_set_aside.handling_reason IS 'Why, as he said.';
