#!/usr/bin/env bash
# Runs everything that can be checked on one machine. Needs Rust; finds or installs redis-server, PostgreSQL and Chromium.
# nextest, clippy, rustfmt, cargo-deny and typos are used when they are there.
#
#   scripts/test.sh                                      everything
#   CACHED_REDIS_SERVER=/path/to/server scripts/test.sh  against another server: Redis 6.2 or newer, Valkey
#   CACHED_REDIS_POSTGRES=/path/to/bin scripts/test.sh   with the initdb and postgres in this directory
#   CACHED_REDIS_CHROMIUM=/path/to/chromium scripts/test.sh   with this browser
#   CI=true scripts/test.sh                              also fails if Cargo.lock would change
set -euo pipefail
cd "$(dirname "$0")/.."

scratch=$(mktemp -d)
redis_pid=
finish() {
    if [ -n "$redis_pid" ]; then
        kill "$redis_pid" 2>/dev/null || true
        wait "$redis_pid" 2>/dev/null || true
    fi
    rm -rf "$scratch"
}
trap finish EXIT
trap 'exit 130' INT TERM

step() { printf '\n==> %s\n' "$*"; }
has() { command -v "$1" >/dev/null 2>&1; }
# A missing component answers with an error of rustup's proxy, so ask the tool, not the path.
has_cargo() { cargo "$1" --version >/dev/null 2>&1; }

as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    elif has sudo; then
        sudo "$@"
    else
        return 1
    fi
}

install_redis() {
    if has apt-get; then
        as_root env DEBIAN_FRONTEND=noninteractive apt-get update -q &&
            as_root env DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends redis-server
    elif has dnf; then
        # Fedora has replaced Redis by Valkey.
        as_root dnf install -qy redis || as_root dnf install -qy valkey
    elif has brew; then
        brew install redis
    else
        return 1
    fi
}

# Sets CACHED_REDIS_SERVER, which the tests start their servers with.
find_redis() {
    local candidate
    for candidate in "${CACHED_REDIS_SERVER:-}" redis-server valkey-server; do
        if [ -n "$candidate" ] && has "$candidate"; then
            CACHED_REDIS_SERVER=$(command -v "$candidate")
            export CACHED_REDIS_SERVER
            return 0
        fi
    done
    return 1
}

install_postgres() {
    if has apt-get; then
        as_root env DEBIAN_FRONTEND=noninteractive apt-get update -q &&
            as_root env DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends postgresql
    elif has dnf; then
        as_root dnf install -qy postgresql-server
    elif has brew; then
        brew install postgresql
    else
        return 1
    fi
}

