//! One loader for all entries of a family.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use cached_redis_families::keys::{AllUsers, Member, Team, UserById};
use cached_redis_families::{User, UserId};
use cached_redis_runtime::{
    ReadThrough, Served, bypass, cache_aside, cache_invalidate, inspect, key_family, refresh,
    transaction,
};
use cached_redis_tests::{CountingLoader, Gate, eventually};

use crate::common::{PATIENCE, World};
use crate::on_every_store;

const HOUR: Duration = Duration::from_secs(3600);

fn user(team: &str) -> User {
    User {
        id: UserId(1),
        team: team.to_owned(),
    }
}

/// A loader that counts its runs.
fn users(world: &World, source: &CountingLoader<User>) -> ReadThrough<UserById<'static>, User> {
    let source = source.clone();
    world.cache.read_through(UserById, HOUR, move |id| {
        let source = source.clone();
        async move {
            let UserId(_) = id;
            source.load().await
        }
    })
}

key_family! {
    Text(name: &str) -> str = "text:<name>";
    Doubled(n: u32) -> u64 = "doubled:<n>";
}

on_every_store! {
    async fn what_is_stored_is_not_loaded_again(world: &World) {
        let source = CountingLoader::new(user("a"));
        let users = users(world, &source);
        let id = UserId(1);
        assert_eq!(inspect(users.get(&id)).await, (user("a"), Served::Miss));
        if world.is_redis() {
            world.server().reset_commandstats();
        }
        assert_eq!(inspect(users.get(&id)).await, (user("a"), Served::Hit));
        if world.is_redis() {
            let commands = world.server().data_commands();
            assert_eq!(commands.get("get"), Some(&1), "{commands:?}");
            assert_eq!(commands.len(), 1, "{commands:?}");
            assert!(world.server().get("user:1").is_some());
        }
        assert_eq!(source.runs(), 1);
        assert_eq!(world.family("user:<id>").fills, 1);
    }

    /// A function and a loader of one family are readers of the same entries.
    async fn functions_of_the_family_share_the_entries(world: &World) {
        #[cache_aside(key = UserById(id), ttl = 60)]
        async fn find(id: UserId) -> Option<Arc<User>> {
            let UserId(_) = id;
            None
        }
        #[cache_invalidate(key = UserById(id))]
        async fn update(id: &UserId) {
            let UserId(_) = id;
        }

        let source = CountingLoader::new(user("a"));
        let users = users(world, &source);
        users.get(&UserId(1)).await;
        assert_eq!(find(UserId(1)).await.as_deref(), Some(&user("a")));
        source.set(user("b"));
        update(&UserId(1)).await;
        assert_eq!(users.get(&UserId(1)).await, user("b"));
        users.invalidate(&UserId(1)).await.unwrap();
        assert_eq!(inspect(users.get(&UserId(1))).await.1, Served::Miss);
    }

    /// Each form of arguments and of return types.
    async fn every_family_and_every_return_type(world: &World) {
        let cache = &world.cache;
        let member: ReadThrough<Member<'static>, Result<Option<User>, String>> =
            cache.read_through(Member, HOUR, async |(team, id): (String, UserId)| {
                Ok((team == "a").then_some(User { id, team }))
            });
        let ada = ("a".to_owned(), UserId(7));
        for served in [Served::Miss, Served::Hit] {
            let (found, by) = inspect(member.get(&ada)).await;
            assert_eq!((found.unwrap().unwrap().id, by), (UserId(7), served));
        }
        assert_eq!(member.key(&ada).as_str(), "team:{a}:m:7");
        assert_eq!(member.get(&("b".to_owned(), UserId(7))).await, Ok(None));

        let team = cache.read_through(Team, HOUR, async |team: String| {
            Ok::<_, String>(Arc::new(vec![user(&team)]))
        });
        let all = cache.read_through(AllUsers, HOUR, async |()| Some(vec![user("a")]));
        let text = cache.read_through(Text, HOUR, async |name: String| Arc::<str>::from(name));
        for served in [Served::Miss, Served::Hit] {
            let (found, by) = inspect(team.get("a")).await;
            assert_eq!((found.unwrap()[0].team.as_str(), by), ("a", served));
            assert_eq!(inspect(all.get(&())).await, (Some(vec![user("a")]), served));
            let (found, by) = inspect(text.get("x")).await;
            assert_eq!((&*found, by), ("x", served));
        }
    }

    async fn nothing_and_failures_are_as_for_a_function(world: &World) {
        let runs = Arc::new(AtomicUsize::new(0));
        let loader = {
            let runs = Arc::clone(&runs);
            move |id: UserId| {
                let run = runs.fetch_add(1, Ordering::SeqCst);
                async move {
                    match (id, run) {
                        (UserId(1), 0) => Err("not now"),
                        _ => Ok(None::<User>),
                    }
                }
            }
        };
        let users = world.cache.read_through(UserById, HOUR, loader);
        assert_eq!(users.get(&UserId(1)).await, Err("not now"));
        assert_eq!(users.get(&UserId(1)).await, Ok(None));
        assert_eq!(inspect(users.get(&UserId(1))).await, (Ok(None), Served::Miss));
        let users = users.none_ttl(HOUR);
        users.get(&UserId(1)).await.unwrap();
        assert_eq!(inspect(users.get(&UserId(1))).await, (Ok(None), Served::Hit));
        assert_eq!(runs.load(Ordering::SeqCst), 4);
    }

    async fn a_thousand_callers_run_one_loader(world: &World) {
        let source = CountingLoader::behind(Gate::closed(), user("a"));
        let users = users(world, &source);
        let calls: Vec<_> = (0..1000)
            .map(|_| {
                let users = users.clone();
                world.spawn(async move { users.get(&UserId(1)).await })
            })
            .collect();
        source.gate().reached().await;
        world.waiting(999).await;
        source.gate().open();
        for call in calls {
            assert_eq!(call.await.unwrap(), user("a"));
        }
        assert_eq!(source.runs(), 1);
    }

    async fn what_is_around_a_call_means_it(world: &World) {
        let source = CountingLoader::new(user("a"));
        let users = users(world, &source);
        users.get(&UserId(1)).await;
        source.set(user("b"));
        assert_eq!(bypass(users.get(&UserId(1))).await, user("b"));
        assert_eq!(users.get(&UserId(1)).await, user("a"));
        assert_eq!(refresh(users.get(&UserId(1))).await, user("b"));
        source.set(user("c"));
        assert_eq!(users.refresh(&UserId(1)).await, user("c"));
        assert_eq!(inspect(users.get(&UserId(1))).await, (user("c"), Served::Hit));

        let ended: Result<(), ()> = transaction(async {
            users.invalidate(&UserId(1)).await.unwrap();
            assert_eq!(inspect(users.get(&UserId(1))).await.1, Served::Bypassed);
            Err(())
        })
        .await;
        assert_eq!(ended, Err(()));
        assert_eq!(inspect(users.get(&UserId(1))).await.1, Served::Hit);
    }

    /// Also inside another cache's scope.
    async fn the_cache_is_the_one_it_was_made_from(world: &World) {
        let other = World::memory().await;
        let source = CountingLoader::new(user("a"));
        let users = users(world, &source);
        other.run(users.get(&UserId(1))).await;
        assert_eq!(world.family("user:<id>").fills, 1);
        assert_eq!(other.family("user:<id>").fills, 0);
    }

    /// What was read before an invalidation is not stored after it, whichever loader read it.
    async fn what_is_primed_is_read_under_the_right_to_store(world: &World) {
        let source = CountingLoader::new(user("a"));
        let users = users(world, &source);
        let primed = users.prime(&UserId(1), async { user("primed") }).await;
        assert_eq!(primed, user("primed"));
        assert_eq!(inspect(users.get(&UserId(1))).await, (primed, Served::Hit));

        let gate = Gate::closed();
        let late = world.spawn({
            let (users, gate) = (users.clone(), gate.clone());
            async move {
                let read_before = async {
                    gate.pass().await;
                    user("old")
                };
                users.prime(&UserId(1), read_before).await
            }
        });
        gate.reached().await;
        users.invalidate(&UserId(1)).await.unwrap();
        gate.open();
        assert_eq!(late.await.unwrap(), user("old"));
        assert_eq!(inspect(users.get(&UserId(1))).await, (user("a"), Served::Miss));
    }

    async fn many_are_loaded_once_and_only_what_is_missing(world: &World) {
        let asked = Arc::new(Mutex::new(Vec::new()));
        let doubled = world
            .cache
            .read_through(Doubled, HOUR, async |n: u32| Ok::<_, String>(Some(u64::from(n) * 2)))
            .none_ttl(HOUR)
            .many({
                let asked = Arc::clone(&asked);
                move |ids: Vec<u32>| {
                    asked.lock().unwrap().push(ids.clone());
                    async move {
                        let found = ids.into_iter().filter(|n| *n < 10);
                        Ok(found.map(|n| (n, u64::from(n) * 2)).collect())
                    }
                }
            });
        doubled.get(&2).await.unwrap();
        let found = doubled.get_many(&[1, 2, 11, 1]).await.unwrap();
        assert_eq!(found, HashMap::from([(1, 2), (2, 4)]));
        assert_eq!(*asked.lock().unwrap(), [[1, 11]]);
        let (found, served) = inspect(doubled.get_many(&[1, 2, 11])).await;
        assert_eq!((found.unwrap().len(), served), (2, Served::Hit));
        assert_eq!(inspect(doubled.get(&11)).await, (Ok(None), Served::Hit));
        assert!(doubled.get_many(&[]).await.unwrap().is_empty());
    }

    /// Without a second loader.
    async fn many_are_loaded_by_the_one_loader(world: &World) {
        let runs = Arc::new(AtomicUsize::new(0));
        let loader = {
            let runs = Arc::clone(&runs);
            move |n: u32| {
                runs.fetch_add(1, Ordering::SeqCst);
                async move {
                    match n {
                        0 => Err("zero"),
                        n => Ok(Arc::new(u64::from(n) * 2)),
                    }
                }
            }
        };
        let doubled = world.cache.read_through(Doubled, HOUR, loader);
        let found = doubled.get_many(&[1, 2]).await.unwrap();
        assert_eq!((*found[&1], *found[&2]), (2, 4));
        assert_eq!(doubled.get_many(&[2, 3]).await.unwrap().len(), 2);
        assert_eq!(runs.load(Ordering::SeqCst), 3);
        assert_eq!(doubled.get_many(&[3, 0]).await, Err("zero"));
        assert_eq!(inspect(doubled.get(&3)).await, (Ok(Arc::new(6)), Served::Hit));
    }

    async fn at_most_so_many_loads(world: &World) {
        let source = CountingLoader::behind(Gate::closed(), user("a"));
        let users = users(world, &source).max_loads(1);
        let calls: Vec<_> = (0..3)
            .map(|id| {
                let users = users.clone();
                world.spawn(async move { users.get(&UserId(id)).await })
            })
            .collect();
        eventually(PATIENCE, || world.cache.stats().queued == 2).await;
        source.gate().open();
        for call in calls {
            call.await.unwrap();
        }
        assert_eq!((source.runs(), source.most_at_once()), (3, 1));
    }

    async fn other_versions_are_misses(world: &World) {
        let source = CountingLoader::new(user("a"));
        let first = users(world, &source);
        let second = first.clone().version(2).jitter(0.0);
        first.get(&UserId(1)).await;
        assert_eq!(inspect(second.get(&UserId(1))).await.1, Served::Miss);
        assert_eq!(inspect(second.get(&UserId(1))).await.1, Served::Hit);
    }
}

