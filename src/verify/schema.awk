# Makes checks of src/schema, for join.awk: that tables, columns, keys, indexes and CHECKs stand in the books as install() makes them. It reads the
# DDL as it is written there: a column, a key or a CHECK is a line of its own; what else is in that line stands behind the type.

function fail(message) {
    print FILENAME ":" FNR ": " message > "/dev/stderr"
    failed = 1
    exit 1
}

# {a,b} of "(a, b)"; an expression is left out, as the catalog has no column of it.
function columns_in(text, names, list, i, count) {
    if (text !~ /^\(/)
        fail("no list of columns: " text)
    sub(/\) (WHERE|WITH|REFERENCES) .*/, ")", text)
    sub(/[,;]*$/, "", text)
    text = substr(text, 2, length(text) - 2)
    while (sub(/\([^()]*\)/, "", text))
        text = text
    count = split(text, names, /, */)
    for (i = 1; i <= count; i++)
        if (names[i] ~ /^[a-z_]+$/ && names[i] != "coalesce")
            list = list (list == "" ? "" : ",") names[i]
    return "{" list "}"
}
function add(kind, values) { rows[kind] = rows[kind] (rows[kind] == "" ? "" : ",\n    ") "(" values ")" }
function key(columns) { add("unique_key", "'" table "', '" columns "'::text[]") }
function reference(columns, target) {
    sub(/^billing_books\./, "", target)
    sub(/[^a-z_].*/, "", target)
    add("foreign_key", "'" table "', '" columns "'::text[], '" target "'")
}
function from(text, word) { return substr(text, index(text, word) + length(word)) }

function add_column(name, type) {
    type = $0
    sub(/^ *[a-z_]+ /, "", type)
    sub(/ (COLLATE|NOT NULL|NULL|DEFAULT|CHECK|PRIMARY|UNIQUE|REFERENCES|GENERATED).*/, "", type)
    sub(/,$/, "", type)
    if (type in long_names)
        type = long_names[type]
    add("table", "'" table "', '" name "', '" type "'")
    if ($0 ~ / (NOT NULL|PRIMARY KEY|GENERATED)/)
        add("not_null", "'" table "', '" name "'")
    if ($0 ~ / (PRIMARY KEY|UNIQUE)/)
        key("{" name "}")
    if ($0 ~ / REFERENCES /)
        reference("{" name "}", from($0, " REFERENCES "))
}

