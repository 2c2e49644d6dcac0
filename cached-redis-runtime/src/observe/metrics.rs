//! What a recorder of the crate `metrics` is told: names, descriptions, and the handles it gave.
//!
//! Calls count in our own counters, as they do without a recorder. What has been added there since the last time is published
//! from time to time, so that two caches with the same labels add up, and no call knows of a recorder.

use core::cell::Cell;
use core::time::Duration;
use std::panic::{AssertUnwindSafe, catch_unwind};

use metrics::{
    Counter, Gauge, Histogram, IntoF64, Key, KeyName, Label, Level, Metadata, Recorder,
    SharedString, Unit,
};

use super::counters::{Count, Counters, FIELDS, FamilyStats, Stats};

const LOADS: &str = "cached_redis_load_duration_seconds";
const WAITS: &str = "cached_redis_wait_duration_seconds";
const TTL: &str = "cached_redis_ttl_seconds";
const ERRORS: &str = "cached_redis_errors_total";

/// Of one cache: what it is called, what it says, and where that is in its statistics.
type CacheGauge = (&'static str, &'static str, Reading);

type Reading = fn(&Stats) -> f64;

#[expect(
    clippy::cast_precision_loss,
    reason = "a gauge is a float, and nobody has 2^52 of these"
)]
const GAUGES: [CacheGauge; 5] = [
    (
        "cached_redis_connected",
        "Whether the server can be used right now: 1 or 0.",
        |stats| f64::from(u8::from(stats.connected)),
    ),
    (
        "cached_redis_pending_deletes",
        "Keys and tags whose deletion failed and has not been made good yet.",
        |stats| stats.pending_deletes as f64,
    ),
    (
        "cached_redis_waiting",
        "Calls that wait for another call's load right now.",
        |stats| stats.waiting as f64,
    ),
    (
        "cached_redis_queued",
        "Calls that stand in line because their function runs `max_loads` bodies already.",
        |stats| stats.queued as f64,
    ),
    (
        "cached_redis_under_way",
        "Keys that calls are under way for, other than hits.",
        |stats| stats.under_way as f64,
    ),
];

/// What tells one cache's metrics from another's, and of one family from another's.
#[derive(Clone, Debug)]
pub(crate) struct Labels(Vec<Label>);

impl Labels {
    /// Of a cache with this namespace. Without one there is no label.
    pub(crate) fn of_cache(namespace: &str) -> Self {
        let name = namespace.strip_suffix(':').unwrap_or(namespace);
        let label = (!name.is_empty()).then(|| Label::new("cache", name.to_owned()));
        Self(label.into_iter().collect())
    }

    /// Of one of its families.
    pub(crate) fn of_family(namespace: &str, template: &'static str) -> Self {
        let Self(mut labels) = Self::of_cache(namespace);
        labels.push(Label::from_static_parts("family", template));
        Self(labels)
    }

    fn key(&self, name: &'static str) -> Key {
        Key::from_parts(name, self.0.clone())
    }

    fn key_of_class(&self, class: &'static str) -> Key {
        let mut labels = self.0.clone();
        labels.push(Label::from_static_parts("class", class));
        Key::from_parts(ERRORS, labels)
    }
}

/// The recorder of this thread or program, if there is one.
pub(crate) fn with_recorder<T>(register: impl FnOnce(&dyn Recorder) -> T) -> Option<T> {
    let register = |recorder: &dyn Recorder| is_any(recorder).then(|| register(recorder));
    contained(|| metrics::with_recorder(register)).flatten()
}

/// Calls a recorder, or a handle of its making. If that panics it is not the caller's affair: what he asked for is there, and he
/// may be unwinding already. The panic has been said by its hook.
pub(crate) fn contained<T>(told: impl FnOnce() -> T) -> Option<T> {
    catch_unwind(AssertUnwindSafe(told)).ok()
}

thread_local!(static PUBLISHING: Cell<bool> = const { Cell::new(false) });

/// Publishes something, unless this thread is at that already: a recorder that asks for it while it is told something would wait
/// for itself.
pub(crate) fn publishing(publish: impl FnOnce()) {
    if PUBLISHING.replace(true) {
        return;
    }
    contained(publish);
    PUBLISHING.set(false);
}

/// The recorder that stands for none has no size, and its handles never ask for a value.
fn is_any(recorder: &dyn Recorder) -> bool {
    size_of_val(recorder) > 0 || {
        let (name, ..) = GAUGES[0];
        let asked = Cell::new(false);
        let gauge = recorder.register_gauge(&Key::from_static_name(name), &METADATA);
        gauge.increment(Zero(&asked));
        asked.get()
    }
}

struct Zero<'a>(&'a Cell<bool>);

impl IntoF64 for Zero<'_> {
    fn into_f64(self) -> f64 {
        self.0.set(true);
        0.0
    }
}

