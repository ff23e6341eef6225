CREATE TABLE billing_books.reconciliation (
    gateway text COLLATE "C" NOT NULL REFERENCES billing_books.gateway,
    day date NOT NULL,
    run integer NOT NULL CHECK (run > 0),
    state text NOT NULL CHECK (state IN ('fetching', 'matching', 'asking', 'done', 'failed')),
    bill text CHECK (bill IN ('trade', 'fund')),
    due_at timestamptz,
    requested_at timestamptz NOT NULL,
    requested_by text NOT NULL,
    attempts integer NOT NULL DEFAULT 0,
    code text,
    rows bigint NOT NULL DEFAULT 0,
    matched bigint NOT NULL DEFAULT 0,
    payments numeric NOT NULL DEFAULT 0,
    refunds numeric NOT NULL DEFAULT 0,
    fees numeric NOT NULL DEFAULT 0,
    fees_returned numeric NOT NULL DEFAULT 0,
    settled numeric NOT NULL DEFAULT 0,
    funded numeric NOT NULL DEFAULT 0,
    our_payments numeric,
    our_refunds numeric,
    finished_at timestamptz,
    PRIMARY KEY (gateway, day, run),
    CHECK ((state IN ('fetching', 'matching', 'asking')) = (due_at IS NOT NULL)),
    CHECK ((state = 'done') = (finished_at IS NOT NULL))
) WITH (fillfactor = 70);
CREATE UNIQUE INDEX reconciliation_open ON billing_books.reconciliation (gateway, day) WHERE state IN ('fetching', 'matching', 'asking');
CREATE INDEX reconciliation_due ON billing_books.reconciliation (due_at) WHERE due_at IS NOT NULL;
COMMENT ON TABLE billing_books.reconciliation IS 'Runs that compare a day of a gateway''s bills with the books (docs/books-and-states.md 4.13).';
COMMENT ON COLUMN billing_books.reconciliation.gateway IS 'The merchant account.';
COMMENT ON COLUMN billing_books.reconciliation.day IS 'The day, by the gateway''s calendar: of China, for Waffo of UTC.';
COMMENT ON COLUMN billing_books.reconciliation.run IS 'Number of the run of that day; the newest one that is done counts.';
COMMENT ON COLUMN billing_books.reconciliation.state IS 'fetching, matching, asking, done or failed.';
COMMENT ON COLUMN billing_books.reconciliation.bill IS 'Which bill is fetched: trade (payments and refunds), then fund (what moved on the balance); null where an operator brought it.';
COMMENT ON COLUMN billing_books.reconciliation.due_at IS 'When it goes on; while a bill is fetched: from when on nobody fetches it any more.';
COMMENT ON COLUMN billing_books.reconciliation.requested_at IS 'When it was asked for.';
COMMENT ON COLUMN billing_books.reconciliation.requested_by IS 'Who asked for it.';
COMMENT ON COLUMN billing_books.reconciliation.attempts IS 'How often fetching failed.';
COMMENT ON COLUMN billing_books.reconciliation.code IS 'The gateway''s word of the last attempt.';
COMMENT ON COLUMN billing_books.reconciliation.rows IS 'Rows of its bills.';
COMMENT ON COLUMN billing_books.reconciliation.matched IS 'How many of them have been looked at.';
COMMENT ON COLUMN billing_books.reconciliation.payments IS 'What the bill says was paid, in the gateway''s currency, as all sums here.';
COMMENT ON COLUMN billing_books.reconciliation.refunds IS 'What the bill says went back.';
COMMENT ON COLUMN billing_books.reconciliation.fees IS 'What the gateway kept.';
COMMENT ON COLUMN billing_books.reconciliation.fees_returned IS 'What of fees it gave back, with refunds.';
COMMENT ON COLUMN billing_books.reconciliation.settled IS 'What went to the bank.';
COMMENT ON COLUMN billing_books.reconciliation.funded IS 'What came from the bank.';
COMMENT ON COLUMN billing_books.reconciliation.our_payments IS 'What these books have of that day''s payments.';
COMMENT ON COLUMN billing_books.reconciliation.our_refunds IS 'What these books have of that day''s refunds.';
COMMENT ON COLUMN billing_books.reconciliation.finished_at IS 'When it was done.';

