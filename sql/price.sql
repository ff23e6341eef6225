-- Prices (R20): versions, tiers, lists. Accounts 1500 to 1504, models price-*.
SELECT billing.create_account(1500, 'cn'), billing.create_account(1501, 'global');
SELECT count(billing.create_api_key(account_id, 'prod')) AS keys FROM generate_series(1500, 1501) AS account_id;

-- An empty cache price is the input price, recorded as such. Setting the very same row again changes
-- nothing; another one from that instant is refused: rows never change.
SELECT billing.set_price('price-a', 'CNY', 0.435, 0.87, 0.0036, effective_from => '2025-01-01 00:00+00') AS price_id \gset
SELECT model, currency, prompt_tokens_over, effective_from = '2025-01-01 00:00+00' AS from_then, input, output, cache_read, cache_write FROM billing_books.price WHERE price_id = :price_id;
SELECT billing.set_price('price-a', 'CNY', 0.4350, 0.87, 0.0036, 0.435, effective_from => '2025-01-01 00:00+00') = :price_id AS same;
SELECT test.attempt('SELECT billing.set_price(''price-a'', ''CNY'', 0.435, 0.88, 0.0036, effective_from => ''2025-01-01 00:00+00'')');
SELECT count(*) FROM billing_books.audit_log WHERE action = 'set_price' AND object LIKE '%price-a%';
SELECT new_value FROM billing_books.audit_log WHERE action = 'set_price' AND object LIKE '%price-a%';
-- Currencies are apart: a price in USD is none in CNY.
SELECT billing.set_price('price-a', 'USD', 1, 2, effective_from => '2025-01-01 00:00+00') <> :price_id AS another;
SELECT price FROM billing.quote(1500, 'price-a', 1, 1) WHERE item = 'input';
SELECT price FROM billing.quote(1501, 'price-a', 1, 1) WHERE item = 'input';

-- Versions: the newest row at occurred_at, at its very instant included; before the first there is none.
SELECT billing.set_price('price-v', 'CNY', n, 0, effective_from => format('2025-0%s-01 00:00+00', n)::timestamptz) IS NOT NULL AS set FROM generate_series(2, 4) AS n;
SELECT at, (SELECT price FROM billing.quote(1500, 'price-v', 1, 0, occurred_at => at::timestamptz) WHERE item = 'input') AS input
FROM unnest(ARRAY['2025-02-01 00:00:00+00', '2025-02-28 23:59:59.999999+00', '2025-03-01 00:00:00+00', '2025-03-31 23:59:59.999999+00', '2025-04-01 00:00:00+00']) AS at;
SELECT test.attempt('SELECT billing.quote(1500, ''price-v'', 1, 0, occurred_at => ''2025-01-31 23:59:59.999999+00'')');

-- Tiers: the highest that the prompt exceeds and that has a row at the time, its newest row. A tier that began
-- later is not there before.
SELECT billing.set_price('price-t', 'CNY', 1, 1, effective_from => '2025-01-01 00:00+00') IS NOT NULL AS base,
       billing.set_price('price-t', 'CNY', 2, 2, prompt_tokens_over => 100, effective_from => '2025-02-01 00:00+00') IS NOT NULL AS tier,
       billing.set_price('price-t', 'CNY', 3, 3, prompt_tokens_over => 200, effective_from => '2025-02-01 00:00+00') IS NOT NULL AS higher,
       billing.set_price('price-t', 'CNY', 5, 5, effective_from => '2025-03-01 00:00+00') IS NOT NULL AS base_anew;
SELECT at, prompt, (SELECT price FROM billing.quote(1500, 'price-t', prompt, 1, occurred_at => at) WHERE item = 'input') AS input
FROM unnest('{2025-01-15 00:00+00,2025-02-15 00:00+00,2025-03-15 00:00+00}'::timestamptz[]) AS at, unnest('{0,100,101,200,201}'::bigint[]) AS prompt ORDER BY at, prompt;
-- Cache read and cache write belong to the prompt, output does not.
SELECT (SELECT price FROM billing.quote(1500, 'price-t', 34, 1000, 33, 34, '2025-02-15') WHERE item = 'input') AS "over 100",
       (SELECT price FROM billing.quote(1500, 'price-t', 34, 1000, 33, 33, '2025-02-15') WHERE item = 'input') AS "at 100";
