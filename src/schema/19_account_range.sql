CREATE TABLE billing_books.account_range (
    range_no bigint PRIMARY KEY CHECK (range_no > 0),
    first_id bigint NOT NULL CHECK (first_id > 0),
    last_id bigint NOT NULL CHECK (last_id >= first_id AND last_id <= 4611686018427387904),
    set_at timestamptz NOT NULL,
    actor text NOT NULL,
    reason text
);
COMMENT ON TABLE billing_books.account_range IS 'Which accounts are these books'', where several databases share them out: the newest row counts, none means all. Set with set_account_range().';
COMMENT ON COLUMN billing_books.account_range.range_no IS 'Number of the row; the highest counts.';
COMMENT ON COLUMN billing_books.account_range.first_id IS 'The lowest account id of these books.';
COMMENT ON COLUMN billing_books.account_range.last_id IS 'The highest.';
COMMENT ON COLUMN billing_books.account_range.set_at IS 'When it was set.';
COMMENT ON COLUMN billing_books.account_range.actor IS 'Who set it.';
COMMENT ON COLUMN billing_books.account_range.reason IS 'Why.';