CREATE TABLE billing_books.bill_row (
    gateway text COLLATE "C" NOT NULL,
    day date NOT NULL,
    run integer NOT NULL,
    row_no bigint NOT NULL,
    kind text NOT NULL CHECK (kind IN ('payment', 'refund', 'settlement', 'funding', 'other')),
    order_number text COLLATE "C" NOT NULL,
    transaction_id text COLLATE "C" NOT NULL,
    refund_number text COLLATE "C" NOT NULL,
    refund_id text COLLATE "C" NOT NULL,
    amount numeric(18,9) NOT NULL CHECK (amount >= 0),
    fee numeric(18,9) NOT NULL,
    at timestamptz,
    outcome text NOT NULL CHECK (outcome IN ('new', 'matched', 'amount', 'asking', 'found', 'contradicted', 'unknown')),
    due_at timestamptz,
    attempts integer NOT NULL DEFAULT 0,
    PRIMARY KEY (gateway, day, run, row_no),
    FOREIGN KEY (gateway, day, run) REFERENCES billing_books.reconciliation,
    CHECK ((outcome = 'asking') = (due_at IS NOT NULL))
);
CREATE INDEX bill_row_of_payment ON billing_books.bill_row (gateway, transaction_id);
CREATE INDEX bill_row_asking ON billing_books.bill_row (due_at) WHERE due_at IS NOT NULL;
COMMENT ON TABLE billing_books.bill_row IS 'Rows of gateways'' bills while they are compared; forgotten when the next run of the day is done. Nobody signed them: none books a payment or a take-back.';
COMMENT ON COLUMN billing_books.bill_row.gateway IS 'The merchant account.';
COMMENT ON COLUMN billing_books.bill_row.day IS 'The day of the bill.';
COMMENT ON COLUMN billing_books.bill_row.run IS 'The run.';
COMMENT ON COLUMN billing_books.bill_row.row_no IS 'Its place, over all bills of the run.';
COMMENT ON COLUMN billing_books.bill_row.kind IS 'payment, refund, settlement (to the bank), funding (from there) or other.';
COMMENT ON COLUMN billing_books.bill_row.order_number IS 'The number that the merchant gave the order; empty where there is none, as the next three.';
COMMENT ON COLUMN billing_books.bill_row.transaction_id IS 'The gateway''s number of the payment.';
COMMENT ON COLUMN billing_books.bill_row.refund_number IS 'The number by which a refund was asked for.';
COMMENT ON COLUMN billing_books.bill_row.refund_id IS 'The gateway''s number of the refund.';
COMMENT ON COLUMN billing_books.bill_row.amount IS 'The amount.';
COMMENT ON COLUMN billing_books.bill_row.fee IS 'What the gateway kept of it; below 0: gave back.';
COMMENT ON COLUMN billing_books.bill_row.at IS 'When, as the bill says.';
COMMENT ON COLUMN billing_books.bill_row.outcome IS 'new; matched: the books have it; amount: with another amount; asking: the gateway is asked; found: booked by its answer; contradicted: its answer says otherwise; unknown: it knows no such thing.';
COMMENT ON COLUMN billing_books.bill_row.due_at IS 'When the gateway is asked next.';
COMMENT ON COLUMN billing_books.bill_row.attempts IS 'How often it could not say.';

