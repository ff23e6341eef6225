CREATE TABLE billing_books.rerate (
    rerate_no bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account_id bigint,
    occurred_from timestamptz NOT NULL,
    occurred_to timestamptz NOT NULL CHECK (occurred_to > occurred_from),
    prices_at timestamptz NOT NULL,
    begun_at timestamptz,
    finished_at timestamptz,
    outdated_by bigint,
    call_account_id bigint NOT NULL,
    idempotency_key text NOT NULL,
    model text,
    actor text NOT NULL,
    reason text,
    UNIQUE (call_account_id, idempotency_key)
);
CREATE INDEX rerate_open ON billing_books.rerate (rerate_no) WHERE finished_at IS NULL;
COMMENT ON TABLE billing_books.rerate IS 'Booked charges that are given the prices that were corrected since (R20): what is asked for, of which accounts, models and calls.';
COMMENT ON COLUMN billing_books.rerate.rerate_no IS 'Its number, the source of its ledger entries.';
COMMENT ON COLUMN billing_books.rerate.account_id IS 'The account; null: all.';
COMMENT ON COLUMN billing_books.rerate.occurred_from IS 'Of calls that began at or after it,';
COMMENT ON COLUMN billing_books.rerate.occurred_to IS 'and before it.';
COMMENT ON COLUMN billing_books.rerate.prices_at IS 'The prices as they were corrected by then, of usage that was recorded by then: when it was asked for.';
COMMENT ON COLUMN billing_books.rerate.begun_at IS 'When it began; null: it waits for a second person.';
COMMENT ON COLUMN billing_books.rerate.finished_at IS 'When all accounts were done.';
COMMENT ON COLUMN billing_books.rerate.outdated_by IS 'Another one, which may be of some of these charges and began while this one waited for a second person.';
COMMENT ON COLUMN billing_books.rerate.call_account_id IS 'The account of its idempotency key: account_id, or the house''s.';
COMMENT ON COLUMN billing_books.rerate.idempotency_key IS 'The key of the call that asked for it.';
COMMENT ON COLUMN billing_books.rerate.model IS 'The model; null: all.';
COMMENT ON COLUMN billing_books.rerate.actor IS 'Who asked for it, and books it.';
COMMENT ON COLUMN billing_books.rerate.reason IS 'Why, as the actor said.';

CREATE TABLE billing_books.rerate_account (
    account_id bigint NOT NULL,
    rerate_no bigint NOT NULL REFERENCES billing_books.rerate,
    events bigint NOT NULL CHECK (events >= 0),
    less numeric(18,9) NOT NULL CHECK (less >= 0),
    more numeric(18,9) NOT NULL CHECK (more >= 0),
    last_entry_no bigint NOT NULL,
    next_reversal_id bigint NOT NULL,
    booked_until timestamptz NOT NULL,
    moved bigint NOT NULL DEFAULT 0,
    passed_over bigint NOT NULL DEFAULT 0,
    given_back numeric NOT NULL DEFAULT 0,
    charged numeric NOT NULL DEFAULT 0,
    after_hash bigint,
    after_probe smallint,
    after_recorded_at timestamptz,
    finished_at timestamptz,
    PRIMARY KEY (account_id, rerate_no)
);
CREATE INDEX rerate_account_open ON billing_books.rerate_account (rerate_no, account_id) WHERE finished_at IS NULL;
COMMENT ON TABLE billing_books.rerate_account IS 'An account of a re-rating: what would move, as it was asked for, and what has moved.';
COMMENT ON COLUMN billing_books.rerate_account.account_id IS 'The account.';
COMMENT ON COLUMN billing_books.rerate_account.rerate_no IS 'The re-rating.';
COMMENT ON COLUMN billing_books.rerate_account.events IS 'How many charges would have another price.';
COMMENT ON COLUMN billing_books.rerate_account.less IS 'Sum of what would be given back.';
COMMENT ON COLUMN billing_books.rerate_account.more IS 'Sum of what would be charged.';
COMMENT ON COLUMN billing_books.rerate_account.last_entry_no IS 'The account''s last entry as it was asked for: nothing that was booked later is touched.';
COMMENT ON COLUMN billing_books.rerate_account.next_reversal_id IS 'Which charges were undone since: from this reversal on.';
COMMENT ON COLUMN billing_books.rerate_account.booked_until IS 'The account''s last booking instant as it was asked for: a charge of nothing, which has no entry, is booked later when it is settled behind it.';
COMMENT ON COLUMN billing_books.rerate_account.passed_over IS 'How many of these charges were passed over since; rerate_skip says why.';
COMMENT ON COLUMN billing_books.rerate_account.moved IS 'How many charges have their new price.';
COMMENT ON COLUMN billing_books.rerate_account.given_back IS 'Sum of what was given back.';
COMMENT ON COLUMN billing_books.rerate_account.charged IS 'Sum of what was charged.';
COMMENT ON COLUMN billing_books.rerate_account.after_hash IS 'The cursor: request_hash of the last charge that was looked at.';
COMMENT ON COLUMN billing_books.rerate_account.after_probe IS 'Its probe.';
COMMENT ON COLUMN billing_books.rerate_account.after_recorded_at IS 'Its recorded_at.';
COMMENT ON COLUMN billing_books.rerate_account.finished_at IS 'When the last of its charges was looked at.';

