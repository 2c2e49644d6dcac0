//! What `cache_invalidate` deletes, and when.

use cached_redis_runtime::{Served, cache_aside, cache_invalidate, inspect, key};
use cached_redis_tests::{CountingLoader, Gate};
use serde::{Deserialize, Serialize};

use crate::common::World;
use crate::on_every_store;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct User {
    id: u64,
    team: String,
}

impl User {
    fn new(id: u64, team: &str) -> Self {
        Self {
            id,
            team: team.to_owned(),
        }
    }
}

type Source = CountingLoader<User>;

#[cache_aside(key = "user:<id>", ttl = 60, skip(source))]
async fn find(source: &Source, id: u64) -> User {
    source.load().await
}

#[cache_aside(key = "maybe:<id>", ttl = 60, none_ttl = 60, skip(source))]
async fn find_maybe(source: &CountingLoader<Option<User>>, id: u64) -> Option<User> {
    source.load().await
}

#[cache_aside(key = "team:<team>", ttl = 60, skip(source))]
async fn of_team(source: &Source, team: &str) -> Vec<User> {
    vec![source.load().await]
}

async fn served_user(source: &Source) -> Served {
    inspect(find(source, 1)).await.1
}

on_every_store! {
    async fn the_read_after_a_write_is_fresh(world: &World) {
        #[cache_invalidate(key = "user:<user.id>")]
        async fn update(source: &Source, user: User) -> Result<(), String> {
            // The argument moves into the body: its key was taken before.
            source.set(user);
            Ok(())
        }

        let source = Source::new(User::new(1, "a"));
        find(&source, 1).await;
        update(&source, User::new(1, "b")).await.unwrap();
        assert_eq!(inspect(find(&source, 1)).await, (User::new(1, "b"), Served::Miss));
        assert_eq!(world.family("user:<user.id>").invalidations, 1);
    }

    async fn several_keys_go_at_once(world: &World) {
        #[cache_invalidate(keys("user:<user.id>", "team:<user.team>"))]
        async fn update(source: &Source, user: &User) {
            source.set(user.clone());
        }

        let source = Source::new(User::new(1, "a"));
        find(&source, 1).await;
        of_team(&source, "b").await;
        if world.is_redis() {
            world.server().reset_commandstats();
        }
        update(&source, &User::new(1, "b")).await;
        if world.is_redis() {
            let commands = world.server().data_commands();
            assert_eq!(commands.get("del"), Some(&1), "{commands:?}");
        }
        assert_eq!(served_user(&source).await, Served::Miss);
        assert_eq!(inspect(of_team(&source, "b")).await.1, Served::Miss);
    }

    async fn the_result_can_name_the_key(_world: &World) {
        #[cache_invalidate(key = "maybe:<ret.id>")]
        async fn create(
            source: &CountingLoader<Option<User>>,
            user: User,
        ) -> Result<User, String> {
            source.set(Some(user.clone()));
            Ok(user)
        }

        let source = CountingLoader::new(None);
        assert_eq!(find_maybe(&source, 1).await, None);
        assert_eq!(inspect(find_maybe(&source, 1)).await.1, Served::Hit);
        create(&source, User::new(1, "a")).await.unwrap();
        assert_eq!(inspect(find_maybe(&source, 1)).await, (Some(User::new(1, "a")), Served::Miss));
    }

    async fn result_and_argument_in_one_key(_world: &World) {
        #[cache_aside(key = "t:<tenant>:u:<id>", ttl = 60, skip(source))]
        async fn read(source: &Source, tenant: String, id: u64) -> User {
            source.load().await
        }

        #[cache_invalidate(key = "t:<tenant>:u:<ret.id>")]
        async fn create(source: &Source, tenant: String) -> Option<User> {
            drop(tenant);
            Some(source.peek())
        }

        let source = Source::new(User::new(1, "a"));
        read(&source, "x:y".to_owned(), 1).await;
        create(&source, "other".to_owned()).await;
        assert_eq!(inspect(read(&source, "x:y".to_owned(), 1)).await.1, Served::Hit);
        create(&source, "x:y".to_owned()).await;
        assert_eq!(inspect(read(&source, "x:y".to_owned(), 1)).await.1, Served::Miss);
    }

    async fn an_error_invalidates_only_with_always(_world: &World) {
        #[cache_invalidate(key = "user:<id>")]
        async fn failing(id: u64) -> Result<(), String> {
            Err(format!("no row {id}"))
        }

        #[cache_invalidate(key = "user:<id>", always)]
        async fn doubtful(id: u64) -> Result<(), String> {
            Err(format!("timeout on {id}"))
        }

        let source = Source::new(User::new(1, "a"));
        find(&source, 1).await;
        assert_eq!(failing(1).await, Err("no row 1".to_owned()));
        assert_eq!(served_user(&source).await, Served::Hit);
        assert_eq!(doubtful(1).await, Err("timeout on 1".to_owned()));
        assert_eq!(served_user(&source).await, Served::Miss);
    }

    async fn when_decides_per_call(_world: &World) {
        #[cache_invalidate(key = "user:<id>", when = !dry_run)]
        async fn update(id: u64, dry_run: bool) {
            let _ = (id, dry_run);
        }

        let source = Source::new(User::new(1, "a"));
        find(&source, 1).await;
        update(1, true).await;
        assert_eq!(served_user(&source).await, Served::Hit);
        update(1, false).await;
        assert_eq!(served_user(&source).await, Served::Miss);
    }

    async fn it_may_be_given_several_times(_world: &World) {
        #[cache_invalidate(key = "user:<user.id>")]
        #[cache_invalidate(key = "team:<user.team>", always)]
        async fn update(user: &User, fail: bool) -> Result<(), String> {
            let _ = user;
            if fail {
                return Err("failed".to_owned());
            }
            Ok(())
        }

        let source = Source::new(User::new(1, "a"));
        find(&source, 1).await;
        of_team(&source, "a").await;
        assert!(update(&User::new(1, "a"), true).await.is_err());
        assert_eq!(served_user(&source).await, Served::Hit);
        assert_eq!(inspect(of_team(&source, "a")).await.1, Served::Miss);
        update(&User::new(1, "a"), false).await.unwrap();
        assert_eq!(served_user(&source).await, Served::Miss);
    }

    async fn by_hand_and_by_another_client(world: &World) {
        let source = Source::new(User::new(1, "a"));
        let id = 1;
        find(&source, id).await;
        world.cache.invalidate(key!("user:<id>")).await.unwrap();
        assert_eq!(served_user(&source).await, Served::Miss);
        world.plain_delete(key!("user:<id>")).await;
        assert_eq!(served_user(&source).await, Served::Miss);
    }

    /// The key is an argument of the awaited call, as one writes it, and the task may move between threads.
    async fn by_hand_in_a_task_of_its_own(world: &World) {
        let source = Source::new(User::new(1, "a"));
        find(&source, 1).await;
        let cache = world.cache.clone();
        let id = 1;
        let task = tokio::spawn(async move { cache.invalidate(key!("user:<id>")).await });
        task.await.unwrap().unwrap();
        assert_eq!(served_user(&source).await, Served::Miss);
    }

    async fn a_dropped_writer_still_invalidates(world: &World) {
        #[cache_invalidate(key = "user:<user.id>")]
        async fn update(source: Source, committed: Gate, user: User) {
            source.set(user);
            committed.pass().await;
        }

        let source = Source::new(User::new(1, "a"));
        find(&source, 1).await;
        let committed = Gate::closed();
        let writer = world.spawn(update(source.clone(), committed.clone(), User::new(1, "b")));
        committed.reached().await;
        assert_eq!(served_user(&source).await, Served::Hit);
        writer.abort();
        assert!(writer.await.unwrap_err().is_cancelled());
        // At once for this process; on the server as soon as the deletion has been sent in the background.
        assert_eq!(find(&source, 1).await, User::new(1, "b"));
        world.deletions_made_good().await;
        assert_eq!(find(&source, 1).await, User::new(1, "b"));
        assert_eq!(served_user(&source).await, Served::Hit);
    }

    async fn a_panicking_writer_still_invalidates(world: &World) {
        #[cache_invalidate(key = "user:<id>")]
        async fn update(source: Source, id: u64) {
            source.set(User::new(id, "b"));
            panic!("after the commit");
        }

        let source = Source::new(User::new(1, "a"));
        find(&source, 1).await;
        assert!(world.spawn(update(source.clone(), 1)).await.unwrap_err().is_panic());
        world.deletions_made_good().await;
        assert_eq!(inspect(find(&source, 1)).await, (User::new(1, "b"), Served::Miss));
    }
}
