-- The guards themselves, check guard, are compared with what install() makes by schema_visit_guards().

-- check partition_key
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

-- check schema_rights
-- Nobody but superusers may create objects in schema billing, nobody but the owner of the books in schema billing_books.
SELECT NULL, format('%s may create objects in schema %s', CASE a.grantee WHEN 0 THEN 'everybody' ELSE 'role ' || pg_get_userbyid(a.grantee) END, n.nspname)
FROM pg_namespace AS n
CROSS JOIN aclexplode(coalesce(n.nspacl, acldefault('n', n.nspowner))) AS a
WHERE n.nspname IN ('billing', 'billing_books')
    AND a.privilege_type = 'CREATE'
    AND NOT EXISTS (SELECT FROM pg_roles AS r WHERE r.oid = a.grantee AND r.rolsuper)
    AND NOT (n.nspname = 'billing_books'
             AND a.grantee = (SELECT c.relowner FROM pg_class AS c WHERE c.oid = 'billing_books.account'::regclass))

-- check schema_members
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
