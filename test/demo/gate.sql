-- Another gateway asks about one key at a time, while others meter.
\set account random(1, 300)
SELECT api_key FROM demo.customer WHERE account_id = :account \gset
SELECT allowed, reason FROM billing.authorize(:api_key);
