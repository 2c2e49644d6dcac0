//! Deletions that wait for replicas: what is confirmed is gone on the replica when the call returns, and what is not is said.

#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot go on fails, and says where"
)]

#[path = "../common/mod.rs"]
mod common;
mod gone;
#[path = "../behaviour/heard.rs"]
mod heard;
mod structures;

use std::collections::BTreeMap;
use std::time::Duration;

use cached_redis_runtime::{
    Cache, CacheBuilder, Error, ErrorKind, Served, cache_aside, cache_invalidate, inspect, key,
    transaction, write_through,
};
use cached_redis_tests::{Sentinels, Server, ServerBuilder, Stopwatch, eventually};

use crate::common::PATIENCE;
use crate::heard::Heard;

/// Longer than any replica takes to go on.
const LONG: Duration = Duration::from_secs(20);
const SHORT: Duration = Duration::from_millis(50);
const DEADLINE: Duration = Duration::from_millis(500);
/// What a busy machine may add.
const SLACK: Duration = Duration::from_secs(2);

#[cache_aside(key = "d:<id>", ttl = 600, tags("group:<id>"), skip(value))]
async fn read(id: u64, value: u32) -> u32 {
    value
}

#[cache_invalidate(key = "d:<id>")]
async fn write(id: u64) {
    let _ = id;
}

#[cache_invalidate(key = "d:<id>", before)]
async fn write_guarded(id: u64) {
    let _ = id;
}

#[cache_invalidate(tags("group:<id>"))]
async fn write_group(id: u64) {
    let _ = id;
}

#[cache_invalidate(key = "d:<id>", on_error = "fail")]
async fn write_strictly(id: u64) -> Result<u64, Error> {
    Ok(id)
}

/// Somebody else deletes the key meanwhile, so that the value is not stored and the key is deleted.
#[write_through(key = "d:<id>", ttl = 600)]
async fn write_in_vain(id: u64, server: &Server) -> u32 {
    server.run(&["DEL", &format!("d:{id}")]);
    7
}

struct World {
    cache: Cache,
    primary: Server,
    replica: Server,
}

impl World {
    async fn start(limit: Duration) -> Self {
        Self::start_on(Server::builder(), limit).await
    }

    async fn start_on(server: ServerBuilder, limit: Duration) -> Self {
        let fast = ["--repl-diskless-sync", "yes", "--repl-diskless-sync-delay"];
        let primary = server.args(&fast).args(&["0"]).start();
        let at = primary.port().unwrap().to_string();
        let replica = Server::start_with(&["--replicaof", "127.0.0.1", &at]);
        let linked = || {
            let link = replica.info("replication");
            link.get("master_link_status").is_some_and(|it| it == "up")
        };
        eventually(PATIENCE, linked).await;
        let cache = settings(primary.url(), limit).connect().await.unwrap();
        Self {
            cache,
            primary,
            replica,
        }
    }

    async fn run<F: Future>(&self, future: F) -> F::Output {
        self.cache.scope(future).await
    }

    /// Stores an entry that the replica has.
    async fn store(&self, id: u64) -> String {
        let key = format!("d:{id}");
        self.run(read(id, 1)).await;
        let is_stored = || self.replica.get(&key) == self.primary.get(&key);
        assert!(self.primary.get(&key).is_some());
        eventually(PATIENCE, is_stored).await;
        key
    }

    /// The call goes on only when the replica does, and then the replica knows.
    async fn waits<F>(&self, id: u64, call: F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let key = self.store(id).await;
        self.replica.stop();
        let cache = self.cache.clone();
        let call = tokio::spawn(async move { cache.scope(call).await });
        // A write with `before` leaves nothing either, once it is over.
        eventually(PATIENCE, || {
            self.primary.get(&key).is_none() && self.waiting() == 1
        })
        .await;
        assert!(!call.is_finished(), "{id}");
        self.replica.cont();
        call.await.unwrap();
        assert_eq!(self.replica.get(&key), None, "{id}");
    }

    /// How many clients of the primary are held up by a `WAIT`.
    fn waiting(&self) -> u64 {
        let clients = self.primary.info("clients");
        clients["blocked_clients"].parse().unwrap()
    }
}

fn settings(url: String, limit: Duration) -> CacheBuilder {
    let builder = Cache::builder(url).deadline(DEADLINE);
    builder.wait_for_replicas(1, limit)
}

