//! What a fault of the server costs a call, beyond its body.
//!
//! `cargo bench -p cached-redis-tests --bench faults`; `-- frozen` behind for one fault. A few tasks call an annotated
//! function, each call with a key of its own, while the server is killed, frozen, slow, or away and back. The body says
//! itself how long it took; what is printed is the rest of the call. With the default deadline of 100 ms no call should
//! lose more than that, and the median no more than 50 µs once the breaker is open.

mod fault;
mod load;
mod memory;

use std::time::Duration;

use self::fault::{ALL, Fault};
use self::load::{Costs, World};

/// From the moment of the fault: long enough for the breaker to open.
const AT_FIRST: Duration = Duration::from_millis(500);

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    // A test runner asks what there is.
    if arguments
        .iter()
        .any(|argument| argument.starts_with("--list"))
    {
        return;
    }
    // `cargo test --benches` only wants to see it run.
    let measured = arguments.iter().any(|argument| argument == "--bench");
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    runtime.block_on(run(measured));
}

async fn run(measured: bool) {
    let later = Duration::from_millis(if measured { 3000 } else { 100 });
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    println!("load of the machine: {}\n", load.trim());
    println!(
        "{:>16} {:>14} {:>7}   {:>9} {:>9} {:>9}",
        "fault", "", "calls", "p50 µs", "p99 µs", "max µs"
    );
    for fault in ALL.into_iter().filter(|fault| wanted(fault.name())) {
        row(fault, later).await;
    }
    if wanted("memory") {
        memory::table(if measured { 200_000 } else { 2_000 }).await;
    }
}

async fn row(fault: Fault, later: Duration) {
    let world = World::start().await;
    // Connections, buffers and the like exist before anything is measured.
    world.calls_for(AT_FIRST).await;
    let at_fault = async {
        let calls = world.start_calls(AT_FIRST);
        let under_way = fault.inject(world.server());
        (calls.await.expect("no panic"), under_way)
    };
    let (mut at_first, under_way) = at_fault.await;
    print(fault.name(), "at first", &mut at_first);
    let mut afterwards = world.calls_for(later).await;
    print("", "afterwards", &mut afterwards);
    under_way.end();
}

fn print(fault: &str, phase: &str, costs: &mut Costs) {
    println!(
        "{fault:>16} {phase:>14} {:>7}   {:>9} {:>9} {:>9}",
        costs.calls(),
        costs.share(0.5).as_micros(),
        costs.share(0.99).as_micros(),
        costs.share(1.0).as_micros(),
    );
}

/// Whether the command line asks for this row, or for none in particular.
fn wanted(row: &str) -> bool {
    let mut filters = std::env::args()
        .skip(1)
        .filter(|argument| !argument.starts_with("--"))
        .peekable();
    filters.peek().is_none() || filters.any(|filter| row.contains(&filter))
}
