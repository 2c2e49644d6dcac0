//! Structures of Redis with types: rankings, feeds, counters, counts of different things, rate limits.

mod counter;
mod feed;
mod handle;
#[cfg(feature = "catalogue")]
mod listing;
mod member;
mod questions;
mod ranking;
mod rate_limit;
mod reading;
mod rows;
mod uniques;
mod writing;

pub use counter::Counter;
pub use feed::Feed;
pub use member::Member;
pub use ranking::Ranking;
pub use rate_limit::{Decision, RateLimit};
pub use rows::Ranked;
pub use uniques::Uniques;
pub use writing::Written;
