-- How far the traffic is; :seen and :charged are the counts of a second before.
SELECT :seen, charges + refused, charges, to_char(charges + refused, 'FM999,999'), to_char(charges - :charged, 'FM999,999'),
       to_char(refused, 'FM999,990'), to_char(amount, 'FM990.0000')
    FROM (SELECT count(*) AS charges, coalesce(sum(charge), 0) AS amount FROM billing_books.usage_event) AS u,
         (SELECT count(*) AS refused FROM demo.refused) AS r;
