-- The guards themselves, check guard, are compared with what install() makes by schema_visit_guards().

-- check partition_key
-- In every partition of usage an account's request stands once, by hash and probe.
SELECT NULL, format('partition %s has no valid unique key of account, hash and probe', i.inhrelid::regclass)
FROM pg_inherits AS i
WHERE i.inhparent = 'billing.usage_event'::regclass
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
