//! One field, read without the rest.

use std::sync::Arc;

use cached_redis_runtime::{
    Field, Served, bypass, cache_aside, field, field_of, inspect, refresh, transaction,
};
use cached_redis_tests::{CountingLoader, Gate};
use serde::{Deserialize, Serialize};

use super::{Source, User, change, find, source, user};
use crate::common::World;
use crate::on_every_store;

async fn name(source: &Source) -> (String, Served) {
    inspect(field_of(find(source.clone(), 1), field!(User.full_name))).await
}

fn was(name: &str, served: Served) -> (String, Served) {
    (name.to_owned(), served)
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Swapped {
    #[serde(rename = "b")]
    a: u64,
    #[serde(rename = "a")]
    b: u64,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    note: String,
    #[serde(flatten)]
    inner: Inner,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Inner {
    first: u64,
}

#[cache_aside(key = "swapped", ttl = 60, layout = hash)]
async fn swapped() -> Swapped {
    Swapped {
        a: 1,
        b: 2,
        note: String::new(),
        inner: Inner { first: 3 },
    }
}

macro_rules! shapes {
    ($($name:ident: $output:ty = $value:expr;)*) => {$(
        #[cache_aside(key = "shape:<id>", ttl = 60, none_ttl = 60, layout = hash)]
        async fn $name(id: u64) -> $output {
            let user = (id > 0).then(|| user("Ada"));
            ($value)(user)
        }
    )*};
}

shapes! {
    maybe: Option<User> = |user: Option<User>| user;
    maybe_shared: Option<Arc<User>> = |user: Option<User>| user.map(Arc::new);
    fallible: Result<User, u8> = |user: Option<User>| user.ok_or(7);
    fallible_shared: Result<Arc<User>, u8> = |user: Option<User>| user.map(Arc::new).ok_or(7);
    both: Result<Option<User>, u8> = Ok;
    both_shared: Result<Option<Arc<User>>, u8> = |user: Option<User>| Ok(user.map(Arc::new));
}

#[cache_aside(key = "shared:<id>", ttl = 60, layout = hash)]
async fn shared(id: u64) -> Arc<User> {
    Arc::new(User { id, ..user("Ada") })
}

on_every_store! {
    async fn a_field_comes_alone_once_its_name_is_known(world: &World) {
        let source = source("Ada");
        // Nothing is there: the whole is loaded and stored.
        assert_eq!(name(&source).await, was("Ada", Served::Miss));
        assert_eq!(name(&source).await, was("Ada", Served::Hit));
        if world.is_redis() {
            world.server().reset_commandstats();
            assert_eq!(name(&source).await, was("Ada", Served::Hit));
            let commands = world.server().data_commands();
            assert_eq!(commands.into_iter().collect::<Vec<_>>(), [("hmget".to_owned(), 1)]);
        }
        assert_eq!(source.runs(), 1);
        change(&source, 1, "Grace").await;
        assert_eq!(name(&source).await, was("Grace", Served::Miss));
        assert_eq!(name(&source).await, was("Grace", Served::Hit));
        assert_eq!(source.runs(), 2);
    }

    async fn each_shape_of_a_return_type(_world: &World) {
        let name = field!(User.full_name);
        for _ in 0..3 {
            let ada = || "Ada".to_owned();
            assert_eq!(field_of(shared(1), name).await, ada());
            assert_eq!(field_of(maybe(1), name).await, Some(ada()));
            assert_eq!(field_of(maybe_shared(1), name).await, Some(ada()));
            assert_eq!(field_of(fallible(1), name).await, Ok(ada()));
            assert_eq!(field_of(fallible_shared(1), name).await, Ok(ada()));
            assert_eq!(field_of(both(1), name).await, Ok(Some(ada())));
            assert_eq!(field_of(both_shared(1), name).await, Ok(Some(ada())));
            assert_eq!(field_of(maybe(0), name).await, None);
            assert_eq!(field_of(both(0), name).await, Ok(None));
            assert_eq!(field_of(fallible(0), name).await, Err(7));
        }
        let email: Field<User, Option<String>> = field!(User.email);
        assert_eq!(field_of(maybe(1), email).await, Some(user("Ada").email));
        assert_eq!(field_of(maybe(1), field!(User.logins)).await, Some(vec![1, 2, 3]));
    }

    async fn renames_are_followed_and_what_is_not_there_as_it_is_comes_with_the_whole(world: &World) {
        swapped().await;
        for _ in 0..3 {
            assert_eq!(field_of(swapped(), field!(Swapped.a)).await, 1);
            assert_eq!(field_of(swapped(), field!(Swapped.b)).await, 2);
            assert_eq!(field_of(swapped(), field!(Swapped.note)).await, "");
            assert_eq!(field_of(swapped(), field!(Swapped.inner)).await, Inner { first: 3 });
        }
        assert_eq!(world.family("swapped").loads, 1);
    }

    async fn a_field_waits_for_the_load_under_way(world: &World) {
        let known = source("known");
        name(&known).await;
        change(&known, 1, "known").await;
        let gate = Gate::closed();
        let slow = CountingLoader::behind(gate.clone(), user("Ada"));
        let whole = world.spawn(find(slow.clone(), 1));
        gate.reached().await;
        let field = world.spawn(field_of(find(slow.clone(), 1), field!(User.full_name)));
        world.waiting(1).await;
        gate.open();
        assert_eq!(whole.await.unwrap(), user("Ada"));
        assert_eq!(field.await.unwrap(), "Ada");
        assert_eq!(slow.runs(), 1);
    }

    async fn what_surrounds_the_call_counts(_world: &World) {
        let source = source("old");
        for _ in 0..2 {
            name(&source).await;
        }
        source.set(user("new"));
        assert_eq!(name(&source).await, was("old", Served::Hit));
        assert_eq!(bypass(name(&source)).await.0, "new");
        let inside: Result<_, ()> = transaction(async {
            change(&source, 1, "newer").await;
            Ok(name(&source).await.0)
        })
        .await;
        assert_eq!(inside, Ok("newer".to_owned()));
        source.set(user("newest"));
        assert_eq!(name(&source).await, was("newest", Served::Miss));
        source.set(user("last"));
        assert_eq!(refresh(name(&source)).await, was("last", Served::Refreshed));
        assert_eq!(name(&source).await, was("last", Served::Hit));
    }
}

/// What a field is asked of is the call, not what is called in its body.
#[cache_aside(key = "outer", ttl = 60, layout = hash)]
async fn outer() -> User {
    let inner = maybe(1).await.unwrap();
    User { id: 77, ..inner }
}

#[tokio::test]
async fn a_call_inside_the_body_is_not_cut_short() {
    let world = World::memory().await;
    world
        .run(async {
            let id = || field!(User.id);
            // The name is known, and the inner entry is there.
            field_of(maybe(1), id()).await;
            let at = id();
            assert_eq!(field_of(maybe(1), at).await, Some(1));
            assert_eq!(field_of(outer(), at).await, 77);
            assert_eq!(field_of(outer(), at).await, 77);
        })
        .await;
}

#[tokio::test]
async fn without_a_cache_and_without_a_server_the_call_goes_on() {
    assert_eq!(field_of(maybe(1), field!(User.id)).await, Some(1));
    let world = World::redis().await;
    let source = source("Ada");
    world.run(name(&source)).await;
    world.server().kill();
    assert_eq!(world.run(name(&source)).await, was("Ada", Served::Uncached));
}
