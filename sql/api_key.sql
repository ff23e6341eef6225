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
SELECT * FROM test.verify();

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
SELECT * FROM test.verify();

-- What a key says beside its name (R10): a project, when it expires, the models that it may call. Accounts 1103 to 1106.
SELECT count(billing.create_account(account_id, 'cn')) AS accounts FROM generate_series(1103, 1106) AS account_id;
SELECT api_key FROM billing.create_api_key(1103, 'prod', 'payg', 'first', 'shop', '2100-01-01 00:00+00', '{m2,api-key,m2}') \gset
SELECT api_key FROM billing.create_api_key(1103, 'plain') \gset plain_
SELECT name, project, models, expires_at > created_at AS expires, expiry_set_at, version_no FROM billing_books.api_key WHERE account_id = 1103 ORDER BY key_id;
-- Repeated, no key: a note says why, and what to do.
SELECT key_id, api_key, note FROM billing.create_api_key(1103, 'prod', 'payg', 'first', 'shop', '2100-01-01 00:00+00', '{m2,api-key,m2}');
SELECT test.attempt('SELECT billing.create_api_key(1103, ''prod'', ''payg'', ''first'', ''other'', ''2100-01-01 00:00+00'', ''{m2,api-key,m2}'')');
SELECT api_key ~ '^sk-' AS shown, note FROM billing.create_api_key(1103, 'once', 'payg', 'once');
-- One that could never call is a mistake.
SELECT test.attempt(format('SELECT billing.create_api_key(1103, ''x'', expires_at => %L)', '2025-01-01 00:00+00'));
SELECT count(key_id) FROM billing.create_api_key(1103, 'for ever', expires_at => 'infinity', models => '{}', project => '');
SELECT name, project, models, expires_at FROM billing_books.api_key WHERE account_id = 1103 AND key_id = 4;

-- Changes: what is given; null leaves a thing as it is. Nothing new is nothing done.
SELECT billing.update_api_key(1103, 2) AS nothing, billing.update_api_key(1103, 2, 'plain', '') AS same, billing.update_api_key(1103, 2, expires_at => 'infinity', models => '{}') AS "same again";
SELECT billing.update_api_key(1103, 2, 'renamed', 'shop', actor => 'me', reason => 'order') AS renamed;
SELECT billing.update_api_key(1103, 2, expires_at => '2100-01-01 00:00+00', models => '{z,a,z}') AS restricted;
SELECT billing.update_api_key(1103, 2, models => '{a,z}') AS same, billing.update_api_key(1103, 2, project => '') AS "no project", billing.update_api_key(1103, 2, expires_at => 'infinity', models => '{}') AS free;
SELECT version_no, name, project, models, expires_at, actor = session_user AS by_me, reason, set_at > lag(set_at) OVER (ORDER BY version_no) AS later FROM billing_books.api_key_version WHERE account_id = 1103 AND key_id = 2 ORDER BY version_no;
SELECT action, object, actor = session_user AS by_me, reason FROM billing_books.audit_log WHERE account_id = 1103 AND action = 'update_api_key' ORDER BY audit_no;
SELECT billing.delete_api_key(1103, 4);
SELECT call, test.attempt('SELECT billing.' || call) AS outcome FROM (VALUES ('update_api_key(1103, 4, ''x'')'), ('rotate_api_key(1103, 4, ''x'')'), ('update_api_key(1102, 1, ''x'')'), ('rotate_api_key(1102, 1, ''x'')'), ('update_api_key(1103, 99, ''x'')')) AS c (call);

-- Models are asked for at the gate alone, last of all; no model, no question. A name is one, to the letter.
SELECT left(m, 10) AS model, a.allowed, a.reason, a.retryable FROM unnest(ARRAY[NULL, 'api-key', 'm2', 'M2', 'other', '', repeat('x', 100000)]) WITH ORDINALITY AS m (m, n), billing.authorize(:'api_key', m) AS a ORDER BY n;
SELECT allowed, reason FROM billing.authorize(:'plain_api_key', 'other');
SELECT status FROM billing.adjust(1103, -1, 'below');
SELECT reason FROM billing.authorize(:'api_key', 'other');
SELECT status FROM billing.adjust(1103, 3, 'above');
SELECT billing.set_price('other', 'CNY', 1, 0, effective_from => '2025-01-01 00:00+00') > 0 AS priced;
SELECT status FROM billing.charge(1103, 1, 'of a model that is not allowed', 'other', 1, 0);
-- The longest list that there is stands in the row itself.
SELECT billing.update_api_key(1103, 2, repeat('n', 200), repeat('p', 64), models => ARRAY(SELECT string_agg(md5(m || ' ' || n), '' ORDER BY n) || 'abcdefgh' FROM generate_series(1, 32) AS m, generate_series(1, 6) AS n GROUP BY m)) AS changed;
SELECT allowed FROM billing_books.api_key AS k, billing.authorize(:'plain_api_key', k.models[32]) WHERE k.account_id = 1103 AND k.key_id = 2;
SELECT pg_relation_size(reltoastrelid) AS toasted FROM pg_class WHERE oid = 'billing_books.api_key'::regclass;

