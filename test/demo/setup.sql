-- A platform with customers, prices and an hour of requests, before the first call.
\set ON_ERROR_STOP on
SET client_min_messages = warning;
SELECT setseed(0.2023); -- the same customers make the same requests in every run

CREATE EXTENSION billing;
SELECT billing.install();

-- The API gateway calls as a role that may do just that.
CREATE ROLE gateway LOGIN;
SELECT billing.grant_access('gateway', 'app');

-- List prices are in dollars; these accounts are in CNY.
\set price_file `cat data/model-prices.csv`
SELECT billing.import_prices(:'price_file', 'CNY', factor => 7.1, provider => 'xiaomi',
                             effective_from => clock_timestamp() - interval '1 hour');

CREATE SCHEMA demo;
GRANT USAGE ON SCHEMA demo TO gateway;
CREATE TABLE demo.trace (trace text DEFAULT 'code', line_no int GENERATED ALWAYS AS IDENTITY, stamp timestamp, prompt_tokens int, generated_tokens int);
\copy demo.trace (stamp, prompt_tokens, generated_tokens) FROM 'data/azure-llm-trace-code.csv' (FORMAT csv, HEADER)
ALTER TABLE demo.trace ALTER trace SET DEFAULT 'chat', ALTER line_no RESTART;
\copy demo.trace (stamp, prompt_tokens, generated_tokens) FROM 'data/azure-llm-trace-conv.csv' (FORMAT csv, HEADER)

-- Who made a request: the customer of rank r makes 1/r of what the first one makes (Zipf's law). Programmers
-- and people who chat are mostly not the same customers.
CREATE TABLE demo.zipf AS
    SELECT array_agg(bound ORDER BY bound) AS bounds
    FROM (SELECT sum(1.0::float8 / rank) OVER (ORDER BY rank) / sum(1.0::float8 / rank) OVER () AS bound
          FROM generate_series(1, 300) AS rank) AS b;
CREATE TABLE demo.request AS
    SELECT n::int, request_id, due_ms, prompt_tokens, generated_tokens,
           CASE trace WHEN 'code' THEN (rank * 7 + 40) % 300 + 1 ELSE rank END::bigint AS account_id,
           CASE WHEN trace = 'code' THEN 'mimo-v2.5-pro'
                WHEN rank % 10 < 6 THEN 'mimo-v2-flash'
                WHEN rank % 10 < 9 THEN 'mimo-v2.5'
                ELSE 'mimo-v2-pro' END AS model
    FROM (SELECT row_number() OVER (ORDER BY stamp, trace, line_no) - 1 AS n,
                 trace || '-' || line_no AS request_id,
                 trace, prompt_tokens, generated_tokens,
                 -- An hour in :seconds seconds: the traces' order and spacing.
                 (extract(epoch FROM stamp - min(stamp) OVER ())
                    / extract(epoch FROM max(stamp) OVER () - min(stamp) OVER ()) * 1000 * :seconds)::int AS due_ms,
                 least(width_bucket(random(), z.bounds) + 1, 300) AS rank
          FROM demo.trace, demo.zipf AS z) AS t;
ALTER TABLE demo.request ADD PRIMARY KEY (n);

-- What its requests will cost, by our own arithmetic: how much a customer pays in is made up from it, and
-- the end compares it with what was charged.
CREATE VIEW demo.cost AS
    SELECT r.n, r.account_id, r.request_id, r.model,
           round((r.prompt_tokens * p.input + r.generated_tokens * p.output) / 1000000, 9) AS cost
    FROM demo.request AS r JOIN billing_books.price AS p ON p.model = r.model;
-- What customers hold now, without what has expired, and so perhaps less than what is booked.
CREATE VIEW demo.holding AS
    SELECT sum(b.balance) AS balance, sum(a.cash + a.bonus - a.arrears) AS booked
    FROM billing_books.account AS a, billing.balance(a.account_id) AS b WHERE a.account_id > 0;
CREATE TABLE demo.customer AS
    SELECT a.account_id, coalesce(c.cost, 0) AS cost, row_number() OVER (ORDER BY c.cost DESC NULLS LAST) AS place,
           NULL::text AS api_key, 0::numeric AS paid
    FROM generate_series(1, 300) AS a(account_id)
    LEFT JOIN (SELECT account_id, sum(cost) AS cost FROM demo.cost GROUP BY account_id) AS c USING (account_id);
ALTER TABLE demo.customer ADD PRIMARY KEY (account_id);

-- Twelve customers, large and small, pay far too little.
UPDATE demo.customer
    SET paid = CASE WHEN place IN (3, 6, 10, 15, 21, 30, 45, 60, 90, 120, 160, 200)
        THEN (SELECT max(v) FROM unnest('{0.01,0.02,0.05,0.1,0.2,0.5,1,2}'::numeric[]) AS v WHERE v <= greatest(cost * 0.6, 0.01))
        ELSE (SELECT min(v) FROM unnest('{1,2,5,10,20,50,100,200}'::numeric[]) AS v WHERE v >= cost * 1.3) END;
SELECT count(billing.create_account(account_id, 'cn', email => 'billing@customer-' || account_id || '.example')) FROM demo.customer;
UPDATE demo.customer AS c SET api_key = (SELECT k.api_key FROM billing.create_api_key(c.account_id, 'production') AS k);
SELECT count(*) FROM demo.customer, billing.record_offline_payment(account_id, paid, 'first payment', 'transfer ' || account_id);
-- Every third customer, the largest of all first, has a welcome bonus; it is used before what was paid in.
SELECT count(*) FROM demo.customer, billing.grant_bonus(account_id, 0.5, 'welcome', clock_timestamp() + interval '40 days', 'welcome')
    WHERE place % 3 = 1;
-- Some have a trial credit that runs out while the requests come in.
SELECT count(*) FROM demo.customer, billing.grant_bonus(account_id, 0.25, 'trial', clock_timestamp() + make_interval(secs => :seconds * 0.4), 'trial')
    WHERE place % 10 = 5;

-- What a statement fails with, to show it.
CREATE FUNCTION demo.error_of(statement text, OUT code text, OUT message text, OUT hint text) LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE statement;
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS code = RETURNED_SQLSTATE, message = MESSAGE_TEXT, hint = PG_EXCEPTION_HINT;
END
$$;
-- A text as lines of at most so many characters, broken at blanks.
CREATE FUNCTION demo.fold(message text, width int) RETURNS TABLE (line text, no bigint) LANGUAGE sql AS $$
    SELECT m.part[1], m.no
    FROM regexp_matches(coalesce(message, ''), '(.{0,' || width || '})(?: |$)', 'g') WITH ORDINALITY AS m(part, no)
    WHERE m.no = 1 OR m.part[1] <> ''
$$;
CREATE TABLE demo.refused (n int PRIMARY KEY, account_id bigint, reason text, shortfall numeric, refused_at timestamptz DEFAULT clock_timestamp());
GRANT SELECT ON demo.request, demo.customer TO gateway;
GRANT INSERT ON demo.refused TO gateway;
VACUUM ANALYZE;
