CREATE TABLE billing_books.subscription (
    account_id bigint NOT NULL,
    subscription_no bigint NOT NULL,
    order_id bigint NOT NULL,
    plan text COLLATE "C" NOT NULL,
    plan_version integer NOT NULL,
    state text NOT NULL CHECK (state IN ('paid', 'revoked')),
    pack_of bigint,
    replaces bigint,
    price numeric(18,9) NOT NULL CHECK (price > 0 AND price < 'NaN'),
    booked_at timestamptz NOT NULL,
    queued_at timestamptz NOT NULL,
    starts_at timestamptz,
    ends_at timestamptz,
    anchor_at timestamptz,
    anchor_months integer,
    extra_days integer NOT NULL DEFAULT 0 CHECK (extra_days >= 0),
    is_rest boolean NOT NULL DEFAULT false,
    revoked_at timestamptz,
    deferred numeric(18,9) NOT NULL CHECK (deferred >= 0 AND deferred < 'NaN'),
    to_earn numeric(18,9) NOT NULL CHECK (to_earn >= 0 AND to_earn < 'NaN'),
    earn_from timestamptz,
    earn_at timestamptz,
    end_is_told boolean NOT NULL DEFAULT false,
    PRIMARY KEY (account_id, subscription_no),
    UNIQUE (account_id, order_id),
    FOREIGN KEY (account_id, order_id) REFERENCES billing_books.payment_order,
    FOREIGN KEY (plan, plan_version) REFERENCES billing_books.plan,
    FOREIGN KEY (account_id, pack_of) REFERENCES billing_books.subscription,
    FOREIGN KEY (account_id, replaces) REFERENCES billing_books.subscription,
    CHECK ((starts_at IS NULL) = (ends_at IS NULL) AND starts_at <= ends_at),
    CHECK ((state = 'revoked') = (revoked_at IS NOT NULL))
);
CREATE INDEX subscription_earning ON billing_books.subscription (earn_at) WHERE earn_at IS NOT NULL;
CREATE INDEX subscription_ending ON billing_books.subscription (ends_at) WHERE pack_of IS NULL AND NOT end_is_told;
COMMENT ON TABLE billing_books.subscription IS 'Periods of Token Plans, and quota packs, that were paid (R3).';
COMMENT ON COLUMN billing_books.subscription.account_id IS 'The account.';
COMMENT ON COLUMN billing_books.subscription.subscription_no IS 'Number of the subscription within the account.';
COMMENT ON COLUMN billing_books.subscription.order_id IS 'The order that paid it.';
COMMENT ON COLUMN billing_books.subscription.plan IS 'The plan, or quota pack.';
COMMENT ON COLUMN billing_books.subscription.plan_version IS 'Which version: its terms are the subscription''s.';
COMMENT ON COLUMN billing_books.subscription.state IS 'paid, or revoked: its payment was taken back. docs/books-and-states.md 4.8.';
COMMENT ON COLUMN billing_books.subscription.pack_of IS 'Of a quota pack: the period that it is drawn beside.';
COMMENT ON COLUMN billing_books.subscription.replaces IS 'The period that it was to end: an upgrade.';
COMMENT ON COLUMN billing_books.subscription.price IS 'What was paid.';
COMMENT ON COLUMN billing_books.subscription.booked_at IS 'Booking instant of its payment.';
COMMENT ON COLUMN billing_books.subscription.queued_at IS 'When it joined the account''s queue of periods: by its payment, or when a take-back was undone.';
COMMENT ON COLUMN billing_books.subscription.starts_at IS 'First instant; null: it waits for the end of a lock.';
COMMENT ON COLUMN billing_books.subscription.ends_at IS 'Just behind its last instant.';
COMMENT ON COLUMN billing_books.subscription.anchor_at IS 'Begin of the unbroken chain of monthly periods that it stands in: months end on that day, or on their last.';
COMMENT ON COLUMN billing_books.subscription.anchor_months IS 'Months of that chain before it.';
COMMENT ON COLUMN billing_books.subscription.extra_days IS 'Days that an operator added.';
COMMENT ON COLUMN billing_books.subscription.is_rest IS 'Whether a take-back has cut it before: what is left of it keeps its length wherever it stands.';
COMMENT ON COLUMN billing_books.subscription.revoked_at IS 'When its payment was taken back.';
COMMENT ON COLUMN billing_books.subscription.deferred IS 'What of its money is not earned yet; a cache of the ledger.';
COMMENT ON COLUMN billing_books.subscription.to_earn IS 'What was not earned at earn_from: straight-line from then to ends_at, by day.';
COMMENT ON COLUMN billing_books.subscription.earn_from IS 'See to_earn; null: it waits.';
COMMENT ON COLUMN billing_books.subscription.earn_at IS 'When something is to be booked as earned next: the end of a month, or its own; null: nothing is.';
COMMENT ON COLUMN billing_books.subscription.end_is_told IS 'Of a period: whether its end is told, or is not to be, since another follows or something else than time ended it.';

CREATE TABLE billing_books.quota (
    account_id bigint NOT NULL,
    subscription_no bigint NOT NULL,
    quota_no bigint NOT NULL,
    kind text NOT NULL CHECK (kind IN ('part', 'window')),
    starts_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL CHECK (ends_at >= starts_at),
    planned_until timestamptz NOT NULL CHECK (planned_until >= ends_at),
    windows_from timestamptz CHECK (windows_from <= starts_at),
    continues bigint,
    amount numeric(19,9) NOT NULL CHECK (amount > 0 AND amount <= 4000000000),
    given numeric(19,9) NOT NULL DEFAULT 0 CHECK (given >= 0 AND given <= 4000000000),
    used numeric(19,9) NOT NULL DEFAULT 0 CHECK (used >= 0 AND used <= 9000000000),
    carried numeric(19,9) NOT NULL DEFAULT 0 CHECK (carried >= 0 AND carried <= 9000000000),
    PRIMARY KEY (account_id, subscription_no, quota_no),
    FOREIGN KEY (account_id, subscription_no) REFERENCES billing_books.subscription
) WITH (fillfactor = 70);
CREATE INDEX quota_covering ON billing_books.quota (account_id, ends_at);
COMMENT ON TABLE billing_books.quota IS 'What may be used of a subscription: of its period, month by month where the plan says so, and of each window in which something was used.';
COMMENT ON COLUMN billing_books.quota.account_id IS 'The account.';
COMMENT ON COLUMN billing_books.quota.subscription_no IS 'The subscription.';
COMMENT ON COLUMN billing_books.quota.quota_no IS 'Number of the quota within the subscription.';
COMMENT ON COLUMN billing_books.quota.kind IS 'part: of the period; window: a limit within it.';
COMMENT ON COLUMN billing_books.quota.starts_at IS 'First instant that draws on it.';
COMMENT ON COLUMN billing_books.quota.ends_at IS 'Just behind the last one.';
COMMENT ON COLUMN billing_books.quota.planned_until IS 'Where it would have ended had the period not been cut short.';
COMMENT ON COLUMN billing_books.quota.windows_from IS 'Of a part whose plan has windows: begin of the first one.';
COMMENT ON COLUMN billing_books.quota.continues IS 'The part whose rest it is: a take-back cut that, and was undone.';
COMMENT ON COLUMN billing_books.quota.amount IS 'Credits.';
COMMENT ON COLUMN billing_books.quota.carried IS 'Credits that were used of what it continues.';
COMMENT ON COLUMN billing_books.quota.given IS 'Credits on top, given back by operators.';
COMMENT ON COLUMN billing_books.quota.used IS 'Credits used; more than there were where a request crossed the end.';
