-- Lists that are read page by page: what there is, once each and the newest first, whatever comes meanwhile. Accounts 3000 to 3009.
SELECT billing.set_price('page', 'CNY', 1000000, 0, effective_from => '2025-01-01 00:00+00') > 0 AS set, billing.set_price('page-free', 'CNY', 0, 0, effective_from => '2025-01-01 00:00+00') > 0 AS free;
SELECT billing.create_account(3000, 'cn', 'page@example.com'), billing.create_account(3001, 'cn'), billing.create_account(3002, 'cn');
SELECT count(billing.create_api_key(3000, 'key ' || n)) AS keys FROM generate_series(1, 7) AS n;
SELECT billing.delete_api_key(3000, 5);
-- Reads a list to its end: the first column of its rows, how many pages, and where one was empty.
CREATE FUNCTION pg_temp.walk(call text, rows int, more text = '') RETURNS TABLE (pages bigint, listed bigint, empty bigint, firsts text[]) LANGUAGE plpgsql AS $$
DECLARE
    behind text;
    last text;
    line record;
    shown bigint;
BEGIN
    pages := 0; listed := 0; empty := 0; firsts := '{}';
    LOOP
        behind := last; last := NULL; shown := 0;
        pages := pages + 1;
        FOR line IN EXECUTE format('SELECT to_jsonb(l) ->> $1 AS first, l.next_cursor FROM %s(3000, $2, $3%s) AS l', call, more) USING
            CASE WHEN call ~ 'usage' THEN 'request_id' WHEN call ~ 'key' THEN 'key_id' WHEN call ~ 'order' THEN 'order_id' WHEN call ~ 'alert' THEN 'alert_no' WHEN call ~ 'statement' THEN 'entry_no' ELSE 'notification_no' END,
            behind, rows
        LOOP
            ASSERT last IS NULL, 'a cursor within a page';
            last := line.next_cursor;
            shown := shown + (line.first IS NOT NULL)::int;
            firsts := firsts || line.first;
        END LOOP;
        listed := listed + shown;
        empty := empty + (shown = 0)::int;
        firsts := array_remove(firsts, NULL);
        EXIT WHEN last IS NULL OR pages > 100;
    END LOOP;
    RETURN NEXT;
END $$;
SELECT rows, w.* FROM unnest('{1,3,7,8,1000}'::int[]) AS rows, pg_temp.walk('billing.list_api_keys', rows) AS w;
SELECT key_id, name, kind, created_at IS NOT NULL AS made, deleted_at IS NOT NULL AS deleted, next_cursor IS NOT NULL AS goes_on FROM billing.list_api_keys(3000, NULL, 4);
-- Nothing there; no such account; the house has entries alone.
SELECT * FROM billing.list_api_keys(3001);
SELECT test.attempt('SELECT * FROM billing.list_api_keys(3009)'), test.attempt('SELECT * FROM billing.list_usage(3009)'), test.attempt('SELECT * FROM billing.list_orders(-1)');
-- A cursor is of one call and one account.
SELECT next_cursor AS keys_cursor FROM billing.list_api_keys(3000, NULL, 4) WHERE next_cursor IS NOT NULL \gset
SELECT test.attempt(format('SELECT * FROM billing.list_api_keys(3001, %L)', :'keys_cursor')), test.attempt(format('SELECT * FROM billing.list_orders(3000, %L)', :'keys_cursor')),
    test.attempt($$SELECT * FROM billing.list_api_keys(3000, 'x')$$), test.attempt($$SELECT * FROM billing.list_api_keys(3000, '')$$),
    test.attempt(format('SELECT * FROM billing.list_api_keys(3000, upper(%L))', :'keys_cursor')), test.attempt($$SELECT * FROM billing.list_api_keys(3000, repeat('0', 10000000))$$);
SELECT count(*) AS refused FROM generate_series(1, 64) AS n, LATERAL (SELECT overlay(:'keys_cursor' PLACING CASE substr(:'keys_cursor', n, 1) WHEN '0' THEN '1' ELSE '0' END FROM n FOR 1) AS forged) AS f
WHERE test.attempt(format('SELECT * FROM billing.list_api_keys(3000, %L)', forged)) = 'LB113 the cursor is malformed';
-- What comes meanwhile stands before the cursor.
SELECT key_id FROM billing.create_api_key(3000, 'meanwhile');
SELECT key_id FROM billing.list_api_keys(3000, :'keys_cursor');

