-- Variants (R20): the service tier that requests are sent with has prices of its own, and none else. Accounts 4400 to 4402, models variant-*.
SELECT billing.create_account(4400, 'cn'), billing.create_account(4401, 'cn');
SELECT billing.create_api_key(account_id, 'prod') IS NOT NULL AS made FROM generate_series(4400, 4401) AS account_id;
SELECT billing.record_offline_payment(4400, 100, 'variant', 'variant 4400') IS NOT NULL AS paid;

-- A batch at half the price. Empty is the standard one, as null is.
SELECT billing.set_price('variant-a', 'CNY', 2, 8, effective_from => '2025-01-01 00:00+00') IS NOT NULL AS standard,
       billing.set_price('variant-a', 'CNY', 1, 4, effective_from => '2025-01-01 00:00+00', variant => 'batch') IS NOT NULL AS batch;
SELECT billing.set_price('variant-a', 'CNY', 2, 8, effective_from => '2025-01-01 00:00+00', variant => '')
     = billing.set_price('variant-a', 'CNY', 2, 8, effective_from => '2025-01-01 00:00+00') AS same;
SELECT variant, input, output FROM billing_books.price WHERE model = 'variant-a' ORDER BY variant COLLATE "C";
SELECT v AS variant, (SELECT amount FROM billing.quote(4400, 'variant-a', 1000000, 500000, variant => v) WHERE item = 'charge') AS charge FROM unnest(ARRAY[NULL, '', 'batch']) AS v;
SELECT test.attempt('SELECT billing.quote(4400, ''variant-a'', 1, 1, variant => ''flex'')');
SELECT status, charge FROM billing.charge(4400, 1, 'standard', 'variant-a', 1000000, 500000);
SELECT status, charge FROM billing.charge(4400, 1, 'batch', 'variant-a', 1000000, 500000, variant => 'batch');

-- One without a price waits for it: never the standard one's.
SELECT status, charge, reason FROM billing.charge(4400, 1, 'flex', 'variant-a', 1000000, 500000, variant => 'flex');
SELECT model, variant, events FROM billing.unpriced_usage WHERE model LIKE 'variant-%';
SELECT billing.set_price('variant-a', 'CNY', 1.5, 6, effective_from => '2025-01-01 00:00+00', variant => 'flex') IS NOT NULL AS set;
SELECT billing.settle();
SELECT variant, status, charge FROM billing_books.usage_event WHERE account_id = 4400 ORDER BY request_id COLLATE "C";
SELECT item, left(detail, 26) AS detail FROM billing.explain_charge(4400, 'flex') WHERE item = 'request';

-- It belongs to the payload: another one is another request, the same one the same.
SELECT status FROM billing.charge(4400, 1, 'batch', 'variant-a', 1000000, 500000, variant => 'batch');
SELECT test.attempt('SELECT billing.charge(4400, 1, ''batch'', ''variant-a'', 1000000, 500000)');
SELECT test.attempt('SELECT billing.charge(4400, 1, ''batch'', ''variant-a'', 1000000, 500000, variant => ''Batch'')');

-- Through the inbox, where a row may have the columns of before, too.
INSERT INTO billing_books.usage_inbox (account_id, key_id, request_id, model, input_tokens, output_tokens) VALUES (4400, 1, 'inbox standard', 'variant-a', 1000, 0);
INSERT INTO billing_books.usage_inbox (account_id, key_id, request_id, model, input_tokens, output_tokens, variant) VALUES
    (4400, 1, 'inbox batch', 'variant-a', 1000, 0, 'batch'), (4400, 1, 'inbox empty', 'variant-a', 1000, 0, ''),
    (4400, 1, 'inbox long', 'variant-a', 1000, 0, repeat('v', 65)), (4400, 1, 'inbox blank', 'variant-a', 1000, 0, ' '),
    (4400, 1, 'batch', 'variant-a', 1000000, 500000, 'flex');
SELECT billing.meter(4400, 1, 'metered', 'variant-a', 1000, 0, variant => 'flex');
SELECT billing.settle();
SELECT request_id, variant, status, charge FROM billing_books.usage_event WHERE account_id = 4400 AND request_id ~ 'inbox|metered' ORDER BY request_id COLLATE "C";
SELECT request_id, variant = repeat('v', 65) AS "as it came", detail FROM billing_books.usage_set_aside WHERE account_id = 4400 ORDER BY set_aside_no;
SELECT test.attempt(format('SELECT billing.charge(4400, 1, ''long'', ''variant-a'', 1, 0, variant => %L)', repeat('v', 65)));
SELECT test.attempt(format('SELECT billing.set_price(''variant-a'', ''CNY'', 1, 1, variant => %L)', repeat('v', 65)));
SELECT test.attempt('SELECT billing.set_price(''variant-a'', ''CNY'', 1, 1, variant => '' '')');

-- Tiers and versions of one are no other's; a price of one re-prices no charge of another.
SELECT test.attempt('SELECT billing.set_price(''variant-a'', ''CNY'', 3, 3, effective_from => ''2025-06-01 00:00+00'', variant => ''batch'')');
SELECT billing.set_price('variant-a', 'CNY', 3, 3, effective_from => '2025-06-01 00:00+00', variant => 'priority') IS NOT NULL AS set;
SELECT test.attempt('SELECT billing.set_price(''variant-a'', ''CNY'', 1, 5, effective_from => ''2025-01-01 00:00+00'', variant => ''batch'')');

-- Reports by it, also of what was given back, and of a plan.
SELECT billing.reverse_charge(4400, 'batch', 'give back', 'why') IS NOT NULL AS reversed;
SELECT model, variant, requests, charge, given_back FROM billing.usage_report(4400, group_by => '{model,variant}');
SELECT variant, requests FROM billing.usage_report(4400, group_by => '{variant}', by => 'occurred_at');
SELECT billing.create_plan('variant plan', 'cn', 10, 1000, months => 1) IS NOT NULL AS made;
SELECT billing.set_plan_weight('variant plan', 'variant-a', 1000000, 1000000) IS NOT NULL AS standard,
       billing.set_plan_weight('variant plan', 'variant-a', 500000, 500000, variant => 'batch') IS NOT NULL AS batch;
SELECT variant, input FROM billing.plan_weights() WHERE plan = 'variant plan';
SELECT api_key IS NOT NULL AS made FROM billing.create_api_key(4401, 'plan', kind => 'plan');
SELECT billing.set_gateway('variant', 'wechat', 'cn', 'subject') IS NULL AS set, billing.set_payment_method('variant', 'variant', 'native') IS NULL AS method;
SELECT test.buy(4401, 'variant plan', 'variant') IS NOT NULL AS bought;
SELECT status, credits FROM billing.charge(4401, 2, 'standard', 'variant-a', 1, 0);
SELECT status, credits FROM billing.charge(4401, 2, 'batch', 'variant-a', 1, 0, variant => 'batch');
SELECT status, reason FROM billing.charge(4401, 2, 'flex', 'variant-a', 1, 0, variant => 'flex');
SELECT * FROM test.verify();
