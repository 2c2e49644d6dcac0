//! What a recorder of metrics is told, whenever it comes.

use std::collections::BTreeMap;

use metrics::{
    Counter, Histogram, Key, KeyName, Metadata, Recorder, SharedString, Unit, with_local_recorder,
};

use super::*;
use crate::observe::Count;
use crate::sync::Weak;

/// What has been told by name and labels, as bits where it is a float.
type Told = Mutex<BTreeMap<String, Arc<AtomicU64>>>;

#[derive(Default)]
struct Listener(Told);

/// One that keeps what it is told elsewhere, and so has no size.
struct Elsewhere;

static ELSEWHERE: Told = Mutex::new(BTreeMap::new());

trait Keeps {
    fn told(&self) -> &Told;

    fn at(&self, key: &Key) -> Arc<AtomicU64> {
        let labels = key
            .labels()
            .map(|label| format!(" {}={}", label.key(), label.value()));
        let name = format!("{}{}", key.name(), labels.collect::<String>());
        Arc::clone(self.told().lock().entry(name).or_default())
    }

    fn value(&self, name: &str) -> Option<u64> {
        let told = self.told().lock();
        told.get(name).map(|value| value.load(Ordering::Acquire))
    }
}

impl Keeps for Listener {
    fn told(&self) -> &Told {
        &self.0
    }
}

impl Keeps for Elsewhere {
    fn told(&self) -> &Told {
        &ELSEWHERE
    }
}

macro_rules! recorder {
    ($type:ty) => {
        impl Recorder for $type {
            fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
            fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
            fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

            fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
                Counter::from_arc(self.at(key))
            }

            fn register_gauge(&self, key: &Key, _: &Metadata<'_>) -> metrics::Gauge {
                metrics::Gauge::from_arc(self.at(key))
            }

            fn register_histogram(&self, _: &Key, _: &Metadata<'_>) -> Histogram {
                Histogram::noop()
            }
        }
    };
}

recorder!(Listener);
recorder!(Elsewhere);

const HITS: &str = "cached_redis_hits_total family=user:<id>";

#[tokio::test]
async fn what_came_before_the_recorder_is_told_once() {
    let engine = late(0);
    engine.count(&SITE, Count::Hit);
    engine.publish();
    engine.count(&SITE, Count::Hit);
    let listener = Listener::default();
    for _ in 0..2 {
        with_local_recorder(&listener, || engine.publish());
        assert_eq!(listener.value(HITS), Some(2));
    }
    engine.count(&SITE, Count::Hit);
    with_local_recorder(&listener, || engine.publish());
    assert_eq!(listener.value(HITS), Some(3));
    let connected = listener.value("cached_redis_connected").map(f64::from_bits);
    assert_eq!(connected, Some(1.0));
}

#[tokio::test]
async fn two_caches_of_the_same_name_add_up() {
    let (one, other) = (late(0), late(0));
    let listener = Listener::default();
    for (engine, times) in [(&one, 3), (&other, 4)] {
        engine.counters(&SITE).add(Count::Hit, times);
        with_local_recorder(&listener, || engine.publish());
    }
    assert_eq!(listener.value(HITS), Some(7));
}

#[tokio::test]
async fn a_recorder_without_a_size_is_one() {
    let engine = late(0);
    engine.count(&SITE, Count::Miss);
    with_local_recorder(&Elsewhere, || engine.publish());
    let misses = Elsewhere.value("cached_redis_misses_total family=user:<id>");
    assert_eq!(misses, Some(1));
}

/// Where its namespace would be a label; each class of errors is one.
#[tokio::test]
async fn labels_are_the_namespace_the_template_and_the_class() {
    let nameless = late(0);
    let settings = Settings {
        namespace: "shop:".to_owned(),
        ..nameless.settings.clone()
    };
    let engine = Engine::new(Arc::clone(&nameless.store), settings);
    engine.failed(&SITE, &Error::new(ErrorKind::Timeout, "late"));
    let listener = Listener::default();
    with_local_recorder(&listener, || engine.publish());
    let errors = |class: &str| {
        listener.value(&format!(
            "cached_redis_errors_total cache=shop family=user:<id> class={class}"
        ))
    };
    assert_eq!(
        (errors("timeout"), errors("connection")),
        (Some(1), Some(0))
    );
    assert_eq!(
        listener.value("cached_redis_errors_total cache=shop family=user:<id>"),
        None
    );
    assert!(
        listener
            .value("cached_redis_connected cache=shop")
            .is_some()
    );
}

/// One whose gauges and histograms panic. It has counted this.
struct Broken(Arc<AtomicU64>);

struct Panics;

impl metrics::HistogramFn for Panics {
    fn record(&self, _: f64) {
        panic!("a recorder's own");
    }
}

