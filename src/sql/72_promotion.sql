CREATE FUNCTION billing.create_promotion(name text, region text, amount_min numeric, discount numeric = NULL, gift numeric = NULL, gift_days bigint = NULL, orders_max bigint = 1, ends_at timestamptz = NULL, actor text = NULL, reason text = NULL) RETURNS void
    LANGUAGE c AS 'MODULE_PATHNAME', 'billing_create_promotion';
COMMENT ON FUNCTION billing.create_promotion(text, text, numeric, numeric, numeric, bigint, bigint, timestamptz, text, text) IS 'Makes a promotion for top-ups (R19). region: cn or global; amount_min: smallest amount that it comes with; discount: how much less is paid (credited as bonus that does not expire), below amount_min; gift: bonus beyond the amount, which expires gift_days (1 to 3,650; null: 40) after it is credited; orders_max: how many orders of an account may use it, 1 to 1,000; ends_at null: until end_promotion(). Example: SELECT billing.create_promotion(''spring'', ''cn'', 100, discount => 10). Errors: LB514.';

CREATE FUNCTION billing.end_promotion(name text, actor text = NULL, reason text = NULL) RETURNS boolean
    LANGUAGE c AS 'MODULE_PATHNAME', 'billing_end_promotion';
COMMENT ON FUNCTION billing.end_promotion(text, text, text) IS 'Ends a promotion: new orders cannot use it; those there are keep what they promised. False where there is none, or it has ended.';
