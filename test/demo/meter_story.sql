-- What happened in act two, read from the books.
\pset footer off
\pset border 0

CREATE TABLE demo.metered AS
    SELECT * FROM billing_books.usage_event WHERE request_id LIKE 'hour-%';
ANALYZE demo.metered;
SELECT to_char(count(*), 'FM9,999,999') AS settled,
       to_char(count(*) / extract(epoch FROM max(recorded_at) - b.at), 'FM999,999') AS per_second
    FROM demo.metered, demo.before AS b GROUP BY b.at \gset
SELECT to_char(sum(rows), 'FM9,999,999') AS appended, to_char(count(*), 'FM99,999') AS batches,
       to_char(sum(asked), 'FM999,999') AS asked, to_char(sum(cardinality(refused)), 'FM999,990') AS refused,
       to_char(sum(repeated), 'FM999,990') AS repeated
    FROM demo.batch \gset
SELECT to_char(extract(epoch FROM percentile_cont(0.5) WITHIN GROUP (ORDER BY lag)), 'FM990.00') AS median_lag,
       to_char(extract(epoch FROM max(lag)), 'FM990.00') AS worst_lag
    FROM demo.second WHERE settled > 0 \gset
SELECT to_char(count(*), 'FM999,999') AS entries,
       to_char((SELECT count(*) FROM demo.metered) / count(*)::numeric, 'FM9,990.0') AS events_per_entry
    FROM billing_books.ledger_entry WHERE source_type = 'settlement' \gset
\echo
\echo :appended 'rows in' :batches 'commits became' :settled 'requests in the books,' :per_second 'a second. From commit'
\echo 'to ledger it took' :median_lag 's in the middle and' :worst_lag 's at worst. A batch makes one ledger entry per customer'
\echo 'and lot:' :entries 'entries,' :events_per_entry 'requests to each. authorize() was asked' :asked 'times by the gateway;' :refused
\echo 'requests were refused. One at a time, on connections of their own, a call took' :gate_ms 'ms.'

\echo
\echo :bold'What came twice, and what was no usage':plain
\echo :repeated 'rows were repeats, of batches just sent or of requests that charge() had charged in act one: they'
\echo 'count once. Rows that cannot be billed are set aside, with the error that charge() would have raised;'
\echo 'the rest of their batch counts:'
\echo
SELECT CASE f.no WHEN 1 THEN to_char(a.n, '999') END AS rows, CASE f.no WHEN 1 THEN a.sqlstate END AS error,
       CASE f.no WHEN 1 THEN a.reason END AS reason, f.line AS "for example"
    FROM (SELECT sqlstate, reason, count(*) AS n, min(detail) AS detail FROM billing_books.usage_set_aside GROUP BY sqlstate, reason) AS a,
         demo.fold(a.detail, 75) AS f
    ORDER BY a.sqlstate, f.no;

\echo :bold'Customers that ran low':plain
\echo 'Everybody asked to be told when less than a fifth is left. The booking that crosses it writes the'
\echo 'notification, once to each address. Some recharge then, and hear that they have enough again; the'
\echo 'others are refused below zero; as usage settles late, they get a little further than that. (s: seconds'
\echo 'since the first batch.)'
\echo
SELECT d.account_id AS account, to_char(d.holds, '9,990.00') AS "had", to_char((low.payload ->> 'threshold')::numeric, '990.00') AS "alert at",
       to_char(low.created_at - b.at, 'SS.MS') AS "warned, s", to_char((low.payload ->> 'balance')::numeric, '990.00') AS "with",
       to_char(up.created_at - b.at, 'SS.MS') AS "recharged, s", to_char(r.first_at - b.at, 'SS.MS') AS "refused, s",
       to_char(coalesce(r.n, 0), '99,990') AS refused, to_char(now.balance, '9,990.0000') AS balance
    FROM demo.before AS b, demo.purse AS d
    JOIN billing_books.notification AS low ON low.account_id = d.account_id AND low.event = 'balance_low'
    LEFT JOIN billing_books.notification AS up ON up.account_id = d.account_id AND up.event = 'balance_recovered' AND up.episode = low.episode
    LEFT JOIN (SELECT q.account_id, min(s.asked_at) AS first_at, count(*) AS n
               FROM demo.batch AS s, unnest(s.refused) AS p, demo.size, demo.request AS q WHERE q.n = p % size.requests
               GROUP BY q.account_id) AS r ON r.account_id = d.account_id
    CROSS JOIN LATERAL billing.balance(d.account_id) AS now
    WHERE low.episode = 1 AND d.short ORDER BY low.created_at;

