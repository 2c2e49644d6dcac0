//! Two real processes on one server; one of them is killed with SIGKILL.
//!
//! The test function `second_process` is the other process: see `ChildProcess`. The source of truth is a plain key on
//! the same server, which both processes read and count through connections of their own.

#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot go on fails, and says where"
)]

mod common;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use cached_redis_runtime::{Cache, Served, cache_aside, cache_invalidate, inspect};
use cached_redis_tests::{ChildProcess, Role, Server, Stopwatch, eventually};
use redis::aio::MultiplexedConnection;

/// The database: it counts its queries and keeps them waiting until somebody opens it.
#[derive(Clone)]
struct Database(MultiplexedConnection);

impl Database {
    async fn connect(url: &str) -> Self {
        let client = redis::Client::open(url).unwrap();
        Self(client.get_multiplexed_async_connection().await.unwrap())
    }

    async fn get(&mut self, key: &str) -> Option<String> {
        redis::cmd("GET")
            .arg(key)
            .query_async(&mut self.0)
            .await
            .unwrap()
    }

    async fn set(&mut self, key: &str, value: &str) {
        let set = redis::cmd("SET").arg(key).arg(value).to_owned();
        set.query_async::<()>(&mut self.0).await.unwrap();
    }

    async fn count(&mut self, key: &str) {
        redis::cmd("INCR")
            .arg(key)
            .query_async::<()>(&mut self.0)
            .await
            .unwrap();
    }

    /// Reads the value first and then waits, as a query whose answer is on its way while somebody else commits.
    async fn query(&mut self, gate: &str) -> String {
        let value = self.get("db:value").await.unwrap_or_default();
        self.count("db:queries").await;
        while self.get(gate).await.is_none() {
            cached_redis_tests::pause(Duration::from_millis(2)).await;
        }
        value
    }
}

#[cache_aside(key = "doc", ttl = 3600, skip(database, gate))]
async fn read(mut database: Database, gate: &'static str) -> String {
    database.query(gate).await
}

#[cache_aside(key = "hot", ttl = "1m", refresh_ahead = 0.8, skip(database))]
async fn read_ahead(mut database: Database) -> String {
    database.query("gate").await
}

#[cache_aside(key = "stale", ttl = "1m", stale = "1h", skip(database))]
async fn read_stale(mut database: Database) -> Result<String, ()> {
    database.count("db:queries").await;
    database.get("db:value").await.ok_or(())
}

#[cache_invalidate(key = "doc")]
async fn write(mut database: Database, value: &str) {
    database.set("db:value", value).await;
}

/// It never gets from its commit to its deletion.
#[cache_invalidate(key = "doc", before)]
async fn write_guarded(mut database: Database, value: &str, committed: impl FnOnce()) {
    database.set("db:value", value).await;
    committed();
    std::future::pending::<()>().await;
}

#[cache_invalidate(key = "doc")]
async fn write_unguarded(mut database: Database, value: &str, committed: impl FnOnce()) {
    database.set("db:value", value).await;
    committed();
    std::future::pending::<()>().await;
}

/// Either process: a cache and a database on the server at `url`.
struct Process {
    cache: Cache,
    database: Database,
}

impl Process {
    async fn at(url: &str) -> Self {
        let builder = Cache::builder(url)
            .deadline(Duration::from_secs(5))
            .lease(Duration::from_millis(600))
            .wait(Duration::from_secs(20));
        Self {
            cache: builder.connect().await.unwrap(),
            database: Database::connect(url).await,
        }
    }

    async fn read(&self, gate: &'static str) -> (String, Served) {
        self.cache
            .scope(inspect(read(self.database.clone(), gate)))
            .await
    }

    fn spawn_read(&self, gate: &'static str) -> tokio::task::JoinHandle<(String, Served)> {
        let (cache, database) = (self.cache.clone(), self.database.clone());
        tokio::spawn(async move { cache.scope(inspect(read(database, gate))).await })
    }
}

fn run<T>(part: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap()
        .block_on(part)
}

