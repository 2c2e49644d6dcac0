//! ACL users: with what the README lists everything works, with anything less something does not, and then nobody waits.

#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot go on fails, and says where"
)]

mod common;
#[path = "behaviour/heard.rs"]
mod heard;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::Duration;

use cached_redis_runtime::structures::{Counter, Feed, Ranking, RateLimit, Uniques};
use cached_redis_runtime::{
    Cache, ErrorKind, Served, cache_aside, cache_invalidate, field, field_of, inspect, key,
    transaction, write_through,
};
use cached_redis_tests::{Server, Stopwatch, eventually, pause};
use serde::{Deserialize, Serialize};

use crate::common::{PATIENCE, age};
use crate::heard::Heard;

const README: &str = include_str!("../../README.md");
/// Short, so that a body soon needs its lease renewed.
const LEASE: Duration = Duration::from_millis(60);

#[cache_aside(key = "user:<id>", ttl = 600, tags("team:<team>"), skip(team))]
async fn read(id: u64, team: u32) -> Result<u64, u32> {
    if id == 0 { Err(team) } else { Ok(id) }
}

#[cache_aside(key = "slow:<id>", ttl = 600)]
async fn read_slowly(id: u64) -> u64 {
    pause(LEASE).await;
    id
}

#[cache_aside(key = "row:<ids>", each = ids, ttl = 600)]
async fn read_many(ids: &[u64]) -> HashMap<u64, u64> {
    ids.iter().map(|id| (*id, *id)).collect()
}

#[cache_aside(key = "session:<id>", ttl = 600, jitter = 0.0, sliding)]
async fn read_session(id: u64) -> u64 {
    id
}

#[derive(Clone, Serialize, Deserialize)]
struct Profile {
    name: String,
}

#[cache_aside(key = "profile:<id>", ttl = forever, layout = hash)]
async fn read_profile(id: u64) -> Result<Profile, u64> {
    let name = id.to_string();
    if id == 0 {
        Err(id)
    } else {
        Ok(Profile { name })
    }
}

#[write_through(key = "profile:<id>", layout = hash, field = Profile.name, value = name)]
async fn rename(id: u64, name: String) {
    let _ = (id, name);
}

#[cache_invalidate(key = "user:<id>", before, tags("team:<team>"))]
async fn write(id: u64, team: u32) -> Result<(), ()> {
    let _ = (id, team);
    Ok(())
}

/// The README's commands for this file's functions.
fn documented() -> Vec<&'static str> {
    let (_, section) = README.split_once("**ACL users**").unwrap();
    let (section, _) = section.split_once("\n## ").unwrap();
    let words = section.split([' ', '`', ',', '\n']);
    let commands: BTreeSet<_> = words.filter_map(|word| word.strip_prefix('+')).collect();
    // One server, database 0.
    let elsewhere = ["role", "select", "cluster|slots", "asking", "readonly"];
    commands
        .into_iter()
        .filter(|command| !elsewhere.contains(command))
        .collect()
}

fn server_with(commands: &[&str]) -> Server {
    let rules: Vec<_> = commands
        .iter()
        .map(|command| format!("+{command}"))
        .collect();
    let rules = format!("~shop:* {}", rules.join(" "));
    Server::builder().user("app", "pw", &rules).start()
}

async fn connect(server: &Server) -> Result<Cache, cached_redis_runtime::Error> {
    let builder = Cache::builder(server.url()).namespace("shop").lease(LEASE);
    // There is none, and nobody has to be waited for to see whether it is allowed.
    let builder = builder.wait_for_replicas(1, Duration::from_millis(1));
    builder.deadline(Duration::from_secs(5)).connect().await
}

/// A read that renews, which happens in the background.
async fn renew(server: &Server, cache: &Cache) {
    cache.scope(read_session(1)).await;
    age(server, "shop:session:1", Duration::from_secs(300));
    if cache.scope(inspect(read_session(1))).await.1 == Served::Hit {
        let family = || cache.stats().family("session:<id>").cloned().unwrap();
        eventually(PATIENCE, || family().renewals + family().errors > 0).await;
    }
}

const HOUR: Duration = Duration::from_secs(3600);

/// Each structure, whatever comes of it.
async fn structures(cache: &Cache) {
    for life in [HOUR, Duration::MAX] {
        let name = life.as_secs();
        let board = Ranking::new(cache, key!("board:<name>"), life, || async {
            Ok::<_, ()>(vec![(1_u64, 1.0), (2, 2.0)])
        });
        let feed = Feed::new(cache, key!("feed:<name>"), life, 2, async |_| {
            Ok::<_, ()>(vec![1])
        });
        let write = async || Ok::<_, ()>(3);
        for _ in 0..2 {
            board.top(1).await.unwrap();
            board.around(&1, 1).await.unwrap();
            feed.latest(1).await.unwrap();
            board.record(&1, 3, write()).await.unwrap().cached.ok();
            feed.push(write()).await.unwrap().cached.ok();
            board
                .record(&1, 3, async { Err::<(), _>(()) })
                .await
                .unwrap_err();
        }
        board.remove(&1, write()).await.unwrap().cached.ok();
    }
    Counter::new(cache, key!("views"))
        .ttl(HOUR)
        .incr()
        .await
        .ok();
    for uniques in [
        Uniques::exact(cache, key!("exact"), HOUR),
        Uniques::approximate(cache, key!("approximate"), HOUR),
    ] {
        uniques.add("x").await.ok();
        uniques.count().await.ok();
    }
    let limit = RateLimit::new(cache, 1, HOUR);
    assert!(limit.check(key!("limit")).await.is_allowed());
}

