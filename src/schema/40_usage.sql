CREATE TABLE billing.usage_event (
    account_id bigint NOT NULL,
    request_hash bigint NOT NULL,
    occurred_at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL,
    settled_at timestamptz,
    price_id bigint,
    first_entry_no bigint,
    batch_offset numeric(18,9),
    key_id bigint NOT NULL,
    entry_count int NOT NULL DEFAULT 0,
    input_tokens int NOT NULL,
    output_tokens int NOT NULL,
    cache_read_tokens int NOT NULL,
    cache_write_tokens int NOT NULL,
    probe smallint NOT NULL DEFAULT 0,
    charge numeric(18,9),
    status text NOT NULL,
    request_id text NOT NULL,
    model text NOT NULL,
    key_name text NOT NULL,
    reason text
) PARTITION BY RANGE (recorded_at);
COMMENT ON TABLE billing.usage_event IS 'Metered requests, partitioned by month (UTC) of their receipt.';
COMMENT ON COLUMN billing.usage_event.account_id IS 'The account.';
COMMENT ON COLUMN billing.usage_event.key_id IS 'The API key that called.';
COMMENT ON COLUMN billing.usage_event.entry_count IS 'How many ledger entries its charge, or its batch, was paid by; 0 where it cost nothing.';
COMMENT ON COLUMN billing.usage_event.input_tokens IS 'Uncached prompt tokens.';
COMMENT ON COLUMN billing.usage_event.output_tokens IS 'Generated tokens.';
COMMENT ON COLUMN billing.usage_event.cache_read_tokens IS 'Prompt tokens read from the cache.';
COMMENT ON COLUMN billing.usage_event.cache_write_tokens IS 'Prompt tokens written to the cache.';
COMMENT ON COLUMN billing.usage_event.request_id IS 'The caller''s own id of the request; counts once within policy dedupe_window.';
COMMENT ON COLUMN billing.usage_event.model IS 'The model that was called.';
COMMENT ON COLUMN billing.usage_event.key_name IS 'The key''s name, kept here for reports.';
COMMENT ON COLUMN billing.usage_event.request_hash IS 'First 8 bytes of SHA-256(request_id); with probe unique per account and partition.';
COMMENT ON COLUMN billing.usage_event.occurred_at IS 'Start of the call; decides price, key deletion, locks and go-live.';
COMMENT ON COLUMN billing.usage_event.recorded_at IS 'Its receipt: the booking instant at which the row was stored.';
COMMENT ON COLUMN billing.usage_event.settled_at IS 'When its status became final, for a charge its booking instant; later than recorded_at where the price came later, null while unpriced.';
COMMENT ON COLUMN billing.usage_event.price_id IS 'The price row that the charge was computed from.';
COMMENT ON COLUMN billing.usage_event.first_entry_no IS 'Its charge was paid by the entry_count ledger entries from here: by charge() for it alone, in a batch of settle() together with others.';
COMMENT ON COLUMN billing.usage_event.batch_offset IS 'Sum of the charges before it in its batch, by (occurred_at, request_id): its slices are what the batch''s entries paid from there on. Null where charge() booked it alone.';
COMMENT ON COLUMN billing.usage_event.probe IS '0, raised only where the same hash stands already in a partition of the window.';
COMMENT ON COLUMN billing.usage_event.charge IS 'In the account''s currency; 0 where free, null where rejected or unpriced.';
COMMENT ON COLUMN billing.usage_event.status IS 'charged, free, rejected or unpriced.';
COMMENT ON COLUMN billing.usage_event.reason IS 'Why it was not charged.';
CREATE INDEX usage_event_unpriced ON billing.usage_event (account_id, occurred_at) WHERE status = 'unpriced';
CREATE INDEX usage_event_late ON billing.usage_event (account_id, settled_at) WHERE settled_at <> recorded_at;
CREATE INDEX usage_event_recorded ON billing.usage_event USING brin (recorded_at) WITH (pages_per_range = 32);

