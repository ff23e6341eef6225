-- Which price a request has (R20): lists, variants, tiers, hours; ends and withdrawals. Accounts 4500 to 4503, models choice-*.
SELECT billing.create_account(account_id, CASE account_id WHEN 4503 THEN 'cn' ELSE 'global' END) IS NOT NULL AS made FROM generate_series(4500, 4503) AS account_id;
SELECT billing.create_api_key(account_id, 'prod') IS NOT NULL AS made FROM generate_series(4500, 4503) AS account_id;
SELECT billing.record_offline_payment(account_id, 100, 'choice', 'choice ' || account_id) IS NOT NULL AS paid FROM generate_series(4500, 4502) AS account_id;
CREATE FUNCTION pg_temp.priced(account bigint, model text, at text, prompt bigint = 1000, variant text = NULL) RETURNS numeric LANGUAGE sql AS $$
    SELECT trim_scale(price) FROM billing.quote(account, model, prompt, 0, occurred_at => at::timestamptz, variant => variant) WHERE item = 'input'
$$;

-- The example of R20: A always, B in hours, C above 200k; D of list vip in the same hours, from 1 May, ended on 1 July.
SELECT billing.set_price('choice-a', 'USD', 2, 2, effective_from => '2025-01-01 00:00+00') IS NOT NULL AS a,
       billing.set_price('choice-a', 'USD', 1, 1, effective_from => '2025-01-01 00:00+00', hours => '16:30-00:30 utc') IS NOT NULL AS b,
       billing.set_price('choice-a', 'USD', 4, 4, effective_from => '2025-01-01 00:00+00', prompt_tokens_over => 200000) IS NOT NULL AS c,
       billing.set_price('choice-a', 'USD', 0.8, 0.8, effective_from => '2025-05-01 00:00+00', hours => 'mon-sun 16:30-00:30 UTC', price_list => 'vip') IS NOT NULL AS d;
SELECT billing.end_prices('choice-a', 'USD', '2025-07-01 00:00+00', price_list => 'vip') AS ended;
SELECT billing.set_price_list(4501, 'vip', '2025-01-01 00:00+00', reason => 'contract') = '2025-01-01 00:00+00' AS set;
SELECT v.account, v.at, v.prompt, pg_temp.priced(v.account, 'choice-a', v.at, v.prompt) AS input
FROM (VALUES (4501, '2025-05-10 17:00+00', 1000), (4501, '2025-05-10 12:00+00', 1000), (4501, '2025-05-10 17:00+00', 300000), (4501, '2025-07-02 17:00+00', 1000),
    (4501, '2025-07-02 17:00+00', 300000), (4501, '2025-05-11 00:29:59.999999+00', 1000), (4501, '2025-05-11 00:30+00', 1000), (4500, '2025-05-11 00:29:59.999999+00', 1000),
    (4500, '2025-05-11 00:30+00', 1000), (4500, '2025-05-10 17:00+00', 1000), (4500, '2025-05-10 17:00+00', 300000)) AS v (account, at, prompt);
SELECT test.attempt('SELECT billing.quote(4501, ''choice-a'', 1, 0, occurred_at => ''2025-05-10 17:00+00'', variant => ''batch'')');
SELECT price_list, hours, prompt_tokens_over, trim_scale(input) AS input, is_end FROM billing_books.price WHERE model = 'choice-a' ORDER BY price_id;
SELECT detail ~ '^price \d+ of list vip, 16:30-00:30 UTC, from ' AS told FROM billing.quote(4501, 'choice-a', 1, 0, occurred_at => '2025-05-10 17:00+00') WHERE item = 'price';

-- By local clocks, and by the day on which the hours began. Both passes of a doubled hour are within, of one that is left out nothing is.
SELECT billing.set_price('choice-b', 'USD', 9, 9, effective_from => '2025-01-01 00:00+00') IS NOT NULL AS always,
       billing.set_price('choice-b', 'USD', 3, 3, effective_from => '2025-01-01 00:00+00', hours => 'sun 22:00-03:00 Europe/Berlin') IS NOT NULL AS nights,
       billing.set_price('choice-c', 'USD', 9, 9, effective_from => '2025-01-01 00:00+00') IS NOT NULL AS always,
       billing.set_price('choice-c', 'USD', 3, 3, effective_from => '2025-01-01 00:00+00', hours => '02:00-03:00 Europe/Berlin') IS NOT NULL AS doubled;
