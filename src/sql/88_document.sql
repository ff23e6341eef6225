CREATE FUNCTION billing.retry_document(account_id bigint, invoice_id bigint, actor text = NULL, reason text = NULL) RETURNS boolean
    LANGUAGE c AS 'MODULE_PATHNAME', 'billing_retry_document';
COMMENT ON FUNCTION billing.retry_document(bigint, bigint, text, text) IS 'Has the document of an overseas invoice or credit note drawn again, where that has failed (view attention says why). False where it is about to be drawn, or is there. Errors: LB545.';