/// Every sort of command once, whatever comes of it.
async fn everything(server: &Server, cache: &Cache) {
    cache
        .scope(async {
            for _ in 0..2 {
                read(1, 1).await.unwrap();
                read(0, 1).await.unwrap_err();
                read_slowly(1).await;
                read_many(&[1, 2, 3]).await;
                for id in [0, 1] {
                    field_of(read_profile(id), field!(Profile.name)).await.ok();
                }
                rename(1, "Ada".to_owned()).await;
            }
            write(1, 1).await.unwrap();
            transaction(write(1, 1)).await.unwrap();
        })
        .await;
    renew(server, cache).await;
    structures(cache).await;
}

/// The commands that were refused, without their subcommands, which servers before 7.0 do not name.
fn refused(server: &Server) -> BTreeSet<String> {
    let log: Vec<BTreeMap<String, redis::Value>> =
        redis::from_redis_value(server.cli(&["ACL", "LOG"])).unwrap();
    let command = |mut entry: BTreeMap<String, redis::Value>| {
        let object: String = redis::from_redis_value(entry.remove("object").unwrap()).unwrap();
        name(&object).to_owned()
    };
    log.into_iter().map(command).collect()
}

fn name(command: &str) -> &str {
    command.split('|').next().unwrap_or(command)
}

#[tokio::test]
async fn what_the_readme_lists_is_enough() {
    let server = server_with(&documented());
    let cache = connect(&server).await.unwrap();
    everything(&server, &cache).await;
    assert_eq!(cache.scope(inspect(read_slowly(1))).await, (1, Served::Hit));
    let mut refused = refused(&server);
    // The name of this library, for `CLIENT LIST`, and what is tried to see whether it is there: nothing is lost without.
    refused.remove("client");
    refused.remove("waitaof");
    assert_eq!(refused, BTreeSet::new());
    for template in ["user:<id>", "slow:<id>", "row:<ids>"] {
        let stats = cache.stats().family(template).cloned().unwrap();
        assert_eq!((stats.errors, stats.lost_deletes), (0, 0), "{template}");
        assert!(stats.fills > 0, "{template}");
    }
    for template in ["board:<name>", "feed:<name>", "views", "exact", "limit"] {
        let stats = cache.stats().family(template).cloned().unwrap();
        assert_eq!((stats.errors, stats.lost_deletes), (0, 0), "{template}");
        assert!(stats.changes > 0, "{template}");
    }
}

#[tokio::test]
async fn nothing_that_the_readme_lists_can_be_left_out() {
    let documented = documented();
    assert!(documented.len() > 12, "{documented:?}");
    let server = server_with(&documented);
    for command in &documented {
        server.run(&["ACL", "SETUSER", "app", &format!("-{}", name(command))]);
        server.run(&["ACL", "LOG", "RESET"]);
        server.run(&["FLUSHALL"]);
        if let Ok(cache) = connect(&server).await {
            everything(&server, &cache).await;
        }
        assert!(
            refused(&server).contains(name(command)),
            "`{command}` is not needed"
        );
        server.run(&["ACL", "SETUSER", "app", &format!("+{command}")]);
    }
}

#[tokio::test]
async fn without_scripts_connecting_is_refused() {
    let without: Vec<_> = documented();
    let without: Vec<_> = without.into_iter().filter(|one| *one != "eval").collect();
    let server = server_with(&without);
    let error = connect(&server).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Auth);
    assert!(error.to_string().contains("may not run `eval`"), "{error}");
}

/// The right is taken away from a program that runs: it goes on without the cache, and says why.
#[tokio::test]
async fn a_right_that_is_taken_away() {
    let heard = Heard::default();
    let _listening = tracing::subscriber::set_default(heard.clone());
    let server = server_with(&documented());
    let cache = connect(&server).await.unwrap();
    server.run(&["ACL", "SETUSER", "app", "-eval", "-evalsha"]);
    server.run(&["CLIENT", "KILL", "USER", "app"]);
    eventually(PATIENCE, || heard.times("may not run `eval`") > 0).await;
    assert_eq!(
        cache.scope(inspect(read_slowly(7))).await,
        (7, Served::Uncached)
    );
    assert_eq!(heard.times("may not run `eval`"), 1);
    server.run(&["ACL", "SETUSER", "app", "+eval", "+evalsha"]);
    eventually(PATIENCE, || cache.stats().connected).await;
    assert_eq!(
        cache.scope(inspect(read_slowly(8))).await,
        (8, Served::Miss)
    );
    assert_eq!(cache.scope(inspect(read_slowly(8))).await, (8, Served::Hit));
}

/// A claim that is made and can be neither filled nor given back by script would be waited for by everybody.
#[tokio::test]
async fn a_user_who_may_claim_and_not_fill_waits_for_nothing() {
    let heard = Heard::default();
    let _listening = tracing::subscriber::set_default(heard.clone());
    let without: Vec<_> = documented();
    let without: Vec<_> = without
        .into_iter()
        .filter(|one| *one != "getrange")
        .collect();
    let server = server_with(&without);
    let builder = Cache::builder(server.url()).namespace("shop");
    let cache = builder
        .deadline(Duration::from_secs(5))
        .connect()
        .await
        .unwrap();
    let watch = Stopwatch::start();
    cache
        .scope(async {
            for _ in 0..3 {
                assert_eq!(inspect(read_slowly(1)).await, (1, Served::Miss));
                assert_eq!(read_many(&[1, 2, 3]).await.len(), 3);
            }
        })
        .await;
    assert!(
        watch.elapsed() < Duration::from_secs(4),
        "{:?}",
        watch.elapsed()
    );
    eventually(PATIENCE, || server.keys().is_empty()).await;
    assert_eq!(heard.times("could not use the cache"), 1, "said once");
}
