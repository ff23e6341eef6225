CREATE TABLE billing_books.payment_order (
    account_id bigint NOT NULL REFERENCES billing_books.account,
    order_id bigint NOT NULL,
    kind text NOT NULL CHECK (kind IN ('topup', 'plan')),
    method text NOT NULL,
    gateway text NOT NULL,
    product text,
    subject text,
    gateway_number text COLLATE "C" UNIQUE,
    promotion text,
    payer jsonb,
    return_url text,
    pay_url text,
    pay_url_until timestamptz,
    refreshed_at timestamptz,
    state text NOT NULL CHECK (state IN ('created', 'pending', 'closing', 'closed', 'paid')),
    close_reason text CHECK (close_reason IN ('expired', 'cancelled', 'locked', 'refused', 'unmatched', 'gateway')),
    currency text NOT NULL CHECK (currency IN ('CNY', 'USD')),
    pay_amount numeric(18,9) NOT NULL CHECK (pay_amount > 0 AND pay_amount = round(pay_amount, 2)),
    discount numeric(18,9) NOT NULL CHECK (discount >= 0 AND discount = round(discount, 2)),
    gift numeric(18,9) NOT NULL CHECK (gift >= 0 AND gift = round(gift, 2)),
    gift_days integer CHECK (gift_days > 0),
    plan text COLLATE "C",
    plan_version integer,
    replaces bigint,
    pack_of bigint,
    created_at timestamptz NOT NULL,
    expires_at timestamptz,
    payable_until timestamptz,
    paid_at timestamptz,
    actor text NOT NULL CHECK (octet_length(actor) <= 200),
    PRIMARY KEY (account_id, order_id),
    FOREIGN KEY (plan, plan_version) REFERENCES billing_books.plan,
    CHECK ((kind = 'plan') = (plan IS NOT NULL) AND (plan IS NULL) = (plan_version IS NULL)),
    CHECK (kind = 'plan' OR (replaces IS NULL AND pack_of IS NULL)),
    CHECK (kind = 'topup' OR (promotion IS NULL AND discount = 0 AND gift = 0)),
    CHECK ((product IS NULL) = (expires_at IS NULL) AND (expires_at IS NULL) = (payable_until IS NULL)),
    CHECK (payable_until <= expires_at),
    CHECK ((state = 'paid') = (paid_at IS NOT NULL)),
    CHECK (state NOT IN ('closing', 'closed') OR close_reason IS NOT NULL)
);
COMMENT ON TABLE billing_books.payment_order IS 'Orders of top-ups and plans (R3, R4, R19): placed to be paid through a gateway, or born paid: of an offline payment, or of a held one that an operator credits.';
COMMENT ON COLUMN billing_books.payment_order.account_id IS 'The account that is topped up.';
COMMENT ON COLUMN billing_books.payment_order.order_id IS 'Number of the order within the account.';
COMMENT ON COLUMN billing_books.payment_order.kind IS 'topup or plan.';
COMMENT ON COLUMN billing_books.payment_order.method IS 'How it is paid; offline is a bank transfer, resolved a held payment that an operator credited.';
COMMENT ON COLUMN billing_books.payment_order.gateway IS 'The merchant account at which it is paid; offline is the bank account.';
COMMENT ON COLUMN billing_books.payment_order.product IS 'Which of the gateway''s ways of paying the method stood for; null for one born paid.';
COMMENT ON COLUMN billing_books.payment_order.subject IS 'What the payer reads: the gateway''s when it was placed.';
COMMENT ON COLUMN billing_books.payment_order.gateway_number IS 'Our number of it at the gateway, 32 characters; null before it was first sent.';
COMMENT ON COLUMN billing_books.payment_order.promotion IS 'The promotion that discount and gift are from.';
COMMENT ON COLUMN billing_books.payment_order.payer IS 'What the gateway must know of the payer, such as client_ip.';
COMMENT ON COLUMN billing_books.payment_order.return_url IS 'Where the payer''s browser is sent back to.';
COMMENT ON COLUMN billing_books.payment_order.pay_url IS 'What is paid with: an address for the payer''s browser, or the text of a QR code; null before the gateway has answered.';
COMMENT ON COLUMN billing_books.payment_order.pay_url_until IS 'How long the gateway takes it; refresh_order() renews it.';
COMMENT ON COLUMN billing_books.payment_order.refreshed_at IS 'When refresh_order() last asked the gateway.';
COMMENT ON COLUMN billing_books.payment_order.state IS 'created, pending, closing, closed or paid: docs/books-and-states.md 4.2.';
COMMENT ON COLUMN billing_books.payment_order.close_reason IS 'Why it closes or closed: expired, cancelled, locked, refused, unmatched or gateway. One that was paid all the same keeps it.';
COMMENT ON COLUMN billing_books.payment_order.currency IS 'The account''s currency.';
COMMENT ON COLUMN billing_books.payment_order.pay_amount IS 'What the customer pays, in whole 0.01 of the currency.';
COMMENT ON COLUMN billing_books.payment_order.discount IS 'What he gets beyond it as bonus that does not expire (R19).';
COMMENT ON COLUMN billing_books.payment_order.gift IS 'What he gets on top as bonus (R19).';
COMMENT ON COLUMN billing_books.payment_order.gift_days IS 'Days from the credit until the gift expires; null: never.';
COMMENT ON COLUMN billing_books.payment_order.plan IS 'The plan, or quota pack, that is bought; null for a top-up.';
COMMENT ON COLUMN billing_books.payment_order.plan_version IS 'Which version of it: price, period and quota are pinned with the order.';
COMMENT ON COLUMN billing_books.payment_order.replaces IS 'The subscription whose running period ends when it is paid: an upgrade.';
COMMENT ON COLUMN billing_books.payment_order.pack_of IS 'Of a quota pack: the subscription that it is drawn beside.';
COMMENT ON COLUMN billing_books.payment_order.created_at IS 'When it was placed; for an offline payment: booked.';
COMMENT ON COLUMN billing_books.payment_order.expires_at IS 'When it runs out (policy payment_timeout); null for an offline payment.';
COMMENT ON COLUMN billing_books.payment_order.payable_until IS 'What was paid up to then is in time (R4): expiry, or cancel or lock if that came first; null for an offline payment.';
COMMENT ON COLUMN billing_books.payment_order.paid_at IS 'When the money was paid, by the payer''s side; null until it is.';
COMMENT ON COLUMN billing_books.payment_order.actor IS 'Who placed it.';
CREATE INDEX payment_order_runs_out ON billing_books.payment_order (payable_until) WHERE state IN ('created', 'pending');

