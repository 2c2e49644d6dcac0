//! Values that are read in pieces: always one value, and nobody waits while the server copies it.

use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use cached_redis_runtime::{Cache, Served, cache_aside, inspect, key};
use cached_redis_tests::{Clog, Server, Stopwatch};

use crate::common::PATIENCE;

const HUGE: usize = 3 << 20;
/// The bytes of the longest piece, and a little.
const PIECE: usize = 65 << 10;

/// Every place of it tells which edition it is of, and which place it is.
fn text(edition: u64, len: usize) -> String {
    let mut text = String::with_capacity(len + 16);
    for at in 0.. {
        if text.len() >= len {
            break;
        }
        write!(text, "{edition}:{at} ").unwrap();
    }
    text.truncate(len);
    text
}

#[derive(Clone, Debug)]
struct Archive {
    edition: Arc<AtomicU64>,
    len: usize,
}

impl Archive {
    fn of(len: usize) -> Self {
        Self {
            edition: Arc::new(AtomicU64::new(1)),
            len,
        }
    }

    #[cache_aside(key = "film:<id>", ttl = 600, jitter = 0)]
    async fn film(&self, id: u64) -> String {
        let _ = id;
        text(self.edition.load(Ordering::SeqCst), self.len)
    }
}

struct Cinema {
    server: Server,
    clog: Clog,
    cache: Cache,
    archive: Archive,
}

impl Cinema {
    /// With a film of so many bytes, which is known to be huge.
    async fn showing(len: usize) -> Self {
        let server = Server::start();
        let clog = Clog::before(&server).await;
        let builder = Cache::builder(clog.url()).deadline(PATIENCE);
        let cinema = Self {
            cache: builder.connect().await.unwrap(),
            archive: Archive::of(len),
            clog,
            server,
        };
        assert_eq!(cinema.film(1).await.1, Served::Miss);
        cinema.server.reset_commandstats();
        cinema
    }

    async fn film(&self, id: u64) -> (String, Served) {
        self.cache.scope(inspect(self.archive.film(id))).await
    }

    /// How many pieces and whole values were asked for.
    fn asked(&self) -> (u64, u64) {
        let commands = self.server.commandstats();
        let count = |name: &str| commands.get(name).copied().unwrap_or(0);
        (count("getrange"), count("get"))
    }

    /// The first piece is under way to the reader, while `meanwhile` happens.
    async fn film_while(&self, meanwhile: impl AsyncFnOnce()) -> (String, Served) {
        let gate = self.clog.gate();
        self.clog.hold_above(60 << 10);
        gate.close();
        let held = gate.arrivals();
        let (cache, archive) = (self.cache.clone(), self.archive.clone());
        let film = tokio::spawn(async move { cache.scope(inspect(archive.film(1))).await });
        gate.reached_by(held + 1).await;
        meanwhile().await;
        gate.open();
        film.await.unwrap()
    }

    async fn replace(&self) {
        let other = Cache::connect(&self.server.url()).await.unwrap();
        let id = 1;
        other.invalidate(key!("film:<id>")).await.unwrap();
        self.archive.edition.store(2, Ordering::SeqCst);
        let (_, served) = other.scope(inspect(self.archive.film(1))).await;
        assert_eq!(served, Served::Miss);
    }
}

#[tokio::test]
async fn a_huge_value_is_read_in_pieces() {
    // One ends where a piece ends.
    for len in [HUGE, (48 << 16) - 45, HUGE + 777] {
        let cinema = Cinema::showing(len).await;
        assert_eq!(cinema.film(1).await, (text(1, len), Served::Hit), "{len}");
        let (pieces, whole) = cinema.asked();
        assert!(pieces >= (len / PIECE) as u64, "{len}: {pieces}");
        assert_eq!(whole, 0, "{len}");
    }
}

