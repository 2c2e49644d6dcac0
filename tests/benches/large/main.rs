//! What a small hit costs while another task reads values of 64 MiB: alone and beside it, ours and the plain client's, in one
//! run.
//!
//! `cargo bench -p cached-redis-tests --bench large`. Ratios are what counts. The plain client with one connection is what
//! happens to all who share one; with two it is the bound: the server copies the value in one go, and two cores decode it,
//! whoever asks. Calls that would have come while one waited are counted as well, so one that is stuck shows. A machine
//! that is busy otherwise shows that instead.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use cached_redis_runtime::{Cache, cache_aside};
use cached_redis_tests::{Server, Stopwatch};
use redis::aio::MultiplexedConnection;

const LARGE: usize = 64 << 20;
/// Between two small calls, in microseconds, where they do not wait for one another.
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
    println!(
        "{:<28} {:>9} {:>9}   {:>9} {:>9}   {:>7} {:>7}   large reads/s",
        "µs per small hit", "p50", "p99", "p50", "p99", "p50", "p99"
    );
    println!(
        "{:<28} {:>19}   {:>19}   {:>15}",
        "", "alone", "beside", "ratio"
    );
    let small = client(&one, "row:1");
    let (shared, apart) = (client(&one, "film:1"), client(&two, "film:1"));
    compare("the client, one connection", span, small.clone(), shared).await;
    compare("the client, two connections", span, small, apart).await;
    let (rows, films) = (cache.clone(), cache.clone());
    let small = move || {
        let cache = rows.clone();
        async move { drop(cache.scope(row(1)).await) }
    };
    let large = move || {
        let cache = films.clone();
        async move { drop(cache.scope(film(1)).await) }
    };
    compare("ours", span, small, large).await;
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

/// Measures the small calls alone, then beside the large ones.
async fn compare(
    name: &str,
    span: Duration,
    small: impl Call + Sync + Clone,
    large: impl Call + Sync,
) {
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
    let reads = reading.await.expect("no panic") / span.as_secs_f64();
    let [alone, beside] = [alone, beside].map(|costs| [0.50, 0.99].map(|share| at(share, &costs)));
    println!(
        "{name:<28} {:>9.1} {:>9.1}   {:>9.1} {:>9.1}   {:>7.2} {:>7.2}   {reads:.1}",
        alone[0],
        alone[1],
        beside[0],
        beside[1],
        beside[0] / alone[0],
        beside[1] / alone[1],
    );
}

/// What each call cost within this time, in microseconds and sorted.
async fn calls(span: Duration, small: impl Call + Sync) -> Vec<f64> {
    let measured = tokio::spawn(async move {
        let whole = Stopwatch::start();
        let mut costs = Vec::new();
        while whole.elapsed() < span {
            let watch = Stopwatch::start();
            small.call().await;
            let mut cost = watch.elapsed().as_secs_f64() * 1e6;
            costs.push(cost);
            // Those who would have come meanwhile had to wait as well.
            while cost > APART {
                cost -= APART;
                costs.push(cost);
            }
        }
        costs
    });
    let mut costs = measured.await.expect("no panic");
    costs.sort_by(f64::total_cmp);
    costs
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
