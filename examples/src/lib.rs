//! What the examples share: a shop's database, the repository in front of it, and the quickstart's account.

pub mod account;
pub mod database;
pub mod products;
