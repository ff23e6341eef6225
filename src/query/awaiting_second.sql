-- The rows of the view awaiting_second.
SELECT r.account_id, r.idempotency_key, r.function, r.amount::numeric, r.requested_at, r.requested_by, r.reason
FROM billing_books.approval_request AS r
WHERE r.withdrawn_at IS NULL AND NOT EXISTS (
    SELECT FROM billing_books.idempotent_call AS c
    WHERE c.account_id = r.account_id AND c.idempotency_key = r.idempotency_key
)