const PATIENCE: Duration = Duration::from_secs(20);

#[test]
fn second_process() {
    let url = std::env::var("SERVER_URL").unwrap_or_default();
    Role::play("callers", |role| {
        run(async {
            let process = Process::at(&url).await;
            let callers: Vec<_> = (0..500).map(|_| process.spawn_read("gate")).collect();
            // One of the two processes has a caller that loads, the other one that polls.
            eventually(PATIENCE, || process.cache.stats().waiting == 499).await;
            role.say("499 wait");
            for caller in callers {
                assert_eq!(caller.await.unwrap().0, "v1");
            }
            role.say(&process.cache.stats().total().loads.to_string());
        });
    });
    Role::play("reader", |role| {
        run(async {
            let process = Process::at(&url).await;
            let old = process.spawn_read("gate");
            let mut database = process.database.clone();
            while database.get("db:queries").await.is_none() {
                cached_redis_tests::pause(Duration::from_millis(2)).await;
            }
            role.say("loading");
            assert_eq!(role.hear(), "read again");
            role.say(&process.read("open").await.0);
            assert_eq!(role.hear(), "finish");
            role.say(&old.await.unwrap().0);
            role.say(&process.read("open").await.0);
        });
    });
}

/// Reads again and again in many tasks, until the parent says that it is enough.
async fn read_until_told<F, Fut>(role: &Role, process: &Process, read: F)
where
    F: Fn(Database) -> Fut + Clone + Send + Sync + 'static,
    Fut: Future<Output: Send> + Send,
{
    let ended = Arc::new(AtomicBool::new(false));
    let reader = |_| {
        let (ended, read) = (Arc::clone(&ended), read.clone());
        let (cache, database) = (process.cache.clone(), process.database.clone());
        tokio::spawn(async move {
            while !ended.load(Ordering::Relaxed) {
                cache.scope(read(database.clone())).await;
                cached_redis_tests::pause(Duration::from_millis(1)).await;
            }
        })
    };
    let readers: Vec<_> = (0..200).map(reader).collect();
    let hits = || process.cache.stats().total().hits;
    role.say("reading");
    while role.hear() == "go on" {
        let before = hits();
        eventually(PATIENCE, || hits() > before + 400).await;
        role.say("they do");
    }
    ended.store(true, Ordering::Relaxed);
    for reader in readers {
        reader.await.unwrap();
    }
    let stats = process.cache.stats().total();
    role.say(&(stats.misses + stats.joined).to_string());
}

#[test]
fn fourth_process() {
    let url = std::env::var("SERVER_URL").unwrap_or_default();
    Role::play("hot readers", |role| {
        run(async {
            let process = Process::at(&url).await;
            read_until_told(role, &process, read_ahead).await;
        });
    });
    Role::play("stale readers", |role| {
        run(async {
            let process = Process::at(&url).await;
            let read = async |database| assert!(read_stale(database).await.is_ok());
            read_until_told(role, &process, read).await;
        });
    });
}

/// Two processes with two hundred readers each.
async fn readers(role: &'static str, server: &Arc<Server>) -> Vec<ChildProcess> {
    let url = server.url();
    blocking(move || {
        let env = [("SERVER_URL", url.as_str())];
        let mut children = [0, 1].map(|_| ChildProcess::spawn("fourth_process", role, &env));
        for child in &mut children {
            assert_eq!(child.hear(), "reading");
        }
        children.into()
    })
    .await
}

/// All of them read, and none waits for the source.
async fn go_on(mut children: Vec<ChildProcess>) -> Vec<ChildProcess> {
    blocking(move || {
        for child in &mut children {
            child.tell("go on");
        }
        for child in &mut children {
            assert_eq!(child.hear(), "they do");
        }
        children
    })
    .await
}

/// Ends them. None had to load for himself.
async fn enough(children: Vec<ChildProcess>) {
    blocking(move || {
        for mut child in children {
            child.tell("enough");
            assert_eq!(child.hear(), "0");
            child.finish();
        }
    })
    .await;
}

