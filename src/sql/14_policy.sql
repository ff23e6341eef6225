CREATE FUNCTION billing.policies(OUT name text, OUT type text, OUT currency text, OUT value text, OUT value_default text, OUT value_min text, OUT value_max text, OUT description text) RETURNS SETOF record
    LANGUAGE c STABLE ROWS 10 AS 'MODULE_PATHNAME', 'billing_policies';
COMMENT ON FUNCTION billing.policies() IS 'The rows of the view billing.policy.';

CREATE FUNCTION billing.set_policy(name text, value text, currency text = NULL, actor text = NULL, reason text = NULL) RETURNS void
    LANGUAGE c AS 'MODULE_PATHNAME', 'billing_set_policy';
COMMENT ON FUNCTION billing.set_policy(text, text, text, text, text) IS 'Sets a policy; value null: back to its default. Amounts are per currency. second_person_above only by the owner of the books (LB607). Errors: LB603 unknown policy, LB604 wrong type or out of bounds. Example: SELECT billing.set_policy(''block_at_zero'', ''on'').';

CREATE VIEW billing.policy AS
    SELECT p.name, p.type, p.currency, p.value, p.value_default, p.value_min, p.value_max, p.description
    FROM billing.policies() AS p;
COMMENT ON VIEW billing.policy IS 'Every policy: its value in force, default and bounds. Change one with set_policy().';
