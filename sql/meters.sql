-- Meters (R20): what requests count beside tokens; tags; and price tables of others, to the last digit. Accounts 4650 to 4656, models meter-*.
SELECT billing.create_account(account_id, CASE account_id WHEN 4656 THEN 'global' ELSE 'cn' END) IS NOT NULL AS made FROM generate_series(4650, 4656) AS account_id;
SELECT billing.create_api_key(account_id, 'prod') IS NOT NULL AS made FROM generate_series(4650, 4656) AS account_id;
SELECT billing.record_offline_payment(account_id, 1000, 'meter', 'meter ' || account_id) IS NOT NULL AS paid FROM unnest(ARRAY[4650, 4656]) AS account_id;

-- Items are given with the price, and stand there in one text.
SELECT billing.set_price('meter-a', 'CNY', 2, 8, effective_from => '2025-01-01 00:00+00', meters => 'web_search 10/1000,  image 0.040, audio_ms 1/3600000') IS NOT NULL AS set;
SELECT billing.set_price('meter-a', 'CNY', 2, 8, effective_from => '2025-01-01 00:00+00', meters => 'audio_ms 1/3600000, image 0.04, web_search 10/1000') = min(price_id) AS same FROM billing_books.price WHERE model = 'meter-a';
SELECT test.attempt('SELECT billing.set_price(''meter-a'', ''CNY'', 2, 8, effective_from => ''2025-01-01 00:00+00'')');
SELECT meters, unlisted_meters FROM billing.list_prices('meter-a');
SELECT object ~ 'meter-a in CNY' AS object, new_value FROM billing_books.audit_log WHERE action = 'set_price' AND object LIKE '%meter-a%';
SELECT m AS meters, test.attempt(format('SELECT billing.set_price(''meter-z'', ''CNY'', 1, 1, meters => %L)', m))
FROM unnest(ARRAY['image', 'image -1', 'image 1/2', 'image 1, image 2', 'image 1000001', 'bild ä 1', 'image 1,', 'image 0.0000000001']) AS m;
SELECT test.attempt('SELECT billing.set_price(''meter-z'', ''CNY'', 1, 1, unlisted_meters => ''all'')');

-- Charged with the tokens, rounded once. Of a repeat the meters are part of what must be the same, tags are not.
SELECT status, charge FROM billing.charge(4650, 1, 'a', 'meter-a', 1000000, 0, meters => '{"web_search": 3, "image": 2, "audio_ms": 90000, "nothing": 0}', tags => '{"feature": "search", "team": "搜索"}');
SELECT meters, tags FROM billing_books.usage_event WHERE account_id = 4650;
SELECT status, charge FROM billing.charge(4650, 1, 'a', 'meter-a', 1000000, 0, meters => '{"audio_ms": 90000, "image": 2, "web_search": 3}', tags => '{"feature": "other"}');
SELECT test.attempt('SELECT billing.charge(4650, 1, ''a'', ''meter-a'', 1000000, 0, meters => ''{"web_search": 4}'')');
SELECT test.attempt('SELECT billing.charge(4650, 1, ''a'', ''meter-a'', 1000000, 0)');
SELECT item, quantity, price, amount, detail LIKE '%a meter%' AS meter FROM billing.explain_charge(4650, 'a') WHERE quantity IS NOT NULL OR item = 'charge';
SELECT status, charge FROM billing.charge(4650, 1, 'nothing', 'meter-a', 0, 0, meters => '{"web_search": 0}', tags => '{}');
SELECT meters IS NULL AS none, tags IS NULL AS untagged FROM billing_books.usage_event WHERE account_id = 4650 AND request_id = 'nothing';

