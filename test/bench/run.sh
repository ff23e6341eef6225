#!/usr/bin/env bash
# Speed as ratios: every path and its rival in one run, on one server with fsync on, with the same
# clients. What is fast on one machine is slow on another; the ratios stay, if nothing else runs beside it.
# A target that is not met is printed and no failure; wrong books are.
#
#   PARTS="charge authorize hot meter pipeline"   what to measure, of
#     charge      charge() against pgbench's own tpcb-like transaction, a ledger in plain SQL, an INSERT under usage's key
#     authorize   against the join in plain SQL
#     hot         charge() on one account against all                           meter       meter(), the same, settled
#     pipeline    COPY into the inbox until settled, against COPY of ready rows into a table with usage's key; and of one account
#     history     charge() with ROWS requests behind it, over the whole dedupe window, and a checkpoint inside, against none
#     soak        SOAK seconds of metering at RATE a second and CALLS calls of all kinds beside it, with a checkpoint and a long-running reader
#     router      charge() through PL/Proxy to 1, 2 and 3 cells, which are databases of this server, against charge() in one
#     gateway     GORDERS top-ups through a simulated gateway: commit to first byte, notice to credit, beside one that hangs
#     verify      time of verify() with VROWS metered requests in the books
#   DURATION=15   seconds of each measurement with pgbench; there are ROUNDS of each, rivals in turn
#   ROUNDS=2      CLIENTS=20   SCALE=50 (of pgbench's own tables)   ACCOUNTS=10000
#   FILES=10      of 100,000 events, for each round of the pipeline
#   ROWS=30000000 takes 20 GB of disk and most of an hour, most of it for verify()     VROWS=10000000
#   SOAK=300      RATE=5000      CALLS=200      GORDERS=200
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
        max_connections = 120
        shared_preload_libraries = billing
        billing.databases = '"'bench, history, pipeline, soak, gateway'"
    exec bash "$here/../lib/with_server.sh" bash "$0" "$@"
fi

duration=${DURATION:-15}
rounds=${ROUNDS:-2}
clients=${CLIENTS:-20}
scale=${SCALE:-50}
accounts=${ACCOUNTS:-10000}
files=${FILES:-10}
rows=${ROWS:-30000000}
verify_rows=${VROWS:-10000000}
soak_s=${SOAK:-300}
rate=${RATE:-5000}
soak_calls=${CALLS:-200}
gateway_orders=${GORDERS:-200}
parts=${PARTS:-charge authorize hot meter pipeline gateway}
scratch=$(mktemp -d)
run_no=0
declare -A total count

wants() { [[ " $parts " == *" $1 "* ]]; }
ask() { psql -XqAt -v ON_ERROR_STOP=1 "$@"; }
say() { printf '%s\n' "$*"; }

# add NAME NUMBER: one more measurement of NAME. mean NAME: of all of them.
add() {
    count[$1]=$((${count[$1]-0} + 1))
    total[$1]=$(awk -v a="${total[$1]-0}" -v b="$2" 'BEGIN{print a + b}')
}
mean() { awk -v t="${total[$1]}" -v n="${count[$1]}" 'BEGIN{printf "%.4f", t / n}'; }

make_books() { # DATABASE [FIRST_ACCOUNT]
    createdb "$1"
    ask -d "$1" -v accounts="$accounts" -v first="${2-1}" -f "$here/books.sql" >/dev/null
}
wait_for_settler() { # DATABASE
    ask -c 'SELECT pg_reload_conf()' >/dev/null # the supervisor looks at once
    for ((i = 0; i < 300; i++)); do
        [ "$(ask -d "$1" -c 'SELECT status FROM billing.settler()')" != running ] || return 0
        sleep 0.1
    done
    say "FAILED: no settler in database $1"
    exit 1
}
# shellcheck source=test/bench/pipeline.sh
. "$here/pipeline.sh"
# shellcheck source=test/bench/router.sh
. "$here/router.sh"