#[tokio::test]
async fn what_is_out_of_range_is_refused_when_it_is_set() {
    let world = World::memory().await;
    let source = CountingLoader::new(user("a"));
    let refused = |set: &dyn Fn() -> ReadThrough<UserById<'static>, User>| {
        let panic = std::panic::catch_unwind(std::panic::AssertUnwindSafe(set)).unwrap_err();
        let formatted = panic.downcast_ref::<String>().cloned();
        formatted.unwrap_or_else(|| (*panic.downcast_ref::<&str>().unwrap()).to_owned())
    };
    let zero = || {
        let source = source.clone();
        world
            .cache
            .read_through(UserById, Duration::ZERO, move |_| {
                let source = source.clone();
                async move { source.load().await }
            })
    };
    assert!(refused(&zero).starts_with("`ttl` must not be zero"));
    let users = || users(&world, &source);
    let message = refused(&|| users().none_ttl(Duration::ZERO));
    assert!(message.starts_with("`none_ttl` must not be zero"));
    let message = refused(&|| users().max_loads(0));
    assert!(message.starts_with("`max_loads` must not be zero"));
    for share in [-0.1, 1.1, f64::NAN] {
        let message = refused(&|| users().jitter(share));
        assert!(message.starts_with("`jitter` is a share"), "{message}");
    }
}

#[tokio::test]
async fn neither_keys_nor_values_are_shown() {
    let world = World::memory().await;
    let users = users(&world, &CountingLoader::new(user("secret")));
    users.get(&UserId(1)).await;
    assert_eq!(
        format!("{users:?}"),
        "ReadThrough { template: \"user:<id>\", ttl: 3600s, .. }"
    );
}
