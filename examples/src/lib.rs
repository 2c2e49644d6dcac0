//! What the examples share: a shop's database, repositories in front of it, and the quickstart's account.
//!
//! The repositories are ordinary sqlx, each in another style, and cached by attributes alone: `plain/` has what they were
//! before. For the use cases: [`stage`] is where they are played, [`savings`] measures them, and [`airports`] and [`weather`]
//! are what they read.

pub mod account;
pub mod airports;
pub mod articles;
pub mod choice;
pub mod database;
pub mod documents;
pub mod monitoring;
pub mod products;
pub mod savings;
pub mod shop;
pub mod stage;
pub mod watch;
pub mod weather;
