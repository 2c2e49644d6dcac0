//! `before` where guards cannot be placed, kept or ended. What it does otherwise is in `behaviour/before`.

use std::time::Duration;

use cached_redis_runtime::{Error, ErrorKind, Served, cache_aside, cache_invalidate, inspect};
use cached_redis_tests::{CountingLoader, Gate, Server, Stopwatch};
use futures_util::FutureExt as _;
use tokio::task::JoinHandle;

use crate::common::World;

type Source = CountingLoader<u64>;

#[cache_aside(key = "stock", ttl = 60, skip(source))]
async fn stock(source: &Source) -> u64 {
    source.load().await
}

#[cache_invalidate(key = "stock", before)]
async fn set(source: Source, value: u64, begun: Gate) {
    begun.pass().await;
    source.set(value);
}

async fn served(source: &Source) -> (u64, Served) {
    inspect(stock(source)).await
}

async fn begun(world: &World, source: &Source, value: u64) -> (Gate, JoinHandle<()>) {
    let gate = Gate::closed();
    let write = world.spawn(set(source.clone(), value, gate.clone()));
    gate.reached().await;
    (gate, write)
}

/// Neither full nor with less rights: as long as the server deletes, what was stored in between is gone afterwards.
async fn deletes_before_and_after(world: &World, repair: impl FnOnce(&Server)) {
    world
        .run(async {
            let source = Source::new(1);
            let (gate, write) = begun(world, &source, 2).await;
            assert!(world.server().keys().is_empty(), "deleted before the body");
            repair(world.server());
            assert_eq!(served(&source).await, (1, Served::Miss), "not guarded");
            assert_eq!(served(&source).await, (1, Served::Hit));
            gate.open();
            write.await.unwrap();
            assert_eq!(served(&source).await, (2, Served::Miss));
            let stats = world.family("stock");
            assert_eq!((stats.invalidations, stats.lost_deletes), (1, 0));
            assert!(stats.errors > 0, "{stats:?}");
        })
        .await;
}

fn fill_up(server: &Server) {
    server.run(&["CONFIG", "SET", "maxmemory-policy", "noeviction"]);
    server.run(&["CONFIG", "SET", "maxmemory", "1"]);
}

fn make_room(server: &Server) {
    server.run(&["CONFIG", "SET", "maxmemory", "0"]);
}

#[tokio::test]
async fn on_a_full_server_there_is_a_deletion_before_and_after() {
    let world = World::redis().await;
    world.run(stock(&Source::new(1))).await;
    fill_up(world.server());
    deletes_before_and_after(&world, make_room).await;
}

#[tokio::test]
async fn a_user_who_may_not_run_the_script_may_still_delete() {
    let server = Server::builder()
        .user("app", "pw", "~* +@all -time")
        .start();
    let world = World::redis_on(server, |builder| builder).await;
    world.run(stock(&Source::new(1))).await;
    deletes_before_and_after(&world, |_| {}).await;
}

/// A writer that finds no room does not open the door of one who stands in the guard already.
#[tokio::test]
async fn a_guard_on_a_server_that_fills_up_stays() {
    let world = World::redis().await;
    world
        .run(async {
            let source = Source::new(1);
            let (first, first_write) = begun(&world, &source, 2).await;
            fill_up(world.server());
            let (second, second_write) = begun(&world, &source, 3).await;
            assert_eq!(world.server().keys(), ["stock"]);
            second.open();
            second_write.await.unwrap();
            make_room(world.server());
            assert_eq!(served(&source).await, (3, Served::Uncached));
            first.open();
            first_write.await.unwrap();
            assert_eq!(served(&source).await, (2, Served::Miss));
        })
        .await;
}

/// As the plain deletion does.
#[tokio::test]
async fn a_key_of_another_type_is_cleared() {
    let world = World::redis().await;
    world
        .run(async {
            world.server().run(&["RPUSH", "stock", "a"]);
            let source = Source::new(1);
            let (gate, write) = begun(&world, &source, 2).await;
            assert_eq!(served(&source).await, (1, Served::Uncached));
            gate.open();
            write.await.unwrap();
            assert_eq!(served(&source).await, (2, Served::Miss));
        })
        .await;
}