-- By number, for who checks secrets himself: the same answers.
SELECT a = b AS same, b.allowed, b.reason FROM billing.authorize(:'api_key', 'other') AS a, billing.authorize(1103, 1, 'other') AS b;
SELECT a = b AS same, b.allowed, b.reason FROM billing.authorize(:'api_key') AS a, billing.authorize(1103, 1) AS b;
SELECT what, a.* FROM (VALUES ('no such key', 1103, 99), ('no such account', 777777, 1), ('the house', -1, 1), ('a deleted key', 1103, 4), ('no account', NULL, 1), ('no key', 1103, NULL),
    ('the first', -9223372036854775808, 1), ('the last', 9223372036854775807, 9223372036854775807)) AS t (what, account_id, key_id), billing.authorize(account_id::bigint, key_id::bigint, 'm') AS a;

-- Expiry (R10). The clock is set, so that edges are met exactly.
CREATE FUNCTION pg_temp.at(minutes int) RETURNS timestamptz LANGUAGE sql AS $$ SELECT date_trunc('hour', now()) + minutes * interval '1 min' $$;
SELECT pg_temp.at(180) AS noon \gset
CREATE FUNCTION pg_temp.travel(to_instant timestamptz) RETURNS void LANGUAGE sql AS $$
    SELECT set_config('billing.clock_offset', ceil(extract(epoch FROM to_instant - clock_timestamp()))::bigint || 's', false)
$$;
SELECT pg_temp.travel(:'noon'::timestamptz - interval '30 min');
SELECT api_key AS key, key_id FROM billing.create_api_key(1104, 'expiring', expires_at => :'noon') \gset expiring_
SELECT allowed, reason FROM billing.authorize(:'expiring_key');
SELECT what, status, reason FROM (VALUES ('just before', interval '-1 us'), ('at', '0')) AS c (what, distance), pg_temp.travel(:'noon'::timestamptz + interval '1 min') AS t,
    billing.charge(1104, 1, what, 'api-key', 1, 0, occurred_at => :'noon'::timestamptz + distance);
SELECT allowed, reason, retryable, balance FROM billing.authorize(:'expiring_key');
SELECT allowed, reason FROM billing.authorize(1104, 1, 'm');
SELECT billing.meter(1104, 1, 'metered just before', 'api-key', 1, 0, occurred_at => :'noon'::timestamptz - interval '1 us'), billing.meter(1104, 1, 'metered at', 'api-key', 1, 0, occurred_at => :'noon');
SELECT billing.settle(10000) >= 2 AS settled;
SELECT request_id, status, reason FROM billing_books.usage_event WHERE account_id = 1104 ORDER BY occurred_at, request_id;
SELECT * FROM test.verify();

