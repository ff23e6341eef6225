CREATE TABLE billing_books.audit_log (
    audit_no bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    recorded_at timestamptz NOT NULL,
    account_id bigint,
    action text NOT NULL CHECK (octet_length(action) <= 200),
    object text NOT NULL CHECK (octet_length(object) <= 4194304),
    old_value text CHECK (octet_length(old_value) <= 4194304),
    new_value text CHECK (octet_length(new_value) <= 4194304),
    actor text NOT NULL CHECK (octet_length(actor) <= 200),
    session_user_name text NOT NULL CHECK (octet_length(session_user_name) <= 200),
    reason text CHECK (octet_length(reason) <= 2000)
);
CREATE INDEX audit_log_of_account ON billing_books.audit_log (account_id) WHERE account_id IS NOT NULL;
COMMENT ON TABLE billing_books.audit_log IS 'Operators'' actions and changes of policies, prices, locks and access: what, from, to, by whom, why. Append-only.';
COMMENT ON COLUMN billing_books.audit_log.audit_no IS 'Number of the line.';
COMMENT ON COLUMN billing_books.audit_log.recorded_at IS 'When it happened.';
COMMENT ON COLUMN billing_books.audit_log.account_id IS 'The account that it is about; null: none.';
COMMENT ON COLUMN billing_books.audit_log.action IS 'The function that was called.';
COMMENT ON COLUMN billing_books.audit_log.object IS 'What it acted on.';
COMMENT ON COLUMN billing_books.audit_log.old_value IS 'What was in force before; null: nothing.';
COMMENT ON COLUMN billing_books.audit_log.new_value IS 'What is in force or was moved since; null: the default again.';
COMMENT ON COLUMN billing_books.audit_log.actor IS 'Who did it, as the caller said.';
COMMENT ON COLUMN billing_books.audit_log.session_user_name IS 'The role that was logged in.';
COMMENT ON COLUMN billing_books.audit_log.reason IS 'Why, as the actor said.';
