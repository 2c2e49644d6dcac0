//! What structures are on the server, byte for byte. Other processes, other languages and the next release read it: a change here
//! stands in the changelog under "stored formats".

use std::time::Duration;

use cached_redis_runtime::structures::{Counter, Feed, Ranking, RateLimit, Uniques};
use cached_redis_runtime::{Cache, key};
use cached_redis_tests::{Gate, Server};

const HOUR: Duration = Duration::from_secs(3600);

async fn connect(server: &Server) -> Cache {
    let builder = Cache::builder(server.url()).namespace("app");
    let builder = builder.deadline(Duration::from_secs(5));
    builder.connect().await.expect("a good URL")
}

fn board(cache: &Cache, name: &str) -> Ranking<String, String> {
    let rows = || async { Ok(vec![("a:b é".to_owned(), 2.5), ("x".to_owned(), -1.0)]) };
    Ranking::new(cache, key!("board:<name>"), HOUR, rows)
}

fn texts(server: &Server, command: &[&str]) -> Vec<String> {
    redis::from_redis_value(server.cli(command)).expect("texts")
}

#[tokio::test]
async fn a_ranking() {
    let server = Server::start();
    let cache = connect(&server).await;
    board(&cache, "a/b").len().await.expect("rows");
    assert_eq!(server.keys(), ["app:board:a%2Fb"]);
    let range = ["ZRANGE", "app:board:a%2Fb", "0", "-1", "WITHSCORES"];
    assert_eq!(texts(&server, &range), ["x", "-1", "a:b é", "2.5"]);
}

#[tokio::test]
async fn a_ranking_without_rows() {
    let server = Server::start();
    let cache = connect(&server).await;
    let empty = Ranking::new(&cache, key!("board"), HOUR, || async {
        Ok::<Vec<(u64, f64)>, String>(Vec::new())
    });
    empty.len().await.expect("no rows");
    let bytes = server.get("app:board").expect("a string");
    assert_eq!((bytes.len(), bytes[0]), (40, 0xF9));
    assert_eq!(
        bytes[17..27],
        [0; 10],
        "no format, no flags, no fingerprint"
    );
}

/// What stands beside a ranking while a writer is at work.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_stands_beside_a_ranking() {
    let server = Server::start();
    let cache = connect(&server).await;
    let gate = Gate::closed();
    let writer = tokio::spawn({
        let (gate, plain) = (gate.clone(), board(&cache, "1"));
        async move {
            plain.len().await.expect("rows");
            let write = async {
                gate.pass().await;
                Ok::<_, String>(())
            };
            plain
                .record(&"x".to_owned(), 7, write)
                .await
                .expect("a write")
                .cached
                .expect("stored");
        }
    });
    gate.reached().await;
    assert_eq!(
        server.keys(),
        [
            "app:%beside:until:{app:board:1}",
            "app:%beside:writers:{app:board:1}",
            "app:board:1"
        ]
    );
    let writers = texts(&server, &["HKEYS", "app:%beside:writers:{app:board:1}"]);
    assert_eq!(writers, ["x"]);
    let token = server.cli(&["HGET", "app:%beside:writers:{app:board:1}", "x"]);
    let token: Vec<u8> = redis::from_redis_value(token).expect("bytes");
    assert_eq!(token.len(), 16);
    let until = server.cli(&[
        "ZRANGE",
        "app:%beside:until:{app:board:1}",
        "0",
        "-1",
        "WITHSCORES",
    ]);
    let until: Vec<(Vec<u8>, f64)> = redis::from_redis_value(until).expect("a sorted set");
    assert_eq!((&until[0].0, &*until[1].0), (&token, &b"end"[..]));
    let time: (f64, f64) = redis::from_redis_value(server.cli(&["TIME"])).expect("a time");
    let now = time.0 * 1000.0 + time.1 / 1000.0;
    assert!(
        until[0].1 > now && until[0].1 <= now + 10_000.0,
        "{until:?}"
    );
    assert!(until[1].1 <= now + 3_600_000.0, "{until:?}");
    gate.open();
    writer.await.expect("no panic");
    assert_eq!(
        server.keys(),
        ["app:%beside:until:{app:board:1}", "app:board:1"]
    );
}

