//! The gallery as edition 2024 compiles it.

#![deny(warnings, clippy::pedantic, clippy::nursery)]
#![forbid(unsafe_code)]
#![allow(
    clippy::redundant_pub_crate,
    reason = "rustc's `unreachable_pub` asks for the opposite"
)]
#![allow(
    clippy::unwrap_used,
    reason = "all of this is a test, also what is not in its function"
)]

#[macro_use]
#[path = "../../../gallery/mod.rs"]
mod gallery;

mod edition;
mod handlers;

/// Every shape of this edition.
fn shapes() -> Vec<&'static [gallery::Shape]> {
    let mut shapes = gallery::SHAPES.to_vec();
    shapes.extend([edition::SHAPES, handlers::SHAPES]);
    shapes
}

#[test]
fn every_shape_is_cached() {
    gallery::on_every_store(&shapes());
}
