# Makes statements of the checks in this directory, each between "-- begin" and "-- end", as the Makefile makes C
# of them. They return the name of the check, account_id and detail for each discrepancy. A check is a stanza,
#
#   -- check NAME                     over what it likes:
#   -- What holds in sound books.
#   SELECT account_id, detail ...     or WITH ... SELECT: what is wrong
#
#   -- check NAME on TABLE            of a row alone; all those on one table are joined into one scan of it:
#   -- What holds in sound books.
#   WHEN ...                          true where the row is wrong
#   THEN ...                          the detail, worked out for such rows only
#
# With -v of=account, behind the files of src/schema, the same for one account, $1: wherever a check reads a table whose rows
# are accounts', it reads those of that account. What cannot be seen so, since it compares accounts or is of none, begins with
#
#   -- check NAME of all

function fail(where, message) {
    print where ": " message > "/dev/stderr"
    failed = 1
    exit 1
}

# Puts the rows of one account in the place of a table, each time that it is read; it keeps its name where it has no other.
function narrow(text,    head, table, alias) {
    head = ""
    while (match(text, /(FROM|JOIN) billing_books\.[a-z_]+/)) {
        table = substr(text, RSTART, RLENGTH)
        sub(/.*\./, "", table)
        head = head substr(text, 1, RSTART + 4)
        text = substr(text, RSTART + RLENGTH)
        if (!(table in of_account)) {
            head = head "billing_books." table
            continue
        }
        is_narrowed = 1
        alias = text ~ /^[ \n]+AS / ? "" : " AS " table
        head = head "(SELECT * FROM billing_books." table " WHERE account_id = $1)" alias
    }
    return head text
}

function finish_check() {
    if (name == "" || (of == "account" && is_of_all))
        return
    if (of == "account" && table == "") {
        is_narrowed = 0
        query = narrow(query)
        if (!is_narrowed)
            fail(place, "check " name " reads nothing of an account: is it \"of all\"?")
    }
    if (!is_explained)
        fail(place, "check " name " does not say what holds")
    if (table == "" ? first_word !~ /^(SELECT|WITH)$/ : condition == "" || detail == "")
        fail(place, "check " name " is neither SELECT nor, on a table, WHEN and THEN")
    if (table == "") {
        printf "-- begin\nSELECT '%s', c.account_id::bigint, c.detail::text FROM (\n%s) AS c (account_id, detail)\n-- end\n", name, query
        return
    }
    is_first = !(table in rows)
    if (is_first)
        tables[++table_count] = table
    conditions[table] = conditions[table] (is_first ? "" : " OR ") "(\n" condition ")"
    rows[table] = rows[table] (is_first ? "" : ", ") "('" name "', (\n" condition "), (\n" detail "))"
}

function begin_check() {
    finish_check()
    place = FILENAME ":" FNR
    if ($0 !~ /^-- check [a-z_]+( on [a-z_]+| of all)?$/)
        fail(place, "a check begins with -- check NAME, -- check NAME of all or -- check NAME on TABLE")
    name = $3
    is_of_all = $4 == "of"
    table = is_of_all ? "" : $5
    if (name in places)
        fail(place, "check " name " is there already, at " places[name])
    places[name] = place
    is_explained = 0
    query = condition = detail = first_word = part = ""
}

# One of a row has two parts, WHEN and THEN.
function add_line() {
    if (first_word == "")
        first_word = $1
    if (table == "")
        query = query $0 "\n"
    else {
        if ($0 ~ /^(WHEN|THEN) /) {
            part = $1
            sub(/^..../, "    ")
        }
        if (part == "WHEN")
            condition = condition $0 "\n"
        else if (part == "THEN")
            detail = detail $0 "\n"
    }
}

# The tables whose rows are accounts': all that have account_id, but for re-ratings, of which one can be of all accounts.
FILENAME ~ /(^|\/)schema\// {
    if ($1 " " $2 == "CREATE TABLE")
        created = substr($3, length("billing_books.") + 1)
    else if ($1 == "account_id" && created != "rerate")
        of_account[created] = 1
    next
}
/^-- check( |$)/ { begin_check(); next }
/^[ \t]*$/ { next }
/^--/ && first_word == "" { is_explained = 1; next }
name == "" { fail(FILENAME ":" FNR, "this belongs to no check") }
{ add_line() }

END {
    if (failed)
        exit 1
    finish_check()
    for (i = 1; i <= table_count; i++) {
        table = tables[i]
        printf "-- begin\nSELECT c.name, t.account_id, c.detail FROM (SELECT * FROM billing_books.%s WHERE %s(%s)) AS t\n" \
            "CROSS JOIN LATERAL (VALUES %s) AS c (name, is_wrong, detail) WHERE c.is_wrong\n-- end\n",
            table, of == "account" ? "account_id = $1 AND " : "", conditions[table], rows[table]
    }
}