CREATE TABLE billing_books.reconciliation_difference (
    difference_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    gateway text COLLATE "C" NOT NULL,
    day date NOT NULL CHECK (day BETWEEN '2000-01-01' AND '9999-12-31'),
    run integer NOT NULL,
    class text NOT NULL CHECK (class IN ('missing_here', 'missing_there', 'amount', 'state', 'fee')),
    subject text NOT NULL CHECK (subject IN ('payment', 'refund')),
    transaction_id text COLLATE "C" NOT NULL,
    refund_id text COLLATE "C" NOT NULL,
    number text COLLATE "C" NOT NULL,
    ours numeric(18,9),
    theirs numeric(18,9),
    state text NOT NULL CHECK (state IN ('open', 'carried', 'resolved')),
    detail text NOT NULL,
    found_at timestamptz NOT NULL,
    resolved_at timestamptz,
    resolved_by text,
    resolution text,
    UNIQUE (gateway, day, class, subject, transaction_id, refund_id),
    CHECK ((state = 'resolved') = (resolved_at IS NOT NULL))
);
CREATE INDEX reconciliation_difference_open ON billing_books.reconciliation_difference (gateway, transaction_id) WHERE state <> 'resolved';
COMMENT ON TABLE billing_books.reconciliation_difference IS 'What a gateway''s bill and the books do not agree on.';
COMMENT ON COLUMN billing_books.reconciliation_difference.difference_id IS 'Number of the difference.';
COMMENT ON COLUMN billing_books.reconciliation_difference.gateway IS 'The merchant account.';
COMMENT ON COLUMN billing_books.reconciliation_difference.day IS 'The day of the bill, by the gateway''s calendar.';
COMMENT ON COLUMN billing_books.reconciliation_difference.run IS 'The run that saw it last.';
COMMENT ON COLUMN billing_books.reconciliation_difference.class IS 'missing_here: the bill has it, the books had not; missing_there: the books have it, the bill has not; amount; state: asked for it, the gateway said otherwise or knows it not; fee: not as the contract''s rate says.';
COMMENT ON COLUMN billing_books.reconciliation_difference.subject IS 'payment or refund.';
COMMENT ON COLUMN billing_books.reconciliation_difference.transaction_id IS 'The gateway''s number of the payment.';
COMMENT ON COLUMN billing_books.reconciliation_difference.refund_id IS 'The gateway''s number of the refund; empty for a payment.';
COMMENT ON COLUMN billing_books.reconciliation_difference.number IS 'The number that the merchant gave the order or the refund; empty where there is none.';
COMMENT ON COLUMN billing_books.reconciliation_difference.ours IS 'What the books have; null: nothing. class fee: what the rate gives.';
COMMENT ON COLUMN billing_books.reconciliation_difference.theirs IS 'What the bill has; null: nothing.';
COMMENT ON COLUMN billing_books.reconciliation_difference.state IS 'open; carried: it may stand in the next day''s bill; resolved.';
COMMENT ON COLUMN billing_books.reconciliation_difference.detail IS 'What was seen.';
COMMENT ON COLUMN billing_books.reconciliation_difference.found_at IS 'When it was first seen.';
COMMENT ON COLUMN billing_books.reconciliation_difference.resolved_at IS 'When it was settled.';
COMMENT ON COLUMN billing_books.reconciliation_difference.resolved_by IS 'By whom: gateway (booked by its answer), a later run (reconciliation), or an operator.';
COMMENT ON COLUMN billing_books.reconciliation_difference.resolution IS 'How.';

CREATE TABLE billing_books.reconciliation_line (
    account_id bigint NOT NULL CHECK (account_id < 0),
    line_no bigint NOT NULL,
    gateway text COLLATE "C" NOT NULL,
    day date NOT NULL CHECK (day BETWEEN '2000-01-01' AND '9999-12-31'),
    run integer NOT NULL,
    class text NOT NULL CHECK (class IN ('fee', 'fee_returned', 'settlement', 'funding')),
    amount numeric(18,9) NOT NULL CHECK (amount <> 0),
    recorded_at timestamptz NOT NULL,
    PRIMARY KEY (account_id, line_no),
    UNIQUE (gateway, day, run, class),
    FOREIGN KEY (gateway, day, run) REFERENCES billing_books.reconciliation
);
COMMENT ON TABLE billing_books.reconciliation_line IS 'Fees and settlements of a gateway''s day, as booked on the house''s account: one line per run and class, of what the run before it had not.';
COMMENT ON COLUMN billing_books.reconciliation_line.account_id IS 'The house''s account of the gateway''s currency.';
COMMENT ON COLUMN billing_books.reconciliation_line.line_no IS 'Number of the line within the account.';
COMMENT ON COLUMN billing_books.reconciliation_line.gateway IS 'The merchant account.';
COMMENT ON COLUMN billing_books.reconciliation_line.day IS 'The day.';
COMMENT ON COLUMN billing_books.reconciliation_line.run IS 'The run.';
COMMENT ON COLUMN billing_books.reconciliation_line.class IS 'fee, fee_returned, settlement or funding.';
COMMENT ON COLUMN billing_books.reconciliation_line.amount IS 'How much more of it there is by this run than by those before; below 0: less.';
COMMENT ON COLUMN billing_books.reconciliation_line.recorded_at IS 'Booking instant.';
