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
