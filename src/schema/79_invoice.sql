CREATE TABLE billing_books.invoice_title (
    account_id bigint NOT NULL REFERENCES billing_books.account,
    title text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('individual', 'enterprise')),
    name text NOT NULL,
    tax_number text,
    address text,
    phone text,
    bank text,
    bank_account text,
    changed_at timestamptz NOT NULL,
    PRIMARY KEY (account_id, title)
);
COMMENT ON TABLE billing_books.invoice_title IS 'In whose names an account''s invoices can be made out (R16, R18). What an invoice was applied for with, or made with, stays on it.';
COMMENT ON COLUMN billing_books.invoice_title.account_id IS 'The account.';
COMMENT ON COLUMN billing_books.invoice_title.title IS 'What the customer calls it; overseas the one called default is taken.';
COMMENT ON COLUMN billing_books.invoice_title.kind IS 'individual or enterprise.';
COMMENT ON COLUMN billing_books.invoice_title.name IS 'The buyer''s name on the invoice.';
COMMENT ON COLUMN billing_books.invoice_title.tax_number IS 'The enterprise''s tax number; null for an individual, and overseas where there is none.';
COMMENT ON COLUMN billing_books.invoice_title.address IS 'The buyer''s address; null: none.';
COMMENT ON COLUMN billing_books.invoice_title.phone IS 'The buyer''s telephone; null: none.';
COMMENT ON COLUMN billing_books.invoice_title.bank IS 'The buyer''s bank; null: none.';
COMMENT ON COLUMN billing_books.invoice_title.bank_account IS 'The account there; null: none.';
COMMENT ON COLUMN billing_books.invoice_title.changed_at IS 'When it was set last.';