# measure NAME DATABASE PER_TRANSACTION PGBENCH_ARGUMENT...: adds one measurement to NAME's. Calls of meter() count
# when they are settled: the time from the last call until then is part of it.
measure() {
    local name=$1 database=$2 per=$3 output rate calls wal size=0 target=
    shift 3
    run_no=$((run_no + 1))
    [[ $name != meter* ]] || target=$(settled_total "$database")
    wal=$(ask -c 'SELECT pg_current_wal_lsn()')
    [ "$name" != charge ] || size=$(ask -d bench -c 'SELECT bench_size()')
    # run_no makes request ids unique over all measurements.
    output=$(pgbench -M prepared -c "$clients" -j 2 -T "$duration" -D run_no="$run_no" -D accounts="$accounts" -D n=0 \
        "$@" "$database" 2>&1) || { say "$output" >&2; exit 1; }
    calls=$(awk '/actually processed/{print $6}' <<<"$output" | cut -d/ -f1)
    rate=$(awk -v per="$per" '/^tps = /{printf "%.1f", $3 * per}' <<<"$output")
    if [ -n "$target" ]; then
        rate=$({
            echo "SELECT clock_timestamp() AS at \\gset"
            echo "CALL bench_wait($target + $calls);"
            echo "SELECT round($calls / ($calls / $rate::numeric + extract(epoch FROM clock_timestamp() - :'at')), 1);"
        } | ask -d "$database")
    fi
    add "$name" "$rate"
    [ "$calls" = 0 ] || add "$name.wal" "$(ask -c "SELECT round((pg_current_wal_lsn() - '$wal') / $calls, 1)")"
    [ "$name" != charge ] || add charge.bytes "$(ask -d bench -c "SELECT round((bench_size() - $size) / $calls::numeric, 1)")"
    case $name in
        charge | hot | meter*) requests=$((requests + calls)) ;;
        history) history_requests=$((history_requests + calls)) ;;
        direct* | routed*) routed_requests=$((routed_requests + calls)) ;;
    esac
    printf '  %-10s %9.0f/s\n' "$name" "$rate"
}
requests=0
history_requests=0
routed_requests=0
pipeline_events=0

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
    } >"$scratch/$1"
}

say "server: $(ask -c "SELECT 'PostgreSQL ' || current_setting('server_version') ||
    ', fsync ' || current_setting('fsync') || ', synchronous_commit ' || current_setting('synchronous_commit') ||
    ', shared_buffers ' || current_setting('shared_buffers')"), $(nproc) cores"
say "$clients clients, -M prepared, $rounds x $duration s each, pgbench scale $scale, $accounts accounts"

bench=
if wants charge || wants hot || wants meter || wants authorize || wants history; then
    bench=1
    make_books bench
    wait_for_settler bench
fi
if wants charge; then
    pgbench -i -q -s "$scale" bench >/dev/null 2>&1
    ask -d bench -v accounts="$accounts" -f "$here/rivals.sql" >/dev/null
fi
if wants pipeline || wants verify; then make_pipeline; fi
if wants router; then make_router; fi
if wants history; then
    say "filling $rows requests of history"
    # Begun before the window did.
    PGOPTIONS='-c billing.clock_offset=-36d' make_books history
    started=$SECONDS
    for ((done_rows = 0; done_rows < rows; done_rows += 1000000)); do
        ask -d history -v accounts="$accounts" -v from="$done_rows" -v rows="$rows" \
            -v upto="$((done_rows + 1000000 < rows ? done_rows + 1000000 : rows))" -f "$here/history.sql" >/dev/null
    done
    ask -d history -f "$here/history_end.sql" >/dev/null
    say "  in $((SECONDS - started)) s"
fi
write_gate_script join.sql "SELECT a.cash, a.bonus, a.arrears, a.locks, a.next_expiry_at, k.kind, k.deleted_at, k.secret_hash \
FROM billing_books.account AS a JOIN billing_books.api_key AS k ON k.account_id = a.account_id \
WHERE k.account_id = :account_@ AND k.key_id = :key_id_@;"
write_gate_script authorize.sql 'SELECT * FROM billing.authorize(:key_@);'
# Nothing of the setting up shall be written back while something is measured.
ask -c CHECKPOINT

for ((round = 1; round <= rounds; round++)); do
    say "round $round"
    if wants charge; then
        measure tpcb bench 1
        measure ledger bench 1 -n -f "$here/ledger.sql"
        measure insert bench 1 -n -f "$here/insert.sql"
    fi
    if wants charge || wants hot || wants history; then measure charge bench 1 -n -f "$here/charge.sql"; fi
    if wants history; then
        (sleep "$((duration / 3))" && ask -d history -c CHECKPOINT) &
        measure history history 1 -n -f "$here/charge.sql"
        wait
    fi
    if wants hot; then measure hot bench 1 -n -D accounts=1 -f "$here/charge.sql"; fi
    if wants authorize; then
        measure join bench "$calls" -n -D loaded=0 -f "$scratch/join.sql"
        measure authorize bench "$calls" -n -D loaded=0 -f "$scratch/authorize.sql"
    fi
    if wants meter; then
        measure meter bench 1 -n -f "$here/meter.sql"
        measure meter_hot bench 1 -n -D accounts=1 -f "$here/meter.sql"
    fi
    if wants pipeline; then measure_pipeline "$round"; fi
    if wants router; then measure_router; fi
