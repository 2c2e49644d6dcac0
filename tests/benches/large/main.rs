//! What a small hit costs while another task reads values of 64 MiB: alone and beside it, ours and the plain client's, in one
//! run.
//!
//! `cargo bench -p cached-redis-tests --bench large`. Ratios are what counts. The plain client with one connection is what
//! happens to all who share one; with two it still waits while the server copies the value in one go. Ours are read in
//! pieces. The first table is what each call took that was made, one after the other. In the second, calls that would have
//! come while one waited are counted as well, so it shows for how much of the time the small calls are stuck: at least while
//! the server copies the value, and does nothing else. A machine that is busy otherwise shows that instead.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use cached_redis_runtime::{Cache, cache_aside};
use cached_redis_tests::{Server, Stopwatch};
use redis::aio::MultiplexedConnection;

const LARGE: usize = 64 << 20;
/// Between two small calls, in microseconds, where they do not wait for one another: the second table.
const APART: f64 = 200.0;

#[cache_aside(key = "row:<id>", ttl = 3600)]
async fn row(id: u64) -> String {
    format!("{id:0300}")
}

#[cache_aside(key = "film:<id>", ttl = 3600)]
async fn film(id: u64) -> String {
    format!("{id}").repeat(LARGE)
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    // A test runner asks what there is.
    if arguments.iter().any(|one| one.starts_with("--list")) {
        return;
    }
    let span = if arguments.iter().any(|one| one == "--bench") {
        Duration::from_secs(3)
    } else {
        Duration::from_millis(100)
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    runtime.block_on(run(span));
}

async fn run(span: Duration) {
    let server = Server::start();
    let cache = Cache::builder(server.url())
        .max_value_bytes(2 * LARGE)
        .deadline(Duration::from_secs(20))
        .connect()
        .await
        .expect("a cache");
    cache.scope(row(1)).await;
    cache.scope(film(1)).await;
    let (one, two) = (connection(&server).await, connection(&server).await);
    let small = client(&one, "row:1");
    let (shared, apart) = (client(&one, "film:1"), client(&two, "film:1"));
    let mut rows = vec![
        compare("the client, one connection", span, small.clone(), shared).await,
        compare("the client, two connections", span, small, apart).await,
    ];
    let (small, large) = ours(&cache);
    rows.push(compare("ours", span, small, large).await);
    print("µs per small hit, each call", &rows, Vec::clone);
    print("µs per small hit, over time", &rows, |calls| {
        over_time(calls)
    });
    let stats = cache.stats();
    for family in ["row:<id>", "film:<id>"] {
        let family = stats.family(family).expect("it was called");
        assert_eq!(
            (family.loads, family.errors),
            (1, 0),
            "all but the first hit"
        );
    }
}

/// A small and a large hit.
fn ours(cache: &Cache) -> (impl Call + Sync + Clone + use<>, impl Call + Sync + use<>) {
    let (rows, films) = (cache.clone(), cache.clone());
    let small = move || {
        let cache = rows.clone();
        async move { drop(cache.scope(row(1)).await) }
    };
    let large = move || {
        let cache = films.clone();
        async move { drop(cache.scope(film(1)).await) }
    };
    (small, large)
}

async fn connection(server: &Server) -> MultiplexedConnection {
    let client = redis::Client::open(server.url()).expect("the server's URL");
    // Half a second would not do for what is read here.
    let config = redis::AsyncConnectionConfig::new().set_response_timeout(None);
    let opened = client.get_multiplexed_async_connection_with_config(&config);
    opened.await.expect("a connection")
}

/// Reads a key by the client alone.
fn client(connection: &MultiplexedConnection, key: &'static str) -> impl Call + Clone + use<> {
    let connection = connection.clone();
    move || {
        let mut connection = connection.clone();
        async move {
            let mut get = redis::cmd("GET");
            let got = get.arg(key).query_async::<Vec<u8>>(&mut connection);
            drop(got.await.expect("a value"));
        }
    }
}

/// Something to do again and again.
trait Call: Send + 'static {
    fn call(&self) -> impl Future<Output = ()> + Send;
}

impl<C, F> Call for C
where
    C: Fn() -> F + Send + Sync + 'static,
    F: Future<Output = ()> + Send,
{
    fn call(&self) -> impl Future<Output = ()> + Send {
        self()
    }
}

/// What was measured of one contender.
struct Row {
    name: &'static str,
    /// What each small call took, alone and beside the large ones, in microseconds.
    calls: [Vec<f64>; 2],
    /// Large reads in a second.
    reads: f64,
}

/// Measures the small calls alone, then beside the large ones.
async fn compare(
    name: &'static str,
    span: Duration,
    small: impl Call + Sync + Clone,
    large: impl Call + Sync,
) -> Row {
    let alone = calls(span, small.clone()).await;
    let done = Arc::new(AtomicBool::new(false));
    let reading = tokio::spawn({
        let done = Arc::clone(&done);
        async move {
            let mut reads = 0;
            while !done.load(Ordering::Relaxed) {
                large.call().await;
                reads += 1;
            }
            f64::from(reads)
        }
    });
    let beside = calls(span, small).await;
    done.store(true, Ordering::Relaxed);
    Row {
        name,
        calls: [alone, beside],
        reads: reading.await.expect("no panic") / span.as_secs_f64(),
    }
}

fn print(title: &str, rows: &[Row], seen: impl Fn(&Vec<f64>) -> Vec<f64>) {
    println!(
        "\n{title:<28} {:>9} {:>9}   {:>9} {:>9}   {:>7} {:>7}   large reads/s",
        "p50", "p99", "p50", "p99", "p50", "p99"
    );
    println!(
        "{:<28} {:>19}   {:>19}   {:>15}",
        "", "alone", "beside", "ratio"
    );
    for row in rows {
        let [alone, beside] = row.calls.each_ref().map(|calls| {
            let mut costs = seen(calls);
            costs.sort_by(f64::total_cmp);
            [0.50, 0.99].map(|share| at(share, &costs))
        });
        println!(
            "{:<28} {:>9.1} {:>9.1}   {:>9.1} {:>9.1}   {:>7.2} {:>7.2}   {:.1}",
            row.name,
            alone[0],
            alone[1],
            beside[0],
            beside[1],
            beside[0] / alone[0],
            beside[1] / alone[1],
            row.reads,
        );
    }
}

/// With those who would have come while one waited.
fn over_time(calls: &[f64]) -> Vec<f64> {
    let mut all = Vec::new();
    for mut cost in calls.iter().copied() {
        all.push(cost);
        while cost > APART {
            cost -= APART;
            all.push(cost);
        }
    }
    all
}

/// What each call took within this time, in microseconds.
async fn calls(span: Duration, small: impl Call + Sync) -> Vec<f64> {
    let measured = tokio::spawn(async move {
        let whole = Stopwatch::start();
        let mut costs = Vec::new();
        while whole.elapsed() < span {
            let watch = Stopwatch::start();
            small.call().await;
            costs.push(watch.elapsed().as_secs_f64() * 1e6);
        }
        costs
    });
    measured.await.expect("no panic")
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "a place in a list"
)]
fn at(share: f64, sorted: &[f64]) -> f64 {
    sorted[((sorted.len() - 1) as f64 * share) as usize]
}
