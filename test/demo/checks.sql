-- What the demo claims, each compared with what can be known without the extension: the traces, our own
-- arithmetic, the gateway's notes of what it sent and of what was refused.
\pset fieldsep '|'
SET work_mem = '128MB';
-- Act one: request by request.
CREATE TEMP TABLE charged AS SELECT * FROM billing_books.usage_event WHERE request_id NOT LIKE 'hour-%';
SELECT (SELECT count(*) FROM demo.request) = (SELECT count(*) FROM charged) + (SELECT count(*) FROM demo.refused)
       AND NOT EXISTS (SELECT FROM charged JOIN demo.request USING (account_id, request_id) JOIN demo.refused USING (n)),
       'act one: every request was either charged or refused, none both';
SELECT count(*) FILTER (WHERE u.status = 'charged' AND u.charge = c.cost AND u.model = c.model) = count(*),
       'each of its ' || to_char(count(*), 'FM999,999') || ' charges is what the tokens cost, to the ninth decimal'
    FROM charged AS u LEFT JOIN demo.cost AS c USING (account_id, request_id);
SELECT count(*) = count(DISTINCT (account_id, request_id)) AND count(*) FILTER (WHERE n % 100 = 0) > 0,
       to_char(count(*) FILTER (WHERE n % 100 = 0), 'FM999,999') || ' of its requests were reported twice and charged once'
    FROM charged JOIN demo.request USING (account_id, request_id);
-- By the books of that time: since then some of them have paid.
SELECT count(*) > 0 AND bool_and(b.balance < 0 AND r.reason = 'negative_balance'),
       'each of its ' || to_char(count(*), 'FM999,999') || ' refused calls, of ' || count(DISTINCT account_id)
       || ' customers, came at a balance below zero'
    FROM demo.refused AS r, billing.balance_at(r.account_id, r.refused_at) AS b;

-- Act two: what the gateway sent, worked out again from the traces and its notes.
CREATE TEMP TABLE asked AS
    SELECT b.asked_at, p, r.account_id, r.model, c.cost, 'hour-' || to_char(p / s.requests, 'FM00-') || r.request_id AS request_id,
           b.refused @> ARRAY[p] AS refused
    FROM demo.batch AS b, demo.size AS s, generate_series(b.first_p, b.last_p) AS p, demo.request AS r, demo.cost AS c
    WHERE b.sending = 1 AND r.n = p % s.requests AND c.n = r.n;
ANALYZE asked;
SELECT count(*) = requests * hours AND count(DISTINCT p) = requests * hours,
       'act two: the gateway took up each of ' || to_char(count(*), 'FM9,999,999') || ' requests once, and ' ||
       to_char(count(*) FILTER (WHERE refused), 'FM999,999') || ' were refused'
    FROM asked, demo.size GROUP BY requests, hours;
SELECT bool_and(s.request_id IS NOT NULL AND u.request_id IS NOT NULL AND u.status = 'charged' AND u.charge = s.cost AND u.model = s.model)
       AND count(*) = (SELECT count(*) FROM demo.metered),
       'each of the other ' || to_char(count(*), 'FM9,999,999') || ' is in the books once, at its cost to the ninth decimal; nothing else is'
    FROM (SELECT * FROM asked WHERE NOT refused) AS s FULL JOIN demo.metered AS u USING (account_id, request_id);
SELECT b.rows = u.n + b.repeated + a.n AND b.broken = a.n AND b.repeated > 0 AND a.n > 0,
       to_char(b.rows, 'FM9,999,999') || ' rows appended = ' || to_char(u.n, 'FM9,999,999') || ' requests + '
       || to_char(b.repeated, 'FM999,999') || ' repeats + ' || a.n || ' set aside'
    FROM (SELECT sum(rows) AS rows, sum(repeated) AS repeated, sum(broken) AS broken FROM demo.batch) AS b,
         (SELECT count(*) AS n FROM demo.metered) AS u, (SELECT count(*) AS n FROM billing_books.usage_set_aside) AS a;
SELECT count(DISTINCT reason) >= 6 AND bool_and(reason <> 'internal' AND detail <> ''),
       'every row set aside says why, in ' || count(DISTINCT reason) || ' ways'
    FROM billing_books.usage_set_aside;
