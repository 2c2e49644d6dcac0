//! What the services of one house agree upon: the entities and the keys of their entries.

use cached_redis_runtime::CacheKey;
use serde::{Deserialize, Serialize};

/// A user's number.
#[derive(CacheKey, Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserId(pub u64);

/// A user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    /// Who.
    pub id: UserId,
    /// Of which team.
    pub team: String,
}

/// The keys.
pub mod keys {
    use super::{User, UserId};

    cached_redis_runtime::key_family! {
        /// One user by id.
        pub UserById(id: UserId) -> User = "user:<id>";
        /// One member of a team.
        pub Member(team: str, id: UserId) -> User = "team:{<team>}:m:<id>";
        /// Who is in a team.
        pub Team(team: &str) -> Vec<User> = "team:{<team>}";
        pub AllUsers() -> Vec<User> = "users:all";
    }
}
