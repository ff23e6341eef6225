CREATE TABLE billing_books.refund (
    account_id bigint NOT NULL REFERENCES billing_books.account,
    refund_id bigint NOT NULL,
    order_id bigint,
    state text NOT NULL CHECK (state IN ('accepted', 'rejected', 'paying', 'completed')),
    amount numeric(18,9) NOT NULL CHECK (amount > 0 AND amount = round(amount, 2)),
    reason text CHECK (octet_length(reason) <= 2000),
    requested_at timestamptz NOT NULL,
    requested_by text NOT NULL CHECK (octet_length(requested_by) <= 200),
    decided_at timestamptz,
    decided_by text,
    decision_reason text,
    ended_at timestamptz,
    PRIMARY KEY (account_id, refund_id),
    FOREIGN KEY (account_id, order_id) REFERENCES billing_books.payment_order,
    CHECK ((state = 'accepted') = (decided_at IS NULL) AND (decided_at IS NULL) = (decided_by IS NULL)),
    CHECK ((state IN ('rejected', 'completed')) = (ended_at IS NOT NULL)),
    CHECK (isfinite(requested_at) AND isfinite(decided_at) AND isfinite(ended_at))
);
CREATE UNIQUE INDEX refund_open ON billing_books.refund (account_id) WHERE state IN ('accepted', 'paying');
COMMENT ON TABLE billing_books.refund IS 'Refunds: asked for by customers, who are locked then (R13, R14), or of one order by an operator (docs/books-and-states.md 4.4). An account has one open at the most.';
COMMENT ON COLUMN billing_books.refund.account_id IS 'The account.';
COMMENT ON COLUMN billing_books.refund.refund_id IS 'Number of the refund within the account.';
COMMENT ON COLUMN billing_books.refund.order_id IS 'The one order that an operator refunds; null: all that can be refunded.';
COMMENT ON COLUMN billing_books.refund.state IS 'accepted, rejected, paying or completed.';
COMMENT ON COLUMN billing_books.refund.amount IS 'What could be refunded when it was asked for; once it is approved: what is reserved, in whole 0.01.';
COMMENT ON COLUMN billing_books.refund.reason IS 'Why, as who asked for it said.';
COMMENT ON COLUMN billing_books.refund.requested_at IS 'Booking instant of the request; from then on the account is locked.';
COMMENT ON COLUMN billing_books.refund.requested_by IS 'Who asked for it.';
COMMENT ON COLUMN billing_books.refund.decided_at IS 'Booking instant of its approval or rejection.';
COMMENT ON COLUMN billing_books.refund.decided_by IS 'Who approved or rejected it.';
COMMENT ON COLUMN billing_books.refund.decision_reason IS 'Why, as he said.';
COMMENT ON COLUMN billing_books.refund.ended_at IS 'When it was rejected, or its last item became final.';

CREATE TABLE billing_books.refund_item (
    account_id bigint NOT NULL,
    item_id bigint NOT NULL,
    refund_id bigint NOT NULL,
    order_id bigint NOT NULL,
    payment_id bigint NOT NULL,
    gateway text NOT NULL,
    state text NOT NULL CHECK (state IN ('queued', 'processing', 'manual', 'failed', 'abnormal', 'paid', 'paid_offline', 'released')),
    amount numeric(18,9) NOT NULL CHECK (amount > 0 AND amount = round(amount, 2)),
    payer_amount numeric(18,9) CHECK (payer_amount >= 0 AND payer_amount <= amount),
    reason text,
    reference text,
    created_at timestamptz NOT NULL,
    changed_at timestamptz NOT NULL,
    actor text NOT NULL,
    PRIMARY KEY (account_id, item_id),
    UNIQUE (account_id, refund_id, order_id),
    FOREIGN KEY (account_id, refund_id) REFERENCES billing_books.refund,
    FOREIGN KEY (account_id, order_id) REFERENCES billing_books.payment_order,
    FOREIGN KEY (account_id, payment_id) REFERENCES billing_books.payment,
    CHECK (state NOT IN ('manual', 'failed', 'abnormal') OR reason IS NOT NULL),
    CHECK (state <> 'paid_offline' OR reference IS NOT NULL)
);
ALTER TABLE billing_books.gateway_call ADD FOREIGN KEY (account_id, item_id) REFERENCES billing_books.refund_item;
CREATE INDEX refund_item_of_payment ON billing_books.refund_item (account_id, payment_id);
COMMENT ON TABLE billing_books.refund_item IS 'What of a refund goes back to one payment (R14, docs/books-and-states.md 4.5). Until it is paid or released, its amount is reserved.';
COMMENT ON COLUMN billing_books.refund_item.account_id IS 'The account.';
COMMENT ON COLUMN billing_books.refund_item.item_id IS 'Number of the item within the account.';
COMMENT ON COLUMN billing_books.refund_item.refund_id IS 'The refund that it is of.';
COMMENT ON COLUMN billing_books.refund_item.order_id IS 'The order whose money it is.';
COMMENT ON COLUMN billing_books.refund_item.payment_id IS 'The payment that it goes back to.';
COMMENT ON COLUMN billing_books.refund_item.gateway IS 'Through which that came; offline is the bank account.';
COMMENT ON COLUMN billing_books.refund_item.state IS 'queued, processing, manual, failed, abnormal, paid, paid_offline or released.';
COMMENT ON COLUMN billing_books.refund_item.amount IS 'How much, in whole 0.01.';
COMMENT ON COLUMN billing_books.refund_item.payer_amount IS 'What of it the payer himself got back, without a gateway''s coupons, where the gateway says so (R15).';
COMMENT ON COLUMN billing_books.refund_item.reason IS 'Why it cannot go back by itself (no_call: the gateway takes no refunds, offline, window: its time for refunds is over, count: it takes no more of one payment), or did not: refused, closed, stuck, taken_back, given_up.';
COMMENT ON COLUMN billing_books.refund_item.reference IS 'paid_offline: the bank''s reference of the transfer.';
COMMENT ON COLUMN billing_books.refund_item.created_at IS 'Booking instant of the approval.';
COMMENT ON COLUMN billing_books.refund_item.changed_at IS 'When it came into its state.';
COMMENT ON COLUMN billing_books.refund_item.actor IS 'Who brought it there; gateway: a gateway said so.';

CREATE TABLE billing_books.working_day (
    day date NOT NULL PRIMARY KEY,
    working boolean NOT NULL
);
COMMENT ON TABLE billing_books.working_day IS 'The days that are not as their weekday: holidays, and weekends on which people work. All others are working days from Monday to Friday.';
COMMENT ON COLUMN billing_books.working_day.day IS 'The day.';
COMMENT ON COLUMN billing_books.working_day.working IS 'Whether it is a working day.';
