#!/usr/bin/env bash
# usage: with_server.sh COMMAND [ARGUMENT...]
#
# Runs COMMAND with a throw-away server that can load the staged extension, on a unix socket only, and
# returns COMMAND's status. COMMAND sees PGHOST, PGPORT, PGUSER=postgres, PGDATABASE=postgres, BINDIR,
# PGDATA and SERVER_LOG. SERVER_CONF holds further lines for postgresql.conf, for example
#   SERVER_CONF=$'fsync = on\nshared_preload_libraries = billing' test/lib/with_server.sh psql
set -eu
[ -n "${BILLING_STAGE-}" ] || exec bash "$(dirname "$0")/prepare.sh" "$0" "$@"

dir=$(mktemp -d "${TMPDIR:-/tmp}/pg.XXXXXX")
export PGHOST=$dir PGPORT=5432 PGUSER=postgres PGDATABASE=postgres PGDATA=$dir/data SERVER_LOG=$dir/log
command=

stop() {
    local status=$?
    trap '' INT TERM
    [ -z "$command" ] || kill "$command" 2>/dev/null || true
    # A server that is gone before it was told to stop crashed: its log says why.
    if [ -n "$command" ] && ! "$BINDIR/pg_ctl" status >/dev/null 2>&1; then
        tail -n 50 "$SERVER_LOG"
    fi
    "$BINDIR/pg_ctl" -m immediate -w stop >/dev/null 2>&1 || true
    rm -rf "$dir"
    exit "$status"
}
trap stop EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

"$BINDIR/initdb" -U postgres -A trust -E UTF8 --no-locale -N >"$dir/initdb.log" 2>&1 || {
    cat "$dir/initdb.log"
    exit 1
}
cat - "$TEMP_CONFIG" >>"$PGDATA/postgresql.conf" <<S
listen_addresses = ''
unix_socket_directories = '$dir'
port = $PGPORT
fsync = off
S
printf '%s\n' "${SERVER_CONF-}" >>"$PGDATA/postgresql.conf"
"$BINDIR/pg_ctl" -l "$SERVER_LOG" -w -t 60 start >/dev/null || {
    cat "$SERVER_LOG"
    exit 1
}

# In the background, so that a signal is answered now and not when COMMAND has ended.
"$@" <&0 &
command=$!
status=0
wait "$command" || status=$?
exit "$status"