-- What can be none is refused, or set aside with what it is.
SELECT m AS meters, test.attempt(format('SELECT billing.charge(4650, 1, ''bad'', ''meter-a'', 0, 0, meters => %L)', m))
FROM unnest(ARRAY['[]', '{"a": -1}', '{"a": 1.5}', '{"a": "1"}', '{"a": {}}', '{"a": 1, "a": 1}', '{"a": 1000000000001}', '{"a b": 1}', 'null']) AS m;
SELECT test.attempt('SELECT billing.charge(4650, 1, ''bad'', ''meter-a'', 0, 0, meters => ''{'')');
SELECT t AS tags, test.attempt(format('SELECT billing.meter(4650, 1, ''bad'', ''meter-a'', 0, 0, tags => %L)', t))
FROM unnest(ARRAY['[1]', '{"a": 1}', '{"a": "x", "a": "x"}', '{"ä": "x"}', format('{"a": "%s"}', repeat('x', 65)), (SELECT json_object_agg(n, '')::text FROM generate_series(1, 9) AS n)]) AS t;
SELECT left(test.attempt(format('SELECT billing.charge(4650, 1, ''bad'', ''meter-a'', 0, 0, meters => %L)', '{"a": 1' || repeat(' ', 4000) || '}')), 60);
COPY billing_books.usage_inbox (account_id, key_id, request_id, model, input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, occurred_at) FROM stdin (FORMAT csv);
4650,1,copied,meter-a,1000000,0,0,0,
\.
COPY billing_books.usage_inbox (account_id, key_id, request_id, model, input_tokens, output_tokens, variant, meters, tags) FROM stdin (FORMAT csv);
4650,1,copied-meters,meter-a,0,0,,"{""image"": 1}","{""feature"": ""copy""}"
4650,1,copied-empty,meter-a,0,0,"","",""
4650,1,copied-twice,meter-a,0,0,,"{""image"": 1, ""image"": 1}",
4650,1,copied-no-json,meter-a,0,0,,"{image",
4650,1,copied-tags,meter-a,0,0,,,"{""a"": []}"
\.
INSERT INTO billing_books.usage_inbox (account_id, key_id, request_id, model, input_tokens, output_tokens, meters) VALUES (4650, 1, 'copied-long', 'meter-a', 0, 0, '{"a": ' || repeat('9', 100000) || '}');
SELECT billing.settle() AS settled;
SELECT request_id, status, charge, meters, tags FROM billing_books.usage_event WHERE account_id = 4650 AND request_id LIKE 'copied%' ORDER BY request_id;
SELECT request_id, sqlstate, reason, detail, length(meters) AS length FROM billing_books.usage_set_aside WHERE account_id = 4650 ORDER BY request_id;
SELECT count(billing.dismiss_set_aside(ARRAY[set_aside_no], 'no JSON')) AS dismissed FROM billing_books.usage_set_aside WHERE account_id = 4650 AND handled_at IS NULL;

-- A meter without an item: it waits, never for nothing; unless the price says so. The row that is chosen decides, no other.
SELECT status, charge, reason FROM billing.charge(4650, 1, 'unlisted', 'meter-a', 1000000, 0, meters => '{"image": 1, "video": 2}');
SELECT regexp_replace(test.attempt('SELECT billing.quote(4650, ''meter-a'', 1, 1, meters => ''{"video": 2}'')'), 'price \d+', 'price ...') AS attempt;
SELECT billing.meter(4651, 1, 'unlisted', 'meter-a', 1, 0, meters => '{"video": 2}'), billing.settle() AS settled;
SELECT model, events, reason, meters FROM billing.unpriced_usage WHERE model LIKE 'meter-%';
-- Meters that somebody damaged keep their own request waiting, and nobody else's.
BEGIN;
SET LOCAL billing.allow_history_change = on;
UPDATE billing_books.usage_event SET meters = '[1]' WHERE account_id = 4651;
SELECT status FROM billing.charge(4653, 1, 'beside', 'meter-g', 1000000, 0);
SELECT billing.set_price('meter-g', 'CNY', 1, 1, effective_from => '2025-01-01 00:00+00') IS NOT NULL AS set;
SELECT billing.settle() AS settled;
SELECT model, events, meters FROM billing.unpriced_usage WHERE model LIKE 'meter-%';
SELECT check_name, account_id FROM test.verify();
ROLLBACK;
SELECT billing.set_price('meter-b', 'CNY', 1, 1, effective_from => '2025-01-01 00:00+00', meters => 'image 1', unlisted_meters => 'free') IS NOT NULL AS set;
SELECT status, charge FROM billing.charge(4650, 1, 'free', 'meter-b', 0, 0, meters => '{"image": 1, "video": 2}');
SELECT item, quantity, price, amount, detail FROM billing.explain_charge(4650, 'free') WHERE item IN ('image', 'video');
SELECT billing.set_price('meter-c', 'CNY', 1, 1, effective_from => '2025-01-01 00:00+00', meters => 'image 1') IS NOT NULL AS standard,
       billing.set_price('meter-c', 'CNY', 5, 5, effective_from => '2025-01-01 00:00+00', price_list => 'meters') IS NOT NULL AS other;
