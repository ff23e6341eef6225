CREATE FUNCTION billing.grant_access(role name, level text) RETURNS void
    LANGUAGE c AS 'MODULE_PATHNAME', 'billing_grant_access';
COMMENT ON FUNCTION billing.grant_access(name, text) IS 'Gives a role the rights of a level: app (calls of an application), operator (all bookings, all reading), auditor (reading, verify), monitor (health and counts, nothing of a customer), notice (receive_notice() and nothing else). For a superuser (LB608). Errors: LB605, LB606.';

CREATE FUNCTION billing.revoke_access(role name) RETURNS void
    LANGUAGE c AS 'MODULE_PATHNAME', 'billing_revoke_access';
COMMENT ON FUNCTION billing.revoke_access(name) IS 'Takes from a role the rights of all levels, whoever gave them as their owner, and forgets them, so that migrate() does not give them again; also for a role that was dropped. What the role has through others stays. For a superuser (LB608). Errors: LB606.';
