//! A feed as its users see it.

use std::future::Future;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use cached_redis_runtime::structures::{Feed, Ranking};
use cached_redis_runtime::{Cache, ErrorKind, Format, Served, bypass, inspect, key, transaction};
use cached_redis_tests::{Gate, eventually};
use serde::{Deserialize, Serialize};

use super::HOUR;
use crate::common::{PATIENCE, World};
use crate::on_every_store;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Post {
    id: u64,
    text: String,
}

/// Posts, as the database has them: the oldest first.
#[derive(Clone, Debug)]
struct Posts {
    rows: Arc<Mutex<Vec<Post>>>,
    gate: Gate,
    reads: Arc<AtomicUsize>,
}

impl Posts {
    fn of(n: u64) -> Self {
        let posts = Self {
            rows: Arc::default(),
            gate: Gate::opened(),
            reads: Arc::default(),
        };
        for _ in 0..n {
            posts.add();
        }
        posts
    }

    fn add(&self) -> Post {
        let mut rows = self.rows.lock().unwrap();
        let id = rows.len() as u64 + 1;
        let text = format!("post {id}");
        let post = Post { id, text };
        rows.push(post.clone());
        post
    }

    async fn insert(&self) -> Result<Post, String> {
        tokio::task::yield_now().await;
        Ok(self.add())
    }

    fn reads(&self) -> usize {
        self.reads.load(Ordering::SeqCst)
    }

    fn feed(&self, world: &World) -> Feed<Post, String> {
        self.feed_in(&world.cache)
    }

    fn feed_in(&self, cache: &Cache) -> Feed<Post, String> {
        let posts = self.clone();
        Feed::new(cache, key!("feed"), HOUR, 5, move |n| {
            posts.clone().newest(n)
        })
    }

    fn newest(self, n: usize) -> impl Future<Output = Result<Vec<Post>, String>> + Send {
        self.reads.fetch_add(1, Ordering::SeqCst);
        let rows = self.rows.lock().unwrap().clone();
        async move {
            self.gate.pass().await;
            Ok(rows.into_iter().rev().take(n).collect())
        }
    }
}

async fn ids(feed: &Feed<Post, String>, n: usize) -> (Vec<u64>, Served) {
    let (posts, served) = inspect(feed.latest(n)).await;
    (
        posts.unwrap().into_iter().map(|post| post.id).collect(),
        served,
    )
}