CREATE TABLE billing_books.rerate_skip (
    account_id bigint NOT NULL,
    rerate_no bigint NOT NULL REFERENCES billing_books.rerate,
    reason text NOT NULL,
    events bigint NOT NULL CHECK (events > 0),
    PRIMARY KEY (account_id, rerate_no, reason)
);
COMMENT ON TABLE billing_books.rerate_skip IS 'What a re-rating passes over, and why.';
COMMENT ON COLUMN billing_books.rerate_skip.account_id IS 'The account.';
COMMENT ON COLUMN billing_books.rerate_skip.rerate_no IS 'The re-rating.';
COMMENT ON COLUMN billing_books.rerate_skip.reason IS 'account_closed, closed_month (requests of its days), plan, free, rejected, unpriced, reversed; no_price, meter_unlisted, charge_too_large by the corrected price; written_off (LB510), arrears_limit, out_of_range; ended.';
COMMENT ON COLUMN billing_books.rerate_skip.events IS 'How many.';

CREATE TABLE billing_books.charge_revision (
    account_id bigint NOT NULL,
    request_hash bigint NOT NULL,
    event_recorded_at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL,
    rerate_no bigint NOT NULL REFERENCES billing_books.rerate,
    first_entry_no bigint,
    old_price_id bigint NOT NULL,
    price_id bigint NOT NULL,
    key_id bigint NOT NULL,
    revision_no int NOT NULL CHECK (revision_no > 0),
    entry_count int NOT NULL,
    probe smallint NOT NULL,
    old_charge numeric(18,9) NOT NULL,
    charge numeric(18,9) NOT NULL,
    amount numeric(18,9) NOT NULL,
    written_off numeric(18,9) NOT NULL,
    model text NOT NULL,
    variant text,
    project text,
    tags jsonb,
    occurred_at timestamptz NOT NULL,
    PRIMARY KEY (account_id, request_hash, probe, event_recorded_at, revision_no)
);
CREATE INDEX charge_revision_entry ON billing_books.charge_revision (account_id, first_entry_no) WHERE first_entry_no IS NOT NULL;
COMMENT ON TABLE billing_books.charge_revision IS 'Charges that were given a corrected price by a re-rating (R20): the newest revision says what a request costs.';
COMMENT ON COLUMN billing_books.charge_revision.account_id IS 'The account.';
COMMENT ON COLUMN billing_books.charge_revision.request_hash IS 'With probe and event_recorded_at: the usage event.';
COMMENT ON COLUMN billing_books.charge_revision.event_recorded_at IS 'recorded_at of the usage event.';
COMMENT ON COLUMN billing_books.charge_revision.recorded_at IS 'Booking instant of the revision.';
COMMENT ON COLUMN billing_books.charge_revision.rerate_no IS 'The re-rating.';
COMMENT ON COLUMN billing_books.charge_revision.first_entry_no IS 'What moved is in the entry_count ledger entries from here; null: nothing did.';
COMMENT ON COLUMN billing_books.charge_revision.old_price_id IS 'The price row before.';
COMMENT ON COLUMN billing_books.charge_revision.price_id IS 'The price row that the charge is computed from now.';
COMMENT ON COLUMN billing_books.charge_revision.key_id IS 'key_id of the usage event.';
COMMENT ON COLUMN billing_books.charge_revision.revision_no IS 'Number of the revision of this event, from 1.';
COMMENT ON COLUMN billing_books.charge_revision.entry_count IS 'How many entries moved it.';
COMMENT ON COLUMN billing_books.charge_revision.probe IS 'probe of the usage event.';
COMMENT ON COLUMN billing_books.charge_revision.old_charge IS 'The charge before.';
COMMENT ON COLUMN billing_books.charge_revision.charge IS 'The charge at the new price.';
COMMENT ON COLUMN billing_books.charge_revision.amount IS 'What moved: charged, or below zero given back. Charge and amounts of all revisions together are what is booked of the event.';
COMMENT ON COLUMN billing_books.charge_revision.written_off IS 'What of the difference was not given back, since a write-off had cleared it.';
COMMENT ON COLUMN billing_books.charge_revision.model IS 'model of the usage event.';
COMMENT ON COLUMN billing_books.charge_revision.variant IS 'The service tier that it was sent with; null: the standard one.';
COMMENT ON COLUMN billing_books.charge_revision.project IS 'The key''s project when the usage was recorded; null: none.';
COMMENT ON COLUMN billing_books.charge_revision.tags IS 'What the caller noted of it; null: nothing.';
COMMENT ON COLUMN billing_books.charge_revision.occurred_at IS 'occurred_at of the usage event.';
