CREATE TABLE billing_books.usage_day (
    account_id bigint NOT NULL,
    month date NOT NULL,
    day_starts_at timestamptz NOT NULL,
    day_ends_at timestamptz NOT NULL,
    time_zone text NOT NULL,
    key_id bigint NOT NULL,
    key_name text NOT NULL,
    model text NOT NULL,
    variant text NOT NULL DEFAULT '',
    requests bigint NOT NULL,
    rejected bigint NOT NULL,
    input_tokens bigint NOT NULL,
    output_tokens bigint NOT NULL,
    cache_read_tokens bigint NOT NULL,
    cache_write_tokens bigint NOT NULL,
    charge numeric NOT NULL,
    meters jsonb,
    project text NOT NULL DEFAULT '',
    PRIMARY KEY (account_id, month, day_starts_at, key_id, model, variant, project)
);
COMMENT ON TABLE billing_books.usage_day IS 'Sums of the usage of closed months, per day of the account''s time zone, key, model, variant and project. Days go by the booking of the charge, as the ledger does.';
COMMENT ON COLUMN billing_books.usage_day.account_id IS 'The account.';
COMMENT ON COLUMN billing_books.usage_day.month IS 'The closed month; a local day at its edge has a row in both.';
COMMENT ON COLUMN billing_books.usage_day.day_starts_at IS 'First instant of the day: of the local date, or the end of the last day of another time zone, if that is later.';
COMMENT ON COLUMN billing_books.usage_day.day_ends_at IS 'First instant of the next local date.';
COMMENT ON COLUMN billing_books.usage_day.time_zone IS 'The time zone whose day it is: the account''s when the month was closed, or that of the day begun before.';
COMMENT ON COLUMN billing_books.usage_day.key_id IS 'The API key that called.';
COMMENT ON COLUMN billing_books.usage_day.key_name IS 'Its name, one of them where it had more.';
COMMENT ON COLUMN billing_books.usage_day.project IS 'Its project when the usage was recorded; empty: none.';
COMMENT ON COLUMN billing_books.usage_day.model IS 'The model that was called.';
COMMENT ON COLUMN billing_books.usage_day.variant IS 'The service tier that it was sent with; empty: the standard one.';
COMMENT ON COLUMN billing_books.usage_day.requests IS 'Requests that were charged or free.';
COMMENT ON COLUMN billing_books.usage_day.rejected IS 'Requests that were rejected; their tokens are in no sum.';
COMMENT ON COLUMN billing_books.usage_day.input_tokens IS 'Uncached prompt tokens.';
COMMENT ON COLUMN billing_books.usage_day.output_tokens IS 'Generated tokens.';
COMMENT ON COLUMN billing_books.usage_day.cache_read_tokens IS 'Prompt tokens read from the cache.';
COMMENT ON COLUMN billing_books.usage_day.cache_write_tokens IS 'Prompt tokens written to the cache.';
COMMENT ON COLUMN billing_books.usage_day.meters IS 'Sums of what it counts beside tokens; null: nothing.';
COMMENT ON COLUMN billing_books.usage_day.charge IS 'Sum of the charges, in the account''s currency.';

-- Behind what is booked: of accounts with much usage, so that reports read sums and not requests. They follow from usage_event and can be made anew.
CREATE TABLE billing_books.usage_sum (
    account_id bigint NOT NULL,
    starts_at timestamptz NOT NULL,
    key_id bigint NOT NULL,
    model text NOT NULL,
    variant text NOT NULL,
    requests bigint NOT NULL,
    rejected bigint NOT NULL,
    input_tokens bigint NOT NULL,
    output_tokens bigint NOT NULL,
    cache_read_tokens bigint NOT NULL,
    cache_write_tokens bigint NOT NULL,
    charge numeric NOT NULL,
    meters jsonb,
    project text NOT NULL,
    PRIMARY KEY (account_id, starts_at, key_id, model, variant, project)
);
COMMENT ON TABLE billing_books.usage_sum IS 'Sums of an account''s usage over a quarter of an hour (UTC): of requests that were final when they were received. Made behind by sum_usage(), for accounts with much usage; usage_summed says from when until when.';
COMMENT ON COLUMN billing_books.usage_sum.account_id IS 'The account.';
COMMENT ON COLUMN billing_books.usage_sum.starts_at IS 'First instant of the quarter of an hour in which they were received.';
COMMENT ON COLUMN billing_books.usage_sum.key_id IS 'The API key that called.';
COMMENT ON COLUMN billing_books.usage_sum.model IS 'The model that was called.';
COMMENT ON COLUMN billing_books.usage_sum.variant IS 'The service tier that it was sent with; empty: the standard one.';
COMMENT ON COLUMN billing_books.usage_sum.requests IS 'Requests that were charged or free.';
COMMENT ON COLUMN billing_books.usage_sum.rejected IS 'Requests that were rejected; their tokens are in no sum.';
COMMENT ON COLUMN billing_books.usage_sum.input_tokens IS 'Uncached prompt tokens.';
COMMENT ON COLUMN billing_books.usage_sum.output_tokens IS 'Generated tokens.';
COMMENT ON COLUMN billing_books.usage_sum.cache_read_tokens IS 'Prompt tokens read from the cache.';
COMMENT ON COLUMN billing_books.usage_sum.cache_write_tokens IS 'Prompt tokens written to the cache.';
COMMENT ON COLUMN billing_books.usage_sum.charge IS 'Sum of the charges, in the account''s currency.';
COMMENT ON COLUMN billing_books.usage_sum.project IS 'The key''s project when they were recorded; empty: none.';
COMMENT ON COLUMN billing_books.usage_sum.meters IS 'Sums of what it counts beside tokens; null: nothing.';

CREATE TABLE billing_books.usage_summed (
    account_id bigint PRIMARY KEY,
    summed_from timestamptz NOT NULL,
    summed_until timestamptz NOT NULL,
    CHECK (summed_from <= summed_until)
);
COMMENT ON TABLE billing_books.usage_summed IS 'Which stretch of an account''s usage stands in usage_sum; without a row none does.';
COMMENT ON COLUMN billing_books.usage_summed.account_id IS 'The account.';
COMMENT ON COLUMN billing_books.usage_summed.summed_from IS 'Requests received from here on are in sums; whole quarters of an hour.';
COMMENT ON COLUMN billing_books.usage_summed.summed_until IS 'Up to here. It is never behind what is booked.';