#[tokio::test]
async fn whatever_deletes_returns_when_the_replica_knows() {
    let world = World::start(LONG).await;
    world.waits(1, write(1)).await;
    world.waits(2, write_guarded(2)).await;
    world.waits(3, write_group(3)).await;
    let cache = world.cache.clone();
    let by_hand = async move { cache.invalidate(key!("d:4")).await.unwrap() };
    world.waits(4, by_hand).await;
    let strictly = async { assert_eq!(write_strictly(5).await.unwrap(), 5) };
    world.waits(5, strictly).await;
    let in_block = async {
        let block = async {
            write(6).await;
            Ok::<_, ()>(())
        };
        transaction(block).await.unwrap();
    };
    world.waits(6, in_block).await;
    let stats = world.cache.stats();
    assert_eq!((stats.unconfirmed, stats.total().unconfirmed), (0, 0));
    assert_eq!((stats.pending_deletes, stats.total().lost_deletes), (0, 0));
}

#[tokio::test]
async fn a_value_that_may_not_be_stored_is_deleted_on_the_replica_as_well() {
    let world = World::start(LONG).await;
    world.primary.reset_commandstats();
    world.run(write_in_vain(1, &world.primary)).await;
    assert_eq!(world.primary.data_commands().get("wait"), Some(&1));
    assert_eq!(world.cache.stats().unconfirmed, 0);
}

#[tokio::test]
async fn a_replica_that_does_not_answer_is_not_waited_for_any_longer() {
    let heard = Heard::default();
    let _listening = tracing::subscriber::set_default(heard.clone());
    let world = World::start(SHORT).await;
    for id in 1..=5 {
        world.store(id).await;
    }
    world.replica.stop();
    let watch = Stopwatch::start();
    world.run(write(1)).await;
    assert!(watch.elapsed() >= SHORT, "{:?}", watch.elapsed());
    assert!(watch.elapsed() < DEADLINE + 2 * SHORT + SLACK);
    world.run(write_guarded(2)).await;
    world.run(write_group(3)).await;
    for id in 1..=3 {
        assert_eq!(world.run(inspect(read(id, 2))).await, (2, Served::Miss));
    }
    let error = world.run(write_strictly(4)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unconfirmed);
    let text = error.to_string();
    assert!(
        text.contains("the write took place") && text.contains("failover"),
        "{text}"
    );
    for failed in [
        world.cache.invalidate(key!("d:5")).await,
        world.cache.invalidate_tag(key!("group:1")).await,
    ] {
        assert_eq!(failed.unwrap_err().kind(), ErrorKind::Unconfirmed);
    }
    for id in 4..=5 {
        assert_eq!(world.run(inspect(read(id, 2))).await, (2, Served::Miss));
    }
    let stats = world.cache.stats();
    assert_eq!(stats.unconfirmed, 6);
    let family = stats.family("d:<id>").unwrap();
    assert_eq!((family.invalidations, family.unconfirmed), (3, 3));
    assert_eq!((stats.pending_deletes, stats.total().lost_deletes), (0, 0));
    assert_eq!(stats.total().unconfirmed, 4, "those of functions");
    assert_eq!(stats.total().errors, 0);
    assert_eq!(heard.times("confirmed by 0 of 1 replicas"), 1, "said once");

    world.replica.cont();
    eventually(PATIENCE, || world.replica.keys() == world.primary.keys()).await;
    let before = world.cache.stats().unconfirmed;
    // It may still be busy with what it has missed.
    eventually(PATIENCE, || world.waiting() == 0).await;
    world.run(write(1)).await;
    assert!(world.cache.stats().unconfirmed <= before + 1);
}

/// One after the other they would take ten seconds.
#[tokio::test]
async fn those_who_come_together_wait_together() {
    const LIMIT: Duration = Duration::from_millis(200);
    let world = World::start(LIMIT).await;
    world.replica.stop();
    world.primary.reset_commandstats();
    let watch = Stopwatch::start();
    let calls: Vec<_> = (0..50)
        .map(|id| {
            let cache = world.cache.clone();
            tokio::spawn(async move { cache.scope(write_strictly(id)).await })
        })
        .collect();
    for call in calls {
        let error = call.await.unwrap().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unconfirmed);
    }
    assert!(watch.elapsed() < 2 * LIMIT + SLACK, "{:?}", watch.elapsed());
    let waits = world.primary.data_commands()["wait"];
    assert!(waits <= 4, "{waits}");
    assert_eq!(world.cache.stats().unconfirmed, 50);
}

#[tokio::test]
async fn a_server_without_replicas_is_reported_once() {
    let heard = Heard::default();
    let _listening = tracing::subscriber::set_default(heard.clone());
    let server = Server::start();
    let cache = settings(server.url(), SHORT).connect().await.unwrap();
    for id in 0..3 {
        cache.scope(write(id)).await;
    }
    assert_eq!(cache.stats().total().unconfirmed, 3);
    assert_eq!(heard.times("confirmed by 0 of 1 replicas"), 1);
}

