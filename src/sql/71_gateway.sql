CREATE FUNCTION billing.set_gateway(name text, provider text, region text, subject text, retired boolean = false, actor text = NULL, reason text = NULL) RETURNS void
    LANGUAGE c AS 'MODULE_PATHNAME', 'billing_set_gateway';
COMMENT ON FUNCTION billing.set_gateway(text, text, text, text, boolean, text, text) IS 'Sets up a merchant account at a payment gateway, or changes its subject, or retires it. name: small letters, digits and _, 40 at the most; its file in billing.secrets_dir is NAME.conf. provider: wechat or alipay; region: cn; both for life. subject: what payers read, 127 bytes at the most, without & = and /. A retired one takes no new orders; those there are are still asked for and refunded. Example: SELECT billing.set_gateway(''wechat_main'', ''wechat'', ''cn'', ''Example API credit''). Errors: LB105, LB512.';

CREATE FUNCTION billing.set_payment_method(method text, gateway text, product text, amount_min numeric = 0.01, amount_max numeric = 50000, enabled boolean = true, actor text = NULL, reason text = NULL) RETURNS void
    LANGUAGE c AS 'MODULE_PATHNAME', 'billing_set_payment_method';
COMMENT ON FUNCTION billing.set_payment_method(text, text, text, numeric, numeric, boolean, text, text) IS 'Offers customers a way of paying, or changes it: new orders by it go to that gateway. product: native or h5 (wechat), qr or page (alipay); amounts to pay in whole 0.01. Example: SELECT billing.set_payment_method(''wechat'', ''wechat_main'', ''native''). Errors: LB105, LB511.';

CREATE FUNCTION billing.payment_methods(account_id bigint) RETURNS TABLE (method text, pays_with text, amount_min numeric, amount_max numeric, payer_needs text, unavailable text)
    STABLE LANGUAGE c AS 'MODULE_PATHNAME', 'billing_payment_methods';
COMMENT ON FUNCTION billing.payment_methods(bigint) IS 'The ways of paying of an account''s region. pays_with: code (shown as a QR code) or url (the payer''s browser goes there); amounts to pay, beside policies topup_min and topup_max; payer_needs: the field of payer that create_topup() must be given, null: none; unavailable: disabled, retired, or gateway (it does not answer), null: it can be used. Errors: LB201.';
