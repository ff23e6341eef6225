CREATE FUNCTION billing.statement_csv(account_id bigint, "from" timestamptz, "to" timestamptz) RETURNS text
    LANGUAGE c STABLE AS 'MODULE_PATHNAME', 'billing_statement_csv';
COMMENT ON FUNCTION billing.statement_csv(bigint, timestamptz, timestamptz) IS 'The lines of statement() as CSV (RFC 4180) under a header, without who booked them: exact amounts, instants in the account''s time zone with its offset. A source that a spreadsheet would take for a formula has an apostrophe in front. from < to <= now, 366 days and 100,000 entries at the most. Reads the account''s whole ledger. Errors: LB104, LB201, LB570.';

CREATE TYPE billing.statement_request AS (statement_no bigint, state text, replayed boolean);
COMMENT ON TYPE billing.statement_request IS 'Result of request_statement(): rendering, as its document is now. replayed: the call was carried out before under this key, and nothing was done now.';

CREATE FUNCTION billing.request_statement(account_id bigint, "from" timestamptz, "to" timestamptz, idempotency_key text) RETURNS billing.statement_request
    LANGUAGE c AS 'MODULE_PATHNAME', 'billing_request_statement';
COMMENT ON FUNCTION billing.request_statement(bigint, timestamptz, timestamptz, text) IS 'Asks for the account''s statement of [from, to) as a PDF, in the account''s language and time zone, which the clerk draws within seconds: balances as the ledger has them, totals, and a line for each thing that changed the balance. Of more than 2,000 lines those of usage are summed by day. from < to <= now, 366 days and then 10,000 lines at the most. Reads the account''s whole ledger. Errors: LB104, LB201, LB570. Example: SELECT * FROM billing.request_statement(42, ''2026-10-01Z'', ''2026-11-01Z'', ''statement-2026-10'').';

CREATE FUNCTION billing.statement_document(account_id bigint, statement_no bigint) RETURNS bytea
    LANGUAGE c STABLE AS 'MODULE_PATHNAME', 'billing_statement_document';
COMMENT ON FUNCTION billing.statement_document(bigint, bigint) IS 'The PDF of a statement; null until it is drawn. Errors: LB571, LB572 where it cannot be, LB573 it was erased with the customer''s contact.';

CREATE TYPE billing.account_statement AS (statement_no bigint, period_from timestamptz, period_to timestamptz, opening numeric, closing numeric, requested_at timestamptz, state text);
COMMENT ON TYPE billing.account_statement IS 'A statement that was asked for. opening, closing: the balance when the period began and ended, as the ledger has it; state: of its document, rendering, ready or failed.';

CREATE FUNCTION billing.statements(account_id bigint) RETURNS SETOF billing.account_statement
    LANGUAGE c STABLE AS 'MODULE_PATHNAME', 'billing_statements';
COMMENT ON FUNCTION billing.statements(bigint) IS 'The statements that were asked for of an account, the newest first. Errors: LB201.';

CREATE FUNCTION billing.retry_statement(account_id bigint, statement_no bigint, actor text = NULL, reason text = NULL) RETURNS boolean
    LANGUAGE c AS 'MODULE_PATHNAME', 'billing_retry_statement';
COMMENT ON FUNCTION billing.retry_statement(bigint, bigint, text, text) IS 'Has a statement drawn again, where that has failed (view attention says why). False where it is about to be drawn, or is there. Errors: LB571.';
