CREATE TABLE billing_books.gateway_notice (
    notice_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    gateway text COLLATE "C" NOT NULL,
    received_at timestamptz NOT NULL,
    state text NOT NULL CHECK (state IN ('received', 'unverified', 'waiting', 'applied', 'duplicate', 'unmatched', 'contradiction')),
    verdict text,
    headers jsonb NOT NULL,
    query text,
    body bytea NOT NULL,
    account_id bigint,
    payment_id bigint,
    fact jsonb
);
CREATE INDEX gateway_notice_waiting ON billing_books.gateway_notice (notice_id) WHERE state = 'waiting';
CREATE INDEX gateway_notice_of_payment ON billing_books.gateway_notice (account_id, payment_id) WHERE payment_id IS NOT NULL;
CREATE INDEX gateway_notice_unmatched ON billing_books.gateway_notice (gateway, (fact ->> 'transaction_id')) WHERE state = 'unmatched';
CREATE INDEX gateway_notice_unverified ON billing_books.gateway_notice (received_at) WHERE state = 'unverified';
COMMENT ON TABLE billing_books.gateway_notice IS 'Messages of gateways as they came (docs/books-and-states.md 4.12).';
COMMENT ON COLUMN billing_books.gateway_notice.notice_id IS 'Number of the message.';
COMMENT ON COLUMN billing_books.gateway_notice.gateway IS 'The merchant account whose address it came to.';
COMMENT ON COLUMN billing_books.gateway_notice.received_at IS 'When it came.';
COMMENT ON COLUMN billing_books.gateway_notice.state IS 'received, unverified, waiting, applied, duplicate, unmatched (of a payment that is not here: it waits for that) or contradiction (what it says cannot be): docs/books-and-states.md 4.12.';
COMMENT ON COLUMN billing_books.gateway_notice.verdict IS 'Whose it was found to be: payment, refund, other_merchant, other_refund, other_kind, unknown_key, forged, stale, malformed, or no_merchant where the merchant''s file cannot be read.';
COMMENT ON COLUMN billing_books.gateway_notice.headers IS 'Its headers.';
COMMENT ON COLUMN billing_books.gateway_notice.query IS 'Its query.';
COMMENT ON COLUMN billing_books.gateway_notice.body IS 'Its body.';
COMMENT ON COLUMN billing_books.gateway_notice.account_id IS 'The account of the payment that it told of.';
COMMENT ON COLUMN billing_books.gateway_notice.payment_id IS 'The payment.';
COMMENT ON COLUMN billing_books.gateway_notice.fact IS 'What it says, verified, where it waits to be booked, or is not.';
