CREATE FUNCTION billing.reverse_charge(account_id bigint, request_id text, idempotency_key text, reason text = NULL, actor text = NULL, occurred_at timestamptz = NULL) RETURNS billing.booking
    LANGUAGE c AS 'MODULE_PATHNAME', 'billing_reverse_charge';
COMMENT ON FUNCTION billing.reverse_charge(bigint, text, text, text, text, timestamptz) IS 'Undoes a charge (R23): what is owed of it is lowered, what lots paid goes back to them, expired bonus expires again; a share that was written off is not given back. Errors: LB305, LB306, LB307.';