BEGIN {
    long_names["int"] = "integer"
    long_names["timestamptz"] = "timestamp with time zone"
}
/^CREATE TABLE .* PARTITION OF / { table = "" }
/^CREATE TABLE billing_books\.[a-z_]+ \($/ {
    table = from($3, ".")
    order[++tables] = table
    next
}
/^ALTER TABLE .* ADD FOREIGN KEY / {
    table = from($3, ".")
    reference(columns_in(from($0, "FOREIGN KEY ")), from($0, " REFERENCES "))
    table = ""
}
/^CREATE (UNIQUE )?INDEX / {
    name = $2 == "UNIQUE" ? $4 : $3
    on = from($0, " ON billing_books.")
    where = on
    sub(/^[a-z_]+ (USING [a-z]+ )?/, "", where)
    sub(/[^a-z_].*/, "", on)
    if (on !~ /_default$/)
        add("index", "'" on "', '" name "', " ($2 == "UNIQUE" ? "true" : "false") ", " (where ~ / WHERE / ? "true" : "false") ", '" columns_in(where) "'::text[]")
}
table == "" { next }
/^\)/ { table = ""; next }
{
    checks[table] += gsub(/CHECK \(/, "CHECK (")
    sub(/^ +/, "")
}
/^(PRIMARY KEY|UNIQUE) / { key(columns_in(from($0, $1 == "PRIMARY" ? "PRIMARY KEY " : / NULLS NOT DISTINCT / ? "UNIQUE NULLS NOT DISTINCT " : "UNIQUE "))); next }
/^FOREIGN KEY / { reference(columns_in(from($0, "FOREIGN KEY ")), from($0, " REFERENCES ")); next }
/^(CHECK|--) ?/ { next }
/^[a-z_]+ [a-z]/ { add_column($1); next }
{ fail("this is neither a column nor a key: " $0) }

END {
    if (failed)
        exit 1
    for (i = 1; i <= tables; i++) {
        names = names (i == 1 ? "" : ", ") "'" order[i] "'"
        if (checks[order[i]] > 0)
            add("row_check", "'" order[i] "', " checks[order[i]])
    }

    print "-- check table\n" \
        "-- Every table is one, with the columns that install() makes, and shows all of its rows to who reads it, without code of others. Where one is not, nothing else is looked at.\n" \
        "SELECT NULL, format('column %s of table %s is %s, not %s', w.column_name, w.name, coalesce(format_type(a.atttypid, a.atttypmod), 'not there'), w.type)\n" \
        "FROM (VALUES\n    " rows["table"] "\n) AS w (name, column_name, type)\n" \
        "LEFT JOIN pg_class AS c ON c.relnamespace = 'billing_books'::regnamespace AND c.relname = w.name AND c.relkind IN ('r', 'p')\n" \
        "LEFT JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attname = w.column_name AND a.attnum > 0 AND NOT a.attisdropped\n" \
        "WHERE a.attrelid IS NULL OR replace(format_type(a.atttypid, a.atttypmod), '\"', '') <> w.type -- some sessions quote all names\n" \
        "UNION ALL\n" \
        "SELECT NULL, format('%s shows its rows by a policy of others', c.oid::regclass)\n" \
        "FROM pg_class AS c\n" \
        "WHERE c.relnamespace = 'billing_books'::regnamespace AND (c.relrowsecurity OR c.relforcerowsecurity)\n" \
        "    AND (c.relname LIKE 'usage\\_event%' OR c.relname IN (" names "))\n" \
        "UNION ALL\n" \
        "SELECT NULL, format('%s adds its rows to those of %s', i.inhrelid::regclass, i.inhparent::regclass)\n" \
        "FROM pg_inherits AS i\n" \
        "JOIN pg_class AS p ON p.oid = i.inhparent\n" \
        "JOIN pg_class AS c ON c.oid = i.inhrelid\n" \
        "WHERE p.relnamespace = 'billing_books'::regnamespace AND p.relkind IN ('r', 'p')\n" \
        "    AND NOT (p.relname = 'usage_event' AND c.relkind = 'r' AND c.relnamespace = p.relnamespace)\n" \
        "UNION ALL\n" \
        "-- Code of others runs while a read is planned, and what it says there hides rows. What is the server's own is in no dependency.\n" \
        "SELECT NULL, format('%s depends on %s', pg_describe_object(d.classid, d.objid, 0), pg_describe_object(d.refclassid, d.refobjid, 0))\n" \
        "FROM (\n" \
        "    SELECT 'pg_class'::regclass AS classid, indexrelid AS objid, indrelid AS table_id FROM pg_index\n" \
        "    UNION ALL\n" \
        "    SELECT 'pg_class'::regclass, partrelid, partrelid FROM pg_partitioned_table\n" \
        "    UNION ALL\n" \
        "    SELECT 'pg_constraint'::regclass, oid, conrelid FROM pg_constraint WHERE contype <> 'f'\n" \
        "    UNION ALL\n" \
        "    SELECT 'pg_attrdef'::regclass, oid, adrelid FROM pg_attrdef\n" \
        "    UNION ALL\n" \
        "    SELECT 'pg_statistic_ext'::regclass, oid, stxrelid FROM pg_statistic_ext\n" \
        ") AS o\n" \
        "JOIN pg_class AS c ON c.oid = o.table_id AND c.relnamespace = 'billing_books'::regnamespace\n" \
        "JOIN pg_depend AS d ON d.classid = o.classid AND d.objid = o.objid AND d.objsubid = 0\n" \
        "WHERE d.refclassid IN ('pg_proc'::regclass, 'pg_operator'::regclass, 'pg_type'::regclass)\n"
    print "-- check not_null\n" \
        "-- What is always there is kept so.\n" \
        "SELECT NULL, format('column %s of table %s may be null', a.attname, w.name)\n" \
        "FROM (VALUES\n    " rows["not_null"] "\n) AS w (name, column_name)\n" \
        "JOIN pg_class AS c ON c.relnamespace = 'billing_books'::regnamespace AND c.relname = w.name\n" \
        "JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attname = w.column_name\n" \
        "WHERE NOT a.attnotnull\n"
    print "-- check unique_key\n" \
        "-- What stands once does so by a key that is valid, of all rows.\n" \
        "SELECT NULL, format('table %s has no valid unique key of (%s)', k.name, array_to_string(k.columns, ', '))\n" \
        "FROM (VALUES\n    " rows["unique_key"] "\n) AS k (name, columns)\n" \
        "WHERE NOT EXISTS (\n" \
        "    SELECT FROM pg_index AS x\n" \
        "    JOIN pg_class AS c ON c.oid = x.indrelid\n" \
        "    WHERE c.relnamespace = 'billing_books'::regnamespace AND c.relname = k.name\n" \
        "        AND x.indisunique AND x.indisvalid AND x.indimmediate AND x.indpred IS NULL\n" \
        "        AND k.columns = (\n" \
        "            SELECT array_agg(a.attname::text ORDER BY n.place)\n" \
        "            FROM unnest(x.indkey::int2[]) WITH ORDINALITY AS n (attnum, place)\n" \
        "            JOIN pg_attribute AS a ON a.attrelid = x.indrelid AND a.attnum = n.attnum\n" \
        "        )\n" \
        ")\n"
    print "-- check foreign_key\n" \
        "-- What a row is of is there: by a foreign key that is valid and looked at.\n" \
        "SELECT NULL, format('table %s has no valid foreign key of (%s) to %s', k.name, array_to_string(k.columns, ', '), k.target)\n" \
        "FROM (VALUES\n    " rows["foreign_key"] "\n) AS k (name, columns, target)\n" \
        "WHERE NOT EXISTS (\n" \
        "    SELECT FROM pg_constraint AS f\n" \
        "    JOIN pg_class AS c ON c.oid = f.conrelid\n" \
        "    JOIN pg_class AS t ON t.oid = f.confrelid\n" \
        "    WHERE f.contype = 'f' AND f.convalidated AND t.relnamespace = c.relnamespace\n" \
        "        AND c.relnamespace = 'billing_books'::regnamespace AND c.relname = k.name AND t.relname = k.target\n" \
        "        AND k.columns = (\n" \
        "            SELECT array_agg(a.attname::text ORDER BY n.place)\n" \
        "            FROM unnest(f.conkey) WITH ORDINALITY AS n (attnum, place)\n" \
        "            JOIN pg_attribute AS a ON a.attrelid = f.conrelid AND a.attnum = n.attnum\n" \
        "        )\n" \
        "        AND NOT EXISTS (SELECT FROM pg_trigger AS g WHERE g.tgconstraint = f.oid AND g.tgenabled NOT IN ('O', 'A'))\n" \
        ")\n"
    print "-- check index\n" \
        "-- The indexes that install() makes are there, and valid: by some what stands once of a state does so, by the others bookings find their rows.\n" \
        "SELECT NULL, format('table %s has no valid index %s of (%s)', k.name, k.index_name, array_to_string(k.columns, ', '))\n" \
        "FROM (VALUES\n    " rows["index"] "\n) AS k (name, index_name, is_unique, is_partial, columns)\n" \
        "WHERE NOT EXISTS (\n" \
        "    SELECT FROM pg_index AS x\n" \
        "    JOIN pg_class AS i ON i.oid = x.indexrelid\n" \
        "    JOIN pg_class AS c ON c.oid = x.indrelid\n" \
        "    WHERE i.relnamespace = 'billing_books'::regnamespace AND i.relname = k.index_name AND c.relname = k.name\n" \
        "        AND x.indisunique = k.is_unique AND x.indisvalid AND (x.indpred IS NOT NULL) = k.is_partial\n" \
        "        AND k.columns = (\n" \
        "            SELECT array_agg(a.attname::text ORDER BY n.place)\n" \
        "            FROM unnest(x.indkey::int2[]) WITH ORDINALITY AS n (attnum, place)\n" \
        "            JOIN pg_attribute AS a ON a.attrelid = x.indrelid AND a.attnum = n.attnum\n" \
        "        )\n" \
        ")\n"
    print "-- check row_check\n" \
        "-- The tables have the CHECKs that install() gives them, valid for all rows.\n" \
        "SELECT NULL, format('table %s has %s valid CHECKs of %s', k.name, n.checks, k.checks)\n" \
        "FROM (VALUES\n    " rows["row_check"] "\n) AS k (name, checks)\n" \
        "LEFT JOIN LATERAL (\n" \
        "    SELECT count(*) AS checks\n" \
        "    FROM pg_constraint AS o\n" \
        "    JOIN pg_class AS c ON c.oid = o.conrelid\n" \
        "    WHERE o.contype = 'c' AND o.convalidated AND c.relnamespace = 'billing_books'::regnamespace AND c.relname = k.name\n" \
        ") AS n ON true\n" \
        "WHERE n.checks < k.checks\n"
}
