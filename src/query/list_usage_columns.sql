-- Requests of account $1 behind ($2, $3, $4), the newest first, $5 at the most: of key $6, model $7 and status $8, where those are not null. Behind the
-- columns of the result stands what the list is sorted by.
SELECT u.request_id, u.key_id, u.key_name, u.model, coalesce(u.variant, '') AS variant, u.occurred_at, u.recorded_at, u.status, u.reason,
       u.input_tokens::bigint, u.output_tokens::bigint, u.cache_read_tokens::bigint, u.cache_write_tokens::bigint,
       -- With what re-rating moved, by rows of the page alone: more is in the charge, less is given back.
       u.charge + coalesce((SELECT sum(r.amount) FROM billing_books.charge_revision AS r
                            WHERE r.account_id = $1 AND r.request_hash = u.request_hash AND r.probe = u.probe AND r.event_recorded_at = u.recorded_at AND r.amount > 0), 0) AS charge,
       u.credits,
       (SELECT sum(g.amount)
        FROM (SELECT r.amount FROM billing_books.charge_reversal AS r
              WHERE r.account_id = $1 AND r.request_hash = u.request_hash AND r.probe = u.probe AND r.event_recorded_at = u.recorded_at
              UNION ALL
              SELECT -r.amount FROM billing_books.charge_revision AS r
              WHERE r.account_id = $1 AND r.request_hash = u.request_hash AND r.probe = u.probe AND r.event_recorded_at = u.recorded_at AND r.amount < 0) AS g) AS given_back,
       u.meters, u.tags, coalesce(u.project, ''),
       NULL::text AS next_cursor,
       u.recorded_at, u.request_hash, u.probe::bigint
FROM (SELECT *
      FROM (