CREATE TABLE billing.charge_reversal (
    account_id bigint NOT NULL,
    reversal_id bigint NOT NULL,
    request_hash bigint NOT NULL,
    event_recorded_at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL,
    probe smallint NOT NULL,
    key_id bigint NOT NULL,
    amount numeric(18,9) NOT NULL CHECK (amount >= 0),
    model text NOT NULL,
    occurred_at timestamptz NOT NULL,
    actor text NOT NULL,
    reason text,
    PRIMARY KEY (account_id, reversal_id),
    UNIQUE (account_id, request_hash, probe, event_recorded_at)
);
COMMENT ON TABLE billing.charge_reversal IS 'Charges that were undone (R23), each once.';
COMMENT ON COLUMN billing.charge_reversal.account_id IS 'The account.';
COMMENT ON COLUMN billing.charge_reversal.reversal_id IS 'Number of the reversal within the account.';
COMMENT ON COLUMN billing.charge_reversal.request_hash IS 'With probe and event_recorded_at: the usage event.';
COMMENT ON COLUMN billing.charge_reversal.event_recorded_at IS 'recorded_at of the usage event.';
COMMENT ON COLUMN billing.charge_reversal.recorded_at IS 'Booking instant of the reversal.';
COMMENT ON COLUMN billing.charge_reversal.probe IS 'probe of the usage event.';
COMMENT ON COLUMN billing.charge_reversal.key_id IS 'key_id of the usage event.';
COMMENT ON COLUMN billing.charge_reversal.model IS 'model of the usage event.';
COMMENT ON COLUMN billing.charge_reversal.occurred_at IS 'occurred_at of the usage event.';
COMMENT ON COLUMN billing.charge_reversal.actor IS 'Who undid the charge.';
COMMENT ON COLUMN billing.charge_reversal.reason IS 'Why, as the actor said.';
COMMENT ON COLUMN billing.charge_reversal.amount IS 'What was given back: the charge less a share that had been written off.';
CREATE TABLE billing.usage_event_default PARTITION OF billing.usage_event DEFAULT;
CREATE UNIQUE INDEX usage_event_default_request ON billing.usage_event_default (account_id, request_hash, probe);
COMMENT ON TABLE billing.usage_event_default IS 'Usage received in a month that has no partition; normally empty.';

