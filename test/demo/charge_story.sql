-- What happened in act one, read from the books. Each part says what to see in it.
\pset footer off
\pset border 0

SELECT to_char(count(*), 'FM999,999') AS charged, to_char(sum(charge), 'FM990.000000000') AS amount,
       to_char(count(*) / extract(epoch FROM max(recorded_at) - min(recorded_at)), 'FM999,999') AS per_second,
       to_char(extract(epoch FROM max(recorded_at) - min(recorded_at)), 'FM990.0') AS seconds
    FROM billing_books.usage_event \gset
SELECT to_char(max(n), 'FM999,999') AS best
    FROM (SELECT count(*) AS n FROM billing_books.usage_event GROUP BY date_trunc('second', recorded_at)) AS s \gset
SELECT to_char(count(*), 'FM999,999') AS refused, count(DISTINCT account_id) AS refused_accounts FROM demo.refused \gset
\echo
\echo :charged 'charges in' :seconds 's:' :per_second 'a second,' :best 'in the best one. A call took' :authorize_ms 'ms to authorize'
\echo 'and' :charge_ms 'ms to charge. (The pace is that of the traces; make bench shows what it can do.)'

\echo
\echo :bold'The ten largest customers':plain
\echo 'Bonus is used before cash. A customer below zero is refused until it pays; zero is still allowed.'
\echo
SELECT c.account_id AS account, to_char(count(u.*), '99,999') AS charged, to_char(coalesce(r.n, 0), '99,999') AS refused,
       to_char(sum(u.input_tokens + u.output_tokens) / 1e6, '990.00') AS "M tokens", to_char(c.paid, '990.00') AS "paid in",
       to_char(coalesce(g.bonus, 0), '90.00') AS bonus, to_char(sum(u.charge), '990.000000000') AS used,
       to_char(b.balance, '990.000000000') AS balance, b.reason AS "may not call"
    FROM demo.customer AS c
    JOIN billing_books.usage_event AS u USING (account_id)
    CROSS JOIN LATERAL billing.balance(c.account_id) AS b
    LEFT JOIN (SELECT account_id, count(*) AS n FROM demo.refused GROUP BY account_id) AS r USING (account_id)
    LEFT JOIN (SELECT account_id, sum(amount) AS bonus FROM billing_books.lot WHERE kind = 'bonus' GROUP BY account_id) AS g USING (account_id)
    GROUP BY c.account_id, c.paid, r.n, g.bonus, b.balance, b.reason
    ORDER BY sum(u.charge) DESC LIMIT 10;

SELECT account_id AS account, to_char(count(*), 'FM99,999') AS refusals FROM demo.refused
    GROUP BY account_id ORDER BY count(*) DESC, account_id LIMIT 1 \gset
SELECT to_char(paid, 'FM990.00') AS paid, to_char(cost, 'FM990.00') AS wanted, api_key FROM demo.customer WHERE account_id = :account \gset
SELECT arrears FROM billing.balance(:account) \gset
SELECT shortfall FROM billing.authorize(:'api_key') \gset
SELECT max(entry_no) - 3 AS from_entry FROM billing.statement(:account) \gset
\echo :bold'A customer that was blocked':plain
\echo 'Account' :account 'paid in' :paid 'CNY and wanted' :wanted 'CNY of tokens. Usage is billed after the call, so the'
\echo 'last charge may be more than there is: what credit does not cover becomes arrears. From then on'
\echo 'its key was refused,' :refusals 'times. authorize() says why, and the least payment that helps:'
\echo
SELECT allowed, reason, balance, shortfall, retryable FROM billing.authorize(:'api_key');
\echo 'So it pays 10.00 CNY. Arrears come first, the rest is cash, and the key may call at once. The end of'
\echo 'its statement, the balance before and after each line:'
\echo
SELECT billing.record_offline_payment(:account, 10, 'recharge', 'transfer of the recharge') \g /dev/null
SELECT entry_no AS entry, source_type AS cause, debit, credit, to_char(amount, '990.000000000') AS amount,
       to_char(balance_before, '990.000000000') AS before, to_char(balance_after, '990.000000000') AS after,
       to_char(arrears, '990.000000000') AS arrears
    FROM billing.statement(:account) WHERE entry_no >= :from_entry;
SELECT allowed, reason, balance, shortfall FROM billing.authorize(:'api_key');

SELECT account_id AS account, request_id AS request, to_char(charge, 'FM990.000000000') AS charge FROM billing_books.usage_event
    ORDER BY entry_count DESC, charge DESC LIMIT 1 \gset
SELECT input_tokens, output_tokens, key_id, model FROM billing_books.usage_event WHERE account_id = :account AND request_id = :'request' \gset
\echo :bold'The same request once more':plain
\echo 'A retry is told so and costs nothing; the same id with other numbers is an error:'
\echo
SELECT status, charge, balance FROM billing.charge(:account, :key_id, :'request', :'model', :input_tokens, :output_tokens);
SELECT CASE f.no WHEN 1 THEN e.code END AS error, f.line AS message
    FROM demo.error_of(format('SELECT * FROM billing.charge(%s, %s, %L, %L, %s, %s)',
                              :account, :key_id, :'request', :'model', :input_tokens, :output_tokens + 1)) AS e,
         demo.fold(e.message, 90) AS f
    ORDER BY f.no;