-- The worked example of R10: expires at 12:00; at 12:30 the expiry is moved to 14:00, at 13:00 to 11:00, which has passed: now. Each call is judged
-- by what was set when it started, whenever it is reported.
SELECT pg_temp.travel(:'noon'::timestamptz - interval '30 min');
SELECT key_id FROM billing.create_api_key(1105, 'example', expires_at => :'noon');
SELECT pg_temp.travel(:'noon'::timestamptz - interval '2 min');
-- Recorded before the changes; one is stamped two minutes ahead by its caller's clock.
SELECT status, reason FROM billing.charge(1105, 1, '11:58', 'api-key', 1, 0);
SELECT status, reason FROM billing.charge(1105, 1, '12:00:30 told at 11:58', 'api-key', 1, 0, occurred_at => :'noon'::timestamptz + interval '30 s');
SELECT pg_temp.travel(:'noon'::timestamptz + interval '30 min');
SELECT billing.update_api_key(1105, 1, expires_at => :'noon'::timestamptz + interval '2 h') AS later;
SELECT status, reason FROM billing.charge(1105, 1, '12:34 told at 12:30', 'api-key', 1, 0, occurred_at => :'noon'::timestamptz + interval '34 min');
SELECT pg_temp.travel(:'noon'::timestamptz + interval '1 h');
SELECT billing.meter(1105, 1, '13:00 metered', 'api-key', 1, 0, occurred_at => :'noon'::timestamptz + interval '1 h' - interval '1 s');
SELECT status, reason FROM billing.charge(1105, 1, '13:03 told at 13:00', 'api-key', 1, 0, occurred_at => :'noon'::timestamptz + interval '63 min');
SELECT billing.update_api_key(1105, 1, expires_at => :'noon'::timestamptz - interval '1 h') AS passed, billing.update_api_key(1105, 1, expires_at => :'noon'::timestamptz - interval '2 h') AS again;
SELECT status, reason FROM billing.charge(1105, 1, '13:04 told at 13:01', 'api-key', 1, 0, occurred_at => :'noon'::timestamptz + interval '64 min');
SELECT pg_temp.travel(:'noon'::timestamptz + interval '5 h');
SELECT what, status, reason FROM (VALUES ('11:59', interval '-1 min'), ('12:00', '0'), ('12:29', '29 min'), ('12:31', '31 min'), ('12:59', '59 min'), ('13:01', '61 min'), ('14:00', '2 h')) AS c (what, distance),
    billing.charge(1105, 1, what || ' told at 17:00', 'api-key', 1, 0, occurred_at => :'noon'::timestamptz + distance);
SELECT billing.settle(10000) >= 1 AS settled;
SELECT request_id, status, reason FROM billing_books.usage_event WHERE account_id = 1105 ORDER BY occurred_at, request_id;
SELECT version_no, date_trunc('minute', set_at) - :'noon' AS set_at, date_trunc('minute', expires_at) - :'noon' AS expires_at, expires_at >= set_at AS to_come FROM billing_books.api_key_version WHERE account_id = 1105 ORDER BY version_no;
SELECT * FROM test.verify();
RESET billing.clock_offset;
-- Where the books are ahead of the clock, an expiry of now, or of before, refuses at once all the same, also of a key that is to expire before that; and once only.
SELECT billing.create_account(1119, 'cn') IS NOT NULL AS made;
SELECT api_key AS key FROM billing.create_api_key(1119, 'now') \gset now_
SELECT api_key AS key FROM billing.create_api_key(1119, 'soon', expires_at => clock_timestamp() + interval '10 min') \gset soon_
SELECT billing.set_policy('clock_jump', '1 day');
SET billing.clock_offset = '1800s';
SELECT status FROM billing.charge(1119, 1, 'ahead', 'api-key', 1, 0);
RESET billing.clock_offset;
SELECT a.reason AS now, b.reason AS soon FROM billing.authorize(:'now_key') AS a, billing.authorize(:'soon_key') AS b;
SELECT billing.update_api_key(1119, key_id, expires_at => clock_timestamp()) AS changed, billing.update_api_key(1119, key_id, expires_at => clock_timestamp() - interval '1 min') AS again FROM generate_series(1, 2) AS key_id;
SELECT a.reason AS now, b.reason AS soon, c.reason AS by_number FROM billing.authorize(:'now_key') AS a, billing.authorize(:'soon_key') AS b, billing.authorize(1119, 1) AS c;
SELECT billing.update_api_key(1119, 1, expires_at => 'infinity') AS open;
SELECT billing.set_policy('clock_jump', NULL);
SELECT reason FROM billing.authorize(:'now_key');
SELECT * FROM test.verify();

