-- What act three claims, against the gateways' own books (:gateways, what the simulators say).
\pset fieldsep '|'
CREATE TEMP TABLE there AS
    SELECT g.key AS gateway, o.value->>'number' AS number, coalesce((o.value->>'paid_fen')::numeric, 0) / 100 AS paid,
           coalesce((SELECT sum((r->>'amount_fen')::numeric) FROM jsonb_array_elements(o.value->'refunds') AS r WHERE r->>'state' = 'SUCCESS'), 0) / 100 AS returned
    FROM jsonb_each(:'gateways'::jsonb) AS g, jsonb_array_elements(g.value->'orders') AS o
    WHERE jsonb_typeof(g.value) = 'object' AND g.value ? 'orders';
CREATE TEMP TABLE here AS
    SELECT o.gateway, o.gateway_number AS number, coalesce(sum(p.amount), 0) AS paid, coalesce(sum(p.amount) FILTER (WHERE p.state = 'returned'), 0) AS returned
    FROM billing_books.payment_order AS o LEFT JOIN billing_books.payment AS p USING (account_id, order_id)
    WHERE o.gateway_number IS NOT NULL GROUP BY 1, 2;
SELECT count(*) = :customers AND count(*) = (SELECT count(*) FROM there) AND count(*) FILTER (WHERE h.paid IS DISTINCT FROM t.paid OR h.returned IS DISTINCT FROM t.returned) = 0,
       'act three: the gateways'' books and ours agree on each of ' || count(*) || ' orders: ' || sum(h.paid) || ' CNY paid, ' || sum(h.returned) || ' of it returned'
    FROM here AS h FULL JOIN there AS t USING (gateway, number);
SELECT count(*) FILTER (WHERE p.state = 'credited') = :customers - 1 AND count(*) FILTER (WHERE p.state = 'returned') = 1,
       'each was paid and credited once, but the one that was cancelled: it went back'
    FROM billing_books.payment AS p WHERE p.gateway <> 'offline';
SELECT count(*) > 0 AND bool_and(n.state IN ('applied', 'duplicate')), count(*) || ' messages of the gateways were verified and booked'
    FROM billing_books.gateway_notice AS n;
SELECT count(*) = 0, 'verify() recomputed the books once more and found nothing' FROM billing.verify();
