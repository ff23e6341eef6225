CREATE TYPE billing.booking AS (status text, id bigint, lot_no bigint, entry_no bigint, balance numeric);
COMMENT ON TYPE billing.booking IS 'Result of an operator''s booking: status booked or awaiting_second; id is the number of what was booked, entry_no the newest ledger entry, balance what is in the account then.';
