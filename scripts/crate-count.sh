#!/usr/bin/env bash
# How many crates a service gets: with cached-redis and its default features, and with a cache written by hand.
# Prints both counts and what only one of the two has; fails if ours is the larger one.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# A crate outside the workspace, so that no feature of another member counts. The same lock file, so that both count
# the same versions.
mkdir "$scratch/src"
echo 'fn main() {}' >"$scratch/src/main.rs"
cat >"$scratch/Cargo.toml" <<EOF
[package]
name = "service"
version = "0.0.0"
edition = "2024"

[features]
ours = ["dep:cached-redis-runtime"]
hand = ["dep:cached-redis-hand-written"]

[dependencies]
cached-redis-runtime = { path = "$root/cached-redis-runtime", optional = true }
cached-redis-hand-written = { path = "$root/tests/hand-written", optional = true }
serde = { version = "1", features = ["derive"] }
tokio = { version = "1", features = ["macros", "rt-multi-thread", "time"] }

[workspace]
EOF
cp "$root/Cargo.lock" "$scratch/Cargo.lock"

# The service itself and the crate whose dependencies are counted are left out; the two of ours count as two.
crates() {
    cargo tree --manifest-path "$scratch/Cargo.toml" --features "$1" --edges normal --prefix none --format '{p}' |
        sed 's/ (.*//' | grep -v -e '^service ' -e '^cached-redis-hand-written ' | sort -u
}

crates ours >"$scratch/ours"
crates hand >"$scratch/hand"
ours=$(wc -l <"$scratch/ours")
hand=$(wc -l <"$scratch/hand")
echo "with cached-redis: $((ours)) crates"
echo "by hand:           $((hand)) crates"
echo "only with cached-redis: $(comm -23 "$scratch/ours" "$scratch/hand" | tr '\n' ',' | sed 's/,$//; s/,/, /g')"
echo "only by hand:           $(comm -13 "$scratch/ours" "$scratch/hand" | tr '\n' ',' | sed 's/,$//; s/,/, /g')"
[ "$ours" -le "$hand" ]
