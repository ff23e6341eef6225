-- What the demo claims, each compared with what can be known without the extension: the traces, our own
-- arithmetic, the log of refused calls.
\pset fieldsep '|'
\timing off
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
SELECT count(*) > 0 AND bool_and(first.balance < 0 AND last.balance < 0 AND r.reason = 'negative_balance'),
       'each of the ' || count(*) || ' refused customers was below zero, from its first refused call to the last'
    FROM (SELECT account_id, min(refused_at) AS first_at, max(refused_at) AS last_at, string_agg(DISTINCT reason, ' ') AS reason
          FROM demo.refused GROUP BY account_id) AS r,
         billing.balance_at(r.account_id, r.first_at) AS first, billing.balance_at(r.account_id, r.last_at) AS last;
SELECT count(*) FILTER (WHERE b.arrears = 0 AND b.callable AND b.total_topup = c.paid + 10) = 1,
       'the one that recharged owes nothing and may call again'
    FROM demo.customer AS c, billing.balance(c.account_id) AS b WHERE b.total_topup <> c.paid;
SELECT count(*) = 0, 'nobody else was refused: all others are at zero or above'
    FROM billing.account AS a WHERE account_id > 0 AND arrears > 0
    AND NOT EXISTS (SELECT FROM demo.refused AS r WHERE r.account_id = a.account_id);
SELECT count(*) = 0, 'verify() recomputed the books and found nothing' FROM billing.verify();
