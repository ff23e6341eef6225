-- What the demo claims, each compared with what can be known without the extension: the traces, our own
-- arithmetic, the log of refused calls.
\pset fieldsep '|'
SELECT (SELECT count(*) FROM demo.request) = (SELECT count(*) FROM billing.usage_event) + (SELECT count(*) FROM demo.refused)
       AND NOT EXISTS (SELECT FROM billing.usage_event JOIN demo.request USING (account_id, request_id) JOIN demo.refused USING (n)),
       'every request was either charged or refused, none both';
SELECT count(*) FILTER (WHERE u.status = 'charged' AND u.charge = c.cost AND u.model = c.model) = count(*),
       'each of the ' || to_char(count(*), 'FM999,999') || ' charges is what the tokens cost, to the ninth decimal'
    FROM billing.usage_event AS u LEFT JOIN demo.cost AS c USING (account_id, request_id);
SELECT count(*) = count(DISTINCT (account_id, request_id)) AND count(*) FILTER (WHERE n % 100 = 0) > 0,
       to_char(count(*) FILTER (WHERE n % 100 = 0), 'FM999,999') || ' requests were reported twice and charged once'
    FROM billing.usage_event JOIN demo.request USING (account_id, request_id);
SELECT u.amount = e.amount, 'the sum of the charges is the revenue in the ledger: ' || e.amount || ' CNY'
    FROM (SELECT sum(charge) AS amount FROM billing.usage_event) AS u,
         (SELECT sum(amount) AS amount FROM billing.ledger_entry WHERE credit = 'revenue') AS e;
SELECT p.amount + g.amount - c.amount - coalesce(x.amount, 0) - (h.booked - h.balance) = h.balance,
       'paid in + given - charged - run out is what customers have: ' || h.balance || ' CNY'
    FROM (SELECT sum(amount) AS amount FROM billing.payment) AS p,
         (SELECT sum(amount) AS amount FROM billing.lot WHERE kind = 'bonus') AS g,
         (SELECT sum(charge) AS amount FROM billing.usage_event) AS c,
         (SELECT sum(amount) AS amount FROM billing.ledger_entry WHERE credit = 'breakage') AS x, demo.holding AS h;
-- By the books of that time: since then one of them has paid.
SELECT count(*) > 0 AND bool_and(b.balance < 0 AND r.reason = 'negative_balance'),
       'each of the ' || to_char(count(*), 'FM999,999') || ' refused calls, of ' || count(DISTINCT account_id)
       || ' customers, came at a balance below zero'
    FROM demo.refused AS r, billing.balance_at(r.account_id, r.refused_at) AS b;
SELECT count(*) FILTER (WHERE b.arrears = 0 AND b.callable AND b.total_topup = c.paid + 10) = 1,
       'the one that recharged owes nothing and may call again'
    FROM demo.customer AS c, billing.balance(c.account_id) AS b WHERE b.total_topup <> c.paid;
SELECT bool_and(k.allowed = (b.balance >= 0)) AND bool_or(NOT k.allowed),
       'at the end ' || count(*) FILTER (WHERE k.allowed) || ' customers may call, exactly those not below zero'
    FROM demo.customer AS c, billing.authorize(c.api_key) AS k, billing.balance_at(c.account_id, clock_timestamp()) AS b;
SELECT count(*) = 0, 'verify() recomputed the books and found nothing' FROM billing.verify();
