#!/usr/bin/env bash
# Runs the unit tests of the pure parts (keys, stored bytes, lifetimes, single flight) under Miri, which finds undefined
# behaviour, here or in what we depend on. Ten minutes; needs `rustup +nightly component add miri rust-src`.
set -euo pipefail
cd "$(dirname "$0")/.."
# The clock and the entropy of the system, and two cases where the other tests take hundreds.
export MIRIFLAGS="${MIRIFLAGS:--Zmiri-disable-isolation}" PROPTEST_CASES="${PROPTEST_CASES:-2}"
exec cargo +nightly miri test -p cached-redis-runtime --lib --no-default-features -- key:: codec:: ttl:: flight:: site:: shape::
