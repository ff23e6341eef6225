UNION ALL
-- How far was looked: a last row that is none. It is sought where there are less rows than asked for, since what stands first is read first.
SELECT NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
       s.recorded_at - interval '1 microsecond', '9223372036854775807', '9223372036854775807'
FROM (SELECT recorded_at
      FROM billing_books.usage_event
      WHERE account_id = $1 AND recorded_at <= $2
      ORDER BY recorded_at DESC
      OFFSET 9999
      LIMIT 1) AS s
LIMIT $5
