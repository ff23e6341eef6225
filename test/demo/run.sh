#!/usr/bin/env bash
# The main job on real input, and what happened, in words. An hour of two production LLM services goes through
# authorize() and charge(), request by request; then such hours, one after the other, are metered through COPY. Then the
# books are read. It checks what it says: exit status 0 only if all is well.
#
#   SPAN=14      seconds in which the traces' hour is played        CLIENTS=16   connections that make the calls
#   HOURS=16     how many such hours are metered                    METER_SPAN=21   in so many seconds
#   CUSTOMERS=12 who recharge
set -euo pipefail
[ -n "${BILLING_STAGE-}" ] || exec bash "$(dirname "$0")/../lib/prepare.sh" "$0" "$@"

cd "$(dirname "$0")"
if [ -z "${SERVER_LOG-}" ]; then
    export SERVER_CONF='
        fsync = on
        synchronous_commit = on
        shared_buffers = 256MB
        max_connections = 60
        shared_preload_libraries = billing
        billing.databases = postgres'
    exec bash ../lib/with_server.sh bash run.sh "$@"
fi

span=${SPAN:-14}
clients=${CLIENTS:-16}
hours=${HOURS:-16}
meter_span=${METER_SPAN:-21}
customers=${CUSTOMERS:-12}
batch_rows=500
meter_connections=4
bold="" plain=""
if [ -t 1 ]; then bold=$'\e[1m' plain=$'\e[0m'; fi
work=$(mktemp -d)
papers=$(mktemp -d /tmp/billing-demo.XXXXXX) # what customers get: it stays where all ended well
chmod 755 "$papers"
leavings=("$work" "$papers")
running=()
end_running() { [ "${#running[@]}" = 0 ] || kill "${running[@]}" 2>/dev/null || true; }
trap 'end_running; rm -rf "${leavings[@]}"' EXIT

ask() { psql -XqAt -F ' ' -v ON_ERROR_STOP=1 "$@"; }
tell() { psql -Xq -P pager=off -v ON_ERROR_STOP=1 -v bold="$bold" -v plain="$plain" -v clients="$clients" "$@"; }
title() { printf '\n%s%s%s\n' "$bold" "$1" "$plain"; }
with_commas() { LC_ALL=C awk -v n="$1" 'BEGIN { while (match(n, /^[0-9]+[0-9][0-9][0-9]/)) n = substr(n, 1, RLENGTH - 3) "," substr(n, RLENGTH - 2); print n }'; }
milliseconds() { awk -v what="$2" 'index($0, what) {print $1; exit}' "$work/$1"; }

