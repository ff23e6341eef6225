CREATE TABLE billing_books.invoice (
    account_id bigint NOT NULL REFERENCES billing_books.account,
    invoice_id bigint NOT NULL,
    kind text NOT NULL CHECK (kind IN ('ordinary', 'special', 'overseas')),
    state text NOT NULL CHECK (state IN ('requested', 'sending', 'blocked', 'sealing', 'issued', 'reversing', 'failed', 'cancelled', 'reversed')),
    created_at timestamptz NOT NULL,
    PRIMARY KEY (account_id, invoice_id)
);
COMMENT ON TABLE billing_books.invoice IS 'Invoices (R15 to R18). Nothing issues one yet: what stands here counts as invoiced where refunds are computed.';
COMMENT ON COLUMN billing_books.invoice.account_id IS 'The account.';
COMMENT ON COLUMN billing_books.invoice.invoice_id IS 'Number of the invoice within the account.';
COMMENT ON COLUMN billing_books.invoice.kind IS 'ordinary or special of the mainland; overseas, which never counts as invoiced.';
COMMENT ON COLUMN billing_books.invoice.state IS 'docs/books-and-states.md 4.6; failed, cancelled and reversed free its amounts.';
COMMENT ON COLUMN billing_books.invoice.created_at IS 'When it was applied for.';

CREATE TABLE billing_books.invoice_line (
    account_id bigint NOT NULL,
    invoice_id bigint NOT NULL,
    order_id bigint NOT NULL,
    amount numeric(18,9) NOT NULL CHECK (amount > 0 AND amount = round(amount, 2)),
    PRIMARY KEY (account_id, invoice_id, order_id),
    FOREIGN KEY (account_id, invoice_id) REFERENCES billing_books.invoice,
    FOREIGN KEY (account_id, order_id) REFERENCES billing_books.payment_order
);
CREATE INDEX invoice_line_of_order ON billing_books.invoice_line (account_id, order_id);
COMMENT ON TABLE billing_books.invoice_line IS 'What of an order stands on an invoice.';
COMMENT ON COLUMN billing_books.invoice_line.account_id IS 'The account.';
COMMENT ON COLUMN billing_books.invoice_line.invoice_id IS 'The invoice.';
COMMENT ON COLUMN billing_books.invoice_line.order_id IS 'The order.';
COMMENT ON COLUMN billing_books.invoice_line.amount IS 'How much of it, in whole 0.01.';
