CREATE TABLE billing_books.arming (
    arming_no bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    epoch bigint NOT NULL,
    token text NOT NULL,
    armed_at timestamptz NOT NULL,
    armed_by text NOT NULL,
    login text NOT NULL,
    books_until timestamptz NOT NULL,
    disarmed_at timestamptz,
    disarmed_by text
);
COMMENT ON TABLE billing_books.arming IS 'When gateways could be called from these books: the newest row counts, and only where the file in billing.secrets_dir says the same.';
COMMENT ON COLUMN billing_books.arming.arming_no IS 'Number of the row.';
COMMENT ON COLUMN billing_books.arming.epoch IS '40 random bits, part of every number that a gateway gets to know from now on.';
COMMENT ON COLUMN billing_books.arming.token IS 'What the file says, with the device and inode that it has.';
COMMENT ON COLUMN billing_books.arming.armed_at IS 'When arm() was called.';
COMMENT ON COLUMN billing_books.arming.armed_by IS 'By whom, as he said.';
COMMENT ON COLUMN billing_books.arming.login IS 'Who was logged in.';
COMMENT ON COLUMN billing_books.arming.books_until IS 'When a gateway last answered these books, or at an arming before whose refunds were not released yet: bills from that day on show what a restore forgot.';
COMMENT ON COLUMN billing_books.arming.disarmed_at IS 'When disarm() was called; null: not yet.';
COMMENT ON COLUMN billing_books.arming.disarmed_by IS 'By whom.';
