//! The ways in which caches go wrong, each forced to happen. Where a trap is one that published libraries fell into,
//! the test bears its name.

#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot go on fails, and says where"
)]

#[path = "../common/mod.rs"]
mod common;

mod batch;
mod bounds;
mod cancellation;
mod failed_deletions;
mod foreign_content;
mod full_server;
mod guards;
mod half_built;
mod redis_down;
mod rounds;
mod stale_reads;
mod stampede;
mod structures;
mod traps;

#[test]
fn on_a_cluster() {
    common::shared::on_a_cluster();
}
