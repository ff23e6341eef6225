CREATE TYPE billing.charge_result AS (status text, charge numeric, balance numeric, reason text, credits numeric);
COMMENT ON TYPE billing.charge_result IS 'Result of charge(): status is charged, duplicate, unpriced, rejected, free or plan; reason tells why nothing was charged; credits: what a plan key''s request drew of its plan.';

CREATE FUNCTION billing.charge(account_id bigint, key_id bigint, request_id text, model text, input_tokens bigint, output_tokens bigint, cache_read_tokens bigint = 0, cache_write_tokens bigint = 0, occurred_at timestamptz = NULL) RETURNS billing.charge_result
    LANGUAGE c AS 'MODULE_PATHNAME', 'billing_charge';
COMMENT ON FUNCTION billing.charge(bigint, bigint, text, text, bigint, bigint, bigint, bigint, timestamptz) IS 'Records a request and debits its charge now, exactly once per (account_id, request_id) within policy dedupe_window. Tokens: 0 to 200,000,000 per class, disjoint; occurred_at: start of the call (null: now). Never fails for lack of money. Errors: LB201, LB206, LB301 to LB304. Example: SELECT * FROM billing.charge(7, 1, ''req-1'', ''mimo-v2.5-pro'', 1434, 153, 700).';

CREATE FUNCTION billing.meter(account_id bigint, key_id bigint, request_id text, model text, input_tokens bigint, output_tokens bigint, cache_read_tokens bigint = 0, cache_write_tokens bigint = 0, occurred_at timestamptz = NULL) RETURNS text
    LANGUAGE c AS 'MODULE_PATHNAME', 'billing_meter';
COMMENT ON FUNCTION billing.meter(bigint, bigint, text, text, bigint, bigint, bigint, bigint, timestamptz) IS 'Appends a request to usage_inbox without waiting for the account and answers ''accepted''; the settler debits it within a second, by the same rules as charge() and once with it. Arguments and bounds as of charge(); what only the account can tell (unknown key, too old, another payload) is found out when it is settled, and set aside.';

CREATE FUNCTION billing.reject_usage(account_id bigint, request_id text, reason text, actor text = NULL, occurred_at timestamptz = NULL) RETURNS boolean
    LANGUAGE c AS 'MODULE_PATHNAME', 'billing_reject_usage';
COMMENT ON FUNCTION billing.reject_usage(bigint, text, text, text, timestamptz) IS 'Rejects usage that waits for a price it will never have, as of a mistyped model: it is final, costs nothing, and keeps neither the account nor its month open. The newest row of the id counts; occurred_at names an older one. reason is required and goes to the audit log. True; false where an operator rejected it before. Errors: LB310 where it does not wait for a price; LB305. Example: SELECT billing.reject_usage(account_id, request_id, ''model mistyped'') FROM billing_books.usage_event WHERE status = ''unpriced'' AND model = ''mino-v2'' ORDER BY account_id.';
