CREATE TYPE billing.new_api_key AS (key_id bigint, api_key text, replayed boolean);
COMMENT ON TYPE billing.new_api_key IS 'Result of create_api_key(); api_key is shown this once, and null when the call is repeated: replayed is true then, and the key cannot be shown again; who has lost it makes another one.';

CREATE FUNCTION billing.create_api_key(account_id bigint, name text, kind text = 'payg', idempotency_key text = NULL) RETURNS billing.new_api_key
    LANGUAGE c AS 'MODULE_PATHNAME', 'billing_create_api_key';
COMMENT ON FUNCTION billing.create_api_key(bigint, text, text, text) IS 'Makes an API key, payg (sk-) or plan (tp-), and shows it this once; only its hash is kept. Errors: LB201, LB204, LB109. Example: SELECT * FROM billing.create_api_key(7, ''prod'').';

CREATE FUNCTION billing.delete_api_key(account_id bigint, key_id bigint) RETURNS boolean
    LANGUAGE c AS 'MODULE_PATHNAME', 'billing_delete_api_key';
COMMENT ON FUNCTION billing.delete_api_key(bigint, bigint) IS 'Deletes a key (R10): it cannot call from now on; usage that started before is charged even if reported later, later usage is rejected. Returns false where it was deleted already. Errors: LB201, LB206.';
