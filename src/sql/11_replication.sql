CREATE FUNCTION billing.adopt_books() RETURNS integer
    LANGUAGE c AS 'MODULE_PATHNAME', 'billing_adopt_books';
COMMENT ON FUNCTION billing.adopt_books() IS 'Makes books that logical replication brought here books to go on with, once the subscription is dropped and the publisher books no more: moves identities past the rows; returns how many were behind. For a superuser (LB608). Errors: LB003.';

CREATE FUNCTION billing.replicated_tables() RETURNS SETOF regclass
    LANGUAGE sql STABLE ROWS 50
    BEGIN ATOMIC
        SELECT c.oid::regclass
        FROM pg_class AS c
        JOIN pg_namespace AS n ON n.oid = c.relnamespace
        WHERE n.nspname = 'billing_books' AND c.relkind = 'r' AND c.relname <> 'usage_inbox'
            AND (c.relispartition OR c.relname !~ '^usage_event_')
        ORDER BY c.relname;
    END;
COMMENT ON FUNCTION billing.replicated_tables() IS 'The tables for a publication of the books: all but usage_inbox, which has no key, so that applying what leaves it is slow, and the tables of closed months. Example: SELECT format(''CREATE PUBLICATION books FOR TABLE %s'', string_agg(t::text, '', '')) FROM billing.replicated_tables() AS t.';
