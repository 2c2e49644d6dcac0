#!/usr/bin/env bash
# Instructions that a hit takes in this process, counted by valgrind: what is left to compare when a machine is too busy
# to measure time. One task, 300 B, the difference between 5,000 hits and 1,000. The kernel's share is not in it.
set -euo pipefail
cd "$(dirname "$0")/.."
if ! command -v valgrind >/dev/null; then
    echo 'valgrind is missing' >&2
    exit 1
fi
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

bench=$(cargo bench -p cached-redis-tests --bench hit --no-run --message-format short 2>&1 |
    sed -n 's/.*Executable .*(\(.*\)).*/\1/p')
count() {
    valgrind --tool=callgrind --callgrind-out-file="$scratch/$2.$1" "$bench" --calls "$1" "$2" 2>&1 |
        sed -n 's/.*Collected : //p'
}
for contender in raw hand ours; do
    few=$(count 1000 $contender)
    many=$(count 5000 $contender)
    each=$(((many - few) / 4000))
    [ $contender = hand ] && hand=$each
    printf '%-5s %6d instructions per hit\n' $contender $each
done
echo "ours / hand: $((each * 1000 / hand)) per thousand"
