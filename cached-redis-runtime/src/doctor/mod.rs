#![doc = include_str!("../../docs/doctor.md")]

mod families;
mod finding;
mod info;
mod json;
mod judge;
mod node;
mod report;
mod text;
mod unread;

pub(crate) use families::Families;
pub use finding::{Finding, Severity};
pub use node::{Latency, Node};
pub use report::Report;
pub use unread::Unread;

pub use crate::observe::Place;

#[cfg(test)]
mod tests;
