//! What Prometheus reads is what has happened.

use cached_redis_runtime::{Cache, FamilyStats, cache_aside, cache_invalidate};
use cached_redis_tests::{CountingLoader, Gate, Server, eventually};
use std::time::Duration;

use crate::service::{Exposition, PATIENCE, Service, cache};

const TEMPLATE: &str = "account:<token>";
const SECRET: &str = "hunter2";

#[cache_aside(key = "account:<token>", ttl = "90s", none_ttl = 30, skip(loader))]
async fn account(token: &str, loader: &CountingLoader<Option<String>>) -> Option<String> {
    let _ = token;
    loader.load().await
}

#[cache_invalidate(key = "account:<token>")]
async fn close(token: &str) {
    let _ = token;
}

/// The value of a counter of `account` in the cache of this name.
fn counted(found: &Exposition, cache: &str, what: &str) -> f64 {
    let name = format!("cached_redis_{what}");
    found.value(&name, &[("cache", cache), ("family", TEMPLATE)])
}

fn family(cache: &Cache) -> FamilyStats {
    cache.stats().family(TEMPLATE).cloned().unwrap_or_default()
}

fn assert_described(found: &Exposition) {
    for line in [
        "# TYPE cached_redis_hits_total counter",
        "# HELP cached_redis_hits_total Calls answered from the cache by one `GET`",
        "# TYPE cached_redis_load_duration_seconds histogram",
        "# TYPE cached_redis_connected gauge",
    ] {
        assert!(
            found.text.contains(line),
            "{line} is not in\n{}",
            found.text
        );
    }
}

/// A number as the exposition has it.
fn float(count: u64) -> f64 {
    f64::from(u32::try_from(count).unwrap())
}

#[expect(clippy::float_cmp, reason = "counts, which floats hold exactly")]
#[tokio::test]
async fn each_call_is_counted_as_what_it_was() {
    let server = Server::start();
    let cache = cache(&server, "calls", |builder| builder).await;
    let loader = CountingLoader::new(Some(SECRET.to_owned()));
    let work = async {
        for _ in 0..6 {
            account(SECRET, &loader).await;
        }
        loader.set(None);
        for _ in 0..4 {
            account("nobody", &loader).await;
        }
        close(SECRET).await;
        account(SECRET, &loader).await;
    };
    cache.scope(work).await;
    let found = Exposition::of(&cache);
    for (what, times) in [
        ("hits_total", 8.0),
        ("negative_hits_total", 3.0),
        ("misses_total", 3.0),
        ("loads_total", 3.0),
        ("fills_total", 3.0),
        ("failed_loads_total", 0.0),
        ("waits_total", 0.0),
        ("invalidations_total", 1.0),
        ("load_duration_seconds_count", 3.0),
        ("ttl_seconds", 90.0),
    ] {
        assert_eq!(counted(&found, "calls", what), times, "{what}");
    }
    let ours = family(&cache);
    assert_eq!(ours.ttl, Some(Duration::from_secs(90)));
    let sum = counted(&found, "calls", "load_duration_seconds_sum");
    assert!(
        (sum - ours.load_time.as_secs_f64()).abs() < 1e-6,
        "{sum}: {ours:?}"
    );
    // Two values, whose payloads are no less than their text, and the headers of three entries.
    let stored = counted(&found, "calls", "stored_bytes_total");
    assert_eq!(stored, float(ours.stored_bytes));
    assert!(
        stored >= 3.0 * 40.0 + float(SECRET.len() as u64),
        "{stored}"
    );
    assert_eq!(
        found.value("cached_redis_connected", &[("cache", "calls")]),
        1.0
    );
    // Nothing is counted twice.
    let again = Exposition::of(&cache);
    assert_eq!(counted(&again, "calls", "hits_total"), 8.0);
    assert!(!again.text.contains(SECRET) && !again.text.contains("nobody"));
    assert_described(&again);
}

#[expect(clippy::float_cmp, reason = "counts, which floats hold exactly")]
#[tokio::test]
async fn an_outage_is_seen_by_class() {
    let server = Server::start();
    let cache = cache(&server, "outage", |builder| {
        builder.deadline(Duration::from_millis(200))
    })
    .await;
    let loader = CountingLoader::new(Some("value".to_owned()));
    cache.scope(account("1", &loader)).await;
    server.stop();
    cache.scope(account("1", &loader)).await;
    let found = Exposition::of(&cache);
    let errors = |found: &Exposition, class| {
        let labels = [("cache", "outage"), ("family", TEMPLATE), ("class", class)];
        found.value("cached_redis_errors_total", &labels)
    };
    assert_eq!(
        (errors(&found, "timeout"), errors(&found, "connection")),
        (1.0, 0.0)
    );
    server.cont();
    server.kill();
    eventually(PATIENCE, || !cache.stats().connected).await;
    for _ in 0..3 {
        cache.scope(account("1", &loader)).await;
    }
    cache.scope(close("1")).await;
    let (found, ours) = (Exposition::of(&cache), family(&cache));
    assert!(ours.errors_connection >= 4, "{ours:?}");
    for (class, times) in [
        ("connection", ours.errors_connection),
        ("timeout", ours.errors_timeout),
        ("refused", 0),
        ("full", 0),
        ("wrong_type", 0),
        ("server", 0),
    ] {
        assert_eq!(errors(&found, class), float(times), "{class}: {ours:?}");
    }
    assert_eq!(ours.errors, ours.errors_connection + ours.errors_timeout);
    assert_eq!(counted(&found, "outage", "lost_deletes_total"), 1.0);
    assert_eq!(counted(&found, "outage", "loads_total"), 5.0);
    assert_eq!(
        counted(&found, "outage", "load_duration_seconds_count"),
        5.0
    );
    let gauge = |name: &str| found.value(name, &[("cache", "outage")]);
    assert_eq!(gauge("cached_redis_connected"), 0.0);
    assert_eq!(gauge("cached_redis_pending_deletes"), 1.0);
}

