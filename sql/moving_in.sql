-- Moving in, as docs/integrating.md tells it: a platform with customers, balances and keys of its own. Accounts 4600 to 4603, model moving-in.
CREATE TEMP TABLE old_customer (id bigint, paid numeric, paid_invoiced numeric, gift numeric, owes numeric);
INSERT INTO old_customer VALUES (4600, 120.345678, 0, 0, 0), (4601, 0, 33.5, 5, 0), (4602, 0, 0, 0, 7.000000001), (4603, 0, 0, 0, 0);
CREATE TEMP TABLE old_key (id serial, customer bigint, name text, project text, hash bytea, key_id bigint);
INSERT INTO old_key (customer, name, project, hash) VALUES (4600, 'prod', 'shop', sha256('theirs-1')), (4600, 'lab', NULL, sha256('theirs-2')), (4601, 'prod', NULL, sha256('theirs-3')), (4602, 'prod', NULL, sha256('theirs-4'));

-- While the old system runs beside it: recorded and free, and no balance refuses a call.
SELECT billing.set_policy('go_live_at', (now() + interval '1 hour')::text);
-- 1. Prices. 2. Accounts. 4. Keys, whose secrets nobody is shown.
SELECT billing.set_price('moving-in', 'CNY', 1, 2, effective_from => '2025-01-01 00:00+00') > 0 AS priced;
CREATE FUNCTION pg_temp.move_in() RETURNS void LANGUAGE sql AS $$
    SELECT billing.create_account(id, 'cn', external_ref => 'old ' || id) FROM old_customer ORDER BY id;
    UPDATE old_key AS o SET key_id = (billing.create_api_key(customer, name, 'payg', 'old key ' || id, project)).key_id;
$$;
SELECT pg_temp.move_in();
SELECT customer, name, key_id FROM old_key ORDER BY id;
SELECT status, reason, balance FROM billing.charge(4602, 1, 'before going live', 'moving-in', 1000000, 0);
SELECT allowed, reason FROM billing.authorize(4602, 1, 'moving-in');

-- It goes live. 3. Opening balances.
SELECT billing.set_policy('go_live_at', now()::text);
CREATE FUNCTION pg_temp.open() RETURNS SETOF text LANGUAGE sql AS $$
    SELECT (billing.record_offline_payment(id, trunc(paid, 2), 'opening', 'old balance ' || id, reason => 'opening balance')).status FROM old_customer WHERE trunc(paid, 2) > 0
    UNION ALL SELECT (billing.adjust(id, paid - trunc(paid, 2), 'opening rest', reason => 'opening balance')).status FROM old_customer WHERE paid > trunc(paid, 2)
    UNION ALL SELECT (billing.adjust(id, paid_invoiced, 'opening invoiced', reason => 'opening balance')).status FROM old_customer WHERE paid_invoiced > 0
    UNION ALL SELECT (billing.grant_bonus(id, gift, 'opening gift', '2100-01-01 00:00+00', 'opening balance')).status FROM old_customer WHERE gift > 0
    UNION ALL SELECT (billing.adjust(id, -owes, 'opening debt', reason => 'opening balance')).status FROM old_customer WHERE owes > 0
$$;
SELECT * FROM pg_temp.open();
SELECT o.id, b.cash, b.bonus, b.arrears, b.balance = paid + paid_invoiced + gift - owes AS as_it_was, total_topup, callable FROM old_customer AS o, billing.balance(o.id) AS b ORDER BY o.id;
SELECT o.id, sum(q.refundable) AS refundable, (SELECT sum(invoiceable) FROM billing.invoiceable(o.id)) AS invoiceable FROM old_customer AS o LEFT JOIN LATERAL billing.refund_quote(o.id) AS q ON q.subject = 'order' GROUP BY o.id ORDER BY o.id;
-- Done twice it is done once.
SELECT pg_temp.move_in();
SELECT * FROM pg_temp.open();
SELECT sum(balance) AS balances, (SELECT sum(paid + paid_invoiced + gift - owes) FROM old_customer) AS "as they were" FROM old_customer AS o, billing.balance(o.id);
SELECT count(*) AS keys, count(*) FILTER (WHERE project = 'shop') AS shop FROM billing_books.api_key WHERE account_id BETWEEN 4600 AND 4603;

-- The platform checks the secrets that its customers have, and asks by number.
CREATE FUNCTION pg_temp.gate(secret text) RETURNS text LANGUAGE sql AS $$
    SELECT CASE WHEN k.key_id IS NULL THEN 'not a key of ours' ELSE coalesce((billing.authorize(k.customer, k.key_id, 'moving-in')).reason, 'allowed') END FROM (VALUES (sha256(secret::bytea))) AS s (hash) LEFT JOIN old_key AS k USING (hash)
$$;
SELECT secret, pg_temp.gate(secret) FROM unnest('{theirs-1,theirs-2,theirs-3,theirs-4,nobodys}'::text[]) AS secret;
SELECT status, charge, balance FROM billing.charge(4600, 1, 'first', 'moving-in', 1000000, 0);
-- Old usage is not imported.
SELECT test.attempt('SELECT billing.charge(4600, 1, ''old'', ''moving-in'', 1, 0, occurred_at => now() - interval ''1 day'')');
-- A customer who wants a secret of ours gets one, of the same key.
SELECT api_key FROM billing.rotate_api_key(4600, 1, 'wanted', '0') \gset
SELECT allowed, account_id, key_id FROM billing.authorize(:'api_key');
SELECT billing.set_policy('go_live_at', NULL);
SELECT * FROM test.verify();
