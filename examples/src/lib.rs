//! What the examples share: a shop's database, repositories in front of it, and the quickstart's account.
//!
//! The repositories are ordinary sqlx, each in another style, and cached by attributes alone: `plain/` has what they were
//! before.

pub mod account;
pub mod articles;
pub mod database;
pub mod documents;
pub mod monitoring;
pub mod products;
pub mod shop;
