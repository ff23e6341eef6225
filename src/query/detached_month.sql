-- Where the days of a closed month, of the date %2$s, are not the requests of its table, %1$s, which was its partition and is still there.
SELECT account_id,
       format('of model "%%s" by key %%s in %%s there are %%s requests for %%s in days, %%s for %%s in the table of the month, %%s of them of other months',
              model, key_id, %2$s, coalesce(d.requests + d.rejected, 0), coalesce(d.charge, 0), coalesce(u.requests + u.rejected, 0), coalesce(u.charge, 0), coalesce(u.strays, 0))
FROM (
    SELECT account_id, key_id, model, variant, project, sum(requests) AS requests, sum(rejected) AS rejected, sum(input_tokens) AS input_tokens, sum(output_tokens) AS output_tokens,
           sum(cache_read_tokens) AS cache_read_tokens, sum(cache_write_tokens) AS cache_write_tokens, sum(charge) AS charge
    FROM billing_books.usage_day
    WHERE month = %2$s
    GROUP BY account_id, key_id, model, variant, project
) AS d
FULL JOIN (
    SELECT account_id, key_id, model, coalesce(variant, '') AS variant, coalesce(project, '') AS project,
           count(*) FILTER (WHERE status <> 'rejected')::numeric AS requests, count(*) FILTER (WHERE status = 'rejected')::numeric AS rejected,
           coalesce(sum(input_tokens::bigint) FILTER (WHERE status <> 'rejected'), 0) AS input_tokens, coalesce(sum(output_tokens::bigint) FILTER (WHERE status <> 'rejected'), 0) AS output_tokens,
           coalesce(sum(cache_read_tokens::bigint) FILTER (WHERE status <> 'rejected'), 0) AS cache_read_tokens, coalesce(sum(cache_write_tokens::bigint) FILTER (WHERE status <> 'rejected'), 0) AS cache_write_tokens,
           coalesce(sum(charge), 0) AS charge,
           count(*) FILTER (WHERE date_trunc('month', recorded_at AT TIME ZONE 'UTC') <> %2$s) AS strays
    FROM billing_books.%1$s
    GROUP BY account_id, key_id, model, coalesce(variant, ''), coalesce(project, '')
) AS u USING (account_id, key_id, model, variant, project)
WHERE (d.requests, d.rejected, d.input_tokens, d.output_tokens, d.cache_read_tokens, d.cache_write_tokens, d.charge)
    IS DISTINCT FROM (u.requests, u.rejected, u.input_tokens, u.output_tokens, u.cache_read_tokens, u.cache_write_tokens, u.charge)
    OR u.strays > 0
LIMIT %3$d