SELECT billing.set_price_list(4652, 'meters', '2025-01-01 00:00+00') IS NOT NULL AS put;
SELECT status, charge, reason FROM billing.charge(4652, 1, 'decides', 'meter-c', 0, 0, meters => '{"image": 1}');
SELECT billing.price_choice('CNY', 'meter-c', 'meters', NULL, 1, now(), '{"image": 1}') IS NULL AS "none",
       billing.price_choice('CNY', 'meter-c', 'standard', NULL, 1, now(), '{"image": 1}') IS NOT NULL AS one,
       billing.price_choice('CNY', 'meter-c', 'standard', NULL, 1, now(), '{"video": 1}') IS NULL AS unlisted,
       test.attempt('SELECT billing.price_choice(''CNY'', ''meter-c'', NULL, NULL, 1, now(), ''[]'')') AS no_object;
-- It waits until its price comes: one from before it, where nothing was charged by another.
SELECT billing.set_price('meter-c', 'CNY', 5, 5, effective_from => '2025-02-01 00:00+00', price_list => 'meters', meters => 'image 3') IS NOT NULL AS set;
SELECT billing.settle() AS settled;
SELECT status, charge FROM billing_books.usage_event WHERE account_id = 4652;

-- Or until the price is corrected: usage that was charged keeps what it cost, and what waits is charged.
SELECT c.status FROM billing_books.price AS p, billing.correct_price(p.price_id, 2, NULL, NULL, 8, 'meters', meters => p.meters || ', video 0.5') AS c WHERE p.model = 'meter-a';
SELECT c.status FROM billing_books.price AS p, billing.correct_price(p.price_id, 2, NULL, NULL, 8, 'meters kept') AS c WHERE p.model = 'meter-a' AND p.meters NOT LIKE '%video%';
SELECT meters FROM billing.list_prices('meter-a');
SELECT billing.settle() AS settled;
SELECT account_id, request_id, status, charge FROM billing_books.usage_event WHERE model = 'meter-a' AND meters ? 'video' ORDER BY 1, 2;

-- More than an amount of money: refused, set aside; where the price comes later, rejected.
SELECT billing.set_price('meter-d', 'CNY', 1, 1, effective_from => '2025-01-01 00:00+00', meters => 'image 1000000') IS NOT NULL AS set;
SELECT test.attempt('SELECT billing.charge(4650, 1, ''huge'', ''meter-d'', 0, 0, meters => ''{"image": 1000}'')') LIKE 'LB315 request "huge" of account 4650 would cost more%' AS refused;
SELECT billing.meter(4650, 1, 'huge', 'meter-d', 0, 0, meters => '{"image": 1000000000000}'), billing.meter(4650, 1, 'beside', 'meter-d', 1000000, 0), billing.settle() AS settled;
SELECT request_id, status, charge FROM billing_books.usage_event WHERE account_id = 4650 AND model = 'meter-d';
SELECT request_id, reason FROM billing_books.usage_set_aside WHERE account_id = 4650 AND handled_at IS NULL;
SELECT count(billing.dismiss_set_aside(ARRAY[set_aside_no], 'too much')) AS dismissed FROM billing_books.usage_set_aside WHERE account_id = 4650 AND handled_at IS NULL;
SELECT status, reason FROM billing.charge(4650, 1, 'later', 'meter-e', 0, 0, meters => '{"image": 1000}');
SELECT billing.set_price('meter-e', 'CNY', 1, 1, effective_from => '2025-01-01 00:00+00', meters => 'image 1000000') IS NOT NULL AS set;
SELECT billing.settle() AS settled;
SELECT status, reason FROM billing_books.usage_event WHERE account_id = 4650 AND request_id = 'later';

-- On a plan: weights have items, too.
SELECT billing.set_gateway('meter', 'wechat', 'cn', 'subject') IS NULL AS set, billing.set_payment_method('meter', 'meter', 'native') IS NULL AS method;
SELECT billing.create_plan('meter plan', 'cn', 10, 1000, months => 1) AS plan;
SELECT billing.set_plan_weight('meter plan', 'meter-a', 1000000, 1000000, meters => 'image 2.5, web_search 10/1000') IS NOT NULL AS set;
SELECT meters, unlisted_meters FROM billing.plan_weights() WHERE plan = 'meter plan';
SELECT test.attempt(format('SELECT billing.set_plan_weight(''meter plan'', ''meter-a'', 1000000, 1000000, effective_from => %L)', effective_from)) FROM billing.plan_weights() WHERE plan = 'meter plan';
SELECT billing.create_api_key(4650, 'plan', 'plan') IS NOT NULL AS made;
SELECT test.buy(4650, 'meter plan', 'meter') IS NOT NULL AS bought;
SELECT status, credits FROM billing.charge(4650, 2, 'plan', 'meter-a', 7, 0, meters => '{"image": 2, "web_search": 1}');
SELECT status, reason FROM billing.charge(4650, 2, 'plan unlisted', 'meter-a', 7, 0, meters => '{"video": 2}');
SELECT billing.settle() AS settled;
SELECT item, quantity, amount FROM billing.explain_charge(4650, 'plan') WHERE quantity > 0 OR item = 'credits';

