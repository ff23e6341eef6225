-- What is asked of each event, and of what paid it, is judged in one scan by usage_proof_run() of store/usage_proof_store.

-- check price_hours of all
-- The hours of a price are such as can be read, in a time zone that the server has.
SELECT NULL, format('price %s of %s: its hours are "%s"', price_id, model, left(hours, 100))
FROM billing_books.price
WHERE withdrawn_at IS NULL AND NOT billing.is_price_hours(hours)

-- check price_items of all
-- What meters cost, by a price or a weight, is such as can be read, in its one text.
SELECT NULL, format('price %s of %s: its meters are "%s"', price_id, model, left(meters, 100))
FROM billing_books.price
WHERE withdrawn_at IS NULL AND NOT billing.are_price_items(meters)
UNION ALL
SELECT NULL, format('weight %s of %s: its meters are "%s"', weight_id, model, left(meters, 100))
FROM billing_books.plan_weight
WHERE NOT billing.are_price_items(meters)

-- check price_correction of all
-- A correction is of the key and instant of a price that corrects none, and was recorded when that was in force.
SELECT NULL, format('price %s corrects price %s, which is not possible', c.price_id, c.corrects)
FROM billing_books.price AS c
LEFT JOIN billing_books.price AS p ON p.price_id = c.corrects
WHERE c.corrects IS NOT NULL
    AND ((p.price_list, p.currency, p.model, p.variant, p.hours, p.prompt_tokens_over, p.effective_from)
             IS DISTINCT FROM (c.price_list, c.currency, c.model, c.variant, c.hours, c.prompt_tokens_over, c.effective_from)
         OR p.corrects IS NOT NULL OR p.is_end OR p.withdrawn_at IS NOT NULL OR p.price_id > c.price_id
         OR c.corrected_at < c.effective_from)

-- check price_list
-- An account that was put on a list says so, and no other one does.
SELECT a.account_id, format('the account says %s, and was put on %s lists', a.has_price_list, l.lists)
FROM billing_books.account AS a
CROSS JOIN LATERAL (SELECT count(*) AS lists FROM billing_books.account_price_list AS l WHERE l.account_id = a.account_id) AS l
WHERE a.has_price_list <> (l.lists > 0)

-- check price_list_name on account_price_list
-- A list that an account is on has a name that a list can have.
WHEN octet_length(price_list) > 64 OR btrim(price_list, E' \t\r\n') = ''
THEN format('the list of %s is "%s"', effective_from, left(price_list, 64))

-- check entry_range
-- The entries that an event or a revision names are among those that its account has: of an event usage_proof_run() looks.
SELECT account_id, format('revision %s of request hash %s names %s entries from %s, the account has %s', revision_no, request_hash, entry_count, first_entry_no, last_entry_no)
FROM billing_books.charge_revision
JOIN billing_books.account USING (account_id)
WHERE entry_count > 0
    AND CASE WHEN first_entry_no BETWEEN 1 AND last_entry_no THEN entry_count > last_entry_no - first_entry_no + 1 ELSE true END

-- check reversal
-- A reversal undoes a charge, gives back what its entries say, and no more than was charged.
WITH closed AS (SELECT coalesce(max(ends_at), '-infinity') AS until FROM billing_books.closed_month)
SELECT coalesce(r.account_id, e.account_id),
       format('reversal %s says %s, the ledger %s, its charge %s',
              coalesce(r.reversal_id, e.source_id), r.amount, e.amount, u.charge)
FROM billing_books.charge_reversal AS r
FULL JOIN (
    SELECT account_id, source_id, sum(amount) AS amount
    FROM billing_books.ledger_entry
    WHERE source_type = 'reversal' AND debit = 'revenue'
    GROUP BY account_id, source_id
) AS e ON e.account_id = r.account_id AND e.source_id = r.reversal_id
LEFT JOIN billing_books.usage_event AS u
    ON u.account_id = r.account_id AND u.request_hash = r.request_hash AND u.probe = r.probe
    AND u.recorded_at = r.event_recorded_at AND u.status = 'charged'
