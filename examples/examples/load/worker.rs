//! One process that makes calls, and reports every second.

#![expect(
    clippy::disallowed_methods,
    reason = "what is measured here is time that nobody can pause"
)]

use std::error::Error;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use cached_redis_runtime::{Cache, Served, cache_aside, cache_invalidate, inspect};
use hdrhistogram::Histogram;
use tokio::task::JoinSet;

use crate::arguments::Arguments;
use crate::report::{SLOWEST, Second};
use cached_redis_examples::choice::{Choice, Random};

/// The database: as large and as slow as the command line says.
#[derive(Debug, Clone, Copy)]
struct Source {
    bytes: usize,
    takes: Duration,
}

impl Source {
    #[cache_aside(key = "load:<id>", ttl = 3600)]
    async fn find(&self, id: u64) -> String {
        self.answer().await;
        "v".repeat(self.bytes)
    }

    #[cache_invalidate(key = "load:<id>")]
    async fn update(&self, id: u64) {
        let _ = id;
        self.answer().await;
    }

    async fn answer(&self) {
        if !self.takes.is_zero() {
            tokio::time::sleep(self.takes).await;
        }
    }
}

/// What one caller has done since the last report.
struct Done {
    second: Second,
    latency: Histogram<u64>,
}

impl Done {
    fn count(&mut self, read: Option<Served>, took: u64) {
        match read {
            None => self.second.writes += 1,
            Some(Served::Hit) => self.second.hits += 1,
            Some(Served::Uncached) => self.second.uncached += 1,
            Some(_) => self.second.misses += 1,
        }
        if read.is_some() {
            self.latency.saturating_record(took);
        }
    }
}

pub(crate) async fn work(arguments: &Arguments, process: u64) -> Result<(), Box<dyn Error>> {
    let connections = usize::try_from(arguments.connections)?;
    let cache = Cache::builder(&arguments.url).connections(connections);
    let cache = cache.connect().await?;
    // A run without a server would measure its source.
    cache.ping().await?;
    cache.install()?;
    let zipf = Arc::new(Choice::zipf(arguments.keys, arguments.skew));
    let start = Instant::now();
    let end = start + Duration::from_secs(arguments.seconds);
    let (mut callers, mut all) = (JoinSet::new(), Vec::new());
    for task in 0..arguments.tasks {
        let done = Arc::new(Mutex::new(Done {
            second: Second::default(),
            latency: Histogram::new_with_max(SLOWEST, 3)?,
        }));
        all.push(Arc::clone(&done));
        let random = Random::of(arguments.seed, process, task);
        callers.spawn(call(
            arguments.clone(),
            Arc::clone(&zipf),
            random,
            done,
            end,
        ));
    }
    let mut cpu = cpu_ticks();
    for second in 0..arguments.seconds {
        tokio::time::sleep_until((start + Duration::from_secs(second + 1)).into()).await;
        if second + 1 == arguments.seconds {
            while callers.join_next().await.is_some() {}
        }
        let now = cpu_ticks();
        report(&all, second, now - std::mem::replace(&mut cpu, now))?;
    }
    Ok(())
}

async fn call(
    arguments: Arguments,
    zipf: Arc<Choice>,
    mut random: Random,
    done: Arc<Mutex<Done>>,
    end: Instant,
) {
    let source = Source {
        bytes: usize::try_from(arguments.value).unwrap_or_default(),
        takes: Duration::from_millis(arguments.source),
    };
    loop {
        let began = Instant::now();
        if began >= end {
            return;
        }
        let id = zipf.draw(&mut random) as u64;
        let served = if random.percent(arguments.writes) {
            source.update(id).await;
            None
        } else {
            Some(inspect(source.find(id)).await.1)
        };
        let took = u64::try_from(began.elapsed().as_micros()).unwrap_or(SLOWEST);
        done.lock()
            .unwrap_or_else(PoisonError::into_inner)
            .count(served, took);
        // In memory nothing makes a call wait.
        tokio::task::coop::consume_budget().await;
    }
}

fn report(all: &[Arc<Mutex<Done>>], number: u64, ticks: u64) -> Result<(), Box<dyn Error>> {
    let mut sum = Second {
        number,
        ticks,
        ..Second::default()
    };
    let mut latency = Histogram::<u64>::new_with_max(SLOWEST, 3)?;
    for one in all {
        let mut one = one.lock().unwrap_or_else(PoisonError::into_inner);
        sum.count(&std::mem::take(&mut one.second));
        latency.add(&one.latency)?;
        one.latency.reset();
    }
    let counted = latency.iter_recorded();
    sum.latency = counted
        .map(|step| (step.value_iterated_to(), step.count_at_value()))
        .collect();
    println!("{}", serde_json::to_string(&sum)?);
    Ok(())
}

/// What this process has used of the processors, in hundredths of a second; nothing where the system does not tell.
fn cpu_ticks() -> u64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = stat.rsplit_once(") ").map_or("", |(_, fields)| fields);
    let times = fields.split(' ').skip(11).take(2);
    times.filter_map(|time| time.parse::<u64>().ok()).sum()
}
