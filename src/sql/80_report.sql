CREATE TYPE billing.balance_sums AS (cash numeric, bonus numeric, arrears numeric, balance numeric);
COMMENT ON TYPE billing.balance_sums IS 'Result of balance_at(): exact amounts in the account''s currency.';

CREATE TYPE billing.statement_line AS (
    entry_no bigint, recorded_at timestamptz, occurred_at timestamptz, source_type text, source text, debit text, credit text,
    lot_no bigint, amount numeric, balance_before numeric, balance_after numeric, cash numeric, bonus numeric, arrears numeric, actor text);
COMMENT ON TYPE billing.statement_line IS 'A line of statement(): one ledger entry, the balance before and after it, and what was then in cash, bonus and arrears. source: the request_id of a charge, else the number of its source.';

CREATE FUNCTION billing.balance_at(account_id bigint, at timestamptz) RETURNS billing.balance_sums
    LANGUAGE c STABLE AS 'MODULE_PATHNAME', 'billing_balance_at';
COMMENT ON FUNCTION billing.balance_at(bigint, timestamptz) IS 'What the account held at an instant, by recorded_at, without bonus that had expired by then. Reads the account''s whole ledger. Errors: LB201, LB105.';

CREATE FUNCTION billing.statement(account_id bigint, "from" timestamptz = NULL, "to" timestamptz = NULL) RETURNS SETOF billing.statement_line
    LANGUAGE c STABLE AS 'MODULE_PATHNAME', 'billing_statement';
COMMENT ON FUNCTION billing.statement(bigint, timestamptz, timestamptz) IS 'The account''s ledger entries recorded in [from, to), each with the balance before and after it; null: from the beginning, to the end. Errors: LB201, LB105.';
