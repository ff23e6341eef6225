CREATE TYPE billing.new_webhook AS (endpoint_id bigint, secret text, replayed boolean);
COMMENT ON TYPE billing.new_webhook IS 'Result of set_webhook() and rotate_webhook_secret(); secret is shown this once, and null when the call is repeated. replayed: the call was carried out before under this key, and nothing was done now.';

CREATE FUNCTION billing.set_webhook(account_id bigint, url text, events text[] = NULL, idempotency_key text = NULL) RETURNS billing.new_webhook
    LANGUAGE c AS 'MODULE_PATHNAME', 'billing_set_webhook';
COMMENT ON FUNCTION billing.set_webhook(bigint, text, text[], text) IS 'Has an account told by webhook, as Standard Webhooks say, and shows this once by which secret it is signed. url: https, port 443, a host with a name. events: of which; null: of all, those that come later too. At the most 16 per account. Needs webhook.conf in billing.secrets_dir. Errors: LB103, LB201, LB204, LB563. Example: SELECT * FROM billing.set_webhook(7, ''https://example.com/billing'', ''{topup_received,balance_low}'').';

CREATE FUNCTION billing.rotate_webhook_secret(account_id bigint, endpoint_id bigint, idempotency_key text = NULL) RETURNS billing.new_webhook
    LANGUAGE c AS 'MODULE_PATHNAME', 'billing_rotate_webhook_secret';
COMMENT ON FUNCTION billing.rotate_webhook_secret(bigint, bigint, text) IS 'Gives a webhook another secret, shown this once; for a day what is sent bears the signature of the one before, too. Errors: LB201, LB563, LB564.';

CREATE FUNCTION billing.delete_webhook(account_id bigint, endpoint_id bigint) RETURNS boolean
    LANGUAGE c AS 'MODULE_PATHNAME', 'billing_delete_webhook';
COMMENT ON FUNCTION billing.delete_webhook(bigint, bigint) IS 'Ends a webhook; what waits for it is dropped. Returns false where it was deleted already. Errors: LB201, LB564.';

CREATE FUNCTION billing.replay_webhook(account_id bigint, notification_no bigint) RETURNS void
    LANGUAGE c AS 'MODULE_PATHNAME', 'billing_replay_webhook';
COMMENT ON FUNCTION billing.replay_webhook(bigint, bigint) IS 'Has a webhook called again with a notification, under the same webhook-id. Errors: LB561, LB562 it is being sent.';

CREATE FUNCTION billing.webhooks(account_id bigint, OUT endpoint_id bigint, OUT url text, OUT events text[], OUT created_at timestamptz, OUT previous_until timestamptz) RETURNS SETOF record
    LANGUAGE c STABLE ROWS 10 AS 'MODULE_PATHNAME', 'billing_webhooks';
COMMENT ON FUNCTION billing.webhooks(bigint) IS 'An account''s webhooks: of which events (null: all), and until when the secret before the present one signs, too. Errors: LB201.';
