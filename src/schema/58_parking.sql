CREATE TABLE billing_books.parking (
    parking_no bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    worker text NOT NULL CHECK (worker IN ('settler', 'gateway', 'clerk')),
    account_id bigint,
    parked_at timestamptz NOT NULL,
    unparked_at timestamptz,
    unparked_by text,
    unpark_reason text
);
CREATE UNIQUE INDEX parking_now ON billing_books.parking (worker, coalesce(account_id, 0)) WHERE unparked_at IS NULL;
COMMENT ON TABLE billing_books.parking IS 'What a background worker passes over, since the server crashed while it worked on it.';
COMMENT ON COLUMN billing_books.parking.parking_no IS 'Number of the row.';
COMMENT ON COLUMN billing_books.parking.worker IS 'settler, gateway or clerk.';
COMMENT ON COLUMN billing_books.parking.account_id IS 'The account; null: the worker itself, which is not started.';
COMMENT ON COLUMN billing_books.parking.parked_at IS 'When it was found out, after the crash.';
COMMENT ON COLUMN billing_books.parking.unparked_at IS 'When an operator let it go on, by unpark(); null: it is parked.';
COMMENT ON COLUMN billing_books.parking.unparked_by IS 'Who did.';
COMMENT ON COLUMN billing_books.parking.unpark_reason IS 'Why, as he said.';
