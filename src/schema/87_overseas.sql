CREATE TABLE billing_books.invoice_series (
    series text COLLATE "C" PRIMARY KEY,
    last_no bigint NOT NULL CHECK (last_no >= 0),
    last_issued_at timestamptz,
    epoch bigint
);
COMMENT ON TABLE billing_books.invoice_series IS 'How far the numbers of overseas invoices and credit notes are (R18). Its row is held by who gives numbers, so that a series has neither gaps nor two at a time.';
COMMENT ON COLUMN billing_books.invoice_series.series IS 'What its numbers begin with: the seller''s series, of credit notes with -CN behind it.';
COMMENT ON COLUMN billing_books.invoice_series.last_no IS 'The number that was given last; 0: none.';
COMMENT ON COLUMN billing_books.invoice_series.last_issued_at IS 'When that was; the next is never earlier.';
COMMENT ON COLUMN billing_books.invoice_series.epoch IS 'The epoch (arming) in which it gives numbers, null until the books are armed for the first time; in another one papers wait for release_numbers(), or a new series.';