#[tokio::test]
async fn a_frozen_server_holds_the_body_up_for_one_deadline() {
    let deadline = Duration::from_millis(100);
    let world = World::redis_with(|builder| builder.deadline(deadline)).await;
    world
        .run(async {
            let source = Source::new(1);
            stock(&source).await;
            world.server().stop();
            let watch = Stopwatch::start();
            let (gate, write) = begun(&world, &source, 2).await;
            assert!(watch.elapsed() < 4 * deadline, "{:?}", watch.elapsed());
            gate.open();
            write.await.unwrap();
            assert_eq!(world.family("stock").lost_deletes, 1);
            assert_eq!(stock(&source).await, 2, "bypassed");
            world.server().cont();
            world.deletions_made_good().await;
            assert_eq!(stock(&source).await, 2);
        })
        .await;
}

/// The server was there at the beginning: its guard is ended when it is back.
#[tokio::test]
async fn a_guard_that_could_not_be_ended_is_ended_later() {
    let deadline = Duration::from_millis(100);
    let world = World::redis_with(|builder| builder.deadline(deadline)).await;
    world
        .run(async {
            let source = Source::new(1);
            let (gate, write) = begun(&world, &source, 2).await;
            let (other, other_write) = begun(&world, &source, 3).await;
            world.server().stop();
            gate.open();
            write.await.unwrap();
            assert_eq!(world.cache.stats().pending_deletes, 1);
            world.server().cont();
            world.deletions_made_good().await;
            assert_eq!(
                served(&source).await,
                (2, Served::Uncached),
                "the other one's guard stands"
            );
            other.open();
            other_write.await.unwrap();
            assert_eq!(served(&source).await, (3, Served::Miss));
        })
        .await;
}

/// Scripts hold everybody up while they run, so a guard must not cost more than its length.
#[tokio::test]
async fn a_guard_with_very_many_writers_does_not_stop_the_server() {
    let world = World::redis_with(|builder| builder.deadline(Duration::from_secs(2))).await;
    world
        .run(async {
            let for_long = [0xFF, 0, 0, 0, 0, 0];
            let writers = (0..20_000_u128).flat_map(|token| {
                let token = token.to_be_bytes();
                token.into_iter().chain(for_long)
            });
            let guard = [0xFB; 17].into_iter().chain(writers);
            world.server().set("stock", &guard.collect::<Vec<u8>>());
            let source = Source::new(1);
            set(source.clone(), 2, Gate::opened()).await;
            let stats = world.family("stock");
            assert_eq!((stats.invalidations, stats.errors), (1, 0));
            assert_eq!(served(&source).await, (2, Served::Uncached));
        })
        .await;
}

/// Whether the guard was placed nobody knows: it must go all the same.
#[tokio::test(flavor = "multi_thread")]
async fn a_write_that_is_dropped_while_it_enters_leaves_nothing() {
    let world = World::redis().await;
    world
        .run(async {
            let source = Source::new(1);
            world.server().stop();
            let mut write = Box::pin(set(source.clone(), 2, Gate::opened()));
            assert!(write.as_mut().now_or_never().is_none(), "it enters");
            drop(write);
            assert_eq!(world.cache.stats().pending_deletes, 1);
            world.server().cont();
            world.deletions_made_good().await;
            assert_eq!(served(&source).await, (1, Served::Miss));
            assert_eq!(served(&source).await, (1, Served::Hit));
        })
        .await;
}

#[tokio::test]
async fn a_guard_that_cannot_be_ended_is_an_error_where_that_was_asked_for() {
    #[cache_invalidate(key = "stock", before, on_error = "fail")]
    async fn strict(server: &Server) -> Result<(), Error> {
        server.kill();
        Ok(())
    }

    let world = World::redis().await;
    let error = world.run(strict(world.server())).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert!(
        error.to_string().contains("the write took place"),
        "{error}"
    );
    assert_eq!(world.cache.stats().pending_deletes, 1);
    assert_eq!(world.family("stock").lost_deletes, 1);
}
