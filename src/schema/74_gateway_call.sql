CREATE TABLE billing_books.gateway_call (
    account_id bigint NOT NULL,
    call_id bigint NOT NULL,
    gateway text COLLATE "C" NOT NULL,
    kind text NOT NULL CHECK (kind IN ('create', 'follow', 'refund', 'take_back', 'issue', 'document', 'red')),
    order_id bigint,
    payment_id bigint,
    item_id bigint,
    invoice_id bigint,
    confirmation_no bigint,
    amount numeric(18,9) CHECK (amount > 0),
    gateway_number text COLLATE "C" UNIQUE,
    refund_number text COLLATE "C",
    refund_id text COLLATE "C",
    state text NOT NULL CHECK (state IN ('queued', 'sending', 'unknown', 'parked', 'done', 'failed', 'dropped')),
    acts boolean NOT NULL DEFAULT false,
    due_at timestamptz,
    created_at timestamptz NOT NULL,
    first_sent_at timestamptz,
    attempts integer NOT NULL DEFAULT 0,
    asked integer NOT NULL DEFAULT 0,
    result text,
    code text,
    answered_at timestamptz,
    PRIMARY KEY (account_id, call_id),
    FOREIGN KEY (account_id, order_id) REFERENCES billing_books.payment_order,
    FOREIGN KEY (account_id, payment_id) REFERENCES billing_books.payment,
    CHECK ((kind IN ('refund', 'take_back')) = (payment_id IS NOT NULL)),
    CHECK (kind NOT IN ('create', 'follow') OR order_id IS NOT NULL),
    CHECK ((kind IN ('issue', 'document', 'red')) = (invoice_id IS NOT NULL)),
    CHECK ((kind = 'red') = (confirmation_no IS NOT NULL)),
    CHECK ((kind = 'refund') = (amount IS NOT NULL)),
    CHECK (item_id IS NULL OR kind = 'refund'),
    CHECK ((kind = 'take_back') = (num_nonnulls(refund_number, refund_id) > 0)),
    CHECK ((state IN ('queued', 'sending', 'unknown')) = (due_at IS NOT NULL))
) WITH (fillfactor = 70);
CREATE INDEX gateway_call_due ON billing_books.gateway_call (gateway, due_at) WHERE state IN ('queued', 'sending', 'unknown');
CREATE UNIQUE INDEX gateway_call_of_order ON billing_books.gateway_call (account_id, order_id, kind) WHERE kind IN ('create', 'follow');
CREATE UNIQUE INDEX gateway_call_of_refund ON billing_books.gateway_call (account_id, payment_id, coalesce(refund_number, ''), coalesce(refund_id, '')) WHERE kind = 'take_back';
CREATE UNIQUE INDEX gateway_call_of_invoice ON billing_books.gateway_call (account_id, invoice_id, kind) WHERE kind IN ('issue', 'document');
CREATE UNIQUE INDEX gateway_call_of_confirmation ON billing_books.gateway_call (account_id, confirmation_no) WHERE kind = 'red';
CREATE INDEX gateway_call_of_payment ON billing_books.gateway_call (account_id, payment_id) WHERE kind = 'refund';
CREATE INDEX gateway_call_parked ON billing_books.gateway_call (gateway) WHERE state = 'parked';
CREATE INDEX gateway_call_of_item ON billing_books.gateway_call (account_id, item_id) WHERE item_id IS NOT NULL;
COMMENT ON TABLE billing_books.gateway_call IS 'What is asked of gateways, until it is known what came of it (docs/books-and-states.md 4.3).';
COMMENT ON COLUMN billing_books.gateway_call.account_id IS 'The account.';
COMMENT ON COLUMN billing_books.gateway_call.call_id IS 'Number of the call within the account.';
COMMENT ON COLUMN billing_books.gateway_call.gateway IS 'The merchant account that is called.';
COMMENT ON COLUMN billing_books.gateway_call.kind IS 'create: place the order; follow: ask what became of it, and close it when it has run out; refund: send a payment back; take_back: ask for a refund that the gateway told of; issue: an invoice, until it is issued; document: its document; red: a confirmation by which an invoice is reversed.';
COMMENT ON COLUMN billing_books.gateway_call.order_id IS 'The order; null where money of no order goes back.';
COMMENT ON COLUMN billing_books.gateway_call.payment_id IS 'The payment that goes back, or of which something did.';
COMMENT ON COLUMN billing_books.gateway_call.item_id IS 'The item of a refund that it sends; null where a payment goes back that was not credited.';
COMMENT ON COLUMN billing_books.gateway_call.invoice_id IS 'The invoice.';
COMMENT ON COLUMN billing_books.gateway_call.confirmation_no IS 'The red confirmation.';
COMMENT ON COLUMN billing_books.gateway_call.gateway_number IS 'Our number of a refund, an invoice or a confirmation at the gateway; an order''s stands with it.';
COMMENT ON COLUMN billing_books.gateway_call.amount IS 'refund: how much goes back.';
COMMENT ON COLUMN billing_books.gateway_call.refund_number IS 'take_back: the number by which the refund was asked for; null where only the gateway''s is known.';
COMMENT ON COLUMN billing_books.gateway_call.refund_id IS 'take_back: the gateway''s number of the refund, as far as it is known.';
COMMENT ON COLUMN billing_books.gateway_call.state IS 'queued, sending, unknown, parked, done, failed or dropped: docs/books-and-states.md 4.3.';
COMMENT ON COLUMN billing_books.gateway_call.acts IS 'The next thing to do is, of follow: to close the order; of issue: to have the invoice sealed; of red: to answer the confirmation; else to ask.';
COMMENT ON COLUMN billing_books.gateway_call.due_at IS 'When it is to be sent next; while it is sent: from when on nobody answers any more.';
COMMENT ON COLUMN billing_books.gateway_call.created_at IS 'When it was asked for.';
COMMENT ON COLUMN billing_books.gateway_call.first_sent_at IS 'When it was first sent; null: never.';
COMMENT ON COLUMN billing_books.gateway_call.attempts IS 'Attempts that ended by the call''s own fault.';
COMMENT ON COLUMN billing_books.gateway_call.asked IS 'How often it was sent.';
COMMENT ON COLUMN billing_books.gateway_call.result IS 'What the last answer said: done, refused, unclear, absent, busy, no_funds, unanswered, not_delivered or misconfigured; held where it waits for release_refunds(), unrecorded where recording it failed, contradiction where what it says cannot be.';
COMMENT ON COLUMN billing_books.gateway_call.code IS 'The gateway''s own word of it.';
COMMENT ON COLUMN billing_books.gateway_call.answered_at IS 'When the last answer came.';
