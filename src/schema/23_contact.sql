CREATE TABLE billing_books.contact_history (
    account_id bigint NOT NULL REFERENCES billing_books.account,
    contact_no bigint NOT NULL,
    replaced_at timestamptz NOT NULL,
    email text,
    mobile text,
    time_zone text NOT NULL,
    PRIMARY KEY (account_id, contact_no)
);
COMMENT ON TABLE billing_books.contact_history IS 'How an account was reached before: a row for each update_contact() that changed something. What holds stands in account_profile.';
COMMENT ON COLUMN billing_books.contact_history.account_id IS 'The account.';
COMMENT ON COLUMN billing_books.contact_history.contact_no IS 'Number of the change within the account, without gaps.';
COMMENT ON COLUMN billing_books.contact_history.replaced_at IS 'Booking instant of the change: what the row says held until then.';
COMMENT ON COLUMN billing_books.contact_history.email IS 'The e-mail address; null: none; erased by erase_contact().';
COMMENT ON COLUMN billing_books.contact_history.mobile IS 'The mobile number; null: none; erased by erase_contact().';
COMMENT ON COLUMN billing_books.contact_history.time_zone IS 'The time zone.';
