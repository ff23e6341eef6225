#!/usr/bin/env bash
# usage: deps.sh [PACKAGE...]
#
# Installs the Debian packages that building and testing need, and PACKAGEs. Does nothing when they are there.
# With PG_CONFIG set, the caller has a server of its own and only the other packages count.
set -euo pipefail

packages=(make gcc libc6-dev libssl-dev libjansson-dev zlib1g-dev libcurl4-openssl-dev
    libcmocka-dev libipc-run-perl libdbd-pg-perl libfaketime
    libcairo2-dev libpango1.0-dev poppler-utils fonts-noto-core fonts-noto-cjk "$@")
# The simulators of gateways, and the SDKs that prove them. Who has them from elsewhere keeps his.
command -v node >/dev/null || packages+=(nodejs)
command -v npm >/dev/null || packages+=(npm)
[ -n "${PG_CONFIG-}" ] || packages+=(postgresql-15 postgresql-server-dev-15 postgresql-15-cron postgresql-15-plproxy)

find_missing() {
    local package
    missing=()
    for package in "${packages[@]}"; do
        dpkg-query -W -f '${db:Status-Status}\n' "$package" 2>/dev/null | grep -qx installed ||
            missing+=("$package")
    done
}

apt_get() { # messages go to $log, which is shown only when something fails
    env DEBIAN_FRONTEND=noninteractive apt-get -y -o DPkg::Lock::Timeout=120 "$@" \
        </dev/null >>"$log" 2>&1 9<&-
}

# apt waits for dpkg's lock (DPkg::Lock::Timeout) but not for the one on its package lists, which a
# machine's own daily update may hold.
update_lists() {
    for _ in {1..24}; do
        if apt_get update; then return 0; fi
        tail -n 5 "$log" | grep -q 'Could not get lock' || return 1
        sleep 5
    done
    return 1
}

install_missing() {
    if ! apt_get install --simulate "${missing[@]}"; then update_lists || return 1; fi
    apt_get install --no-install-recommends "${missing[@]}" && return 0
    # The lists knew the packages but were old: the archive has newer versions by now.
    update_lists && apt_get install --no-install-recommends "${missing[@]}"
}

if ! command -v dpkg-query >/dev/null; then
    echo "not a Debian system: what ${packages[*]} hold must be there already" >&2
    exit 0
fi
find_missing
[ "${#missing[@]}" -gt 0 ] || exit 0

if [ "$(id -u)" != 0 ]; then
    if command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
        exec sudo -n env PG_CONFIG="${PG_CONFIG-}" bash "$0" "$@"
    fi
    echo "Packages are missing. As root, run:
  apt-get update && apt-get install -y --no-install-recommends ${missing[*]}" >&2
    exit 1
fi

# One at a time: another copy of this script may be installing the same. A lock on a directory that
# is there anyway leaves no file behind.
exec 9</var/lib/dpkg
flock -w 1200 9
find_missing
[ "${#missing[@]}" -gt 0 ] || exit 0
echo "installing ${missing[*]}"

# postgresql-15 would make and start a cluster "main". Nobody here wants it, so say so while it is
# being installed, in the drop-in directory that postgresql-common reads.
dropins=/etc/postgresql-common/createcluster.d
dropin=$dropins/billing-tests.conf
log=$(mktemp)
rc_policy=/usr/sbin/policy-rc.d
cleanup() {
    rm -f "$log" "$dropin" ${made_policy:+"$rc_policy"}
    [ -z "${made_dropins-}" ] || rmdir --ignore-fail-on-non-empty "$dropins"
}
trap cleanup EXIT
trap 'exit 130' INT TERM
[ -d "$dropins" ] || { made_dropins=1; mkdir -p "$dropins"; }
echo 'create_main_cluster = false' >"$dropin"
# Nor does anybody want the pooler as a service, now or at the next boot: Debian asks that file whether one may be started.
is_missing() { [[ " ${missing[*]} " = *" $1 "* ]]; }
if is_missing pgbouncer && [ ! -e "$rc_policy" ]; then
    made_policy=1
    printf '#!/bin/sh\nexit 101\n' >"$rc_policy"
    chmod 755 "$rc_policy"
fi

if ! install_missing; then
    tail -n 40 "$log" >&2
    echo "could not install: ${missing[*]}" >&2
    exit 1
fi
if is_missing pgbouncer; then update-rc.d pgbouncer disable; fi