CREATE TABLE billing_books.invoice (
    account_id bigint NOT NULL REFERENCES billing_books.account,
    invoice_id bigint NOT NULL,
    kind text NOT NULL CHECK (kind IN ('ordinary', 'special', 'overseas', 'credit_note')),
    state text NOT NULL CHECK (state IN ('requested', 'sending', 'blocked', 'sealing', 'issued', 'reversing', 'failed', 'cancelled', 'reversed', 'numbering')),
    buyer jsonb,
    email text,
    mobile text,
    created_at timestamptz NOT NULL,
    due_at timestamptz,
    seller_no int,
    number text,
    issued_at timestamptz,
    pdf_url text,
    ofd_url text,
    document bytea,
    red_number text,
    reason text,
    changed_at timestamptz,
    actor text,
    payment_id bigint,
    corrects bigint,
    item_id bigint,
    take_back_id bigint,
    series text COLLATE "C",
    series_no bigint,
    PRIMARY KEY (account_id, invoice_id),
    UNIQUE (account_id, item_id, corrects),
    UNIQUE (series, series_no),
    FOREIGN KEY (account_id, payment_id) REFERENCES billing_books.payment,
    FOREIGN KEY (account_id, corrects) REFERENCES billing_books.invoice,
    FOREIGN KEY (account_id, item_id) REFERENCES billing_books.refund_item,
    FOREIGN KEY (account_id, take_back_id) REFERENCES billing_books.take_back,
    CHECK ((kind IN ('overseas', 'credit_note')) = (payment_id IS NOT NULL)),
    CHECK ((kind = 'credit_note') = (corrects IS NOT NULL)),
    CHECK (CASE WHEN kind IN ('overseas', 'credit_note') THEN state IN ('numbering', 'issued') ELSE state <> 'numbering' END)
);
CREATE INDEX invoice_of_payment ON billing_books.invoice (account_id, payment_id) WHERE payment_id IS NOT NULL;
CREATE INDEX invoice_corrected ON billing_books.invoice (account_id, corrects) WHERE corrects IS NOT NULL;
CREATE INDEX invoice_to_number ON billing_books.invoice (kind, created_at, account_id, invoice_id) WHERE state = 'numbering';
CREATE UNIQUE INDEX invoice_number ON billing_books.invoice (number) WHERE number IS NOT NULL;
CREATE UNIQUE INDEX invoice_red_number ON billing_books.invoice (red_number) WHERE red_number IS NOT NULL;
CREATE INDEX invoice_open ON billing_books.invoice (due_at) WHERE state IN ('requested', 'sending', 'blocked', 'sealing', 'reversing');
CREATE INDEX invoice_requested ON billing_books.invoice (created_at) WHERE state = 'requested';
COMMENT ON TABLE billing_books.invoice IS 'Invoices of the mainland (R15 to R17): applied for by customers, issued by the tax bureau''s platform. Invoices and credit notes overseas (R18): made with each payment that is credited, and with what goes back of it.';
COMMENT ON COLUMN billing_books.invoice.account_id IS 'The account.';
COMMENT ON COLUMN billing_books.invoice.invoice_id IS 'Number of the invoice within the account.';
COMMENT ON COLUMN billing_books.invoice.kind IS 'ordinary or special of the mainland; overseas, and the credit_note that corrects one of those: these two never count as invoiced.';
COMMENT ON COLUMN billing_books.invoice.state IS 'docs/books-and-states.md 4.6; failed, cancelled and reversed free its amounts.';
COMMENT ON COLUMN billing_books.invoice.buyer IS 'Its title, as it was when it was applied for; overseas when the payment was credited, with e-mail and account.';
COMMENT ON COLUMN billing_books.invoice.email IS 'Where it is to be sent; null: by mobile.';
COMMENT ON COLUMN billing_books.invoice.mobile IS 'Where its link is to be sent; null: by e-mail.';
COMMENT ON COLUMN billing_books.invoice.created_at IS 'When it was applied for; overseas: booking instant.';
COMMENT ON COLUMN billing_books.invoice.due_at IS 'By when it is to be issued: policy invoice_target; null overseas.';
COMMENT ON COLUMN billing_books.invoice.seller_no IS 'Who sells on it: of billing_books.seller, in the account''s region; null while nobody but operators issues it, and overseas before it has a number.';
COMMENT ON COLUMN billing_books.invoice.number IS 'The tax bureau''s number, overseas that of its series; null before it is issued.';
COMMENT ON COLUMN billing_books.invoice.issued_at IS 'When it was issued, as its document says.';
COMMENT ON COLUMN billing_books.invoice.pdf_url IS 'Where its provider has its PDF; null: nowhere.';
COMMENT ON COLUMN billing_books.invoice.ofd_url IS 'Where its provider has its OFD; null: nowhere.';
COMMENT ON COLUMN billing_books.invoice.document IS 'Its document, such as a PDF; null where none was given. Those overseas stand in document.';
COMMENT ON COLUMN billing_books.invoice.red_number IS 'The number of the red invoice that reversed it.';
COMMENT ON COLUMN billing_books.invoice.reason IS 'Why it failed, or was cancelled or reversed.';
COMMENT ON COLUMN billing_books.invoice.changed_at IS 'When its state last changed.';
COMMENT ON COLUMN billing_books.invoice.actor IS 'Who last changed it.';
COMMENT ON COLUMN billing_books.invoice.payment_id IS 'Overseas: the payment that it is of.';
COMMENT ON COLUMN billing_books.invoice.corrects IS 'Of a credit note: the invoice that it corrects.';
COMMENT ON COLUMN billing_books.invoice.item_id IS 'Of a credit note: the part of a refund that was paid; null: not that.';
COMMENT ON COLUMN billing_books.invoice.take_back_id IS 'Of a credit note: the take-back; of an overseas invoice: the one by which money came again; null: not that.';
COMMENT ON COLUMN billing_books.invoice.series IS 'Overseas: what its number begins with.';
COMMENT ON COLUMN billing_books.invoice.series_no IS 'Overseas: its place in the series; they are gapless, and follow each other in time.';