SELECT i.n = 0 AND s.status = 'running', 'the settler runs and has left nothing in the inbox'
    FROM (SELECT count(*) AS n FROM billing_books.usage_inbox) AS i, billing.settler() AS s;
-- A payment or a booking that was on its way in the second before may not have been seen.
SELECT count(*) > 0 AND bool_and(EXISTS (
           SELECT FROM (SELECT recorded_at, lead(recorded_at) OVER (ORDER BY entry_no) AS next_at, balance_after
                        FROM billing.statement(r.account_id)) AS l
           WHERE l.balance_after < 0 AND l.recorded_at <= r.last_at
             AND coalesce(l.next_at, 'infinity') >= r.first_at - interval '1 s')),
       'the ' || count(*) || ' customers that it refused were below zero then'
    FROM (SELECT account_id, min(asked_at) AS first_at, max(asked_at) AS last_at FROM asked WHERE refused GROUP BY account_id) AS r;

-- Alerts.
SELECT count(*) > 0 AND bool_and(n.payload ->> 'threshold' = a.threshold::text AND (n.payload ->> 'balance')::numeric < a.threshold
                                 AND (n.payload ->> 'balance')::numeric = b.balance),
       count(*) || ' customers were warned, by a booking that left less than they had named'
    FROM billing_books.notification AS n JOIN billing_books.balance_alert AS a ON a.account_id = n.account_id AND a.alert_no = n.source_id, billing.balance_at(n.account_id, n.created_at) AS b
    WHERE n.event = 'balance_low';
SELECT bool_and(n.low = a.episode AND n.low - n.up = a.fired::int AND a.fired = (b.balance < a.threshold)),
       'everybody below, and nobody else, was told; once each time, and ' || sum(n.up) || ' that it is over'
    FROM billing_books.balance_alert AS a, billing.balance(a.account_id) AS b,
         LATERAL (SELECT count(*) FILTER (WHERE event = 'balance_low') AS low, count(*) FILTER (WHERE event = 'balance_recovered') AS up
                  FROM billing_books.notification AS n WHERE n.account_id = a.account_id) AS n;

-- Reports, and the books as a whole.
SELECT bool_and(r.charge = e.amount AND r.requests = u.n),
       'each of ' || count(*) || ' usage reports, by hour and model, has the sum of the ledger'
    FROM demo.customer AS c,
         LATERAL (SELECT sum(charge) AS charge, sum(requests) AS requests FROM billing.usage_report(c.account_id, group_by => '{hour,model}')) AS r,
         LATERAL (SELECT sum(amount) AS amount FROM billing_books.ledger_entry AS e WHERE e.account_id = c.account_id AND credit = 'revenue') AS e,
         LATERAL (SELECT count(*) AS n FROM billing_books.usage_event AS u WHERE u.account_id = c.account_id) AS u;
SELECT u.amount = e.amount, 'the sum of all charges is the revenue in the ledger: ' || e.amount || ' CNY'
    FROM (SELECT sum(charge) AS amount FROM billing_books.usage_event) AS u,
         (SELECT sum(amount) AS amount FROM billing_books.ledger_entry WHERE credit = 'revenue') AS e;
SELECT p.amount + g.amount - c.amount - coalesce(x.amount, 0) - (h.booked - h.balance) = h.balance,
       'paid in + given - charged - run out is what customers have: ' || h.balance || ' CNY'
    FROM (SELECT sum(amount) AS amount FROM billing_books.payment) AS p,
         (SELECT sum(amount) AS amount FROM billing_books.lot WHERE kind = 'bonus') AS g,
         (SELECT sum(charge) AS amount FROM billing_books.usage_event) AS c,
         (SELECT sum(amount) AS amount FROM billing_books.ledger_entry WHERE credit = 'breakage') AS x, demo.holding AS h;
SELECT bool_and(k.allowed = (b.balance >= 0)) AND bool_or(NOT k.allowed),
       'at the end ' || count(*) FILTER (WHERE k.allowed) || ' customers may call, exactly those not below zero'
    FROM demo.customer AS c, billing.authorize(c.api_key) AS k, billing.balance_at(c.account_id, clock_timestamp()) AS b;
SELECT count(*) = 0, 'verify() recomputed the books and found nothing' FROM billing.verify();