-- Orders of both kinds, with what they were for.
SELECT billing.set_gateway('page', 'wechat', 'cn', 'subject'), billing.set_payment_method('page_pay', 'page', 'native', 1, 100), billing.create_plan('page', 'cn', 10, 1000, months => 1);
SELECT status FROM billing.record_offline_payment(3000, 50000, 'paid', '3000 bank 1');
SELECT count(billing.create_topup(3000, n, 'page_pay', 'topup ' || n, payer => '{"client_ip": "192.0.2.1"}')) AS topups FROM generate_series(1, 3) AS n;
SELECT order_id FROM billing.subscribe(3000, 'page', 'page_pay', 'plan', payer => '{"client_ip": "192.0.2.1"}');
SELECT order_id, kind, plan, state, reason, method, currency, amount, pay_amount, discount, gift, paid_at IS NOT NULL AS paid, invoice_id FROM billing.list_orders(3000);
SELECT rows, w.* FROM unnest('{2,5}'::int[]) AS rows, pg_temp.walk('billing.list_orders', rows) AS w;

SELECT count(billing.set_balance_alert(3000, n, notify_recovery => n = 2)) AS alerts FROM generate_series(1, 3) AS n;
SELECT billing.set_balance_alert(3000, runway_hours => 24), billing.set_balance_alert(3000, 2, enabled => false);
SELECT * FROM billing.list_balance_alerts(3000);
SELECT rows, w.* FROM unnest('{2,4}'::int[]) AS rows, pg_temp.walk('billing.list_balance_alerts', rows) AS w;
SELECT notification_no, event, source_id, channel, address, state FROM billing.list_notifications(3000, NULL, 3);
SELECT rows, w.pages, w.listed, w.empty, w.firsts[1:3] FROM unnest('{2,100}'::int[]) AS rows, pg_temp.walk('billing.list_notifications', rows) AS w;

-- Usage: by instant, and what has one instant by its hash. 21,000 requests, settled in batches whose rows have one instant each.
INSERT INTO billing_books.usage_inbox (account_id, key_id, request_id, model, input_tokens, output_tokens)
SELECT 3000, 1 + (n = 1)::int, 'batch ' || n, CASE WHEN n <= 2 THEN 'page' ELSE 'page-free' END, 1, 0 FROM generate_series(1, 21000) AS n;
SELECT billing.settle(10000), billing.settle(10000), billing.settle(10000);
SELECT count(*) AS received FROM billing_books.usage_event WHERE account_id = 3000 GROUP BY recorded_at ORDER BY recorded_at;
SELECT status, charge FROM billing.charge(3000, 1, 'one', 'page', 2, 0);
SELECT status, charge FROM billing.charge(3000, 3, 'two', 'page', 3, 0, variant => 'late');
SELECT status, charge FROM billing.charge(3000, 3, 'three', 'page', 1, 0);
SELECT status FROM billing.reverse_charge(3000, 'one', 'undone', 'why');
SELECT request_id, key_id, key_name, model, variant, status, reason, input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, charge, credits, given_back FROM billing.list_usage(3000, NULL, 3);
-- All of them, once each.
SELECT w.pages, w.listed, w.empty, (SELECT count(DISTINCT f) FROM unnest(w.firsts) AS f) AS different FROM pg_temp.walk('billing.list_usage', 1000) AS w;
-- And sorted: by when they were received, then as the cursor has it.
SELECT count(*) AS requests, bool_and((recorded_at, request_hash) < (recorded_before, hash_before)) AS sorted FROM (
    SELECT u.recorded_at, u.request_hash, lag(u.recorded_at) OVER w AS recorded_before, lag(u.request_hash) OVER w AS hash_before
    FROM pg_temp.walk('billing.list_usage', 997) AS k, unnest(k.firsts) WITH ORDINALITY AS f (request_id, place)
    JOIN billing_books.usage_event AS u ON u.account_id = 3000 AND u.request_id = f.request_id
    WINDOW w AS (ORDER BY f.place)
) AS l;
-- What few requests are: some pages are empty, and say where to go on.
SELECT more, w.pages, w.listed, w.empty, w.firsts[1:5] FROM (VALUES (', model => ''page'''), (', key_id => 2'), (', key_id => 3, status => ''unpriced'''), (', status => ''rejected'''), (', model => ''nobody'''), (', entry_no => 3')) AS f (more), pg_temp.walk('billing.list_usage', 50, more) AS w;
SELECT num_nulls(request_id, key_id, key_name, model, variant, occurred_at, recorded_at, status, reason, input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, charge, credits, given_back) AS nulls, next_cursor IS NOT NULL AS goes_on
FROM billing.list_usage(3000, NULL, 50, model => 'nobody');

