CREATE TABLE billing.idempotent_call (
    account_id bigint NOT NULL,
    idempotency_key text NOT NULL,
    function text NOT NULL,
    arguments_hash bytea NOT NULL,
    recorded_at timestamptz NOT NULL,
    result jsonb NOT NULL,
    PRIMARY KEY (account_id, idempotency_key)
);
COMMENT ON TABLE billing.idempotent_call IS 'Calls that moved, promised or created something: repeating one returns its result and does nothing. Kept for ever.';
COMMENT ON COLUMN billing.idempotent_call.account_id IS 'The account.';
COMMENT ON COLUMN billing.idempotent_call.idempotency_key IS 'The caller''s key, unique per account over all functions.';
COMMENT ON COLUMN billing.idempotent_call.function IS 'The function that it was given to.';
COMMENT ON COLUMN billing.idempotent_call.arguments_hash IS 'SHA-256 of the other arguments, without actor and reason.';
COMMENT ON COLUMN billing.idempotent_call.recorded_at IS 'When the call was carried out.';
COMMENT ON COLUMN billing.idempotent_call.result IS 'What it returned, without an API key.';

CREATE TABLE billing.approval_request (
    account_id bigint NOT NULL,
    idempotency_key text NOT NULL,
    function text NOT NULL,
    arguments_hash bytea NOT NULL,
    amount numeric(18,9) NOT NULL,
    requested_at timestamptz NOT NULL,
    requested_by text NOT NULL,
    requested_session_user text NOT NULL,
    reason text,
    PRIMARY KEY (account_id, idempotency_key)
);
COMMENT ON TABLE billing.approval_request IS 'Operators'' calls above policy second_person_above. The same call and key by another actor and session user carries one out; then idempotent_call has it too.';
COMMENT ON COLUMN billing.approval_request.account_id IS 'The account.';
COMMENT ON COLUMN billing.approval_request.idempotency_key IS 'The key under which the second person repeats the call.';
COMMENT ON COLUMN billing.approval_request.function IS 'The function that waits.';
COMMENT ON COLUMN billing.approval_request.arguments_hash IS 'SHA-256 of its other arguments, without actor and reason.';
COMMENT ON COLUMN billing.approval_request.amount IS 'The amount that made a second person necessary.';
COMMENT ON COLUMN billing.approval_request.requested_at IS 'When it was asked for.';
COMMENT ON COLUMN billing.approval_request.requested_by IS 'The actor who asked.';
COMMENT ON COLUMN billing.approval_request.requested_session_user IS 'The session user who asked.';
COMMENT ON COLUMN billing.approval_request.reason IS 'Why, as the actor said.';

CREATE TABLE billing.policy_setting (
    name text NOT NULL,
    currency text NOT NULL DEFAULT '' CHECK (currency IN ('', 'CNY', 'USD')),
    value bigint NOT NULL,
    PRIMARY KEY (name, currency)
);
COMMENT ON TABLE billing.policy_setting IS 'Policies that differ from their default: see the view policy; set them with set_policy().';
COMMENT ON COLUMN billing.policy_setting.name IS 'The policy.';
COMMENT ON COLUMN billing.policy_setting.currency IS 'CNY or USD for amounts; empty for all else.';
COMMENT ON COLUMN billing.policy_setting.value IS 'boolean: 0 or 1; interval: microseconds; timestamptz: microseconds since 2000-01-01 UTC; amount: 10^-9 of the currency.';

CREATE TABLE billing.access_grant (
    role_name name NOT NULL,
    access_level text NOT NULL CHECK (access_level IN ('app', 'operator', 'auditor')),
    PRIMARY KEY (role_name, access_level)
);
COMMENT ON TABLE billing.access_grant IS 'What grant_access() gave; applied again by migrate().';
COMMENT ON COLUMN billing.access_grant.role_name IS 'The role.';
COMMENT ON COLUMN billing.access_grant.access_level IS 'app, operator or auditor.';

CREATE TABLE billing.audit_log (
    audit_no bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    recorded_at timestamptz NOT NULL,
    account_id bigint,
    action text NOT NULL,
    object text NOT NULL,
    old_value text,
    new_value text,
    actor text NOT NULL,
    session_user_name text NOT NULL,
    reason text
);
COMMENT ON TABLE billing.audit_log IS 'Operators'' actions and changes of policies, prices, locks and access: what, from, to, by whom, why. Append-only.';
COMMENT ON COLUMN billing.audit_log.audit_no IS 'Number of the line.';
COMMENT ON COLUMN billing.audit_log.recorded_at IS 'When it happened.';
COMMENT ON COLUMN billing.audit_log.account_id IS 'The account that it is about; null: none.';
COMMENT ON COLUMN billing.audit_log.action IS 'The function that was called.';
COMMENT ON COLUMN billing.audit_log.object IS 'What it acted on.';
COMMENT ON COLUMN billing.audit_log.old_value IS 'What was in force before; null: nothing.';
COMMENT ON COLUMN billing.audit_log.new_value IS 'What is in force or was moved since; null: the default again.';
COMMENT ON COLUMN billing.audit_log.actor IS 'Who did it, as the caller said.';
COMMENT ON COLUMN billing.audit_log.session_user_name IS 'The role that was logged in.';
COMMENT ON COLUMN billing.audit_log.reason IS 'Why, as the actor said.';
