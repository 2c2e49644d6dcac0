//! Each scenario in many thousands of orders. A failure prints a schedule that `shuttle::replay` takes.

use cached_redis_tests_interleavings::scenarios;

/// Enough for every mistake tried so far; `ORDERS=100000` asks for more.
const ORDERS: usize = 2_000;

/// At random, and by PCT (Burckhardt and others, "A randomized scheduler with probabilistic guarantees of finding bugs",
/// 2010), which finds what takes few but well-placed switches.
fn check(scenario: fn()) {
    let orders = std::env::var("ORDERS").ok();
    let orders = orders.map_or(ORDERS, |orders| orders.parse().expect("a number"));
    shuttle::check_random(scenario, orders);
    shuttle::check_pct(scenario, orders, 3);
}

#[test]
fn single_flight() {
    check(scenarios::flights::flight);
}

#[test]
fn commands() {
    check(scenarios::flights::commands);
}

#[test]
fn lanes() {
    check(scenarios::flights::lane);
}

#[test]
fn connections() {
    check(scenarios::connection::replacement);
}

#[test]
fn connections_of_a_runtime_that_ends() {
    check(scenarios::connection::restart);
}
