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

-- check partition_month of all
-- A partition of usage has the month (UTC) that its name says.
SELECT NULL, format('partition %s is not the one of its month: %s', c.oid::regclass, pg_get_expr(c.relpartbound, c.oid))
FROM pg_inherits AS i
JOIN pg_class AS c ON c.oid = i.inhrelid
CROSS JOIN LATERAL regexp_match(c.relname, '^usage_event_(2[0-9]{3})_(0[1-9]|1[0-2])$') AS p (name)
CROSS JOIN LATERAL (SELECT make_timestamp(p.name[1]::int, p.name[2]::int, 1, 0, 0, 0) AS month) AS m
WHERE i.inhparent = 'billing_books.usage_event'::regclass AND c.relname <> 'usage_event_default'
    -- Both are written by the session's DateStyle.
    AND pg_get_expr(c.relpartbound, c.oid) IS DISTINCT FROM
        format('FOR VALUES FROM (%L) TO (%L)', (m.month AT TIME ZONE 'UTC')::text, ((m.month + interval '1 month') AT TIME ZONE 'UTC')::text)

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