bar='################'
dots='................'
bar_of() { # DONE OF
    local filled=$(($1 * ${#bar} / $2))
    [ "$filled" -le "${#bar}" ] || filled=${#bar}
    printf '[%s%s]' "${bar:0:filled}" "${dots:filled}"
}
# Until second $1 after started_ms.
wait_until_second() {
    local left_ms=$((started_ms + $1 * 1000 - $(date +%s%3N)))
    [ "$left_ms" -le 0 ] || sleep "$(printf '%d.%03d' $((left_ms / 1000)) $((left_ms % 1000)))"
}
is_running() { kill -0 "$1" 2>/dev/null; }
end_well() { # PID LOG: waits for it, and gives up if it failed
    if ! wait "$1"; then
        cat "$work/$2"
        echo 'The traffic broke off: see above.'
        exit 1
    fi
}

(cd ../.. && perl -I test/tap/lib -MSink -e 'Sink::install()')
title 'A platform with 300 customers'
ask -v seconds="$span" -f setup.sql >/dev/null
requests=$(ask -c 'SELECT count(*) FROM demo.request')
tell -f before.sql

title "Act one: an hour of requests in $span seconds, one by one, over $clients connections"
cat <<S
Each request first asks authorize() whether its key may call, then charge() debits its tokens. Every
commit is on disk before the next call (fsync on). Now and then an answer is lost and the same
request is reported twice.

 second   requests   played               charges/s   refused   charged so far
S
started_ms=$(date +%s%3N)
pgbench -n -M prepared -r -U gateway -c "$clients" -j 2 -t $(((requests + clients - 1) / clients)) -D clients="$clients" \
    -D requests="$requests" -D count=0 -D started_ms="$started_ms" -f charge.sql >"$work/charge" 2>&1 &
traffic=$!
running=("$traffic")
charged=0
seen=0
for ((second = 1; second <= 600; second++)); do
    wait_until_second "$second"
    going=1
    is_running "$traffic" || going=
    read -r seen_before seen charged seen_text rate refused amount \
        < <(ask -v seen="$seen" -v charged="$charged" -f charge_progress.sql)
    [ "$seen" = "$seen_before" ] && [ -z "$going" ] && break
    printf '%7d %10s   %s %11s %9s   %9s CNY\n' "$second" "$seen_text" "$(bar_of "$seen" "$requests")" "$rate" "$refused" "$amount"
    [ -n "$going" ] || break
done
end_well "$traffic" charge
running=()
tell -v authorize_ms="$(milliseconds charge billing.authorize)" -v charge_ms="$(milliseconds charge billing.charge)" -f charge_story.sql

to_meter=$((requests * hours))
title "Act two: $hours such hours, $(with_commas "$to_meter") requests, in $meter_span seconds, over $meter_connections connections"
cat <<S
The gateway works in batches of $batch_rows requests: it asks authorize() for the customers of a batch, then
appends the usage of those who may call with one COPY into usage_inbox. It waits for no account; the
settler, a background worker, prices and books it. Customers have recharged before; twelve of them
with half of what they will use. Lag: from a commit to the end of its settling.

 second   appended so far      appended/s   settled/s   backlog   lag, s   authorize/s   refused   warned    charged so far
S
ask -v hours="$hours" -f meter_setup.sql >/dev/null
started_ms=$(date +%s%3N)
perl meter.pl "$meter_connections" $(((to_meter + batch_rows - 1) / batch_rows)) "$batch_rows" "$meter_span" >"$work/meter" 2>&1 &
traffic=$!
pgbench -n -M prepared -r -U gateway -c 2 -R 200 -T "$meter_span" -f gate.sql >"$work/gate" 2>&1 &
gate=$!
running=("$traffic" "$gate")
still=0
for ((second = 1; second <= 600; second++)); do
    wait_until_second "$second"
    going=1
    is_running "$traffic" || going=
    read -r left appended appended_rate settled_rate backlog lag asked refused warned amount \
        < <(ask -v second="$second" -f meter_progress.sql)
    printf '%7d   %s %12s %11s %9s %8s %13s %9s %8s %13s CNY\n' "$second" "$(bar_of "$appended" "$to_meter")" "$appended_rate" "$settled_rate" \
        "$backlog" "$lag" "$asked" "$refused" "$warned" "$amount"
    [ -n "$going" ] || [ "$left" -gt 0 ] || break
    # Nothing moves any more: the checks will say so.
    if [ -z "$going" ] && [ "$settled_rate" = 0 ]; then still=$((still + 1)); else still=0; fi
    [ "$still" -lt 30 ] || break
done
end_well "$traffic" meter
end_well "$gate" gate
running=()
tell -v gate_ms="$(milliseconds gate billing.authorize)" -f meter_story.sql

ask -f checks.sql >"$work/checks"
abroad=900001
title "Act three: $customers customers recharge through WeChat Pay, Alipay and Xiaomi Pay, two abroad through Waffo"
cat <<S
The gateways are simulators that speak their protocols, and sign (without TLS, so that act seven can come
a day later: a gateway that is real is not called with a clock that is moved). The application places an
order, shows its URL, and hands every message that comes over to receive_notice(). Whoever owes most
recharges first; what he owes is paid first. Arrives: from his payment to his balance.

S
mkdir -m 700 "$work/secrets"
mkfifo "$work/route" "$work/simulators" "$work/sink"
read_when_there() { # FILE
    for _ in {1..100}; do
        if [ -s "$1" ]; then break; fi
        sleep 0.1
    done
    cat "$1"
}
(node ../messages/sink.js "$work/secrets" postgres "$papers/mails" >"$work/sink.ports" 2>"$work/sink.log" <"$work/sink") &
running=($!)
exec {sink_in}>"$work/sink"
read_when_there "$work/sink.ports" >/dev/null
ask -c "ALTER SYSTEM SET billing.secrets_dir = '$work/secrets'" -c 'SELECT pg_reload_conf()' >/dev/null
ask -v abroad="$abroad" -f recharge_setup.sql >/dev/null
(perl route.pl >"$work/route.port" 2>"$work/route.log" <"$work/route") &
running+=($!)
exec {route_in}>"$work/route"
notify="http://127.0.0.1:$(read_when_there "$work/route.port")/notify"
(node ../simulators/server.js --dir "$work/secrets" --notify "$notify" --http >"$work/ports" 2>"$work/simulators.log" <"$work/simulators") &
running+=($!)
exec {simulators_in}>"$work/simulators"
control=$(read_when_there "$work/ports" | sed 's/.*"control":\([0-9]*\).*/\1/')
or_show() { # COMMAND ...
    "$@" && return
    cat "$work/route.log" "$work/simulators.log" "$work/sink.log"
    tail -n 20 "$SERVER_LOG"
    exit 1
}
or_show perl recharge.pl "$control" "$customers" "$abroad"

title 'Act four: a customer leaves'
cat <<S
He asks for his money back. From that instant his calls are refused; what he used before is charged however late
it is reported (an operator waits for that an hour, here no time at all). Each part goes back the way it came.

S
or_show perl refund.pl "$control" $((abroad + 10))

title 'Act five: a customer on a Token Plan'
cat <<S
A month with a quota of credits, paid through the same gateways, and drawn by keys of its own: the balance has no
part in it. Used up, the keys are refused with the time when there is quota again; a renewal waits behind the month.

S
or_show perl plan.pl "$control" $((abroad + 11))

title 'Act six: invoices, and what customers are told'
cat <<S
On the mainland a customer applies for the invoice (fapiao) of what he paid, and Nuonuo, a simulator here, too, issues it at
the tax bureau. Abroad nobody applies: each payment has its invoice in the same transaction, the clerk, a background worker,
numbers it without a gap and has it drawn. The clerk sends the e-mails, too; here they end in the mailboxes of a local server.

S
or_show perl invoice.pl "$control" $((abroad + 12)) $((abroad + 13)) "$papers"

title 'Act seven: a day later, the bills'
cat <<S
Somebody gave a customer money back in Alipay's portal, and its message was lost; WeChat Pay kept more than
the contract says of one payment. Nobody signs a bill: what it has and the books have not is asked for.

S
or_show perl reconcile.pl "$control"
gateways=$(perl -MHTTP::Tiny -e 'print HTTP::Tiny->new->get("http://127.0.0.1:$ARGV[0]/books")->{content}' "$control")

title 'Is all of that true?'
for _ in {1..100}; do # mails that are still on their way
    [ "$(ask -c "SELECT count(*) FROM billing_books.notification WHERE state IN ('pending', 'sending')")" != 0 ] || break
    sleep 0.1
done
mails=$(grep -rhi '^message-id:' --include='*.eml' "$papers/mails" | sort -u | wc -l)
ask -v gateways="$gateways" -v customers="$customers" -v abroad="$abroad" -v mails="$mails" -f recharge_checks.sql >>"$work/checks"
exec {route_in}>&- {simulators_in}>&- {sink_in}>&-
wait "${running[@]}" || true
running=()
failed=0
while IFS='|' read -r ok claim; do
    if [ "$ok" = t ]; then
        echo "  ok      $claim"
    else
        echo "  FAILED  $claim"
        failed=$((failed + 1))
    fi
done <"$work/checks"
echo
if [ "$failed" != 0 ] || [ ! -s "$work/checks" ]; then
    echo "NOT WELL: $failed of the claims above do not hold."
    exit 1
fi
leavings=("$work")
cat <<S
What customers got is yours to look at, and to remove: $papers
  invoices/   act six's two fapiao, the invoice abroad and its credit note, as PDF
  mails/      $(with_commas "$mails") e-mails, in a mailbox for each address: as they came (.eml) and as they are read (.txt)

S
printf '%s%s%s\n' "$bold" "All is well: $(with_commas $((requests + to_meter))) requests, $(
    ask -c "SELECT to_char(count(*), 'FM9,999,999') FROM billing_books.usage_event") charges, every one explained, and the books balance." "$plain"