CREATE TABLE billing_books.payment (
    account_id bigint NOT NULL,
    payment_id bigint NOT NULL,
    order_id bigint,
    gateway text NOT NULL,
    transaction_id text NOT NULL,
    state text NOT NULL CHECK (state IN ('credited', 'held', 'returning', 'returned', 'dismissed', 'forfeited', 'moved')),
    currency text NOT NULL CHECK (currency IN ('CNY', 'USD')),
    amount numeric(18,9) NOT NULL CHECK (amount > 0 AND amount = round(amount, 2)),
    payer_amount numeric(18,9) NOT NULL CHECK (payer_amount >= 0 AND payer_amount <= amount),
    taken numeric(18,9) NOT NULL DEFAULT 0 CHECK (taken >= 0 AND taken <= amount),
    reason text,
    paid_at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL,
    actor text NOT NULL CHECK (octet_length(actor) <= 200),
    PRIMARY KEY (account_id, payment_id),
    FOREIGN KEY (account_id, order_id) REFERENCES billing_books.payment_order,
    CHECK (state <> 'credited' OR order_id IS NOT NULL)
);
CREATE INDEX payment_of_day ON billing_books.payment (gateway, paid_at);
COMMENT ON TABLE billing_books.payment IS 'Money that arrived (R5). gateway offline is the bank account, transaction_id its reference there.';
COMMENT ON COLUMN billing_books.payment.account_id IS 'The account; the house''s where it is of no customer''s.';
COMMENT ON COLUMN billing_books.payment.payment_id IS 'Number of the payment within the account.';
COMMENT ON COLUMN billing_books.payment.order_id IS 'The order that it is for; null where there is none.';
COMMENT ON COLUMN billing_books.payment.gateway IS 'Where the money arrived.';
COMMENT ON COLUMN billing_books.payment.transaction_id IS 'The gateway''s own number; for offline the bank''s reference.';
COMMENT ON COLUMN billing_books.payment.state IS 'credited, held, returning, returned, dismissed, forfeited or moved: docs/books-and-states.md 4.1.';
COMMENT ON COLUMN billing_books.payment.currency IS 'Currency of the amount.';
COMMENT ON COLUMN billing_books.payment.amount IS 'What arrived, in whole 0.01.';
COMMENT ON COLUMN billing_books.payment.payer_amount IS 'What of it the payer gave himself, without a gateway''s coupons, as far as the gateway says (R15).';
COMMENT ON COLUMN billing_books.payment.taken IS 'What of it the gateway took back while it was held or returning: only the rest can be credited or returned.';
COMMENT ON COLUMN billing_books.payment.reason IS 'Why it is held or goes back: late, second, amount, user (of the app: another than the order''s), currency, merchant, unknown_order, other_database (whose account the order''s number names, and which), closed_account, limit, refunded, return_failed, taken_back, undone (a take-back that was undone); null where it was credited at once.';
COMMENT ON COLUMN billing_books.payment.paid_at IS 'When it was paid, by the payer''s side.';
COMMENT ON COLUMN billing_books.payment.recorded_at IS 'Booking instant.';
COMMENT ON COLUMN billing_books.payment.actor IS 'Who booked it.';

