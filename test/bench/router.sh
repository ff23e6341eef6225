# shellcheck shell=bash disable=SC2154 # what run.sh has
# The part of run.sh that puts a router before three cells. All are databases of one server: what is measured is what the
# router costs, and not what more machines give.

make_router() {
    local n partitions=
    for n in 0 1 2; do
        make_books "cell$n" $((n * accounts + 1))
        ask -d "cell$n" -c "SELECT billing.set_account_range($((n * accounts + 1)), $(((n + 1) * accounts)))" >/dev/null
        partitions+=", p$n 'host=$PGHOST port=$PGPORT dbname=cell$n options=-cdatestyle=ISO'"
    done
    createdb router
    ask -d router -c 'SET client_min_messages = warning' -c 'CREATE EXTENSION billing_router CASCADE' \
        -c "CREATE SERVER billing FOREIGN DATA WRAPPER plproxy OPTIONS (modular_mapping '1'$partitions)" \
        -c "CREATE USER MAPPING FOR PUBLIC SERVER billing OPTIONS (user '$PGUSER')" \
        -c "SELECT billing_router.add_cell('cell ' || n, n * $accounts + 1, (n + 1) * $accounts) FROM generate_series(0, 2) AS n" >/dev/null
}

# One client at a time shows what a call costs; many, what is left for others.
measure_router() {
    measure direct_1 cell0 1 -n -c 1 -j 1 -f "$here/charge.sql"
    measure routed_1 router 1 -n -c 1 -j 1 -f "$here/charge.sql"
    measure direct cell0 1 -n -f "$here/charge.sql"
    measure routed router 1 -n -f "$here/charge.sql"
    measure routed_two router 1 -n -D accounts=$((2 * accounts)) -f "$here/charge.sql"
    measure routed_three router 1 -n -D accounts=$((3 * accounts)) -f "$here/charge.sql"
}

router_rows() {
    row 'charge, one client, in its cell' direct_1 direct_1 'in the cell' ''
    row 'charge, one client, through the router' routed_1 direct_1 'in the cell' ''
    line '  ms a call that the router costs' \
        "$(awk -v a="$(mean routed_1)" -v b="$(mean direct_1)" 'BEGIN {printf "%.2f", 1000 / a - 1000 / b}')" '' '' ''
    row 'charge, in one cell' direct direct 'in the cell' ''
    row 'charge, through the router, one cell' routed direct 'in the cell' ''
    row 'charge, through the router, two cells' routed_two direct 'in the cell' ''
    row 'charge, through the router, three cells' routed_three direct 'in the cell' ''
}

# Every call is in the one cell that has its account.
check_router() {
    local n found recorded=0
    for n in 0 1 2; do
        recorded=$((recorded + $(ask -d "cell$n" -c "SELECT count(*) FROM billing_books.usage_event WHERE status = 'charged'")))
    done
    if [ "$recorded" != "$routed_requests" ]; then
        say "FAILED: there were $routed_requests requests, the cells have $recorded"
        status=1
    fi
    found=$(ask -d router -c 'SELECT * FROM billing.verify()')
    if [ -n "$found" ]; then
        say "FAILED: verify() of the cells says" "$found"
        status=1
    fi
}
