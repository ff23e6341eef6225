-- The days of a month that is closed: of the partition %1$s, which is of the year %2$04d and the month %3$02d. Whoever moved to another time zone ends the day
-- that was begun in the old one; what was booked late has days in months to come already, which usage of those months then finds.
INSERT INTO billing_books.usage_day (account_id, month, day_starts_at, day_ends_at, time_zone, key_id, key_name, model, variant, requests, rejected,
                                     input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, charge, meters, project)
SELECT account_id, '%2$04d-%3$02d-01', day_starts_at, day_ends_at, day_time_zone, key_id, min(key_name), model, coalesce(variant, ''),
       count(*) FILTER (WHERE counts), count(*) FILTER (WHERE NOT counts),
       coalesce(sum(input_tokens) FILTER (WHERE counts), 0), coalesce(sum(output_tokens) FILTER (WHERE counts), 0),
       coalesce(sum(cache_read_tokens) FILTER (WHERE counts), 0), coalesce(sum(cache_write_tokens) FILTER (WHERE counts), 0),
       coalesce(sum(charge), 0.000000000), billing.sum_meters(meters) FILTER (WHERE counts AND billing.are_meters(meters)), coalesce(project, '')
FROM (
    SELECT u.*,
           u.status <> 'rejected' AS counts,
           coalesce(c.day_starts_at,
                    CASE WHEN k.old THEN billing.day_start(l.day, k.zone)
                         ELSE greatest(billing.day_start(l.day, k.zone), z.last_ends_at) END) AS day_starts_at,
           coalesce(c.day_ends_at, billing.day_start(l.day + 1, k.zone)) AS day_ends_at,
           coalesce(c.time_zone, k.zone) AS day_time_zone
    FROM billing_books.%1$s AS u
    JOIN (
        SELECT a.account_id, billing.known_time_zone(p.time_zone) AS time_zone, d.day_ends_at AS last_ends_at, billing.known_time_zone(d.time_zone) AS last_time_zone
        FROM (SELECT DISTINCT account_id FROM billing_books.%1$s) AS a
        LEFT JOIN billing_books.account_profile AS p USING (account_id)
        LEFT JOIN LATERAL (
            SELECT *
            FROM billing_books.usage_day AS d
            WHERE d.account_id = a.account_id
            ORDER BY d.month DESC, d.day_starts_at DESC
            LIMIT 1
        ) AS d ON true
    ) AS z USING (account_id)
    CROSS JOIN LATERAL billing.counts_at(u.account_id, u.first_entry_no, u.settled_at) AS n
    CROSS JOIN LATERAL (
        SELECT coalesce(n.counts_at < z.last_ends_at, false) AS old,
               CASE WHEN n.counts_at < z.last_ends_at THEN z.last_time_zone ELSE z.time_zone END AS zone
    ) AS k
    CROSS JOIN LATERAL (SELECT (n.counts_at AT TIME ZONE k.zone)::date AS day) AS l
    -- The day that it is in already.
    LEFT JOIN LATERAL (
        SELECT d.day_starts_at, d.day_ends_at, d.time_zone
        FROM billing_books.usage_day AS d
        WHERE k.old AND d.account_id = u.account_id AND d.day_starts_at <= n.counts_at AND d.day_ends_at > n.counts_at
        ORDER BY d.month DESC, d.day_starts_at DESC
        LIMIT 1
    ) AS c ON true
) AS u
GROUP BY account_id, day_starts_at, day_ends_at, day_time_zone, key_id, model, coalesce(variant, ''), coalesce(project, '')