-- Reports add them up, by tag as well; usage without it is a line of its own, so that the sums are the ledger's.
SELECT status, charge FROM billing.charge(4653, 1, 'r1', 'meter-a', 0, 0, meters => '{"image": 2, "web_search": 1}', tags => '{"feature": "chat"}');
SELECT status, charge FROM billing.charge(4653, 1, 'r2', 'meter-a', 0, 0, meters => '{"image": 3}', tags => '{"feature": "chat", "team": "a"}');
SELECT status, charge FROM billing.charge(4653, 1, 'r3', 'meter-a', 500000, 0, tags => '{"feature": "search"}');
SELECT status, charge FROM billing.charge(4653, 1, 'r4', 'meter-a', 500000, 0);
SELECT model, requests, charge, tag, meters FROM billing.usage_report(4653, group_by => '{model}');
SELECT requests, charge, given_back, tag, meters FROM billing.usage_report(4653, group_by => '{tag:feature}');
SELECT status FROM billing.reverse_charge(4653, 'r2', 'r2', 'wrong');
SELECT requests, charge, given_back, tag, meters FROM billing.usage_report(4653, group_by => '{tag:feature}', by => 'occurred_at');
SELECT sum(charge - given_back) = (SELECT sum(CASE credit WHEN 'revenue' THEN amount ELSE -amount END) FROM billing_books.ledger_entry WHERE account_id = 4653 AND 'revenue' IN (debit, credit)) AS ledger
FROM billing.usage_report(4653, group_by => '{tag:feature,day}');
SELECT requests, tag FROM billing.usage_report(4653, group_by => '{tag:nobody}');
SELECT g AS group_by, left(test.attempt(format('SELECT billing.usage_report(4653, group_by => %L)', g)), 5) FROM unnest(ARRAY['{tag:}', '{tag:a,tag:b}', '{tag}', '{tag:ä}']) AS g;
SELECT billing.sum_meters(m) FROM (VALUES ('{"a": 1, "b": 2}'::jsonb), (NULL), ('{"a": 9223372036854775807, "c": 3}'), ('{}')) AS v (m);
SELECT billing.sum_meters(m) FROM (VALUES (NULL::jsonb)) AS v (m);
SELECT m, test.attempt(format('SELECT billing.sum_meters(%L)', m)) FROM unnest(ARRAY['[]', '1', '{"a": "1"}', '{"a": {"a": 1}}']) AS m;
SELECT test.attempt('SELECT billing.sum_meters_add(NULL, NULL)'), test.attempt('SELECT billing.sum_meters_end(NULL) IS NULL');
-- Of as many names as requests: each is found at once.
SELECT (SELECT sum((j.value)::bigint) FROM jsonb_each_text(s.meters) AS j), s.meters ->> 'n:7'
FROM (SELECT billing.sum_meters(jsonb_build_object('n:' || n % 150000, n)) AS meters FROM generate_series(1, 300000) AS n) AS s;

-- Tables of others, as published in 2025. DeepSeek: half the price from 16:30 to 00:30 UTC.
SELECT billing.set_price('meter-deepseek-chat', 'USD', 0.27, 1.10, 0.07, effective_from => '2025-01-01 00:00+00') IS NOT NULL AS day,
       billing.set_price('meter-deepseek-chat', 'USD', 0.135, 0.550, 0.035, effective_from => '2025-01-01 00:00+00', hours => '16:30-00:30 UTC') IS NOT NULL AS night;
-- Anthropic: cache writes for 5 minutes and for 1 hour, searches at 10 for 1,000.
SELECT billing.set_price('meter-claude-sonnet', 'USD', 3, 15, 0.30, 3.75, effective_from => '2025-01-01 00:00+00', meters => 'cache_write_1h 6/1000000, web_search 10/1000') IS NOT NULL AS set;
-- OpenAI: cached input, batches at half the price. Google: more above a prompt of 200,000.
SELECT billing.set_price('meter-gpt-4.1', 'USD', 2, 8, 0.50, effective_from => '2025-01-01 00:00+00') IS NOT NULL AS standard,
       billing.set_price('meter-gpt-4.1', 'USD', 1, 4, 1, effective_from => '2025-01-01 00:00+00', variant => 'batch') IS NOT NULL AS batch;