-- A model with nothing but a high tier has no price below it.
SELECT billing.set_price('price-high', 'CNY', 1, 1, prompt_tokens_over => 100, effective_from => '2025-01-01 00:00+00') IS NOT NULL AS set;
SELECT status FROM billing.charge(1500, 1, 'high 100', 'price-high', 100, 0);
SELECT status, charge FROM billing.charge(1500, 1, 'high 101', 'price-high', 101, 0);

-- A row that would have priced a booked charge is refused; one that would not, is not: another tier, another
-- currency, an older version, a later time.
SELECT billing.set_price('price-b', 'CNY', 1, 1, effective_from => '2025-01-01 00:00+00') IS NOT NULL AS set;
SELECT status, charge FROM billing.charge(1500, 1, 'b', 'price-b', 1000, 0);
SELECT occurred_at AS at FROM billing_books.usage_event WHERE account_id = 1500 AND request_id = 'b' \gset
SELECT test.attempt('SELECT billing.set_price(''price-b'', ''CNY'', 2, 2, effective_from => ''2025-06-01 00:00+00'')');
SELECT test.attempt(format('SELECT billing.set_price(''price-b'', ''CNY'', 2, 2, effective_from => %L)', :'at'));
SELECT test.attempt('SELECT billing.set_price(''price-b'', ''CNY'', 2, 2, prompt_tokens_over => 999, effective_from => ''2025-01-01 00:00+00'')');
SELECT test.attempt('SELECT billing.set_price(''price-b'', ''CNY'', 2, 2, prompt_tokens_over => 1000, effective_from => ''2025-01-01 00:00+00'')');
SELECT test.attempt('SELECT billing.set_price(''price-b'', ''USD'', 2, 2, effective_from => ''2025-06-01 00:00+00'')');
SELECT test.attempt('SELECT billing.set_price(''price-b'', ''CNY'', 2, 2, effective_from => ''2024-06-01 00:00+00'')');
SELECT test.attempt(format('SELECT billing.set_price(''price-b'', ''CNY'', 2, 2, effective_from => %L)', :'at'::timestamptz + interval '1 us'));
-- Without effective_from: from now on, also behind a charge that is stamped ahead of the clock. (In USD, in
-- which no other test travels in time.)
SELECT billing.set_price('price-b', 'USD', 1, 1, effective_from => '2025-01-01 00:00+00') IS NOT NULL AS set;
SELECT status, charge FROM billing.charge(1501, 1, 'b ahead', 'price-b', 1000, 0, occurred_at => clock_timestamp() + interval '2 min');
SELECT billing.set_price('price-b', 'USD', 7, 7) IS NOT NULL AS set;
SELECT status, charge FROM billing.charge(1501, 1, 'b now', 'price-b', 1000, 0);
SELECT status, charge FROM billing.charge(1501, 1, 'b later', 'price-b', 1000, 0, occurred_at => clock_timestamp() + interval '3 min');
SELECT * FROM test.verify();

-- A free request, a rejected or an unpriced one was priced by no row: rows may be put behind those.
SELECT status FROM billing.charge(1500, 1, 'c', 'price-c', 1000000, 0);
SELECT billing.set_price('price-c', 'CNY', 1, 1, effective_from => '2025-01-01 00:00+00') IS NOT NULL AS set;
SELECT billing.set_price('price-c', 'CNY', 2, 2, effective_from => '2025-02-01 00:00+00') IS NOT NULL AS set;
SELECT billing.settle() AS settled;
SELECT charge FROM billing_books.usage_event WHERE account_id = 1500 AND request_id = 'c';

-- Lists. CSV with a header, its fields in any order; quotes, line ends of both kinds, empty lines.
SELECT billing.import_prices(E'model,provider,usd_per_million_output,usd_per_million_input,prompt_tokens_over,usd_per_million_cache_read\r\n"price-l, ""quoted""",price,2,1,,\r\n\r\nprice-m,price,4.5,3e-1,200000,0.03\r\n', 'CNY', effective_from => '2025-01-01 00:00+00');
SELECT model, prompt_tokens_over, input, output, cache_read, cache_write FROM billing_books.price WHERE model LIKE 'price/%' ORDER BY model;
-- With a provider: its rows under their plain names. Again: nothing is new. Times a factor, rounded half up.
SELECT billing.import_prices(E'provider,model,prompt_tokens_over,usd_per_million_input,usd_per_million_output\nprice,price-n,0,0.000000001,0.000000003\nother,price-o,0,1,1', 'CNY', 0.5, 'price', '2025-01-01 00:00+00');
SELECT billing.import_prices(E'provider,model,prompt_tokens_over,usd_per_million_input,usd_per_million_output\nprice,price-n,0,0.000000001,0.000000003\nother,price-o,0,1,1', 'CNY', 0.5, 'price', '2025-01-01 00:00+00');
SELECT model, input, output FROM billing_books.price WHERE model IN ('price-n', 'price-o', 'other/price-o');
-- JSON, with numbers or texts: the same.
SELECT billing.import_prices(' [{"provider": "price", "model": "price-j", "prompt_tokens_over": 0, "usd_per_million_input": 0.1, "usd_per_million_output": "0.2", "usd_per_million_cache_read": null},
    {"model": "price-j", "provider": "price", "prompt_tokens_over": 1000, "usd_per_million_input": 1e-9, "usd_per_million_output": 1000000}]', 'USD', 1, 'price', '2025-01-01 00:00+00');
