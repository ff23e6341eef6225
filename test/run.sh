#!/usr/bin/env bash
# All tests: house (the tree itself), unit (cmocka), fuzz, pdf (the pages of documents), sdk (the gateways' own SDKs prove the simulators), regress, isolation, tap. Prints one line per test file, the whole output of
# those that fail, and last "N passed, N failed".
#
# TESTS="regress tap" runs only those steps; TAP_FILES="010_workers.pl" only those of test/tap.
set -u
packages=
[[ " ${TESTS-} " != *" examples "* ]] || packages='chromium pgbouncer'
[ -n "${BILLING_STAGE-}" ] || exec bash "$(dirname "$0")/lib/prepare.sh" --on-failure '0 passed, 1 failed' --packages "$packages" "$0" "$@"

step_seconds=1800 # a test that hangs must not take everybody's day
passed=0
failed=0
logs=$BILLING_WORK/logs
mkdir -p "$logs"

ok() { # NAME [COUNT] [TIME]
    passed=$((passed + ${2:-1}))
    echo "  ok      $1${2:+ ($2)}${3:+ $3}"
}
fail() { # NAME [COUNT]
    failed=$((failed + ${2:-1}))
    echo "  FAILED  $1${2:+ ($2)}"
}

# A program that speaks TAP: counts its top-level lines. One that says nothing, or whose status is bad
# though no line of its output is, has failed as well: it died half-way.
count_tap() { # NAME LOG STATUS [TIME]
    local good bad
    if [ "$3" = 0 ] && grep -q ' \.\. skipped: ' "$2"; then # prove's words for a plan of 0 tests
        echo "  skipped $1:$(sed -n 's/.* \.\. skipped://p' "$2")"
        return
    fi
    bad=$(grep '^not ok' "$2" | grep -vc '# TODO')
    good=$(grep -cE '^ok|^not ok.*# TODO' "$2")
    if [ "$bad" = 0 ] && { [ "$3" != 0 ] || [ "$good" = 0 ]; }; then
        bad=1
        echo "  status $3 after $good good tests"
    fi
    if [ "$bad" = 0 ]; then
        ok "$1" "$good" "${4-}"
    else
        cat "$2"
        passed=$((passed + good))
        fail "$1" "$bad"
    fi
}

