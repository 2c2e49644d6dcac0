//! What the service shows of its cache: to Prometheus, to Grafana, and to somebody with a browser.

#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot go on fails, and says where"
)]

mod browser;
mod dashboard;
mod exposition;
mod page;
mod service;
mod traffic;