SELECT at, pg_temp.priced(4500, 'choice-b', at) AS input
FROM unnest(ARRAY['2025-06-01 21:59 Europe/Berlin', '2025-06-01 22:00 Europe/Berlin', '2025-06-02 02:59:59 Europe/Berlin', '2025-06-02 03:00 Europe/Berlin', '2025-06-02 22:00 Europe/Berlin', '2025-06-01 02:00 Europe/Berlin']) AS at;
SELECT at, pg_temp.priced(4500, 'choice-c', at) AS input
FROM unnest(ARRAY['2025-10-25 23:59:59+00', '2025-10-26 00:00+00', '2025-10-26 00:59:59+00', '2025-10-26 01:00+00', '2025-10-26 01:59:59+00', '2025-10-26 02:00+00', '2025-03-30 00:59:59+00', '2025-03-30 01:00+00']) AS at;
-- Two that both hold: the newer one. All of every day is the whole week.
SELECT billing.set_price('choice-b', 'USD', 5, 5, effective_from => '2025-02-01 00:00+00', hours => 'sun 23:00-24:00 Europe/Berlin') IS NOT NULL AS both;
SELECT pg_temp.priced(4500, 'choice-b', '2025-06-01 22:59 Europe/Berlin') AS before, pg_temp.priced(4500, 'choice-b', '2025-06-01 23:00 Europe/Berlin') AS both, pg_temp.priced(4500, 'choice-b', '2025-06-02 00:00 Europe/Berlin') AS behind;
SELECT billing.set_price('choice-b', 'USD', 9, 9, effective_from => '2025-01-01 00:00+00', hours => 'mon-sun 00:00-24:00 Asia/Shanghai') = min(price_id) AS same FROM billing_books.price WHERE model = 'choice-b';
-- From now on, what holds already adds no row: a price before which a newer one of other hours may go does not hold.
CREATE FUNCTION pg_temp.hours(model text, input numeric, hours text) RETURNS bigint LANGUAGE sql AS $$ SELECT billing.set_price(model, 'USD', input, 0, hours => hours) $$;
SELECT pg_temp.hours('choice-h', 9, NULL) AS always, pg_temp.hours('choice-h', 1, '00:00-23:00 UTC') AS a, pg_temp.hours('choice-h', 2, '00:00-23:30 UTC') AS b, pg_temp.hours('choice-h', 3, '23:30-24:00 UTC') AS night \gset
SELECT pg_temp.priced(4500, 'choice-h', '2100-01-01 10:00+00') AS b;
SELECT pg_temp.hours('choice-h', 1, '00:00-23:00 UTC') AS again \gset
SELECT :again > :night AS anew, pg_temp.priced(4500, 'choice-h', '2100-01-01 10:00+00') AS a, pg_temp.hours('choice-h', 1, '00:00-23:00 UTC') = :again AS holds;
SELECT pg_temp.hours('choice-h', 3, '23:30-24:00 UTC') = :night AS "no hours in common", pg_temp.hours('choice-h', 9, NULL) = :always AS "always goes behind";
-- Other hours of another variant, list or tier, that begin later, or have ended, go before nothing. The same clocks by two names are two time zones.
SELECT billing.set_price('choice-h', 'USD', 2, 0, hours => '00:00-23:30 UTC', variant => 'batch') IS NOT NULL AS variant, billing.set_price('choice-h', 'USD', 2, 0, hours => '00:00-23:30 UTC', price_list => 'vip') IS NOT NULL AS list,
       billing.set_price('choice-h', 'USD', 2, 0, hours => '00:00-23:30 UTC', prompt_tokens_over => 5) IS NOT NULL AS tier, billing.set_price('choice-h', 'USD', 2, 0, hours => '01:00-02:00 UTC', effective_from => '2100-01-01 00:00+00') IS NOT NULL AS later,
       pg_temp.hours('choice-h', 2, '00:00-23:15 UTC') IS NOT NULL AS ends, billing.end_prices('choice-h', 'USD', hours => '00:00-23:15 UTC') AS ended;
