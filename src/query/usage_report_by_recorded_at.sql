-- Lines of usage_report() by when usage was booked: a charge belongs to its booking, what is not charged to its receipt.
-- $1 account, [$2, $3) range, $4 day or hour, $5 time zone, $6 by key, $7 by model, $10 by variant, $11 by project, $12 by a tag; [$13, $14) stands in sums: requests are read before
-- and behind; $8 and $9 are not needed here. What a wrong clock booked before a repair counts as of the repair (B&S 1.4), and stands in no sums.
WITH repair AS MATERIALIZED (
    SELECT min(corrected_at) AS corrected_at, max(booked_until) AS booked_until
    FROM billing_books.clock_repair
    WHERE account_id = $1
), event AS NOT MATERIALIZED (
    SELECT c.counts_at, (SELECT booked_until FROM repair) IS NOT NULL AND c.counts_at < coalesce(u.settled_at, u.recorded_at) AS moves, u.recorded_at, u.settled_at, u.status, u.key_id, u.model, coalesce(u.variant, '') AS variant, coalesce(u.project, '') AS project, u.tags ->> $12 AS tag,
           r.requests,
           (u.status = 'rejected')::int AS rejected,
           (u.status = 'unpriced')::int AS unpriced,
           r.requests * u.input_tokens AS input_tokens,
           r.requests * u.output_tokens AS output_tokens,
           r.requests * u.cache_read_tokens AS cache_read_tokens,
           r.requests * u.cache_write_tokens AS cache_write_tokens,
           coalesce(u.charge, 0.000000000) AS charge,
           CASE r.requests WHEN 1 THEN u.meters END AS meters
    FROM billing_books.usage_event AS u
    CROSS JOIN LATERAL (SELECT (u.status IN ('charged', 'free'))::int AS requests) AS r
    CROSS JOIN LATERAL billing.counts_at(u.account_id, u.first_entry_no, coalesce(u.settled_at, u.recorded_at)) AS c
    WHERE u.account_id = $1
), line AS (
    -- Booked when received.
    SELECT recorded_at AS at, key_id, model, variant, project, tag, requests, rejected, unpriced,
           input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, charge, 0.000000000 AS given_back, meters
    FROM event
    WHERE recorded_at >= $2 AND recorded_at < least($3, $13) AND settled_at = recorded_at AND NOT moves
    UNION ALL
    SELECT starts_at, key_id, model, variant, project, NULL, requests, rejected, 0,
           input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, charge, 0.000000000, meters
    FROM billing_books.usage_sum
    WHERE account_id = $1 AND starts_at >= $13 AND starts_at < $14
    UNION ALL
    SELECT recorded_at, key_id, model, variant, project, tag, requests, rejected, unpriced,
           input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, charge, 0.000000000, meters
    FROM event
    WHERE recorded_at >= greatest($2, $14) AND recorded_at < $3 AND settled_at = recorded_at AND NOT moves
    UNION ALL
    -- Not booked.
    SELECT recorded_at, key_id, model, variant, project, tag, requests, rejected, unpriced,
           input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, charge, 0.000000000, meters
    FROM event
    WHERE recorded_at >= $2 AND recorded_at < $3 AND status = 'unpriced' AND NOT moves
    UNION ALL
    -- Booked later.
    SELECT settled_at, key_id, model, variant, project, tag, requests, rejected, unpriced,
           input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, charge, 0.000000000, meters
    FROM event
    WHERE settled_at <> recorded_at AND settled_at >= $2 AND settled_at < $3 AND NOT moves
    UNION ALL
    -- By a wrong clock.
    SELECT counts_at, key_id, model, variant, project, tag, requests, rejected, unpriced,
           input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, charge, 0.000000000, meters
    FROM event
    WHERE recorded_at > (SELECT corrected_at FROM repair) AND recorded_at <= (SELECT booked_until FROM repair)
        AND coalesce(settled_at, recorded_at) = recorded_at AND moves AND counts_at >= $2 AND counts_at < $3
    UNION ALL
    SELECT counts_at, key_id, model, variant, project, tag, requests, rejected, unpriced,
           input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, charge, 0.000000000, meters
    FROM event
    WHERE settled_at > (SELECT corrected_at FROM repair) AND settled_at <= (SELECT booked_until FROM repair)
        AND settled_at <> recorded_at AND moves AND counts_at >= $2 AND counts_at < $3
    UNION ALL
    -- Of closed months, summed up by days.
    SELECT day_starts_at, key_id, model, variant, project, NULL, requests, rejected, 0,
           input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, charge, 0.000000000, meters
    FROM billing_books.usage_day
    WHERE account_id = $1 AND day_starts_at >= $2 AND day_starts_at < $3
    UNION ALL
    -- Given back.
    SELECT c.counts_at, r.key_id, r.model, coalesce(r.variant, ''), coalesce(r.project, ''), r.tags ->> $12, 0, 0, 0, 0, 0, 0, 0, 0.000000000, r.amount, NULL
    FROM (
        SELECT r.*,
               CASE WHEN r.recorded_at <= (SELECT booked_until FROM repair)
                    THEN (SELECT min(e.entry_no) FROM billing_books.ledger_entry AS e
                          WHERE e.account_id = r.account_id AND e.source_type = 'reversal' AND e.source_id = r.reversal_id) END AS entry_no
        FROM billing_books.charge_reversal AS r
        WHERE r.account_id = $1
    ) AS r
    CROSS JOIN LATERAL billing.counts_at(r.account_id, r.entry_no, r.recorded_at) AS c
    WHERE c.counts_at >= $2 AND c.counts_at < $3
    UNION ALL
    -- Moved by re-rating.
    SELECT c.counts_at, r.key_id, r.model, coalesce(r.variant, ''), coalesce(r.project, ''), r.tags ->> $12, 0, 0, 0, 0, 0, 0, 0,
           greatest(r.amount, 0.000000000), greatest(-r.amount, 0.000000000), NULL
    FROM billing_books.charge_revision AS r
    CROSS JOIN LATERAL billing.counts_at(r.account_id, r.first_entry_no, r.recorded_at) AS c
    WHERE r.account_id = $1 AND r.amount <> 0 AND c.counts_at >= $2 AND c.counts_at < $3
), grouped AS (
    SELECT CASE WHEN $4 = 'day' THEN (at AT TIME ZONE $5)::date END AS day,
           CASE WHEN $4 = 'hour' THEN date_trunc('hour', at, $5) END AS hour,
           CASE WHEN $6 THEN key_id END AS key_id,
           CASE WHEN $7 THEN model END AS model,
           CASE WHEN $10 THEN variant END AS variant,
           CASE WHEN $11 THEN project END AS project,
           tag,
           requests, rejected, unpriced, input_tokens, output_tokens, cache_read_tokens, cache_write_tokens,
           charge, given_back, meters
    FROM line
)
SELECT coalesce(hour, billing.day_start(day, $5)) AS period, key_id,
       (SELECT k.name FROM billing_books.api_key AS k WHERE k.account_id = $1 AND k.key_id = g.key_id), model, variant,
       sum(requests)::bigint, sum(rejected)::bigint, sum(unpriced)::bigint,
       sum(input_tokens)::bigint, sum(output_tokens)::bigint,
       sum(cache_read_tokens)::bigint, sum(cache_write_tokens)::bigint,
       sum(charge), sum(given_back), project, tag, billing.sum_meters(meters)
FROM grouped AS g
GROUP BY day, hour, key_id, model, variant, project, tag
ORDER BY period, key_id, model COLLATE "C", variant COLLATE "C", project COLLATE "C", tag COLLATE "C"