CREATE TABLE billing_books.payment_claim (
    gateway text COLLATE "C" NOT NULL,
    transaction_id text COLLATE "C" NOT NULL,
    try integer NOT NULL CHECK (try > 0),
    account_id bigint NOT NULL,
    payment_id bigint NOT NULL,
    PRIMARY KEY (gateway, transaction_id, try),
    UNIQUE (account_id, payment_id),
    FOREIGN KEY (account_id, payment_id) REFERENCES billing_books.payment
);
COMMENT ON TABLE billing_books.payment_claim IS 'Which payment a gateway''s transaction became: it counts once over all accounts.';
COMMENT ON COLUMN billing_books.payment_claim.gateway IS 'Where the money arrived.';
COMMENT ON COLUMN billing_books.payment_claim.transaction_id IS 'The gateway''s own number; for offline the bank''s reference.';
COMMENT ON COLUMN billing_books.payment_claim.try IS '1; one more each time the payment before it was reversed as a mistake.';
COMMENT ON COLUMN billing_books.payment_claim.account_id IS 'The account that was credited.';
COMMENT ON COLUMN billing_books.payment_claim.payment_id IS 'The payment there.';

CREATE TABLE billing_books.take_back (
    account_id bigint NOT NULL,
    take_back_id bigint NOT NULL,
    payment_id bigint NOT NULL,
    gateway text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('offline_reversal', 'refund', 'dispute', 'undone')),
    amount numeric(18,9) NOT NULL CHECK (amount > 0 OR (amount = 0 AND kind = 'undone')),
    payer_amount numeric(18,9) NOT NULL CHECK (payer_amount >= 0 AND payer_amount <= amount),
    refund_id text COLLATE "C",
    refund_number text COLLATE "C",
    undoes bigint,
    from_suspense boolean NOT NULL DEFAULT false,
    occurred_at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL,
    actor text NOT NULL CHECK (octet_length(actor) <= 200),
    reason text CHECK (octet_length(reason) <= 2000),
    PRIMARY KEY (account_id, take_back_id),
    UNIQUE (account_id, undoes),
    FOREIGN KEY (account_id, payment_id) REFERENCES billing_books.payment,
    FOREIGN KEY (account_id, undoes) REFERENCES billing_books.take_back,
    CHECK ((kind = 'undone') = (undoes IS NOT NULL)),
    CHECK ((kind IN ('refund', 'dispute')) = (refund_id IS NOT NULL))
);
CREATE INDEX take_back_of_payment ON billing_books.take_back (account_id, payment_id);
COMMENT ON TABLE billing_books.take_back IS 'Money taken back from a payment (R22): by the merchant''s portal, by a dispute, or as an offline payment that was booked by mistake; and what came again.';
COMMENT ON COLUMN billing_books.take_back.account_id IS 'The account.';
COMMENT ON COLUMN billing_books.take_back.take_back_id IS 'Number of the take-back within the account.';
COMMENT ON COLUMN billing_books.take_back.payment_id IS 'The payment that it takes back.';
COMMENT ON COLUMN billing_books.take_back.gateway IS 'Where the money went.';
COMMENT ON COLUMN billing_books.take_back.kind IS 'offline_reversal: a payment that had been booked by mistake; refund: given back by the merchant, and not by these books; dispute: by a chargeback, or what keeps one away; undone: one of those came again.';
COMMENT ON COLUMN billing_books.take_back.amount IS 'What was taken back, in whole 0.01; undone: what came again into the lot.';
COMMENT ON COLUMN billing_books.take_back.payer_amount IS 'What of it the payer himself got back, without a gateway''s coupons, as far as the gateway says (R15).';
COMMENT ON COLUMN billing_books.take_back.refund_id IS 'The gateway''s own number of it.';
COMMENT ON COLUMN billing_books.take_back.refund_number IS 'The number by which it was asked for at the gateway.';
COMMENT ON COLUMN billing_books.take_back.undoes IS 'undone: which one came again.';
COMMENT ON COLUMN billing_books.take_back.from_suspense IS 'Whether it was taken while the payment was held or returning.';
COMMENT ON COLUMN billing_books.take_back.occurred_at IS 'When the gateway gave it back; where it does not say: booking instant.';
COMMENT ON COLUMN billing_books.take_back.recorded_at IS 'Booking instant.';
COMMENT ON COLUMN billing_books.take_back.actor IS 'Who booked it; gateway: a gateway said so.';
COMMENT ON COLUMN billing_books.take_back.reason IS 'Why, as the actor said; of a dispute the gateway''s word for it.';