step_house() {
    local file name status
    for file in test/house/*.pl; do
        name=$(basename "$file" .pl)
        status=0
        timeout --foreground "$step_seconds" perl "$file" >"$logs/house-$name" 2>&1 || status=$?
        count_tap "house/$name" "$logs/house-$name" "$status"
    done
}

step_unit() {
    local source name status
    make -sk -j"$(nproc)" unit-programs >"$logs/unit" 2>&1 || cat "$logs/unit"
    for source in test/unit/test_*.c; do
        name=$(basename "$source" .c)
        if [ ! -x "build/unit/$name" ]; then
            fail "unit/$name: did not build"
            continue
        fi
        status=0
        CMOCKA_MESSAGE_OUTPUT=TAP timeout --foreground "$step_seconds" "build/unit/$name" >"$logs/$name" 2>&1 || status=$?
        count_tap "unit/$name" "$logs/$name" "$status"
    done
}

# A short run of the fuzzers; make fuzz is the long one.
step_fuzz() {
    local source name status
    make -sk -j"$(nproc)" fuzz-programs >"$logs/fuzz" 2>&1 || cat "$logs/fuzz"
    for source in test/fuzz/fuzz_*.c; do
        name=$(basename "$source" .c)
        name=${name#fuzz_}
        status=0
        timeout --foreground "$step_seconds" "build/fuzz/$name" 2000 "test/fuzz/seeds/$name" >"$logs/fuzz-$name" 2>&1 || status=$?
        if [ "$status" = 0 ]; then
            ok "fuzz/$name"
        else
            cat "$logs/fuzz-$name"
            fail "fuzz/$name: status $status"
        fi
    done
}

step_pdf() {
    local file name status
    for file in test/pdf/*.pl; do
        name=$(basename "$file" .pl)
        status=0
        timeout --foreground "$step_seconds" prove -v -I test/pdf/lib "$file" >"$logs/pdf-$name" 2>&1 || status=$?
        count_tap "pdf/$name" "$logs/pdf-$name" "$status"
    done
}

# The simulators speak as the gateways do, if the SDKs of those say so; billing-courier as those want it who receive
# messages, if their libraries do: npm brings them.
step_sdk() {
    local room status
    make -s billing-courier >"$logs/courier" 2>&1 || cat "$logs/courier"
    for room in simulators messages; do
        status=0
        (
            cd "test/$room"
            npm install --no-package-lock --no-audit --no-fund --loglevel=error >npm.log 2>&1 || { cat npm.log; exit 1; }
            exec timeout --foreground "$step_seconds" node proof.js
        ) >"$logs/sdk-$room" 2>&1 || status=$?
        count_tap "sdk/$room" "$logs/sdk-$room" "$status"
    done
}

# pg_regress or pg_isolation_regress, whose output is read as it comes. Up to 15 a line of theirs is
# "test name ... ok 12 ms", from 16 on it is TAP. DISABLE is the make variable of the other one.
run_pg_regress() { # NAME COUNT DISABLE DIFFS
    local line time seen=0 bad=0 status=0 here reader
    here=$(dirname "$0")
    exec {reader}< <(exec timeout --foreground "$step_seconds" bash "$here/lib/with_server.sh" \
        make -s installcheck "$3=" 2>&1)
    while IFS= read -r line <&"$reader"; do
        echo "$line" >>"$logs/$1"
        if [[ $line =~ ^test\ ([^ ]+)\ +\.\.\.\ (ok|FAILED|failed)(.*\ ([0-9]+\ ms))? ]]; then
            line="${BASH_REMATCH[2]} ${BASH_REMATCH[1]}" time=${BASH_REMATCH[4]}
        elif [[ $line =~ ^(ok|not ok)\ +[0-9]+\ +[-+]\ ([^ ]+)(.*\ ([0-9]+\ ms))? ]]; then
            line="${BASH_REMATCH[1]} ${BASH_REMATCH[2]}" time=${BASH_REMATCH[4]}
        else
            continue
        fi
        seen=$((seen + 1))
        if [ "${line%% *}" = ok ]; then
            ok "$1/${line##* }" '' "$time"
        else
            bad=$((bad + 1))
            fail "$1/${line##* }"
        fi
    done
    wait $! || status=$?
    exec {reader}<&-
    if [ "$bad" != 0 ] && [ -s "$4" ]; then
        echo "the last 200 lines of $4:"
        tail -n 200 "$4"
    fi
    if [ "$seen" != "$2" ] || { [ "$status" != 0 ] && [ "$bad" = 0 ]; }; then
        tail -n 200 "$logs/$1"
        fail "$1: status $status after $seen of $2 tests"
    fi
}

step_regress() {
    run_pg_regress regress "$(find sql -name '*.sql' | wc -l)" ISOLATION regression.diffs
}

# The longest of those that measure no time, and on one core: it runs beside the steps before it, and says here what
# it found.
step_isolation() {
    local counts=(0 1) # of one that died
    wait "$isolation"
    cat "$logs/isolation.said"
    [ ! -s "$logs/isolation.counts" ] || read -ra counts <"$logs/isolation.counts"
    passed=$((passed + counts[0]))
    failed=$((failed + counts[1]))
}

# Statistics that come at some time would change plans, and what a serializable transaction's plan reads is seen.
begin_isolation() {
    passed=0 failed=0 SECONDS=0
    export SERVER_CONF='autovacuum = off'
    run_pg_regress isolation "$(find test/isolation/specs -name '*.spec' | wc -l)" REGRESS output_iso/regression.diffs
    echo "  took $SECONDS s beside the steps before it"
    echo "$passed $failed" >"$logs/isolation.counts"
}

step_tap() {
    run_tap tap ${TAP_FILES:-test/tap/*.pl}
}

# Minutes of kills, and a large bill, by make soak.
step_soak() {
    run_tap soak ${TAP_FILES:-test/soak/*.pl}
}

# The example application in a browser, by make test-examples. SCREENSHOTS is a directory that gets pictures of its pages.
step_examples() {
    local room status=0
    export SCREENSHOTS=${SCREENSHOTS:-$BILLING_WORK/screenshots}
    mkdir -p "$SCREENSHOTS" "$BILLING_WORK/secrets"
    (
        for room in docs test; do
            (cd "$room/examples" && npm ci --no-audit --no-fund --loglevel=error) || exit 1
        done
        export SERVER_CONF="
            shared_preload_libraries = billing
            billing.databases = postgres
            billing.secrets_dir = '$BILLING_WORK/secrets'"
        exec timeout --foreground "$step_seconds" bash test/lib/with_server.sh node test/examples/drive.js
    ) >"$logs/examples" 2>&1 || status=$?
    count_tap examples/account "$logs/examples" "$status"
}

run_tap() { # STEP FILE ...
    local step=$1 pgxs file name status time
    shift
    pgxs=$(dirname "$("$PG_CONFIG" --pgxs)")/../..
    # TESTDIR is for 15, the other two for 16 on. Without a port directory of our own the module would
    # make one in the server's installation.
    export PG_REGRESS=$pgxs/src/test/regress/pg_regress PG_TEST_PORT_DIR=$BILLING_WORK/ports
    export TESTDIR=$BILLING_WORK/tap TESTDATADIR=$BILLING_WORK/tap/tmp_check TESTLOGDIR=$BILLING_WORK/tap/tmp_check/log
    mkdir -p "$TESTLOGDIR"
    # Those of gateways wait more than they work: a few at a time. The others measure time, and run alone.
    for file; do
        name=$(basename "$file" .pl)
        case $name in
            1*)
                while [ "$(jobs -rp | wc -l)" -ge 6 ]; do sleep 0.2; done
                run_tap_file "$step" "$name" &
                ;;
            *) run_tap_file "$step" "$name" ;;
        esac
    done
    wait
    for file; do
        name=$(basename "$file" .pl)
        read -r status time <"$logs/$name.status"
        count_tap "$step/$name" "$logs/$name" "$status" "$time"
    done
}

run_tap_file() { # STEP NAME
    local status=0 name=$2 began=$SECONDS
    timeout --foreground "$step_seconds" prove -v -I "$pgxs/src/test/perl" -I test/tap/lib "test/$1/$name.pl" >"$logs/$name" 2>&1 || status=$?
    [ "$status" = 0 ] || [ ! -e "$TESTLOGDIR/regress_log_$name" ] ||
        { echo "the log's end:"; tail -n 100 "$TESTLOGDIR/regress_log_$name"; } >>"$logs/$name"
    echo "$status $((SECONDS - began)) s" >"$logs/$name.status"
}

cd "$(dirname "$0")/.." || exit 1
steps=${TESTS:-house unit fuzz pdf sdk regress isolation tap}
if [[ " $steps " = *" isolation "* ]]; then
    begin_isolation >"$logs/isolation.said" 2>&1 &
    isolation=$!
fi
for step in $steps; do
    case $step in
        house) tests='test/house/*.pl' ;;
        unit) tests='test/unit/test_*.c' ;;
        fuzz) tests='test/fuzz/fuzz_*.c' ;;
        pdf) tests='test/pdf/*.pl' ;;
        sdk) tests='test/*/proof.js' ;;
        regress) tests='sql/*.sql' ;;
        isolation) tests='test/isolation/specs/*.spec' ;;
        tap) tests='test/tap/*.pl' ;;
        soak) tests='test/soak/*.pl' ;;
        examples) tests='test/examples/drive.js' ;;
        *) fail "$step: no such step"; continue ;;
    esac
    if compgen -G "$tests" >/dev/null; then
        echo "$step"
        began=$SECONDS
        "step_$step"
        echo "  $((SECONDS - began)) s"
    else
        echo "$step: nothing there yet ($tests)"
    fi
done

echo "$passed passed, $failed failed"
[ "$failed" = 0 ] && [ "$passed" -gt 0 ]