WHERE r.account_id IS NULL
    OR (u.account_id IS NULL AND r.event_recorded_at >= (SELECT until FROM closed))
    OR (u.account_id IS NOT NULL AND (u.key_id, u.model, coalesce(u.variant, ''), coalesce(u.project, ''), u.occurred_at) <> (r.key_id, r.model, coalesce(r.variant, ''), coalesce(r.project, ''), r.occurred_at))
    OR r.amount <> coalesce(e.amount, 0)
    OR r.amount > u.charge + (
        SELECT coalesce(sum(v.amount), 0)
        FROM billing_books.charge_revision AS v
        WHERE v.account_id = r.account_id AND v.request_hash = r.request_hash AND v.probe = r.probe
            AND v.event_recorded_at = r.event_recorded_at
    )

-- check reversal_shortfall
-- Reversals and re-ratings gave back less than was charged only where arrears had been written off.
WITH revised AS (
    -- What is booked of a charge that was re-rated, and what it costs.
    SELECT account_id, request_hash, probe, event_recorded_at, sum(amount) AS moved,
           min(old_charge) FILTER (WHERE revision_no = 1) + sum(amount) AS booked,
           (array_agg(charge ORDER BY revision_no DESC))[1] AS charge
    FROM billing_books.charge_revision
    GROUP BY account_id, request_hash, probe, event_recorded_at
)
SELECT account_id,
       format('reversals and re-ratings gave back %s less than was charged, written off were %s', sum(kept), sum(forgiven))
FROM (
    SELECT r.account_id, u.charge + coalesce(v.moved, 0) - r.amount AS kept, 0 AS forgiven
    FROM billing_books.charge_reversal AS r
    JOIN billing_books.usage_event AS u
        ON u.account_id = r.account_id AND u.request_hash = r.request_hash AND u.probe = r.probe
        AND u.recorded_at = r.event_recorded_at
    LEFT JOIN revised AS v
        ON v.account_id = r.account_id AND v.request_hash = r.request_hash AND v.probe = r.probe
        AND v.event_recorded_at = r.event_recorded_at
    UNION ALL
    SELECT account_id, booked - charge, 0
    FROM revised AS v
    WHERE NOT EXISTS (SELECT FROM billing_books.charge_reversal AS r
                      WHERE r.account_id = v.account_id AND r.request_hash = v.request_hash AND r.probe = v.probe
                          AND r.event_recorded_at = v.event_recorded_at)
    UNION ALL
    SELECT account_id, 0, amount
    FROM billing_books.ledger_entry
    WHERE debit = 'write_off'
) AS x
GROUP BY account_id
HAVING sum(kept) > sum(forgiven)

-- check revision
-- A revision of a charge follows from the one before it, or the event; what is booked then is the new charge, or more where something was written off.
WITH closed AS (SELECT coalesce(max(ends_at), '-infinity') AS until FROM billing_books.closed_month)
SELECT r.account_id,
       format('revision %s of request hash %s, of re-rating %s: price %s and charge %s become %s and %s, moved %s, booked were %s',
              r.revision_no, r.request_hash, r.rerate_no, r.old_price_id, r.old_charge, r.price_id, r.charge, r.amount, r.booked)
FROM (
    SELECT v.*,
           row_number() OVER w AS place,
           first_value(v.old_charge) OVER w + sum(v.amount) OVER w - v.amount AS booked,
           lag(v.price_id) OVER w AS last_price_id,
           lag(v.charge) OVER w AS last_charge,
           lag(v.rerate_no) OVER w AS last_rerate_no
    FROM billing_books.charge_revision AS v
    WINDOW w AS (PARTITION BY v.account_id, v.request_hash, v.probe, v.event_recorded_at ORDER BY v.revision_no)
) AS r
LEFT JOIN billing_books.usage_event AS u
    ON u.account_id = r.account_id AND u.request_hash = r.request_hash AND u.probe = r.probe
    AND u.recorded_at = r.event_recorded_at AND u.status = 'charged'