/// What stands beside a ranking while it is built, of a key with a hash tag.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_being_built() {
    let server = Server::start();
    let cache = connect(&server).await;
    let gate = Gate::closed();
    let reader = tokio::spawn({
        let (gate, cache) = (gate.clone(), cache.clone());
        async move {
            let tagged = Ranking::new(&cache, key!("board:{eu}"), HOUR, move || {
                let gate = gate.clone();
                async move {
                    gate.pass().await;
                    Ok::<_, String>(vec![(1_u64, 1.0)])
                }
            });
            tagged.len().await.expect("rows");
        }
    });
    gate.reached().await;
    let lease = server.get("app:board:{eu}").expect("a lease");
    assert_eq!((lease.len(), lease[0]), (17, 0xFA));
    let other = Ranking::new(&cache, key!("board:{eu}"), HOUR, || async {
        Ok::<Vec<(u64, f64)>, String>(Vec::new())
    });
    other
        .record(&2, 2, async { Ok::<_, String>(()) })
        .await
        .expect("a write")
        .cached
        .expect("stored");
    let next = server.cli(&[
        "ZRANGE",
        "app:%beside:next::board:{eu}",
        "0",
        "-1",
        "WITHSCORES",
    ]);
    let next: Vec<(Vec<u8>, f64)> = redis::from_redis_value(next).expect("a sorted set");
    assert_eq!(next, [(lease, 0.0), (b"2".to_vec(), 2.0)]);
    gate.open();
    reader.await.expect("no panic");
}

#[tokio::test]
async fn a_feed() {
    let server = Server::start();
    let cache = connect(&server).await;
    let feed = Feed::new(&cache, key!("feed"), HOUR, 3, |_| async {
        Ok::<_, String>(vec!["b".to_owned(), "a".to_owned()])
    });
    feed.latest(1).await.expect("items");
    feed.push(async { Ok::<_, String>("c".to_owned()) })
        .await
        .expect("a write")
        .cached
        .expect("stored");
    feed.push(async { Ok::<_, String>("d".to_owned()) })
        .await
        .expect("a write")
        .cached
        .expect("stored");
    let items = server.cli(&["LRANGE", "app:feed", "0", "-1"]);
    let items: Vec<Vec<u8>> = redis::from_redis_value(items).expect("a list");
    // MessagePack.
    assert_eq!(
        items[1..],
        [b"\xA1d".to_vec(), b"\xA1c".to_vec(), b"\xA1b".to_vec()]
    );
    let head = &items[0];
    assert_eq!(
        (head.len(), head[0], &head[17..19]),
        (40, 0xF8, &[1, 0][..])
    );
    let fingerprint = head[19..27].iter();
    let fingerprint = fingerprint.fold(0, |all, byte| all << 8 | u64::from(*byte));
    assert_eq!(fingerprint, 0xB8C2_B465_2F46_8DFE);
    let life = head[33..38]
        .iter()
        .fold(0, |life, byte| life << 8 | u64::from(*byte));
    assert!(
        (3_240_000..=3_600_000).contains(&life),
        "shortened by a tenth at most: {life}"
    );
}

#[tokio::test]
async fn what_is_counted() {
    let server = Server::start();
    let cache = connect(&server).await;
    Counter::new(&cache, key!("views"))
        .add(41)
        .await
        .expect("a sum");
    assert_eq!(server.get("app:views").as_deref(), Some(&b"41"[..]));
    let exact = Uniques::exact(&cache, key!("exact"), HOUR);
    for member in ["a:b", "x"] {
        exact.add(member).await.expect("a set");
    }
    let mut members = texts(&server, &["SMEMBERS", "app:exact"]);
    members.sort();
    assert_eq!(members, ["a%3Ab", "x"]);
    let approximate = Uniques::approximate(&cache, key!("approximate"), HOUR);
    approximate.add(&7).await.expect("an estimate");
    let hll = server.get("app:approximate").expect("a string");
    assert_eq!(&hll[..4], b"HYLL");
    let limit = RateLimit::new(&cache, 9, HOUR);
    for _ in 0..2 {
        assert!(limit.check(key!("limit")).await.is_allowed());
    }
    assert_eq!(server.get("app:limit").as_deref(), Some(&b"2"[..]));
}