-- Rotation: another secret of the same key; the one before works until the grace period ends, the one before that no more at once.
SELECT api_key FROM billing.create_api_key(1106, 'rotated') \gset a_
SELECT key_id, api_key, note FROM billing.rotate_api_key(1106, 1, 'one', reason => 'leaked') \gset b_
SELECT :b_key_id AS key_id, :'a_api_key' <> :'b_api_key' AS other, :'b_note' AS note;
SELECT key_id, api_key, note FROM billing.rotate_api_key(1106, 1, 'one', reason => 'leaked');
SELECT key_id FROM billing.rotate_api_key(1106, 1, 'one', actor => 'another') AS replayed;
SELECT test.attempt('SELECT billing.rotate_api_key(1106, 1, ''one'', ''1 hour'')');
SELECT a.allowed AS old, b.allowed AS new, a.key_id = b.key_id AS same FROM billing.authorize(:'a_api_key') AS a, billing.authorize(:'b_api_key') AS b;
SET billing.clock_offset = '86390s';
SELECT a.allowed AS old, b.allowed AS new FROM billing.authorize(:'a_api_key') AS a, billing.authorize(:'b_api_key') AS b;
SET billing.clock_offset = '86401s';
SELECT a.allowed AS old, a.reason, b.allowed AS new FROM billing.authorize(:'a_api_key') AS a, billing.authorize(:'b_api_key') AS b;
RESET billing.clock_offset;
SELECT api_key FROM billing.rotate_api_key(1106, 1, 'two') \gset c_
SELECT a.reason AS oldest, b.allowed AS old, c.allowed AS new FROM billing.authorize(:'a_api_key') AS a, billing.authorize(:'b_api_key') AS b, billing.authorize(:'c_api_key') AS c;
SELECT api_key FROM billing.rotate_api_key(1106, 1, 'three', '0') \gset d_
SELECT b.reason AS older, c.reason AS old, d.allowed AS new FROM billing.authorize(:'b_api_key') AS b, billing.authorize(:'c_api_key') AS c, billing.authorize(:'d_api_key') AS d;
SELECT version_no, secret_hash = sha256(k::bytea) AS is_its_secret, old_secret_until - set_at AS grace, actor = session_user AS by_me, reason
FROM billing_books.api_key_version, LATERAL (SELECT (ARRAY[:'a_api_key', :'b_api_key', :'c_api_key', :'d_api_key'])[version_no] AS k) AS s WHERE account_id = 1106 ORDER BY version_no;
SELECT sum((t::text ~ '(sk|tp)-[0-9a-z]{56}')::int) AS leaks FROM (SELECT v::text FROM billing_books.api_key_version AS v UNION ALL SELECT k::text FROM billing_books.api_key AS k UNION ALL SELECT i.result::text FROM billing_books.idempotent_call AS i UNION ALL SELECT l::text FROM billing_books.audit_log AS l) AS t (t);
SELECT billing.delete_api_key(1106, 1);
SELECT c.reason AS old, d.reason AS new FROM billing.authorize(:'c_api_key') AS c, billing.authorize(:'d_api_key') AS d;
SELECT * FROM test.verify();

-- Usage bears the project that its key had when it was recorded, whenever it started; it is nothing of the payload. Account 1107.
SELECT billing.create_account(1107, 'cn');
SELECT key_id, billing.record_offline_payment(1107, 1, 'pay', '1107 bank') IS NOT NULL AS paid FROM billing.create_api_key(1107, 'one');
SELECT key_id FROM billing.create_api_key(1107, 'two', project => 'shop');
SELECT status FROM billing.charge(1107, 1, 'none', 'api-key', 1000, 0);
SELECT status FROM billing.charge(1107, 2, 'shop', 'api-key', 2000, 0);
SELECT billing.update_api_key(1107, 1, 'uno', 'lab') AS moved;
SELECT status FROM billing.charge(1107, 1, 'lab', 'api-key', 4000, 0, occurred_at => (SELECT created_at FROM billing_books.api_key WHERE account_id = 1107 AND key_id = 1));
SELECT status FROM billing.charge(1107, 1, 'none', 'api-key', 1000, 0);
SELECT billing.meter(1107, 1, 'metered', 'api-key', 8000, 0), billing.meter(1107, 2, 'metered by two', 'api-key', 16000, 0);
SELECT billing.settle(10000) >= 2 AS settled;
SELECT status FROM billing.charge(1107, 1, 'of no price', 'api-key-later', 32000, 0);
SELECT billing.update_api_key(1107, 1, project => 'shop') AS moved, billing.set_price('api-key-later', 'CNY', 1, 0, effective_from => '2025-01-01 00:00+00') > 0 AS priced;
SELECT billing.settle(10000) >= 1 AS settled;
SELECT status FROM billing.reverse_charge(1107, 'lab', 'back');
SELECT request_id, key_name, project, status, charge FROM billing_books.usage_event WHERE account_id = 1107 ORDER BY request_id COLLATE "C";
SELECT project, requests, charge, given_back FROM billing.usage_report(1107, group_by => '{project}');
SELECT key_id, key_name, project, model, requests, charge, given_back FROM billing.usage_report(1107, group_by => '{project,key,model}', by => 'occurred_at');
SELECT sum(charge - given_back) = (SELECT sum(CASE WHEN credit = 'revenue' THEN amount ELSE -amount END) FROM billing_books.ledger_entry WHERE account_id = 1107 AND 'revenue' IN (credit, debit)) AS "equals the ledger" FROM billing.usage_report(1107, group_by => '{project,hour}');
SELECT * FROM test.verify();
