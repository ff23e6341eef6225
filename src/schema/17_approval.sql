CREATE TABLE billing_books.approval_request (
    account_id bigint NOT NULL,
    idempotency_key text NOT NULL,
    function text NOT NULL,
    arguments_hash bytea NOT NULL,
    amount numeric(18,9) NOT NULL,
    requested_at timestamptz NOT NULL,
    requested_by text NOT NULL CHECK (octet_length(requested_by) <= 200),
    requested_session_user text NOT NULL,
    reason text CHECK (octet_length(reason) <= 2000),
    withdrawn_at timestamptz,
    withdrawn_by text,
    withdrawal_reason text,
    CHECK ((withdrawn_at IS NULL) = (withdrawn_by IS NULL)),
    PRIMARY KEY (account_id, idempotency_key)
);
COMMENT ON TABLE billing_books.approval_request IS 'Operators'' calls above policy second_person_above. The same call and key by another actor and session user carries one out; then idempotent_call has it too.';
COMMENT ON COLUMN billing_books.approval_request.account_id IS 'The account.';
COMMENT ON COLUMN billing_books.approval_request.idempotency_key IS 'The key under which the second person repeats the call.';
COMMENT ON COLUMN billing_books.approval_request.function IS 'The function that waits.';
COMMENT ON COLUMN billing_books.approval_request.arguments_hash IS 'SHA-256 of its other arguments, without actor and reason.';
COMMENT ON COLUMN billing_books.approval_request.amount IS 'The amount that made a second person necessary.';
COMMENT ON COLUMN billing_books.approval_request.requested_at IS 'When it was asked for.';
COMMENT ON COLUMN billing_books.approval_request.requested_by IS 'The actor who asked.';
COMMENT ON COLUMN billing_books.approval_request.requested_session_user IS 'The session user who asked.';
COMMENT ON COLUMN billing_books.approval_request.reason IS 'Why, as the actor said.';
COMMENT ON COLUMN billing_books.approval_request.withdrawn_at IS 'When it was withdrawn by withdraw_approval(); null where it was not.';
COMMENT ON COLUMN billing_books.approval_request.withdrawn_by IS 'The actor who withdrew it.';
COMMENT ON COLUMN billing_books.approval_request.withdrawal_reason IS 'Why, as the actor said.';
