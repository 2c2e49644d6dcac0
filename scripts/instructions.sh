#!/usr/bin/env bash
# Instructions that a hit takes in this process, counted by valgrind: what is left to compare when a machine is too busy
# to measure time. One task, 300 B, the difference between 5,000 hits and 1,000. The kernel's share is not in it.
#
#   scripts/instructions.sh            beside a raw GET and the hand-written cache
#   scripts/instructions.sh --metrics  with the feature `metrics` and a recorder, beside the same without: at most 3 % more
set -euo pipefail
cd "$(dirname "$0")/.."
if ! command -v valgrind >/dev/null; then
    echo 'valgrind is missing' >&2
    exit 1
fi
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# Both packages in either case, so that no other feature differs.
build() {
    cargo bench -p cached-redis-tests -p cached-redis-runtime --bench hit "$@" --no-run --message-format short 2>&1 |
        sed -n 's/.*Executable .*(\(.*\)).*/\1/p'
}
count() {
    valgrind --tool=callgrind --callgrind-out-file="$scratch/$2.$1" "$bench" --calls "$1" "$2" 2>&1 |
        sed -n 's/.*Collected : //p'
}
# Sets `each`.
measure() {
    local few many
    few=$(count 1000 "$1")
    many=$(count 5000 "$1")
    each=$(((many - few) / 4000))
    printf '%-7s %6d instructions per hit\n' "${2:-$1}" $each
}

# A copy: the next build takes its place.
bench=$scratch/hit
cp "$(build)" "$bench"
if [ "${1:-}" = --metrics ]; then
    measure ours off
    off=$each
    cp "$(build --features cached-redis-runtime/metrics)" "$bench"
    measure ours on
    echo "on / off: $((each * 1000 / off)) per thousand"
    [ $((each * 100)) -le $((off * 103)) ]
    exit
fi
for contender in raw hand ours; do
    measure $contender
    [ $contender = hand ] && hand=$each
done
echo "ours / hand: $((each * 1000 / hand)) per thousand"
