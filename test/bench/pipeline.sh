# shellcheck shell=bash disable=SC2154,SC2034
# Sourced by run.sh: what COPY into the inbox and the settler make of a million events, and its rivals.

file_rows=100000

# write_events NAME FILE_NO READY ACCOUNTS: file FILE_NO of NAME's events; READY true: also as rows of a table like usage_event.
write_events() {
    ask -d pipeline -v accounts="$4" -v name="$1" -v from="$(($2 * file_rows))" -v upto="$((($2 + 1) * file_rows))" \
        -v inbox_file="$scratch/inbox.$2" -v ready_file="$scratch/ready.$2" -v with_ready="$3" -f "$here/files.sql" >/dev/null
}

settled_total() { ask -d "$1" -c 'SELECT events_total FROM billing.settler()'; }

# What the files of events have.
inbox='billing_books.usage_inbox (account_id, key_id, request_id, model, input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, occurred_at)'

# The statements of one measurement; prints: seconds, microseconds of CPU of copying, of settling, bytes of WAL.
time_copies() { # DATABASE TABLE FILE_NAME EVENTS_TO_SETTLE
    local file target=
    if [ "$4" -gt 0 ]; then target=$(($(settled_total "$1") + $4)); fi
    {
        echo "SELECT bench_cpu_us(pg_backend_pid()) AS copier, coalesce(bench_cpu_us((billing.settler()).pid), 0) AS settler,"
        echo "    pg_current_wal_lsn() AS wal, clock_timestamp() AS at \\gset"
        for ((file = 0; file < files; file++)); do echo "COPY $2 FROM '$scratch/$3.$file';"; done
        echo "SELECT bench_cpu_us(pg_backend_pid()) - :copier AS copier \\gset"
        [ -z "$target" ] || echo "CALL bench_wait($target);"
        echo "SELECT extract(epoch FROM clock_timestamp() - :'at')::numeric(12,3), :copier,"
        echo "    coalesce(bench_cpu_us((billing.settler()).pid), 0) - :settler, pg_current_wal_lsn() - :'wal';"
    } | ask -d "$1" -F ' '
}

# report_copies NAME EVENTS SECONDS COPIER_US SETTLER_US WAL: remembers a measurement and prints it.
report_copies() {
    add "$1" "$(awk -v n="$2" -v s="$3" 'BEGIN {printf "%.1f", n / s}')"
    add "$1.cpu" "$(awk -v n="$2" -v us="$(($4 + $5))" 'BEGIN {printf "%.3f", us / n}')"
    add "$1.wal" "$(awk -v n="$2" -v bytes="$6" 'BEGIN {printf "%.1f", bytes / n}')"
    awk -v name="$1" -v n="$2" -v s="$3" -v copier="$4" -v settler="$5" -v wal="$6" 'BEGIN {
        printf "  %-10s %9.0f/s  us of CPU per event: %.2f to copy%s; %.0f bytes of WAL\n", name, n / s, copier / n,
            settler ? sprintf(", %.2f to settle", settler / n) : "", wal / n }'
}

make_pipeline() {
    make_books pipeline
    ask -d pipeline -c 'CREATE TABLE bench_ready (LIKE billing_books.usage_event)' \
        -c 'CREATE UNIQUE INDEX ON bench_ready (account_id, request_hash, probe)'
    wait_for_settler pipeline
    pipeline_size=$(ask -d pipeline -c 'SELECT bench_size()')
}

# The table of ready rows is not emptied between rounds, as the books are not.
measure_pipeline() { # ROUND
    local file events=$((files * file_rows)) numbers
    local columns='(account_id, request_hash, occurred_at, recorded_at, settled_at, price_id, first_entry_no, batch_offset, key_id,
        entry_count, input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, probe, charge, status, request_id, model, key_name, reason)'
    for ((file = 0; file < files; file++)); do write_events "round $1, " "$file" true "$accounts"; done
    ask -d pipeline -c CHECKPOINT
    numbers=$(time_copies pipeline "bench_ready ${columns//$'\n'/ }" ready 0)
    # shellcheck disable=SC2086
    report_copies keyed $events $numbers
    ask -d pipeline -c CHECKPOINT
    numbers=$(time_copies pipeline "$inbox" inbox "$events")
    # shellcheck disable=SC2086
    report_copies pipeline $events $numbers
    ask -d pipeline -c CHECKPOINT
    numbers=$(time_copies pipeline "$inbox" inbox "$events")
    # shellcheck disable=SC2086
    report_copies again $events $numbers
    for ((file = 0; file < files; file++)); do write_events "hot, round $1, " "$file" false 1; done
    ask -d pipeline -c CHECKPOINT
    numbers=$(time_copies pipeline "$inbox" inbox "$events")
    # shellcheck disable=SC2086
    report_copies pipeline_hot $events $numbers
    pipeline_events=$((pipeline_events + 2 * events))
    rm -f "$scratch"/inbox.* "$scratch"/ready.*
}

# Fills $1 events into database pipeline with no more than a few files in the inbox at a time.
fill_pipeline() {
    local first file count=$(($1 / file_rows))
    first=$(settled_total pipeline)
    for ((file = 0; file < count; file++)); do
        write_events 'fill, ' "$file" false "$accounts"
        ask -d pipeline -c "CALL bench_wait($((first + (file - 2) * file_rows)))" -c "COPY $inbox FROM '$scratch/inbox.$file'"
        rm -f "$scratch/inbox.$file"
    done
    ask -d pipeline -c "CALL bench_wait($((first + count * file_rows)))"
    pipeline_events=$((pipeline_events + count * file_rows))
}
