CREATE FUNCTION billing.record_offline_payment(account_id bigint, amount numeric, idempotency_key text, reference text, currency text = NULL, paid_at timestamptz = NULL, actor text = NULL, reason text = NULL) RETURNS billing.booking
    LANGUAGE c AS 'MODULE_PATHNAME', 'billing_record_offline_payment';
COMMENT ON FUNCTION billing.record_offline_payment(bigint, numeric, text, text, text, timestamptz, text, text) IS 'Books a bank transfer as a paid top-up order and credits it, arrears first; id is its order_id. amount: above zero, whole 0.01; reference: the bank''s own, which counts once over all accounts, and once more where its last booking was reversed; currency null: the account''s; paid_at null: now; not before the year 2000, not ahead of the clock by more than policy future_tolerance. Errors: LB501, LB508, LB509.';

CREATE FUNCTION billing.reverse_offline_payment(account_id bigint, order_id bigint, idempotency_key text, actor text = NULL, reason text = NULL) RETURNS billing.booking
    LANGUAGE c AS 'MODULE_PATHNAME', 'billing_reverse_offline_payment';
COMMENT ON FUNCTION billing.reverse_offline_payment(bigint, bigint, text, text, text) IS 'Takes an offline payment back whole that was booked by mistake (R22): from its lot first, the rest as arrears; lowers the cumulative top-up, sets no lock. id is its take_back_id. Errors: LB506, LB507.';