SELECT pg_temp.hours('choice-h', 1, '00:00-23:00 UTC') = :again AS holds;
SELECT pg_temp.hours('choice-j', 1, '00:00-23:00 UTC') AS a, pg_temp.hours('choice-j', 2, '23:00-24:00 Etc/UTC') AS b \gset
SELECT pg_temp.hours('choice-j', 1, '00:00-23:00 UTC') > :b AS anew;
-- Of one instant the later row is newer; a correction stands in its row's place.
SELECT billing.set_price('choice-i', 'USD', 1, 0, hours => '00:00-23:00 UTC', effective_from => '2025-01-01 00:00+00') AS a, billing.set_price('choice-i', 'USD', 2, 0, hours => '00:00-23:30 UTC', effective_from => '2025-01-01 00:00+00') AS b \gset
SELECT status FROM billing.correct_price(:b, 5, NULL, NULL, 0, 'choice-i b');
SELECT status FROM billing.correct_price(:a, 4, NULL, NULL, 0, 'choice-i a');
SELECT pg_temp.hours('choice-i', 5, '00:00-23:30 UTC') < pg_temp.hours('choice-i', 4, '00:00-23:00 UTC') AS "a is set anew";
SELECT trim_scale(input) AS input, corrects IS NOT NULL AS corrects FROM billing_books.price WHERE model = 'choice-i' ORDER BY price_id;
SELECT h AS hours, test.attempt(format('SELECT billing.set_price(''choice-b'', ''USD'', 1, 1, hours => %L)', h))
FROM unnest(ARRAY['16:30-16:30 UTC', '16:30-00:30', '16:30-00:30 Mars/Crater', 'xyz 16:30-00:30 UTC', '16:30-00:30 UTC,M3.2.0', '24:00-08:00 UTC', 'mon-fri', ' ']) AS h;
-- Of the server's zones by name: what it reads as rules, each backend would keep for ever. The same of days in reports.
SELECT z AS zone, left(test.attempt(format('SELECT billing.set_price(''choice-z'', ''USD'', 1, 1, hours => %L)', '08:00-09:00 ' || z)), 5) AS hours, left(test.attempt(format('SELECT * FROM billing.usage_report(4500, time_zone => %L)', z)), 5) AS report
FROM unnest(ARRAY['AAA1', 'AAA1BBB', 'EST5EDT', '<xxx>5', 'Asia/Shanghai8', 'Etc/GMT+13', 'posixrules', 'posix/UTC', 'right/UTC', 'localtime', '../UTC', 'Etc/GMT-8', 'asia/SHANGHAI', 'GMT']) AS z;
SELECT hours FROM billing_books.price WHERE model = 'choice-z' ORDER BY price_id;

-- An account's list: what it does not price, the standard one does. By when usage occurred, from now on behind all that is charged.
SELECT billing.set_price('choice-l', 'USD', 4, 4, effective_from => '2025-01-01 00:00+00') IS NOT NULL AS set;
SELECT test.attempt('SELECT billing.set_price_list(4502, ''nobody'')');
SELECT status, charge FROM billing.charge(4502, 1, 'before', 'choice-l', 1000000, 0, occurred_at => clock_timestamp() + interval '10 s');
SELECT billing.set_price('choice-l', 'USD', 0.5, 0.5, price_list => 'half', effective_from => '2025-01-01 00:00+00') IS NOT NULL AS set;
SELECT test.attempt('SELECT billing.set_price_list(4502, ''half'', ''2025-01-01 00:00+00'')');
SELECT billing.set_price_list(4502, 'half') > clock_timestamp() + interval '9 s' AS "behind what is charged";
SELECT status, charge FROM billing.charge(4502, 1, 'now', 'choice-l', 200000, 0) AS c;
SELECT status, charge FROM billing.charge(4502, 1, 'then', 'choice-l', 200000, 0, occurred_at => clock_timestamp() + interval '1 min') AS c;
SELECT test.attempt(format('SELECT billing.set_price_list(4502, ''vip'', %L)', effective_from)) FROM billing_books.account_price_list WHERE account_id = 4502;
SELECT billing.set_price_list(4502, 'half', effective_from) = effective_from AS again FROM billing_books.account_price_list WHERE account_id = 4502;
SELECT billing.set_price_list(4502, NULL, '2100-01-01 00:00+00') IS NOT NULL AS back;
SELECT price_list, effective_from > now() + interval '1 year' AS later, reason FROM billing.price_lists(4502);
SELECT price_list, reason FROM billing.price_lists(4501);
SELECT count(*) FROM billing.price_lists(4500);
SELECT test.attempt('SELECT billing.price_lists(45)');
SELECT action, object ~ '^price list, from ' AS object, new_value, reason FROM billing_books.audit_log WHERE account_id = 4501 AND action = 'set_price_list';
-- A price of a list re-prices who is on it, and nobody else.
SELECT test.attempt('SELECT billing.set_price(''choice-l'', ''USD'', 7, 7, price_list => ''half'', effective_from => now() - interval ''1 h'')');
SELECT billing.set_price('choice-l', 'USD', 7, 7, price_list => 'unused', effective_from => '2025-01-01 00:00+00') IS NOT NULL AS set;
SELECT left(test.attempt('SELECT billing.set_price(''choice-l'', ''USD'', 7, 7, effective_from => now() - interval ''1 h'')'), 69) AS attempt;

