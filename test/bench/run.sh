#!/usr/bin/env bash
# Speed as ratios: every path and its rival in one run, on one server with fsync on, with the same
# clients. What is fast on one machine is slow on another; the ratios stay, if nothing else runs beside it.
# A target that is not met is printed and no failure; wrong books are.
#
#   DURATION=20   seconds of each measurement; there are ROUNDS of each, rivals in turn
#   ROUNDS=2      CLIENTS=20   SCALE=50 (of pgbench's own tables)   ACCOUNTS=10000
#   PARTS="charge authorize hot history"   what to measure
#   ROWS=0        charged requests behind part history, where a checkpoint falls in as well; 0 leaves it out. 30000000 is
#                 the one of interest: it takes 20 GB of disk and most of an hour, most of it for verify()
set -euo pipefail
[ -n "${BILLING_STAGE-}" ] || exec bash "$(dirname "$0")/../lib/prepare.sh" "$0" "$@"

here=$(cd "$(dirname "$0")" && pwd)
if [ -z "${SERVER_LOG-}" ]; then
    export SERVER_CONF='
        fsync = on
        synchronous_commit = on
        shared_buffers = 1GB
        max_wal_size = 20GB
        checkpoint_timeout = 1h
        maintenance_work_mem = 512MB
        max_connections = 120'
    exec bash "$here/../lib/with_server.sh" bash "$0" "$@"
fi

duration=${DURATION:-20}
rounds=${ROUNDS:-2}
clients=${CLIENTS:-20}
scale=${SCALE:-50}
accounts=${ACCOUNTS:-10000}
rows=${ROWS:-0}
parts=${PARTS:-charge authorize hot history}
scripts=$(mktemp -d)
run_no=0
declare -A total count

wants() { [[ " $parts " == *" $1 "* ]]; }
ask() { psql -XqAt -v ON_ERROR_STOP=1 "$@"; }
say() { printf '%s\n' "$*"; }

# measure NAME DATABASE PER_TRANSACTION PGBENCH_ARGUMENT...: adds one measurement to NAME's.
measure() {
    local name=$1 database=$2 per=$3 output rate
    shift 3
    run_no=$((run_no + 1))
    # run_no makes request ids unique over all measurements.
    output=$(pgbench -M prepared -c "$clients" -j 2 -T "$duration" -D run_no="$run_no" -D accounts="$accounts" -D n=0 \
        "$@" "$database" 2>&1) || { say "$output" >&2; exit 1; }
    rate=$(awk -v per="$per" '/^tps = /{printf "%.1f", $3 * per}' <<<"$output")
    count[$name]=$((${count[$name]-0} + 1))
    total[$name]=$(awk -v a="${total[$name]-0}" -v b="$rate" 'BEGIN{print a + b}')
    [[ $name != charge && $name != hot ]] ||
        charges=$((charges + $(awk '/actually processed/{print $6}' <<<"$output" | cut -d/ -f1)))
    printf '  %-10s %9.0f/s\n' "$name" "$rate"
}
charges=0

mean() { awk -v t="${total[$1]}" -v n="${count[$1]}" 'BEGIN{printf "%.1f", t / n}'; }

# authorize and its rival get their keys in the same way: once per client into pgbench variables, since
# a lookup per call would be measured, too. 100 calls then are one transaction of pgbench.
calls=100
write_gate_script() { # FILE STATEMENT, in which @ is the number of the key
    local i columns=
    for ((i = 1; i <= calls; i++)); do
        columns+="${columns:+, }k.keys[$i] AS key_$i, k.accounts[$i] AS account_$i, 1 AS key_id_$i"
    done
    {
        echo '\if :loaded = 0'
        echo "SELECT $columns FROM (SELECT array_agg(api_key) AS keys, array_agg(account_id) AS accounts"
        echo "    FROM (SELECT * FROM bench_key ORDER BY random() LIMIT $calls) AS r) AS k \\gset"
        echo '\set loaded 1'
        printf '%s\n' '\endif'
        for ((i = 1; i <= calls; i++)); do echo "${2//@/$i}"; done
    } >"$scripts/$1"
}

say "server: $(ask -c "SELECT 'PostgreSQL ' || current_setting('server_version') ||
    ', fsync ' || current_setting('fsync') || ', synchronous_commit ' || current_setting('synchronous_commit') ||
    ', shared_buffers ' || current_setting('shared_buffers')"), $(nproc) cores"
say "$clients clients, -M prepared, $rounds x $duration s each, pgbench scale $scale, $accounts accounts"