#[expect(clippy::float_cmp, reason = "counts, which floats hold exactly")]
#[tokio::test]
async fn a_key_of_another_type_and_a_login_without_rights_are_classes() {
    let server = Server::builder()
        .user("app", "pw", "~* +get +eval +ping +del -set")
        .start();
    let whole = cache(&server, "whole", |builder| builder).await;
    server.run(&["RPUSH", "whole:account:1", "x"]);
    let loader = CountingLoader::new(None);
    whole.scope(account("1", &loader)).await;
    let ours = family(&whole);
    assert_eq!((ours.errors, ours.errors_wrong_type), (1, 1), "{ours:?}");

    let builder = Cache::builder(server.url_as("app", "pw")).namespace("narrow");
    let narrow = builder
        .deadline(Duration::from_secs(5))
        .connect()
        .await
        .unwrap();
    narrow.scope(account("1", &loader)).await;
    let ours = family(&narrow);
    assert!(
        ours.errors_refused >= 1 && ours.errors == ours.errors_refused,
        "{ours:?}"
    );
    let found = Exposition::of(&narrow);
    let labels = [
        ("cache", "narrow"),
        ("family", TEMPLATE),
        ("class", "refused"),
    ];
    assert_eq!(
        found.value("cached_redis_errors_total", &labels),
        float(ours.errors_refused)
    );
}

#[expect(clippy::float_cmp, reason = "counts, which floats hold exactly")]
#[tokio::test]
async fn waits_and_lost_leases_are_counted() {
    let server = Server::start();
    let cache = cache(&server, "lost", |builder| {
        builder.lease(Duration::from_millis(60))
    })
    .await;
    let gate = Gate::closed();
    let loader = CountingLoader::behind(gate.clone(), None);
    let calls = [loader.clone(), loader.clone()].map(|loader| {
        let cache = cache.clone();
        tokio::spawn(async move { cache.scope(account("1", &loader)).await })
    });
    gate.reached().await;
    eventually(PATIENCE, || cache.stats().waiting == 1).await;
    cache.publish_metrics();
    let found = Exposition::of(&cache);
    assert_eq!(
        found.value("cached_redis_waiting", &[("cache", "lost")]),
        1.0
    );
    // As another program does it.
    server.run(&["DEL", "lost:account:1"]);
    eventually(PATIENCE, || family(&cache).lost_leases == 1).await;
    gate.open();
    for call in calls {
        call.await.unwrap();
    }
    let found = Exposition::of(&cache);
    for (what, times) in [
        ("lost_leases_total", 1.0),
        ("rejected_fills_total", 1.0),
        ("waits_total", 1.0),
        ("joined_total", 1.0),
        ("wait_duration_seconds_count", 1.0),
    ] {
        assert_eq!(counted(&found, "lost", what), times, "{what}");
    }
    let waited = counted(&found, "lost", "wait_duration_seconds_sum");
    assert!((waited - family(&cache).wait_time.as_secs_f64()).abs() < 1e-6);
}

/// As a second process does, which finds everything in place.
#[tokio::test]
async fn who_only_hits_knows_how_long_entries_live() {
    let server = Server::start();
    let loader = CountingLoader::new(Some("value".to_owned()));
    let one = cache(&server, "lives", |builder| builder).await;
    one.scope(account("1", &loader)).await;
    let other = cache(&server, "lives", |builder| builder).await;
    other.scope(account("1", &loader)).await;
    let ours = family(&other);
    assert_eq!(
        (ours.hits, ours.loads, ours.ttl),
        (1, 0, Some(Duration::from_secs(90)))
    );
}

/// Nobody asks for it: it is told within a second or two.
#[tokio::test]
async fn the_recorder_is_told_by_itself() {
    let server = Server::start();
    let cache = cache(&server, "alone", |builder| builder).await;
    let loader = CountingLoader::new(None);
    cache.scope(account("1", &loader)).await;
    let told = || {
        let found = Exposition::read(crate::service::prometheus().render());
        counted(&found, "alone", "misses_total") > 0.5
    };
    eventually(PATIENCE, told).await;
}

#[tokio::test]
async fn the_service_says_it_over_http() {
    let service = Service::start("http").await;
    for _ in 0..3 {
        service.get("/products/7").await;
    }
    let answer = service.get("/metrics").await;
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    assert!(
        head.contains("content-type: text/plain; version=0.0.4"),
        "{head}"
    );
    let line = r#"cached_redis_hits_total{cache="http",family="product:<id>"} 2"#;
    assert!(body.contains(line), "{line} is not in\n{body}");
}