static METADATA: Metadata<'static> =
    Metadata::new("cached_redis", Level::INFO, Some(module_path!()));

/// What is published of a cache as a whole.
#[derive(Debug)]
pub(crate) struct CacheHandles(Vec<(Gauge, Reading)>);

impl CacheHandles {
    /// Describes all metrics as well.
    pub(crate) fn register(recorder: &dyn Recorder, labels: &Labels) -> Self {
        describe(recorder);
        let gauges = GAUGES.iter().map(|(name, _, value)| {
            let gauge = recorder.register_gauge(&labels.key(name), &METADATA);
            (gauge, *value)
        });
        Self(gauges.collect())
    }

    pub(crate) fn publish(&self, stats: &Stats) {
        for (gauge, value) in &self.0 {
            gauge.set(value(stats));
        }
    }
}

fn describe(recorder: &dyn Recorder) {
    for (name, help, _) in GAUGES {
        let name = KeyName::from_const_str(name);
        recorder.describe_gauge(name, Some(Unit::Count), help.into());
    }
    let ttl = "How long entries live that are stored now.";
    recorder.describe_gauge(
        KeyName::from_const_str(TTL),
        Some(Unit::Seconds),
        ttl.into(),
    );
    for (name, help) in [
        (LOADS, "How long bodies ran that were run as loads."),
        (WAITS, "How long calls waited for loads of others."),
    ] {
        let name = KeyName::from_const_str(name);
        recorder.describe_histogram(name, Some(Unit::Seconds), help.into());
    }
    for (count, field, help) in FIELDS {
        let (name, None) = name(count, field) else {
            continue;
        };
        let help = SharedString::from(help.trim());
        let unit = match count {
            Count::StoredBytes => Unit::Bytes,
            _ => Unit::Count,
        };
        recorder.describe_counter(name.into(), Some(unit), help);
    }
}

/// What a counter is called, and its class if it is one of errors.
fn name(count: Count, field: &'static str) -> (String, Option<&'static str>) {
    match field.strip_prefix("errors_") {
        Some(class) => (ERRORS.to_owned(), Some(class)),
        None if count == Count::Error => (ERRORS.to_owned(), None),
        None => (format!("cached_redis_{field}_total"), None),
    }
}

/// What is published of a family.
#[derive(Debug)]
pub(crate) struct FamilyHandles {
    /// Each with what has been published.
    counters: Vec<(Count, Counter, u64)>,
    /// Only where an entry has a life.
    ttl: Option<Gauge>,
}

impl FamilyHandles {
    pub(crate) fn register(recorder: &dyn Recorder, labels: &Labels) -> Self {
        let counters = FIELDS.iter().filter_map(|&(count, field, _)| {
            let key = match name(count, field) {
                (_, Some(class)) => labels.key_of_class(class),
                // Their sum.
                (_, None) if count == Count::Error => return None,
                (name, None) => Key::from_parts(name, labels.0.clone()),
            };
            Some((count, recorder.register_counter(&key, &METADATA), 0))
        });
        Self {
            counters: counters.collect(),
            ttl: None,
        }
    }

    pub(crate) fn publish(
        &mut self,
        recorder: &dyn Recorder,
        labels: &Labels,
        counters: &Counters,
    ) {
        for (count, handle, published) in &mut self.counters {
            let now = counters.get(*count);
            if now != *published {
                handle.increment(now - *published);
                *published = now;
            }
        }
        let FamilyStats { ttl, .. } = counters.read("");
        if let Some(ttl) = ttl.map(seconds) {
            let register = || recorder.register_gauge(&labels.key(TTL), &METADATA);
            self.ttl.get_or_insert_with(register).set(ttl);
        }
    }
}

fn seconds(ttl: Duration) -> f64 {
    if ttl == Duration::MAX {
        f64::INFINITY
    } else {
        ttl.as_secs_f64()
    }
}

/// Where loads and waits are recorded as they end.
#[derive(Debug)]
pub(crate) struct Histograms {
    pub(crate) loads: Histogram,
    pub(crate) waits: Histogram,
}

impl Histograms {
    pub(crate) fn register(recorder: &dyn Recorder, labels: &Labels) -> Self {
        let register = |name| recorder.register_histogram(&labels.key(name), &METADATA);
        Self {
            loads: register(LOADS),
            waits: register(WAITS),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn each_count_has_a_name_of_its_own_and_says_what_it_is() {
        let names = FIELDS.map(|(count, field, _)| name(count, field));
        assert_eq!(BTreeSet::from(names.clone()).len(), FIELDS.len());
        for (name, _) in names {
            let is_plain = |sign: char| sign.is_ascii_lowercase() || sign == '_';
            assert!(
                name.chars().all(is_plain) && name.ends_with("_total"),
                "{name}"
            );
        }
        for (_, field, help) in FIELDS {
            assert!(help.trim().ends_with('.'), "{field}: {help}");
        }
    }
}
