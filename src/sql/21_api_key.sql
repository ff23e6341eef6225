CREATE TYPE billing.new_api_key AS (key_id bigint, api_key text, note text, replayed boolean);
COMMENT ON TYPE billing.new_api_key IS 'Result of create_api_key() and rotate_api_key(); api_key is shown this once. When the call is repeated it is null, replayed is true, and note says why and what to do.';

CREATE FUNCTION billing.create_api_key(account_id bigint, name text, kind text = 'payg', idempotency_key text = NULL, project text = NULL, expires_at timestamptz = NULL, models text[] = NULL) RETURNS billing.new_api_key
    LANGUAGE c AS 'MODULE_PATHNAME', 'billing_create_api_key';
COMMENT ON FUNCTION billing.create_api_key(bigint, text, text, text, text, timestamptz, text[]) IS 'Makes an API key, payg (sk-) or plan (tp-), and shows it this once; only its hash is kept. project: a label that groups keys, of 64 bytes at the most, copied onto their usage (null or empty: none). expires_at: it cannot call from then on (null or infinity: never). models: the only ones for which authorize() lets it call, 32 at the most (null or {}: all). Errors: LB201, LB204, LB104, LB109. Example: SELECT * FROM billing.create_api_key(7, ''prod'', project => ''shop'', expires_at => ''2027-01-01 00:00+08'').';

CREATE FUNCTION billing.update_api_key(account_id bigint, key_id bigint, name text = NULL, project text = NULL, expires_at timestamptz = NULL, models text[] = NULL, actor text = NULL, reason text = NULL) RETURNS boolean
    LANGUAGE c AS 'MODULE_PATHNAME', 'billing_update_api_key';
COMMENT ON FUNCTION billing.update_api_key(bigint, bigint, text, text, timestamptz, text[], text, text) IS 'Changes what is given of a key; null leaves it as it is. project: empty, none. expires_at: infinity, never; an instant that has passed is now. models: {}, all. False where nothing changes. Calls that started before keep the expiry that was set then, whenever they are reported (R10); usage recorded before keeps name and project. Errors: LB201, LB204, LB206, LB213. Example: SELECT billing.update_api_key(7, 1, project => ''shop'', expires_at => now() + interval ''90 days'').';

CREATE FUNCTION billing.rotate_api_key(account_id bigint, key_id bigint, idempotency_key text, grace interval = '24 hours', actor text = NULL, reason text = NULL) RETURNS billing.new_api_key
    LANGUAGE c AS 'MODULE_PATHNAME', 'billing_rotate_api_key';
COMMENT ON FUNCTION billing.rotate_api_key(bigint, bigint, text, interval, text, text) IS 'Gives a key a new secret, shown this once, under the same key_id. The secret that it had works for the grace period, of 0 to 720 hours; one that was replaced before works no more at once. Errors: LB201, LB204, LB206, LB213, LB104, LB109. Example: SELECT * FROM billing.rotate_api_key(7, 1, ''leaked 2026-11'', grace => ''0'').';

CREATE FUNCTION billing.delete_api_key(account_id bigint, key_id bigint) RETURNS boolean
    LANGUAGE c AS 'MODULE_PATHNAME', 'billing_delete_api_key';
COMMENT ON FUNCTION billing.delete_api_key(bigint, bigint) IS 'Deletes a key (R10): it cannot call from now on; usage that started before is charged even if reported later, later usage is rejected. Returns false where it was deleted already. Errors: LB201, LB206.';