make_books() { # DATABASE
    createdb "$1"
    ask -d "$1" -v accounts="$accounts" -f "$here/books.sql" >/dev/null
}
make_books bench
wants charge && pgbench -i -q -s "$scale" bench >/dev/null 2>&1
history=
if wants history && [ "$rows" -gt 0 ]; then
    history=1
    say "filling $rows requests of history"
    make_books history
    started=$SECONDS
    for ((done_rows = 0; done_rows < rows; done_rows += 1000000)); do
        ask -d history -v accounts="$accounts" -v from="$done_rows" \
            -v upto="$((done_rows + 1000000 < rows ? done_rows + 1000000 : rows))" -f "$here/history.sql" >/dev/null
    done
    ask -d history -f "$here/history_end.sql" >/dev/null
    say "  in $((SECONDS - started)) s"
fi
write_gate_script join.sql "SELECT a.cash, a.bonus, a.arrears, a.locks, a.next_expiry_at, k.kind, k.deleted_at, k.secret_hash \
FROM billing.account AS a JOIN billing.api_key AS k ON k.account_id = a.account_id \
WHERE k.account_id = :account_@ AND k.key_id = :key_id_@;"
write_gate_script authorize.sql 'SELECT * FROM billing.authorize(:key_@);'
# Nothing of the setting up shall be written back while something is measured.
ask -d bench -c 'VACUUM ANALYZE' -c CHECKPOINT

size() { ask -d bench -c "SELECT $1 FROM pg_class AS c WHERE c.relnamespace = 'billing'::regnamespace AND c.relkind = 'r'"; }
size_before=$(size 'sum(pg_total_relation_size(c.oid))')
for ((round = 1; round <= rounds; round++)); do
    say "round $round"
    if wants charge; then measure tpcb bench 1; fi
    if wants charge || wants hot || [ -n "$history" ]; then
        measure charge bench 1 -n -f "$here/charge.sql"
    fi
    if [ -n "$history" ]; then
        (sleep "$((duration / 3))" && ask -d history -c CHECKPOINT) &
        measure history history 1 -n -f "$here/charge.sql"
        wait
    fi
    if wants hot; then measure hot bench 1 -n -f "$here/hot.sql"; fi
    if wants authorize; then
        measure join bench "$calls" -n -D loaded=0 -f "$scripts/join.sql"
        measure authorize bench "$calls" -n -D loaded=0 -f "$scripts/authorize.sql"
    fi
done
size_after=$(size 'sum(pg_total_relation_size(c.oid))')

# row PATH NAME RIVAL TARGET
row() {
    awk -v path="$1" -v rate="$(mean "$2")" -v rival="$(mean "$3")" -v rival_name="$4" -v target="$5" 'BEGIN {
        ratio = rate / rival
        verdict = target == "" ? "-" : sprintf("%s %s", target, ratio >= target ? "met" : "NOT MET")
        printf "%-44s %9.0f  %6.2f  %-18s %s\n", path, rate, ratio, rival_name, verdict }'
}
say
printf '%-44s %9s  %6s  %-18s %s\n' path 'calls/s' ratio of 'first target'
if wants charge; then
    row 'pgbench tpcb-like' tpcb tpcb tpcb-like ''
    row "charge, $accounts accounts" charge tpcb tpcb-like 2.0
fi
if wants authorize; then
    row 'the two-row join in plain SQL' join join 'the join' ''
    row 'authorize' authorize join 'the join' 0.8
fi
if wants hot; then row 'charge, one hot account' hot charge 'charge, spread' ''; fi
if [ -n "$history" ]; then
    row "charge, $rows requests behind it" history charge 'charge, no history' 0.9
fi
say

status=0
# What was measured must have been work: each call a charged request, none of them in arrears.
recorded=$(ask -d bench -c "SELECT count(*) FILTER (WHERE status = 'charged') || ' charged, ' ||
    count(*) FILTER (WHERE status <> 'charged') || ' other' FROM billing.usage_event")
if [ "$recorded" != "$charges charged, 0 other" ]; then
    say "FAILED: pgbench made $charges charges, the books have $recorded"
    status=1
fi
if [ "$charges" -gt 0 ]; then
    awk -v bytes="$((size_after - size_before))" -v n="$charges" \
        'BEGIN {printf "%d charges, %.0f bytes on disk for each (all tables and indexes)\n", n, bytes / n}'
fi
for database in bench ${history:+history}; do
    started=$(date +%s%N)
    found=$(ask -d "$database" -c 'SELECT * FROM billing.verify()')
    if [ -n "$found" ]; then
        say "FAILED: verify() of $database says" "$found"
        status=1
    fi
    awk -v name="$database" -v ns="$(($(date +%s%N) - started))" -v found="${found:+not }" \
        'BEGIN {printf "verify() of database %s is %sempty, %.1f s\n", name, found, ns / 1e9}'
done
rm -rf "$scripts"
exit "$status"
