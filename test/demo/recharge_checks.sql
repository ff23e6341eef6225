-- What acts three to seven claim, against the gateways' own books (:gateways, what the simulators say) and the mailboxes (:mails messages in them).
\pset fieldsep '|'
CREATE TEMP TABLE there AS
    SELECT g.key AS gateway, o.value->>'number' AS number, coalesce((o.value->>'paid_fen')::numeric, 0) / 100 AS paid,
           coalesce((SELECT sum((r->>'amount_fen')::numeric) FROM jsonb_array_elements(o.value->'refunds') AS r WHERE r->>'state' = 'SUCCESS'), 0) / 100 AS returned
    FROM jsonb_each(:'gateways'::jsonb) AS g, jsonb_array_elements(g.value->'orders') AS o
    WHERE jsonb_typeof(g.value) = 'object' AND g.value ? 'orders';
CREATE TEMP TABLE here AS
    SELECT o.gateway, o.gateway_number AS number, coalesce(sum(p.amount), 0) AS paid, coalesce(sum(r.amount), 0) AS returned
    FROM billing_books.payment_order AS o LEFT JOIN billing_books.payment AS p USING (account_id, order_id)
    LEFT JOIN (SELECT gateway, transaction_id, sum(amount) AS amount FROM billing_books.refund_claim GROUP BY 1, 2) AS r ON r.gateway = p.gateway AND r.transaction_id = p.transaction_id
    WHERE o.gateway_number IS NOT NULL GROUP BY 1, 2;
SELECT count(*) = :customers + 10 AND count(*) = (SELECT count(*) FROM there) AND count(*) FILTER (WHERE h.paid IS DISTINCT FROM t.paid OR h.returned IS DISTINCT FROM t.returned) = 0,
       'acts three to six: the gateways'' books and ours agree on each of ' || count(*) || ' orders: ' || sum(h.paid) || ' paid, ' || sum(h.returned) || ' of it given back'
    FROM here AS h FULL JOIN there AS t USING (gateway, number);
SELECT count(*) FILTER (WHERE p.state = 'credited') = :customers + 9 AND count(*) FILTER (WHERE p.state = 'returned') = 1,
       'each was paid and credited once, but the one that was cancelled: it went back'
    FROM billing_books.payment AS p WHERE p.gateway <> 'offline';
SELECT count(*) > 0 AND bool_and(n.state IN ('applied', 'duplicate')), count(*) || ' messages of the gateways were verified and booked'
    FROM billing_books.gateway_notice AS n;
SELECT count(*) = 1 AND bool_and(r.state = 'completed' AND r.amount = (SELECT sum(i.amount) FROM billing_books.refund_item AS i WHERE i.account_id = r.account_id AND i.state = 'paid')),
       'act four: what was left to the customer who leaves, ' || max(r.amount)::numeric(9,2) || ', went back by both gateways, and no more'
    FROM billing_books.refund AS r WHERE r.account_id = :abroad + 10;
SELECT sum(u.credits) = sum(DISTINCT q.used) AND count(*) = 10 AND bool_and(u.charge IS NULL),
       'act five: ten requests on the plan and its pack drew exactly ' || to_char(sum(u.credits), 'FM999,999,999') || ' credits, and no money'
    FROM billing_books.usage_event AS u, (SELECT sum(used) AS used FROM billing_books.quota) AS q
    WHERE u.status = 'plan';
-- What the tax bureau has, by what Nuonuo says.
CREATE TEMP TABLE bureau AS
    SELECT i->>'bureau_number' AS number, (i->>'total_fen')::numeric / 100 AS amount, i->'asked'->>'buyerName' AS buyer, (:'gateways'::jsonb->'nuonuo'->'issued_times'->>(i->>'number'))::int AS times
    FROM jsonb_array_elements(:'gateways'::jsonb->'nuonuo'->'invoices') AS i;
SELECT count(*) = 3 AND bool_and(b.times = 1 AND b.amount = h.amount) AND count(*) FILTER (WHERE b.buyer = h.name) = 2 AND sum(b.amount) = 100,
       'act six: the bureau issued three fapiao, each once, and the books have the same: one, the red one that undoes it, one to the right title'
    FROM bureau AS b
    FULL JOIN (SELECT number, amount, name FROM billing.invoices(:abroad + 12)
               UNION ALL SELECT red_number, -amount, NULL FROM billing.invoices(:abroad + 12) WHERE red_number IS NOT NULL) AS h USING (number);
SELECT count(*) = (SELECT count(*) FROM billing_books.payment WHERE currency = 'USD' AND state = 'credited') AND max(n.series_no) = count(*) AND bool_and(d.state = 'ready'),
       'abroad each of ' || count(*) || ' payments has its invoice, numbered without a gap, and drawn'
    FROM billing_books.invoice AS n JOIN billing_books.document AS d ON d.account_id = n.account_id AND d.id = n.invoice_id
    WHERE n.series = 'INV';
SELECT count(*) FILTER (WHERE n.state = 'sent') = :mails AND bool_and(n.state = 'sent' OR n.result = 'superseded'),
       'each of ' || to_char(count(*) FILTER (WHERE n.state = 'sent'), 'FM99,999') || ' e-mails arrived; not sent were ' || count(*) FILTER (WHERE n.result = 'superseded') || ' about a balance that had changed meanwhile'
    FROM billing_books.notification AS n WHERE n.channel = 'email';
SELECT string_agg(concat_ws(' ', d.class, d.subject, d.state), ', ' ORDER BY d.class) = 'fee payment open, missing_here refund resolved',
       'act seven: the bills show what was planted in them and nothing else: the refund that nobody told of is booked, the fee is for a person'
    FROM billing_books.reconciliation_difference AS d;
SELECT count(*) = 2 AND bool_and(d.payments = d.our_payments AND d.refunds = d.our_refunds), 'what the gateways say of the day and what the books have is the same at both'
    FROM billing.reconciled_day AS d;
SELECT sum(CASE 'gateway' WHEN debit THEN amount ELSE -amount END) = (SELECT sum(d.payments - d.refunds - d.fees + d.fees_returned - d.settled) FROM billing.reconciled_day AS d),
       'receipts less what went back, fees and settlements are what WeChat Pay and Alipay still owe'
    FROM billing_books.ledger_entry WHERE 'gateway' IN (debit, credit) AND gateway IN ('wechat', 'alipay');
SELECT count(*) = 0, 'verify() recomputed the books once more and found nothing' FROM billing.verify();
