#!/usr/bin/env bash
# Builds this tree, installs it below $BILLING_WORK/stage and runs SCRIPT from the tree's root.
# Called by prepare.sh in the copy it made, as an unprivileged user. SCRIPT sees:
#   BILLING_WORK   a directory to write in, removed afterwards
#   BILLING_STAGE  the staged installation
#   TEMP_CONFIG    settings that make a server load it (PostgreSQL::Test::Cluster reads this name, too)
#   PG_CONFIG, BINDIR; BINDIR is first in PATH
set -euo pipefail

log=$BILLING_WORK/build.log
stage=$BILLING_WORK/stage
BINDIR=$("$PG_CONFIG" --bindir)
libdir=$("$PG_CONFIG" --pkglibdir)

echo "building with $("$PG_CONFIG" --version)"
if ! make -j"$(nproc)" all >"$log" 2>&1 || ! make install DESTDIR="$stage" >>"$log" 2>&1; then
    cat "$log"
    echo "the build failed" >&2
    exit 1
fi
if grep -q 'warning:' "$log"; then cat "$log"; fi

# Where a server looks for extensions: Debian's own setting up to 17, PostgreSQL's from 18 on.
case $("$BINDIR/postgres" --describe-config | cut -f 1 | grep -xE 'extension_(destdir|control_path)') in
    *extension_control_path*) extensions="extension_control_path = '$stage$("$PG_CONFIG" --sharedir):\$system'" ;;
    *extension_destdir*) extensions="extension_destdir = '$stage'" ;;
    *)
        echo "$BINDIR/postgres cannot load an extension that is not installed" >&2
        exit 1
        ;;
esac
cat >"$BILLING_WORK/stage.conf" <<S
$extensions
dynamic_library_path = '$stage$libdir:\$libdir'
S
export BINDIR PATH="$BINDIR:$PATH" BILLING_STAGE="$stage" TEMP_CONFIG="$BILLING_WORK/stage.conf"
touch "$BILLING_WORK/staged"
exec bash "$@"