-- Through the inbox, and for usage that waits.
SELECT status, reason FROM billing.charge(4501, 1, 'waits', 'choice-w', 1000000, 0);
INSERT INTO billing_books.usage_inbox (account_id, key_id, request_id, model, input_tokens, output_tokens) VALUES (4501, 1, 'inbox', 'choice-w', 1000000, 0), (4500, 1, 'inbox', 'choice-w', 1000000, 0);
SELECT billing.set_price('choice-w', 'USD', 2, 2, price_list => 'vip', effective_from => '2025-01-01 00:00+00') IS NOT NULL AS set;
SELECT billing.settle();
SELECT account_id, request_id, status, charge FROM billing_books.usage_event WHERE model = 'choice-w' ORDER BY 1, 2;
SELECT billing.set_price('choice-w', 'USD', 3, 3, effective_from => '2025-01-01 00:00+00') IS NOT NULL AS set;
SELECT billing.settle();
SELECT account_id, request_id, status, charge FROM billing_books.usage_event WHERE model = 'choice-w' ORDER BY 1, 2;

-- A free list: a factor of 0.
SELECT billing.import_prices(E'provider,model,usd_per_million_input,usd_per_million_output\np,choice-f,1,2\n', 'CNY', 0, 'p', '2025-01-01 00:00+00', 'free') AS imported;
SELECT billing.set_price_list(4503, 'free', '2025-01-01 00:00+00') IS NOT NULL AS set;
SELECT status, charge FROM billing.charge(4503, 1, 'free', 'choice-f', 1000000, 1000000);

-- Ends: of a tier, of hours, of all; from now on behind what is charged. What is left prices, and without any usage waits.
SELECT left(test.attempt('SELECT billing.end_prices(''choice-l'', ''USD'', now() - interval ''1 h'')'), 69) AS attempt;
SELECT billing.end_prices('choice-a', 'USD', prompt_tokens_over => 200000) AS tier, billing.end_prices('choice-a', 'USD', prompt_tokens_over => 200000) AS again,
       billing.end_prices('choice-a', 'USD', '2100-01-01 00:00+00', hours => '16:30-00:30 UTC') AS hours, billing.end_prices('choice-a', 'USD', variant => 'batch') AS none;
SELECT pg_temp.priced(4500, 'choice-a', '2099-12-31 17:00+00', 300000) AS "without the tier", pg_temp.priced(4500, 'choice-a', '2100-01-01 17:00+00') AS "without the hours";
SELECT billing.end_prices('choice-c', 'USD') AS both;
SELECT status, reason FROM billing.charge(4500, 1, 'ended', 'choice-c', 1, 0, occurred_at => clock_timestamp() + interval '1 min');
SELECT billing.set_price('choice-c', 'USD', 8, 8) IS NOT NULL AS anew;
SELECT pg_temp.priced(4500, 'choice-c', '2099-12-31 02:30 Europe/Berlin') AS input;
SELECT action, object ~ '^price \d+: choice-c in USD over 0 prompt tokens, 02:00-03:00 Europe/Berlin, from ' AS of_hours, new_value, reason FROM billing_books.audit_log WHERE action = 'end_prices' AND object LIKE '%choice-c%' ORDER BY audit_no;