SELECT currency, prompt_tokens_over, input, output, cache_read, cache_write FROM billing_books.price WHERE model = 'price-j' ORDER BY prompt_tokens_over;
SELECT billing.import_prices('[]', 'USD');
-- The list as a member of an object, behind a byte order mark. More decimals than a price has are rounded, and that is said.
SELECT billing.import_prices(E'\uFEFF{"at": {"day": 1}, "data": [{"provider": "price", "model": "price-d", "usd_per_million_input": 0.049999999999999996, "usd_per_million_output": 15.000020000000002}]}', 'CNY', 1, 'price', '2025-01-01 00:00+00');
SELECT billing.import_prices(E'\uFEFFprovider,model,usd_per_million_input,usd_per_million_output\nprice,price-e,1,2\nprice,price-f,1.4999999999999999e-07,2\nother,price-f,1,0.00000000049\n', 'CNY', 1, 'price', '2025-01-01 00:00+00', skip_bad_records => true);
SELECT model, input, output FROM billing_books.price WHERE model IN ('price-d', 'price-e', 'price-f') ORDER BY model;
-- From now on, what holds already adds no row, from a list or from set_price(); what another price, an end or a later day follows, does.
SELECT billing.set_price('price-e', 'USD', 1, 2, effective_from => '2025-01-01 00:00+00') IS NOT NULL AS set;
\set now_on 'provider,model,usd_per_million_input,usd_per_million_output\nprice,price-e,1,2\nprice,price-g,3,4'
SELECT billing.import_prices(E:'now_on', 'USD', 1, 'price') AS first, billing.import_prices(E:'now_on', 'USD', 1, 'price') AS again;
SELECT billing.set_price('price-g', 'USD', 3, 4) = price_id AS "its number" FROM billing_books.price WHERE model = 'price-g';
SELECT billing.set_price('price-g', 'USD', 3, 5) IS NOT NULL AS raised, billing.set_price('price-g', 'USD', 3, 5) IS NOT NULL AS again, billing.set_price('price-g', 'USD', 3, 4) IS NOT NULL AS lowered;
SELECT billing.end_prices('price-g', 'USD') AS ended;
SELECT billing.set_price('price-g', 'USD', 3, 4) IS NOT NULL AS begun, billing.set_price('price-g', 'USD', 3, 4, variant => 'batch') IS NOT NULL AS batch;
SELECT variant, output, is_end FROM billing_books.price WHERE model = 'price-g' ORDER BY variant, effective_from;
SELECT count(*), count(DISTINCT object) FROM billing_books.audit_log WHERE object LIKE '%price-g in USD%';
-- All bad records are told at once; they can be left out. A price said twice can not.
SELECT billing.import_prices(E'provider,model,usd_per_million_input,usd_per_million_output,prompt_tokens_over\nprice,price-h,1,2,0\nprice,price-i,x,y,z\nprice,price-i\nprice,,1,2,0\nprice,price-k,1,,0\nprice,price-i,1,2,-1', 'CNY', 1, 'price', '2025-01-01 00:00+00');
SELECT billing.import_prices('[1, {"provider": "price", "model": "price-h", "usd_per_million_input": 1, "usd_per_million_output": 2}, {"provider": "price", "model": "price-i", "usd_per_million_input": 1, "usd_per_million_output": 2, "usd_per_milion_cache_read": 0}, {"model": "price-i", "provider": "price", "usd_per_million_input": 1, "usd_per_million_input": 2, "usd_per_million_output": 2}, {"provider": "price", "model": "price-h", "usd_per_million_input": 1, "usd_per_million_output": 2, "prompt_tokens_over": 5}]', 'CNY', 1, 'price', '2025-01-01 00:00+00', skip_bad_records => true);
SELECT model, prompt_tokens_over FROM billing_books.price WHERE model IN ('price-h', 'price-i', 'price-k') ORDER BY 1, 2;
SELECT billing.import_prices(E'provider,model,usd_per_million_input,usd_per_million_output\nprice,price-i,1,2\nprice,price-i,1,2', 'CNY', 1, 'price', '2025-01-01 00:00+00', skip_bad_records => true);
DO $$
DECLARE
    told text;
