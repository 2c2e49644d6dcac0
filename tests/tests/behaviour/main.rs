//! What users see, on the store in memory and on a real server, by one set of tests.

#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot go on fails, and says where"
)]

#[path = "../common/mod.rs"]
mod common;

mod ahead;
mod arguments;
mod batch;
mod before;
mod context;
mod families;
mod formats;
mod heard;
mod invalidate;
mod key_length;
mod lock;
mod max_loads;
mod on_error;
mod outage;
mod per_value;
mod read_through;
mod return_types;
mod secrets;
mod sliding;
mod spans;
mod stale;
mod structures;
mod tags;
mod testing_kit;
mod transaction;
mod warm_up;
mod warnings;
mod wire;
mod write_through;

#[test]
fn on_a_cluster() {
    common::shared::on_a_cluster();
}