#[tokio::test]
async fn a_user_who_may_not_wait_still_deletes() {
    let heard = Heard::default();
    let _listening = tracing::subscriber::set_default(heard.clone());
    let server = Server::builder()
        .user("app", "pw", "~* +@all -wait")
        .start();
    let cache = settings(server.url(), LONG).connect().await.unwrap();
    cache.scope(read(1, 1)).await;
    let error = cache.scope(write_strictly(1)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unconfirmed);
    assert_eq!(cache.scope(inspect(read(1, 2))).await, (2, Served::Miss));
    assert_eq!(heard.times("may not run `wait`"), 1);
}

/// A user who loses the right to run scripts while a body runs. To give a lease back is no deletion that anybody waits for.
#[tokio::test]
async fn a_lease_that_is_given_back_by_hand_waits_for_nobody() {
    #[cache_aside(key = "s:<id>", ttl = 600, skip(server))]
    async fn string(id: u64, server: &Server) -> Result<BTreeMap<String, u64>, u64> {
        server.run(&["ACL", "SETUSER", "app", "-eval", "-evalsha"]);
        Err(id)
    }

    #[cache_aside(key = "h:<id>", ttl = 600, layout = hash, skip(server))]
    async fn hash(id: u64, server: &Server) -> Result<BTreeMap<String, u64>, u64> {
        server.run(&["ACL", "SETUSER", "app", "-eval", "-evalsha"]);
        Err(id)
    }

    let server = Server::builder().user("app", "pw", "~* +@all").start();
    let cache = settings(server.url(), SHORT).connect().await.unwrap();
    cache.scope(hash(1, &server)).await.unwrap_err();
    server.run(&["ACL", "SETUSER", "app", "+@all"]);
    cache.scope(string(1, &server)).await.unwrap_err();
    eventually(PATIENCE, || server.keys().is_empty()).await;
    assert_eq!(server.data_commands().get("wait"), None);
    assert_eq!(cache.stats().unconfirmed, 0);
}

/// The deadline and twice the limit, and then it is a deletion like any other that has failed.
#[tokio::test]
async fn a_primary_that_hangs_is_waited_for_as_long_as_the_builder_says() {
    let world = World::start(SHORT).await;
    world.store(1).await;
    world.primary.stop();
    let watch = Stopwatch::start();
    let error = world.run(write_strictly(1)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout);
    assert!(watch.elapsed() < DEADLINE + 2 * SHORT + SLACK);
    assert_eq!(world.cache.stats().pending_deletes, 1);
    world.primary.cont();
    eventually(PATIENCE, || world.cache.stats().pending_deletes == 0).await;
    eventually(PATIENCE, || world.replica.get("d:1").is_none()).await;
    assert!(world.primary.commandstats()["wait"] > 0);
}

#[tokio::test]
async fn by_default_nobody_waits() {
    let server = Server::start();
    let cache = Cache::connect(server.url()).await.unwrap();
    server.reset_commandstats();
    cache.scope(read(1, 1)).await;
    cache.scope(write_strictly(1)).await.unwrap();
    let commands = server.data_commands();
    assert_eq!(commands.get("wait"), None);
    assert_eq!(commands.get("del"), Some(&1));
}

#[tokio::test]
async fn behind_sentinels() {
    let servers = Sentinels::start();
    let cache = settings(servers.url(), LONG).connect().await.unwrap();
    cache.scope(read(1, 1)).await;
    servers.first().reset_commandstats();
    cache.scope(write_strictly(1)).await.unwrap();
    assert_eq!(servers.second().get("d:1"), None);
    assert_eq!(servers.first().data_commands().get("wait"), Some(&1));
}

#[tokio::test]
async fn a_setting_that_cannot_be_meant() {
    for (replicas, limit) in [
        (0, SHORT),
        (65, SHORT),
        (1, Duration::ZERO),
        (1, Duration::from_secs(61)),
    ] {
        let builder = Cache::builder("memory://").wait_for_replicas(replicas, limit);
        let error = builder.connect().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Setting);
        assert!(error.to_string().contains("`wait_for_replicas`"), "{error}");
    }
    let memory = Cache::builder("memory://").wait_for_replicas(1, SHORT);
    let memory = memory.connect().await.unwrap();
    memory.scope(write_strictly(1)).await.unwrap();
    assert_eq!(memory.stats().unconfirmed, 0);
}
