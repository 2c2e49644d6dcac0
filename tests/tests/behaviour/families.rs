//! Key families in both attributes and by hand. They come from another crate, and from another edition.

use std::sync::Arc;

use cached_redis_families::keys::{AllUsers, Member, Team, UserById};
use cached_redis_families::{User, UserId};
use cached_redis_runtime::{KeyFamily as _, Served, cache_aside, cache_invalidate, inspect};
use cached_redis_tests::{CountingLoader, Gate};

use crate::common::World;
use crate::on_every_store;

type Source = CountingLoader<User>;

fn user(team: &str) -> User {
    User {
        id: UserId(1),
        team: team.to_owned(),
    }
}

#[cache_aside(key = UserById(id), ttl = 60, skip(source))]
async fn find(source: &Source, id: UserId) -> User {
    let UserId(_) = id;
    source.load().await
}

#[cache_aside(key = Member(team, id), ttl = 60, skip(source))]
async fn member(source: &Source, team: String, id: &UserId) -> Option<User> {
    drop((team, id));
    Some(source.load().await)
}

#[cache_aside(key = Team(team), ttl = 60, skip(source))]
async fn team(source: &Source, team: &str) -> Result<Arc<Vec<User>>, String> {
    let _ = team;
    Ok(Arc::new(vec![source.load().await]))
}

#[cache_aside(key = AllUsers(), ttl = 60, skip(source))]
async fn all(source: &Source) -> Vec<User> {
    vec![source.load().await]
}

async fn served(source: &Source) -> [Served; 4] {
    [
        inspect(find(source, UserId(1))).await.1,
        inspect(member(source, "a".to_owned(), &UserId(1))).await.1,
        inspect(team(source, "a")).await.1,
        inspect(all(source)).await.1,
    ]
}

const HIT: Served = Served::Hit;
const MISS: Served = Served::Miss;

on_every_store! {
    async fn a_reader_stores_under_its_family(world: &World) {
        let source = Source::new(user("a"));
        assert_eq!(served(&source).await, [MISS; 4]);
        assert_eq!(served(&source).await, [HIT; 4]);
        assert_eq!(source.runs(), 4);
        assert_eq!(world.family(UserById::TEMPLATE).fills, 1);
        assert_eq!(world.family("team:{<team>}:m:<id>").fills, 1);
        if world.is_redis() {
            for key in ["user:1", "team:{a}:m:1", "team:{a}", "users:all"] {
                assert!(world.server().get(key).is_some(), "{key}");
            }
        }
    }

    /// The reader by family and the writer by template, and the other way round.
    async fn a_family_is_its_template(_world: &World) {
        #[cache_aside(key = "user:<id>", ttl = 60, skip(source))]
        async fn by_template(source: &Source, id: u64) -> Option<Arc<User>> {
            let _ = id;
            Some(Arc::new(source.load().await))
        }

        #[cache_invalidate(key = "user:<id>")]
        async fn clear(id: u64) {
            let _ = id;
        }

        let source = Source::new(user("a"));
        find(&source, UserId(1)).await;
        assert_eq!(inspect(by_template(&source, 1)).await.1, HIT);
        clear(1).await;
        assert_eq!(inspect(by_template(&source, 1)).await.1, MISS);
        assert_eq!(inspect(find(&source, UserId(1))).await.1, HIT);
    }

    async fn a_write_clears_families_and_templates_with_one_command(world: &World) {
        #[cache_invalidate(keys(UserById(user.id), Member(&user.team, user.id), "team:{<user.team>}", AllUsers()))]
        async fn update(source: &Source, user: User) -> Result<(), String> {
            // The argument moves into the body: its keys were taken before.
            source.set(user);
            Ok(())
        }

        let source = Source::new(user("a"));
        served(&source).await;
        if world.is_redis() {
            world.server().reset_commandstats();
        }
        update(&source, user("a")).await.unwrap();
        if world.is_redis() {
            let commands = world.server().data_commands();
            assert_eq!(commands.get("del"), Some(&1), "{commands:?}");
        }
        assert_eq!(served(&source).await, [MISS; 4]);
        assert_eq!(world.family("user:<id>").invalidations, 4);
    }

    async fn the_result_names_the_key(world: &World) {
        #[cache_invalidate(keys(UserById(ret.id), Member(team.clone(), ret.id), Team(team)))]
        async fn create(team: String, fail: bool) -> Result<Option<User>, String> {
            match (fail, team.is_empty()) {
                (true, _) => Err(team),
                (false, true) => Ok(None),
                (false, false) => Ok(Some(user(&team))),
            }
        }

        let source = Source::new(user("a"));
        served(&source).await;
        assert!(create("a".to_owned(), true).await.is_err());
        assert_eq!(create(String::new(), false).await, Ok(None));
        assert_eq!(served(&source).await, [HIT; 4]);
        if world.is_redis() {
            world.server().reset_commandstats();
        }
        create("a".to_owned(), false).await.unwrap();
        if world.is_redis() {
            let commands = world.server().data_commands();
            assert_eq!(commands.get("del"), Some(&1), "{commands:?}");
        }
        assert_eq!(served(&source).await, [MISS, MISS, MISS, HIT]);
    }

    async fn a_dropped_writer_clears_what_it_named(world: &World) {
        #[cache_invalidate(keys(Team(team), UserById(ret)))]
        async fn leave(committed: Gate, team: &'static str) -> UserId {
            let _ = team;
            committed.pass().await;
            UserId(1)
        }

        let source = Source::new(user("a"));
        served(&source).await;
        let committed = Gate::closed();
        let writer = world.spawn(leave(committed.clone(), "a"));
        committed.reached().await;
        writer.abort();
        assert!(writer.await.unwrap_err().is_cancelled());
        world.deletions_made_good().await;
        // Without a result nobody knows the user.
        assert_eq!(served(&source).await, [HIT, HIT, MISS, HIT]);
    }

    async fn by_hand(world: &World) {
        let source = Source::new(user("a"));
        served(&source).await;
        let key = Team("a").key();
        world.cache.invalidate(UserById(&UserId(1))).await.unwrap();
        world.cache.invalidate(&key).await.unwrap();
        world.cache.invalidate(AllUsers().key()).await.unwrap();
        assert_eq!(served(&source).await, [MISS, HIT, MISS, MISS]);
        world.plain_delete(key).await;
        assert_eq!(served(&source).await, [HIT, HIT, MISS, HIT]);
    }

    /// Arguments are expressions: each call has its own, whatever they are made of.
    async fn arguments_are_expressions(_world: &World) {
        struct Repo {
            offset: u64,
        }

        impl Repo {
            #[cache_aside(key = UserById(UserId(self.offset + u64::from(*id))), ttl = 60, skip(source))]
            async fn find(&self, source: &Source, id: &u32) -> User {
                let _ = id;
                source.load().await
            }
        }

        let source = Source::new(user("a"));
        let (one, two) = (Repo { offset: 0 }, Repo { offset: 1 });
        one.find(&source, &2).await;
        assert_eq!(inspect(two.find(&source, &1)).await.1, HIT);
        assert_eq!(inspect(two.find(&source, &2)).await.1, MISS);
    }
}
