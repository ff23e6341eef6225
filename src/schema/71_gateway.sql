CREATE TABLE billing_books.gateway (
    gateway text COLLATE "C" PRIMARY KEY,
    provider text NOT NULL,
    region text NOT NULL CHECK (region IN ('cn', 'global')),
    subject text NOT NULL,
    created_at timestamptz NOT NULL,
    retired_at timestamptz,
    unavailable_since timestamptz,
    unavailable_because text,
    refunds_epoch bigint,
    reply_signature text,
    keys_due_at timestamptz,
    confirmations_due_at timestamptz,
    confirmations_seen_at timestamptz,
    fee_rate numeric(9,6) CHECK (fee_rate >= 0 AND fee_rate < 1)
);
COMMENT ON TABLE billing_books.gateway IS 'Merchant accounts at payment gateways. Hosts, ids and keys stand in files of billing.secrets_dir, never here.';
COMMENT ON COLUMN billing_books.gateway.gateway IS 'Our name of it; its file is NAME.conf.';
COMMENT ON COLUMN billing_books.gateway.provider IS 'wechat, alipay, xiaomi, waffo or nuonuo.';
COMMENT ON COLUMN billing_books.gateway.region IS 'cn or global: whose accounts pay through it (R1).';
COMMENT ON COLUMN billing_books.gateway.subject IS 'What payers read that they pay for.';
COMMENT ON COLUMN billing_books.gateway.created_at IS 'When it was set up.';
COMMENT ON COLUMN billing_books.gateway.retired_at IS 'When it was retired: no new orders and invoices; those there are are still asked for and refunded.';
COMMENT ON COLUMN billing_books.gateway.unavailable_since IS 'Since when calls to it fail; null: it answers.';
COMMENT ON COLUMN billing_books.gateway.unavailable_because IS 'How they fail.';
COMMENT ON COLUMN billing_books.gateway.refunds_epoch IS 'The epoch (arming) in which refunds may be sent; in another one they wait for release_refunds().';
COMMENT ON COLUMN billing_books.gateway.reply_signature IS 'The signature under the one reply that it takes to its messages, made by billing-caller; null where it needs none, or there is none yet.';
COMMENT ON COLUMN billing_books.gateway.keys_due_at IS 'When its own keys are fetched next, where its file has a place for them.';
COMMENT ON COLUMN billing_books.gateway.confirmations_due_at IS 'Of one that issues invoices: when it is asked next for red confirmations that buyers began.';
COMMENT ON COLUMN billing_books.gateway.confirmations_seen_at IS 'When all of its list of them was read last; null: never.';
COMMENT ON COLUMN billing_books.gateway.fee_rate IS 'What part of a payment it keeps, by the contract; null: fees are not compared.';

CREATE TABLE billing_books.payment_method (
    method text COLLATE "C" PRIMARY KEY,
    gateway text COLLATE "C" NOT NULL REFERENCES billing_books.gateway,
    product text NOT NULL,
    amount_min numeric(18,9) NOT NULL,
    amount_max numeric(18,9) NOT NULL,
    enabled boolean NOT NULL
);
COMMENT ON TABLE billing_books.payment_method IS 'Ways of paying that customers are offered (R1); offline payments need none.';
COMMENT ON COLUMN billing_books.payment_method.method IS 'Its name, chosen by an operator.';
COMMENT ON COLUMN billing_books.payment_method.gateway IS 'The merchant account that new orders are placed at.';
COMMENT ON COLUMN billing_books.payment_method.product IS 'The provider''s way of paying: native or h5 (wechat), qr or page (alipay), sdk (xiaomi), credit_card, debit_card, apple_pay or google_pay (waffo).';
COMMENT ON COLUMN billing_books.payment_method.amount_min IS 'Smallest amount to pay by it.';
COMMENT ON COLUMN billing_books.payment_method.amount_max IS 'Largest amount to pay by it.';
COMMENT ON COLUMN billing_books.payment_method.enabled IS 'Whether new orders may use it.';
