CREATE TABLE billing_books.usage_event (
    account_id bigint NOT NULL,
    request_hash bigint NOT NULL,
    occurred_at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL,
    settled_at timestamptz,
    price_id bigint,
    first_entry_no bigint,
    batch_offset numeric(18,9),
    subscription_no bigint,
    quota_no bigint,
    window_no bigint,
    weight_id bigint,
    key_id bigint NOT NULL,
    entry_count int NOT NULL DEFAULT 0,
    input_tokens int NOT NULL,
    output_tokens int NOT NULL,
    cache_read_tokens int NOT NULL,
    cache_write_tokens int NOT NULL,
    probe smallint NOT NULL DEFAULT 0,
    charge numeric(18,9),
    credits numeric(19,9),
    status text NOT NULL,
    request_id text NOT NULL,
    model text NOT NULL,
    key_name text NOT NULL,
    reason text,
    variant text,
    meters jsonb,
    tags jsonb,
    project text
) PARTITION BY RANGE (recorded_at);
COMMENT ON TABLE billing_books.usage_event IS 'Metered requests, partitioned by month (UTC) of their receipt.';
COMMENT ON COLUMN billing_books.usage_event.account_id IS 'The account.';
COMMENT ON COLUMN billing_books.usage_event.key_id IS 'The API key that called.';
COMMENT ON COLUMN billing_books.usage_event.entry_count IS 'How many ledger entries its charge, or its batch, was paid by; 0 where it cost nothing.';
COMMENT ON COLUMN billing_books.usage_event.input_tokens IS 'Uncached prompt tokens.';
COMMENT ON COLUMN billing_books.usage_event.output_tokens IS 'Generated tokens.';
COMMENT ON COLUMN billing_books.usage_event.cache_read_tokens IS 'Prompt tokens read from the cache.';
COMMENT ON COLUMN billing_books.usage_event.cache_write_tokens IS 'Prompt tokens written to the cache.';
COMMENT ON COLUMN billing_books.usage_event.request_id IS 'The caller''s own id of the request; counts once within policy dedupe_window.';
COMMENT ON COLUMN billing_books.usage_event.model IS 'The model that was called.';
COMMENT ON COLUMN billing_books.usage_event.variant IS 'The service tier that it was sent with; null: the standard one.';
COMMENT ON COLUMN billing_books.usage_event.meters IS 'What it counts beside its tokens: names and whole numbers above zero, such as {"web_search": 3}; null: nothing.';
COMMENT ON COLUMN billing_books.usage_event.tags IS 'What the caller noted of it, to group usage by: names and short texts; null: nothing. No personal data.';
COMMENT ON COLUMN billing_books.usage_event.key_name IS 'The key''s name when it was recorded.';
COMMENT ON COLUMN billing_books.usage_event.project IS 'The key''s project when it was recorded; null: none.';
COMMENT ON COLUMN billing_books.usage_event.request_hash IS 'First 8 bytes of SHA-256(request_id); with probe unique per account and partition.';
COMMENT ON COLUMN billing_books.usage_event.occurred_at IS 'Start of the call; decides price, key deletion, locks and go-live.';
COMMENT ON COLUMN billing_books.usage_event.recorded_at IS 'Its receipt: the booking instant at which the row was stored.';
COMMENT ON COLUMN billing_books.usage_event.settled_at IS 'When its status became final, for a charge its booking instant; later than recorded_at where the price came later, null while unpriced.';
COMMENT ON COLUMN billing_books.usage_event.price_id IS 'The price row that the charge was computed from.';
COMMENT ON COLUMN billing_books.usage_event.first_entry_no IS 'Its charge was paid by the entry_count ledger entries from here: by charge() for it alone, in a batch of settle() together with others.';
COMMENT ON COLUMN billing_books.usage_event.batch_offset IS 'Sum of the charges before it in its batch, by (occurred_at, request_id): its slices are what the batch''s entries paid from there on. Null where charge() booked it alone.';
COMMENT ON COLUMN billing_books.usage_event.probe IS '0, raised only where the same hash stands already in a partition of the window.';
COMMENT ON COLUMN billing_books.usage_event.charge IS 'In the account''s currency; 0 where free, null where rejected or unpriced.';
COMMENT ON COLUMN billing_books.usage_event.subscription_no IS 'The subscription that it is counted on; while unpriced: the period that covers it. Null of a pay-as-you-go key.';
COMMENT ON COLUMN billing_books.usage_event.quota_no IS 'Which quota of the subscription it drew on.';
COMMENT ON COLUMN billing_books.usage_event.window_no IS 'Which window of it, where it has any.';
COMMENT ON COLUMN billing_books.usage_event.weight_id IS 'The weights that its credits were computed from.';
COMMENT ON COLUMN billing_books.usage_event.credits IS 'What it drew of a plan''s quota; null where it is on no plan.';
COMMENT ON COLUMN billing_books.usage_event.status IS 'charged, free, rejected, unpriced or plan.';
COMMENT ON COLUMN billing_books.usage_event.reason IS 'Why it was not charged.';
CREATE INDEX usage_event_unpriced ON billing_books.usage_event (account_id, occurred_at) WHERE status = 'unpriced';
CREATE INDEX usage_event_late ON billing_books.usage_event (account_id, settled_at) WHERE settled_at <> recorded_at;
CREATE INDEX usage_event_of_account ON billing_books.usage_event (account_id, recorded_at);
CREATE INDEX usage_event_recorded ON billing_books.usage_event USING brin (recorded_at) WITH (pages_per_range = 32);

CREATE TABLE billing_books.usage_event_default PARTITION OF billing_books.usage_event DEFAULT;
CREATE UNIQUE INDEX usage_event_default_request ON billing_books.usage_event_default (account_id, request_hash, probe);
ALTER TABLE billing_books.usage_event_default REPLICA IDENTITY USING INDEX usage_event_default_request;
COMMENT ON TABLE billing_books.usage_event_default IS 'Usage received in a month that has no partition; normally empty.';
