CREATE FUNCTION billing.grant_access(role name, level text) RETURNS void
    LANGUAGE c AS 'MODULE_PATHNAME', 'billing_grant_access';
COMMENT ON FUNCTION billing.grant_access(name, text) IS 'Gives a role the rights of a level: app (calls of an application), operator (all bookings, all reading), auditor (reading, verify). For a superuser (LB608). Errors: LB605, LB606.';
