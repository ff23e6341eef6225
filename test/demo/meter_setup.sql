-- Act two: the traces' hour :hours times over. What that costs is known from act one's arithmetic, so that
-- customers can pay for it; some pay too little.
\set ON_ERROR_STOP on
SET client_min_messages = warning;
CREATE TABLE demo.size AS SELECT count(*)::int AS requests, :hours AS hours FROM demo.request;

-- What customers hold before it, as a share of what it will cost them. Of those with too little, some recharge as
-- soon as they are warned.
CREATE TABLE demo.purse AS
    SELECT c.account_id, c.place, c.api_key, :hours * c.cost AS cost, s.account_id IS NOT NULL AS short, coalesce(s.recharges, false) AS recharges,
           greatest(round(:hours * c.cost * CASE WHEN s.account_id IS NULL THEN 1.5 ELSE 0.5 END, 2), 0.1) AS holds
    FROM demo.customer AS c
    LEFT JOIN (SELECT account_id, row_number() OVER (ORDER BY place) % 2 = 1 AS recharges FROM demo.customer
               WHERE place IN (2, 4, 8, 13, 20, 28, 40, 55, 80, 110, 150, 190)) AS s USING (account_id);
ALTER TABLE demo.purse ADD PRIMARY KEY (account_id);
-- Where somebody has more than that from act one, its alert alone is of interest.
SELECT count(*) FROM demo.purse AS d, billing.balance(d.account_id) AS b,
       billing.record_offline_payment(d.account_id, d.holds - round(b.balance, 2), 'act two', 'transfer for act two ' || d.account_id)
    WHERE d.holds - round(b.balance, 2) > 0;
-- Tell me when it falls below a fifth of what there is, and when I have enough again.
SELECT count(billing.set_balance_alert(account_id, greatest(round(holds / 5, 2), 0.01), notify_recovery => true)) FROM demo.purse;

-- Requests that charge() has charged: the gateway reports some of them again.
CREATE TABLE demo.charged AS
    SELECT r.n AS p, true AS allowed, u.account_id, u.key_id, u.request_id, u.model, u.input_tokens AS input, u.output_tokens AS output, u.occurred_at
    FROM billing_books.usage_event AS u JOIN demo.request AS r USING (account_id, request_id) WHERE r.n % 5 = 0;
-- Requests first_p to last_p of act two, each with the word of authorize() on its customer.
CREATE FUNCTION demo.ask(first_p int, last_p int)
    RETURNS TABLE (p int, allowed boolean, account_id bigint, key_id bigint, request_id text, model text, input int, output int, occurred_at timestamptz)
    LANGUAGE sql AS $$
    WITH batch AS MATERIALIZED (
        SELECT p, 'hour-' || to_char(p / s.requests, 'FM00-') || r.request_id AS request_id, r.account_id, r.model,
               r.prompt_tokens, r.generated_tokens
        FROM demo.size AS s, generate_series(first_p, least(last_p, s.requests * s.hours - 1)) AS p, demo.request AS r
        WHERE r.n = p % s.requests
    ), gate AS MATERIALIZED (
        SELECT c.account_id, k.allowed, k.key_id
        FROM (SELECT DISTINCT account_id FROM batch) AS b JOIN demo.customer AS c USING (account_id), billing.authorize(c.api_key) AS k
    )
    SELECT b.p, g.allowed, b.account_id, g.key_id, b.request_id, b.model, b.prompt_tokens, b.generated_tokens, statement_timestamp()
    FROM batch AS b JOIN gate AS g USING (account_id) ORDER BY b.p
$$;
CREATE TABLE demo.batch (
    batch_no int, sending int, first_p int, last_p int, asked int, asked_at timestamptz, refused int[], rows int, repeated int, broken int,
    PRIMARY KEY (batch_no, sending));
GRANT SELECT ON demo.charged, demo.size TO gateway;
GRANT INSERT ON demo.batch TO gateway;
-- What each second showed, and what there was before the first.
CREATE TABLE demo.second (second int PRIMARY KEY, appended bigint, settled bigint, asked bigint, refused bigint, lag interval);
CREATE TABLE demo.before AS
    SELECT clock_timestamp() AS at, s.events_total AS settled, count(*) AS entries
    FROM billing.settler() AS s, billing_books.ledger_entry GROUP BY s.events_total;
VACUUM ANALYZE;
