//! Somebody else's API: slow, paid by the request, and not always there.
//!
//! ```text
//! cargo run --example third_party_api
//! REDIS_URL=redis://127.0.0.1:6379 cargo run --example third_party_api
//! ```
//!
//! Cache-aside with four arguments. The `ttl` is how old an answer may be on a good day. `stale` is how old it may be when the
//! API is slow or fails: it is then answered with what is there, after at most `soft_timeout`. And however many
//! misses there are, at most `max_loads` requests are under way. The API is a server on a loopback port.

use std::time::Duration;

use cached_redis_examples::choice::{Choice, Random};
use cached_redis_examples::savings::{Row, Savings, at_once};
use cached_redis_examples::stage::{Outcome, Stage, show};
use cached_redis_examples::watch::pause;
use cached_redis_examples::weather::{WeatherService, days};

const SEED: u64 = 7;
/// Ten minutes, in a service.
pub(crate) const TTL: Duration = Duration::from_millis(500);
pub(crate) const AT_ONCE: usize = 4;
/// In hundredths of a cent.
const PRICE: u64 = 15;

mod plain {
    use cached_redis_examples::weather::{Weather, ask};
    use std::io::Result;
    use std::net::SocketAddr;

    #[derive(Clone)]
    pub(crate) struct Client {
        pub(crate) api: SocketAddr,
    }

    impl Client {
        pub(crate) async fn weather(&self, date: String) -> Result<Weather> {
            ask(self.api, &date).await
        }
    }
}

mod cached {
    use super::{AT_ONCE, TTL};
    use cached_redis_examples::weather::{Weather, ask};
    use cached_redis_runtime::cache_aside;
    use std::io::Result;
    use std::net::SocketAddr;

    #[derive(Clone)]
    pub(crate) struct Client {
        pub(crate) api: SocketAddr,
    }

    impl Client {
        #[cache_aside(
            key = "weather:<date>",
            ttl = TTL,
            stale = "1d",
            soft_timeout = "50ms",
            max_loads = AT_ONCE
        )]
        pub(crate) async fn weather(&self, date: String) -> Result<Weather> {
            ask(self.api, &date).await
        }
    }
}

/// Each day's weather is asked for by many, that of some days by more.
pub(crate) fn requests() -> Vec<String> {
    let (days, mut random) = (days(), Random::new(SEED));
    let choice = Choice::zipf(40, 1.0);
    let mut request = || days[choice.draw(&mut random)].to_owned();
    (0..400).map(|_| request()).collect()
}

pub(crate) async fn story(_: &Stage) -> Outcome<Savings> {
    let requests = requests();
    // The slow day has fewer, since without a cache each of them takes its time.
    let few = &requests[..32];
    let api = WeatherService::start().await?;
    let (paid, callers) = (api.requests(), 8);

    let client = plain::Client { api: api.address };
    let plain = async |date: &String| client.weather(date.clone()).await;
    api.takes(Duration::from_millis(5));
    let plain_good = at_once("a good day, plain", &paid, &requests, callers, plain).await;
    api.takes(Duration::from_millis(200));
    let plain_slow = at_once("a slow day, plain", &paid, few, callers, plain).await;
    api.breaks(true);
    api.takes(Duration::from_millis(5));
    let plain_bad = at_once("a bad day, plain", &paid, &requests, callers, plain).await;

    let api = WeatherService::start().await?;
    let paid = api.requests();
    api.takes(Duration::from_millis(5));
    let client = cached::Client { api: api.address };
    let cached = async |date: &String| client.weather(date.clone()).await;
    let good = at_once("a good day, cached", &paid, &requests, callers, cached).await;
    let most = api.most_at_once();
    if most > AT_ONCE as u64 {
        return Err(format!("the API was asked {most} times at once").into());
    }
    // What is there is now older than its ttl.
    pause(TTL).await;
    api.takes(Duration::from_millis(200));
    let slow = at_once("a slow day, cached", &paid, few, callers, cached).await;
    pause(TTL).await;
    api.breaks(true);
    api.takes(Duration::from_millis(5));
    let bad = at_once("a bad day, cached", &paid, &requests, callers, cached).await;

    plain_good.same_as(&good)?;
    plain_slow.same_as(&slow)?;
    let (without, with) = (
        [plain_good.row, plain_slow.row, plain_bad.row],
        [good.row, slow.row, bad.row],
    );
    let cents = |rows: &[Row]| rows.iter().map(|row| row.source * PRICE).sum::<u64>() / 100;
    let conclusion = format!(
        "{} cents instead of {} for the same answers. When the API fails, {} calls fail instead of {}.",
        cents(&with),
        cents(&without),
        with[2].failed,
        without[2].failed
    );
    let rows = without
        .into_iter()
        .zip(with)
        .flat_map(|(one, other)| [one, other]);
    Ok(Savings::new("requests", rows, conclusion))
}

#[tokio::main]
async fn main() -> Outcome {
    show("third_party_api", story).await
}
