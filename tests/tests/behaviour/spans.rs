//! The spans around loads and waits.

use std::fmt::{self, Write as _};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use cached_redis_runtime::cache_aside;
use cached_redis_tests::{CountingLoader, Gate};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};

use crate::common::World;

const SECRET: &str = "hunter2";

/// One span, or an event.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Seen {
    name: String,
    /// Of the span around it.
    parent: Option<String>,
    fields: String,
}

/// Keeps spans and events of a thread, with what is around them.
#[derive(Clone)]
struct Spans {
    most: Level,
    seen: Arc<Mutex<Vec<Seen>>>,
    /// Every span, and those entered.
    opened: Arc<Mutex<(Vec<String>, Vec<u64>)>>,
}

impl Spans {
    fn up_to(most: Level) -> Self {
        Self {
            most,
            seen: Arc::default(),
            opened: Arc::default(),
        }
    }

    fn take(&self) -> Vec<Seen> {
        std::mem::take(&mut *self.seen.lock().unwrap())
    }

    fn add(&self, name: &str, fields: impl FnOnce(&mut Fields)) {
        let mut text = Fields(String::new());
        fields(&mut text);
        let spans = self.opened.lock().unwrap();
        let around = spans.1.last().and_then(|id| usize::try_from(*id).ok());
        self.seen.lock().unwrap().push(Seen {
            name: name.to_owned(),
            parent: around.map(|id| spans.0[id - 1].clone()),
            fields: text.0,
        });
    }
}

struct Fields(String);

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        let _ = write!(self.0, "{field}={value:?}");
    }
}

impl Subscriber for Spans {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        *metadata.level() <= self.most
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        let name = span.metadata().name();
        self.add(name, |fields| span.record(fields));
        let mut spans = self.opened.lock().unwrap();
        spans.0.push(name.to_owned());
        Id::from_u64(spans.0.len() as u64)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        self.add("event", |fields| event.record(fields));
    }

    fn enter(&self, id: &Id) {
        self.opened.lock().unwrap().1.push(id.into_u64());
    }

    fn exit(&self, id: &Id) {
        let mut spans = self.opened.lock().unwrap();
        assert_eq!(
            spans.1.pop(),
            Some(id.into_u64()),
            "entered last, left first"
        );
    }
}

#[cache_aside(key = "spanned:<token>", ttl = 60)]
#[tracing::instrument(skip_all)]
async fn spanned(token: &str) -> String {
    tracing::info!("queried");
    tokio::task::yield_now().await;
    format!("{token}!")
}

fn seen(name: &str, parent: Option<&str>, fields: &str) -> Seen {
    Seen {
        name: name.to_owned(),
        parent: parent.map(str::to_owned),
        fields: fields.to_owned(),
    }
}

const LOAD: &str = "cached_redis::load";

#[tokio::test]
async fn a_load_is_a_span_inside_that_of_its_function_and_a_hit_is_none() {
    let world = World::memory().await;
    let spans = Spans::up_to(Level::DEBUG);
    let _listening = tracing::subscriber::set_default(spans.clone());
    world.run(spanned(SECRET)).await;
    let load = [
        seen("spanned", None, ""),
        seen(LOAD, Some("spanned"), "family=\"spanned:<token>\""),
        seen("event", Some(LOAD), "message=queried"),
    ];
    assert_eq!(spans.take(), load);
    world.run(spanned(SECRET)).await;
    assert_eq!(spans.take(), [seen("spanned", None, "")]);
    assert!(spans.opened.lock().unwrap().1.is_empty(), "all were left");
}

#[tokio::test]
async fn a_batch_loads_in_a_span() {
    #[cache_aside(key = "spanned_row:<ids>", each = ids, ttl = 60)]
    async fn rows(ids: &[u64]) -> std::collections::HashMap<u64, u64> {
        tracing::info!("queried");
        ids.iter().map(|id| (*id, *id)).collect()
    }

    let world = World::memory().await;
    let spans = Spans::up_to(Level::DEBUG);
    let _listening = tracing::subscriber::set_default(spans.clone());
    world.run(rows(&[17, 18])).await;
    let load = [
        seen(LOAD, None, "family=\"spanned_row:<ids>\""),
        seen("event", Some(LOAD), "message=queried"),
    ];
    assert_eq!(spans.take(), load);
    world.run(rows(&[17, 18])).await;
    assert_eq!(spans.take(), []);
}