#[tokio::test]
async fn a_small_value_of_a_function_with_huge_ones_is_one_piece() {
    let cinema = Cinema::showing(HUGE).await;
    let short = Archive::of(10);
    let other = Cache::connect(&cinema.server.url()).await.unwrap();
    other.scope(short.film(2)).await;
    cinema.server.reset_commandstats();
    assert_eq!(cinema.film(2).await, (text(1, 10), Served::Hit));
    assert_eq!(cinema.asked(), (1, 0));
    // And none is a miss like any other.
    assert_eq!(cinema.film(3).await.1, Served::Miss);
    assert_eq!(cinema.film(3).await, (text(1, HUGE), Served::Hit));
}

#[tokio::test]
async fn pieces_of_two_values_are_not_put_together() {
    let cinema = Cinema::showing(HUGE).await;
    let film = cinema.film_while(async || cinema.replace().await).await;
    assert_eq!(film, (text(2, HUGE), Served::Hit));
    let (pieces, _) = cinema.asked();
    assert!(pieces > 1, "{pieces}");
}

#[tokio::test]
async fn a_value_that_goes_while_it_is_read_is_a_miss() {
    let cinema = Cinema::showing(HUGE).await;
    let id = 1;
    let other = Cache::connect(&cinema.server.url()).await.unwrap();
    let film = cinema.film_while(async || {
        other.invalidate(key!("film:<id>")).await.unwrap();
        cinema.archive.edition.store(2, Ordering::SeqCst);
    });
    assert_eq!(film.await, (text(2, HUGE), Served::Miss));
}

/// What is there after the first piece may be shorter than where the next begins.
#[tokio::test]
async fn a_value_that_becomes_small_while_it_is_read_is_read_anew() {
    let cinema = Cinema::showing(HUGE).await;
    let short = Archive::of(10);
    short.edition.store(2, Ordering::SeqCst);
    let other = Cache::connect(&cinema.server.url()).await.unwrap();
    let id = 1;
    let film = cinema.film_while(async || {
        other.invalidate(key!("film:<id>")).await.unwrap();
        other.scope(short.film(1)).await;
    });
    assert_eq!(film.await, (text(2, 10), Served::Hit));
}

/// The first pieces come, the others never.
#[tokio::test]
async fn a_server_that_stops_in_the_middle_costs_one_deadline() {
    let cinema = Cinema::showing(HUGE).await;
    let deadline = Duration::from_millis(400);
    let builder = Cache::builder(cinema.clog.url()).deadline(deadline);
    let cinema = Cinema {
        cache: builder.connect().await.unwrap(),
        ..cinema
    };
    // Its connection for large values is there.
    assert_eq!(cinema.film(1).await.1, Served::Hit);
    let began = Stopwatch::start();
    let film = cinema.film_while(async || cinema.server.stop()).await;
    assert_eq!(film, (text(1, HUGE), Served::Uncached));
    assert!(began.elapsed() < 10 * deadline, "{:?}", began.elapsed());
    cinema.server.cont();
}

#[tokio::test]
async fn who_may_not_read_pieces_reads_the_whole() {
    let cinema = Cinema::showing(HUGE).await;
    let rules = "ACL SETUSER reader on >secret ~* &* +@all -getrange";
    cinema.server.run(&rules.split(' ').collect::<Vec<_>>());
    let url = cinema.server.url_as("reader", "secret");
    let builder = Cache::builder(&url).deadline(PATIENCE);
    let reader = builder.connect().await.unwrap();
    let film = reader.scope(inspect(cinema.archive.film(1))).await;
    assert_eq!(film, (text(1, HUGE), Served::Hit));
    assert_eq!(cinema.asked().1, 1);
}

/// Somebody else's bytes under the key are told apart as ever.
#[tokio::test]
async fn what_is_not_ours_is_replaced() {
    let cinema = Cinema::showing(HUGE).await;
    cinema.server.set("film:1", &vec![b'x'; HUGE]);
    assert_eq!(cinema.film(1).await.1, Served::Miss);
    assert_eq!(cinema.film(1).await, (text(1, HUGE), Served::Hit));
    cinema.server.run(&["SET", "film:1", ""]);
    assert_eq!(cinema.film(1).await.1, Served::Miss);
    cinema.server.run(&["DEL", "film:1"]);
    cinema.server.run(&["HSET", "film:1", "a", "b"]);
    assert_eq!(cinema.film(1).await.0, text(1, HUGE));
}