on_every_store! {
    async fn the_newest_come_first_and_no_more_than_the_cap(world: &World) {
        let posts = Posts::of(7);
        let feed = posts.feed(world);
        assert_eq!(ids(&feed, 3).await, (vec![7, 6, 5], Served::Miss));
        assert_eq!(ids(&feed, 3).await, (vec![7, 6, 5], Served::Hit));
        for id in [8, 9] {
            let pushed = feed.push(posts.insert()).await.unwrap();
            assert_eq!(pushed.into_result().unwrap().id, id);
        }
        assert_eq!(ids(&feed, 100).await, (vec![9, 8, 7, 6, 5], Served::Hit));
        assert_eq!(ids(&feed, 0).await, (vec![], Served::Hit));
        assert_eq!(posts.reads(), 1);
        assert_eq!(bypass(feed.latest(100)).await, feed.latest(100).await);
        let stats = world.family("feed");
        assert_eq!((stats.fills, stats.changes), (1, 2));
        if world.is_redis() {
            let length: u64 = redis::from_redis_value(world.server().cli(&["LLEN", "feed"])).unwrap();
            assert_eq!(length, 6, "a header and five items");
        }
    }

    async fn that_there_is_nothing_is_known_too(world: &World) {
        let posts = Posts::of(0);
        let feed = posts.feed(world);
        for served in [Served::Miss, Served::Hit] {
            assert_eq!(ids(&feed, 3).await, (vec![], served));
        }
        feed.push(posts.insert()).await.unwrap().cached.unwrap();
        assert_eq!(ids(&feed, 3).await, (vec![1], Served::Hit));
        assert_eq!(posts.reads(), 1);
    }

    async fn a_push_that_the_source_refuses_is_none(world: &World) {
        let posts = Posts::of(2);
        let feed = posts.feed(world);
        feed.latest(1).await.unwrap();
        let refused = async { Err::<Post, _>("full") };
        assert_eq!(feed.push(refused).await.unwrap_err(), "full");
        assert_eq!(ids(&feed, 9).await, (vec![2, 1], Served::Hit));
    }

    /// Whether what was read has the item, nobody knows.
    async fn a_push_while_the_feed_is_built_is_there_once(world: &World) {
        let posts = Posts::of(2);
        let feed = posts.feed(world);
        posts.gate.close();
        let builder = world.spawn({
            let feed = feed.clone();
            async move { ids(&feed, 9).await.0 }
        });
        posts.gate.reached().await;
        feed.push(posts.insert()).await.unwrap().cached.unwrap();
        posts.gate.open();
        assert_eq!(builder.await.unwrap(), [2, 1], "as it was when it asked");
        assert_eq!(ids(&feed, 9).await, (vec![3, 2, 1], Served::Miss));
        assert_eq!(ids(&feed, 9).await, (vec![3, 2, 1], Served::Hit));
    }

    /// Built between the source's change and the end of the push: the item is there already.
    async fn a_push_around_a_build_is_there_once(world: &World) {
        let posts = Posts::of(2);
        let feed = posts.feed(world);
        let gate = Gate::closed();
        let pusher = world.spawn({
            let (feed, posts, gate) = (feed.clone(), posts.clone(), gate.clone());
            async move {
                let write = async {
                    let post = posts.add();
                    gate.pass().await;
                    Ok::<_, String>(post)
                };
                feed.push(write).await.unwrap().cached.unwrap();
            }
        });
        gate.reached().await;
        assert_eq!(ids(&feed, 9).await, (vec![3, 2, 1], Served::Miss));
        assert_eq!(ids(&feed, 9).await, (vec![3, 2, 1], Served::Hit));
        gate.open();
        pusher.await.unwrap();
        assert_eq!(ids(&feed, 9).await, (vec![3, 2, 1], Served::Miss));
    }

    async fn what_was_deleted_while_it_was_built_is_not_stored(world: &World) {
        let posts = Posts::of(2);
        let feed = posts.feed(world);
        posts.gate.close();
        let builder = world.spawn({
            let feed = feed.clone();
            async move { feed.latest(9).await.unwrap() }
        });
        posts.gate.reached().await;
        world.plain_delete(key!("feed")).await;
        posts.gate.open();
        builder.await.unwrap();
        eventually(PATIENCE, || world.family("feed").rejected_fills == 1).await;
        assert_eq!(ids(&feed, 9).await.1, Served::Miss);
    }

    async fn another_version_or_format_is_never_read(world: &World) {
        let posts = Posts::of(2);
        let feed = posts.feed(world);
        feed.latest(1).await.unwrap();
        assert_eq!(ids(&feed.clone().version(2), 9).await, (vec![2, 1], Served::Miss));
        // Nor written to.
        feed.push(posts.insert()).await.unwrap().cached.unwrap();
        for (other, served) in [
            (feed.clone().version(2), Served::Miss),
            (feed.clone().codec(Format::Json), Served::Miss),
            (feed.clone().codec(Format::Json), Served::Hit),
            (feed.clone().codec(Format::Postcard), Served::Miss),
        ] {
            assert_eq!(ids(&other, 9).await, (vec![3, 2, 1], served));
        }
    }

    async fn hostile_bytes_are_never_a_value(world: &World) {
        if !world.is_redis() {
            return;
        }
        let server = world.server();
        let posts = Posts::of(2);
        let feed = posts.feed(world);
        for junk in [
            &["LPUSH", "feed", "x"][..],
            &["LSET", "feed", "1", "x"],
            &["LSET", "feed", "2", ""],
            &["LSET", "feed", "0", "x"],
            &["LPOP", "feed"],
        ] {
            feed.latest(1).await.unwrap();
            server.run(junk);
            assert_eq!(ids(&feed, 9).await, (vec![2, 1], Served::Miss), "{junk:?}");
            assert_eq!(ids(&feed, 9).await, (vec![2, 1], Served::Hit), "{junk:?}");
        }
        assert_eq!(world.family("feed").mismatches, 5);
        server.run(&["DEL", "feed"]);
        server.run(&["LPUSH", "feed", "x"]);
        feed.push(posts.insert()).await.unwrap().cached.unwrap();
        assert_eq!(ids(&feed, 9).await.0, [3, 2, 1]);
    }

    /// Of whatever type it is, and however long the item: it is not ours to delete.
    async fn a_key_of_another_type_is_left_alone(world: &World) {
        if !world.is_redis() {
            return;
        }
        let server = world.server();
        let small = Cache::builder(server.url()).max_value_bytes(64);
        let small = small.connect().await.unwrap();
        for (add, kind) in [
            (&["SADD", "feed", "x"][..], "set"),
            (&["ZADD", "feed", "1", "x"], "zset"),
        ] {
            let posts = Posts::of(1);
            server.run(add);
            for _ in 0..2 {
                assert_eq!(ids(&posts.feed(world), 9).await, (vec![1], Served::Uncached));
            }
            // It stores the first of these, and could not store the other.
            for text in ["short".to_owned(), "long".repeat(100)] {
                let post = async { Ok::<_, String>(Post { id: 2, text }) };
                let written = posts.feed_in(&small).push(post).await.unwrap();
                assert_eq!(written.cached.unwrap_err().kind(), ErrorKind::WrongType);
            }
            let is: String = redis::from_redis_value(server.cli(&["TYPE", "feed"])).unwrap();
            assert_eq!((&*is, server.ttl("feed")), (kind, None));
            assert_eq!(world.cache.stats().pending_deletes, 0);
            server.run(&["DEL", "feed"]);
        }
    }

    async fn in_a_transaction_it_waits_for_the_commit(world: &World) {
        let posts = Posts::of(1);
        let feed = posts.feed(world);
        feed.latest(1).await.unwrap();
        let block = transaction(async {
            feed.push(posts.insert()).await.unwrap().cached.unwrap();
            assert_eq!(ids(&feed, 9).await, (vec![2, 1], Served::Bypassed));
            Ok::<_, String>(())
        });
        block.await.unwrap();
        assert_eq!(ids(&feed, 9).await, (vec![2, 1], Served::Miss));
    }
}

/// However long the item.
#[tokio::test]
async fn a_ranking_of_the_same_name_stays() {
    for world in [
        World::memory_with(|builder| builder.max_value_bytes(64)).await,
        World::redis_with(|builder| builder.max_value_bytes(64)).await,
    ] {
        let board = Ranking::new(&world.cache, key!("feed"), HOUR, || async {
            Ok::<_, String>(vec![(7_u64, 1.0)])
        });
        board.len().await.unwrap();
        for text in ["short".to_owned(), "long".repeat(100)] {
            let post = async { Ok::<_, String>(Post { id: 1, text }) };
            let written = Posts::of(0).feed(&world).push(post).await.unwrap();
            assert_eq!(written.cached.unwrap_err().kind(), ErrorKind::WrongType);
            assert_eq!(inspect(board.len()).await, (Ok(1), Served::Hit));
        }
    }
}
