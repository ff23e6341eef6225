CREATE TABLE billing.idempotent_call (
    account_id bigint NOT NULL,
    idempotency_key text NOT NULL,
    function text NOT NULL,
    request_hash bytea NOT NULL,
    recorded_at timestamptz NOT NULL,
    result jsonb NOT NULL,
    PRIMARY KEY (account_id, idempotency_key)
);
COMMENT ON TABLE billing.idempotent_call IS 'Calls that moved, promised or created something: repeating one returns its result and does nothing. Kept for ever.';

CREATE TABLE billing.approval_request (
    account_id bigint NOT NULL,
    idempotency_key text NOT NULL,
    function text NOT NULL,
    request_hash bytea NOT NULL,
    amount numeric(18,9) NOT NULL,
    requested_at timestamptz NOT NULL,
    requested_by text NOT NULL,
    requested_session_user text NOT NULL,
    reason text,
    PRIMARY KEY (account_id, idempotency_key)
);
COMMENT ON TABLE billing.approval_request IS 'Operators'' calls above policy second_person_above. The same call and key by another actor and session user carries one out; then idempotent_call has it too.';

CREATE TABLE billing.policy_setting (
    name text NOT NULL,
    currency text NOT NULL DEFAULT '' CHECK (currency IN ('', 'CNY', 'USD')),
    value bigint NOT NULL,
    PRIMARY KEY (name, currency)
);
COMMENT ON TABLE billing.policy_setting IS 'Policies that differ from their default: see the view policy; set them with set_policy().';
COMMENT ON COLUMN billing.policy_setting.value IS 'boolean: 0 or 1; interval: microseconds; timestamptz: microseconds since 2000-01-01 UTC; amount: 10^-9 of the currency.';

CREATE TABLE billing.access_grant (
    role_name name NOT NULL,
    access_level text NOT NULL CHECK (access_level IN ('app', 'operator', 'auditor')),
    PRIMARY KEY (role_name, access_level)
);
COMMENT ON TABLE billing.access_grant IS 'What grant_access() gave; applied again by migrate().';

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
