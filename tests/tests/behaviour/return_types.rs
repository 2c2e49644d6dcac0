//! The value is found by type, so every return type works without a word about it.

use std::sync::Arc;

use cached_redis_runtime::{Served, cache_aside, inspect};
use serde::{Deserialize, Serialize};

use crate::common::World;
use crate::on_every_store;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct User {
    id: u64,
    name: String,
}

fn user(id: u64) -> User {
    User {
        id,
        name: "Ada".to_owned(),
    }
}

#[derive(Debug, PartialEq)]
struct DbError;

/// A project's own alias: nothing in its name says `Result`.
type Db<T> = Result<T, DbError>;
/// Nothing in this one says `Option` either.
type Found = Result<Option<User>, DbError>;

mod driver {
    /// What sqlx and others do.
    pub(super) type Result<T, E = super::DbError> = std::result::Result<T, E>;
}

/// Calls twice: a miss, then a hit with the same output.
macro_rules! miss_then_hit {
    ($call:expr, $expected:expr) => {
        assert_eq!(inspect($call).await, ($expected, Served::Miss));
        assert_eq!(inspect($call).await, ($expected, Served::Hit));
    };
}

on_every_store! {
    async fn plain_values(_world: &World) {
        #[cache_aside(key = "plain:<id>", ttl = 60)]
        async fn value(id: u64) -> User {
            user(id)
        }

        #[cache_aside(key = "tuple:<id>", ttl = 60)]
        async fn tuple(id: u64) -> (u64, String, Vec<bool>) {
            (id, String::new(), vec![true])
        }

        miss_then_hit!(value(1), user(1));
        miss_then_hit!(tuple(1), (1, String::new(), vec![true]));
    }

    async fn options(_world: &World) {
        #[cache_aside(key = "option:<id>", ttl = 60, none_ttl = 60)]
        async fn option(id: u64) -> Option<User> {
            (id < 10).then(|| user(id))
        }

        miss_then_hit!(option(1), Some(user(1)));
        miss_then_hit!(option(10), None);
    }

    async fn results(_world: &World) {
        #[cache_aside(key = "result:<id>", ttl = 60)]
        async fn result(id: u64) -> Result<User, DbError> {
            if id == 0 {
                return Err(DbError);
            }
            Ok(user(id))
        }

        #[cache_aside(key = "result-option:<id>", ttl = 60, none_ttl = 60)]
        async fn result_option(id: u64) -> Result<Option<User>, DbError> {
            Ok((id < 10).then(|| user(id)))
        }

        miss_then_hit!(result(1), Ok(user(1)));
        assert_eq!(result(0).await, Err(DbError));
        assert_eq!(inspect(result(0)).await, (Err(DbError), Served::Miss));
        miss_then_hit!(result_option(1), Ok(Some(user(1))));
        miss_then_hit!(result_option(10), Ok(None));
    }

    async fn aliases_are_seen_through(_world: &World) {
        #[cache_aside(key = "alias:<id>", ttl = 60)]
        async fn alias(id: u64) -> Db<User> {
            if id == 0 { Err(DbError) } else { Ok(user(id)) }
        }

        #[cache_aside(key = "alias-option:<id>", ttl = 60)]
        async fn alias_option(id: u64) -> Db<Option<User>> {
            Ok((id < 10).then(|| user(id)))
        }

        #[cache_aside(key = "found:<id>", ttl = 60, none_ttl = 60)]
        async fn found(id: u64) -> Found {
            Ok((id < 10).then(|| user(id)))
        }

        #[cache_aside(key = "driver:<id>", ttl = 60)]
        async fn of_driver(id: u64) -> driver::Result<Vec<User>> {
            Ok(vec![user(id)])
        }

        miss_then_hit!(alias(1), Ok(user(1)));
        assert_eq!(inspect(alias(0)).await, (Err(DbError), Served::Miss));
        assert_eq!(inspect(alias(0)).await, (Err(DbError), Served::Miss));
        miss_then_hit!(alias_option(1), Ok(Some(user(1))));
        assert_eq!(inspect(alias_option(10)).await, (Ok(None), Served::Miss));
        assert_eq!(inspect(alias_option(10)).await, (Ok(None), Served::Miss));
        miss_then_hit!(found(10), Ok(None));
        miss_then_hit!(of_driver(1), Ok(vec![user(1)]));
    }

    async fn values_behind_an_arc(_world: &World) {
        #[cache_aside(key = "arc:<id>", ttl = 60)]
        async fn arc(id: u64) -> Arc<User> {
            Arc::new(user(id))
        }

        #[cache_aside(key = "arc-deep:<id>", ttl = 60)]
        async fn deep(id: u64) -> Db<Option<Arc<User>>> {
            Ok(Some(Arc::new(user(id))))
        }

        #[cache_aside(key = "arc-str:<id>", ttl = 60)]
        async fn text(id: u64) -> Db<Arc<str>> {
            Ok(Arc::from(id.to_string()))
        }

        #[cache_aside(key = "arc-slice:<id>", ttl = 60)]
        async fn slice(id: u64) -> Option<Arc<[User]>> {
            Some(Arc::from([user(id)]))
        }

        /// The same entries as `arc`: what is stored is the value.
        #[cache_aside(key = "arc:<id>", ttl = 60)]
        async fn bare(id: u64) -> User {
            user(id + 100)
        }

        miss_then_hit!(arc(1), Arc::new(user(1)));
        miss_then_hit!(deep(1), Ok(Some(Arc::new(user(1)))));
        miss_then_hit!(text(7), Ok(Arc::from("7")));
        miss_then_hit!(slice(1), Some(Arc::from([user(1)])));
        assert_eq!(inspect(bare(1)).await, (user(1), Served::Hit));
    }

    async fn generics_keep_their_entries_apart_by_type(world: &World) {
        #[cache_aside(key = "generic:<id>", ttl = 60, skip(T))]
        async fn generic<T>(id: u64) -> T
        where
            T: Default + Serialize + serde::de::DeserializeOwned,
        {
            T::default()
        }

        assert_eq!(inspect(generic::<u64>(1)).await, (0, Served::Miss));
        // One static for all instances, one key: only the tag of the type tells them apart.
        assert_eq!(inspect(generic::<Vec<String>>(1)).await, (vec![], Served::Miss));
        assert_eq!(inspect(generic::<Vec<String>>(1)).await, (vec![], Served::Hit));
        assert_eq!(inspect(generic::<u64>(1)).await, (0, Served::Miss));
        assert_eq!(world.family("generic:<id>").mismatches, 2);
    }

    async fn an_option_inside_an_option_stays_what_it_was(_world: &World) {
        #[cache_aside(key = "nested:<id>", ttl = 60, none_ttl = 60)]
        async fn nested(id: u64) -> Option<Option<u8>> {
            match id {
                0 => None,
                1 => Some(None),
                _ => Some(Some(2)),
            }
        }

        miss_then_hit!(nested(0), None);
        miss_then_hit!(nested(1), Some(None));
        miss_then_hit!(nested(2), Some(Some(2)));
    }
}