SELECT billing.set_price('meter-gemini-pro', 'USD', 1.25, 10, 0.125, effective_from => '2025-01-01 00:00+00') IS NOT NULL AS small,
       billing.set_price('meter-gemini-pro', 'USD', 2.50, 15, 0.25, effective_from => '2025-01-01 00:00+00', prompt_tokens_over => 200000) IS NOT NULL AS large;
SELECT v.n, (SELECT trim_scale(amount) FROM billing.quote(4656, v.model, v.input, v.output, v.cache_read, v.cache_write, v.at::timestamptz, v.variant, v.meters::json) WHERE item = 'charge') AS charge, trim_scale(v.expected) AS expected
FROM (VALUES
    (1, 'meter-deepseek-chat', 12345, 678, 4096, 0, '2025-06-02 16:29:59.999999+00', '', '{}', 0.00436567 + 0),
    (2, 'meter-deepseek-chat', 12345, 678, 4096, 0, '2025-06-02 16:30+00', '', '{}', 0.002182835),
    (3, 'meter-deepseek-chat', 12345, 678, 4096, 0, '2025-06-03 00:30+00', '', '{}', 0.00436567),
    (4, 'meter-claude-sonnet', 1000, 500, 20000, 3000, '2025-06-02 12:00+00', '', '{"cache_write_1h": 7000, "web_search": 2}', 0.003 + 0.0075 + 0.006 + 0.01125 + 0.042 + 0.02),
    (5, 'meter-gpt-4.1', 10001, 333, 5120, 0, '2025-06-02 12:00+00', '', '{}', 0.020002 + 0.002664 + 0.00256),
    (6, 'meter-gpt-4.1', 10001, 333, 0, 0, '2025-06-02 12:00+00', 'batch', '{}', 0.010001 + 0.001332),
    (7, 'meter-gemini-pro', 200000, 1000, 0, 0, '2025-06-02 12:00+00', '', '{}', 0.25 + 0.01),
    (8, 'meter-gemini-pro', 200001, 1000, 0, 0, '2025-06-02 12:00+00', '', '{}', 0.5000025 + 0.015),
    (9, 'meter-gemini-pro', 1, 1000, 200000, 0, '2025-06-02 12:00+00', '', '{}', 0.0000025 + 0.05 + 0.015)
) AS v (n, model, input, output, cache_read, cache_write, at, variant, meters, expected);

-- Where usage must be stamped, none without is taken, by no way; what was recorded before is a repeat.
SELECT billing.set_policy('require_occurred_at', 'true');
SELECT test.attempt('SELECT billing.charge(4654, 1, ''new'', ''meter-a'', 1, 0)'), test.attempt('SELECT billing.meter(4654, 1, ''new'', ''meter-a'', 1, 0)');
INSERT INTO billing_books.usage_inbox (account_id, key_id, request_id, model, input_tokens, output_tokens) VALUES (4654, 1, 'copied', 'meter-a', 1, 0);
SELECT billing.settle() AS settled;
SELECT request_id, reason, detail FROM billing_books.usage_set_aside WHERE account_id = 4654;
SELECT count(billing.dismiss_set_aside(ARRAY[set_aside_no], 'no stamp')) AS dismissed FROM billing_books.usage_set_aside WHERE account_id = 4654 AND handled_at IS NULL;
SELECT status FROM billing.charge(4654, 1, 'new', 'meter-a', 1, 0, occurred_at => clock_timestamp());
SELECT status FROM billing.charge(4654, 1, 'new', 'meter-a', 1, 0);
SELECT billing.set_policy('require_occurred_at', NULL);

-- A thousand accounts that cannot owe what waits: usage of an account behind them is charged all the same.
BEGIN;
SELECT count(billing.create_account(account_id, 'cn')) AS made FROM generate_series(460000, 461000) AS account_id;
SELECT count(billing.create_api_key(account_id, 'prod')) AS made FROM generate_series(460000, 461000) AS account_id;
SELECT c.status, c.reason, count(*) FROM generate_series(460000, 460999) AS account_id, generate_series(1, 2) AS n, LATERAL billing.charge(account_id, 1, 'huge ' || n, 'meter-d', 0, 0, meters => '{"image": 900}') AS c GROUP BY c.status, c.reason ORDER BY c.status;
SELECT status, reason FROM billing.charge(461000, 1, 'behind', 'meter-f', 1000000, 0);
SELECT billing.set_price('meter-f', 'CNY', 1, 1, effective_from => '2025-01-01 00:00+00') IS NOT NULL AS set;
SELECT billing.settle() AS settled;
ROLLBACK;

-- What others know of it: closed months keep the meters and not the tags (sql/usage_day); the damages are told (sql/verify).
SELECT * FROM test.verify();