SELECT account_id AS account FROM demo.metered GROUP BY account_id ORDER BY count(DISTINCT model) DESC, count(*) DESC LIMIT 1 \gset
\echo :bold'One customer\'s usage report':plain
\echo 'usage_report(':account', group_by => \'{day,model}\'), by the days of the customer\'s time zone:'
\echo
SELECT to_char(period AT TIME ZONE 'Asia/Shanghai', 'YYYY-MM-DD') AS day, model, to_char(requests, '999,999') AS requests,
       to_char(input_tokens, '999,999,999') AS "input tokens", to_char(output_tokens, '99,999,999') AS "output tokens",
       to_char(charge, '9,990.000000000') AS "charged, CNY"
    FROM billing.usage_report(:account, group_by => '{day,model}') ORDER BY period, model;
SELECT to_char(sum(charge), 'FM9,990.000000000') AS reported FROM billing.usage_report(:account, group_by => '{hour,model}') \gset
SELECT to_char(sum(amount), 'FM9,990.000000000') AS stated, count(*) AS lines FROM billing.statement(:account) WHERE credit = 'revenue' \gset
\echo 'By hour and model it sums up to' :reported', and so do the' :lines 'lines of usage in the statement:' :stated'.'

-- Best one whose share goes across two entries of its batch.
SELECT u.account_id AS account, u.request_id AS request
    FROM demo.metered AS u JOIN billing_books.ledger_entry AS e ON e.account_id = u.account_id AND e.entry_no = u.first_entry_no
    WHERE u.charge > 0
    ORDER BY u.batch_offset < e.amount AND u.batch_offset + u.charge > e.amount DESC, u.entry_count DESC, u.charge DESC LIMIT 1 \gset
SELECT count(*) AS of_batch, to_char(sum(u.charge), 'FM990.000000000') AS batch_charge FROM demo.metered AS u, demo.metered AS o
    WHERE o.account_id = :account AND o.request_id = :'request' AND u.account_id = o.account_id AND u.first_entry_no = o.first_entry_no \gset
\echo
\echo :bold'One metered request, explained':plain
\echo 'It was booked as one of' :of_batch 'of a batch, together' :batch_charge 'CNY, and has its own price, sum and'
\echo 'slice of the batch all the same: explain_charge(':account', \'':request'\'):'
\echo
SELECT CASE f.no WHEN 1 THEN item END AS item, CASE f.no WHEN 1 THEN tokens END AS tokens,
       CASE f.no WHEN 1 THEN trim_scale(price) END AS "per million", CASE f.no WHEN 1 THEN trim_scale(amount) END AS "CNY",
       CASE f.no WHEN 1 THEN lot_no END AS lot, CASE f.no WHEN 1 THEN order_id END AS "order", f.line AS detail
    FROM billing.explain_charge(:account, :'request') WITH ORDINALITY AS e(item, tokens, price, amount, lot_no, order_id, entry_no, detail, no),
         demo.fold(e.detail, 44) AS f
    ORDER BY e.no, f.no;

\echo :bold'Where the money is':plain
\echo 'Double entry: what came in is what was earned, what ran out and what customers still have. Some'
\echo 'trial credits ended amid the traffic: out of every balance at that instant, with no job to run.'
\echo
SELECT line, to_char(amount, '999,990.000000000') AS "CNY" FROM (
    SELECT 1, 'paid in by bank transfer', sum(amount) FROM billing_books.payment
    UNION ALL SELECT 2, '+ bonus given', sum(amount) FROM billing_books.ledger_entry WHERE debit = 'promotion'
    UNION ALL SELECT 3, '- charged for requests', -sum(amount) FROM billing_books.ledger_entry WHERE credit = 'revenue'
    UNION ALL SELECT 4, '- trial credit that ran out unused', -(sum(amount) + (SELECT booked - balance FROM demo.holding))
        FROM billing_books.ledger_entry WHERE credit = 'breakage'
    UNION ALL SELECT 5, '= balances of all customers', balance FROM demo.holding
) AS t(no, line, amount) ORDER BY no;

\echo :bold'Usage by model':plain
\echo
SELECT u.model, to_char(count(*), '9,999,999') AS requests, to_char(sum(u.input_tokens), '9,999,999,999') AS "input tokens",
       to_char(sum(u.output_tokens), '999,999,999') AS "output tokens", to_char(sum(u.charge), '9,990.000000000') AS "charged, CNY",
       to_char(100 * sum(u.charge) / sum(sum(u.charge)) OVER (), '990.0') || ' %' AS share
    FROM billing_books.usage_event AS u GROUP BY u.model ORDER BY sum(u.charge) DESC;