impl metrics::GaugeFn for Panics {
    fn increment(&self, _: f64) {}
    fn decrement(&self, _: f64) {}
    fn set(&self, _: f64) {
        panic!("a recorder's own");
    }
}

impl Recorder for Broken {
    fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn register_counter(&self, _: &Key, _: &Metadata<'_>) -> Counter {
        Counter::from_arc(Arc::clone(&self.0))
    }

    fn register_gauge(&self, _: &Key, _: &Metadata<'_>) -> metrics::Gauge {
        metrics::Gauge::from_arc(Arc::new(Panics))
    }

    fn register_histogram(&self, _: &Key, _: &Metadata<'_>) -> Histogram {
        Histogram::from_arc(Arc::new(Panics))
    }
}

/// It costs its own numbers: no call, and no other thing that is published.
#[tokio::test]
async fn a_recorder_that_panics_reaches_nobody() {
    let engine = late(0);
    let lifetimes = Lifetimes::ttl(Duration::from_secs(60));
    let broken = Broken(Arc::default());
    with_local_recorder(&broken, || {
        engine.loading(&SITE, &lifetimes).end(false);
        // While the body panics a second panic would end the process.
        let body = std::panic::catch_unwind(core::panic::AssertUnwindSafe(|| {
            let _loading = engine.loading(&SITE, &lifetimes);
            panic!("the body's own");
        }));
        assert!(body.is_err());
        engine.publish();
        engine.publish();
    });
    let stats = engine.stats();
    let family = stats.family("user:<id>").expect("it has loaded");
    assert_eq!((family.loads, family.failed_loads), (2, 1));
    // Two loads and a failure.
    assert_eq!(broken.0.load(Ordering::Acquire), 3);
}

/// One that has everything published whenever it is asked or told something. It keeps the sum of all counters.
#[derive(Clone)]
struct Echo(Weak<Engine>, Arc<AtomicU64>);

impl Echo {
    fn publish(&self) {
        if let Some(engine) = self.0.upgrade() {
            engine.publish();
        }
    }
}

impl metrics::CounterFn for Echo {
    fn increment(&self, by: u64) {
        self.publish();
        self.1.fetch_add(by, Ordering::AcqRel);
    }

    fn absolute(&self, _: u64) {}
}

impl metrics::GaugeFn for Echo {
    fn increment(&self, _: f64) {}
    fn decrement(&self, _: f64) {}
    fn set(&self, _: f64) {
        self.publish();
    }
}

impl Recorder for Echo {
    fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {
        self.publish();
    }
    fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn register_counter(&self, _: &Key, _: &Metadata<'_>) -> Counter {
        self.publish();
        Counter::from_arc(Arc::new(self.clone()))
    }

    fn register_gauge(&self, _: &Key, _: &Metadata<'_>) -> metrics::Gauge {
        metrics::Gauge::from_arc(Arc::new(self.clone()))
    }

    fn register_histogram(&self, _: &Key, _: &Metadata<'_>) -> Histogram {
        self.publish();
        Histogram::noop()
    }
}

/// It would wait for itself.
#[tokio::test]
async fn a_recorder_that_publishes_is_told_once() {
    let engine = late(0);
    let (said, heard) = std::sync::mpsc::channel();
    // To fail rather than to hang.
    std::thread::spawn(move || {
        let echo = Echo(Arc::downgrade(&engine), Arc::default());
        with_local_recorder(&echo, || {
            for hits in 1..=2 {
                engine.count(&SITE, Count::Hit);
                engine.publish();
                let _ = said.send((hits, echo.1.load(Ordering::Acquire)));
            }
            engine.loading(&SITE, &Lifetimes::ttl(Duration::from_secs(60)));
        });
        let _ = said.send((0, 0));
    });
    for told in [(1, 1), (2, 2), (0, 0)] {
        assert_eq!(heard.recv_timeout(Duration::from_secs(20)), Ok(told));
    }
}

/// The task keeps no cache, and ends with it.
#[tokio::test(start_paused = true)]
async fn it_is_told_every_second_until_the_cache_is_gone() {
    let listener = Listener::default();
    let _local = metrics::set_default_local_recorder(&listener);
    let engine = late(0);
    engine.publish_from_now_on();
    engine.count(&SITE, Count::Hit);
    clock::sleep(Duration::from_millis(1100)).await;
    assert_eq!(listener.value(HITS), Some(1));
    let (gone, store) = (Arc::downgrade(&engine), Arc::downgrade(&engine.store));
    drop(engine);
    assert!(gone.upgrade().is_none());
    clock::sleep(Duration::from_millis(1100)).await;
    assert!(store.upgrade().is_none());
    let tasks = tokio::runtime::Handle::current()
        .metrics()
        .num_alive_tasks();
    assert_eq!(tasks, 0);
}
