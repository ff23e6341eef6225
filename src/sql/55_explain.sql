CREATE TYPE billing.charge_line AS (
    item text, quantity bigint, price numeric, amount numeric, lot_no bigint, order_id bigint, entry_no bigint, detail text);
COMMENT ON TYPE billing.charge_line IS 'A line of quote() and explain_charge(): quantity: tokens, or units of a meter; price is per 1,000,000 tokens, of a meter as detail says; amount in the account''s currency.';

CREATE FUNCTION billing.quote(account_id bigint, model text, input_tokens bigint, output_tokens bigint, cache_read_tokens bigint = 0, cache_write_tokens bigint = 0, occurred_at timestamptz = NULL, variant text = NULL, meters json = NULL) RETURNS SETOF billing.charge_line
    LANGUAGE c STABLE ROWS 6 AS 'MODULE_PATHNAME', 'billing_quote';
COMMENT ON FUNCTION billing.quote(bigint, text, bigint, bigint, bigint, bigint, timestamptz, text, json) IS 'What a request would be charged, with the arithmetic: a dry run that stores nothing. Errors: LB404 no price, LB413 it has no item for a meter.';

CREATE FUNCTION billing.explain_charge(account_id bigint, request_id text, occurred_at timestamptz = NULL) RETURNS SETOF billing.charge_line
    LANGUAGE c STABLE ROWS 10 AS 'MODULE_PATHNAME', 'billing_explain_charge';
COMMENT ON FUNCTION billing.explain_charge(bigint, text, timestamptz) IS 'Price row, tokens x price line by line, the sum, the lots that paid and the orders they came from, and what was given back since. Of a charge that was re-rated: by its newest price, with what it was before, and what moved. The newest request of that id, or the one of that occurred_at. Errors: LB305.';