#[test]
fn third_process() {
    let url = std::env::var("SERVER_URL").unwrap_or_default();
    Role::play("guarded writer", |role| {
        run(async {
            let Process { cache, database } = Process::at(&url).await;
            let committed = || role.say("committed");
            cache.scope(write_guarded(database, "v2", committed)).await;
        });
    });
    Role::play("writer", |role| {
        run(async {
            let Process { cache, database } = Process::at(&url).await;
            let committed = || role.say("committed");
            cache
                .scope(write_unguarded(database, "v2", committed))
                .await;
        });
    });
}

/// A process that has committed and cannot delete any more.
async fn stuck_after_the_commit(server: &Arc<Server>, role: &'static str) -> ChildProcess {
    let env = server.url();
    blocking(move || {
        let mut child = ChildProcess::spawn("third_process", role, &[("SERVER_URL", &env)]);
        assert_eq!(child.hear(), "committed");
        child
    })
    .await
}

fn other(role: &str, server: &Server) -> ChildProcess {
    ChildProcess::spawn("second_process", role, &[("SERVER_URL", &server.url())])
}

async fn prepared() -> (Arc<Server>, Process) {
    let server = Arc::new(Server::start());
    let mut process = Process::at(&server.url()).await;
    process.database.set("db:value", "v1").await;
    process.database.set("open", "").await;
    (server, process)
}

/// The harness's children talk in blocking lines.
async fn blocking<T: Send + 'static>(part: impl FnOnce() -> T + Send + 'static) -> T {
    tokio::task::spawn_blocking(part).await.unwrap()
}

/// Another process whose load has read its value and waits.
async fn loading_elsewhere(server: &Arc<Server>) -> ChildProcess {
    let server = Arc::clone(server);
    blocking(move || {
        let mut child = other("reader", &server);
        assert_eq!(child.hear(), "loading");
        child
    })
    .await
}

#[test]
fn two_processes_with_five_hundred_callers_each_load_once() {
    run(async {
        let (server, mut here) = prepared().await;
        let spawn = {
            let server = Arc::clone(&server);
            move || [other("callers", &server), other("callers", &server)]
        };
        let children = blocking(move || {
            let mut children = spawn();
            for child in &mut children {
                assert_eq!(child.hear(), "499 wait");
            }
            children
        })
        .await;
        here.database.set("gate", "").await;
        let loads = blocking(move || {
            let mut loads = 0;
            for mut child in children {
                loads += child.hear().parse::<u32>().unwrap();
                child.finish();
            }
            loads
        })
        .await;
        assert_eq!(loads, 1);
        assert_eq!(here.database.get("db:queries").await.as_deref(), Some("1"));
    });
}

#[test]
fn the_others_go_on_when_the_loading_process_is_killed() {
    run(async {
        let (server, here) = prepared().await;
        let mut child = loading_elsewhere(&server).await;
        let waiters: Vec<_> = (0..50).map(|_| here.spawn_read("open")).collect();
        eventually(PATIENCE, || here.cache.stats().waiting == 49).await;
        let watch = Stopwatch::start();
        child.kill();
        for waiter in waiters {
            assert_eq!(waiter.await.unwrap().0, "v1");
        }
        // The lease of 600 ms runs out, and one of the fifty loads.
        assert!(
            watch.elapsed() < Duration::from_secs(3),
            "{:?}",
            watch.elapsed()
        );
        assert_eq!(here.cache.stats().total().loads, 1);
        assert_eq!(here.read("open").await.1, Served::Hit);
    });
}

#[test]
fn a_load_of_another_process_stores_nothing_after_an_invalidation() {
    run(async {
        let (server, here) = prepared().await;
        let mut child = loading_elsewhere(&server).await;
        here.cache.scope(write(here.database.clone(), "v2")).await;
        assert_eq!(here.read("open").await.0, "v2");
        // In the process whose old load still runs, a new call does not join it.
        child.tell("read again");
        let mut child = blocking(move || {
            assert_eq!(child.hear(), "v2");
            child
        })
        .await;
        here.database.clone().set("gate", "").await;
        child.tell("finish");
        let child = blocking(move || {
            assert_eq!(child.hear(), "v1", "the old call's own caller");
            assert_eq!(child.hear(), "v2");
            child
        })
        .await;
        assert_eq!(here.read("open").await, ("v2".to_owned(), Served::Hit));
        blocking(move || child.finish()).await;
    });
}