-- The ledger, and what a line of usage was for: of a batch all of it, of charge() the one; also where the price came later.
SELECT entry_no, source_type, source_id, debit, credit, lot_no, amount, change, next_cursor IS NULL AS ends FROM billing.list_statement(3000, NULL, 3);
SELECT w.pages, w.listed, w.firsts FROM pg_temp.walk('billing.list_statement', 2) AS w;
SELECT billing.set_price('page', 'CNY', 500000, 0, effective_from => '2025-01-01 00:00+00', variant => 'late') > 0 AS set;
SELECT billing.settle() AS settled;
SELECT l.entry_no, l.source_type, l.change, u.requests FROM billing.list_statement(3000) AS l, LATERAL (SELECT array_agg(u.request_id ORDER BY u.request_id) AS requests FROM billing.list_usage(3000, NULL, 100, entry_no => l.entry_no) AS u) AS u;
SELECT count(*) FROM billing.list_usage(3000, entry_no => 1000000);
SELECT sum(l.change) = (SELECT b.balance FROM billing.balance(3000) AS b) AS adds_up FROM billing.list_statement(3000, NULL, 1000) AS l;
-- Re-rated, as reports have it: more is in the charge, less is given back. An entry of a re-rating opens into its request.
SELECT billing.set_price('page-wrong', 'CNY', 500000, 0, effective_from => '2025-01-01 00:00+00') AS wrong \gset
SELECT request_id, charge FROM unnest('{moved,moved and undone}'::text[]) AS request_id, billing.charge(3000, 6, request_id, 'page-wrong', 10, 0);
SELECT status FROM billing.correct_price(:wrong, 600000, NULL, NULL, 0, 'page more');
SELECT rerate_no AS more FROM billing.begin_rerate(3000, '2025-01-01 00:00+00', 'tomorrow', 'page-wrong', 'more') \gset
SELECT done FROM billing.continue_rerate(:more);
SELECT request_id, charge, given_back FROM billing.list_usage(3000, model => 'page-wrong') ORDER BY 1;
SELECT status FROM billing.correct_price(:wrong, 400000, NULL, NULL, 0, 'page less');
SELECT rerate_no AS less FROM billing.begin_rerate(3000, '2025-01-01 00:00+00', 'tomorrow', 'page-wrong', 'less') \gset
SELECT done FROM billing.continue_rerate(:less);
SELECT status FROM billing.reverse_charge(3000, 'moved and undone', 'undone after', 'why');
SELECT request_id, charge, given_back, charge - given_back AS costs, (SELECT amount FROM billing.explain_charge(3000, l.request_id) WHERE item = 'charge') AS explained FROM billing.list_usage(3000, model => 'page-wrong') AS l ORDER BY 1;
SELECT (sum(l.charge), sum(l.given_back)) = (SELECT r.charge, r.given_back FROM billing.usage_report(3000, group_by => '{model}') AS r WHERE r.model = 'page-wrong') AS as_reported FROM billing.list_usage(3000, model => 'page-wrong') AS l;
SELECT l.source_type, count(*) AS entries, array_agg(DISTINCT u.request_id ORDER BY u.request_id) AS requests, bool_and(u.requests = 1) AS one_each
FROM billing.list_statement(3000, NULL, 20) AS l, LATERAL (SELECT min(u.request_id) AS request_id, count(*) AS requests FROM billing.list_usage(3000, NULL, 100, entry_no => l.entry_no) AS u) AS u
WHERE l.source_type = 'rerate' GROUP BY l.source_type;
-- Of the house the ledger alone.
SELECT test.attempt('SELECT * FROM billing.list_statement(-1)') IN ('done', 'LB201 account -1 does not exist') AS of_the_house;

-- A plan by which all of an account would be read and sorted is never made: not of tables that nobody analyzed, and not by statistics of another time.
CREATE FUNCTION pg_temp.blocks_read(call text) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    plan json;
BEGIN
    EXECUTE 'EXPLAIN (ANALYZE, BUFFERS, FORMAT json) ' || call INTO plan;
    RETURN (plan -> 0 -> 'Plan' ->> 'Shared Hit Blocks')::bigint + (plan -> 0 -> 'Plan' ->> 'Shared Read Blocks')::bigint;
END $$;
SELECT pg_temp.blocks_read('SELECT * FROM billing.list_usage(3000, NULL, 10)') > 0 AS warm;
SELECT pg_temp.blocks_read('SELECT * FROM billing.list_usage(3000, NULL, 10)') < 200 AS reads_little, pg_temp.blocks_read('SELECT * FROM billing.list_statement(3000, NULL, 10)') < 100 AS and_of_the_ledger;
SELECT * FROM test.verify();
