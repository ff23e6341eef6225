-- The guards themselves, check guard, are compared with what install() makes by schema_visit_guards().

-- check partition_key of all
-- In every partition of usage an account's request stands once, by hash and probe.
SELECT NULL, format('partition %s has no valid unique key of account, hash and probe', i.inhrelid::regclass)
FROM pg_inherits AS i
WHERE i.inhparent = 'billing_books.usage_event'::regclass
    AND NOT EXISTS (
        SELECT FROM pg_index AS x
        WHERE x.indrelid = i.inhrelid
            AND x.indisunique AND x.indisvalid AND x.indpred IS NULL
            AND ARRAY['account_id', 'request_hash', 'probe'] = (
                SELECT array_agg(a.attname::text ORDER BY k.n)
                FROM unnest(x.indkey::int2[]) WITH ORDINALITY AS k (attnum, n)
                JOIN pg_attribute AS a ON a.attrelid = i.inhrelid AND a.attnum = k.attnum
            )
    )

-- check schema_rights of all
-- Nobody but superusers may create objects in schema billing, nobody but the owner of the books in schema billing_books.
SELECT NULL, format('%s may create objects in schema %s', CASE a.grantee WHEN 0 THEN 'everybody' ELSE 'role ' || pg_get_userbyid(a.grantee) END, n.nspname)
FROM pg_namespace AS n
CROSS JOIN aclexplode(coalesce(n.nspacl, acldefault('n', n.nspowner))) AS a
WHERE n.nspname IN ('billing', 'billing_books')
    AND a.privilege_type = 'CREATE'
    AND NOT EXISTS (SELECT FROM pg_roles AS r WHERE r.oid = a.grantee AND r.rolsuper)
    AND NOT (n.nspname = 'billing_books'
             AND a.grantee = (SELECT c.relowner FROM pg_class AS c WHERE c.oid = 'billing_books.account'::regclass))

-- check schema_members of all
-- All that stands in schema billing is of the extension.
SELECT NULL, format('%s stands in schema billing and is none of the extension', pg_describe_object(d.classid, d.objid, 0))
FROM pg_depend AS d
WHERE d.refclassid = 'pg_namespace'::regclass
    AND d.refobjid = 'billing'::regnamespace
    AND d.classid <> 'pg_extension'::regclass
    AND NOT EXISTS (
        SELECT FROM pg_depend AS e
        WHERE e.classid = d.classid AND e.objid = d.objid
            AND e.refclassid = 'pg_extension'::regclass AND e.deptype = 'e'
    )

-- check unique_key of all
-- What stands once does so by a key that is valid, of all rows.
SELECT NULL, format('table %s has no valid unique key of (%s)', k.name, array_to_string(k.columns, ', '))
FROM (VALUES
    ('account', ARRAY['account_id']), ('account_profile', ARRAY['account_id']), ('account_profile', ARRAY['external_ref']),
    ('account_lock', ARRAY['account_id', 'lock_no']), ('api_key', ARRAY['account_id', 'key_id']), ('api_key_version', ARRAY['account_id', 'key_id', 'version_no']),
    ('approval_request', ARRAY['account_id', 'idempotency_key']), ('contact_history', ARRAY['account_id', 'contact_no']), ('idempotent_call', ARRAY['account_id', 'idempotency_key']),
    ('ledger_entry', ARRAY['account_id', 'entry_no']), ('lot', ARRAY['account_id', 'lot_no']),
    ('payment_order', ARRAY['account_id', 'order_id']), ('payment', ARRAY['account_id', 'payment_id']),
    ('payment_claim', ARRAY['gateway', 'transaction_id', 'try']), ('payment_claim', ARRAY['account_id', 'payment_id']),
    ('take_back', ARRAY['account_id', 'take_back_id']), ('take_back', ARRAY['account_id', 'undoes']),
    ('refund_claim', ARRAY['gateway', 'transaction_id', 'refund_id']), ('charge_reversal', ARRAY['account_id', 'reversal_id']),
    ('charge_reversal', ARRAY['account_id', 'request_hash', 'probe', 'event_recorded_at']),
    ('charge_revision', ARRAY['account_id', 'request_hash', 'probe', 'event_recorded_at', 'revision_no']),
    ('rerate', ARRAY['rerate_no']), ('rerate', ARRAY['call_account_id', 'idempotency_key']),
    ('rerate_account', ARRAY['account_id', 'rerate_no']), ('rerate_skip', ARRAY['account_id', 'rerate_no', 'reason']),
    ('subscription', ARRAY['account_id', 'subscription_no']), ('subscription', ARRAY['account_id', 'order_id']),
    ('quota', ARRAY['account_id', 'subscription_no', 'quota_no']), ('plan', ARRAY['plan', 'version']), ('plan_weight', ARRAY['weight_id']),
    ('plan_weight', ARRAY['plan', 'model', 'variant', 'prompt_tokens_over', 'effective_from']),
    ('invoice', ARRAY['account_id', 'invoice_id']), ('invoice', ARRAY['account_id', 'item_id', 'corrects']), ('invoice', ARRAY['series', 'series_no']),
    ('invoice_series', ARRAY['series']), ('document', ARRAY['account_id', 'kind', 'id']), ('invoice_line', ARRAY['account_id', 'invoice_id', 'order_id']),
    ('price', ARRAY['price_id']), ('account_price_list', ARRAY['account_id', 'effective_from']),
    ('policy_setting', ARRAY['name', 'currency']), ('closed_month', ARRAY['month'])
) AS k (name, columns)
WHERE NOT EXISTS (
    SELECT FROM pg_index AS x
    JOIN pg_class AS c ON c.oid = x.indrelid
    WHERE c.relnamespace = 'billing_books'::regnamespace AND c.relname = k.name
        AND x.indisunique AND x.indisvalid AND x.indpred IS NULL
        AND k.columns = (
            SELECT array_agg(a.attname::text ORDER BY n.place)
            FROM unnest(x.indkey::int2[]) WITH ORDINALITY AS n (attnum, place)
            JOIN pg_attribute AS a ON a.attrelid = x.indrelid AND a.attnum = n.attnum
        )
)

-- check foreign_trigger of all
-- No trigger and no rule of others stands between the books and what is written to them.
SELECT NULL, format('trigger %s on %s calls a function that is none of the extension', t.tgname, t.tgrelid::regclass)
FROM pg_trigger AS t
JOIN pg_class AS c ON c.oid = t.tgrelid
JOIN pg_proc AS p ON p.oid = t.tgfoid
WHERE c.relnamespace = 'billing_books'::regnamespace AND NOT t.tgisinternal AND p.pronamespace <> 'billing'::regnamespace
UNION ALL
SELECT NULL, format('rule %s on %s rewrites what is written there', r.rulename, r.ev_class::regclass)
FROM pg_rewrite AS r
JOIN pg_class AS c ON c.oid = r.ev_class
WHERE c.relnamespace = 'billing_books'::regnamespace AND c.relkind IN ('r', 'p')

-- check replica_identity of all
-- Every table has a replica identity: without one, publishing it would stop what changes its rows.
SELECT NULL, format('table %s has no replica identity', c.oid::regclass)
FROM pg_class AS c
WHERE c.relnamespace = 'billing_books'::regnamespace AND c.relkind = 'r'
    AND NOT CASE c.relreplident
                WHEN 'd' THEN EXISTS (SELECT FROM pg_index AS x WHERE x.indrelid = c.oid AND x.indisprimary)
                WHEN 'i' THEN EXISTS (SELECT FROM pg_index AS x WHERE x.indrelid = c.oid AND x.indisreplident)
                ELSE c.relreplident = 'f'
            END
