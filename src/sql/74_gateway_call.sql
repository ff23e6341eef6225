CREATE FUNCTION billing.retry_gateway_call(account_id bigint, call_id bigint, actor text = NULL, reason text = NULL) RETURNS void
    LANGUAGE c AS 'MODULE_PATHNAME', 'billing_retry_gateway_call';
COMMENT ON FUNCTION billing.retry_gateway_call(bigint, bigint, text, text) IS 'Has a parked call sent again: one that was sent before is asked for first. Mend first what it was parked for. Errors: LB201, LB520.';

CREATE FUNCTION billing.retry_gateway_calls(gateway text, actor text = NULL, reason text = NULL) RETURNS bigint
    LANGUAGE c AS 'MODULE_PATHNAME', 'billing_retry_gateway_calls';
COMMENT ON FUNCTION billing.retry_gateway_calls(text, text, text) IS 'The same for all parked calls of a gateway, 1,000 at a time; returns how many. Accounts that somebody holds are passed over: call again until it returns 0. Errors: LB511.';

CREATE TYPE billing.payment_trace AS (what text, account_id bigint, id bigint, gateway text, number text, state text, amount numeric, at timestamptz, detail text);
COMMENT ON TYPE billing.payment_trace IS 'A row of find_payment(): an order, payment, call, notice, take-back, or ledger entry (state: debit / credit), with its number within the account.';

CREATE FUNCTION billing.find_payment(gateway text, number text) RETURNS SETOF billing.payment_trace
    STABLE LANGUAGE c AS 'MODULE_PATHNAME', 'billing_find_payment';
COMMENT ON FUNCTION billing.find_payment(text, text) IS 'All that is known under a number: ours of an order or a refund, or the gateway''s of a payment (or a bank''s reference): order, payments, calls, notices, entries, by time. gateway null: of any. Example: SELECT * FROM billing.find_payment(NULL, ''4200001234'').';
