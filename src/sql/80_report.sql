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

CREATE TYPE billing.journal_line AS (
    period timestamptz, currency text, debit text, credit text, source_type text, gateway text, entries bigint, amount numeric, tax_rate numeric, tax numeric);
COMMENT ON TYPE billing.journal_line IS 'A line of journal(): how many ledger entries of all accounts moved how much from the credited book to the debited one in a day or month that begins at period. gateway: where a book is gateway, which one. tax_rate, tax: what of amount is tax, half up to 0.01, where it is paid revenue (any but bonus, either way) and a seller is set; a period has a line for each rate. Else null.';

CREATE FUNCTION billing.journal("from" timestamptz = NULL, "to" timestamptz = NULL, by text = 'month', time_zone text = 'UTC') RETURNS SETOF billing.journal_line
    LANGUAGE c STABLE AS 'MODULE_PATHNAME', 'billing_journal';
COMMENT ON FUNCTION billing.journal(timestamptz, timestamptz, text, text) IS 'For accountants: the whole ledger summed up by day or month (by), whose edges are those of time_zone, of what counts in [from, to) (null: from the beginning, to the end), by currency, pair of books, source and gateway. Amounts include tax. Once the calls are over that began in a period, its lines stay as they are, but for the repair of an account''s clock. Reads the whole ledger. Errors: LB105, LB108. Example: SELECT * FROM billing.journal(billing.day_start(''2026-11-01'', ''Asia/Shanghai''), billing.day_start(''2026-12-01'', ''Asia/Shanghai''), time_zone => ''Asia/Shanghai'').';