-- What is not in force yet can be withdrawn; its place is free then.
SELECT billing.set_price('choice-d', 'USD', 1, 1, effective_from => '2025-01-01 00:00+00') IS NOT NULL AS set;
SELECT billing.set_price('choice-d', 'USD', 2, 2, effective_from => '2100-01-01 00:00+00', actor => 'me', reason => 'a mistake') AS price_id \gset
SELECT pg_temp.priced(4500, 'choice-d', '2100-01-01 00:00+00') AS input;
SELECT test.attempt('SELECT billing.withdraw_price(min(price_id)) FROM billing_books.price WHERE model = ''choice-d''') ~ '^LB411 price \d+ is in force since ' AS in_force;
SELECT test.attempt('SELECT billing.withdraw_price(99999999)');
SELECT billing.withdraw_price(:price_id, 'you', 'it was one') AS withdrawn, billing.withdraw_price(:price_id) AS again;
SELECT pg_temp.priced(4500, 'choice-d', '2100-01-01 00:00+00') AS input;
SELECT withdrawn_at IS NOT NULL AS withdrawn, withdrawn_by, withdrawal_reason FROM billing_books.price WHERE price_id = :price_id;
SELECT billing.set_price('choice-d', 'USD', 3, 3, effective_from => '2100-01-01 00:00+00') <> :price_id AS another;
SELECT action, actor, reason, old_value FROM billing_books.audit_log WHERE object LIKE '%choice-d%' ORDER BY audit_no;
SELECT test.attempt(format('UPDATE billing_books.price SET withdrawn_at = NULL WHERE price_id = %s', :price_id));
-- Nor what usage that was stamped ahead of the clock was charged by.
SELECT billing.set_price('choice-d', 'USD', 4, 4, effective_from => clock_timestamp() + interval '1 min') AS price_id \gset
SELECT status, charge FROM billing.charge(4500, 1, 'ahead', 'choice-d', 1000000, 0, occurred_at => clock_timestamp() + interval '2 min');
SELECT test.attempt(format('SELECT billing.withdraw_price(%s)', :price_id));
-- Nor an end behind which such usage was charged, by another list.
SELECT billing.set_price('choice-e', 'CNY', 2, 2, effective_from => '2025-01-01 00:00+00') IS NOT NULL AS standard, billing.set_price('choice-e', 'CNY', 1, 1, price_list => 'free', effective_from => '2025-01-01 00:00+00') IS NOT NULL AS of_list;
SELECT billing.end_prices('choice-e', 'CNY', clock_timestamp() + interval '1 min', price_list => 'free') AS ended;
SELECT max(price_id) AS price_id FROM billing_books.price WHERE model = 'choice-e' AND is_end \gset
SELECT status, charge FROM billing.charge(4503, 1, 'behind', 'choice-e', 1000000, 0, occurred_at => clock_timestamp() + interval '2 min');
SELECT test.attempt(format('SELECT billing.withdraw_price(%s)', :price_id));
SELECT billing.end_prices('choice-e', 'CNY', '2100-01-01 00:00+00') AS ended;
SELECT billing.withdraw_price(max(price_id)) AS withdrawn FROM billing_books.price WHERE model = 'choice-e' AND is_end;
-- A list in which no price stands any more is none.
SELECT billing.set_price('choice-e', 'CNY', 1, 1, price_list => 'ghost', effective_from => '2100-01-01 00:00+00') AS price_id \gset
SELECT billing.withdraw_price(:price_id) AS withdrawn;
SELECT test.attempt('SELECT billing.set_price_list(4501, ''ghost'')');

-- What is in force, and what comes.
SELECT price_list, variant, hours, prompt_tokens_over, in_force, is_end, trim_scale(input) AS input FROM billing.list_prices('choice-a', price_list => 'standard');
SELECT price_list, hours, in_force, is_end, trim_scale(input) AS input FROM billing.list_prices('choice-a', '2025-06-01 00:00+00', 'vip');
SELECT price_list, hours, in_force FROM billing.list_prices('choice-a', '2025-08-01 00:00+00', 'vip');
SELECT currency, trim_scale(input) AS input FROM billing.list_prices('choice-f');
SELECT * FROM test.verify();
