#!/usr/bin/env bash
# Runs a script of this tree where it may do as it likes. A script asks for it in its first line:
#
#   [ -n "${BILLING_STAGE-}" ] || exec bash "$(dirname "$0")/lib/prepare.sh" "$0" "$@"
#
# usage: prepare.sh [--on-failure LINE] [--packages "NAME ..."] SCRIPT [ARGUMENT...]
#
# Installs missing packages, copies the tree to a temporary directory, gives the copy to an
# unprivileged user when root called (PostgreSQL refuses to run as root), builds and stages there
# (stage.sh), runs the copy's SCRIPT, ends what it left running and removes everything. The checkout
# and the installed server are only read, so several copies can run at once. LINE is printed last if
# SCRIPT was never reached; packages NAME are installed beside those that all scripts need. KEEP_WORK=1 keeps the directory.
set -euo pipefail
umask 022

on_failure=
if [ "$1" = --on-failure ]; then
    on_failure=$2
    shift 2
fi
packages=()
if [ "$1" = --packages ]; then
    read -ra packages <<<"$2"
    shift 2
fi
root=$(cd "$(dirname "$0")/../.." && pwd -P)
script=$(realpath "$1")
script=${script#"$root"/}
shift

work=
bindir=
runner=() # how to run a command as the unprivileged user
group=    # process group of the running SCRIPT

# A test killed half-way cannot stop its servers. Every data directory below $work is ours.
stop_servers() {
    local pidfile
    find "$work" -name postmaster.pid 2>/dev/null | while IFS= read -r pidfile; do
        "${runner[@]}" "$bindir/pg_ctl" -D "${pidfile%/*}" -m immediate -w stop >/dev/null 2>&1 || true
    done
}

end_group() {
    [ -n "$group" ] || return 0
    kill -TERM -- "-$group" 2>/dev/null || kill -TERM "$group" 2>/dev/null || return 0
    for _ in {1..100}; do
        kill -0 -- "-$group" 2>/dev/null || return 0
        sleep 0.1
    done
    kill -KILL -- "-$group" 2>/dev/null || true
}

cleanup() {
    local status=$?
    trap '' INT TERM HUP
    local reached=
    end_group
    if [ -n "$work" ]; then
        [ ! -e "$work/staged" ] || reached=1
        stop_servers
        if [ -n "${KEEP_WORK-}" ]; then
            echo "kept: $work"
        else
            rm -rf "$work"
        fi
    fi
    [ -n "$reached" ] || [ -z "$on_failure" ] || echo "$on_failure"
    exit "$status"
}
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

# What the caller's shell holds must not steer the tests: make's flags, git's hooks, psql's defaults.
unset MAKEFLAGS MFLAGS MAKELEVEL MAKEOVERRIDES GIT_DIR GIT_WORK_TREE GIT_INDEX_FILE CDPATH LC_ALL LANGUAGE
for variable in "${!PG@}"; do
    [ "$variable" = PG_CONFIG ] || unset "$variable"
done

bash "$root/test/lib/deps.sh" "${packages[@]}"
PG_CONFIG=${PG_CONFIG:-/usr/lib/postgresql/15/bin/pg_config}
bindir=$("$PG_CONFIG" --bindir) || { echo "PG_CONFIG=$PG_CONFIG does not run" >&2; exit 1; }

# Short and without blanks: a socket's path has at most 107 bytes, and PGXS splits at blanks.
base=${TMPDIR:-/tmp}
if [ "${#base}" -gt 40 ] || [[ $base != /* || $base =~ [^[:alnum:]/._-] ]]; then base=/tmp; fi
if [ "$(id -u)" = 0 ]; then
    user=nobody
    ! id postgres >/dev/null 2>&1 || user=postgres
    runner=(setpriv --reuid="$user" --regid="$(id -g "$user")" --init-groups env USER="$user" LOGNAME="$user")
    "${runner[@]}" test -x "$base" || base=/tmp
fi
work=$(mktemp -d "$base/billing.XXXXXX")
mkdir "$work/src" "$work/tmp"

# Tracked files and new ones, not what .gitignore names: a build product of the checkout may belong to
# another PostgreSQL. Without git, or where it is not this tree's, tar reads .gitignore itself.
# (safe.directory: root may well test a tree that another user owns.)
list_files() {
    local file
    git -c safe.directory='*' -C "$root" ls-files -z --cached --others --exclude-standard |
        while IFS= read -r -d '' file; do
            if [ -e "$root/$file" ] || [ -L "$root/$file" ]; then printf '%s\0' "$file"; fi
        done
}
pack() { # exit status 1: a file changed while it was read, an editor is at work
    tar -C "$root" --mode=u+rwX --exclude=./.git "$@" -cf - || [ $? = 1 ]
}
if [ "$(git -c safe.directory='*' -C "$root" rev-parse --show-cdup 2>/dev/null || echo none)" = "" ]; then
    list_files | pack --null --no-recursion --files-from=-
else
    pack --exclude-vcs-ignores .
fi | tar -C "$work/src" --no-same-owner -xf -
[ "$(id -u)" != 0 ] || chown -hR "$user" "$work"

# In a session of its own, so that an interrupt ends SCRIPT and all it started, and nothing else.
cd "$work/src"
"${runner[@]}" env HOME="$work" TMPDIR="$work/tmp" LANG=C.UTF-8 PG_CONFIG="$PG_CONFIG" BILLING_WORK="$work" \
    setsid bash test/lib/stage.sh "$script" "$@" <&0 &
group=$!
status=0
wait "$group" || status=$?
exit "$status"
