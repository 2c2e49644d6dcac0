//! What functions return.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use cached_redis_runtime::{Served, cache_aside, inspect};
use serde::{Deserialize, Serialize};

use super::{bodies, body};

#[allow(
    clippy::unsafe_derive_deserialize,
    reason = "with the feature `catalogue`, linkme puts an `unsafe fn` into the methods"
)]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct User {
    id: u64,
    role: Role,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
enum Role {
    Admin,
    Guest { invited_by: Option<u64> },
}

#[derive(Debug, PartialEq)]
enum Failure {
    Refused,
    Parse(std::num::ParseIntError),
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("failure")
    }
}

impl std::error::Error for Failure {}

impl From<std::num::ParseIntError> for Failure {
    fn from(error: std::num::ParseIntError) -> Self {
        Self::Parse(error)
    }
}

type Result<T, E = Failure> = std::result::Result<T, E>;
type Found<T> = Result<Option<Arc<T>>>;
type Boxed = Box<dyn std::error::Error + Send + Sync>;

const fn user(id: u64) -> User {
    User {
        id,
        role: Role::Guest {
            invited_by: Some(id),
        },
    }
}

#[cache_aside(key = "plain:<id>", ttl = 60)]
async fn plain(id: u64) -> User {
    body();
    user(id)
}

#[cache_aside(key = "option:<id>", ttl = 60)]
async fn option(id: u64) -> Option<User> {
    body();
    Some(User {
        id,
        role: Role::Admin,
    })
}

#[cache_aside(key = "alias:<id>", ttl = 60)]
async fn alias(id: &str) -> Result<User> {
    body();
    if id.is_empty() {
        return Err(Failure::Refused);
    }
    Ok(user(id.parse()?))
}

#[cache_aside(key = "alias-of-all:<id>", ttl = 60, none_ttl = 60)]
async fn alias_of_all(id: u64) -> Found<User> {
    body();
    Ok((id != 0).then(|| Arc::new(user(id))))
}

#[cache_aside(key = "boxed-error:<id>", ttl = 60)]
async fn boxed_error(id: &str) -> std::result::Result<u64, Boxed> {
    body();
    Ok(id.parse::<u64>()?)
}

#[cache_aside(key = "io:<id>", ttl = 60)]
async fn io(id: u8) -> std::io::Result<Vec<u8>> {
    body();
    Ok(vec![id])
}

#[cache_aside(key = "arc:<id>", ttl = 60)]
async fn arc(id: u64) -> Arc<User> {
    body();
    Arc::new(user(id))
}

#[cache_aside(key = "arc-text:<id>", ttl = 60)]
async fn arc_text(id: u64) -> Arc<str> {
    body();
    id.to_string().into()
}

#[cache_aside(key = "arc-slice:<id>", ttl = 60)]
async fn arc_slice(id: u64) -> Result<Arc<[User]>> {
    body();
    Ok(vec![user(id)].into())
}

#[cache_aside(key = "collections:<id>", ttl = 60)]
async fn collections(
    id: u64,
) -> (
    Vec<User>,
    HashMap<String, u64>,
    BTreeMap<u64, Role>,
    HashSet<char>,
) {
    body();
    let map = vec![(id.to_string(), id)].into_iter().collect();
    let ordered = vec![(id, Role::Admin)].into_iter().collect();
    (vec![user(id)], map, ordered, "abc".chars().collect())
}

#[cache_aside(key = "scalars:<id>", ttl = 60)]
async fn scalars(id: u64) -> Option<(bool, f64, [u8; 4], char, Option<u64>, i128)> {
    body();
    Some((true, 0.5, [1; 4], 'é', None, i128::from(id)))
}

#[cache_aside(key = "cow:<id>", ttl = 60)]
async fn cow(id: u64) -> Cow<'static, str> {
    body();
    if id == 0 {
        Cow::Borrowed("none")
    } else {
        Cow::Owned(id.to_string())
    }
}

#[cache_aside(key = "box:<id>", ttl = 60)]
async fn boxed(id: u64) -> Box<User> {
    body();
    Box::new(user(id))
}

/// A check whose answer is only that it succeeded.
#[cache_aside(key = "allowed:<id>", ttl = 60)]
async fn nothing_but_success(id: u64) -> Result<()> {
    body();
    if id == 0 {
        Err(Failure::Refused)
    } else {
        Ok(())
    }
}

#[cache_aside(key = "nested:<id>", ttl = 60)]
async fn nested(id: u64) -> Result<Result<u64, String>, ()> {
    body();
    Ok(if id == 0 {
        Err("inner".to_owned())
    } else {
        Ok(id)
    })
}

/// Each value says how long it lives.
#[cache_aside(
    key = "lives:<id>",
    ttl = |user| match user.role {
        Role::Admin => Duration::from_secs(5),
        Role::Guest { invited_by } => Duration::from_secs(invited_by.unwrap_or(60)),
    },
    lease = "2s",
    wait = 1
)]
async fn lives(id: u64) -> Found<User> {
    body();
    Ok(Some(Arc::new(user(id))))
}

#[cache_aside(key = "seconds:<id>", ttl = |seconds| *seconds, lock = false)]
async fn seconds(id: u64) -> u64 {
    body();
    id
}

impl User {
    #[cache_aside(key = "self:<id>", ttl = 60)]
    async fn load(id: u64) -> Result<Option<Self>> {
        body();
        Ok(Some(Self {
            id,
            role: Role::Admin,
        }))
    }
}

shapes! {
    plain { hit!(plain(1)); }
    option { hit!(option(1)); }
    alias { hit!(alias("1")).unwrap(); }
    alias_of_all { apart!(alias_of_all(1), alias_of_all(0)); }
    errors_are_not_cached {
        let before = bodies();
        assert_eq!(inspect(alias("")).await, (Err(Failure::Refused), Served::Miss));
        assert!(matches!(inspect(alias("x")).await, (Err(Failure::Parse(_)), Served::Miss)));
        assert_eq!(inspect(alias("")).await, (Err(Failure::Refused), Served::Miss));
        assert_eq!(bodies() - before, 3);
    }
    boxed_error { assert_eq!(hit!(async { boxed_error("7").await.ok() }), Some(7)); }
    io { assert_eq!(hit!(async { io(7).await.ok() }), Some(vec![7])); }
    arc { hit!(arc(1)); }
    arc_text { hit!(arc_text(1)); }
    arc_slice { hit!(arc_slice(1)).unwrap(); }
    collections { hit!(collections(1)); }
    scalars { hit!(scalars(1)); }
    cow { apart!(cow(0), cow(1)); }
    boxed { hit!(boxed(1)); }
    nothing_but_success { hit!(nothing_but_success(1)).unwrap(); }
    nested { apart!(nested(0), nested(1)); }
    lives { hit!(lives(60)).unwrap(); }
    seconds { hit!(seconds(60)); }
    self_type { hit!(User::load(1)).unwrap(); }
}