CREATE TABLE billing_books.refund_claim (
    gateway text COLLATE "C" NOT NULL,
    transaction_id text COLLATE "C" NOT NULL,
    refund_id text COLLATE "C" NOT NULL,
    account_id bigint NOT NULL,
    take_back_id bigint,
    call_id bigint,
    amount numeric(18,9) NOT NULL CHECK (amount > 0),
    refunded_at timestamptz NOT NULL,
    PRIMARY KEY (gateway, transaction_id, refund_id),
    FOREIGN KEY (account_id, take_back_id) REFERENCES billing_books.take_back,
    CHECK (num_nonnulls(take_back_id, call_id) = 1)
);
COMMENT ON TABLE billing_books.refund_claim IS 'What a gateway''s refund became: it counts once over all accounts, whoever tells of it and how often.';
COMMENT ON COLUMN billing_books.refund_claim.gateway IS 'Where the money went.';
COMMENT ON COLUMN billing_books.refund_claim.transaction_id IS 'The gateway''s number of the payment.';
COMMENT ON COLUMN billing_books.refund_claim.refund_id IS 'The gateway''s number of the refund; at Alipay the one by which it was asked for.';
COMMENT ON COLUMN billing_books.refund_claim.account_id IS 'The account of the payment.';
COMMENT ON COLUMN billing_books.refund_claim.take_back_id IS 'The take-back that it was booked as.';
COMMENT ON COLUMN billing_books.refund_claim.call_id IS 'The call of ours that asked for it.';
COMMENT ON COLUMN billing_books.refund_claim.amount IS 'What went back.';
COMMENT ON COLUMN billing_books.refund_claim.refunded_at IS 'When, as the gateway says; where it does not: when it was booked.';
CREATE INDEX refund_claim_of_account ON billing_books.refund_claim (account_id);
CREATE INDEX refund_claim_of_day ON billing_books.refund_claim (gateway, refunded_at);