-- The one table that applications insert into, by COPY or INSERT, with just these columns. Every check,
-- key or row trigger here would be paid by each row; rows are judged when they are settled.
CREATE TABLE billing.usage_inbox (
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
COMMENT ON TABLE billing.usage_inbox IS 'Metered requests that are not settled yet: what a row''s presence says. Write by COPY, INSERT or meter(); the settler takes rows out.';
COMMENT ON COLUMN billing.usage_inbox.account_id IS 'The account.';
COMMENT ON COLUMN billing.usage_inbox.key_id IS 'The API key that called.';
COMMENT ON COLUMN billing.usage_inbox.request_id IS 'The caller''s own id of the request.';
COMMENT ON COLUMN billing.usage_inbox.model IS 'The model that was called.';
COMMENT ON COLUMN billing.usage_inbox.input_tokens IS 'Uncached prompt tokens.';
COMMENT ON COLUMN billing.usage_inbox.output_tokens IS 'Generated tokens.';
COMMENT ON COLUMN billing.usage_inbox.cache_read_tokens IS 'Prompt tokens read from the cache.';
COMMENT ON COLUMN billing.usage_inbox.cache_write_tokens IS 'Prompt tokens written to the cache.';
COMMENT ON COLUMN billing.usage_inbox.occurred_at IS 'Start of the call; null: when it is settled.';

CREATE TABLE billing.usage_set_aside (
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
COMMENT ON TABLE billing.usage_set_aside IS 'Rows of the inbox that could not become usage, as they came (texts cut to 1,000 characters), with the reason. They took no request id: put right, they can be metered again.';
COMMENT ON COLUMN billing.usage_set_aside.account_id IS 'As it came.';
COMMENT ON COLUMN billing.usage_set_aside.key_id IS 'As it came.';
COMMENT ON COLUMN billing.usage_set_aside.request_id IS 'As it came.';
COMMENT ON COLUMN billing.usage_set_aside.model IS 'As it came.';
COMMENT ON COLUMN billing.usage_set_aside.input_tokens IS 'As it came.';
COMMENT ON COLUMN billing.usage_set_aside.output_tokens IS 'As it came.';
COMMENT ON COLUMN billing.usage_set_aside.cache_read_tokens IS 'As it came.';
COMMENT ON COLUMN billing.usage_set_aside.cache_write_tokens IS 'As it came.';
COMMENT ON COLUMN billing.usage_set_aside.occurred_at IS 'As it came.';
COMMENT ON COLUMN billing.usage_set_aside.set_aside_at IS 'When it was taken out of the inbox.';
COMMENT ON COLUMN billing.usage_set_aside.sqlstate IS 'The code of the error that charge() would have raised: see error_codes().';
COMMENT ON COLUMN billing.usage_set_aside.reason IS 'The name of that error; internal where something else failed, which detail tells.';
COMMENT ON COLUMN billing.usage_set_aside.detail IS 'Its message.';

CREATE TABLE billing.closed_month (
    month date PRIMARY KEY,
    ends_at timestamptz NOT NULL UNIQUE,
    partition_name text NOT NULL UNIQUE,
    closed_at timestamptz NOT NULL,
    events bigint NOT NULL,
    charge numeric NOT NULL
);
COMMENT ON TABLE billing.closed_month IS 'Months whose usage was summed up into usage_day and whose partition was detached, oldest first and without a gap. The partition stays in the schema as a table of its own: archive it, or drop it.';
COMMENT ON COLUMN billing.closed_month.month IS 'First day of the month (UTC).';
COMMENT ON COLUMN billing.closed_month.ends_at IS 'First instant of the next month.';
COMMENT ON COLUMN billing.closed_month.partition_name IS 'The table in schema billing that was its partition.';
COMMENT ON COLUMN billing.closed_month.closed_at IS 'When it was closed.';
COMMENT ON COLUMN billing.closed_month.events IS 'How many events it had.';
COMMENT ON COLUMN billing.closed_month.charge IS 'Sum of their charges, over both currencies.';

CREATE TABLE billing.usage_day (
    account_id bigint NOT NULL,
    month date NOT NULL,
    day_starts_at timestamptz NOT NULL,
    day_ends_at timestamptz NOT NULL,
    key_id bigint NOT NULL,
    key_name text NOT NULL,
    model text NOT NULL,
    requests bigint NOT NULL,
    rejected bigint NOT NULL,
    input_tokens bigint NOT NULL,
    output_tokens bigint NOT NULL,
    cache_read_tokens bigint NOT NULL,
    cache_write_tokens bigint NOT NULL,
    charge numeric NOT NULL,
    PRIMARY KEY (account_id, month, day_starts_at, key_id, model)
);
COMMENT ON TABLE billing.usage_day IS 'Sums of the usage of closed months, per day of the account''s time zone, key and model. Days go by the booking of the charge, as the ledger does.';
COMMENT ON COLUMN billing.usage_day.account_id IS 'The account.';
COMMENT ON COLUMN billing.usage_day.month IS 'The closed month; a local day at its edge has a row in both.';
COMMENT ON COLUMN billing.usage_day.day_starts_at IS 'First instant of the day.';
COMMENT ON COLUMN billing.usage_day.day_ends_at IS 'First instant of the next day.';
COMMENT ON COLUMN billing.usage_day.key_id IS 'The API key that called.';
COMMENT ON COLUMN billing.usage_day.key_name IS 'Its name.';
COMMENT ON COLUMN billing.usage_day.model IS 'The model that was called.';
COMMENT ON COLUMN billing.usage_day.requests IS 'Requests that were charged or free.';
COMMENT ON COLUMN billing.usage_day.rejected IS 'Requests that were rejected; their tokens are in no sum.';
COMMENT ON COLUMN billing.usage_day.input_tokens IS 'Uncached prompt tokens.';
COMMENT ON COLUMN billing.usage_day.output_tokens IS 'Generated tokens.';
COMMENT ON COLUMN billing.usage_day.cache_read_tokens IS 'Prompt tokens read from the cache.';
COMMENT ON COLUMN billing.usage_day.cache_write_tokens IS 'Prompt tokens written to the cache.';
COMMENT ON COLUMN billing.usage_day.charge IS 'Sum of the charges, in the account''s currency.';