LEFT JOIN billing_books.rerate AS w ON w.rerate_no = r.rerate_no
WHERE r.revision_no <> r.place
    OR (u.account_id IS NULL AND r.event_recorded_at >= (SELECT until FROM closed))
    OR (u.account_id IS NOT NULL AND (u.key_id, u.model, coalesce(u.variant, ''), u.occurred_at) <> (r.key_id, r.model, coalesce(r.variant, ''), r.occurred_at))
    OR (r.old_price_id, r.old_charge) <> (coalesce(r.last_price_id, u.price_id, r.old_price_id), coalesce(r.last_charge, u.charge, r.old_charge))
    OR r.price_id = r.old_price_id OR r.rerate_no <= r.last_rerate_no
    OR r.charge < 0 OR r.written_off < 0
    OR (r.entry_count > 0) <> (r.first_entry_no IS NOT NULL) OR (r.entry_count > 0) <> (r.amount <> 0)
    OR r.amount NOT BETWEEN r.charge - r.booked AND greatest(r.charge - r.booked, 0)
    OR (r.amount <= 0 AND r.amount - r.written_off < r.charge - r.booked)
    OR w.begun_at IS NULL
    OR r.occurred_at < w.occurred_from OR r.occurred_at >= w.occurred_to OR r.model <> w.model OR r.account_id <> w.account_id

-- check revision_entries
-- What a revision moved is what its entries say, which stand in a row and are booked at once, of its re-rating; and every such entry has a revision.
SELECT account_id, format('re-rating %s moved %s over %s entries from %s: the ledger has %s over %s', max(rerate_no), max(amount), max(entry_count), first_entry_no, sum(moved), count(moved))
FROM (
    -- The revisions, and each entry with the last one that begins at it or before it.
    SELECT *, max(begins_with) OVER (PARTITION BY account_id ORDER BY entry_no) AS first_entry_no
    FROM (
        SELECT account_id, first_entry_no AS entry_no, first_entry_no AS begins_with, entry_count, amount, rerate_no, recorded_at, NULL::numeric AS moved
        FROM billing_books.charge_revision
        WHERE entry_count > 0
        UNION ALL
        SELECT account_id, entry_no, NULL, NULL, NULL, source_id, recorded_at, CASE 'revenue' WHEN credit THEN amount ELSE -amount END
        FROM billing_books.ledger_entry
        WHERE source_type = 'rerate' AND 'revenue' IN (debit, credit)
    ) AS x
) AS x
GROUP BY account_id, first_entry_no
HAVING (count(amount), max(amount), max(entry_count), max(entry_no)::numeric, max(rerate_no), max(recorded_at))
    IS DISTINCT FROM (1, sum(moved), count(moved), min(entry_no)::numeric + count(moved) - 1, min(rerate_no), min(recorded_at))

-- check rerate
-- What a re-rating says of an account is what its revisions say, and it is finished with its accounts.
SELECT coalesce(a.account_id, r.account_id),
       format('re-rating %s says %s charges, %s given back, %s charged, revisions %s, %s, %s', rerate_no,
              a.moved, a.given_back, a.charged, r.moved, r.given_back, r.charged)
FROM billing_books.rerate_account AS a
FULL JOIN (
    SELECT account_id, rerate_no, count(*) AS moved, coalesce(sum(-amount) FILTER (WHERE amount < 0), 0) AS given_back,
           coalesce(sum(amount) FILTER (WHERE amount > 0), 0) AS charged
    FROM billing_books.charge_revision
    GROUP BY account_id, rerate_no
) AS r USING (account_id, rerate_no)
WHERE (a.moved, a.given_back, a.charged) IS DISTINCT FROM (coalesce(r.moved, 0), coalesce(r.given_back, 0), coalesce(r.charged, 0))
    OR num_nonnulls(a.after_hash, a.after_probe, a.after_recorded_at) NOT IN (0, 3)
