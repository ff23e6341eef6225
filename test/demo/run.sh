#!/usr/bin/env bash
# The main job on real input, and what happened, in words. An hour of two production LLM services goes through
# authorize() and charge(), then the books are read. It checks what it says: exit status 0 only if all is well.
#
#   SPAN=25      seconds in which the traces' hour is played
#   CLIENTS=16   connections that make the calls
set -euo pipefail
[ -n "${BILLING_STAGE-}" ] || exec bash "$(dirname "$0")/../lib/prepare.sh" "$0" "$@"

cd "$(dirname "$0")"
if [ -z "${SERVER_LOG-}" ]; then
    export SERVER_CONF='
        fsync = on
        synchronous_commit = on
        shared_buffers = 256MB
        max_connections = 60'
    exec bash ../lib/with_server.sh bash run.sh "$@"
fi

span=${SPAN:-25}
clients=${CLIENTS:-16}
bold="" plain=""
if [ -t 1 ]; then bold=$'\e[1m' plain=$'\e[0m'; fi
work=$(mktemp -d)
traffic=
trap '[ -z "$traffic" ] || kill "$traffic" 2>/dev/null || true; rm -rf "$work"' EXIT

ask() { psql -XqAt -F ' ' -v ON_ERROR_STOP=1 "$@"; }
tell() { psql -Xq -P pager=off -v ON_ERROR_STOP=1 -v bold="$bold" -v plain="$plain" -v clients="$clients" "$@"; }
title() { printf '\n%s%s%s\n' "$bold" "$1" "$plain"; }

title 'A platform with 300 customers'
ask -v seconds="$span" -f setup.sql >/dev/null
requests=$(ask -c 'SELECT count(*) FROM demo.request')
tell -f before.sql

title "An hour of requests in $span seconds, over $clients connections"
cat <<S
Each request first asks authorize() whether its key may call, then its tokens are charged. Every
commit is on disk before the next call (fsync on). Now and then an answer is lost and the same
request is reported twice.

 second   requests   played                       charges/s   refused   charged so far
S

draw_second() { # SECOND SEEN, and as texts: SEEN CHARGES REFUSED AMOUNT
    local filled=$(($2 * ${#bar} / requests))
    printf '%7d %10s   [%s%s] %11s %9s   %9s CNY\n' "$1" "$3" "${bar:0:filled}" "${dots:filled}" "$4" "$5" "$6"
}
bar='########################'
dots='........................'

started_ms=$(date +%s%3N)
pgbench -n -M prepared -r -U gateway -c "$clients" -j 2 -t $(((requests + clients - 1) / clients)) -D clients="$clients" \
    -D requests="$requests" -D count=0 -D started_ms="$started_ms" -f gateway.sql >"$work/traffic" 2>&1 &
traffic=$!
charged=0
seen=0
for ((second = 1; second <= 600; second++)); do
    left_ms=$((started_ms + second * 1000 - $(date +%s%3N)))
    [ "$left_ms" -le 0 ] || sleep "$(printf '%d.%03d' $((left_ms / 1000)) $((left_ms % 1000)))"
    running=1
    kill -0 "$traffic" 2>/dev/null || running=
    read -r seen_before seen charged texts < <(ask -v seen="$seen" -v charged="$charged" -f progress.sql)
    [ "$seen" = "$seen_before" ] && [ -z "$running" ] && break
    # shellcheck disable=SC2086
    draw_second "$second" "$seen" $texts
    [ -n "$running" ] || break
done
status=0
wait "$traffic" || status=$?
traffic=
if [ "$status" != 0 ]; then
    cat "$work/traffic"
    echo 'The traffic broke off: see above.'
    exit 1
fi

milliseconds() { awk -v what="$1" 'index($0, what) {print $1; exit}' "$work/traffic"; }
tell -v authorize_ms="$(milliseconds billing.authorize)" -v charge_ms="$(milliseconds billing.charge)" -f story.sql

title 'Is all of that true?'
ask -f checks.sql >"$work/checks"
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
printf '%s%s%s\n' "$bold" "$(ask -c "SELECT 'All is well: ' || to_char($requests, 'FM999,999') || ' requests, ' ||
    to_char(count(*), 'FM999,999') || ' charges, every one explained, and the books balance.'
    FROM billing.usage_event")" "$plain"
