CREATE TABLE billing.payment_order (
    account_id bigint NOT NULL REFERENCES billing.account,
    order_id bigint NOT NULL,
    kind text NOT NULL CHECK (kind IN ('topup')),
    method text NOT NULL,
    state text NOT NULL CHECK (state IN ('paid')),
    currency text NOT NULL CHECK (currency IN ('CNY', 'USD')),
    pay_amount numeric(18,9) NOT NULL CHECK (pay_amount > 0 AND pay_amount = round(pay_amount, 2)),
    created_at timestamptz NOT NULL,
    paid_at timestamptz NOT NULL,
    PRIMARY KEY (account_id, order_id)
);
COMMENT ON TABLE billing.payment_order IS 'Orders of top-ups; so far those that an operator books as offline payments, born paid.';
COMMENT ON COLUMN billing.payment_order.pay_amount IS 'What the customer pays, in whole 0.01 of the currency.';
COMMENT ON COLUMN billing.payment_order.paid_at IS 'When the money was paid, by the payer''s side.';

CREATE TABLE billing.payment (
    account_id bigint NOT NULL,
    payment_id bigint NOT NULL,
    order_id bigint NOT NULL,
    gateway text NOT NULL,
    transaction_id text NOT NULL,
    state text NOT NULL CHECK (state IN ('credited')),
    currency text NOT NULL CHECK (currency IN ('CNY', 'USD')),
    amount numeric(18,9) NOT NULL CHECK (amount > 0 AND amount = round(amount, 2)),
    paid_at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL,
    actor text NOT NULL,
    PRIMARY KEY (account_id, payment_id),
    FOREIGN KEY (account_id, order_id) REFERENCES billing.payment_order
);
COMMENT ON TABLE billing.payment IS 'Money that arrived. gateway offline is the bank account, transaction_id its reference there.';

CREATE TABLE billing.take_back (
    account_id bigint NOT NULL,
    take_back_id bigint NOT NULL,
    payment_id bigint NOT NULL,
    gateway text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('offline_reversal')),
    amount numeric(18,9) NOT NULL CHECK (amount > 0),
    recorded_at timestamptz NOT NULL,
    actor text NOT NULL,
    reason text,
    PRIMARY KEY (account_id, take_back_id),
    FOREIGN KEY (account_id, payment_id) REFERENCES billing.payment
);
COMMENT ON TABLE billing.take_back IS 'Money taken back from a payment (R22); so far offline payments that were booked by mistake.';
