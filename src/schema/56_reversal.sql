CREATE TABLE billing_books.charge_reversal (
    account_id bigint NOT NULL,
    reversal_id bigint NOT NULL,
    request_hash bigint NOT NULL,
    event_recorded_at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL,
    probe smallint NOT NULL,
    key_id bigint NOT NULL,
    amount numeric(18,9) NOT NULL CHECK (amount >= 0),
    model text NOT NULL,
    variant text,
    tags jsonb,
    occurred_at timestamptz NOT NULL,
    actor text NOT NULL CHECK (octet_length(actor) <= 200),
    reason text CHECK (octet_length(reason) <= 2000),
    project text,
    PRIMARY KEY (account_id, reversal_id),
    UNIQUE (account_id, request_hash, probe, event_recorded_at)
);
COMMENT ON TABLE billing_books.charge_reversal IS 'Charges that were undone (R23), each once.';
COMMENT ON COLUMN billing_books.charge_reversal.account_id IS 'The account.';
COMMENT ON COLUMN billing_books.charge_reversal.reversal_id IS 'Number of the reversal within the account.';
COMMENT ON COLUMN billing_books.charge_reversal.request_hash IS 'With probe and event_recorded_at: the usage event.';
COMMENT ON COLUMN billing_books.charge_reversal.event_recorded_at IS 'recorded_at of the usage event.';
COMMENT ON COLUMN billing_books.charge_reversal.recorded_at IS 'Booking instant of the reversal.';
COMMENT ON COLUMN billing_books.charge_reversal.probe IS 'probe of the usage event.';
COMMENT ON COLUMN billing_books.charge_reversal.key_id IS 'key_id of the usage event.';
COMMENT ON COLUMN billing_books.charge_reversal.model IS 'model of the usage event.';
COMMENT ON COLUMN billing_books.charge_reversal.tags IS 'What its caller noted of it; null: nothing.';
COMMENT ON COLUMN billing_books.charge_reversal.variant IS 'The service tier that it was sent with; null: the standard one.';
COMMENT ON COLUMN billing_books.charge_reversal.project IS 'project of the usage event.';
COMMENT ON COLUMN billing_books.charge_reversal.occurred_at IS 'occurred_at of the usage event.';
COMMENT ON COLUMN billing_books.charge_reversal.actor IS 'Who undid the charge.';
COMMENT ON COLUMN billing_books.charge_reversal.reason IS 'Why, as the actor said.';
COMMENT ON COLUMN billing_books.charge_reversal.amount IS 'What was given back: the charge less a share that had been written off.';