#[test]
fn nothing_stale_is_left_by_a_process_killed_after_its_commit() {
    run(async {
        let (server, here) = prepared().await;
        assert_eq!(here.read("open").await.0, "v1");
        let mut child = stuck_after_the_commit(&server, "guarded writer").await;
        assert_eq!(here.read("open").await, ("v2".to_owned(), Served::Uncached));
        child.kill();
        let watch = Stopwatch::start();
        // Its guard stands for another 600 ms at most, and everybody reads what was committed.
        loop {
            let (value, how) = here.read("open").await;
            assert_eq!(value, "v2");
            if how == Served::Hit {
                break;
            }
            cached_redis_tests::pause(Duration::from_millis(10)).await;
        }
        assert!(
            watch.elapsed() < Duration::from_secs(3),
            "{:?}",
            watch.elapsed()
        );
    });
}

/// What the test above is about.
#[test]
fn without_before_the_old_value_stays() {
    run(async {
        let (server, here) = prepared().await;
        assert_eq!(here.read("open").await.0, "v1");
        let mut child = stuck_after_the_commit(&server, "writer").await;
        child.kill();
        assert_eq!(here.read("open").await, ("v1".to_owned(), Served::Hit));
    });
}

#[test]
fn two_processes_with_two_hundred_readers_each_ask_once_per_period() {
    run(async {
        let (server, mut here) = prepared().await;
        here.database.set("gate", "").await;
        here.cache.scope(read_ahead(here.database.clone())).await;
        let mut children = readers("hot readers", &server).await;
        for period in 1..=3 {
            server.run(&["DEL", "gate"]);
            let before = server.get("hot").unwrap();
            common::age(&server, "hot", Duration::from_secs(50));
            let asked = (period + 1).to_string();
            let queries = || server.get("db:queries").unwrap() == asked.as_bytes();
            eventually(PATIENCE, queries).await;
            // The source has been asked and does not answer; they go on.
            children = go_on(children).await;
            here.database.set("gate", "").await;
            let nonce = || server.get("hot").map(|entry| entry[1..17].to_vec());
            eventually(PATIENCE, || nonce().as_deref() != Some(&before[1..17])).await;
            children = go_on(children).await;
        }
        enough(children).await;
        let asked = here.database.get("db:queries").await;
        assert_eq!(asked.as_deref(), Some("4"), "once, and once per period");
    });
}

#[test]
fn a_source_that_fails_is_asked_by_one_of_two_processes() {
    run(async {
        let (server, mut here) = prepared().await;
        here.cache
            .scope(read_stale(here.database.clone()))
            .await
            .unwrap();
        let children = readers("stale readers", &server).await;
        server.run(&["DEL", "db:value"]);
        let watch = Stopwatch::start();
        common::age(&server, "stale", Duration::from_secs(60));
        let mut children = go_on(children).await;
        for _ in 0..5 {
            children = go_on(children).await;
        }
        let attempts: u64 = here
            .database
            .get("db:queries")
            .await
            .unwrap()
            .parse()
            .unwrap();
        // One interval of a second after the other, and the first at once.
        assert!(
            (2..=2 + watch.elapsed().as_secs()).contains(&attempts),
            "{attempts}"
        );
        here.database.set("db:value", "v2").await;
        eventually(PATIENCE, || {
            let entry = server.get("stale").unwrap_or_default();
            String::from_utf8_lossy(&entry).contains("v2")
        })
        .await;
        let now: u64 = here
            .database
            .get("db:queries")
            .await
            .unwrap()
            .parse()
            .unwrap();
        assert!(now > attempts);
        enough(go_on(children).await).await;
    });
}