BEGIN
    PERFORM billing.import_prices('provider,model,usd_per_million_input,usd_per_million_output' || repeat(E'\np,m,1,' || repeat('五', 400), 1000), 'CNY');
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS told = PG_EXCEPTION_DETAIL;
    RAISE NOTICE '% lines, the longest of % bytes, at the end: %', (SELECT count(*) FROM string_to_table(told, E'\n')), (SELECT max(octet_length(l)) FROM string_to_table(told, E'\n') AS l), right(told, 12);
END $$;
-- All or nothing: one bad row, and none is added. A row behind a charge refuses the list as well.
SELECT test.attempt('SELECT billing.import_prices(E''provider,model,prompt_tokens_over,usd_per_million_input,usd_per_million_output\nprice,price-p,0,1,1\nprice,price-q,0,1,x'', ''CNY'', 1, ''price'')');
SELECT test.attempt('SELECT billing.import_prices(E''provider,model,prompt_tokens_over,usd_per_million_input,usd_per_million_output\nprice,price-p,0,1,1\nprice,price-b,0,1,1'', ''CNY'', 1, ''price'', ''2025-05-01'')');
SELECT count(*) FROM billing_books.price WHERE model IN ('price-p', 'price-q');
-- A list that says a price twice is refused, with the two records, whether or not the prices are equal. What of other
-- providers stands there twice is not asked; a name put together may be one that another record has as well.
\set head 'provider,model,prompt_tokens_over,usd_per_million_input,usd_per_million_output'
SELECT test.attempt(format('SELECT billing.import_prices(%L, ''CNY'')', :'head' || E'\nprice,price-r,0,1,1\nprice,price-r,5,1,1\n\nprice,price-s,0,1,1\nprice,price-r,0,1,1\nprice,price-r,5,1,1'));
SELECT test.attempt(format('SELECT billing.import_prices(%L, ''CNY'')', :'head' || E'\na/b,price-r,0,1,1\na,b/price-r,0,2,2'));
SELECT test.attempt('SELECT billing.import_prices(''[{"provider": "price", "model": "price-r", "usd_per_million_input": 1, "usd_per_million_output": 1}, {"provider": "price", "model": "price-r", "usd_per_million_input": 2, "usd_per_million_output": 1, "prompt_tokens_over": 0}]'', ''CNY'')');
SELECT billing.import_prices(:'head' || E'\nprice,price-r,0,1,1\nother,price-r,0,1,1\nother,price-r,0,2,1\nprice,price-r,5,1,1', 'CNY', 1, 'price', '2025-01-01 00:00+00');
-- A list is bounded in bytes and in rows, and refused before it is read.
SELECT test.attempt('SELECT billing.import_prices(''['' || repeat(''1,'', 2097151) || '']'', ''CNY'')') AS "4194304 bytes", test.attempt('SELECT billing.import_prices(''['' || repeat(''1,'', 2097151) || ''1]'', ''CNY'')') AS "4194305 bytes";
SELECT test.attempt('SELECT billing.import_prices(''['' || repeat(''1,'', 19999) || ''1]'', ''CNY'')') AS "20000 rows", test.attempt('SELECT billing.import_prices(''['' || repeat(''1,'', 20000) || ''1]'', ''CNY'')') AS "20001 rows";
SELECT test.attempt(format('SELECT billing.import_prices(%L, ''CNY'')', :'head' || repeat(E'\nx', 20000))) AS "20000 rows", test.attempt(format('SELECT billing.import_prices(%L, ''CNY'')', :'head' || repeat(E'\nx', 20001))) AS "20001 rows";
-- What a list costs grows with its rows: a look for each, and one statement that writes them all.
BEGIN;
SELECT sum(idx_scan + seq_scan) AS before FROM pg_stat_xact_user_tables WHERE relid = 'billing_books.price'::regclass \gset
SELECT billing.import_prices(:'head' || string_agg(format(E'\nprice,price-u%s,0,1,1', n), ''), 'USD', 1, 'price') FROM generate_series(1, 1000) AS n;
SELECT sum(idx_scan + seq_scan) - :before < 1200 AS "a look for each" FROM pg_stat_xact_user_tables WHERE relid = 'billing_books.price'::regclass;
ROLLBACK;
-- A charge that somebody damaged, which verify() tells, keeps nobody from setting prices; a sound one does, where another price would have been its.
BEGIN;
SELECT billing.set_price('price-damaged', 'USD', 1, 1, effective_from => '2025-01-01 00:00+00') IS NOT NULL AS set;
SELECT status FROM billing.charge(1501, 1, 'damaged', 'price-damaged', 1, 0);
SELECT left(test.attempt('SELECT billing.set_price(''price-damaged'', ''USD'', 2, 2, effective_from => ''2025-02-01 00:00+00'')'), 5) AS sound;
SET LOCAL billing.allow_history_change = on;
UPDATE billing_books.usage_event SET cache_read_tokens = -2 WHERE account_id = 1501 AND request_id = 'damaged';
SELECT billing.set_price('price-damaged', 'USD', 2, 2, effective_from => '2025-02-01 00:00+00') IS NOT NULL AS damaged;
UPDATE billing_books.usage_event SET cache_read_tokens = 0, occurred_at = 'infinity' WHERE account_id = 1501 AND request_id = 'damaged';
SELECT billing.set_price('price-damaged', 'USD', 3, 3) IS NOT NULL AS set;
SELECT isfinite(max(effective_from)) AS from_now_on FROM billing_books.price WHERE model = 'price-damaged';
SELECT DISTINCT check_name, account_id FROM test.verify() ORDER BY 1;
ROLLBACK;
-- From now on never begins in the future: behind what a clock that was ahead has booked it is refused, by more than clocks may differ (clock_jump and
-- future_tolerance, 15 minutes). An instant can be named.
BEGIN;
SELECT billing.set_price('price-x', 'USD', 1, 1, effective_from => '2025-01-01 00:00+00') AS price_id \gset
SET LOCAL billing.clock_offset = '14 min';
SELECT status FROM billing.charge(1501, 1, 'a little ahead', 'price-x', 1, 0);
SET LOCAL billing.clock_offset = 0;
SELECT billing.set_price('price-x', 'USD', 2, 2) AS later_id \gset
SELECT effective_from - clock_timestamp() BETWEEN interval '13 min' AND interval '14 min' AS behind_it FROM billing_books.price WHERE price_id = :later_id;
SET LOCAL billing.clock_offset = '16 min';
SELECT status FROM billing.charge(1501, 1, 'too far ahead', 'price-x', 1, 0);
SELECT status FROM billing.charge(1501, 1, 'booked too far ahead', 'price-x', 1, 0, occurred_at => now());
SAVEPOINT charged;
SET LOCAL billing.clock_offset = 0;
SELECT what, regexp_replace(test.attempt(call), 'behind \d.*clock is .* behind', 'behind ..., which the clock is ... behind') AS attempt FROM (VALUES
    ('a price', 'SELECT billing.set_price(''price-y'', ''USD'', 1, 1)'), ('the end of one', 'SELECT billing.end_prices(''price-x'', ''USD'')'),
    ('a list', 'SELECT billing.import_prices(''provider,model,usd_per_million_input,usd_per_million_output' || E'\nprice,price-y,1,2'', ''USD'')'),
    ('a correction', format('SELECT billing.correct_price(%s, 3, 3, 3, 3, ''correct'')', :price_id))) AS c (what, call);
SELECT billing.set_price('price-y', 'USD', 1, 1, effective_from => clock_timestamp() + interval '1 min') IS NOT NULL AS named;
-- Nor does a re-rating go by a correction that does.
ROLLBACK TO charged;
SELECT status FROM billing.correct_price(:price_id, 3, 3, 3, 3, 'correct');
SELECT status FROM billing.begin_rerate(1501, '2025-01-01 00:00+00', '2100-01-01 00:00+00', 'price-x', 'then');
SET LOCAL billing.clock_offset = 0;
SELECT left(test.attempt('SELECT billing.begin_rerate(1501, ''2025-01-01 00:00+00'', ''2100-01-01 00:00+00'', ''price-x'', ''now'')'), 39) AS attempt;
ROLLBACK;
SELECT count(*) AS imports FROM billing_books.audit_log WHERE action = 'import_prices' AND object LIKE '%price-%';
SELECT * FROM test.verify();
