CREATE FUNCTION billing.grant_bonus(account_id bigint, amount numeric, idempotency_key text, expires_at timestamptz = NULL, reason text = NULL, actor text = NULL) RETURNS billing.booking
    LANGUAGE c AS 'MODULE_PATHNAME', 'billing_grant_bonus';
COMMENT ON FUNCTION billing.grant_bonus(bigint, numeric, text, timestamptz, text, text) IS 'Gives bonus: above zero, at most 9 decimals, never refundable, never invoiceable; pays arrears first. expires_at null: never. Errors: LB104, LB106, LB107, LB109, LB204.';

CREATE FUNCTION billing.withdraw_bonus(account_id bigint, lot_no bigint, idempotency_key text, actor text = NULL, reason text = NULL) RETURNS billing.booking
    LANGUAGE c AS 'MODULE_PATHNAME', 'billing_withdraw_bonus';
COMMENT ON FUNCTION billing.withdraw_bonus(bigint, bigint, text, text, text) IS 'Takes a mistaken grant back: what is left of it. What was used is left to adjust(). Errors: LB503, LB504.';

CREATE FUNCTION billing.adjust(account_id bigint, amount numeric, idempotency_key text, expires_at timestamptz = NULL, actor text = NULL, reason text = NULL) RETURNS billing.booking
    LANGUAGE c AS 'MODULE_PATHNAME', 'billing_adjust';
COMMENT ON FUNCTION billing.adjust(bigint, numeric, text, timestamptz, text, text) IS 'An operator''s correction: above zero gives credit (as bonus, neither refundable nor invoiceable, with an expiry if given), below zero takes like a charge. At most 9 decimals. Errors: LB104, LB106.';

CREATE FUNCTION billing.write_off(account_id bigint, amount numeric, idempotency_key text, actor text = NULL, reason text = NULL) RETURNS billing.booking
    LANGUAGE c AS 'MODULE_PATHNAME', 'billing_write_off';
COMMENT ON FUNCTION billing.write_off(bigint, numeric, text, text, text) IS 'Gives up arrears: above zero, at most what is owed. Errors: LB505, LB107.';

CREATE FUNCTION billing.record_offline_payment(account_id bigint, amount numeric, idempotency_key text, reference text, currency text = NULL, paid_at timestamptz = NULL, actor text = NULL, reason text = NULL) RETURNS billing.booking
    LANGUAGE c AS 'MODULE_PATHNAME', 'billing_record_offline_payment';
COMMENT ON FUNCTION billing.record_offline_payment(bigint, numeric, text, text, text, timestamptz, text, text) IS 'Books a bank transfer as a paid top-up order and credits it, arrears first; id is its order_id. amount: above zero, whole 0.01; reference: the bank''s own, once per account; currency null: the account''s; paid_at null: now; not before the year 2000, not ahead of the clock by more than policy future_tolerance. Errors: LB501, LB508, LB509.';

CREATE FUNCTION billing.reverse_offline_payment(account_id bigint, order_id bigint, idempotency_key text, actor text = NULL, reason text = NULL) RETURNS billing.booking
    LANGUAGE c AS 'MODULE_PATHNAME', 'billing_reverse_offline_payment';
COMMENT ON FUNCTION billing.reverse_offline_payment(bigint, bigint, text, text, text) IS 'Takes an offline payment back whole that was booked by mistake (R22): from its lot first, the rest as arrears; lowers the cumulative top-up, sets no lock. id is its take_back_id. Errors: LB506, LB507.';
