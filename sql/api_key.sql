-- API keys: shown once, kept as a hash, deleted for good (R10, design 5). Accounts 1100 to 1103.
SELECT count(billing.create_account(account_id, 'cn')) AS accounts FROM generate_series(1100, 1102) AS account_id;
-- sk- is pay-as-you-go, tp- a plan's; 59 characters that tell account, key and a checksum.
SELECT key_id, api_key FROM billing.create_api_key(1100, 'prod') \gset
SELECT key_id AS plan_id, api_key AS plan_key FROM billing.create_api_key(1100, 'plan', 'plan') \gset
SELECT :key_id AS key_id, :'api_key' ~ '^sk-[0-9a-hjkmnp-tv-z]{56}$' AS payg, :plan_id AS plan_id, :'plan_key' ~ '^tp-[0-9a-hjkmnp-tv-z]{56}$' AS plan;
SELECT key_id, kind, name, secret_hash = sha256(CASE kind WHEN 'payg' THEN :'api_key' ELSE :'plan_key' END::bytea) AS kept_as_hash, deleted_at FROM billing_books.api_key WHERE account_id = 1100 ORDER BY key_id;
-- The key's text is in no table.
SELECT count(*) AS leaks FROM billing_books.idempotent_call WHERE result::text ~ '(sk|tp)-[0-9a-z]{56}';
SELECT count(*) AS leaks FROM billing_books.audit_log AS a WHERE a::text ~ '(sk|tp)-[0-9a-z]{56}';
-- Two keys of one name are two keys; numbers are of the account.
SELECT key_id, api_key <> :'api_key' AS other FROM billing.create_api_key(1100, 'prod');
SELECT key_id FROM billing.create_api_key(1101, 'prod');

-- Repeated with its idempotency key: the same number, no text; with other arguments LB109.
SELECT key_id, api_key IS NOT NULL AS shown FROM billing.create_api_key(1101, 'staging', 'payg', 'make');
SELECT key_id, api_key IS NOT NULL AS shown FROM billing.create_api_key(1101, 'staging', 'payg', 'make');
SELECT test.attempt('SELECT billing.create_api_key(1101, ''staging'', ''plan'', ''make'')');
SELECT count(*) FROM billing_books.api_key WHERE account_id = 1101;

-- Deleting twice does nothing the second time; the row, its usage and its name stay; its number is not used again.
SELECT billing.delete_api_key(1101, 2);
SELECT billing.delete_api_key(1101, 2);
SELECT deleted_at >= created_at AS deleted, name FROM billing_books.api_key WHERE account_id = 1101 AND key_id = 2;
SELECT key_id FROM billing.create_api_key(1101, 'next');

-- Locked accounts may make keys, which then cannot call; closed ones may not.
SELECT billing.lock_account(1102);
SELECT api_key FROM billing.create_api_key(1102, 'prod') \gset
SELECT reason FROM billing.authorize(:'api_key');
SELECT billing.unlock_account(1102);
SELECT status FROM billing.close_account(1102, 'close');
SELECT test.attempt('SELECT billing.create_api_key(1102, ''late'')');
SELECT billing.delete_api_key(1102, 1);
SELECT * FROM billing.verify();

-- Usage stamped before its key was made, by more than clocks may differ, is of no call that was made (R10).
SET billing.clock_offset = '-1h';
SELECT billing.create_account(1198, 'cn');
SELECT count(billing.create_api_key(1198, 'first')) AS keys;
RESET billing.clock_offset;
SELECT count(billing.create_api_key(1198, 'second')) AS keys;
SELECT created_at AS made_at FROM billing_books.api_key WHERE account_id = 1198 AND key_id = 2 \gset
SELECT billing.set_price('api-key', 'CNY', 1, 0, effective_from => '2025-01-01 00:00+00') > 0 AS priced;
SELECT status FROM billing.charge(1198, 2, 'within', 'api-key', 1, 0, occurred_at => :'made_at'::timestamptz - interval '5 min');
SELECT test.attempt(format('SELECT billing.charge(1198, 2, ''before'', ''api-key'', 1, 0, occurred_at => %L)', :'made_at'::timestamptz - interval '5 min 0.000001 s'));
SELECT status FROM billing.charge(1198, 1, 'of the first', 'api-key', 1, 0, occurred_at => :'made_at'::timestamptz - interval '6 min');
SELECT billing.meter(1198, 2, 'before', 'api-key', 1, 0, occurred_at => :'made_at'::timestamptz - interval '6 min');
SELECT billing.settle(10000) >= 1 AS settled;
SELECT sqlstate, reason FROM billing_books.usage_set_aside WHERE account_id = 1198;
SELECT * FROM billing.verify();
