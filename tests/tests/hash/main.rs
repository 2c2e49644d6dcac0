//! `layout = hash`: entries as Redis hashes, of which one field can be read and written by itself, on every store.

#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot go on fails, and says where"
)]

#[path = "../common/mod.rs"]
mod common;

mod fields;
mod foreign;
mod golden;
mod reads;
mod updates;
mod values;

use cached_redis_runtime::{cache_aside, cache_invalidate, write_through};
use cached_redis_tests::{CountingLoader, Gate};
use serde::{Deserialize, Serialize};

#[test]
fn on_a_cluster() {
    common::shared::on_a_cluster();
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct User {
    id: u64,
    full_name: String,
    #[serde(rename = "mail")]
    email: Option<String>,
    logins: Vec<u64>,
}

fn user(name: &str) -> User {
    User {
        id: 1,
        full_name: name.to_owned(),
        email: Some("ada@example.com".to_owned()),
        logins: vec![1, 2, 3],
    }
}

type Source = CountingLoader<User>;

/// With a name that tells the state of the source.
fn source(name: &str) -> Source {
    Source::new(user(name))
}

#[cache_aside(key = "user:<id>", ttl = 60, skip(source), layout = hash)]
async fn find(source: Source, id: u64) -> User {
    source.load().await
}

#[cache_invalidate(key = "user:<id>")]
async fn change(source: &Source, id: u64, name: &str) {
    source.set(user(name));
}

#[write_through(key = "user:<id>", layout = hash, field = User.full_name, value = name)]
async fn rename(source: &Source, id: u64, name: &str) -> Result<(), &'static str> {
    if name.is_empty() {
        return Err("refused");
    }
    source.set(user(name));
    Ok(())
}

/// A write that can be held before its commit and after it.
#[derive(Clone)]
struct Steps {
    commits: Gate,
    returns: Gate,
}

impl Steps {
    fn held_after_the_commit() -> Self {
        Self {
            commits: Gate::opened(),
            returns: Gate::closed(),
        }
    }

    fn held_before_the_commit() -> Self {
        Self {
            commits: Gate::closed(),
            returns: Gate::opened(),
        }
    }

    async fn write(&self, source: &Source, name: &str) {
        self.commits.pass().await;
        source.set(user(name));
        self.returns.pass().await;
    }
}

#[write_through(key = "user:<id>", layout = hash, field = User.full_name, value = name)]
async fn rename_in_steps(source: Source, id: u64, name: String, steps: Steps) {
    steps.write(&source, &name).await;
}

#[write_through(key = "user:<id>", layout = hash, ttl = 60, value = user(name))]
async fn replace(source: &Source, id: u64, name: &str) {
    source.set(user(name));
}
