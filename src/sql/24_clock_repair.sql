-- The one place that says as of when something counts: a set of one row, so that the planner puts its text into the query that asks. IN looks into a hash
-- table, which is empty where nobody was repaired: EXISTS would ask the index for each row.
CREATE FUNCTION billing.counts_at(account_id bigint, entry_no bigint, recorded_at timestamptz) RETURNS TABLE (counts_at timestamptz)
    LANGUAGE sql STABLE PARALLEL SAFE ROWS 1
    AS $$
        SELECT CASE WHEN $1 IN (SELECT r.account_id FROM billing_books.clock_repair AS r)
                    THEN least($3, (SELECT min(r.corrected_at)
                                    FROM billing_books.clock_repair AS r
                                    WHERE r.account_id = $1 AND CASE WHEN $2 IS NULL THEN $3 <= r.booked_until ELSE $2 <= r.last_entry_no END))
                    ELSE $3 END
    $$;
COMMENT ON FUNCTION billing.counts_at(bigint, bigint, timestamptz) IS 'As of when it counts what an account booked at recorded_at: then, or when the account''s clock was repaired, if that was earlier and it had been booked before (B&S 1.4). entry_no: its ledger entry, the first one of usage; null: what has none goes by its instant. One row. Example: SELECT e.entry_no, c.counts_at FROM billing_books.ledger_entry AS e CROSS JOIN LATERAL billing.counts_at(e.account_id, e.entry_no, e.recorded_at) AS c WHERE e.account_id = 7.';

CREATE TYPE billing.clock_repair AS (last_entry_no bigint, booked_until timestamptz, corrected_at timestamptz, bonus numeric);
COMMENT ON TYPE billing.clock_repair IS 'What repair_clock() did: the newest ledger entry that it is about (0: the account has none), how far the account was ahead, the time that it was taken back to, and bonus that came back since it had not expired by then.';

CREATE FUNCTION billing.repair_clock(account_id bigint, reason text, actor text = NULL) RETURNS billing.clock_repair
    LANGUAGE c AS 'MODULE_PATHNAME', 'billing_repair_clock';
COMMENT ON FUNCTION billing.repair_clock(bigint, text, text) IS 'Takes an account that was booked by a clock that was ahead (LB621) back to the time now. What was booked stays as it is, and counts as of now in reports and balances; bonus that expired too early comes back (B&S 1.4). Look at the clock first: docs/operating.md. For a superuser (LB608). Errors: LB101 no reason, LB201, LB620 the clock is not believed, LB627 the account is not ahead, LB629 a month is closed. Example: SELECT * FROM billing.repair_clock(7, ''booked while NTP was off, 50 days ahead'').';