UNION ALL
SELECT a.account_id, format('re-rating %s is finished, or has not begun, and this account has', w.rerate_no)
FROM billing_books.rerate AS w
JOIN billing_books.rerate_account AS a USING (rerate_no)
WHERE (w.finished_at IS NOT NULL AND a.finished_at IS NULL)
    OR (w.begun_at IS NULL AND (a.moved > 0 OR w.finished_at IS NOT NULL))

-- check usage_day
-- The days of closed months hold what the ledger booked on them, nothing that it booked is on none, and no two overlap.
WITH closed AS (SELECT coalesce(max(ends_at), '-infinity') AS until FROM billing_books.closed_month)
SELECT account_id,
       format('charges of the day from %s are %s, the ledger has %s', day_starts_at, d.charge, coalesce(e.amount, 0))
FROM (
    SELECT account_id, day_starts_at, day_ends_at, sum(charge) AS charge
    FROM billing_books.usage_day
    GROUP BY account_id, day_starts_at, day_ends_at
) AS d
LEFT JOIN LATERAL (
    SELECT sum(amount) AS amount
    FROM billing_books.ledger_entry AS e
    CROSS JOIN LATERAL billing.counts_at(e.account_id, e.entry_no, e.recorded_at) AS c
    WHERE e.account_id = d.account_id
        AND e.source_type IN ('charge', 'settlement') AND e.credit = 'revenue'
        AND e.recorded_at >= d.day_starts_at AND e.recorded_at < (SELECT until FROM closed)
        AND c.counts_at >= d.day_starts_at AND c.counts_at < d.day_ends_at
) AS e ON true
WHERE d.charge <> coalesce(e.amount, 0)
UNION ALL
SELECT account_id, format('the day from %s reaches to %s, the next begins at %s', day_starts_at, day_ends_at, next_starts_at)
FROM (
    SELECT account_id, day_starts_at, day_ends_at,
           lead(day_starts_at) OVER (PARTITION BY account_id ORDER BY day_starts_at, day_ends_at) AS next_starts_at
    FROM (SELECT DISTINCT account_id, day_starts_at, day_ends_at FROM billing_books.usage_day) AS d
) AS d
WHERE day_ends_at > next_starts_at OR day_ends_at <= day_starts_at
UNION ALL
SELECT account_id,
       format('charges of closed months are %s, the ledger has %s', coalesce(d.charge, 0), coalesce(e.amount, 0))
FROM (
    SELECT account_id, sum(charge) AS charge FROM billing_books.usage_day GROUP BY account_id
) AS d
FULL JOIN (
    SELECT account_id, sum(amount) AS amount
    FROM billing_books.ledger_entry
    WHERE source_type IN ('charge', 'settlement') AND credit = 'revenue'
        AND recorded_at < (SELECT until FROM closed)
    GROUP BY account_id
) AS e USING (account_id)
WHERE coalesce(d.charge, 0) <> coalesce(e.amount, 0)

