CREATE FUNCTION billing.retry_set_aside(set_aside_nos bigint[], reason text, actor text = NULL) RETURNS bigint
    LANGUAGE c AS 'MODULE_PATHNAME', 'billing_retry_set_aside';
COMMENT ON FUNCTION billing.retry_set_aside(bigint[], text, text) IS 'Meters rows again that were set aside, 10,000 at the most, each once; a row without occurred_at as of when it was set aside. Returns how many. Errors: LB311. Example: SELECT billing.retry_set_aside(array_agg(set_aside_no), ''partition made'') FROM billing_books.usage_set_aside WHERE handled_at IS NULL AND cause LIKE ''23514%''.';

CREATE FUNCTION billing.dismiss_set_aside(set_aside_nos bigint[], reason text, actor text = NULL) RETURNS bigint
    LANGUAGE c AS 'MODULE_PATHNAME', 'billing_dismiss_set_aside';
COMMENT ON FUNCTION billing.dismiss_set_aside(bigint[], text, text) IS 'Marks rows as handled that were set aside and will not be metered again, 10,000 at the most; they stay. Returns how many. Errors: LB311.';
