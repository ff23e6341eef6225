-- A second of act two. Customers that were warned and mean to go on recharge now.
SELECT count(*) FROM (SELECT DISTINCT account_id FROM billing_books.notification WHERE event = 'balance_low') AS w JOIN demo.purse AS d USING (account_id),
       billing.record_offline_payment(d.account_id, round(d.holds * 1.5, 2), 'after the warning', 'transfer after the warning ' || d.account_id)
    WHERE d.recharges \g /dev/null
INSERT INTO demo.second
    SELECT :second, b.appended, s.events_total - before.settled, b.asked, b.refused,
           greatest(s.settled_lag, clock_timestamp() - s.pending_since)
    FROM billing.settler() AS s, demo.before,
         (SELECT coalesce(sum(rows), 0) AS appended, coalesce(sum(asked), 0) AS asked, coalesce(sum(cardinality(refused)), 0) AS refused FROM demo.batch) AS b;
SELECT s.appended - s.settled, s.appended, to_char(s.appended - coalesce(l.appended, 0), 'FM9,999,990'),
       to_char(s.settled - coalesce(l.settled, 0), 'FM9,999,990'), to_char(s.appended - s.settled, 'FM9,999,990'),
       to_char(extract(epoch FROM s.lag), 'FM990.00'), to_char(s.asked - coalesce(l.asked, 0), 'FM9,999,990'), to_char(s.refused, 'FM9,999,990'),
       (SELECT count(*) FROM billing_books.notification WHERE event = 'balance_low'),
       to_char((SELECT sum(amount) FROM billing_books.ledger_entry WHERE credit = 'revenue'), 'FM99,990.00')
    FROM demo.second AS s LEFT JOIN demo.second AS l ON l.second = s.second - 1 WHERE s.second = :second;
