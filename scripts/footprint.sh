#!/usr/bin/env bash
# What annotated functions and keys cost the client in memory: so many functions that have been called once, and so many
# keys that have been read, on a server of its own. Fails if a function takes a KiB or keys take anything.
#
#   scripts/footprint.sh                  1000 functions, 1,000,000 keys: some minutes
#   scripts/footprint.sh 200 100000       fewer
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
functions=${1:-1000}
keys=${2:-1000000}
scratch=$(mktemp -d)
server=
finish() {
    [ -z "$server" ] || kill "$server" 2>/dev/null || true
    rm -rf "$scratch"
}
trap finish EXIT
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$root/target}/footprint
export CARGO_INCREMENTAL=0

mkdir "$scratch/src"
cat >"$scratch/Cargo.toml" <<EOT
[package]
name = "footprint"
version = "0.0.0"
edition = "2024"

[dependencies]
cached-redis-runtime = { path = "$root/cached-redis-runtime" }
cap = { version = "0.1.2", features = ["stats"] }
tokio = { version = "1", features = ["rt-multi-thread", "time"] }

# Only what is allocated counts, not how fast.
[profile.dev]
debug = false

[workspace]
EOT
cp "$root/Cargo.lock" "$scratch/Cargo.lock"
{
    cat "$root/scripts/footprint/main.rs"
    for number in $(seq 1 "$functions"); do
        echo "#[cache_aside(key = \"f$number:<id>\", ttl = 3600)] async fn f$number(id: u64) -> u64 { id }"
    done
    echo 'const ALL: &[Call] = &['
    for number in $(seq 1 "$functions"); do
        echo "    || Box::pin(f$number(1)),"
    done
    echo '];'
} >"$scratch/src/main.rs"
cargo build --quiet --manifest-path "$scratch/Cargo.toml"
"${CACHED_REDIS_SERVER:-redis-server}" --port 0 --unixsocket "$scratch/socket" --save '' --appendonly no --dir "$scratch" >/dev/null &
server=$!
while [ ! -S "$scratch/socket" ]; do
    kill -0 "$server"
    sleep 0.05
done
"$CARGO_TARGET_DIR/debug/footprint" "redis+unix://$scratch/socket" "$keys"
