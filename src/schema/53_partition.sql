CREATE TABLE billing_books.closed_month (
    month date PRIMARY KEY CHECK (month BETWEEN '2000-01-01' AND '9999-12-01'),
    ends_at timestamptz NOT NULL UNIQUE,
    partition_name text NOT NULL UNIQUE CHECK (octet_length(partition_name) < 64),
    closed_at timestamptz NOT NULL,
    events bigint NOT NULL,
    charge numeric NOT NULL
);
COMMENT ON TABLE billing_books.closed_month IS 'Months whose usage was summed up into usage_day and whose partition was detached, oldest first and without a gap. The partition stays in the schema as a table of its own: archive it, or drop it.';
COMMENT ON COLUMN billing_books.closed_month.month IS 'First day of the month (UTC).';
COMMENT ON COLUMN billing_books.closed_month.ends_at IS 'First instant of the next month.';
COMMENT ON COLUMN billing_books.closed_month.partition_name IS 'The table in schema billing that was its partition.';
COMMENT ON COLUMN billing_books.closed_month.closed_at IS 'When it was closed.';
COMMENT ON COLUMN billing_books.closed_month.events IS 'How many events it had.';
COMMENT ON COLUMN billing_books.closed_month.charge IS 'Sum of their charges, over both currencies.';
