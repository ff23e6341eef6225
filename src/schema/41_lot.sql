CREATE TABLE billing_books.lot (
    account_id bigint NOT NULL,
    lot_no bigint NOT NULL,
    order_id bigint,
    source_id bigint NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz,
    is_open boolean NOT NULL,
    amount numeric(18,9) NOT NULL,
    remaining numeric(18,9) NOT NULL,
    given_back numeric(18,9) NOT NULL DEFAULT 0,
    kind text NOT NULL,
    source_type text NOT NULL,
    PRIMARY KEY (account_id, lot_no)
) WITH (fillfactor = 70);
CREATE INDEX lot_open ON billing_books.lot (account_id) WHERE is_open;
CREATE INDEX lot_of_order ON billing_books.lot (account_id, order_id) WHERE order_id IS NOT NULL;
CREATE INDEX lot_expiring ON billing_books.lot (expires_at) WHERE is_open AND expires_at IS NOT NULL;
COMMENT ON TABLE billing_books.lot IS 'Money of one origin: cash of one order, or one bonus.';
COMMENT ON COLUMN billing_books.lot.account_id IS 'The account.';
COMMENT ON COLUMN billing_books.lot.lot_no IS 'Number of the lot within the account; of two alike the lower pays first.';
COMMENT ON COLUMN billing_books.lot.source_id IS 'Number of its source within the account.';
COMMENT ON COLUMN billing_books.lot.created_at IS 'Booking instant of its credit.';
COMMENT ON COLUMN billing_books.lot.amount IS 'What it held at first, in the account''s currency.';
COMMENT ON COLUMN billing_books.lot.kind IS 'cash or bonus.';
COMMENT ON COLUMN billing_books.lot.order_id IS 'The payment order that the money came with; null for gifts and adjustments.';
COMMENT ON COLUMN billing_books.lot.expires_at IS 'No longer part of any balance from then on, booked or not; null: never.';
COMMENT ON COLUMN billing_books.lot.is_open IS 'Whether anything is left; the one column of the lot that an index looks at.';
COMMENT ON COLUMN billing_books.lot.remaining IS 'What is left, in the account''s currency; a cache of the ledger.';
COMMENT ON COLUMN billing_books.lot.given_back IS 'What of it went back to the payer, or is reserved for that, less what came again after a dispute that was won; a cache of the ledger.';
COMMENT ON COLUMN billing_books.lot.source_type IS 'payment, grant, adjustment; source_id is its number within the account.';
