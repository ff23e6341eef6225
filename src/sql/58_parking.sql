CREATE FUNCTION billing.unpark(account_id bigint, reason text, actor text = NULL, worker text = 'settler') RETURNS boolean
    LANGUAGE c AS 'MODULE_PATHNAME', 'billing_unpark';
COMMENT ON FUNCTION billing.unpark(bigint, text, text, text) IS 'Lets a background worker go on with an account (null: go on at all) that it passes over because the server crashed while it worked on it: find out why it did first. False where it is not parked. Errors: LB108.';
