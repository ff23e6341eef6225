CREATE FUNCTION billing.set_account_range(first_id bigint, last_id bigint, actor text = NULL, reason text = NULL) RETURNS boolean
    LANGUAGE c SET lock_timeout = '3s' AS 'MODULE_PATHNAME', 'billing_set_account_range';
COMMENT ON FUNCTION billing.set_account_range(bigint, bigint, text, text) IS 'Says which accounts are these books'', 1 to 2^62, where several databases share them out (docs/several-databases.md): others are refused (LB209), and ids that are made lie in it. False where it is so already. It waits for those who are making accounts. Errors: LB210 where there is an account outside. Example: SELECT billing.set_account_range(1000000001, 2000000000).';

CREATE FUNCTION billing.api_key_account(api_key text) RETURNS bigint
    LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'billing_api_key_account';
COMMENT ON FUNCTION billing.api_key_account(text) IS 'The account that a well-formed key names, from its text alone; null for any other text. It says nothing of whether there is such a key: authorize() does.';

CREATE FUNCTION billing.order_number_account(number text) RETURNS bigint
    LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'billing_order_number_account';
COMMENT ON FUNCTION billing.order_number_account(text) IS 'The account that the number of an order or refund names, as gateways know it (32 characters), from its text alone; null for any other text.';

CREATE FUNCTION billing.account_references(OUT kind text, OUT reference text, OUT account_id bigint) RETURNS SETOF record
    LANGUAGE c STABLE ROWS 1000 AS 'MODULE_PATHNAME', 'billing_account_references';
COMMENT ON FUNCTION billing.account_references() IS 'What these books have claimed and no other database may have: transactions of providers and banks (of payments that are not dismissed or moved), and the external_ref of accounts. The router compares them: billing_router.duplicate_references().';

CREATE FUNCTION billing.price_fingerprint() RETURNS text
    LANGUAGE c STABLE AS 'MODULE_PATHNAME', 'billing_price_fingerprint';
COMMENT ON FUNCTION billing.price_fingerprint() IS 'SHA-256 of the prices that stand, by their keys and amounts and not by price_id: equal in two databases that price alike. A line of status(), too.';