CREATE TABLE billing_books.invoice_line (
    account_id bigint NOT NULL,
    invoice_id bigint NOT NULL,
    order_id bigint NOT NULL,
    amount numeric(18,9) NOT NULL CHECK (amount > 0 AND amount = round(amount, 2)),
    reversed numeric(18,9) NOT NULL DEFAULT 0 CHECK (reversed BETWEEN 0 AND amount AND reversed = round(reversed, 2)),
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
COMMENT ON COLUMN billing_books.invoice_line.reversed IS 'What of that red invoices of a part have reversed: it does not count as invoiced any more.';
ALTER TABLE billing_books.gateway_call ADD FOREIGN KEY (account_id, invoice_id) REFERENCES billing_books.invoice;

CREATE TABLE billing_books.red_confirmation (
    account_id bigint NOT NULL,
    confirmation_no bigint NOT NULL,
    invoice_id bigint NOT NULL,
    state text NOT NULL CHECK (state IN ('applying', 'waiting_buyer', 'waiting_seller', 'confirmed', 'red_issued', 'void', 'failed')),
    started_by text NOT NULL CHECK (started_by IN ('seller', 'buyer')),
    red_reason text CHECK (red_reason IN ('01', '02', '03', '04')),
    provider_id text,
    amount numeric(18,9) CHECK (amount > 0),
    red_number text,
    answer text CHECK (answer IN ('agree', 'refuse', 'withdraw')),
    entered_at timestamptz,
    bureau_number text,
    cause text,
    created_at timestamptz NOT NULL,
    changed_at timestamptz NOT NULL,
    reason text,
    actor text NOT NULL CHECK (octet_length(actor) <= 200),
    PRIMARY KEY (account_id, confirmation_no),
    FOREIGN KEY (account_id, invoice_id) REFERENCES billing_books.invoice,
    CHECK ((started_by = 'buyer') = (provider_id IS NOT NULL)),
    CHECK (started_by = 'buyer' OR (red_reason IS NOT NULL AND amount IS NULL)),
    CHECK ((red_number IS NOT NULL) = (amount IS NOT NULL AND state = 'red_issued'))
);
CREATE UNIQUE INDEX red_confirmation_buyers ON billing_books.red_confirmation (provider_id) WHERE provider_id IS NOT NULL;
CREATE UNIQUE INDEX red_confirmation_red_number ON billing_books.red_confirmation (red_number) WHERE red_number IS NOT NULL;
CREATE UNIQUE INDEX red_confirmation_open ON billing_books.red_confirmation (account_id, invoice_id) WHERE state NOT IN ('red_issued', 'void', 'failed');
CREATE INDEX red_confirmation_waiting ON billing_books.red_confirmation (entered_at) WHERE state IN ('waiting_buyer', 'waiting_seller');
ALTER TABLE billing_books.gateway_call ADD FOREIGN KEY (account_id, confirmation_no) REFERENCES billing_books.red_confirmation;
COMMENT ON TABLE billing_books.red_confirmation IS 'Confirmations by which invoices are reversed (R17, docs/books-and-states.md 4.7). An invoice has one open at the most.';
COMMENT ON COLUMN billing_books.red_confirmation.account_id IS 'The account.';
COMMENT ON COLUMN billing_books.red_confirmation.confirmation_no IS 'Number of the confirmation within the account.';
COMMENT ON COLUMN billing_books.red_confirmation.invoice_id IS 'The invoice that it reverses.';
COMMENT ON COLUMN billing_books.red_confirmation.started_by IS 'seller: by reverse_invoice(), and of the whole invoice; buyer: at the bureau, seen in the provider''s list.';
COMMENT ON COLUMN billing_books.red_confirmation.provider_id IS 'Of one that the buyer began: the provider''s own number of it.';
COMMENT ON COLUMN billing_books.red_confirmation.amount IS 'What it reverses, where that is a part of the invoice; null: all of it.';
COMMENT ON COLUMN billing_books.red_confirmation.red_number IS 'Of one of a part: the number of its red invoice. That of a whole one stands on the invoice.';
COMMENT ON COLUMN billing_books.red_confirmation.state IS 'docs/books-and-states.md 4.7.';
COMMENT ON COLUMN billing_books.red_confirmation.red_reason IS 'The bureau''s code: 01 made out wrong, 02 returned, 03 service ended, 04 allowance; null: the buyer''s, and the provider has not said.';
COMMENT ON COLUMN billing_books.red_confirmation.answer IS 'What an operator has said to it; null: nothing.';
COMMENT ON COLUMN billing_books.red_confirmation.entered_at IS 'When the bureau entered it: it waits for 72 hours from then.';
COMMENT ON COLUMN billing_books.red_confirmation.bureau_number IS 'The bureau''s number of it.';
COMMENT ON COLUMN billing_books.red_confirmation.cause IS 'Why it failed, in the provider''s words.';
COMMENT ON COLUMN billing_books.red_confirmation.created_at IS 'When it was asked for, or seen.';
COMMENT ON COLUMN billing_books.red_confirmation.changed_at IS 'When its state last changed.';
COMMENT ON COLUMN billing_books.red_confirmation.reason IS 'Why, as who asked for it said.';
COMMENT ON COLUMN billing_books.red_confirmation.actor IS 'Who asked for it; gateway: it was seen.';