-- check usage_sum
-- Sums of usage are those of the requests of the stretch that they cover, which is booked, and there are no others.
SELECT account_id, format('from %s: %s requests of %s for %s in sums, %s for %s by themselves', starts_at, coalesce(s.requests, 0), model, coalesce(s.charge, 0), coalesce(u.requests, 0), coalesce(u.charge, 0))
FROM billing_books.usage_sum AS s
FULL JOIN (
    SELECT u.account_id, date_bin('15 minutes', u.recorded_at, '2000-01-01 00:00+00') AS starts_at, u.key_id, u.model, coalesce(u.variant, '') AS variant, coalesce(u.project, '') AS project,
           count(*) FILTER (WHERE u.status IN ('charged', 'free')) AS requests, count(*) FILTER (WHERE u.status = 'rejected') AS rejected,
           sum(u.input_tokens::bigint) FILTER (WHERE u.status IN ('charged', 'free')) AS input_tokens, sum(u.output_tokens::bigint) FILTER (WHERE u.status IN ('charged', 'free')) AS output_tokens,
           sum(u.cache_read_tokens::bigint) FILTER (WHERE u.status IN ('charged', 'free')) AS cache_read_tokens, sum(u.cache_write_tokens::bigint) FILTER (WHERE u.status IN ('charged', 'free')) AS cache_write_tokens,
           sum(u.charge) AS charge, billing.sum_meters(u.meters) FILTER (WHERE u.status IN ('charged', 'free') AND billing.are_meters(u.meters)) AS meters
    FROM billing_books.usage_summed AS h
    JOIN billing_books.usage_event AS u ON u.account_id = h.account_id AND u.recorded_at >= h.summed_from AND u.recorded_at < h.summed_until
    CROSS JOIN LATERAL billing.counts_at(u.account_id, u.first_entry_no, u.settled_at) AS c
    WHERE u.settled_at = u.recorded_at AND c.counts_at = u.settled_at
    GROUP BY 1, 2, 3, 4, 5, 6
) AS u USING (account_id, starts_at, key_id, model, variant, project)
WHERE (s.requests, s.rejected, s.input_tokens, s.output_tokens, s.cache_read_tokens, s.cache_write_tokens, s.charge, s.meters)
    IS DISTINCT FROM (u.requests, u.rejected, coalesce(u.input_tokens, 0), coalesce(u.output_tokens, 0), coalesce(u.cache_read_tokens, 0), coalesce(u.cache_write_tokens, 0), coalesce(u.charge, 0), u.meters)
UNION ALL
SELECT h.account_id, format('usage is summed from %s until %s, and booked until %s', h.summed_from, h.summed_until, a.last_booked_at)
FROM billing_books.usage_summed AS h
LEFT JOIN billing_books.account AS a ON a.account_id = h.account_id
WHERE h.summed_until > a.last_booked_at OR a.account_id IS NULL
    OR NOT (h.summed_from >= '2000-01-01 00:00+00' AND isfinite(h.summed_until))

-- check closed_month of all
-- Months are closed in a row, their days hold all of their events, and no event is left in one.
WITH closed AS (SELECT coalesce(max(ends_at), '-infinity') AS until FROM billing_books.closed_month)
SELECT NULL::bigint,
       format('month %s had %s events for %s, its days have %s for %s', month, m.events, m.charge, d.events, d.charge)
FROM billing_books.closed_month AS m
FULL JOIN (
    SELECT month, sum(requests::numeric + rejected) AS events, sum(charge) AS charge
    FROM billing_books.usage_day
    GROUP BY month
) AS d USING (month)
WHERE m.month IS NULL OR (m.events, m.charge) IS DISTINCT FROM (coalesce(d.events, 0), coalesce(d.charge, 0))
UNION ALL
SELECT NULL, format('month %s is closed, the one after it is not', m.month)
FROM billing_books.closed_month AS m
WHERE m.ends_at < (SELECT until FROM closed)
    AND NOT EXISTS (SELECT FROM billing_books.closed_month AS n WHERE n.month = m.ends_at AT TIME ZONE 'UTC')
UNION ALL
SELECT u.account_id, format('request "%s" is of a closed month', u.request_id)
FROM billing_books.usage_event AS u
WHERE u.recorded_at < (SELECT until FROM closed)

-- check usage_key
-- Usage, given back and of closed months too, names a key of its account, by a number and a project that the key had, and an event by a name that it had then: of an event usage_proof_run() looks.
SELECT account_id, format('%s is of key %s in project "%s", which the account never had', min(what), key_id, project)
FROM (
    SELECT account_id, key_id, project, 'a closed month' AS what FROM billing_books.usage_day
    UNION ALL
    SELECT account_id, key_id, coalesce(project, ''), 'a reversal' FROM billing_books.charge_reversal
    UNION ALL
    SELECT account_id, key_id, project, NULL FROM billing_books.api_key_version
) AS x
GROUP BY account_id, key_id, project
HAVING count(*) = count(what)
