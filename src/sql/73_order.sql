CREATE TYPE billing.topup AS (order_id bigint, state text, reason text, method text, currency text, amount numeric, pay_amount numeric, discount numeric, gift numeric, created_at timestamptz, expires_at timestamptz, paid_at timestamptz, pay_url text, pay_url_expires_at timestamptz, invoice_id bigint, replayed boolean);
COMMENT ON TYPE billing.topup IS 'An order of a top-up, or of a plan (subscribe()). state: created (the gateway has not answered yet), pending (it can be paid), expired, closing (its end is being checked at the gateway), closed, paid; reason: why it closed: expired, cancelled, locked, refused, unmatched (another amount arrived) or gateway. amount: what is credited, without gift; pay_amount: what is paid; pay_url: an address or the text of a QR code, null unless it can be paid with now. invoice_id: of its invoice overseas, see invoices(); null where it has none. replayed: of create_topup() and subscribe(), the order was placed before under this key; null of the other calls.';

CREATE FUNCTION billing.create_topup(account_id bigint, amount numeric, method text, idempotency_key text, promotion text = NULL, payer jsonb = NULL, return_url text = NULL) RETURNS billing.topup
    LANGUAGE c AS 'MODULE_PATHNAME', 'billing_create_topup';
COMMENT ON FUNCTION billing.create_topup(bigint, numeric, text, text, text, jsonb, text) IS 'Places an order to top an account up (R1, R4). amount: what is to be credited, whole 0.01, within policies topup_min and topup_max; method: one of payment_methods(). payer: an object of the texts client_ip, terminal, uid and email, as far as the method needs them; return_url: where a browser is sent back to. The gateway is called behind the commit: call again with the same key, or order_status(), for the pay URL. payer is no part of what a repeated call is compared by. Example: SELECT * FROM billing.create_topup(42, 100, ''wechat'', ''order-1''). Errors: LB104, LB201, LB204, LB511, LB513, LB514, LB515.';

CREATE FUNCTION billing.subscribe(account_id bigint, plan text, method text, idempotency_key text, replaces bigint = NULL, payer jsonb = NULL, return_url text = NULL) RETURNS billing.topup
    LANGUAGE c AS 'MODULE_PATHNAME', 'billing_subscribe';
COMMENT ON FUNCTION billing.subscribe(bigint, text, text, text, bigint, jsonb, text) IS 'Places an order for a Token Plan, or a quota pack (R3), at the price and terms of now. When it is paid, the period begins; while another runs, behind that and all that wait already. replaces: number of the running subscription, which the new one ends (an upgrade; its rest and its quota are given up). A pack is drawn beside the running period; paid after that has ended, its payment goes back. Never from the balance, never refundable once paid. Others as of create_topup(). Errors: LB207, LB511, LB513, LB515, LB540. Example: SELECT order_id, pay_url FROM billing.subscribe(7, ''lite'', ''wechat_native'', ''plan-1'').';

CREATE FUNCTION billing.order_status(account_id bigint, order_id bigint) RETURNS billing.topup
    STABLE LANGUAGE c AS 'MODULE_PATHNAME', 'billing_order_status';
COMMENT ON FUNCTION billing.order_status(bigint, bigint) IS 'An order as it is now; asks no gateway. Errors: LB506.';

CREATE FUNCTION billing.refresh_order(account_id bigint, order_id bigint) RETURNS billing.topup
    LANGUAGE c AS 'MODULE_PATHNAME', 'billing_refresh_order';
COMMENT ON FUNCTION billing.refresh_order(bigint, bigint) IS 'Has the gateway asked now what became of an open order, and a pay URL renewed that has less than a minute left; order_status() then shows it. At most once in 5 seconds. Errors: LB506, LB517.';

CREATE FUNCTION billing.cancel_order(account_id bigint, order_id bigint) RETURNS billing.topup
    LANGUAGE c AS 'MODULE_PATHNAME', 'billing_cancel_order';
COMMENT ON FUNCTION billing.cancel_order(bigint, bigint) IS 'Cancels an order: what is paid from now on goes back, what was paid before is credited. It closes once the gateway has closed it. One that has ended unpaid stays as it is. Errors: LB506, LB516 (it is paid).';
