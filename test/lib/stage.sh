#!/usr/bin/env bash
# Builds this tree, installs it below $BILLING_WORK/stage and runs SCRIPT from the tree's root.
# Called by prepare.sh in the copy it made, as an unprivileged user. SCRIPT sees:
#   BILLING_WORK   a directory to write in, removed afterwards
#   BILLING_STAGE  the staged installation, or the server's copy that holds it
#   TEMP_CONFIG    settings that make a server load it (PostgreSQL::Test::Cluster reads this name, too)
#   PG_CONFIG, BINDIR; BINDIR is first in PATH
set -euo pipefail

log=$BILLING_WORK/build.log
stage=$BILLING_WORK/stage

# Where a server looks for extensions: Debian's own setting up to 17, PostgreSQL's from 18 on.
find_setting() {
    "$("$PG_CONFIG" --bindir)/postgres" --describe-config | cut -f 1 |
        grep -xE 'extension_(destdir|control_path)' || true
}

# One that has neither, as built from source up to 17, is copied whole, and the copy gets the extension: a server
# finds its own files from where its program stands.
copy_server() {
    local prefix
    prefix=$(dirname "$("$PG_CONFIG" --bindir)")
    case $("$PG_CONFIG" --sharedir):$("$PG_CONFIG" --pkglibdir) in
        "$prefix"/*:"$prefix"/*) ;;
        *)
            echo "$PG_CONFIG: the server can load only what is installed, and is not below one directory" >&2
            exit 1
            ;;
    esac
    cp -r "$prefix" "$BILLING_WORK/server"
    export PG_CONFIG=$BILLING_WORK/server/bin/pg_config
    stage=
}

echo "building with $("$PG_CONFIG" --version)"
setting=$(find_setting)
[ -n "$setting" ] || copy_server
if ! make -j"$(nproc)" all >"$log" 2>&1 || ! make install DESTDIR="$stage" >>"$log" 2>&1; then
    cat "$log"
    echo "the build failed" >&2
    exit 1
fi
if grep -q 'warning:' "$log"; then cat "$log"; fi

BINDIR=$("$PG_CONFIG" --bindir)
case $setting in
    *extension_control_path*) extensions="extension_control_path = '$stage$("$PG_CONFIG" --sharedir):\$system'" ;;
    *extension_destdir*) extensions="extension_destdir = '$stage'" ;;
    *) extensions= ;;
esac
cat >"$BILLING_WORK/stage.conf" <<S
$extensions
dynamic_library_path = '$stage$("$PG_CONFIG" --pkglibdir):\$libdir'
S
export BINDIR PATH="$BINDIR:$PATH" BILLING_STAGE="${stage:-$BILLING_WORK/server}" TEMP_CONFIG="$BILLING_WORK/stage.conf"
touch "$BILLING_WORK/staged"
exec bash "$@"
