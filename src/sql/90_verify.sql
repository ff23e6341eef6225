CREATE TYPE billing.discrepancy AS (check_name text, account_id bigint, detail text);
COMMENT ON TYPE billing.discrepancy IS 'A row of verify(): what does not agree; account_id is null where it is no account''s.';

CREATE FUNCTION billing.verify() RETURNS SETOF billing.discrepancy
    LANGUAGE c STABLE ROWS 1 AS 'MODULE_PATHNAME', 'billing_verify';
COMMENT ON FUNCTION billing.verify() IS 'Recomputes the books and returns a row per discrepancy, a missing or disabled guard included. No row is the only good answer. Of each check the first 1,000 are told, and then that there are more. Reads everything.';
CREATE FUNCTION billing.verify(account_id bigint) RETURNS SETOF billing.discrepancy
    LANGUAGE c STABLE ROWS 1 AS 'MODULE_PATHNAME', 'billing_verify_account';
COMMENT ON FUNCTION billing.verify(bigint) IS 'The same of one account, the house''s (-1, -2) too: all that can be told of it without looking at others. Reads its rows alone, by indexes. Example: SELECT * FROM billing.verify(1).';