# Looks where the tests look: in PATH, and where Debian keeps it.
has_postgres() {
    local initdb
    if [ -n "${CACHED_REDIS_POSTGRES:-}" ]; then
        [ -x "$CACHED_REDIS_POSTGRES/initdb" ]
        return
    fi
    has initdb && return
    for initdb in /usr/lib/postgresql/*/bin/initdb; do
        [ -x "$initdb" ] && return
    done
    return 1
}

install_chromium() {
    if has apt-get; then
        as_root env DEBIAN_FRONTEND=noninteractive apt-get update -q &&
            as_root env DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends chromium
    elif has dnf; then
        as_root dnf install -qy chromium-headless
    else
        return 1
    fi
}

# By the names that the tests know.
has_chromium() {
    local browser
    for browser in "${CACHED_REDIS_CHROMIUM:-}" chromium chromium-browser google-chrome google-chrome-stable; do
        [ -n "$browser" ] && has "$browser" && return
    done
    return 1
}

# Starts a server for a program that is not a test, and sets REDIS_URL.
start_redis() {
    local port attempt
    # Somebody may be using the port, so try some. The tests' harness says why not above 32000.
    for attempt in 1 2 3 4 5; do
        port=$((12000 + RANDOM % 20000))
        "$CACHED_REDIS_SERVER" --bind 127.0.0.1 --port "$port" --save '' --appendonly no \
            --dir "$scratch" --logfile redis.log >/dev/null 2>&1 &
        redis_pid=$!
        if answers "$port" && kill -0 "$redis_pid" 2>/dev/null; then
            REDIS_URL=redis://127.0.0.1:$port
            return 0
        fi
        kill "$redis_pid" 2>/dev/null || true
        wait "$redis_pid" 2>/dev/null || true
    done
    redis_pid=
    cat "$scratch/redis.log" >&2 || true
    return 1
}

# Waits up to ten seconds until the server on this port answers.
answers() {
    local reply tries=0
    while kill -0 "$redis_pid" 2>/dev/null && [ $tries -lt 200 ]; do
        if { exec 3<>"/dev/tcp/127.0.0.1/$1"; } 2>/dev/null; then
            printf 'PING\r\n' >&3
            read -r -t 1 reply <&3 || reply=
            exec 3>&-
            case $reply in +PONG*) return 0 ;; esac
        fi
        sleep 0.05
        tries=$((tries + 1))
    done
    return 1
}

if ! has cargo; then
    echo 'cargo is missing: install Rust as https://rustup.rs says.' >&2
    exit 1
fi
if ! find_redis; then
    step 'install redis-server'
    install_redis || true
    if ! find_redis; then
        echo 'No redis-server found, and it could not be installed. Install Redis 6.2 or newer, or Valkey,' >&2
        echo 'with the system'"'"'s package manager, or set CACHED_REDIS_SERVER to the path of a server.' >&2
        exit 1
    fi
fi
step "$("$CACHED_REDIS_SERVER" --version)"
if ! has_postgres; then
    step 'install PostgreSQL'
    install_postgres || true
fi
if ! has_postgres; then
    echo 'SKIPPED: the tests on PostgreSQL. It is not installed, and could not be; put initdb and postgres in PATH, or' >&2
    echo 'set CACHED_REDIS_POSTGRES to the directory they are in.' >&2
fi
if ! has_chromium; then
    step 'install Chromium'
    install_chromium || true
fi
if ! has_chromium; then
    echo 'SKIPPED: the tests of the page in a browser. Chromium is not installed, and could not be; put it in PATH, or set' >&2
    echo 'CACHED_REDIS_CHROMIUM to its path.' >&2
fi

locked=${CI:+--locked}

if has_cargo fmt; then
    step 'cargo fmt'
    cargo fmt --all --check
fi
if has typos; then
    step typos
    typos
fi
if has_cargo clippy; then
    step 'cargo clippy'
    # shellcheck disable=SC2086 # an empty $locked is no argument
    cargo clippy $locked --workspace --all-targets --all-features -- -D warnings
    # Without the client, what is for it alone must not be left over.
    # shellcheck disable=SC2086
    cargo clippy $locked -p cached-redis-runtime --no-default-features -- -D warnings
fi
if has_cargo deny; then
    step 'cargo deny'
    cargo deny --all-features check bans licenses sources
fi

step 'number of crates'
scripts/crate-count.sh

step 'code per annotated function'
scripts/ir-lines.sh --check

step 'cargo doc'
# shellcheck disable=SC2086
RUSTDOCFLAGS=-Dwarnings cargo doc $locked --workspace --all-features --no-deps --quiet

step 'quickstart on memory://'
# shellcheck disable=SC2086
env -u REDIS_URL cargo run $locked --quiet --example quickstart
step 'quickstart on a server'
start_redis
# shellcheck disable=SC2086
REDIS_URL=$REDIS_URL cargo run $locked --quiet --example quickstart

step 'documentation tests'
# shellcheck disable=SC2086
cargo test $locked --workspace --all-features --doc

# Last, so that the summary of the tests is what one sees at the end.
step tests
if has_cargo nextest; then
    # shellcheck disable=SC2086
    cargo nextest run $locked --workspace --all-features
else
    # shellcheck disable=SC2086
    cargo test $locked --workspace --all-features --lib --bins --tests --examples
fi
