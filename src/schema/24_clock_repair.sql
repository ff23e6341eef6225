CREATE TABLE billing_books.clock_repair (
    account_id bigint NOT NULL,
    repair_no bigint NOT NULL,
    last_entry_no bigint NOT NULL,
    booked_until timestamptz NOT NULL,
    corrected_at timestamptz NOT NULL,
    actor text NOT NULL CHECK (octet_length(actor) <= 200),
    reason text NOT NULL CHECK (octet_length(reason) <= 2000),
    PRIMARY KEY (account_id, repair_no)
);
COMMENT ON TABLE billing_books.clock_repair IS 'Accounts that had been booked by a clock that was ahead, and were taken back to the time (B&S 1.4). What was booked until then keeps its instant, and counts as of corrected_at where that is earlier: billing.counts_at().';
COMMENT ON COLUMN billing_books.clock_repair.account_id IS 'The account.';
COMMENT ON COLUMN billing_books.clock_repair.repair_no IS 'Number of the repair within the account.';
COMMENT ON COLUMN billing_books.clock_repair.last_entry_no IS 'Its newest ledger entry then; 0: it had none.';
COMMENT ON COLUMN billing_books.clock_repair.booked_until IS 'Its last_booked_at until then.';
COMMENT ON COLUMN billing_books.clock_repair.corrected_at IS 'When it was repaired: its last_booked_at from then on.';
COMMENT ON COLUMN billing_books.clock_repair.actor IS 'Who repaired it.';
COMMENT ON COLUMN billing_books.clock_repair.reason IS 'Why, as the actor said.';