done
if wants pipeline; then
    ask -d pipeline -c 'VACUUM billing_books.usage_inbox'
    pipeline_bytes=$(awk -v bytes="$(($(ask -d pipeline -c 'SELECT bench_size()') - pipeline_size))" -v n="$pipeline_events" \
        'BEGIN {printf "%.1f", bytes / n}')
    entries=$(ask -d pipeline -c "SELECT round(count(*)::numeric / (SELECT count(*) FROM billing_books.usage_event WHERE account_id > 1), 3)
        FROM billing_books.ledger_entry WHERE source_type = 'settlement' AND account_id > 1")
fi

if wants soak; then
    say "soak: $soak_s s, $rate events a second by COPY of 500 rows, and $soak_calls calls a second beside it:"
    say "  of ten four charge(), two meter(), three the gate, a balance and a statement, one a payment"
    make_books soak
    wait_for_settler soak
    pgbench -n -M prepared -c 4 -R "$soak_calls" -T "$soak_s" -D run_no=0 -D accounts="$accounts" -D n=0 -f "$here/charge.sql@4" \
        -f "$here/meter.sql@2" -f "$here/read.sql@3" -f "$here/pay.sql@1" soak >"$scratch/soak_calls" 2>&1 &
    caller=$!
    PGDATABASE=soak perl "$here/soak.pl" "$soak_s" "$rate" 500 "$accounts" | tee "$scratch/soak" | grep '^ '
    wait "$caller" || { cat "$scratch/soak_calls"; exit 1; }
    read -r soak_lag_ms soak_events settler_early settler_late backends_early backends_late < <(tail -n 1 "$scratch/soak")
    # What charge.sql and meter.sql came to.
    soak_events=$((soak_events + $(awk '/^SQL script/ {counts = /charge.sql|meter.sql/} / transactions / && counts {n += $2} END {print n}' "$scratch/soak_calls")))
    for ((i = 0; i < 600; i++)); do
        [ "$(ask -d soak -c 'SELECT count(*) FROM billing_books.usage_inbox')" != 0 ] || break
        sleep 0.2
    done
fi
if wants gateway; then
    say "$gateway_orders top-ups through a gateway, and as many beside one that hangs"
    createdb gateway
    ask -d gateway -c 'CREATE EXTENSION billing' -c 'SELECT billing.install()' >/dev/null
    wait_for_settler gateway
    perl "$here/gateway.pl" gateway "$gateway_orders" >"$scratch/gateway"
fi
gateway_ms() { awk -v name="$1" '$1 == name {print $2}' "$scratch/gateway"; }
if wants verify; then
    say "filling $verify_rows metered requests through the inbox"
    started=$SECONDS
    fill_pipeline "$verify_rows"
    say "  in $((SECONDS - started)) s"
fi

line() { printf '%-52s %12s %7s  %-18s %s\n' "$@"; }
verdict() { awk -v value="$1" -v comparison="$2" -v target="$3" 'BEGIN {
    met = comparison == ">=" ? value >= target : value <= target
    printf "%s %s %s", comparison, target, met ? "met" : "NOT MET" }'; }
row() { # PATH NAME RIVAL RIVAL_NAME TARGET
    local ratio
    ratio=$(awk -v a="$(mean "$2")" -v b="$(mean "$3")" 'BEGIN {printf "%.2f", a / b}')
    line "$1" "$(printf '%.0f/s' "$(mean "$2")")" "$ratio" "$4" "$([ -z "$5" ] || verdict "$ratio" '>=' "$5")"
}
say
line path '' ratio of 'first target'
if wants charge; then
    row 'pgbench tpcb-like' tpcb tpcb tpcb-like ''
    row 'a ledger of transfers in plain SQL' ledger tpcb tpcb-like ''
    row "an INSERT under usage's key" insert tpcb tpcb-like ''
    row "charge, $accounts accounts" charge tpcb tpcb-like 2.0
    line '  bytes of WAL per charge' "$(printf %.0f "$(mean charge.wal)")" '' '' ''
    line '  bytes on disk per charge' "$(printf %.0f "$(mean charge.bytes)")" '' '' ''
fi
if wants hot; then row 'charge, one hot account' hot charge 'charge, spread' ''; fi
if wants meter; then
    row "meter, $accounts accounts, settled" meter meter meter ''
    row 'meter, one hot account, settled' meter_hot meter 'meter, spread' 0.8
fi
if wants pipeline; then
    row 'COPY of ready rows into a keyed table' keyed keyed 'COPY, keyed' ''
    row 'inbox -> settled' pipeline keyed 'COPY, keyed' 0.8
    row '  the same files once more, of which nothing counts' again pipeline 'inbox -> settled' 1.0
    row '  all of one account' pipeline_hot pipeline 'inbox -> settled' 0.95
    line '  us of CPU per event, of COPY into the keyed table' "$(printf %.2f "$(mean keyed.cpu)")" '' '' ''
    line '  us of CPU per event, from COPY until settled' "$(printf %.2f "$(mean pipeline.cpu)")" \
        "$(awk -v a="$(mean keyed.cpu)" -v b="$(mean pipeline.cpu)" 'BEGIN {printf "%.2f", a / b}')" 'COPY, keyed' ''
    line '  ledger entries per event' "$entries" '' '' ''
    line '  bytes of WAL per event' "$(printf %.0f "$(mean pipeline.wal)")" \
        "$(awk -v a="$(mean pipeline.wal)" -v b="$(mean keyed.wal)" 'BEGIN {printf "%.2f", a / b}')" 'COPY, keyed' \
        "$(verdict "$(mean pipeline.wal)" '<=' 400)"
    line '  bytes on disk per event' "$(printf %.0f "$pipeline_bytes")" '' '' "$(verdict "$pipeline_bytes" '<=' 350)"
fi
if wants authorize; then
    row 'the two-row join in plain SQL' join join 'the join' ''
    row 'authorize' authorize join 'the join' 1.05
fi
if wants router; then router_rows; fi
if wants history; then
    row "charge, $rows requests behind it" history charge 'charge, no history' 0.9
fi
gateway_row() { # PATH NAME RIVAL RIVAL'S_PATH TARGET_MS
    line "$1, ms" "$(gateway_ms "$2") (95 %: $(gateway_ms "$2_tail"))" "$(awk -v a="$(gateway_ms "$2")" -v b="$(gateway_ms "$3")" 'BEGIN {printf "%.2f", a / b}')" "$4" \
        "$([ -z "$5" ] || verdict "$(gateway_ms "$2")" '<=' "$5")"
}
if wants gateway; then
    gateway_row 'a commit' commit commit 'a commit' ''
    gateway_row 'order: commit to first byte at the gateway' first_byte commit 'a commit' 20
    gateway_row 'order: commit to pay URL' payable commit 'a commit' ''
    gateway_row 'notice: call to credited balance' credited commit 'a commit' 50
    gateway_row 'order: commit to pay URL, another gateway hangs' beside_hanging payable 'none hangs' ''
fi
if wants soak; then
    line "settling for $soak_s s at $rate/s: worst lag, ms" "$soak_lag_ms" '' '' "$(verdict "$soak_lag_ms" '<=' 1000)"
    line "  the settler's memory, MB, after a sixth; at the end" "$settler_early; $settler_late" '' '' ''
    line "  the largest backend's" "$backends_early; $backends_late" '' '' ''
fi
say

status=0
# What was measured must have been work: each a request that was charged, once, and nothing left behind.
check_books() { # DATABASE REQUESTS
    local recorded found started
    recorded=$(ask -d "$1" -c "SELECT count(*) FILTER (WHERE status = 'charged') || ' charged, ' ||
        count(*) FILTER (WHERE status <> 'charged') || ' other' FROM billing_books.usage_event" \
        -c "SELECT count(*) || ' in the inbox' FROM billing_books.usage_inbox" \
        -c "SELECT count(*) || ' set aside' FROM billing_books.usage_set_aside" | paste -sd, | sed 's/,/, /g; s/,  /, /g')
    if [ "$recorded" != "$2 charged, 0 other, 0 in the inbox, 0 set aside" ]; then
        say "FAILED: there were $2 requests, the books of $1 have $recorded"
        status=1
    fi
    started=$(date +%s%N)
    found=$(ask -d "$1" -c 'SELECT * FROM billing.verify()')
    if [ -n "$found" ]; then
        say "FAILED: verify() of $1 says" "$found"
        status=1
    fi
    awk -v name="$1" -v ns="$(($(date +%s%N) - started))" -v found="${found:+not }" -v n="$2" \
        'BEGIN {printf "verify() of database %s, %d requests, is %sempty: %.1f s\n", name, n, found, ns / 1e9}'
}
if [ -n "$bench" ]; then check_books bench "$requests"; fi
if wants history; then check_books history "$((rows + history_requests))"; fi
if wants pipeline || wants verify; then check_books pipeline "$pipeline_events"; fi
if wants gateway && [ -n "$(ask -d gateway -c 'SELECT * FROM billing.verify()')" ]; then
    say 'FAILED: verify() of gateway is not empty'
    status=1
fi
if wants router; then check_router; fi
if wants soak; then check_books soak "$soak_events"; fi
rm -rf "$scratch"
exit "$status"