#[tokio::test]
async fn a_load_in_the_background_is_a_span_of_its_own() {
    #[cache_aside(
        key = "spanned_ahead:<id>",
        ttl = 100,
        jitter = 0.0,
        refresh_ahead = 0.5,
        skip(loader)
    )]
    #[tracing::instrument(skip_all)]
    async fn ahead(id: u64, loader: CountingLoader<u64>) -> u64 {
        let _ = id;
        loader.load().await
    }

    let world = World::memory().await;
    let loader = CountingLoader::new(1);
    world.run(ahead(1, loader.clone())).await;
    world.age("spanned_ahead:1", Duration::from_secs(60)).await;
    let spans = Spans::up_to(Level::DEBUG);
    let _listening = tracing::subscriber::set_default(spans.clone());
    world.run(ahead(1, loader.clone())).await;
    let stored = || world.family("spanned_ahead:<id>").fills == 2;
    cached_redis_tests::eventually(crate::common::PATIENCE, stored).await;
    let load = [
        seen("ahead", None, ""),
        seen(LOAD, None, "family=\"spanned_ahead:<id>\""),
    ];
    assert_eq!(spans.take(), load);
}

#[tokio::test]
async fn a_wait_is_a_span_and_is_counted() {
    #[cache_aside(key = "spanned_wait:<token>", ttl = 60, skip(loader))]
    #[tracing::instrument(skip_all)]
    async fn waited(token: &str, loader: CountingLoader<u64>) -> u64 {
        let _ = token;
        loader.load().await
    }

    let world = World::memory().await;
    let spans = Spans::up_to(Level::DEBUG);
    let _listening = tracing::subscriber::set_default(spans.clone());
    let gate = Gate::closed();
    let loader = CountingLoader::behind(gate.clone(), 5);
    let first = world.spawn(waited(SECRET, loader.clone()));
    gate.reached().await;
    spans.take();
    let second = world.spawn(waited(SECRET, loader.clone()));
    world.waiting(1).await;
    let wait = [
        seen("waited", None, ""),
        seen(
            "cached_redis::wait",
            Some("waited"),
            "family=\"spanned_wait:<token>\"",
        ),
    ];
    assert_eq!(spans.take(), wait);
    let family = world.family("spanned_wait:<token>");
    assert_eq!((family.waits, family.wait_time), (1, Duration::ZERO));
    gate.open();
    assert_eq!((first.await.unwrap(), second.await.unwrap()), (5, 5));
    let family = world.family("spanned_wait:<token>");
    assert_eq!((family.waits, family.joined), (1, 1));
    assert!(family.wait_time > Duration::ZERO, "{family:?}");
    assert!(family.load_time >= family.wait_time, "{family:?}");
    assert_eq!(spans.take(), [], "no load");
}

#[tokio::test]
async fn above_debug_there_are_no_spans() {
    let world = World::memory().await;
    let spans = Spans::up_to(Level::INFO);
    let _listening = tracing::subscriber::set_default(spans.clone());
    world.run(spanned(SECRET)).await;
    let load = [
        seen("spanned", None, ""),
        seen("event", Some("spanned"), "message=queried"),
    ];
    assert_eq!(spans.take(), load);
}

/// On a server whose every trouble is seen, at all levels: neither the key nor the value is in a field.
#[tokio::test]
async fn no_span_has_a_key_or_a_value() {
    let world = World::redis().await;
    let spans = Spans::up_to(Level::TRACE);
    let _listening = tracing::subscriber::set_default(spans.clone());
    for _ in 0..2 {
        world.run(spanned(SECRET)).await;
    }
    world
        .server()
        .set(&format!("spanned:{SECRET}"), b"no entry");
    world.run(spanned(SECRET)).await;
    world.server().kill();
    world.run(spanned(SECRET)).await;
    let seen = spans.take();
    let loads = seen.iter().filter(|one| one.name == LOAD).count();
    assert_eq!(loads, 3, "{seen:?}");
    assert!(!format!("{seen:?}").contains(SECRET), "{seen:?}");
}

#[test]
fn a_future_with_spans_goes_to_another_thread() {
    fn sent<T: Send>(_: &T) {}
    sent(&spanned(SECRET));
}
