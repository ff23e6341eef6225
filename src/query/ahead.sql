-- Instants later than $1 that the server's clock gave, the latest first: of what can be asked for cheaply. verify() asks of all.
-- What a wrong clock dated of an account stays so when that is repaired (B&S 1.4).
SELECT x.what, x.at
FROM (
    SELECT 'usage of account ' || account_id AS what, recorded_at AS at FROM billing_books.usage_event AS u
    WHERE recorded_at > $1 AND NOT EXISTS (SELECT FROM billing_books.clock_repair AS c WHERE c.account_id = u.account_id)
    UNION ALL
    SELECT 'line ' || audit_no || ' of the audit log', recorded_at FROM (SELECT * FROM billing_books.audit_log ORDER BY audit_no DESC LIMIT 1000) AS a
    WHERE NOT EXISTS (SELECT FROM billing_books.clock_repair AS c WHERE c.account_id = a.account_id)
    UNION ALL
    SELECT 'notice ' || notice_id, received_at FROM (SELECT * FROM billing_books.gateway_notice ORDER BY notice_id DESC LIMIT 1000) AS n
    UNION ALL
    SELECT 'price ' || price_id, unnest(ARRAY[corrected_at, withdrawn_at]) FROM billing_books.price WHERE corrected_at > $1 OR withdrawn_at > $1
    UNION ALL
    SELECT format('plan "%s"', plan), unnest(ARRAY[created_at, retired_at]) FROM billing_books.plan
    UNION ALL
    SELECT format('promotion "%s"', promotion), created_at FROM billing_books.promotion
    UNION ALL
    SELECT 're-rating ' || rerate_no, unnest(ARRAY[begun_at, finished_at]) FROM billing_books.rerate
    UNION ALL
    SELECT 'the closing of ' || to_char(month, 'YYYY-MM'), closed_at FROM billing_books.closed_month
    UNION ALL
    SELECT 'seal ' || seal_no, sealed_at FROM billing_books.seal
) AS x
WHERE x.at > $1
ORDER BY x.at DESC, x.what
LIMIT 1000
