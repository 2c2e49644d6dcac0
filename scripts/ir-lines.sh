#!/usr/bin/env bash
# How much code an annotated function becomes: lines of LLVM IR for 41 functions minus those for one, divided by 40.
#
#   no cache        the function as it is
#   pasted, plain   GET, decode, load, encode, SET EX written into each function: no protection of any kind
#   pasted, flow    with a lease, waiting, compare-and-store and release written into each function: what an attribute
#                   that pastes its flow would make of it. Smaller than ours in what it does: no single flight in the
#                   process, no renewal, no cancellation, no breaker.
#   cached-redis    the attribute
#
# The functions share one value type, so that what serde generates for it counts in none of the rows.
# `scripts/ir-lines.sh --check` counts only what is needed to say whether ours has grown: it fails if the optimized code,
# the bare function taken off, has more lines than `scripts/ir-lines/limit` says. That is less than half of the pasted
# flow. Optimized code is the same on every machine; a new compiler or a new client may move it a little either way.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
templates=$root/scripts/ir-lines
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
# The dependencies are built once a profile and kept.
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$root/target}/ir-lines
export CARGO_INCREMENTAL=0

mkdir "$scratch/src"
cat >"$scratch/Cargo.toml" <<EOF
[package]
name = "ir_lines"
version = "0.0.0"
edition = "2024"

[dependencies]
cached-redis-runtime = { path = "$root/cached-redis-runtime" }
redis = { version = "1.8.1", default-features = false, features = ["tokio-comp"] }
rmp-serde = "1.3.1"
serde = { version = "1", features = ["derive"] }
tokio = { version = "1", features = ["time"] }

[profile.dev]
debug = false
[profile.release]
debug = false

[workspace]
EOF
cp "$root/Cargo.lock" "$scratch/Cargo.lock"

# lines VARIANT COUNT PROFILE
lines() {
    local number
    {
        cat "$templates/service.rs"
        echo 'impl Service {'
        for number in $(seq 1 "$2"); do
            sed "s/NUMBER/$number/g" "$templates/$1.rs"
        done
        echo '}'
        # Code is generated only for futures that somebody polls.
        echo 'pub fn all(service: &Service) -> Vec<Pending<'"'"'_>> {'
        echo '    let mut all: Vec<Pending<'"'"'_>> = Vec::new();'
        for number in $(seq 1 "$2"); do
            echo "    all.push(Box::pin(service.find_$number(1)));"
        done
        echo '    all'
        echo '}'
    } >"$scratch/src/lib.rs"
    rm -f "$CARGO_TARGET_DIR"/*/deps/ir_lines-*.ll
    cargo rustc --quiet --manifest-path "$scratch/Cargo.toml" --lib --profile "$3" -- \
        --emit=llvm-ir -C codegen-units=1 >&2
    cat "$CARGO_TARGET_DIR"/*/deps/ir_lines-*.ll | wc -l
}

# per_function VARIANT PROFILE
per_function() {
    local many one
    many=$(lines "$1" 41 "$2")
    one=$(lines "$1" 1 "$2")
    echo $(((many - one) / 40))
}

if [ "${1:-}" = --check ]; then
    limit=$(cat "$templates/limit")
    bare=$(per_function none release)
    net=$(($(per_function ours release) - bare))
    echo "an annotated function adds $net lines of optimized LLVM IR; the limit is $limit"
    [ "$net" -le "$limit" ]
    exit
fi

printf '%-14s %8s %8s %12s %12s\n' 'per function' 'opt 0' 'opt 3' 'net, opt 0' 'net, opt 3'
for variant in none plain flow ours; do
    dev=$(per_function $variant dev)
    release=$(per_function $variant release)
    case $variant in
        none) name='no cache' bare_dev=$dev bare_release=$release ;;
        plain) name='pasted, plain' ;;
        flow) name='pasted, flow' flow_dev=$((dev - bare_dev)) flow_release=$((release - bare_release)) ;;
        ours) name='cached-redis' ;;
    esac
    printf '%-14s %8d %8d %12d %12d\n' "$name" "$dev" "$release" $((dev - bare_dev)) $((release - bare_release))
done
echo "cached-redis / pasted flow, net: opt 0 $(((dev - bare_dev) * 100 / flow_dev)) %, opt 3 $(((release - bare_release) * 100 / flow_release)) %"
