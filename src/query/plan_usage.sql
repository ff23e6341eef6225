-- What was counted on subscription $2 of account $1, by day of the account's time zone, key and model.
SELECT billing.day_start(u.day, u.time_zone), u.key_id,
       (SELECT k.name FROM billing_books.api_key AS k WHERE k.account_id = $1 AND k.key_id = u.key_id), u.model, count(*),
       sum(u.input_tokens), sum(u.output_tokens), sum(u.cache_read_tokens), sum(u.cache_write_tokens), sum(u.credits)
FROM (
    SELECT u.*, z.time_zone, (u.occurred_at AT TIME ZONE z.time_zone)::date AS day
    FROM billing_books.usage_event AS u
    CROSS JOIN LATERAL (
        SELECT billing.known_time_zone(max(p.time_zone)) AS time_zone
        FROM billing_books.account_profile AS p
        WHERE p.account_id = $1
    ) AS z
    WHERE u.account_id = $1 AND u.status = 'plan' AND u.subscription_no = $2
        AND u.recorded_at >= (SELECT s.booked_at - interval '1 hour' FROM billing_books.subscription AS s WHERE s.account_id = $1 AND s.subscription_no = $2)
) AS u
GROUP BY u.day, u.time_zone, u.key_id, u.model
ORDER BY 1, 2, 4
